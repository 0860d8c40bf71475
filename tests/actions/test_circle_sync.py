"""Members of a circle come to have the same rides, whoever was away or vanished, and whatever a stranger sends."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lazpool.actions import circle_founding, circle_signing, circle_sync, inbox
from lazpool.actions.circle_letters import write
from lazpool.actions.letters import How
from lazpool.records.circle_bodies import Ask, Ride, Told, pack_record
from lazpool.records.circles import NONCE, RideTerms, cosign
from lazpool.store import circles as store
from lazpool.store import post_office
from tests.circle_town import circle_of, found, pending, points, ride, share, sign_all
from tests.town import DAY, Town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lazpool.store.post_office import Outgoing

PEOPLE = ("ann", "bob", "cid")


class Away(Town):
    """A town in which letters to some people wait."""

    away: frozenset[str] = frozenset()
    carried = 0

    def transport(self, sender: str, row: Outgoing) -> bool:
        """Bring a letter, unless its reader is away."""
        if self.reader(row.tag) in self.away or sender in self.away:
            return False
        self.carried += 1
        return super().transport(sender, row)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make homes of three who have founded a circle, and of a fourth."""
    root = tmp_path_factory.mktemp("prepared")
    with Town(root, *PEOPLE, "eve") as town:
        found(town, "ann", ["bob", "cid"])
    return root


@pytest.fixture
def town(prepared: Path, tmp_path: Path) -> Iterator[Away]:
    """Return the three."""
    shutil.copytree(prepared, tmp_path / "town")
    with Away(tmp_path / "town", *PEOPLE, "eve") as made:
        yield made


def alike(town: Town) -> bool:
    """Tell whether all have the same rides and the same points."""
    digests = {circle_of(town, name).digest for name in PEOPLE}
    return len(digests) == 1 and points(town, "ann") == points(town, "bob") == points(town, "cid")


def test_away_for_weeks(town: Away) -> None:
    """Who was away while the others shared rides has them all on the day of the return; few letters waited."""
    town.away = frozenset({"cid"})
    for day in range(15):
        share(town, "ann" if day % 3 else "bob", ["ann", "bob"])
        town.later(days=1)
    town.carry()
    waiting = [row for row in post_office.due(town["ann"].node, town["ann"].second + 4000) if row.awaits]
    assert len(waiting) <= 2, "one letter waits, not one for each ride"
    assert not alike(town)
    town.away, town.carried = frozenset(), 0
    town.now += 3600
    town.carry(rounds=40)
    assert alike(town)
    assert points(town, "cid")["cid"] == 0
    assert sum(abs(one) for one in points(town, "cid").values()) > 0
    assert town.carried < 30
    town.later(days=2)
    town.carry()
    town.later(days=2)
    assert town.is_quiet()


def test_what_a_vanished_member_told_one(town: Away) -> None:
    """A ride that only one member was told, by somebody whose node is gone since, reaches the others a day later."""
    town.away = frozenset({"cid"})
    share(town, "bob", ["ann", "bob"])
    town.away = frozenset({"bob"})
    assert points(town, "cid") == dict.fromkeys(PEOPLE, 0)
    for name in ("ann", "cid"):  # whatever Ann has to say about it by herself is lost, too
        town[name].node.execute("DELETE FROM outbox")
        for person in store.people(town[name].node, circle_of(town, name).id):
            store.save(town[name].node, replace(person, push=0, ask=0))
    town.later(days=1.1)
    town.carry()
    assert points(town, "cid") == points(town, "ann") != dict.fromkeys(PEOPLE, 0)


def test_both_were_apart(town: Away) -> None:
    """Two who each recorded rides without the other exchange what the other lacks, over several letters."""
    town.away = frozenset({"cid"})
    for leg in range(1, 10):
        share(town, "ann", ["ann", "bob"], leg=leg)
    town.away = frozenset({"ann"})
    for leg in range(1, 8):
        share(town, "cid", ["bob", "cid"], leg=leg, ago=1)
    town.away = frozenset()
    town.now += 3600
    town.carry(rounds=40)
    assert alike(town)
    assert len(circle_signing.whole_rides(town["ann"], circle_of(town, "ann"))) == 16


