"""How a node brings letters to letterboxes and collects its own, where hubs refuse, lie, babble or are gone."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from lazpool.actions import letterbox, posts
from lazpool.actions.desk import create_home, open_desk
from lazpool.config import Config
from lazpool.errors import UnreachableError
from lazpool.node import mailman
from lazpool.node.state import Node
from lazpool.records import mail
from lazpool.records.sync import HUB, Hello
from lazpool.store import letterbox as held
from lazpool.store import own, post_office
from lazpool.store.post_office import Outgoing
from lazpool.wire.signing import public_key
from tests.town import DAY, GRENOBLE, LYON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lazpool.actions.desk import Desk

ONE, TWO, THREE = (bytes([number]) * 32 for number in (1, 2, 3))
TAG, LETTER = public_key(b"\x07" * 32), b"sealed!!" * 64


@dataclass
class Hubs:
    """The network as one node sees it: hubs that answer a frame as a function says, or are gone."""

    node_pk: bytes
    answers: dict[bytes, Callable[[mail.Frame], bytes | None]] = field(default_factory=dict)
    asked: list[tuple[bytes, mail.Frame]] = field(default_factory=list)

    def peers(self) -> list[bytes]:
        """Return nobody: nothing is pushed."""
        return []

    async def ask(self, hub: bytes, protocol: str, frame: bytes) -> bytes:
        """Ask a hub."""
        assert protocol == mail.PROTOCOL
        self.asked.append((hub, mail.read_frame(frame)))
        answer = self.answers[hub](self.asked[-1][1]) if hub in self.answers else None
        if answer is None:
            raise UnreachableError("gone")
        return answer

    def order(self) -> list[bytes]:
        """Return who was asked."""
        return [hub for hub, _ in self.asked]


def says(status: int) -> Callable[[mail.Frame], bytes]:
    """Answer everything by a status."""
    return lambda _frame: mail.pack_answer(status)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Open a home with one request, and so with one tag."""
    create_home(Config(tmp_path / "home", network="mail"))
    with open_desk(tmp_path / "home") as desk:
        wish = posts.Wish(GRENOBLE, LYON, desk.minute + DAY, arrive=False, flex=60, seats=1, walk=500)
        posts.request(desk, wish)
        yield desk


def node_of(desk: Desk, *hubs: bytes, is_hub: bool = False) -> Any:
    """Return a node that has met some hubs."""
    node = Node(desk, None, is_hub, ())  # type: ignore[arg-type] # no lock is shown
    node.hellos.update({hub: Hello(desk.net, HUB, ()) for hub in hubs})
    return node


def row(*letterboxes: bytes, attempts: int = 0) -> Outgoing:
    """Return a letter to bring to one of these."""
    return Outgoing(
        1, post_office.LETTER, b"deal", 5, TAG, letterboxes, LETTER, awaits=True, attempts=attempts, expires=2**31
    )


async def test_letterboxes_are_tried_in_order(desk: Desk) -> None:
    """The first that takes the letter has it: one that refuses, or is gone, costs a question."""
    hubs = Hubs(desk.node_pk, {ONE: says(mail.FULL), THREE: says(mail.OK)})
    assert await mailman.deliver(node_of(desk), hubs, row(ONE, TWO, THREE))  # type: ignore[arg-type] # hubs of ours
    assert hubs.order() == [ONE, TWO, THREE]


async def test_a_letter_that_nobody_takes_is_still_to_be_brought(desk: Desk) -> None:
    """Full, unknown, gone: each is asked once, and the answer is no."""
    hubs = Hubs(desk.node_pk, {ONE: says(mail.FULL), TWO: says(mail.UNKNOWN_TAG)})
    assert not await mailman.deliver(node_of(desk), hubs, row(ONE, TWO, THREE))  # type: ignore[arg-type] # hubs of ours
    assert hubs.order() == [ONE, TWO, THREE]


async def test_a_repeat_begins_with_another_letterbox(desk: Desk) -> None:
    """The one that took the letter the last time may have lied; after three times all three have it."""
    hubs = Hubs(desk.node_pk, dict.fromkeys((ONE, TWO, THREE), says(mail.OK)))
    for attempts in range(4):
        await mailman.deliver(node_of(desk), hubs, row(ONE, TWO, THREE, attempts=attempts))  # type: ignore[arg-type] # hubs of ours
    assert hubs.order() == [ONE, TWO, THREE, ONE]


