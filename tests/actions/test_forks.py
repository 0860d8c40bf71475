"""Two homes with one key: somebody sees both versions of the log, can prove it, and nothing new is agreed with it."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from lazpool.actions import books, forks, receipts, rides, settlements, sightings
from lazpool.actions import deals as decisions
from lazpool.actions.examination import examine
from lazpool.actions.resuming import resume
from lazpool.errors import HaltedError, RefusedError
from lazpool.records.forks import Statement, fork_from, second_half
from lazpool.records.settlements import CASH
from lazpool.rules.admission import Judgement
from lazpool.rules.forks import What
from lazpool.rules.negotiation import Role, State
from lazpool.store import forks as store
from lazpool.store import ledger
from lazpool.store import settlements as settled
from tests.town import Town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def twins(tmp_path: Path) -> Iterator[Town]:
    """Ann has two rides with Bob before her; Bob's whole home was copied, and both copies run."""
    with Town(tmp_path, "ann", "bob", "cid") as town:
        for day in (1, 2):
            offer = town.offer("bob", day=day)
            town.request("ann", day=day)
            deal = town.propose("ann", offer)
            town.carry()
            decisions.accept(town["bob"], deal.id)
            town.carry()
        shutil.copytree(town.home("bob"), town.home("twin"))
        town.open("twin")
        yield town


@contextmanager
def asleep(town: Town, name: str) -> Iterator[None]:
    """Let one of the two copies hear nothing for a while."""
    desk = town.desks.pop(name)
    yield
    names = ("ann", "bob", "cid", "twin")
    awake = {**town.desks, name: desk}
    town.desks.clear()
    town.desks.update({one: awake[one] for one in names if one in awake})


def pay(town: Town, amount: int) -> settled.Stored:
    """Let Ann pay Bob, and whichever copy is awake confirm it."""
    stored = settlements.settle(
        town["ann"], town["bob" if "bob" in town.desks else "twin"].identity, amount, "EUR", CASH
    )
    town.carry()
    settlements.confirm(town["bob" if "bob" in town.desks else "twin"], stored.id)
    return stored


def rode(town: Town) -> None:
    """Let Ann say that the next ride took place, and whichever copy is awake countersign it."""
    deal = town.deals("ann", Role.PASSENGER, State.AGREED)[0]
    rides.done(town["ann"], deal.id)
    town.carry()


def agree(town: Town, passenger: str, driver: str) -> bytes:
    """Let two people agree on a ride, as far as they still can."""
    offer = town.offer(driver, day=4)
    town.request(passenger, day=4)
    deal = town.propose(passenger, offer)
    town.carry()
    if town.state(driver, deal.id) is State.RECEIVED:
        decisions.accept(town[driver], deal.id)
        town.carry()
    return deal.id


def split(town: Town) -> None:
    """Let both copies sign something with the same entry before it, and then something else."""
    with asleep(town, "twin"):
        pay(town, 100)
        town.carry()
    with asleep(town, "bob"):
        rode(town)
        rode(town)
    with asleep(town, "twin"):
        pay(town, 200)
        town.carry_from("bob")


def test_two_heads_of_one_number_are_a_proof(twins: Town) -> None:
    """Ann finds out by a head that contradicts another; everybody hears of it, and both copies stop signing."""
    split(twins)
    assert [known.split.what for known in forks.known(twins["ann"])] == [What.ENTRY]
    twins.carry()
    for name in ("bob", "cid", "twin"):
        (known,) = forks.known(twins[name])
        assert known.log == twins["bob"].device.log_pk
        assert (known.ours, known.name) == (name != "cid", "")
    settlements.settle(twins["ann"], twins["bob"].identity, 5, "EUR", CASH)
    with asleep(twins, "twin"):
        twins.carry()
    (offered,) = settled.in_state(twins["bob"].node, settled.OFFERED)
    with pytest.raises(HaltedError, match="forked"):
        settlements.confirm(twins["bob"], offered.id)
    found = {one.name: one for one in examine(twins.home("bob"), clock=twins.clock)}
    assert not found["log"].ok
    assert "forked" in found["log"].detail
    found = {one.name: one for one in examine(twins.home("ann"), clock=twins.clock)}
    assert found["forks"].detail.startswith("Bob: ")


def test_what_was_sealed_stays(twins: Town) -> None:
    """A proof takes nothing away: receipts from before count, and a half for what we signed is taken all the same."""
    split(twins)
    twins.carry()
    assert books.verify(twins["ann"]).ok
    (row,) = books.balance(twins["ann"])
    assert (row.rides, row.settled) == (2, 300)


