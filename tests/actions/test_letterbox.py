"""A hub holds letters for tags that their owners opened, within quotas, and for nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lazpool.actions import letterbox
from lazpool.actions.tick import tick
from lazpool.errors import MalformedError
from lazpool.records.mail import (
    BATCH,
    FULL,
    NOT_YOURS,
    OK,
    UNKNOWN_TAG,
    Acknowledge,
    Fetch,
    Open,
    Put,
    letter_key,
    sign_open,
)
from lazpool.store import letterbox as held
from lazpool.wire.hashing import network_id
from lazpool.wire.keys import new_seed
from lazpool.wire.signing import public_key
from tests.town import DAY, Town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lazpool.actions.desk import Desk

OWNER, OTHER, SENDER = (public_key(bytes([n]) * 32) for n in (1, 2, 3))


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Open a town that is only a hub."""
    with Town(tmp_path, "hub") as town:
        yield town


@pytest.fixture
def hub(town: Town) -> Desk:
    """Return the hub's desk."""
    return town["hub"]


def frame(hub: Desk, seed: bytes, owner: bytes = OWNER, *, days: int = 2) -> Open:
    """Return the frame by which an owner opens a tag at the hub."""
    return sign_open(seed, hub.minute + days * DAY, letterbox=hub.node_pk, owner=owner, net=hub.net)


def opened(hub: Desk, owner: bytes = OWNER) -> bytes:
    """Open a new tag and return it."""
    seed = new_seed()
    assert letterbox.open_tag(hub, owner, frame(hub, seed, owner)) == OK
    return public_key(seed)


