"""Disputes, claims and corrections: what one side says is shown and never counted; what both sign counts alike."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lazpool.actions import books, disputes, rides, settlements
from lazpool.actions import deals as decisions
from lazpool.actions.confirming import confirm, lapse, refuse
from lazpool.actions.corrections import CORRECTING, correct
from lazpool.actions.exporting import bundle, lines
from lazpool.actions.letters import write
from lazpool.actions.subjects import find
from lazpool.errors import NotFoundError, RefusedError
from lazpool.records.disputes import NO_RIDE, NOT_SIGNED, OTHER, WRONG_AMOUNT, Dispute, DisputeEnded
from lazpool.records.entries import KINDS, entry_from
from lazpool.records.settlements import CASH
from lazpool.rules.negotiation import Role, State
from lazpool.store import deals, ledger
from lazpool.store import disputes as store
from lazpool.store import settlements as settled

if TYPE_CHECKING:
    from tests.town import Town

VERIFIER = Path(__file__).parents[2] / "examples" / "verify_receipt.py"


def owed(town: Town) -> int:
    """Return what Ann owes Bob; the two books must hold and say the same."""
    for name in ("ann", "bob"):
        assert books.verify(town[name]).errors == []
    (hers,), (his,) = books.balance(town["ann"]), books.balance(town["bob"])
    assert hers.amount == -his.amount
    return his.amount


def first_ride(town: Town) -> tuple[bytes, int]:
    """Return the id and the amount of the first receipt."""
    (one, *_) = lines(town["bob"])
    return one.id, one.amount


def agree(town: Town, proposer: str, other: str, record: bytes, amount: int) -> None:
    """Let one propose a correction and the other confirm it."""
    stored = correct(town[proposer], record, amount)
    town.carry()
    confirm(town[other], CORRECTING, stored.id)
    town.carry()


def log(town: Town, name: str) -> list[str]:
    """Return the kinds of entries that are neither of rides nor of settlements."""
    kinds = [KINDS[entry_from(one.body).kind] for one in ledger.entries(town[name].node)]
    return [kind for kind in kinds if kind in {"claim", "dispute", "resolved"} or kind.startswith("correct")]


def states(town: Town) -> tuple[list[str], list[str]]:
    """Return the states of all corrections, Ann's and Bob's."""
    ann, bob = ([one.state for one in settled.CORRECTIONS.everything(town[name].node)] for name in ("ann", "bob"))
    return ann, bob


@pytest.mark.parametrize(("proposer", "other"), [("ann", "bob"), ("bob", "ann")])
def test_a_correction_counts_once_both_have_signed(ridden: Town, proposer: str, other: str) -> None:
    """Whoever proposes it, nothing changes before the other confirms, and then both books change alike."""
    before, (record, amount) = owed(ridden), first_ride(ridden)
    stored = correct(ridden[proposer], record, amount - 100)
    ridden.carry()
    assert owed(ridden) == before
    confirm(ridden[other], CORRECTING, stored.id)
    ridden.carry()
    assert owed(ridden) == before - 100
    assert states(ridden) == (["sealed"], ["sealed"])
    assert log(ridden, proposer) == ["correct-proposed", "correct-sealed"]
    assert log(ridden, other) == ["correct-sealed"]
    assert ridden.is_quiet()


def test_corrected_again_and_back(ridden: Town) -> None:
    """Corrections of one record follow each other, from either side; each starts from what it counts for by then."""
    before, (record, amount) = owed(ridden), first_ride(ridden)
    agree(ridden, "ann", "bob", record, 0)
    assert owed(ridden) == before - amount
    agree(ridden, "bob", "ann", record, amount + 50)
    assert owed(ridden) == before + 50
    agree(ridden, "ann", "bob", record, amount)
    assert owed(ridden) == before
    with pytest.raises(RefusedError, match="counts for that already"):
        correct(ridden["ann"], record, amount)


def test_a_settlement_is_corrected(ridden: Town) -> None:
    """Of a settlement, too: who paid less than both signed owes the rest again."""
    before = owed(ridden)
    stored = settlements.settle(ridden["ann"], ridden["bob"].identity, 500, "EUR", CASH)
    ridden.carry()
    settlements.confirm(ridden["bob"], stored.id)
    ridden.carry()
    agree(ridden, "bob", "ann", stored.id, 400)
    assert owed(ridden) == before - 400
    (row,) = books.balance(ridden["bob"])
    assert (row.settled, row.corrected) == (-500, 100)


def test_refused_and_taken_back(ridden: Town) -> None:
    """What is refused or taken back changes nothing, says why on both sides, and may be proposed anew."""
    before, (record, amount) = owed(ridden), first_ride(ridden)
    stored = correct(ridden["ann"], record, 1)
    ridden.carry()
    refuse(ridden["bob"], CORRECTING, stored.id, "no")
    ridden.carry()
    assert states(ridden) == (["lapsed"], ["refused"])
    stored = correct(ridden["ann"], record, 2)
    with pytest.raises(RefusedError, match="under way"):
        correct(ridden["ann"], record, 3)
    ridden.carry()
    refuse(ridden["ann"], CORRECTING, stored.id)
    ridden.carry()
    assert states(ridden) == (["lapsed", "lapsed"], ["refused", "refused"])
    assert owed(ridden) == before
    agree(ridden, "ann", "bob", record, amount + 1)
    assert owed(ridden) == before + 1


def test_confirmed_after_it_lapsed(ridden: Town) -> None:
    """A signature cannot be taken back: what is confirmed a month later still counts, on both sides."""
    before, (record, amount) = owed(ridden), first_ride(ridden)
    stored = correct(ridden["ann"], record, amount - 10)
    ridden.carry()
    ridden.later(days=31)
    assert states(ridden) == (["lapsed"], ["offered"])
    confirm(ridden["bob"], CORRECTING, stored.id)
    ridden.carry()
    assert owed(ridden) == before - 10
    assert log(ridden, "ann") == ["correct-proposed", "correct-lapsed", "correct-sealed"]


def test_two_that_cross_are_both_refused(ridden: Town) -> None:
    """Who has proposed a correction agrees to no other of that record, so neither counts from a wrong amount."""
    before, (record, amount) = owed(ridden), first_ride(ridden)
    first, second = correct(ridden["ann"], record, amount - 1), correct(ridden["bob"], record, amount - 2)
    ridden.carry()
    assert {one.state for name in ("ann", "bob") for one in settled.CORRECTIONS.everything(ridden[name].node)} == {
        "lapsed"
    }
    assert owed(ridden) == before
    assert first.id != second.id


def test_two_that_cross_and_are_confirmed(ridden: Town) -> None:
    """Taken back while the other confirms: the differences of both count, on both sides, in whatever order."""
    before, (record, amount) = owed(ridden), first_ride(ridden)
    hers = correct(ridden["ann"], record, amount - 1)
    ridden.carry()
    with ridden["ann"].node.transaction():
        lapse(ridden["ann"], CORRECTING, find(ridden["ann"], CORRECTING, hers.id), "changed her mind")
    his = correct(ridden["bob"], record, amount - 2)
    ridden.carry()
    refuse(ridden["bob"], CORRECTING, his.id)
    confirm(ridden["bob"], CORRECTING, hers.id)
    confirm(ridden["ann"], CORRECTING, his.id)
    ridden.carry()
    assert owed(ridden) == before - 3
    agree(ridden, "ann", "bob", record, amount - 1)
    assert owed(ridden) == before - 1


def test_corrections_that_make_no_sense(ridden: Town) -> None:
    """What is not sealed, or not of the two, is not corrected; the other's node says no and why."""
    record, amount = first_ride(ridden)
    with pytest.raises(NotFoundError):
        correct(ridden["ann"], b"x" * 32, 5)
    (lapsed,) = ledger.receipts(ridden["ann"].node, ledger.LAPSED)
    with pytest.raises(RefusedError, match="lapsed"):
        correct(ridden["ann"], lapsed.id, 5)
    stored = correct(ridden["ann"], record, amount - 1)
    with ridden["bob"].node.transaction():
        ridden["bob"].node.execute("DELETE FROM receipts WHERE id=?", (record,))
    ridden.carry()
    assert settled.CORRECTIONS.get(ridden["ann"].node, stored.id).reason.startswith(
        "refused: a correction of something"
    )  # type: ignore[union-attr] # it is there


