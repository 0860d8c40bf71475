"""Hubs as witnesses: members who want it show their checkpoints, and the hub signs with the key it is known by."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest
import trio

from lazpool.actions import checkpoints, forks
from lazpool.errors import MalformedError, UnreachableError
from lazpool.node import witnesses
from lazpool.node.state import Node
from lazpool.records import witnessing
from lazpool.records.checkpoints import check_witness, read_statement
from lazpool.records.sync import HUB, Hello
from lazpool.records.witnessing import Answer, Show
from lazpool.store import checkpoints as store
from lazpool.store import own
from tests.town import Town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lazpool.actions.desk import Desk
    from lazpool.net.network import Network


class Wire:
    """A network of one member and one hub; what the hub answers can be lost."""

    def __init__(self, member: Node, hub: Node) -> None:
        """Connect them."""
        self.member, self.hub, self.lose, self.asked = member, hub, False, 0

    def peers(self) -> list[bytes]:
        """Return the hub."""
        return [self.hub.desk.node_pk]

    async def ask(self, node_pk: bytes, protocol: str, frame: bytes) -> bytes:
        """Ask the hub."""
        assert (node_pk, protocol) == (self.hub.desk.node_pk, witnessing.PROTOCOL)
        self.asked += 1
        answer = witnesses.serve(self.hub, cast("Any", self), cast("Any", None), self.member.desk.node_pk, frame)
        if self.lose:
            raise UnreachableError("lost")
        return answer


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    """Ann has joined Hal's hub."""
    with Town(tmp_path, "ann", "hal") as town:
        ann, hal = (Node(town[name], cast("Any", None), name == "hal", ()) for name in ("ann", "hal"))
        with ann.desk.node.transaction():
            own.add_hub(ann.desk.node, "/ip4/127.0.0.1/tcp/1", hal.desk.node_pk, ann.desk.minute)
        ann.hellos[hal.desk.node_pk] = Hello(hal.desk.net, HUB, ())
        yield Wire(ann, hal)


def ask(wire: Wire) -> None:
    """Let the member look for hubs to ask once."""
    trio.run(witnesses.ask_all, wire.member, cast("Network", wire))


def signed(desk: Desk) -> list[int]:
    """Return how many witnesses each checkpoint has."""
    return [len(store.witnesses(desk.node, one.id)) for one in store.every(desk.node)]


def test_a_hub_signs_with_the_key_it_is_known_by(wire: Wire) -> None:
    """Once a checkpoint; the next goes on from it, and an answer that was lost is made good."""
    ann, hal = wire.member.desk, wire.hub.desk
    ask(wire)
    assert wire.asked == 0, "there is no checkpoint yet"
    made = checkpoints.make(ann)
    ask(wire)
    ask(wire)
    assert (wire.asked, signed(ann)) == (1, [1])
    (witness,) = store.witnesses(ann.node, made.id)
    assert witness.key == hal.node_pk
    check_witness(read_statement(made.statement)[0], witness)
    checkpoints.make(ann)
    wire.lose = True
    ask(wire)
    checkpoints.make(ann)
    wire.lose = False
    ask(wire)
    assert signed(ann) == [1, 0, 1]
    assert forks.known(hal) == forks.doubted(hal) == []


def test_a_log_that_was_rewritten_is_noticed_by_the_hub(wire: Wire) -> None:
    """A home whose log went back and on another way gets no signature; the hub keeps what it saw, for its operator."""
    ann, hal = wire.member.desk, wire.hub.desk
    checkpoints.make(ann)
    checkpoints.make(ann)
    ask(wire)
    for table in ("checkpoints", "witnesses"):
        ann.node.execute(f"DELETE FROM {table}")  # noqa: S608 # our names
    ann.node.execute("DELETE FROM entries WHERE seq>1")
    (ann.config.keys_folder / "log.mark").unlink()
    ann.clock = lambda now=ann.second: now + 60
    hal.clock = ann.clock
    for _ in range(3):
        checkpoints.make(ann)
    ask(wire)
    assert signed(ann) == [0, 0, 0]
    assert [one.log for one in forks.doubted(hal)] == [ann.device.log_pk]
    assert forks.known(hal) == []


def test_who_is_no_hub_signs_nothing(wire: Wire) -> None:
    """A node that is no hub says so; what is no frame is refused; another network is not signed for."""
    made = checkpoints.make(wire.member.desk)
    wire.hub.hub = False
    ask(wire)
    assert signed(wire.member.desk) == [0]
    wire.hub.hub = True
    wire.hub.desk.config = replace(wire.hub.desk.config, network="elsewhere")
    ask(wire)
    assert signed(wire.member.desk) == [0]
    frame = witnessing.pack_frame(Show(made.statement, 0, ()))
    for bad in (b"", b"\xc0", frame + b"\0", frame[:-1], b"\x94\x02" + frame[2:], bytes(3073)):
        with pytest.raises(MalformedError):
            witnesses.serve(wire.hub, cast("Any", wire), cast("Any", None), b"p" * 32, bad)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(witnessing.OK, 1, 7, b"s" * 64),
        Answer(witnessing.ELSEWHERE, 1),
        Answer(witnessing.ELSEWHERE, 2**32 - 2),
        Answer(witnessing.FULL),
        Answer(witnessing.CONFLICT, 1),
    ],
)
def test_a_hub_that_lies_is_not_believed(wire: Wire, monkeypatch: pytest.MonkeyPatch, answer: Answer) -> None:
    """A signature that does not hold is not kept, and nobody is asked more than twice in a round."""
    monkeypatch.setattr(witnesses, "serve", lambda *_: witnessing.pack_answer(answer))
    checkpoints.make(wire.member.desk)
    checkpoints.make(wire.member.desk)
    ask(wire)
    assert signed(wire.member.desk) == [0, 0]
    assert wire.asked <= 2


def test_frames_travel() -> None:
    """Requests and answers read back as they were written; a signature goes with the status that says so."""
    show = Show(b"statement", 6, (b"h" * 32,) * 64)
    assert witnessing.read_frame(witnessing.pack_frame(show)) == show
    for answer in (Answer(witnessing.OK, 1, 7, b"s" * 64), Answer(witnessing.ELSEWHERE, 9)):
        assert witnessing.read_answer(witnessing.pack_answer(answer)) == answer
    for wrong in ((witnessing.OK, 1, 7, b""), (witnessing.FULL, 0, 0, b"s" * 64), (5, 0, 0, b""), (1, -1, 0, b"")):
        with pytest.raises(MalformedError):
            Answer(*wrong)
