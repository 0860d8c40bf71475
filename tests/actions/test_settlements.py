"""Settling: the payer signs, the payee confirms, both seal; nothing else moves a balance."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from lazpool.actions import books, settlements
from lazpool.actions import deals as decisions
from lazpool.actions.letters import new_card, write
from lazpool.errors import NotFoundError, RefusedError
from lazpool.records.deal_bodies import NewCard
from lazpool.records.entries import KINDS, entry_from
from lazpool.records.halves import Settlement, SettlementRefused
from lazpool.records.people import certify
from lazpool.records.receipts import sign_first
from lazpool.records.settlements import CASH, settlement_from
from lazpool.store import deals, ledger
from lazpool.store import settlements as store
from lazpool.wire.hashing import network_id
from lazpool.wire.keys import new_seed
from lazpool.wire.signing import public_key

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.store.settlements import Stored
    from tests.town import Town


def owed(town: Town) -> int:
    """Return what Ann owes Bob; the two books must say the same."""
    (hers,), (his,) = books.balance(town["ann"]), books.balance(town["bob"])
    assert hers.amount == -his.amount
    assert books.verify(town["ann"]).ok
    assert books.verify(town["bob"]).ok
    return his.amount


def pay(town: Town, amount: int = 500) -> Stored:
    """Let Ann propose that she has paid Bob in cash, and the letter arrive."""
    stored = settlements.settle(town["ann"], town["bob"].identity, amount, "EUR", CASH)
    town.carry()
    return stored


def states(town: Town) -> tuple[list[str], list[str]]:
    """Return the states of all settlements, Ann's and Bob's."""
    ann, bob = ([one.state for one in store.everything(town[name].node)] for name in ("ann", "bob"))
    return ann, bob


def log(desk: Desk) -> list[str]:
    """Return the kinds of the newest entries of a log, as far as they are about settlements."""
    kinds = [KINDS[entry_from(envelope.body).kind] for envelope in ledger.entries(desk.node)]
    return [kind.removeprefix("settle-") for kind in kinds if kind.startswith("settle-")]


def test_paid_and_confirmed(ridden: Town) -> None:
    """A settlement counts on both sides once the payee has confirmed it, and not before."""
    before = owed(ridden)
    stored = pay(ridden)
    assert states(ridden) == (["proposed"], ["offered"])
    assert owed(ridden) == before
    settlements.confirm(ridden["bob"], stored.id)
    ridden.carry()
    assert states(ridden) == (["sealed"], ["sealed"])
    assert owed(ridden) == before - 500
    assert (log(ridden["ann"]), log(ridden["bob"])) == (["proposed", "sealed"], ["sealed"])
    assert ridden.is_quiet()


def test_settled_in_parts_and_overpaid(ridden: Town) -> None:
    """Parts add up; who pays more than is owed is owed the rest."""
    whole = owed(ridden)
    for amount in (whole - 1, 1, 300):
        settlements.confirm(ridden["bob"], pay(ridden, amount).id)
        ridden.carry()
    assert owed(ridden) == -300
    stored = settlements.settle(ridden["bob"], ridden["ann"].identity, 300, "EUR", CASH)
    ridden.carry()
    settlements.confirm(ridden["ann"], stored.id)
    ridden.carry()
    assert owed(ridden) == 0
    (row,) = books.balance(ridden["bob"])
    assert (row.by_rides, row.settled) == (whole, -whole)


def test_refused_by_the_payee(ridden: Town) -> None:
    """What the payee refuses changes no balance, and the payer hears why and may try again."""
    before, stored = owed(ridden), pay(ridden)
    settlements.refuse(ridden["bob"], stored.id, "it was four")
    ridden.carry()
    assert states(ridden) == (["lapsed"], ["refused"])
    assert store.get(ridden["ann"].node, stored.id).reason == "refused: it was four"  # type: ignore[union-attr] # it is there
    assert ridden.is_quiet()
    settlements.confirm(ridden["bob"], pay(ridden, 400).id)
    ridden.carry()
    assert owed(ridden) == before - 400
    for name in ("ann", "bob"):
        with pytest.raises(RefusedError, match="this settlement is"):
            settlements.confirm(ridden["bob"], stored.id)
        with pytest.raises(RefusedError):
            settlements.refuse(ridden[name], stored.id)


def test_taken_back_by_the_payer(ridden: Town) -> None:
    """What the payer takes back is no longer offered; one under way at a time keeps the count without gaps."""
    stored = pay(ridden)
    with pytest.raises(RefusedError, match="under way"):
        pay(ridden)
    settlements.settle(ridden["ann"], ridden["bob"].identity, 100, "CHF", CASH)
    with pytest.raises(RefusedError, match="not for you"):
        settlements.confirm(ridden["ann"], stored.id)
    settlements.refuse(ridden["ann"], stored.id)
    ridden.carry()
    assert states(ridden) == (["lapsed", "proposed"], ["refused", "offered"])
    pay(ridden)


def test_confirmed_after_it_lapsed(ridden: Town) -> None:
    """A signature cannot be taken back: what the payee confirms after the payer stopped asking still counts."""
    before, stored = owed(ridden), pay(ridden)
    ridden.later(days=31)
    ridden.carry()
    assert states(ridden) == (["lapsed"], ["offered"])
    assert ridden.is_quiet()
    settlements.confirm(ridden["bob"], stored.id)
    ridden.carry()
    assert states(ridden) == (["sealed"], ["sealed"])
    assert owed(ridden) == before - 500
    assert log(ridden["ann"]) == ["proposed", "lapsed", "sealed"]


def test_confirmed_while_another_is_under_way(ridden: Town) -> None:
    """Of two with one number only one is ever sealed, and both sides have the same one."""
    before, first = owed(ridden), pay(ridden, 500)
    ridden.later(days=31)
    second = settlements.settle(ridden["ann"], ridden["bob"].identity, 200, "EUR", CASH)
    settlements.confirm(ridden["bob"], first.id)
    ridden.carry()
    assert states(ridden) == (["sealed", "lapsed"], ["sealed"])
    assert owed(ridden) == before - 500
    assert store.get(ridden["bob"].node, second.id) is None
    assert ridden.is_quiet()


def test_both_are_offered_and_one_is_confirmed(ridden: Town) -> None:
    """When both have arrived, confirming the later one ends the earlier one on both sides."""
    first = pay(ridden, 500)
    ridden.later(days=31)
    second = pay(ridden, 200)
    assert states(ridden)[1] == ["offered", "offered"]
    settlements.confirm(ridden["bob"], second.id)
    ridden.carry()
    assert states(ridden) == (["lapsed", "sealed"], ["refused", "sealed"])
    with pytest.raises(RefusedError):
        settlements.confirm(ridden["bob"], first.id)


def test_a_lost_half_is_found_again(ridden: Town) -> None:
    """A payee's half that got lost for good comes with the answer to the next proposal."""
    before, first = owed(ridden), pay(ridden)
    settlements.confirm(ridden["bob"], first.id)
    ridden.pick_up("bob")  # and lost
    ridden.later(days=31)
    assert states(ridden) == (["lapsed"], ["sealed"])
    pay(ridden, 100)
    assert states(ridden) == (["sealed", "lapsed"], ["sealed"])
    assert owed(ridden) == before - 500


