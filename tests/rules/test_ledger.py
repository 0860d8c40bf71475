"""The ledger as a value: the next entry, chains that hold or do not, counts, stages and balances."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazpool.errors import RefusedError
from lazpool.records.entries import (
    GENESIS,
    LAPSED,
    PROPOSED,
    SEALED,
    ZEROS,
    Entry,
    Genesis,
    commitment_payload,
    sign_entry,
)
from lazpool.records.people import certify
from lazpool.records.receipts import PASSENGER, ReceiptTerms, blind_commitment, sign_first, sign_second
from lazpool.records.settlements import CASH, SettlementTerms
from lazpool.records.shape import wire_fields
from lazpool.rules.ledger import Head, SealedReceipt, balances, check_follows, next_entry
from lazpool.rules.replay import check_counts, check_stages, verify_chain, verify_receipts
from lazpool.wire.signing import public_key

if TYPE_CHECKING:
    from lazpool.rules.ledger import Terms
    from lazpool.wire.envelope import Envelope

NET, OTHER_NET = b"\x01" * 8, b"\x02" * 8
IDENTITY, LOG = b"\x03" * 32, b"\x04" * 32
LOG_PK = public_key(LOG)
ANN, BOB, CID = (public_key(bytes([n]) * 32) for n in (11, 12, 13))


def log_of(*kinds: int, time: int = 100) -> list[Entry]:
    """Return a chain with a genesis and entries of those kinds."""
    first = Genesis(certify(IDENTITY, LOG_PK, NET), b"n" * 32, "test").payload()
    entries = [next_entry(None, net=NET, log_pk=LOG_PK, kind=GENESIS, payload=first, now=time)]
    for number, kind in enumerate(kinds, 1):
        head = Head(entries[-1].seq, entries[-1].id, entries[-1].time)
        payload = commitment_payload(bytes([number]) * 32)
        entries.append(next_entry(head, net=NET, log_pk=LOG_PK, kind=kind, payload=payload, now=time + number))
    return entries


def signed(entries: list[Entry], seed: bytes = LOG) -> list[Envelope]:
    """Return entries as they are stored."""
    return [sign_entry(entry, seed) for entry in entries]


def receipt(number: int, balance: int, *, amount: int = 5, passenger: bytes = ANN, driver: bytes = BOB) -> ReceiptTerms:
    """Return terms with that number and balance."""
    return ReceiptTerms(
        *(NET, bytes([number]) * 16, driver, passenger, b"a" * 32, 15, 5, 100, 1, amount, "EUR", number, balance),
        *(b"c" * 32, PASSENGER, LOG_PK, 1, b"h" * 32, 1000),
    )


def test_good_chain_holds() -> None:
    """A chain as a node makes it has no errors, and every entry comes back."""
    entries = log_of(PROPOSED, SEALED, LAPSED)
    assert verify_chain(signed(entries), net=NET, log_pk=LOG_PK) == (entries, [])


def test_clock_that_runs_back_is_clamped() -> None:
    """An entry is never older than the one before it, whatever the clock says."""
    head = log_of(PROPOSED)[-1]
    entry = next_entry(
        Head(head.seq, head.id, head.time), net=NET, log_pk=LOG_PK, kind=SEALED, payload=head.payload, now=5
    )
    assert entry.time == head.time
    assert entry.seq == head.seq + 1


def test_any_other_order_is_an_error() -> None:
    """Of all orders of a chain only the right one holds, and nothing is believed from the first fault on."""
    envelopes = signed(log_of(PROPOSED, SEALED, LAPSED))
    for order in permutations(range(4)):
        entries, errors = verify_chain([envelopes[n] for n in order], net=NET, log_pk=LOG_PK)
        assert bool(errors) == (order != (0, 1, 2, 3))
        assert len(entries) == next((n for n in range(4) if order[n] != n), 4)


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_gap_is_an_error(missing: int) -> None:
    """An entry that is left out breaks the chain; the newest one is missed only by what it tells of."""
    envelopes = signed(log_of(PROPOSED, SEALED, LAPSED))
    del envelopes[missing]
    assert verify_chain(envelopes, net=NET, log_pk=LOG_PK)[1]


@pytest.mark.parametrize(("net", "log_pk"), [(OTHER_NET, LOG_PK), (NET, ANN)])
def test_other_log_or_network_is_an_error(net: bytes, log_pk: bytes) -> None:
    """A chain counts only for its own log in its own network."""
    entries, errors = verify_chain(signed(log_of()), net=net, log_pk=log_pk)
    assert entries == []
    assert "another log or network" in errors[0]


def test_other_signature_or_time_is_an_error() -> None:
    """An entry signed by another key, or older than the one before, is refused."""
    entries = log_of(PROPOSED)
    forged = [*signed(entries[:1]), sign_entry(entries[1], b"\x09" * 32)]
    assert verify_chain(forged, net=NET, log_pk=LOG_PK)[1]
    older = [entries[0], replace(entries[1], time=entries[0].time - 1)]
    assert "older" in verify_chain(signed(older), net=NET, log_pk=LOG_PK)[1][0]


def test_genesis_needs_its_certificate() -> None:
    """A log whose owner did not certify the device is nobody's."""
    forged = Genesis(replace(certify(IDENTITY, LOG_PK, NET), identity=ANN), b"n" * 32, "test").payload()
    entry = Entry(NET, GENESIS, LOG_PK, 1, ZEROS, 1, forged)
    assert verify_chain(signed([entry]), net=NET, log_pk=LOG_PK)[1]