def letter(number: int, size: int = 512) -> bytes:
    """Return a letter like no other."""
    return number.to_bytes(4, "big") * (size // 4)


def test_letter_goes_to_its_owner_once(hub: Desk) -> None:
    """A letter is held, fetched as often as it takes, and forgotten when it is acknowledged."""
    tag = opened(hub)
    assert letterbox.deposit(hub, SENDER, Put(tag, letter(1))) == OK
    for _ in range(2):
        assert letterbox.fetch(hub, OWNER, Fetch(tag)) == (OK, (letter(1),))
    assert letterbox.acknowledge(hub, OWNER, Acknowledge(tag, (letter_key(letter(1)),))) == OK
    assert letterbox.fetch(hub, OWNER, Fetch(tag)) == (OK, ())


def test_unknown_tag_holds_nothing(hub: Desk) -> None:
    """Nobody can fill the hub for strangers."""
    assert letterbox.deposit(hub, SENDER, Put(public_key(new_seed()), letter(1))) == UNKNOWN_TAG
    assert held.bytes_held(hub.board) == 0


def test_only_the_owner_fetches_and_acknowledges(hub: Desk) -> None:
    """Another node gets nothing and forgets nothing."""
    tag = opened(hub)
    letterbox.deposit(hub, SENDER, Put(tag, letter(1)))
    for nobody in (OTHER, SENDER):
        assert letterbox.fetch(hub, nobody, Fetch(tag)) == (NOT_YOURS, ())
        assert letterbox.acknowledge(hub, nobody, Acknowledge(tag, (letter_key(letter(1)),))) == NOT_YOURS
    assert letterbox.fetch(hub, OWNER, Fetch(public_key(new_seed()))) == (NOT_YOURS, ())
    assert letterbox.fetch(hub, OWNER, Fetch(tag)) == (OK, (letter(1),))


@pytest.mark.parametrize("wrong", ["hub", "owner", "network", "until", "key"])
def test_open_counts_only_where_it_was_signed_for(hub: Desk, wrong: str) -> None:
    """A frame signed for another hub, owner, network or time, or by another key, opens nothing."""
    seed, until = new_seed(), hub.minute + DAY
    said = sign_open(
        seed, until, letterbox=OTHER if wrong == "hub" else hub.node_pk,
        owner=OTHER if wrong == "owner" else OWNER, net=network_id("elsewhere") if wrong == "network" else hub.net,
    )  # fmt: skip
    tag = public_key(new_seed()) if wrong == "key" else said.tag
    with pytest.raises(MalformedError):
        letterbox.open_tag(hub, OWNER, Open(tag, until + (wrong == "until"), said.signature))
    assert held.count_tags(hub.board) == 0


def test_newest_proof_decides_the_owner(hub: Desk) -> None:
    """A person who comes back with another node takes the tag along, and the old node gets nothing more."""
    seed = new_seed()
    letterbox.open_tag(hub, OWNER, frame(hub, seed))
    letterbox.deposit(hub, SENDER, Put(public_key(seed), letter(1)))
    assert letterbox.open_tag(hub, OTHER, frame(hub, seed, OTHER)) == OK
    assert letterbox.fetch(hub, OTHER, Fetch(public_key(seed)))[1] == (letter(1),)
    assert letterbox.fetch(hub, OWNER, Fetch(public_key(seed))) == (NOT_YOURS, ())


def test_same_bytes_are_held_once(hub: Desk) -> None:
    """A letter that is sent again takes no more room."""
    tag = opened(hub)
    for _ in range(5):
        assert letterbox.deposit(hub, SENDER, Put(tag, letter(1))) == OK
    assert held.held_for(hub.board, tag) == 1


def test_same_bytes_for_another_tag_are_another_letter(hub: Desk) -> None:
    """Nobody can keep a letter from its reader by depositing the same bytes elsewhere before."""
    mine, theirs = opened(hub), opened(hub, OTHER)
    assert letterbox.deposit(hub, OTHER, Put(theirs, letter(1))) == OK
    assert letterbox.deposit(hub, SENDER, Put(mine, letter(1))) == OK
    assert letterbox.fetch(hub, OWNER, Fetch(mine)) == (OK, (letter(1),))
    letterbox.acknowledge(hub, OTHER, Acknowledge(theirs, (letter_key(letter(1)),)))
    assert letterbox.fetch(hub, OWNER, Fetch(mine)) == (OK, (letter(1),))


def test_quota_of_a_tag(hub: Desk) -> None:
    """A tag holds so many letters; acknowledging makes room; they come in batches, oldest first."""
    tag = opened(hub)
    for number in range(letterbox.MAX_LETTERS_OF_TAG):
        assert letterbox.deposit(hub, SENDER, Put(tag, letter(number))) == OK
    assert letterbox.deposit(hub, SENDER, Put(tag, letter(1000))) == FULL
    status, batch = letterbox.fetch(hub, OWNER, Fetch(tag))
    assert (status, batch) == (OK, tuple(letter(number) for number in range(BATCH)))
    letterbox.acknowledge(hub, OWNER, Acknowledge(tag, tuple(map(letter_key, batch))))
    assert letterbox.deposit(hub, SENDER, Put(tag, letter(1000))) == OK


def test_quota_of_a_depositor(hub: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """One node deposits so many bytes a day; others are not held up by it."""
    monkeypatch.setattr(letterbox, "MAX_BYTES_A_DAY", 3 * 4096)
    tag = opened(hub)
    results = [letterbox.deposit(hub, SENDER, Put(tag, letter(number, 4096))) for number in range(4)]
    assert results == [OK, OK, OK, FULL]
    assert letterbox.deposit(hub, OTHER, Put(tag, letter(9, 4096))) == OK


def test_quota_comes_back_after_a_day(town: Town, hub: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The quota of a depositor is one of a day."""
    monkeypatch.setattr(letterbox, "MAX_BYTES_A_DAY", 512)
    tag = opened(hub)
    assert [letterbox.deposit(hub, SENDER, Put(tag, letter(n))) for n in (1, 2)] == [OK, FULL]
    town.now += (DAY + 1) * 60
    assert letterbox.deposit(hub, SENDER, Put(tag, letter(2))) == OK


@pytest.mark.parametrize("quota", ["MAX_TAGS_OF_OWNER", "MAX_TAGS"])
def test_quota_of_tags(hub: Desk, monkeypatch: pytest.MonkeyPatch, quota: str) -> None:
    """So many tags of one owner, and in all; one that is open already can always be opened again."""
    monkeypatch.setattr(letterbox, quota, 2)
    seeds = [new_seed() for _ in range(3)]
    assert [letterbox.open_tag(hub, OWNER, frame(hub, seed)) for seed in seeds] == [OK, OK, FULL]
    assert letterbox.open_tag(hub, OWNER, frame(hub, seeds[0], days=3)) == OK
    other = letterbox.open_tag(hub, OTHER, frame(hub, seeds[2], OTHER))
    assert other == (OK if quota == "MAX_TAGS_OF_OWNER" else FULL)


def test_quota_of_the_whole_box(hub: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood from many depositors to many tags ends at the hub's own limit."""
    monkeypatch.setattr(letterbox, "MAX_BYTES", 20 * 1024)
    tags = [opened(hub) for _ in range(4)]
    for number in range(200):
        letterbox.deposit(hub, public_key(number.to_bytes(32, "big")), Put(tags[number % 4], letter(number, 1024)))
    assert held.bytes_held(hub.board) == 20 * 1024


def test_letters_and_tags_expire(town: Town, hub: Desk) -> None:
    """What nobody fetched is forgotten after its time, and so is the tag."""
    tag = opened(hub)
    letterbox.deposit(hub, SENDER, Put(tag, letter(1)))
    town.now += (3 * DAY) * 60
    tick(hub)
    assert held.owner_of(hub.board, tag) is None
    town.now += letterbox.LIFETIME * 60
    tick(hub)
    assert held.bytes_held(hub.board) == 0


def test_tag_is_not_open_for_ever(hub: Desk) -> None:
    """However long an owner asks for, the hub limits it."""
    seed = new_seed()
    letterbox.open_tag(hub, OWNER, frame(hub, seed, days=10_000))
    assert held.until_of(hub.board, public_key(seed)) == hub.minute + letterbox.MAX_OPEN
