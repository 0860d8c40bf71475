"""Receipts, settlements and corrections: protocol/receipts.md, settlements.md and disputes.md.

A part of verify_receipt.py, which imports nothing of lazpool.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from strict_bytes import (
    AMOUNT,
    DISTANCE,
    MINUTE,
    SEQ,
    Device,
    between,
    check,
    currency,
    decode,
    device,
    digest,
    fields,
    named,
    require,
    sized,
    verify,
    verify_device,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SEALED, SETTLED, CORRECTED = 11, 21, 41
"""The kinds of entries that seal them in a log."""

RECEIPT = [
    *("version", "net", "kind", "ride", "driver", "passenger", "agreement", "start", "length", "distance", "seats"),
    *("amount", "unit", "dir_seq", "dir_balance", "place", "init_role", "init_log", "init_seq", "init_head", "expires"),
]
SIZES = {"net": 8, "ride": 16}
SIZES |= dict.fromkeys(("driver", "passenger", "agreement", "place", "init_log", "init_head"), 32)
BOUNDS = {"start": MINUTE, "length": (0, 2880), "distance": DISTANCE, "seats": (1, 8), "amount": AMOUNT}
BOUNDS |= {"dir_seq": SEQ, "dir_balance": AMOUNT, "init_role": (1, 1), "init_seq": SEQ, "expires": MINUTE}


def receipt_terms(data: bytes) -> dict[str, Any]:
    """Return the terms of a receipt by name, with their `id`."""
    terms = named(data, 768, RECEIPT, 5, "receipt")
    check(terms, SIZES, BOUNDS)
    require(terms["driver"] != terms["passenger"], "range", "one person alone")
    require(terms["start"] % 15 == 0 and terms["length"] % 5 == 0, "range", "times that are not rounded")
    _check_money(terms)
    people = {"debtor": terms["passenger"], "creditor": terms["driver"], "seal": SEALED, "tag": "receipt"}
    return {**terms, **people, "id": digest("lz/terms/1", data)}


SETTLEMENT = [
    *("version", "net", "kind", "nonce", "payer", "payee", "at", "amount", "unit", "method", "dir_seq", "dir_balance"),
    *("init_log", "init_seq", "init_head", "expires"),
]
METHODS = ("cash", "bank", "offset", "forgiven")


def settlement_terms(data: bytes) -> dict[str, Any]:
    """Return the terms of a settlement by name, with their `id`."""
    terms = named(data, 512, SETTLEMENT, 6, "settlement")
    sizes = {"net": 8, "nonce": 16, "payer": 32, "payee": 32, "init_log": 32, "init_head": 32}
    bounds = {"at": MINUTE, "amount": (1, AMOUNT[1]), "method": (0, 3), "dir_seq": SEQ, "dir_balance": AMOUNT}
    check(terms, sizes, {**bounds, "init_seq": SEQ, "expires": MINUTE})
    require(terms["payer"] != terms["payee"], "range", "one person alone")
    _check_money(terms)
    people = {"debtor": terms["payer"], "creditor": terms["payee"], "seal": SETTLED, "tag": "settle"}
    return {**terms, **people, "id": digest("lz/settle/1", data)}


CORRECTION = [
    *("version", "net", "kind", "nonce", "first", "second", "at", "record", "was", "now", "unit", "dir_seq"),
    *("dir_balance", "init_log", "init_seq", "init_head", "expires"),
]


def correction_terms(data: bytes) -> dict[str, Any]:
    """Return the terms of a correction by name, with their `id` and the difference as `amount`."""
    terms = named(data, 512, CORRECTION, 7, "correction")
    sizes = {"net": 8, "nonce": 16, "first": 32, "second": 32, "record": 32, "init_log": 32, "init_head": 32}
    bounds = {**dict.fromkeys(("was", "now", "dir_balance"), (-AMOUNT[1], AMOUNT[1])), "at": MINUTE, "dir_seq": SEQ}
    check(terms, sizes, {**bounds, "init_seq": SEQ, "expires": MINUTE})
    require(terms["first"] != terms["second"], "range", "one person alone")
    require(terms["was"] * terms["now"] >= 0, "range", "who owes whom is turned around")
    currency(terms["unit"])
    people = {"debtor": terms["first"], "creditor": terms["second"], "seal": CORRECTED, "tag": "correct"}
    return {**terms, **people, "amount": terms["now"] - terms["was"], "id": digest("lz/correct/1", data)}


def _check_money(terms: dict[str, Any]) -> None:
    currency(terms["unit"])
    require(terms["dir_balance"] >= terms["amount"], "range", "a balance below the amount")


def receipt(parts: dict[str, str], read: Callable[[bytes], dict[str, Any]] = receipt_terms) -> dict[str, Any]:
    """Verify a receipt or settlement with both halves; return its terms, its commitment and the heads of both logs."""
    raw = {name: bytes.fromhex(parts[name]) for name in ("terms", "init_sig", "init_device", "resp", "blind")}
    terms = read(raw["terms"])
    first = device(decode(raw["init_device"], 512))
    identifier, second, seq, head, signature = fields(raw["resp"], 512, 5)
    half = identifier, device(second), seq, head, signature
    return co_signed(terms, (first, raw["init_sig"]), half, raw["blind"])


def co_signed(
    terms: dict[str, Any], by_first: tuple[Device, Any], half: tuple[Any, Device, Any, Any, Any], blind: Any
) -> dict[str, Any]:
    """Verify both halves; return the terms, the commitment and the heads of both logs."""
    (first, init_sig), (identifier, second, seq, head, signature) = by_first, half
    for value, size in ((identifier, 32), (init_sig, 64), (head, 32), (signature, 64), (blind, 32)):
        sized(value, size)
    between(seq, SEQ)
    verify_device(*first, terms["net"])
    require(first[:2] == (terms["debtor"], terms["init_log"]), "signature", "the first is not the debtor")
    verify(first[1], init_sig, f"{terms['tag']}-init", terms["net"], terms["id"])
    verify_device(*second, terms["net"])
    require(identifier == terms["id"] and second[0] == terms["creditor"], "signature", "the second is not the creditor")
    extra = second[1] + seq.to_bytes(8, "big") + head
    verify(second[1], signature, f"{terms['tag']}-resp", terms["net"], terms["id"], extra)
    commitment = digest("lz/blind/1", terms["id"] + blind)
    heads = {terms["init_log"]: (terms["init_seq"], terms["init_head"]), second[1]: (seq, head)}
    owners = {first[1]: first[0], second[1]: second[0]}
    return {**terms, "commitment": commitment, "heads": heads, "owners": owners}
