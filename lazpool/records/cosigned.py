"""Every kind of terms that two people sign one after the other, by its number."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from lazpool.errors import MalformedError
from lazpool.records.corrections import CorrectionTerms, correction_from
from lazpool.records.receipts import MAX_RECEIPT, ReceiptTerms, receipt_from
from lazpool.records.settlements import SettlementTerms, settlement_from
from lazpool.wire.codec import decode

if TYPE_CHECKING:
    from collections.abc import Callable

CoSignedTerms: TypeAlias = ReceiptTerms | SettlementTerms | CorrectionTerms

_READERS: dict[int, Callable[[bytes], CoSignedTerms]] = {
    ReceiptTerms.KIND: receipt_from,
    SettlementTerms.KIND: settlement_from,
    CorrectionTerms.KIND: correction_from,
}
SECOND_TAGS: dict[int, str] = {one.KIND: one.SECOND for one in (ReceiptTerms, SettlementTerms, CorrectionTerms)}
"""In what role the second signs, by the kind of the terms."""
MAX_TERMS = MAX_RECEIPT
_KIND_AT = 2


def terms_from(body: bytes) -> CoSignedTerms:
    """Decode terms of any of these kinds, or raise MalformedError."""
    array = decode(body, MAX_TERMS)
    kind = array[_KIND_AT] if len(array) > _KIND_AT else None
    read = _READERS.get(kind) if type(kind) is int else None
    if read is None:
        raise MalformedError("shape", f"{kind!r} is no kind of terms that two people sign in turn")
    return read(body)
