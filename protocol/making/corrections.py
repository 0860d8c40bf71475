"""Vectors of corrections."""

from __future__ import annotations

from typing import Any

from making.curve import NET, OTHER_NET, digest
from making.document import Group, document
from making.in_turn import bent_halves, bent_terms, honest
from making.people import DRIVER, PASSENGER, STRANGER, body
from making.receipts import HEAD, TOP, halves, receipt

CHAPTER = "disputes.md"
RECEIPT_ID = digest("lz/terms/1", body(receipt()))
MOST = 2**40 - 1


def files() -> dict[str, str]:
    """Return the files of this subject."""
    return {"correction": document("corrections with both halves", "correction", CHAPTER, _corrections())}


def correction(**changes: Any) -> dict[str, Any]:
    """Return the fields of the terms of a correction by name, in order, with some changed."""
    fields = {
        "version": 1,
        "net": NET,
        "kind": 7,
        "nonce": digest("lz/post/1", b"nonce")[:16],
        "first": PASSENGER.identity.pk,
        "second": DRIVER.identity.pk,
        "at": 29_002_000,
        "record": RECEIPT_ID,
        "was": 834,
        "now": 417,
        "unit": "EUR",
        "dir_seq": 1,
        "dir_balance": -417,
        "init_log": PASSENGER.log.pk,
        "init_seq": 6,
        "init_head": HEAD,
        "expires": 29_045_200,
    }
    return {**fields, **changes}


def both(terms: bytes, **how: Any) -> dict[str, bytes]:
    """Return both halves of a correction, honest but for what `how` bends."""
    tags = {"id_tag": "lz/correct/1", "first_tag": "correct-init", "second_tag": "correct-resp"}
    return halves(terms, **{**tags, **how})


def _corrections() -> Group:
    group = Group("Correction")
    honest(group, correction, both, "lz/correct/1", _HONEST)
    bent_terms(group, correction, both, "now", ("settlement", 6), _RANGE)
    bent_halves(group, correction, both, _BENT_HALVES)
    terms = body(correction())
    more = body(correction(now=418, dir_balance=-416))
    group.invalid("the amount was changed after both signed", "signature", terms=more, **both(terms))
    third = body(correction(second=STRANGER.identity.pk))
    group.invalid("a third agrees, and the driver signs for them", "signature", terms=third, **both(third))
    return group


_HONEST: dict[str, dict[str, Any]] = {
    "the passenger owes half": {},
    "the passenger owes more": {"now": 900, "dir_balance": 66},
    "nothing any more": {"now": 0, "dir_balance": -834},
    "a gift that is none": {"was": 0, "now": 100, "dir_balance": 100},
    "it stands": {"now": 834, "dir_balance": 0},
    "by whom it is owed to": {"was": -834, "now": -417, "dir_balance": 417},
    "the third of its direction": {"dir_seq": 3, "dir_balance": 12},
    "everything at its smallest": {
        "at": 0,
        "was": -MOST,
        "now": -MOST,
        "unit": "AAA",
        "dir_balance": -MOST,
        "init_seq": 1,
        "expires": 0,
    },
    "everything at its largest": {
        "at": TOP,
        "was": MOST,
        "now": MOST,
        "unit": "ZZZ",
        "dir_seq": TOP,
        "dir_balance": MOST,
        "init_seq": TOP,
        "expires": TOP,
    },
}
_RANGE: dict[str, dict[str, Any]] = {
    "a network of 7 bytes": {"net": NET[:7]},
    "a nonce of 17 bytes": {"nonce": bytes(17)},
    "first and second are one person": {"second": PASSENGER.identity.pk},
    "a record of 31 bytes": {"record": RECEIPT_ID[1:]},
    "who owes whom is turned around": {"now": -1},
    "it was 2^40": {"was": 2**40},
    "it is now below -2^40 + 1": {"was": 0, "now": -(2**40)},
    "the amount as text": {"now": "417"},
    "a currency in small letters": {"unit": "eur"},
    "number 0 of its direction": {"dir_seq": 0},
    "number 2^32 of its direction": {"dir_seq": 2**32},
    "a total of 2^40": {"dir_balance": 2**40},
    "a log of 31 bytes": {"init_log": PASSENGER.log.pk[1:]},
    "entry number 0": {"init_seq": 0},
    "a head of 33 bytes": {"init_head": HEAD + b"\0"},
    "it expires after the last minute": {"expires": 2**32},
    "at no minute": {"at": -1},
}
_BENT_HALVES: dict[str, dict[str, Any]] = {
    "made for another network": {"net": OTHER_NET},
    "signed as a settlement is, the first": {"first_tag": "settle-init"},
    "signed as a settlement is, the second": {"second_tag": "settle-resp"},
    "signed over the hash of a settlement": {"id_tag": "lz/settle/1"},
    "the first half is by the person, not by the device": {"first_by": PASSENGER.identity},
    "the first half is by the second's device": {"first_by": DRIVER.log, "passenger_device": DRIVER.device()},
    "the first's device is certified by another person": {"passenger_device": PASSENGER.device(by=STRANGER.identity)},
    "the second half is the first, reflected": {"second_tag": "correct-init", "extra": b""},
    "the second half is by the first": {"driver": PASSENGER},
    "the second half is by a third": {"driver": STRANGER},
    "the second half is of another correction": {"receipt_id": digest("lz/correct/1", b"another")},
    "the second half shows another head than it signed": {"says_head": HEAD},
}