def test_taken_back_too_late(ridden: Town) -> None:
    """Taking back crosses the confirmation: it stays confirmed, on both sides."""
    stored = pay(ridden)
    settlements.confirm(ridden["bob"], stored.id)
    ridden.pick_up("bob")  # and lost
    settlements.refuse(ridden["ann"], stored.id)
    ridden.carry()
    assert states(ridden) == (["sealed"], ["sealed"])


def test_letters_twice_and_in_any_order(ridden: Town) -> None:
    """Every letter again and again, and the refusal before what it takes back: nothing changes but once."""
    before, stored = owed(ridden), settlements.settle(ridden["ann"], ridden["bob"].identity, 500, "EUR", CASH)
    (offer,) = ridden.pick_up("ann")
    settlements.refuse(ridden["ann"], stored.id)
    (taken_back,) = ridden.pick_up("ann")
    for row in (taken_back, offer, taken_back, offer):
        assert ridden.hand_over(row.tag, row.data)
    assert states(ridden)[1] == ["offered"]
    settlements.confirm(ridden["bob"], stored.id)
    (half,) = ridden.pick_up("bob")
    for row in (half, offer, half, taken_back, half):
        ridden.hand_over(row.tag, row.data)
    ridden.carry()
    assert states(ridden) == (["sealed"], ["sealed"])
    assert owed(ridden) == before - 500
    assert log(ridden["ann"]) == ["proposed", "lapsed", "sealed"]


