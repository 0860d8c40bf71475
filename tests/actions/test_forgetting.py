"""Forgetting a person: what names them is gone, the ledger holds, and counts go on with the same person later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lazpool.actions import books, confirming, disputes, forgetting, rides
from lazpool.actions.corrections import CORRECTING, correct
from lazpool.actions.exporting import bundle
from lazpool.actions.forgetting import forget
from lazpool.errors import NotFoundError, RefusedError
from lazpool.records.receipts import receipt_from
from lazpool.store import deals, ledger, recoveries
from lazpool.store import settlements as settled
from tests.actions.test_backups import back_up, lose
from tests.actions.test_recovery import pay, ride, settle_down
from tests.actions.test_recovery import town as town  # noqa: PLC0414 # a fixture
from tests.simulation.outside import verify_bundle

if TYPE_CHECKING:
    from tests.town import Town


def square(town: Town, payer: str = "ann", payee: str = "bob") -> None:
    """Pay what is owed."""
    owed = sum(-row.amount for row in books.balance(town[payer]))
    pay(town, owed, payer=payer, payee=payee)


def shared(town: Town) -> None:
    """Let Ann and Bob ride in both directions, refuse a ride, and settle."""
    ride(town)
    ride(town, 2)
    ride(town, 3, passenger="bob", driver="ann")
    square(town)


@pytest.mark.parametrize("who", ["ann", "bob"])
def test_what_names_them_is_gone_and_the_ledger_holds(town: Town, who: str) -> None:
    """Neither the other's identity nor a record, its blind or a signature is left in the file; the log is whole."""
    shared(town)
    other = town["bob" if who == "ann" else "ann"].identity
    desk = town[who]
    records = [*ledger.receipts(desk.node), *settled.in_state(desk.node, settled.SEALED)]
    gone = [part for one in records for part in (one.terms, one.blind, one.first, one.second, one.id)]
    assert len(set(gone)) == 5 * 4
    before, chain = len(ledger.entries(desk.node)), ledger.entries(desk.node)
    found = forget(desk, other)
    assert (found.rides, found.settlements, found.deals) == (3, 1, 3)
    assert ledger.entries(desk.node) == chain
    assert deals.all_deals(desk.node) == ledger.receipts(desk.node) == settled.everything(desk.node) == []
    verdict = books.verify(desk)
    assert (verdict.errors, verdict.entries, verdict.forgotten) == ([], before, 4)
    town.close(who)
    raw = b"".join(file.read_bytes() for file in town.home(who).glob("node.db*"))
    town.open(who)
    assert not [part for part in (other, other[:12], *gone) if part in raw]


def test_an_export_says_that_it_is_not_whole(town: Town) -> None:
    """What is left verifies without lazpool, as a choice of records beside the whole log."""
    shared(town)
    forget(town["ann"], town["bob"].identity)
    document = bundle(town["ann"])
    assert (document["complete"], document["receipts"]) == (False, [])
    verify_bundle(document)
    assert bundle(town["bob"])["complete"]


@pytest.mark.parametrize("who", ["ann", "bob"])
def test_counts_go_on_with_the_same_person(town: Town, who: str) -> None:
    """Whoever of the two has forgotten the other, later rides and payments continue the numbers and totals."""
    shared(town)
    forget(town[who], town["bob" if who == "ann" else "ann"].identity)
    ride(town, 4)
    ride(town, 5, passenger="bob", driver="ann")
    ride(town, 6)
    newest = {one.passenger: receipt_from(one.terms) for one in ledger.receipts(town[who].node)}
    assert [newest[town[name].identity].dir_seq for name in ("ann", "bob")] == [4, 2]
    assert [len(ledger.receipts(town[name].node)) for name in ("ann", "bob")] == ([3, 6] if who == "ann" else [6, 3])
    owed = sum(-row.amount for row in books.balance(town["ann"]))
    assert owed == sum(row.amount for row in books.balance(town["bob"]))
    pay(town, owed)
    settle_down(town)
    assert [books.verify(town[name]).errors for name in ("ann", "bob")] == [[], []]
    assert [row.amount for name in ("ann", "bob") for row in books.balance(town[name])] == [0, 0]
    assert town.is_quiet()
    verify_bundle(bundle(town[who]))
    forget(town[who], town["bob" if who == "ann" else "ann"].identity)
    ride(town, 7)
    assert receipt_from(ledger.receipts(town[who].node)[0].terms).dir_seq == 5