async def test_who_did_not_answer_is_asked_last(desk: Desk) -> None:
    """Waiting for one that is gone takes seconds, so the others come first until it answers again."""
    hubs, node = Hubs(desk.node_pk, {TWO: says(mail.OK)}), node_of(desk)
    for _ in range(2):
        assert await mailman.deliver(node, hubs, row(ONE, TWO))  # type: ignore[arg-type] # hubs of ours
    assert hubs.order() == [ONE, TWO, TWO]


async def test_a_hub_is_a_letterbox_for_its_own_person(desk: Desk) -> None:
    """What they write to a member goes into their own letterbox; a node that is none asks the next."""
    hubs = Hubs(desk.node_pk, {ONE: says(mail.OK)})
    assert await mailman.deliver(node_of(desk), hubs, row(desk.node_pk, ONE))  # type: ignore[arg-type] # hubs of ours
    assert hubs.order() == [ONE]
    opening = mail.sign_open(b"\x07" * 32, desk.minute + DAY, letterbox=desk.node_pk, owner=TWO, net=desk.net)
    assert letterbox.open_tag(desk, TWO, opening) == mail.OK
    assert await mailman.deliver(node_of(desk, is_hub=True), hubs, row(desk.node_pk, ONE))  # type: ignore[arg-type] # hubs of ours
    assert held.letters(desk.board, TAG, 9) == (LETTER,)
    assert hubs.order() == [ONE]


def endless(frame: mail.Frame) -> bytes:
    """Have ever more letters, all of them garbage."""
    if isinstance(frame, mail.Fetch):
        return mail.pack_answer(mail.OK, tuple(os.urandom(512) for _ in range(mail.BATCH)))
    return mail.pack_answer(mail.OK)


def stuck(frame: mail.Frame) -> bytes:
    """Bring the same letters for ever, whatever is acknowledged."""
    if isinstance(frame, mail.Fetch):
        return mail.pack_answer(mail.OK, tuple(bytes([number]) * 512 for number in range(mail.BATCH)))
    return mail.pack_answer(mail.OK)


@pytest.mark.parametrize("hub", [endless, stuck])
async def test_a_hub_cannot_keep_us_fetching(desk: Desk, hub: Callable[[mail.Frame], bytes]) -> None:
    """One round takes at most as many letters as an honest hub holds for a tag."""
    hubs = Hubs(desk.node_pk, {ONE: hub})
    await mailman.collect(node_of(desk, ONE), hubs, ONE)  # type: ignore[arg-type] # hubs of ours
    fetched = sum(isinstance(frame, mail.Fetch) for _, frame in hubs.asked)
    assert fetched == letterbox.MAX_LETTERS_OF_TAG // mail.BATCH + 1


async def test_foreign_letters_are_acknowledged_and_forgotten(desk: Desk) -> None:
    """A hub that brings what is not ours is told that it may drop it, or it would bring it for ever."""
    (box,) = own.boxes(desk.node)
    hubs = Hubs(desk.node_pk, {ONE: lambda frame: mail.pack_answer(mail.OK, (LETTER,) * isinstance(frame, mail.Fetch))})
    await mailman.collect(node_of(desk, ONE), hubs, ONE)  # type: ignore[arg-type] # hubs of ours
    assert [frame for _, frame in hubs.asked][1:] == [
        mail.Fetch(box.tag),
        mail.Acknowledge(box.tag, (mail.letter_key(LETTER),)),
    ]


async def test_a_tag_that_a_hub_forgot_is_opened_again(desk: Desk) -> None:
    """A hub whose book is lost says that the tag is not ours: the next round proves the key once more."""
    hubs = Hubs(desk.node_pk, {ONE: says(mail.OK)})
    node = node_of(desk, ONE)
    await mailman.collect(node, hubs, ONE)  # type: ignore[arg-type] # hubs of ours
    hubs.answers[ONE] = says(mail.NOT_YOURS)
    await mailman.collect(node, hubs, ONE, everything=True)  # type: ignore[arg-type] # hubs of ours
    hubs.asked.clear()
    hubs.answers[ONE] = says(mail.OK)
    await mailman.collect(node, hubs, ONE)  # type: ignore[arg-type] # hubs of ours
    assert [type(frame) for _, frame in hubs.asked] == [mail.Open, mail.Fetch]