def send(town: Town, changes: dict[str, Any], seed: bytes = b"") -> None:
    """Send a settlement from Ann with some of its terms changed, signed by her or by another key."""
    ann = town["ann"]
    deal = deals.thread_with(ann.node, town["bob"].identity)
    assert deal is not None
    terms = replace(settlements._terms(ann, (ann.identity, town["bob"].identity, "EUR"), 500, CASH), **changes)
    device = certify(seed, public_key(ann.keys.log), terms.net) if seed else ann.device
    write(ann, deal, Settlement(terms.body(), sign_first(terms, ann.keys.log), device, b"b" * 32))
    deals.save(ann.node, deal)
    town.carry()


STRANGER = new_seed()


@pytest.mark.parametrize(
    ("changes", "seed"),
    [
        ({"payee": public_key(STRANGER)}, b""),
        ({"payer": public_key(STRANGER)}, b""),
        ({"payer": public_key(STRANGER)}, STRANGER),
        ({"net": network_id("elsewhere")}, b""),
        ({"init_log": public_key(STRANGER)}, b""),
        ({}, STRANGER),
    ],
    ids=["payee", "payer", "payer who signs", "network", "log", "device"],
)
def test_nobody_else_can_be_paid(ridden: Town, changes: dict[str, Any], seed: bytes) -> None:
    """A settlement that names a third, on either side, or is signed by one, is not even offered to a person."""
    before = owed(ridden)
    send(ridden, changes, seed)
    assert states(ridden)[1] == []
    assert owed(ridden) == before


@pytest.mark.parametrize("changes", [{"dir_seq": 2}, {"dir_balance": 501}, {"dir_seq": 2, "dir_balance": 1000}])
def test_a_wrong_count_is_refused(ridden: Town, changes: dict[str, Any]) -> None:
    """A number or a total that does not continue the count is refused; a number ahead once the payer has been asked."""
    send(ridden, changes)
    ridden.now += 3600
    ridden.carry()
    assert states(ridden)[1] == []
    kinds = [row[0] for row in ridden["ann"].node.all("SELECT kind FROM letters ORDER BY rowid")]
    assert kinds[-1] == SettlementRefused.KIND


def test_a_payer_cannot_flood(ridden: Town) -> None:
    """Only so many proposals of one payer wait for an answer."""
    for amount in range(1, settlements.MAX_OFFERED + 5):
        send(ridden, {"amount": amount, "dir_balance": amount})
    assert states(ridden)[1] == ["offered"] * settlements.MAX_OFFERED


def test_with_strangers_nothing_is_settled(ridden: Town) -> None:
    """There is no way to settle with somebody whom one shares no ride with."""
    with pytest.raises(NotFoundError):
        settlements.settle(ridden["ann"], public_key(STRANGER), 500, "EUR", CASH)
    with pytest.raises(NotFoundError):
        settlements.confirm(ridden["ann"], b"\1" * 32)


