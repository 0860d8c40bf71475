"""A settlement: one pays another, or is let off; co-signed like a receipt, the payer first, the payee second.

Exactly two people, one amount, no field for a third. lazpool moves no money: that it was paid is what the two say. The
format is protocol/settlements.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lazpool.records.receipts import check_two
from lazpool.records.shape import (
    MAX_AMOUNT,
    MAX_MINUTE,
    Terms,
    build,
    check_bytes,
    check_uint,
    parse,
)

MAX_SETTLEMENT = 512
NONCE = 16
CASH, BANK, OFFSET, FORGIVEN = range(4)
METHODS = {CASH: "cash", BANK: "bank", OFFSET: "offset", FORGIVEN: "forgiven"}


@dataclass(frozen=True, slots=True)
class SettlementTerms(Terms):
    """What both sign.

    at: minute at which the payer says so. amount: minor units of `unit` by which the payer's debt to the payee shrinks,
    at least 1. dir_seq, dir_balance: number and running total of the settlements of this payer to this payee in this
    unit. init_*: the payer's log, and its head when it signed. expires: minute until which the payer's node asks.
    """

    KIND: ClassVar[int] = 6
    TAG: ClassVar[str] = "lz/settle/1"
    FIRST: ClassVar[str] = "settle-init"
    SECOND: ClassVar[str] = "settle-resp"
    net: bytes
    nonce: bytes
    payer: bytes
    payee: bytes
    at: int
    amount: int
    unit: str
    method: int
    dir_seq: int
    dir_balance: int
    init_log: bytes
    init_seq: int
    init_head: bytes
    expires: int

    def __post_init__(self) -> None:
        """Refuse terms that break the format."""
        check_two(self, "nobody settles with themselves")
        check_bytes("nonce", self.nonce, NONCE)
        check_uint("at", self.at, 0, MAX_MINUTE)
        check_uint("amount", self.amount, 1, MAX_AMOUNT)
        check_uint("method", self.method, CASH, FORGIVEN)
        check_uint("dir_balance", self.dir_balance, self.amount, MAX_AMOUNT)

    @property
    def debtor(self) -> bytes:
        """Who signs first: the payer."""
        return self.payer

    @property
    def creditor(self) -> bytes:
        """Who signs second: the payee."""
        return self.payee


def settlement_from(body: bytes) -> SettlementTerms:
    """Decode settlement terms, or raise MalformedError."""
    _, net, _, *rest = parse(body, MAX_SETTLEMENT, SettlementTerms.KIND, 16)
    return build(SettlementTerms, net, *rest)