def test_nothing_new_is_agreed_with_a_forked_log(twins: Town) -> None:
    """Who knows of a fork declines a proposal by that device, saying why, and cancels what such a device accepts."""
    split(twins)
    with asleep(twins, "twin"):
        twins.carry()
        for passenger, driver, end in (("bob", "cid", State.DECLINED), ("cid", "bob", State.CANCELLED)):
            deal = agree(twins, passenger, driver)
            assert twins.state("bob", deal) is end
            assert "was forked" in twins.deal("bob", deal).reason
            if end is State.CANCELLED:
                assert twins.state("cid", deal) is end
                assert "was forked" in twins.deal("cid", deal).reason


def test_a_proposal_from_before_is_not_accepted(twins: Town) -> None:
    """A proposal that waited while the fork became known cannot be accepted any more, and the error says why."""
    with asleep(twins, "twin"):
        offer = twins.offer("cid", day=4)
        twins.request("bob", day=4)
        deal = twins.propose("bob", offer)
        twins.carry()
    split(twins)
    with asleep(twins, "twin"):
        twins.carry()
    with pytest.raises(RefusedError, match="was forked"):
        decisions.accept(twins["cid"], deal.id)
    decisions.decline(twins["cid"], deal.id)


def test_a_new_log_is_as_good_as_any(twins: Town) -> None:
    """Whose log was forked goes on with a new one: the others agree with that one, and count on."""
    split(twins)
    with asleep(twins, "twin"):
        twins.carry()
        resume(twins["bob"])
        deal = agree(twins, "bob", "cid")
        rides.done(twins["bob"], deal)
        twins.carry()
        assert twins.state("cid", deal) is State.RECEIPTED
        assert [known.ours for known in forks.known(twins["bob"])] == [True]
        assert books.verify(twins["bob"]).ok


def test_a_receipt_by_a_forked_log_is_not_countersigned(twins: Town) -> None:
    """The driver's node refuses a receipt that a forked device signs first, both read why, and a new log signs anew."""
    with asleep(twins, "twin"):
        deal = agree(twins, "bob", "cid")
    split(twins)
    with asleep(twins, "twin"):
        rides.done(twins["bob"], deal)  # it is signed before the proof comes
        twins.publish("ann")
        twins.carry()
        assert "was forked" in twins.deal("cid", deal).reason
        assert twins.state("bob", deal) is State.RIDING  # to note that it was refused is to sign
        resume(twins["bob"])
        twins.later(minutes=90)
        twins.carry()
        assert twins.state("bob", deal) is State.AGREED
        assert "was forked" in twins.deal("bob", deal).reason
        rides.done(twins["bob"], deal)
        twins.carry()
        assert twins.state("cid", deal) is State.RECEIPTED


def test_two_records_with_one_number_are_a_proof_for_the_two_alone(twins: Town) -> None:
    """The payee's copies confirm two settlements with one number: Ann and Bob see the proof, and nobody else."""
    first = settlements.settle(twins["ann"], twins["bob"].identity, 100, "EUR", CASH)
    with asleep(twins, "twin"):
        twins.carry()
    with asleep(twins, "bob"):
        settlements.refuse(twins["ann"], first.id)
        pay(twins, 200)
        twins.carry()
    settlements.confirm(twins["bob"], first.id)
    with asleep(twins, "twin"):
        twins.carry()
    for name in ("ann", "bob"):
        (known,) = forks.known(twins[name])
        assert (known.split.what, known.split.seq) == (What.NUMBER, 1)
        assert fork_from(known.proof).names_people
    assert forks.known(twins["cid"]) == []
    heard = forks.hear(twins["cid"], forks.known(twins["ann"])[0].proof, lambda: True)
    assert (heard.judgement, heard.reason) == (Judgement.REJECT, "it names people")
    assert books.verify(twins["ann"]).ok


def test_two_receipts_with_one_number_are_a_proof_as_well(twins: Town) -> None:
    """One copy of the driver countersigns a ride, the other calls it off and countersigns the next one instead."""
    first, second = (deal.id for deal in twins.deals("ann", Role.PASSENGER, State.AGREED))
    with asleep(twins, "twin"):
        rides.done(twins["ann"], first)
        twins.carry_from("ann")
        late = twins.pick_up("bob")
    with asleep(twins, "bob"):
        decisions.cancel(twins["twin"], first)
        twins.carry()
        rides.done(twins["ann"], second)
        twins.carry()
    assert forks.known(twins["ann"]) == []
    for row in late:
        twins.hand_over(row.tag, row.data)
    for name in ("ann", "bob"):
        twins.carry()
        (known,) = forks.known(twins[name])
        assert (known.split.what, known.split.seq) == (What.NUMBER, 1)
        assert fork_from(known.proof).names_people
    assert forks.known(twins["cid"]) == []
    assert books.verify(twins["ann"]).ok


