"""Vectors of settlements."""

from __future__ import annotations

from typing import Any

from making.curve import NET, OTHER_NET, digest
from making.document import Group, document
from making.in_turn import bent_halves, bent_terms, honest
from making.people import DRIVER, PASSENGER, STRANGER, body
from making.receipts import HEAD, TOP, halves

CHAPTER = "settlements.md"


def files() -> dict[str, str]:
    """Return the files of this subject."""
    return {"settlement": document("settlements with both halves", "settlement", CHAPTER, _settlements())}


def settlement(**changes: Any) -> dict[str, Any]:
    """Return the fields of settlement terms by name, in order, with some changed."""
    fields = {
        "version": 1,
        "net": NET,
        "kind": 6,
        "nonce": digest("lz/post/1", b"nonce")[:16],
        "payer": PASSENGER.identity.pk,
        "payee": DRIVER.identity.pk,
        "at": 29_002_000,
        "amount": 834,
        "unit": "EUR",
        "method": 0,
        "dir_seq": 1,
        "dir_balance": 834,
        "init_log": PASSENGER.log.pk,
        "init_seq": 6,
        "init_head": HEAD,
        "expires": 29_045_200,
    }
    return {**fields, **changes}


def both(terms: bytes, **how: Any) -> dict[str, bytes]:
    """Return both halves of a settlement, honest but for what `how` bends."""
    tags = {"id_tag": "lz/settle/1", "first_tag": "settle-init", "second_tag": "settle-resp"}
    return halves(terms, **{**tags, **how})


def _settlements() -> Group:
    group = Group("Settlement")
    honest(group, settlement, both, "lz/settle/1", _HONEST)
    bent_terms(group, settlement, both, "amount", ("receipt", 5), _RANGE)
    bent_halves(group, settlement, both, _BENT_HALVES)
    terms = body(settlement())
    more = body(settlement(amount=835, dir_balance=835))
    group.invalid("the amount was changed after both signed", "signature", terms=more, **both(terms))
    swapped = body(settlement(payer=DRIVER.identity.pk, payee=PASSENGER.identity.pk))
    group.invalid("the people are exchanged: the payee signed first", "signature", terms=swapped, **both(swapped))
    third = body(settlement(payee=STRANGER.identity.pk))
    group.invalid("a third is paid, and the driver signs for them", "signature", terms=third, **both(third))
    return group


_HONEST: dict[str, dict[str, Any]] = {
    "in cash": {},
    "by bank, the third of its direction": {"method": 1, "dir_seq": 3, "dir_balance": 2502},
    "offset": {"method": 2},
    "forgiven": {"method": 3},
    "everything at its smallest": {
        "at": 0,
        "amount": 1,
        "unit": "AAA",
        "dir_balance": 1,
        "init_seq": 1,
        "expires": 0,
    },
    "everything at its largest": {
        "at": TOP,
        "amount": 2**40 - 1,
        "unit": "ZZZ",
        "method": 3,
        "dir_seq": TOP,
        "dir_balance": 2**40 - 1,
        "init_seq": TOP,
        "expires": TOP,
    },
}
_RANGE: dict[str, dict[str, Any]] = {
    "a network of 7 bytes": {"net": NET[:7]},
    "a nonce of 17 bytes": {"nonce": bytes(17)},
    "payer and payee are one person": {"payee": PASSENGER.identity.pk},
    "two payees as an array": {"payee": [DRIVER.identity.pk, STRANGER.identity.pk]},
    "two payees in one field": {"payee": DRIVER.identity.pk + STRANGER.identity.pk},
    "nothing": {"amount": 0, "dir_balance": 0},
    "a negative amount": {"amount": -834},
    "an amount of 2^40": {"amount": 2**40, "dir_balance": 2**40},
    "a currency in small letters": {"unit": "eur"},
    "method 4": {"method": 4},
    "the method as text": {"method": "cash"},
    "number 0 of its direction": {"dir_seq": 0},
    "number 2^32 of its direction": {"dir_seq": 2**32},
    "a total below the amount": {"dir_balance": 833},
    "a log of 31 bytes": {"init_log": PASSENGER.log.pk[1:]},
    "entry number 0": {"init_seq": 0},
    "a head of 33 bytes": {"init_head": HEAD + b"\0"},
    "it expires after the last minute": {"expires": 2**32},
    "at no minute": {"at": -1},
}
_BENT_HALVES: dict[str, dict[str, Any]] = {
    "made for another network": {"net": OTHER_NET},
    "signed as a receipt is, the first": {"first_tag": "receipt-init"},
    "signed as a receipt is, the second": {"second_tag": "receipt-resp"},
    "signed over the hash of a receipt": {"id_tag": "lz/terms/1"},
    "the first half is by the person, not by the device": {"first_by": PASSENGER.identity},
    "the first half is by the payee's device": {"first_by": DRIVER.log, "passenger_device": DRIVER.device()},
    "the first half is by a third": {"first_by": STRANGER.log, "passenger_device": STRANGER.device()},
    "the payer's device is certified by another person": {"passenger_device": PASSENGER.device(by=STRANGER.identity)},
    "the second half is the first, reflected": {"second_tag": "settle-init", "extra": b""},
    "the second half is by the payer": {"driver": PASSENGER},
    "the second half is by a third": {"driver": STRANGER},
    "the payee's device is certified by another person": {"driver_device": DRIVER.device(by=STRANGER.identity)},
    "the second half is of another settlement": {"receipt_id": digest("lz/settle/1", b"another")},
    "the second half shows another head than it signed": {"says_head": HEAD},
}
