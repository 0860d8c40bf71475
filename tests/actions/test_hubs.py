"""What a node keeps of hubs that others tell of, and what it tells on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lazpool.actions import doors, hubs, joining
from lazpool.actions.letterboxes import letterboxes
from lazpool.errors import MalformedError, RefusedError
from lazpool.hub import Hub
from lazpool.records.hub_records import DAY_S, MAX_AHEAD_S, MAX_TOLD, OPEN, SHORT, Ask, HubRecord, sign_hub
from lazpool.store import hubs as store
from lazpool.store import own
from lazpool.store.doors import BLOCKED
from lazpool.wire.envelope import open_envelope
from lazpool.wire.signing import public_key
from tests.town import Town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lazpool.actions.desk import Desk

TELLER, OTHER = b"t" * 32, b"o" * 32
WHERE = "/ip4/192.0.2.1/tcp/4001"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Return the desk of somebody."""
    with Town(tmp_path, "ann") as town:
        yield town["ann"]


def seed(number: int) -> bytes:
    """Return the secret of a hub."""
    return number.to_bytes(32, "big")


def record(desk: Desk, number: int = 1, **changes: object) -> HubRecord:
    """Return what a hub says of itself."""
    now = desk.second
    found = HubRecord(
        desk.net, public_key(seed(number)), now, now + 14 * DAY_S, f"Hub {number}", "", "", (), (WHERE,), OPEN
    )
    return replace(found, **changes)  # type: ignore[arg-type] # fields of it


def told(desk: Desk, number: int = 1, **changes: object) -> bytes:
    """Return the same, signed by the hub."""
    return sign_hub(record(desk, number, **changes), seed(number)).envelope


def names(desk: Desk) -> list[str]:
    """Return the names of the hubs that are known."""
    return sorted(one.record.name for one in store.every(desk.board))


def test_the_newest_word_of_a_hub_counts(desk: Desk) -> None:
    """Whoever brings it, and in whatever order; the same again is no news."""
    now = desk.second
    assert hubs.hear(desk, told(desk, name="old", made=now - 10), TELLER)
    assert hubs.hear(desk, told(desk, name="new"), OTHER)
    assert hubs.hear(desk, told(desk, name="new"), TELLER) is None
    assert hubs.hear(desk, told(desk, name="older", made=now - 20), TELLER) is None
    assert hubs.hear(desk, told(desk, name="at the same time"), TELLER) is None
    assert names(desk) == ["new"]


def test_what_is_not_kept(desk: Desk) -> None:
    """Of another network, over, from the future, for longer than is passed on, by a blocked hub, or about ourselves."""
    now = desk.second
    doors.decide(desk, public_key(seed(2)), BLOCKED, "")
    for number, changes in (
        (1, {"net": bytes(8)}),
        (1, {"made": now - DAY_S, "until": now}),
        (1, {"made": now + MAX_AHEAD_S + 1}),
        (1, {"until": now + 31 * DAY_S}),
        (2, {}),
    ):
        assert hubs.hear(desk, told(desk, number, **changes), TELLER) is None
    assert (
        hubs.hear(desk, sign_hub(replace(record(desk), node_pk=desk.node_pk), desk.keys.node).envelope, TELLER) is None
    )
    assert names(desk) == []


def test_a_forged_word_is_an_error(desk: Desk) -> None:
    """Nobody else speaks for a hub, nor can a hub's word be changed on its way."""
    honest = open_envelope(told(desk), 2560)
    forged = sign_hub(record(desk), seed(2)).envelope
    changed = honest._replace(body=record(desk, name="another").body()).pack()
    for envelope in (forged, changed, b"", told(desk)[:-1]):
        with pytest.raises(MalformedError):
            hubs.hear(desk, envelope, TELLER)
    assert names(desk) == []


