"""No valid record can pay anyone else: whatever is taken for a receipt or a settlement names exactly two people."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazpool.errors import MalformedError
from lazpool.records.receipts import ReceiptTerms, receipt_from
from lazpool.records.settlements import SettlementTerms, settlement_from
from lazpool.rules.ledger import balances
from lazpool.wire.codec import decode, encode
from tests.records import values

if TYPE_CHECKING:
    from lazpool.rules.ledger import Terms

READ = {ReceiptTerms: receipt_from, SettlementTerms: settlement_from}
MEANINGS = {"driver", "passenger", "payer", "payee", "init_log", "agreement", "place", "init_head"}
"""Every field of 32 bytes: two people, the log of the first signer, and hashes."""
ANN, BOB, CID = (bytes([n]) * 32 for n in (1, 2, 3))
any_terms = st.one_of(values.receipt_terms, values.settlement_terms)
strange = st.one_of(
    values.keys, st.just(CID), st.integers(0, 2**40), values.units, st.tuples(values.keys, st.integers(0, 9))
)


def read(body: bytes) -> Terms | None:
    """Return what the bytes are taken for, None when for nothing."""
    for reader in READ.values():
        try:
            return reader(body)
        except MalformedError:
            continue
    return None


@st.composite
def bent(draw: Any) -> bytes:
    """Return the bytes of valid terms in which some fields were replaced, added, left out or put in another's place."""
    array = list(decode(draw(any_terms).body(), 4096))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(array) - 1))
        what = draw(st.sampled_from(("replace", "insert", "delete", "copy")))
        if what == "replace":
            array[at] = draw(strange)
        elif what == "insert":
            array.insert(at, draw(strange))
        elif what == "delete" and len(array) > 1:
            del array[at]
        else:
            array[at] = array[draw(st.integers(0, len(array) - 1))]
    body = encode(tuple(array))
    return draw(values.mutated(body)) if draw(st.booleans()) else body


def sums(records: list[Terms], people: set[bytes]) -> dict[bytes, dict[tuple[bytes, str], int]]:
    """Return what everybody's books say, each counting only the records that name them, as a node does."""
    return {
        one: {
            (row.other, row.unit): row.amount
            for row in balances(one, [terms for terms in records if one in {terms.debtor, terms.creditor}])
        }
        for one in people
    }


@given(bent())
@settings(deadline=None, max_examples=200)
def test_whatever_is_taken_names_two_people_and_pays_the_one_named(body: bytes) -> None:
    """The debtor's books fall by what the creditor's rise, nobody else's change, and no byte of it is left unread."""
    terms = read(body)
    if terms is None:
        return
    assert terms.body() == body, "nothing stands in it that a reader would not see"
    assert terms.debtor != terms.creditor
    assert {field.name for field in fields(terms) if len(as_bytes(terms, field.name)) == 32} <= MEANINGS
    people = {terms.debtor, terms.creditor, terms.init_log, ANN, BOB, CID}
    books = sums([terms], people)
    owed = -terms.amount if isinstance(terms, SettlementTerms) else terms.amount
    assert books[terms.creditor] == {(terms.debtor, terms.unit): owed}
    assert books[terms.debtor] == {(terms.creditor, terms.unit): -owed}
    assert not any(books[one] for one in people - {terms.debtor, terms.creditor})


@given(st.lists(st.tuples(any_terms, st.permutations((ANN, BOB, CID))), max_size=12))
@settings(deadline=None)
def test_all_balances_add_up_to_nothing(drawn: list[tuple[Terms, list[bytes]]]) -> None:
    """Among three people with any records between them, each pair's books are opposite, and all sums are zero."""
    records = [between(terms, *pair[:2]) for terms, pair in drawn]
    books = sums(records, {ANN, BOB, CID})
    for one, rows in books.items():
        for (other, unit), amount in rows.items():
            assert books[other][one, unit] == -amount
            assert other != one
    for unit in {terms.unit for terms in records}:
        assert sum(amount for rows in books.values() for (_, of), amount in rows.items() if of == unit) == 0


@given(any_terms, values.keys)
def test_there_is_no_room_for_a_third(terms: Terms, third: bytes) -> None:
    """A field more, at any place, makes it no receipt and no settlement."""
    array = decode(terms.body(), 4096)
    for at in range(len(array) + 1):
        assert read(encode((*array[:at], third, *array[at:]))) is None


@pytest.mark.parametrize("drawn", [values.receipt_terms, values.settlement_terms])
def test_nobody_owes_themselves(drawn: st.SearchStrategy[Terms]) -> None:
    """Terms whose two people are one are refused."""

    @given(drawn)
    def check(terms: Terms) -> None:
        with pytest.raises(MalformedError):
            between(terms, ANN, ANN)

    check()


def as_bytes(terms: Terms, name: str) -> bytes:
    """Return a field when it is bytes, else none."""
    value = getattr(terms, name)
    return value if isinstance(value, bytes) else b""


def between(terms: Terms, debtor: bytes, creditor: bytes) -> Terms:
    """Return terms as two given people would have signed them."""
    names = ("payer", "payee") if isinstance(terms, SettlementTerms) else ("passenger", "driver")
    said = {field.name: getattr(terms, field.name) for field in fields(terms)}
    return type(terms)(**{**said, names[0]: debtor, names[1]: creditor})