def test_first_halves_with_one_number_are_honest(twins: Town) -> None:
    """What lapsed is signed anew with the same number: no proof comes of it."""
    with asleep(twins, "twin"):
        for _ in range(2):
            stored = settlements.settle(twins["ann"], twins["bob"].identity, 100, "EUR", CASH)
            twins.carry()
            settlements.refuse(twins["bob"], stored.id)
            twins.carry()
        pay(twins, 100)
        twins.carry()
    assert all(forks.known(twins[name]) == [] for name in ("ann", "bob", "cid"))


def test_more_of_our_own_log_than_is_here(twins: Town) -> None:
    """A signature of ours about an entry that is not here means that the log goes on elsewhere: nothing is signed."""
    with asleep(twins, "bob"):
        rode(twins)
        rode(twins)
        half = receipts.unpack(ledger.receipts(twins["ann"].node)[-1]).second
    said = second_half(5, half.receipt_id, half.seq, half.head, half.signature)
    sightings.saw(twins["bob"], twins["bob"].device.log_pk, said)
    settlements.settle(twins["ann"], twins["bob"].identity, 5, "EUR", CASH)
    with asleep(twins, "twin"):
        twins.carry()
    (offered,) = settled.in_state(twins["bob"].node, settled.OFFERED)
    with pytest.raises(HaltedError, match="gone on elsewhere"):
        settlements.confirm(twins["bob"], offered.id)


def test_our_own_log_said_to_be_another(twins: Town) -> None:
    """A signature of ours about another entry than we have is a proof by itself, and stops us."""
    with asleep(twins, "bob"):
        rode(twins)
        rode(twins)
        half = receipts.unpack(ledger.receipts(twins["ann"].node)[-1]).second
    with asleep(twins, "twin"):
        pay(twins, 100)
    said = second_half(5, half.receipt_id, half.seq, half.head, half.signature)
    sightings.saw(twins["bob"], twins["bob"].device.log_pk, said)
    assert [(known.ours, known.split.seq) for known in forks.known(twins["bob"])] == [(True, half.seq)]


def test_an_ill_signed_head_is_left_out(twins: Town) -> None:
    """A statement that its log never signed neither accuses anybody nor is kept."""
    log = twins["bob"].device.log_pk
    for said in (second_half(5, b"i" * 32, 3, b"h" * 32, b"s" * 64), Statement(1, b"x", b"s" * 64)):
        sightings.saw(twins["cid"], log, said)
    assert store.highest_head(twins["cid"].node, log) == 0


def test_only_so_many_of_strangers(twins: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full board takes no proof of a stranger's log; a proof of our own is taken, once; quotas and forgeries hold."""
    monkeypatch.setattr(store, "MAX_BOARD", 1)
    store.add(twins["cid"].board, b"l" * 32, b"p", 1)
    split(twins)
    (known,) = forks.known(twins["ann"])
    heard = forks.hear(twins["cid"], known.proof, lambda: True)
    assert (heard.judgement, heard.reason) == (Judgement.IGNORE, "no room")
    assert forks.hear(twins["twin"], known.proof, lambda: True).judgement is Judgement.ACCEPT
    assert forks.hear(twins["twin"], known.proof, lambda: True).reason == "known"
    assert forks.hear(twins["cid"], known.proof, lambda: False).reason == "quota"
    broken = known.proof[:-1] + bytes([known.proof[-1] ^ 1])
    assert forks.hear(twins["cid"], broken, lambda: True).judgement is Judgement.REJECT


def test_heads_are_bounded(twins: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a partner's log the newest heads are kept."""
    monkeypatch.setattr(store, "MAX_HEADS", 3)
    for seq in range(1, 7):
        store.add_head(twins["ann"].node, b"l" * 32, seq, b"h" * 32, Statement(0, b"x", b"s" * 64))
    kept = [row[0] for row in twins["ann"].node.all("SELECT seq FROM heads WHERE log=? ORDER BY seq", (b"l" * 32,))]
    assert kept == [4, 5, 6]
