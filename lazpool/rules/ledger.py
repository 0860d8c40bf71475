"""The ledger as a value: what entry comes next, what a sealed record is, what two people owe each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from lazpool.errors import RefusedError
from lazpool.records.corrections import CorrectionTerms
from lazpool.records.cosigned import CoSignedTerms
from lazpool.records.entries import (
    CORRECT_SEALED,
    GENESIS,
    SEALED,
    SETTLE_SEALED,
    ZEROS,
    Entry,
)
from lazpool.records.receipts import (
    Countersignature,
    ReceiptTerms,
    blind_commitment,
    check_first,
    check_second,
)
from lazpool.records.settlements import SettlementTerms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lazpool.records.people import Device

Direction: TypeAlias = tuple[bytes, bytes, str]
"""Debtor, creditor and unit: sums of different currencies mean nothing."""
Terms: TypeAlias = CoSignedTerms


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry of a log: its number, id and time in seconds."""

    seq: int
    id: bytes
    time: int


@dataclass(frozen=True, slots=True)
class SealedReceipt:
    """A receipt or a settlement with both halves, and the blind that links it to a log entry."""

    terms: Terms
    first: bytes
    debtor: Device
    second: Countersignature
    blind: bytes

    def check(self) -> None:
        """Raise MalformedError unless both people signed these terms."""
        check_first(self.terms, self.first, self.debtor)
        check_second(self.terms, self.second)

    @property
    def heads(self) -> tuple[tuple[bytes, int, bytes], ...]:
        """The newest entry of each log when its owner signed: log, number and id."""
        terms, half = self.terms, self.second
        return (terms.init_log, terms.init_seq, terms.init_head), (half.device.log_pk, half.seq, half.head)

    @property
    def commitment(self) -> bytes:
        """What the logs show of it."""
        return blind_commitment(self.terms.id, self.blind)

    @property
    def seal(self) -> tuple[int, bytes]:
        """The kind of entry that seals it, and the commitment."""
        return SEALS[self.terms.KIND], self.commitment


SEALS = {ReceiptTerms.KIND: SEALED, SettlementTerms.KIND: SETTLE_SEALED, CorrectionTerms.KIND: CORRECT_SEALED}
"""The kind of entry that seals a record, by the kind of the record."""


@dataclass(slots=True)
class Balance:
    """What one other person owes the owner (negative: the owner owes), in one unit.

    By rides, less what was settled, and by how much corrections changed either.
    """

    other: bytes
    unit: str
    by_rides: int = 0
    settled: int = 0
    corrected: int = 0
    distance: int = 0
    rides: int = 0

    @property
    def amount(self) -> int:
        """What is left to settle."""
        return self.by_rides + self.settled + self.corrected


def next_entry(head: Head | None, *, net: bytes, log_pk: bytes, kind: int, payload: bytes, now: int) -> Entry:
    """Return the entry that follows `head`; `now` in seconds.

    A clock behind the newest entry is clamped up to it, so that time never runs backwards within a log.
    """
    if head is None:
        return Entry(net, GENESIS, log_pk, 1, ZEROS, now, payload)
    return Entry(net, kind, log_pk, head.seq + 1, head.id, max(now, head.time), payload)


def direction(terms: Terms) -> Direction:
    """Return what a receipt is counted and summed with: this debtor to this creditor, in this unit."""
    return terms.debtor, terms.creditor, terms.unit


def check_follows(terms: Terms, last: tuple[int, int]) -> None:
    """Raise RefusedError unless the receipt continues its direction; `last`: number and balance of the one before."""
    seq, balance = last
    if terms.dir_seq != seq + 1:
        raise RefusedError(f"number {terms.dir_seq} of this direction; {seq + 1} is next", code="wrong-count")
    if terms.dir_balance != balance + terms.amount:
        raise RefusedError(f"a balance of {terms.dir_balance}; {balance + terms.amount} is right", code="wrong-balance")


def balances(owner: bytes, records: Iterable[Terms], person: Callable[[bytes], bytes] = bytes) -> list[Balance]:
    """Return what others owe `owner`, one row per person and unit; every record counts for exactly two people.

    A ride adds to what the debtor owes the creditor, and a settlement takes from it. person: gives the newest identity
    of a person for any of theirs.
    """
    rows: dict[tuple[bytes, str], Balance] = {}
    for terms in records:
        claim = person(terms.creditor) == owner
        other = person(terms.debtor if claim else terms.creditor)
        row = rows.setdefault((other, terms.unit), Balance(other, terms.unit))
        owed = terms.amount if claim else -terms.amount
        if isinstance(terms, SettlementTerms):
            row.settled -= owed
        elif isinstance(terms, CorrectionTerms):
            row.corrected += owed
        else:
            row.by_rides += owed
            row.distance += terms.distance
            row.rides += 1
    return list(rows.values())


def owed_by(
    owner: bytes, record: Terms, corrections: Iterable[CorrectionTerms], person: Callable[[bytes], bytes] = bytes
) -> int:
    """Return what `owner` owes the other by a receipt or settlement as corrected; negative when the other owes."""
    (row,) = balances(owner, [record, *(one for one in corrections if one.record == record.id)], person)
    return -row.amount