def test_people_stay_in_reach(ridden: Town) -> None:
    """A year and a half after the last ride the two can still settle, though every first card is gone."""
    first = {deal.own_tag for deal in deals.all_deals(ridden["ann"].node)}
    for _ in range(18):
        ridden.later(days=30)
        ridden.carry()
    assert not first & {row[0] for row in ridden["ann"].node.all("SELECT tag FROM boxes")}
    before = owed(ridden)
    settlements.confirm(ridden["bob"], pay(ridden).id)
    ridden.carry()
    assert owed(ridden) == before - 500
    for _ in range(18):
        ridden.later(days=30)
        ridden.carry()
    assert not ridden["ann"].node.all("SELECT tag FROM boxes"), "who shares nothing for two years is let go"
    with pytest.raises(NotFoundError):
        pay(ridden)


def test_a_cancelled_ride_cancels_no_settlement(ridden: Town) -> None:
    """A settlement travels by the newest deal, and goes on when that one is called off."""
    offer = ridden.offer("bob", day=5)
    ridden.request("ann", day=5)
    deal = ridden.propose("ann", offer)
    ridden.carry()
    decisions.accept(ridden["bob"], deal.id)
    ridden.carry()
    stored = settlements.settle(ridden["ann"], ridden["bob"].identity, 500, "EUR", CASH)
    assert stored.deal == deal.id
    decisions.cancel(ridden["ann"], deal.id)
    ridden.carry()
    assert states(ridden)[1] == ["offered"]


def card_of_ann(town: Town) -> bytes:
    """Return where Bob writes to Ann."""
    deal = deals.thread_with(town["bob"].node, town["ann"].identity)
    assert deal is not None
    return deal.peer_card


def test_a_lost_card_is_sent_again(ridden: Town) -> None:
    """Who still writes by an old card is told the new one; of cards that overtake each other the newest holds."""
    ann, first = ridden["ann"], card_of_ann(ridden)
    ridden.later(days=100)
    late, *others = sorted(ridden.pick_up("ann"), key=lambda row: row.letter_kind != NewCard.KIND)
    assert all(ridden.hand_over(row.tag, row.data) for row in others)  # but her new card is on its way for long
    ridden.carry()  # his comes by her first one
    second = card_of_ann(ridden)
    assert second != first
    deal = deals.thread_with(ann.node, ridden["bob"].identity)
    assert deal is not None
    write(ann, deal, NewCard(new_card(ann, deal)))
    deals.save(ann.node, deal)
    ridden.carry()
    third = card_of_ann(ridden)
    ridden.hand_over(late.tag, late.data)
    ridden.carry()
    assert card_of_ann(ridden) == third != second
    assert ridden.is_quiet()


def test_stored_bytes_say_what_was_signed(ridden: Town) -> None:
    """A flipped bit anywhere in a sealed settlement is found by verifying."""
    settlements.confirm(ridden["bob"], pay(ridden).id)
    ridden.carry()
    for name in ("ann", "bob"):
        desk = ridden[name]
        (stored,) = store.in_state(desk.node, store.SEALED)
        assert settlement_from(stored.terms).amount == 500
        for column in ("id", "terms", "first", "debtor", "second", "blind", "payer", "payee"):
            data = getattr(stored, column)
            for at in range(0, len(data), 7):
                changed = data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]
                desk.node.execute("BEGIN")
                desk.node.execute(f"UPDATE settlements SET {column}=?", (changed,))  # noqa: S608 # our names
                assert not books.verify(desk).ok, f"byte {at} of {column}"
                desk.node.execute("ROLLBACK")
        for change in (
            "DELETE FROM settlements",
            "UPDATE settlements SET state='lapsed'",
            "UPDATE settlements SET unit='CHF'",
        ):
            desk.node.execute("BEGIN")
            desk.node.execute(change)
            assert not books.verify(desk).ok, change
            desk.node.execute("ROLLBACK")
