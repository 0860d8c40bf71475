"""A correction: what a receipt or a settlement counts for from now on; co-signed, and nothing is edited.

Whoever wants it signs first, the other second. Only the difference counts. The format is protocol/disputes.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lazpool.records.receipts import check_two
from lazpool.records.settlements import NONCE
from lazpool.records.shape import (
    HASH,
    MAX_AMOUNT,
    MAX_MINUTE,
    Terms,
    build,
    check_bytes,
    check_uint,
    parse,
    wrong,
)

MAX_CORRECTION = 512


@dataclass(frozen=True, slots=True)
class CorrectionTerms(Terms):
    """What both sign.

    at: minute at which the first says so. record: id of the receipt or settlement. was, now: minor units of `unit` that
    the first owes the second by it, before and from now on; negative where the second owes. dir_seq, dir_balance:
    number and running total of the corrections that the first proposed to the second in this unit. init_*: the first's
    log, and its head when it signed. expires: minute until which the first's node asks.
    """

    KIND: ClassVar[int] = 7
    TAG: ClassVar[str] = "lz/correct/1"
    FIRST: ClassVar[str] = "correct-init"
    SECOND: ClassVar[str] = "correct-resp"
    net: bytes
    nonce: bytes
    first: bytes
    second: bytes
    at: int
    record: bytes
    was: int
    now: int
    unit: str
    dir_seq: int
    dir_balance: int
    init_log: bytes
    init_seq: int
    init_head: bytes
    expires: int

    def __post_init__(self) -> None:
        """Refuse terms that break the format."""
        check_two(self, "nobody corrects alone")
        check_bytes("nonce", self.nonce, NONCE)
        check_uint("at", self.at, 0, MAX_MINUTE)
        check_bytes("record", self.record, HASH)
        for name in ("was", "now", "dir_balance"):
            check_uint(name, getattr(self, name), -MAX_AMOUNT, MAX_AMOUNT)
        if self.was * self.now < 0:
            raise wrong("now", "who owes whom is turned around")

    @property
    def amount(self) -> int:
        """By how much more the first owes the second from now on; negative where it is less."""
        return self.now - self.was

    @property
    def debtor(self) -> bytes:
        """Who signs first."""
        return self.first

    @property
    def creditor(self) -> bytes:
        """Who signs second."""
        return self.second


def correction_from(body: bytes) -> CorrectionTerms:
    """Decode the terms of a correction, or raise MalformedError."""
    _, net, _, *rest = parse(body, MAX_CORRECTION, CorrectionTerms.KIND, 17)
    return build(CorrectionTerms, net, *rest)
