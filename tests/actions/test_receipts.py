"""A receipt that is not exactly what was agreed is refused with a reason, and nothing is sealed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from lazpool.actions import receipts, rides
from lazpool.actions.letters import write
from lazpool.records.halves import Countersign, Receipt
from lazpool.records.people import certify
from lazpool.records.receipts import DRIVER, check_second, receipt_from, sign_first, sign_second
from lazpool.rules.negotiation import Role, State
from lazpool.store import deals, ledger
from lazpool.wire.hashing import network_id
from lazpool.wire.keys import new_seed
from lazpool.wire.signing import public_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazpool.records.receipts import ReceiptTerms
    from tests.town import Town

ELSEWHERE = network_id("elsewhere")
CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "amount": ({"amount": 1, "dir_balance": 1}, "something else than the agreement"),
    "distance": ({"distance": 1}, "something else than the agreement"),
    "seats": ({"seats": 2}, "something else than the agreement"),
    "unit": ({"unit": "CHF"}, "something else than the agreement"),
    "agreement": ({"agreement": b"\x01" * 32}, "another ride"),
    "ride": ({"ride": b"\x01" * 16}, "another ride"),
    "network": ({"net": ELSEWHERE}, "another network"),
    "driver": ({"driver": public_key(b"\x01" * 32)}, "other people"),
    "passenger": ({"passenger": public_key(b"\x01" * 32)}, "other people"),
    "device": ({"init_log": public_key(b"\x01" * 32)}, "not the debtor"),
    "start": ({"start": 29_000_160}, "other times"),
    "length": ({"length": 2880}, "other times"),
    "late": ({"expires": 1}, "too late"),
    "place": ({"place": b"\x01" * 32}, "other places"),
    "balance": ({"dir_balance": 10**6}, "balance"),
}
"""What is changed in the terms, and what the refusal says."""


def genuine(town: Town, deal_id: bytes) -> tuple[ReceiptTerms, bytes]:
    """Return the terms that Ann would sign, and their blind."""
    return receipts._terms(town["ann"], town.deal("ann", deal_id))


def send(town: Town, deal_id: bytes, terms: bytes, signature: bytes, blind: bytes) -> None:
    """Send a receipt from Ann as her node would."""
    desk, deal = town["ann"], town.deal("ann", deal_id)
    write(desk, deal, Receipt(terms, signature, desk.device, blind))
    deals.save(desk.node, deal)
    town.carry()


def assert_refused(town: Town, deal_id: bytes, reason: str) -> None:
    """Check that Bob signed nothing and knows why."""
    assert reason in town.deal("bob", deal_id).reason
    assert town.state("bob", deal_id) is State.AGREED
    assert not ledger.receipts(town["bob"].node)
    assert ledger.head(town["bob"].node).seq == 1  # type: ignore[union-attr] # every log has a first entry


@pytest.mark.parametrize("name", CHANGES)
def test_changed_terms_are_refused(agreed: tuple[Town, bytes], name: str) -> None:
    """Terms that say something else than was agreed are not signed, though the passenger did."""
    town, deal_id = agreed
    changes, reason = CHANGES[name]
    terms, blind = genuine(town, deal_id)
    changed = replace(terms, **changes)
    send(town, deal_id, changed.body(), sign_first(changed, town["ann"].keys.log), blind)
    assert_refused(town, deal_id, reason)


@pytest.mark.parametrize(
    ("sign", "reason"),
    [
        (lambda terms, _town: sign_first(terms, new_seed()), "signature"),
        (lambda terms, town: sign_first(terms, town["ann"].keys.identity), "signature"),
        (lambda terms, town: sign_first(terms, town["bob"].keys.log), "signature"),
        (lambda terms, town: sign_first(replace(terms, amount=terms.amount - 1), town["ann"].keys.log), "signature"),
        (lambda terms, town: sign_first(replace(terms, net=ELSEWHERE), town["ann"].keys.log), "signature"),
        (
            lambda terms, town: sign_second(terms, town["ann"].device, (1, b"\1" * 32), town["ann"].keys.log).signature,
            "signature",
        ),
        (lambda _terms, _town: bytes(64), "signature"),
    ],
    ids=["stranger", "identity", "driver", "other terms", "other network", "second role", "zeros"],
)
def test_other_signatures_are_refused(
    agreed: tuple[Town, bytes], sign: Callable[[ReceiptTerms, Town], bytes], reason: str
) -> None:
    """A signature by another key, over other terms, in another role or network is no signature."""
    town, deal_id = agreed
    terms, blind = genuine(town, deal_id)
    send(town, deal_id, terms.body(), sign(terms, town), blind)
    assert_refused(town, deal_id, reason)


def test_swapped_roles_are_refused(agreed: tuple[Town, bytes]) -> None:
    """A receipt by which the driver owes the passenger names the wrong people; one that the driver begins is none."""
    town, deal_id = agreed
    terms, blind = genuine(town, deal_id)
    swapped = replace(terms, driver=terms.passenger, passenger=terms.driver)
    send(town, deal_id, swapped.body(), sign_first(swapped, town["ann"].keys.log), blind)
    assert_refused(town, deal_id, "other people")
    body = terms.body()
    driver_first = body.replace(
        bytes([1]) + b"\xc4\x20" + terms.init_log, bytes([DRIVER]) + b"\xc4\x20" + terms.init_log
    )
    assert driver_first != body
    send(town, deal_id, driver_first, sign_first(terms, town["ann"].keys.log), blind)
    assert town.state("bob", deal_id) is State.AGREED
    assert not ledger.receipts(town["bob"].node)


def test_wrong_count_is_refused(ridden: Town) -> None:
    """A receipt with a number that was signed already is refused, and the one that has it is sent again."""
    deal = ridden.deals("ann", Role.PASSENGER, State.CANCELLED)[0]
    terms, blind = genuine(ridden, deal.id)
    again = replace(terms, dir_seq=1, dir_balance=terms.amount)
    before = len(ledger.receipts(ridden["bob"].node))
    send(ridden, deal.id, again.body(), sign_first(again, ridden["ann"].keys.log), blind)
    assert len(ledger.receipts(ridden["bob"].node)) == before


def test_number_that_is_ahead_waits(agreed: tuple[Town, bytes]) -> None:
    """A receipt whose predecessor is not there is neither signed nor refused: it is taken when its turn comes."""
    town, deal_id = agreed
    terms, blind = genuine(town, deal_id)
    ahead = replace(terms, dir_seq=2, dir_balance=2 * terms.amount)
    desk, deal = town["ann"], town.deal("ann", deal_id)
    write(desk, deal, Receipt(ahead.body(), sign_first(ahead, desk.keys.log), desk.device, blind))
    deals.save(desk.node, deal)
    (row,) = town.pick_up("ann")
    assert not town.hand_over(row.tag, row.data)
    assert town.state("bob", deal_id) is State.AGREED
    assert not ledger.receipts(town["bob"].node)


@pytest.mark.parametrize("forge", ["stranger", "first role", "other receipt", "other network"])
def test_forged_second_half_is_refused(agreed: tuple[Town, bytes], forge: str) -> None:
    """A second half by somebody else, in another role, of another receipt or network leaves the receipt open."""
    town, deal_id = agreed
    rides.done(town["ann"], deal_id)
    town.pick_up("ann")
    (stored,) = ledger.receipts(town["ann"].node, ledger.PROPOSED)
    terms, bob = receipt_from(stored.terms), town["bob"]
    head = (1, ledger.head(bob.node).id)  # type: ignore[union-attr] # every log has a first entry
    half = sign_second(terms, bob.device, head, bob.keys.log)
    check_second(terms, half)
    match forge:
        case "stranger":
            identity, log = new_seed(), new_seed()
            half = sign_second(terms, certify(identity, public_key(log), terms.net), head, log)
        case "first role":
            half = replace(half, signature=sign_first(terms, bob.keys.log))
        case "other receipt":
            other = replace(terms, amount=terms.amount + 1, dir_balance=terms.dir_balance + 1)
            half = replace(sign_second(other, bob.device, head, bob.keys.log), receipt_id=terms.id)
        case "other network":
            half = replace(
                sign_second(replace(terms, net=ELSEWHERE), bob.device, head, bob.keys.log), receipt_id=terms.id
            )
    deal = town.deal("bob", deal_id)
    write(bob, deal, Countersign(half))
    deals.save(bob.node, deal)
    for row in town.pick_up("bob"):
        town.hand_over(row.tag, row.data)
    assert town.state("ann", deal_id) is State.RIDING
    assert not ledger.receipts(town["ann"].node)
    assert ledger.receipts(town["ann"].node, ledger.PROPOSED)