def test_what_was_forgotten_does_not_come_back(town: Town) -> None:
    """Neither a partner who offers it nor a restore from a backup made afterwards brings it back."""
    shared(town)
    ann = town["ann"]
    forget(ann, town["bob"].identity)
    file = back_up(town, "ann")
    ride(town, 4)
    lose(town, "ann", file)
    ride(town, 5)
    settle_down(town)
    assert [receipt_from(one.terms).dir_seq for one in ledger.receipts(town["ann"].node)] == [3, 4]
    assert books.verify(town["ann"]).errors == []
    assert all(one.state != recoveries.STUCK for one in recoveries.every(town["ann"].node))


def test_what_is_owed_or_open_is_not_forgotten(town: Town) -> None:
    """A debt, an agreed ride, a receipt or a payment under way: each is refused, and nothing is lost."""
    deal = ride(town, done=False)
    ann, bob = town["ann"], town["bob"]

    def refused(code: str) -> None:
        for one, other in ((ann, bob), (bob, ann)):
            with pytest.raises(RefusedError) as refusal:
                forget(one, other.identity)
            assert refusal.value.code == code
            assert refusal.value.hint

    refused("open")
    rides.done(ann, deal)
    town.carry()
    refused("debts")
    square(town)
    file = back_up(town, "ann")
    lose(town, "ann", file)
    ann = town["ann"]
    with pytest.raises(RefusedError) as refusal:
        forget(ann, bob.identity)
    assert refusal.value.code == "open"
    settle_down(town)
    assert forgetting.loss(ann, bob.identity).rides == 1
    forget(ann, bob.identity)
    with pytest.raises(NotFoundError):
        forget(ann, bob.identity)


def test_others_are_left_alone(town: Town) -> None:
    """Records with somebody else stay as they are, and their exports and counts, too."""
    shared(town)
    rest = books.verify(town["bob"])
    forget(town["ann"], town["bob"].identity)
    assert books.verify(town["bob"]) == rest
    ledger_of_bob = ledger.receipts(town["bob"].node)
    assert len(ledger_of_bob) == 3


def test_corrections_and_disputes_go_too(town: Town) -> None:
    """While something is disputed nobody is forgotten; afterwards corrections are gone, and their count goes on."""
    ride(town)
    (record,) = ledger.receipts(town["ann"].node)
    ann, bob = town["ann"], town["bob"]
    made = correct(bob, record.id, 1)
    town.carry()
    confirming.confirm(ann, CORRECTING, made.id)
    town.carry()
    disputes.dispute(ann, record.id, 1)
    square(town)
    with pytest.raises(RefusedError, match="disputed"):
        forget(ann, bob.identity)
    disputes.take_back(ann, record.id)
    town.carry()
    forget(ann, bob.identity)
    assert books.verify(ann).errors == []
    for table in ("corrections", "disputes", "heads"):
        assert ann.node.number(f"SELECT count(*) FROM {table}") == 0  # noqa: S608 # our names
    ride(town, 9)
    (record,) = ledger.receipts(ann.node)
    made = correct(bob, record.id, 2)
    town.carry()
    confirming.confirm(ann, CORRECTING, made.id)
    town.carry()
    assert [one.dir_seq for one in settled.CORRECTIONS.in_state(ann.node, settled.SEALED)] == [2]
    assert [books.verify(desk).errors for desk in (ann, bob)] == [[], []]