def test_a_dispute_is_shown_and_never_counted(ridden: Town) -> None:
    """It is noted in the log of who says it, told to the other, changes no balance, and is resolved by a correction."""
    before, (record, amount) = owed(ridden), first_ride(ridden)
    disputes.dispute(ridden["ann"], record, WRONG_AMOUNT, "half the way")
    with pytest.raises(RefusedError, match="already"):
        disputes.dispute(ridden["ann"], record, OTHER)
    ridden.carry()
    for name, mine in (("ann", 1), ("bob", 0)):
        (said,) = store.everything(ridden[name].node)
        assert (said.mine, said.reason, said.text, said.state) == (mine, WRONG_AMOUNT, "half the way", "open")
    assert owed(ridden) == before
    assert log(ridden, "ann") == ["dispute"]
    agree(ridden, "bob", "ann", record, amount // 2)
    for name in ("ann", "bob"):
        (said,) = store.everything(ridden[name].node)
        assert (said.state, said.ended) == ("resolved", "corrected")
    assert log(ridden, "ann") == ["dispute", "correct-sealed", "resolved"]
    assert owed(ridden) == before - amount + amount // 2
    assert ridden.is_quiet()


def test_both_say_that_it_stands(ridden: Town) -> None:
    """A correction by nothing ends a dispute, and changes no balance."""
    before, (record, amount) = owed(ridden), first_ride(ridden)
    disputes.dispute(ridden["bob"], record, NO_RIDE)
    ridden.carry()
    agree(ridden, "ann", "bob", record, amount)
    assert [one.ended for name in ("ann", "bob") for one in store.everything(ridden[name].node)] == ["it stands"] * 2
    assert owed(ridden) == before


def test_a_dispute_is_taken_back(ridden: Town) -> None:
    """Its author may end it; the other hears of it, cannot end it alone, and it may be begun again."""
    record, _ = first_ride(ridden)
    disputes.dispute(ridden["ann"], record, OTHER, "hm")
    ridden.carry()
    with pytest.raises(NotFoundError):
        disputes.take_back(ridden["bob"], record)
    disputes.take_back(ridden["ann"], record, "found it")
    ridden.carry()
    assert [store.everything(ridden[name].node)[0].ended for name in ("ann", "bob")] == [
        "taken back",
        "taken back: found it",
    ]
    disputes.dispute(ridden["ann"], record, OTHER)
    ridden.carry()
    assert [len(store.open_about(ridden[name].node, record)) for name in ("ann", "bob")] == [1, 1]
    assert owed(ridden) > 0


def test_strangers_disputes_are_bounded(ridden: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A partner's node may say anything: what is about nothing of ours, said twice, or too much, is not kept."""
    monkeypatch.setattr(store, "MAX_OPEN", 2)
    record, _ = first_ride(ridden)
    ann, deal = ridden["ann"], ridden.deals("ann", Role.PASSENGER, State.RECEIPTED)[0]
    said = [Dispute(b"x" * 32, 1, "", b"a" * 32), Dispute(record, NOT_SIGNED, "", b"b" * 32)]
    said += [Dispute(record, 1, "", bytes([number // 2]) * 32) for number in range(8)]
    with ann.node.transaction():
        for one in said:
            write(ann, deal, one)
        write(ann, deal, DisputeEnded(b"x" * 32, ""))
        deals.save(ann.node, deal)
    ridden.carry()
    assert [one.blind for one in store.everything(ridden["bob"].node)] == [bytes(32), b"\1" * 32]


def claimed(town: Town, deal: bytes) -> None:
    """Let the ride be over, and Bob claim it."""
    town.later(days=2)
    disputes.claim(town["bob"], deal, "you know it")
    town.carry()


def test_a_claim_is_shown_and_never_counted(agreed: tuple[Town, bytes]) -> None:
    """The driver notes that a receipt is missing; both see it, no sum knows it, and the ledger holds."""
    town, deal = agreed
    with pytest.raises(RefusedError, match="not over"):
        disputes.claim(town["bob"], deal)
    town.later(days=2)
    with pytest.raises(RefusedError, match="only the driver"):
        disputes.claim(town["ann"], deal)
    claimed(town, deal)
    assert town.state("bob", deal) is State.CLAIMED
    assert log(town, "bob") == ["claim"]
    (one,) = disputes.claimed(town["bob"])
    assert one.amount > 0
    assert books.balance(town["bob"]) == books.balance(town["ann"]) == []
    (said,) = store.everything(town["ann"].node)
    assert (said.reason, said.text) == (NOT_SIGNED, "you know it")
    assert books.verify(town["bob"]).errors == books.verify(town["ann"]).errors == []


@pytest.mark.parametrize("days", [0, 150])
def test_a_claim_ends_when_the_passenger_signs(agreed: tuple[Town, bytes], days: int) -> None:
    """However late the receipt comes, it counts as any other and the claim is resolved on both sides."""
    town, deal = agreed
    claimed(town, deal)
    town.later(days=days)
    rides.done(town["ann"], deal)
    town.carry()
    assert town.state("bob", deal) is town.state("ann", deal) is State.RECEIPTED
    assert log(town, "bob") == ["claim", "resolved"]
    assert disputes.claimed(town["bob"]) == []
    assert owed(town) > 0
    assert town.is_quiet()


def test_a_claim_is_taken_back(agreed: tuple[Town, bytes]) -> None:
    """A driver who was mistaken takes a claim back."""
    town, deal = agreed
    claimed(town, deal)
    (said,) = store.everything(town["bob"].node)
    disputes.take_back(town["bob"], said.reference)
    town.carry()
    assert disputes.claimed(town["bob"]) == []
    assert log(town, "bob") == ["claim", "resolved"]
    assert books.verify(town["bob"]).ok


def test_the_code_still_works_after_a_claim(agreed: tuple[Town, bytes]) -> None:
    """A driver who claimed too early may still enter the code that the passenger showed."""
    town, deal = agreed
    code = rides.show_code(town["ann"], deal)
    claimed(town, deal)
    rides.enter_code(town["bob"], deal, code)
    town.carry()
    assert town.state("bob", deal) is town.state("ann", deal) is State.RECEIPTED
    assert disputes.claimed(town["bob"]) == []


def test_exports_say_it(ridden: Town, tmp_path: Path) -> None:
    """Bundles hold corrections and disputes so that the verifier agrees; and lines for a bookkeeper add up."""
    record, amount = first_ride(ridden)
    disputes.dispute(ridden["bob"], record, WRONG_AMOUNT)
    ridden.carry()
    agree(ridden, "ann", "bob", record, amount - 100)
    for name, document in (
        ("whole.json", bundle(ridden["bob"])),
        ("hers.json", bundle(ridden["ann"])),
    ):
        (tmp_path / name).write_text(json.dumps(document))
        command = [sys.executable, str(VERIFIER), "--ledger", str(tmp_path / name)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "1 corrections" in done.stdout
    assert sum(one.amount for one in lines(ridden["bob"])) == owed(ridden)
    assert [one.kind for one in lines(ridden["ann"])].count("correction") == 1


@pytest.mark.parametrize("table", ["corrections", "disputes"])
def test_what_is_stored_is_checked(ridden: Town, table: str) -> None:
    """A row that is deleted, or filed as something else, is found."""
    record, amount = first_ride(ridden)
    disputes.dispute(ridden["bob"], record, WRONG_AMOUNT)
    agree(ridden, "bob", "ann", record, amount - 100)
    with ridden["bob"].node.transaction():
        ridden["bob"].node.execute(f"DELETE FROM {table}")  # noqa: S608 # our names
    assert not books.verify(ridden["bob"]).ok


def test_a_cancelled_deal_still_carries_corrections(ridden: Town) -> None:
    """A correction under way is repeated though the deal by which it is written is called off."""
    record, amount = first_ride(ridden)
    offer = ridden.offer("bob", day=5)
    ridden.request("ann", day=5)
    deal = ridden.propose("ann", offer)
    ridden.carry()
    decisions.accept(ridden["bob"], deal.id)
    ridden.carry()
    stored = correct(ridden["ann"], record, amount - 5)
    ridden.pick_up("ann")
    decisions.cancel(ridden["ann"], deal.id)
    ridden.later(days=1)
    ridden.carry()
    assert settled.CORRECTIONS.get(ridden["bob"].node, stored.id) is not None