@pytest.mark.parametrize(
    ("number", "balance", "last", "code"),
    [
        (1, 5, (0, 0), ""),
        (2, 10, (1, 5), ""),
        (1, 10, (1, 5), "wrong-count"),
        (3, 10, (1, 5), "wrong-count"),
        (2, 5, (1, 5), "wrong-balance"),
        (2, 11, (1, 5), "wrong-balance"),
    ],
)
def test_receipts_count_on(number: int, balance: int, last: tuple[int, int], code: str) -> None:
    """A receipt has the next number, and the balance before plus its amount."""
    terms = receipt(number, balance)
    if not code:
        check_follows(terms, last)
        return
    with pytest.raises(RefusedError) as refused:
        check_follows(terms, last)
    assert refused.value.code == code


def test_counts_are_checked_by_direction() -> None:
    """Each passenger to each driver counts alone; a gap or a double is reported."""
    there = [receipt(1, 5), receipt(2, 10)]
    back = [receipt(1, 5, passenger=BOB, driver=ANN)]
    francs = [replace(receipt(1, 5), unit="CHF")]
    assert check_counts([*there, *back, *francs]) == []
    assert check_counts(there[1:])
    assert check_counts([*there, receipt(2, 10, amount=5)])
    assert check_counts([there[0], receipt(3, 10)])


PEOPLE = (ANN, BOB, CID)
records = st.lists(
    st.tuples(st.booleans(), st.permutations(PEOPLE), st.integers(1, 10**6), st.sampled_from(("EUR", "CHF"))),
    max_size=30,
)


def _record(number: int, kind: bool, people: tuple[bytes, ...], amount: int, unit: str) -> Terms:  # noqa: FBT001 # drawn
    debtor, creditor = people[:2]
    if kind:
        return replace(receipt(number, amount, amount=amount, passenger=debtor, driver=creditor), unit=unit)
    return settlement(number, amount, payer=debtor, payee=creditor, unit=unit)


def settlement(
    number: int, amount: int, *, payer: bytes = ANN, payee: bytes = BOB, unit: str = "EUR"
) -> SettlementTerms:
    """Return settlement terms with that number and amount."""
    head = (b"l" * 32, 1, b"h" * 32, 9000)
    return SettlementTerms(NET, bytes([number]) * 16, payer, payee, 15, amount, unit, CASH, number, amount, *head)


@given(drawn=records)
def test_money_goes_from_one_to_one_other(drawn: list[tuple[bool, tuple[bytes, ...], int, str]]) -> None:
    """Any rides and settlements: each pair's books are opposite, all add up to zero, and no record moves a third's."""
    made = [_record(number % 250 + 1, *one) for number, one in enumerate(drawn)]
    books = {one: balances(one, [rec for rec in made if one in {rec.debtor, rec.creditor}]) for one in PEOPLE}
    owed = {(one, row.other, row.unit): row.amount for one, rows in books.items() for row in rows}
    assert all(owed[other, one, unit] == -amount for (one, other, unit), amount in owed.items())
    assert sum(owed.values()) == 0
    for record in made:
        keys = {value for value in wire_fields(record) if value in PEOPLE}
        assert keys == {record.debtor, record.creditor}, "exactly two people stand in a record"


def test_a_settlement_takes_from_what_rides_made() -> None:
    """Paid less than owed leaves the rest; paid more turns it round; rides both ways offset each other."""
    there, back = receipt(1, 834, amount=834), receipt(1, 300, amount=300, passenger=BOB, driver=ANN)
    (row,) = balances(BOB, [there, back])
    assert row.amount == 534
    (row,) = balances(BOB, [there, back, settlement(1, 500)])
    assert (row.amount, row.by_rides, row.settled, row.rides) == (34, 534, -500, 2)
    (row,) = balances(ANN, [there, back, settlement(1, 600)])
    assert row.amount == 66