def test_who_floods_pushes_out_what_they_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is room for so many in all and of one teller; hubs that were met or joined stay."""
    monkeypatch.setattr(hubs, "MAX_OF_TELLER", 6)
    monkeypatch.setattr(hubs, "MAX_HUBS", 8)
    for number in range(1, 5):
        hubs.hear(desk, told(desk, number), TELLER)
    with desk.board.transaction():
        store.note_met(desk.board, public_key(seed(1)), desk.minute)
    joining.join(desk, f"{WHERE}/p2p/x", public_key(seed(2)))
    for number in range(10, 30):
        assert hubs.hear(desk, told(desk, number), OTHER)
    assert store.count_of(desk.board, OTHER) <= 6
    assert store.count(desk.board) == 8
    assert {"Hub 1", "Hub 2", "Hub 3", "Hub 4"} <= set(names(desk))
    assert hubs.hear(desk, told(desk, 40), b"third" * 6 + b"!!")
    assert {"Hub 1", "Hub 2", "Hub 3", "Hub 4", "Hub 40"} <= set(names(desk))
    assert store.count(desk.board) == 8


def test_a_neighbour_is_told_what_it_lacks(desk: Desk) -> None:
    """Never more than fits an answer, nothing of another network, no invitation, and all of it in time."""
    for number in range(1, 41):
        hubs.hear(desk, told(desk, number), TELLER)
    with desk.board.transaction():
        store.put(desk.board, sign_hub(record(desk, 99, until=desk.second + 90 * DAY_S), seed(99)), b"")
    known: list[bytes] = []
    for _ in range(3):
        answer = hubs.tell(desk, Ask(desk.net, tuple(known)), hub=False, is_told=lambda _: True)
        assert len(answer) <= MAX_TOLD
        known += [one.record.id[:SHORT] for one in store.every(desk.board) if one.signed.envelope in answer]
    assert len(set(known)) == 40
    assert hubs.tell(desk, Ask(desk.net, tuple(known)), hub=False, is_told=lambda _: True) == ()
    assert hubs.tell(desk, Ask(bytes(8), ()), hub=False, is_told=lambda _: True) == ()
    assert hubs.tell(desk, Ask(desk.net, ()), hub=False, is_told=lambda _: False) == ()


def test_a_hub_says_anew_what_changed(desk: Desk) -> None:
    """Once a day, and when it is set to something else; of itself it tells everybody."""
    first = hubs.announce(desk, [WHERE], [])
    assert hubs.announce(desk, [WHERE], []) == first
    assert hubs.tell(desk, Ask(desk.net, ()), hub=True, is_told=lambda _: False) == (first.envelope,)
    assert hubs.tell(desk, Ask(desk.net, ()), hub=False, is_told=lambda _: False) == ()
    now = desk.second
    desk.clock = lambda: now + 1
    desk.config = replace(desk.config, hub=Hub(name="Valley hub"))
    second = hubs.announce(desk, [WHERE], [])
    assert (second.record.name, second.record.made) == ("Valley hub", now + 1)
    desk.clock = lambda: now + 1 + DAY_S
    assert hubs.announce(desk, [WHERE], []).record.made == now + 1 + DAY_S


def test_an_invitation_says_where_the_hub_runs(desk: Desk) -> None:
    """As it is set, and as it last ran."""
    with pytest.raises(RefusedError):
        hubs.invitation(desk, ())
    hubs.announce(desk, [WHERE], [0x841F903FFFFFFFF])
    found = hubs.invitation(desk, (), 200).record
    assert (found.addresses, found.areas, found.until - found.made) == ((WHERE,), (0x841F903FFFFFFFF,), 200 * DAY_S)
    desk.config = replace(desk.config, hub=Hub(address="/dns4/hub.example.org/tcp/4001"))
    assert hubs.invitation(desk, ()).record.addresses == ("/dns4/hub.example.org/tcp/4001", WHERE)


def test_a_hub_that_is_away_is_named_last(desk: Desk) -> None:
    """A post names three: those that can be reached, the owner's own choice first."""
    keys = [bytes([number]) * 32 for number in range(1, 5)]
    with desk.node.transaction():
        for number, key in enumerate(keys):
            own.add_hub(desk.node, f"{WHERE}{number}", key, 10 - number, role="hub", found=number > 1)
    assert letterboxes(desk) == (keys[1], keys[0], keys[3])
    with desk.node.transaction():
        own.set_hub_gone(desk.node, keys[1], 100)
    assert letterboxes(desk) == (keys[0], keys[3], keys[2])


def test_a_found_hub_is_no_member(desk: Desk) -> None:
    """A hub for its members alone lets in those that its operator joined, not those that it found."""
    desk.config = replace(desk.config, hub=Hub(members_only=True))
    with desk.node.transaction():
        own.add_hub(desk.node, WHERE, TELLER, 1, found=True)
    assert not doors.guests(desk).admits(TELLER)