def test_many_rides_are_asked_for_by_windows(town: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one question cannot hold all rides, the days before are asked for next, until all were compared."""
    monkeypatch.setattr(circle_sync, "MAX_SHORTS", 5)
    for day in range(8):
        share(town, "ann", ["ann", "bob"], ago=day)
    town.away = frozenset({"cid"})
    for day in range(8):
        share(town, "bob", ["ann", "bob"], ago=day, leg=2)
    town.away = frozenset()
    town.now += 3600
    town.carry(rounds=60)
    assert alike(town)


def letter_from(town: Town, sender: str, reader: str, body: Ride | Told | Ask) -> tuple[object, str]:
    """Let somebody's node send whatever it likes to another; return what became of it, and why."""
    desk = town[sender]
    circle = circle_of(town, sender)
    with desk.node.transaction():
        person = store.person(desk.node, circle.id, town[reader].identity)
        assert person is not None
        write(desk, circle, person, body, How())
    row = post_office.due(desk.node, desk.second)[-1]
    post_office.delivered(desk.node, row, desk.second)
    return inbox.receive(town[reader], row.tag, row.data)


def terms(town: Town, *present: str) -> RideTerms:
    """Return a ride of some people, driven by the first."""
    keys = tuple(sorted(town[name].identity for name in present))
    desk, circle = town["ann"], circle_of(town, "ann")
    return RideTerms(
        desk.net,
        circle.founding,
        desk.minute // DAY,
        1,
        town[present[0]].identity,
        keys,
        bytes(NONCE),
        desk.minute,
        b"",
    )


def test_nobody_is_made_to_have_ridden(town: Away) -> None:
    """A member cannot add a ride that the others have not signed, under whatever name, and nobody's points change."""
    wanted = terms(town, "ann", "bob")
    ann, bob = (town[name] for name in ("ann", "bob"))
    mine = cosign(wanted, ann.device, ann.keys.log)
    forged = replace(mine, identity=bob.identity)
    other = cosign(replace(wanted, leg=2), bob.device, bob.keys.log)
    for signatures in ((mine, forged), (mine, replace(other, signature=mine.signature)), (mine, other)):
        body = Ride(wanted.body(), signatures, bytes(32))
        assert letter_from(town, "ann", "cid", body)[0] is inbox.Outcome.DROPPED
        told = Told(1, bytes(32), (pack_record(wanted.body(), signatures),), 0)
        assert letter_from(town, "ann", "cid", told)[0] is inbox.Outcome.DROPPED
    for reader in ("bob", "cid"):
        letter_from(town, "ann", reader, Ride(wanted.body(), (mine,), bytes(32)))
    letter_from(town, "ann", "cid", Told(1, bytes(32), (pack_record(wanted.body(), (mine,)),), 0))
    assert [len(pending(town, name)) for name in PEOPLE] == [0, 1, 0]
    assert all(points(town, name) == dict.fromkeys(PEOPLE, 0) for name in ("bob", "cid"))


def test_rides_with_strangers_and_of_others(town: Away) -> None:
    """A ride with somebody who is not in the circle, and one of another circle, are refused, whoever signed them."""
    people = [town[name] for name in ("ann", "eve")]
    for wanted in (terms(town, "ann", "eve"), replace(terms(town, "ann", "bob"), circle=b"c" * 32)):
        signatures = tuple(
            cosign(wanted, desk.device, desk.keys.log)
            for desk in (*people, town["bob"])
            if desk.identity in wanted.present
        )
        outcome, why = letter_from(town, "ann", "cid", Ride(wanted.body(), signatures, bytes(32)))
        assert outcome is inbox.Outcome.DROPPED, why
    assert alike(town)


def test_pending_rides_are_bounded(town: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    """A member who asks for ever more signatures fills nobody's disk."""
    monkeypatch.setattr(circle_signing, "MAX_PENDING", 3)
    outcomes = []
    for number in range(5):
        wanted = replace(terms(town, "ann", "bob"), nonce=bytes([number]) * NONCE)
        mine = cosign(wanted, town["ann"].device, town["ann"].keys.log)
        outcomes.append(letter_from(town, "ann", "bob", Ride(wanted.body(), (mine,), bytes(32)))[0])
    assert outcomes == [inbox.Outcome.DONE] * 3 + [inbox.Outcome.DROPPED] * 2


def test_a_liar_is_not_asked_for_ever(town: Away) -> None:
    """Who keeps saying that they have something else, and never shows it, makes nobody's node talk for ever."""
    share(town, "ann", PEOPLE)
    town.carried = 0
    ask = Ask(b"l" * 32, 0, 0, bytes(8), b"")
    for _ in range(3):
        letter_from(town, "bob", "cid", ask)
    town.carry(rounds=30)
    assert town.carried < 10
    assert town.is_quiet()


def test_strangers_write_in_vain(town: Away) -> None:
    """Somebody who is not in the circle, and a member under another's name, are not heard."""
    circle = circle_of(town, "ann")
    cid = store.person(town["ann"].node, circle.id, town["cid"].identity)
    assert cid is not None
    eve = circle_founding.create(town["eve"], "Mine")
    fake = replace(eve, id=circle.id)
    with town["eve"].node.transaction():
        write(town["eve"], fake, replace(cid, circle=eve.id), Told(1, bytes(32), (), 0))
    row = post_office.due(town["eve"].node, town["eve"].second)[-1]
    assert inbox.receive(town["cid"], row.tag, row.data)[0] is inbox.Outcome.DROPPED


def test_letters_twice_and_in_reverse(town: Away) -> None:
    """Letters that come twice, and in the reverse order, change nothing."""
    record = ride(town, "ann", "ann", PEOPLE)
    for _ in range(8):
        for name in PEOPLE:
            sign_all(town, name)
            for row in reversed(town.pick_up(name)):
                for _ in range(2):
                    town.hand_over(row.tag, row.data)
        town.now += 5
    town.now += 3600
    town.carry(rounds=30)
    assert alike(town)
    assert circle_signing.find(town["cid"], record.id).state == store.WHOLE
    assert town.is_quiet()
