"""What letters say so that signed records come back: how far the sender's books with the reader go, and records.

The format is protocol/receipts.md, "Recovery".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from lazpool.errors import MalformedError
from lazpool.records.body_shape import arity, check_part
from lazpool.records.corrections import CorrectionTerms
from lazpool.records.key_bodies import MAX_ORIGIN
from lazpool.records.receipts import MAX_RECEIPT, MAX_SEQ, ReceiptTerms
from lazpool.records.settlements import SettlementTerms
from lazpool.records.shape import HASH, KEY, build, check_bytes, check_uint, check_unit, wire_fields, wrong
from lazpool.wire.signing import SIGNATURE_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazpool.records.body_shape import AnyBody
    from lazpool.wire.codec import Array

MAX_ROWS = 24
"""Directions that a letter tells of: two people have two of each kind in a currency, and again for each identity."""
MAX_RECORDS = 8
"""Records in a letter; fewer fit."""
MAX_PART = 512
KINDS = (ReceiptTerms.KIND, SettlementTerms.KIND, CorrectionTerms.KIND)
DEBTOR, CREDITOR = 0, 1
"""The sender's side of a direction."""

Key: TypeAlias = tuple[int, int, str, bytes, bytes]
"""A direction between two people as one of them names it: kind of record, own side, unit, own identity, the other's."""


@dataclass(frozen=True, slots=True)
class Held:
    """How far somebody's books go in one direction: number and id of the newest sealed record; all before are there."""

    kind: int
    side: int
    unit: str
    seq: int
    id: bytes
    own: bytes
    other: bytes

    def __post_init__(self) -> None:
        """Refuse a row that breaks the format."""
        if self.kind not in KINDS:
            raise wrong("kind", f"{self.kind!r} is no kind of record that two people count")
        check_uint("side", self.side, DEBTOR, CREDITOR)
        check_unit("unit", self.unit)
        check_uint("seq", self.seq, 1, MAX_SEQ)
        check_bytes("id", self.id, HASH)
        check_bytes("own", self.own, KEY)
        check_bytes("other", self.other, KEY)

    @property
    def key(self) -> Key:
        """What the row is about, as its sender names it."""
        return self.kind, self.side, self.unit, self.own, self.other

    @property
    def mirrored(self) -> Key:
        """What the row is about, as its reader names it."""
        return self.kind, 1 - self.side, self.unit, self.other, self.own


@dataclass(frozen=True, slots=True)
class Holdings:
    """How far the sender's books with the reader go. asks: 1 to be sent what is missing in them.

    origin: the first entry of the sender's log, which promises the next identity; or empty.
    """

    KIND: ClassVar[int] = 19
    asks: int
    origin: bytes
    rows: tuple[Held, ...]

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_uint("asks", self.asks, 0, 1)
        if type(self.origin) is not bytes or len(self.origin) > MAX_ORIGIN:
            raise wrong("origin", f"not at most {MAX_ORIGIN} bytes")
        if len(self.rows) > MAX_ROWS or len({row.key for row in self.rows}) != len(self.rows):
            raise wrong("rows", f"not at most {MAX_ROWS} different directions")

    def fields(self) -> Array:
        """Return the wire array."""
        return self.asks, self.origin, tuple(map(wire_fields, self.rows))


@dataclass(frozen=True, slots=True)
class SealedRecord:
    """A receipt or settlement with both halves, as bytes: as it is stored, and as an export has it."""

    kind: int
    terms: bytes
    first: bytes
    debtor: bytes
    second: bytes
    blind: bytes

    def __post_init__(self) -> None:
        """Refuse a record that breaks the format of a letter; whether it holds is checked where it is read."""
        if self.kind not in KINDS:
            raise wrong("kind", f"{self.kind!r} is no kind of record that two people count")
        check_part("terms", self.terms, MAX_RECEIPT)
        check_bytes("first", self.first, SIGNATURE_SIZE)
        check_part("debtor", self.debtor, MAX_PART)
        check_part("second", self.second, MAX_PART)
        check_bytes("blind", self.blind, HASH)


@dataclass(frozen=True, slots=True)
class Records:
    """The next records that the reader said to lack, in order. more: 1 when others follow, if they are asked for."""

    KIND: ClassVar[int] = 20
    more: int
    records: tuple[SealedRecord, ...]

    def __post_init__(self) -> None:
        """Refuse a body that breaks the format."""
        check_uint("more", self.more, 0, 1)
        if len(self.records) > MAX_RECORDS:
            raise wrong("records", f"more than {MAX_RECORDS}")

    def fields(self) -> Array:
        """Return the wire array."""
        return self.more, tuple(map(wire_fields, self.records))


def _nested(value: object) -> Array:
    if not isinstance(value, tuple):
        raise MalformedError("shape", "not an array")
    return value


def _holdings(array: Array) -> Holdings:
    asks, origin, rows = arity(array, 3)
    return build(Holdings, asks, origin, tuple(build(Held, *arity(_nested(row), 7)) for row in _nested(rows)))


def _records(array: Array) -> Records:
    more, records = arity(array, 2)
    return build(Records, more, tuple(build(SealedRecord, *arity(_nested(one), 6)) for one in _nested(records)))


READERS: dict[int, Callable[[Array], AnyBody]] = {Holdings.KIND: _holdings, Records.KIND: _records}