def test_settlements_are_counted_by_themselves() -> None:
    """Number 1 of the rides and number 1 of the settlements of a direction stand beside each other."""
    assert check_counts([receipt(1, 5), settlement(1, 5)]) == []
    assert check_counts([receipt(1, 5), replace(settlement(2, 5), dir_balance=10)]) != []


def test_balances_are_opposite_and_sum_to_zero() -> None:
    """What one owes the other is owed; rides in both directions are set off; currencies are not."""
    terms = [
        receipt(1, 5), receipt(2, 12, amount=7), receipt(1, 3, amount=3, passenger=BOB, driver=ANN),
        receipt(1, 4, amount=4, passenger=CID), replace(receipt(1, 9, amount=9), unit="CHF"),
    ]  # fmt: skip
    rows = {(row.other, row.unit): row.amount for row in balances(BOB, terms)}
    assert rows == {(ANN, "EUR"): 9, (CID, "EUR"): 4, (ANN, "CHF"): 9}
    hers = {(row.other, row.unit): row.amount for row in balances(ANN, [one for one in terms if one.passenger != CID])}
    assert hers == {(BOB, "EUR"): -9, (BOB, "CHF"): -9}


def sealed_receipt() -> tuple[list[Entry], SealedReceipt]:
    """Return a passenger's log with one sealed receipt."""
    driver_seed, driver_log = b"\x21" * 32, b"\x22" * 32
    debtor = certify(IDENTITY, LOG_PK, NET)
    creditor = certify(driver_seed, public_key(driver_log), NET)
    entries = log_of()
    terms = replace(
        receipt(1, 5, passenger=debtor.identity, driver=creditor.identity), init_seq=1, init_head=entries[0].id
    )
    half = sign_second(terms, creditor, (1, b"h" * 32), driver_log)
    whole = SealedReceipt(terms, sign_first(terms, LOG), debtor, half, b"b" * 32)
    for kind in (PROPOSED, SEALED):
        head = Head(entries[-1].seq, entries[-1].id, 100)
        payload = commitment_payload(whole.commitment)
        entries.append(next_entry(head, net=NET, log_pk=LOG_PK, kind=kind, payload=payload, now=100))
    return entries, whole


def test_sealed_receipt_is_checked_against_the_log() -> None:
    """A receipt is good with exactly one seal, both signatures, and a head that the log had."""
    entries, whole = sealed_receipt()
    assert verify_receipts(entries, [whole]) == []
    assert "sealed 0 times" in verify_receipts(entries[:-1], [whole])[0]
    assert "sealed 2 times" in verify_receipts([*entries, entries[-1]], [whole])[0]
    assert "missing" in verify_receipts(entries, [])[0]
    assert verify_receipts(entries, [replace(whole, first=bytes(64))])
    assert verify_receipts(entries, [replace(whole, blind=b"x" * 32)])
    assert verify_receipts(entries, [replace(whole, terms=replace(whole.terms, init_head=b"x" * 32))])


@pytest.mark.parametrize(
    ("story", "kind", "first", "good"),
    [
        ((PROPOSED,), PROPOSED, True, True),
        ((PROPOSED, LAPSED), LAPSED, True, True),
        ((PROPOSED, SEALED), SEALED, True, True),
        ((PROPOSED, LAPSED, SEALED), SEALED, True, True),
        ((SEALED,), SEALED, False, True),
        ((SEALED,), SEALED, True, False),
        ((PROPOSED, SEALED), SEALED, False, False),
        ((PROPOSED, SEALED), LAPSED, True, False),
        ((PROPOSED, SEALED, SEALED), SEALED, True, False),
        ((PROPOSED, LAPSED), PROPOSED, True, False),
        ((), PROPOSED, True, False),
        ((PROPOSED,), PROPOSED, False, False),
    ],
)
def test_log_tells_the_story_of_a_receipt(story: tuple[int, ...], kind: int, first: bool, good: bool) -> None:  # noqa: FBT001 # a table
    """The entries about a receipt are those of the stage that it has got to, on the signer's side or the other."""
    commitment = blind_commitment(b"r" * 32, b"b" * 32)
    entries = log_of(*story)
    told = [entries[0], *(replace(entry, payload=commitment_payload(commitment)) for entry in entries[1:])]
    assert (check_stages(told, [(commitment, kind, first)]) == []) == good
    assert bool(check_stages(told, [])) == bool(story)
