"""Vectors of receipts and log entries; chains and bundles stand in logs.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from making import logs
from making.curve import NET, OTHER_NET, Signer, digest
from making.document import Group, document
from making.people import DEAL, DRIVER, PASSENGER, STRANGER, Person, agree_id, agreement, body, shown
from making.places import MEET_GRENOBLE, MEET_LYON
from making.raw import Raw, pack

if TYPE_CHECKING:
    from collections.abc import Callable

CHAPTER = "receipts.md"
BLIND = digest("lz/post/1", b"blind")
PLACE = digest("lz/place/1", BLIND + MEET_GRENOBLE.to_bytes(8, "big") + MEET_LYON.to_bytes(8, "big"))
HEAD, HEAD_2 = digest("lz/entry/1", b"passenger's"), digest("lz/entry/1", b"driver's")
TOP = 2**32 - 1


def files() -> dict[str, str]:
    """Return the files of this subject."""
    return {
        "receipt": document("receipts with both halves", "receipt", CHAPTER, _receipts()),
        "entry": document("log entries", "entry", CHAPTER, logs.entries()),
        "chain": document("logs", "chain", CHAPTER, logs.chains()),
        "bundle": document(
            "exported ledgers", "bundle", CHAPTER, logs.bundles(receipt, halves, _settled(), _corrected())
        ),
    }


def _bundles() -> Group:
    return logs.bundles(receipt, halves, _settled(), _corrected())


def _settled() -> Callable[..., dict[str, bytes]]:
    """Return what makes a settlement with both halves; that module builds on this one."""
    from making.settlements import both, settlement  # noqa: PLC0415 # the reason stands above

    def make(**changes: Any) -> dict[str, bytes]:
        terms = body(settlement(**changes))
        return {"terms": terms, **both(terms)}

    return make


def _corrected() -> Callable[..., dict[str, bytes]]:
    """Return what makes a correction with both halves; that module builds on this one, too."""
    from making.corrections import both, correction  # noqa: PLC0415 # the reason stands above

    def make(**changes: Any) -> dict[str, bytes]:
        terms = body(correction(**changes))
        return {"terms": terms, **both(terms)}

    return make


def receipt(**changes: Any) -> dict[str, Any]:
    """Return the fields of receipt terms by name, in order, with some changed."""
    fields = {
        "version": 1,
        "net": NET,
        "kind": 5,
        "ride": DEAL,
        "driver": DRIVER.identity.pk,
        "passenger": PASSENGER.identity.pk,
        "agreement": agree_id(body(agreement())),
        "start": 29_000_610,
        "length": 85,
        "distance": 1043,
        "seats": 1,
        "amount": 834,
        "unit": "EUR",
        "dir_seq": 1,
        "dir_balance": 834,
        "place": PLACE,
        "init_role": 1,
        "init_log": PASSENGER.log.pk,
        "init_seq": 4,
        "init_head": HEAD,
        "expires": 29_043_810,
    }
    return {**fields, **changes}


def halves(terms: bytes, **how: Any) -> dict[str, bytes]:
    """Return both halves, honest but for what `how` bends, and the blind."""
    identifier, net = digest(how.get("id_tag", "lz/terms/1"), terms), how.get("net", NET)
    driver: Person = how.get("driver", DRIVER)
    seq, head = how.get("seq", 9), how.get("head", HEAD_2)
    extra = how.get("extra", driver.log.pk + seq.to_bytes(8, "big") + head)
    second = how.get("second_by", driver.log).sign(how.get("second_tag", "receipt-resp"), identifier, extra, net)
    said = [
        how.get("receipt_id", identifier),
        how.get("driver_device", driver.device()),
        seq,
        how.get("says_head", head),
        second,
    ]
    return {
        "init_sig": how.get("first_by", PASSENGER.log).sign(
            how.get("first_tag", "receipt-init"), identifier, how.get("first_extra", b""), net
        ),
        "init_device": pack(how.get("passenger_device", PASSENGER.device())),
        "resp": pack(how.get("resp", said)),
        "blind": BLIND,
    }


def _receipts() -> Group:
    group = Group("Receipt")
    terms = body(receipt())
    for comment, changes in {
        "an ordinary one": {},
        "a gift": {"amount": 0, "dir_balance": 0},
        "the third of its direction": {"dir_seq": 3, "dir_balance": 2502},
        "everything at its smallest": {
            "start": 0,
            "length": 0,
            "distance": 0,
            "amount": 0,
            "unit": "AAA",
            "dir_balance": 0,
            "init_seq": 1,
            "expires": 0,
        },
        "everything at its largest": {
            "start": TOP - TOP % 15,
            "length": 2880,
            "distance": 100_000,
            "seats": 8,
            "amount": 2**40 - 1,
            "dir_seq": TOP,
            "dir_balance": 2**40 - 1,
            "init_seq": TOP,
            "expires": TOP,
        },
    }.items():
        fields = receipt(**changes)
        data = body(fields)
        identifier = digest("lz/terms/1", data)
        commitment = digest("lz/blind/1", identifier + BLIND)
        group.valid(comment, terms=data, **halves(data), id=identifier, commitment=commitment, fields=shown(fields))
    _bent_terms(group)
    for comment, how in _BENT_HALVES.items():
        group.invalid(comment, "signature", terms=terms, **halves(terms, **how))
    more = body(receipt(amount=835, dir_balance=835))
    group.invalid("the amount was changed after both signed", "signature", terms=more, **halves(terms))
    first_only = {**halves(more), "init_sig": halves(terms)["init_sig"]}
    group.invalid("the amount was changed after the first signed", "signature", terms=more, **first_only)
    swapped = body(receipt(driver=PASSENGER.identity.pk, passenger=DRIVER.identity.pk))
    group.invalid("the people are exchanged: the creditor signed first", "signature", terms=swapped, **halves(swapped))
    _bent_second(group, terms)
    return group


def _bent_terms(group: Group) -> None:
    def add(comment: str, layer: str, data: bytes) -> None:
        group.invalid(comment, layer, terms=data, **halves(data))

    add("more than 768 bytes", "size", pack([bytes(766)]))
    add("a byte after the end", "codec", body(receipt()) + b"\0")
    add("the amount as a float", "codec", body(receipt(amount=Raw(b"\xcb" + bytes(8)))))
    add("the amount as uint 64", "codec", body(receipt(amount=Raw(b"\xcf" + (834).to_bytes(8, "big")))))
    add("the amount as nil", "codec", body(receipt(amount=Raw(b"\xc0"))))
    add("the last field is missing", "shape", pack(list(receipt().values())[:-1]))
    add("a third person as one field more", "shape", pack([*receipt().values(), STRANGER.identity.pk]))
    add("version 2", "shape", body(receipt(version=2)))
    add("the kind of an agreement", "shape", body(receipt(kind=4)))
    for comment, changes in _RANGE.items():
        add(comment, "range", body(receipt(**changes)))


_RANGE: dict[str, dict[str, Any]] = {
    "a network of 7 bytes": {"net": NET[:7]},
    "driver and passenger are one person": {"driver": PASSENGER.identity.pk},
    "a ride of 17 bytes": {"ride": DEAL + b"\0"},
    "an agreement of 31 bytes": {"agreement": HEAD[1:]},
    "a start that is no quarter hour": {"start": 29_000_611},
    "a length that is no multiple of five": {"length": 84},
    "a length of more than two days": {"length": 2885},
    "more than 10 000 km": {"distance": 100_001},
    "no seat": {"seats": 0},
    "nine seats": {"seats": 9},
    "a negative amount": {"amount": -834},
    "an amount of 2^40": {"amount": 2**40, "dir_balance": 2**40},
    "the amount as text": {"amount": "834"},
    "a currency with a digit": {"unit": "EU1"},
    "number 0 of its direction": {"dir_seq": 0},
    "number 2^32 of its direction": {"dir_seq": 2**32},
    "a balance below the amount": {"dir_balance": 833},
    "a place of 33 bytes": {"place": PLACE + b"\0"},
    "the driver signed first": {"init_role": 0},
    "signed first in role 2": {"init_role": 2},
    "a log of 31 bytes": {"init_log": PASSENGER.log.pk[1:]},
    "entry number 0": {"init_seq": 0},
    "a head as text": {"init_head": "h" * 32},
    "it expires after the last minute": {"expires": 2**32},
}
_BENT_HALVES: dict[str, dict[str, Any]] = {
    "made for another network": {"net": OTHER_NET},
    "the first half is by the person, not by the device": {"first_by": PASSENGER.identity},
    "the first half is by another device": {"first_by": STRANGER.log},
    "the first half is the second, reflected": {
        "first_tag": "receipt-resp",
        "first_extra": PASSENGER.log.pk + (4).to_bytes(8, "big") + HEAD,
    },
    "the first half is a signature of the agreement": {"first_tag": "agree-passenger"},
    "the passenger's device is certified by another person": {
        "passenger_device": PASSENGER.device(by=STRANGER.identity)
    },
    "the passenger's device is certified in another network": {"passenger_device": PASSENGER.device(net=OTHER_NET)},
    "the passenger's device is not that of the terms": {
        "first_by": STRANGER.log,
        "passenger_device": STRANGER.device(),
    },
    "the second half is by the person, not by the device": {"second_by": DRIVER.identity},
    "the second half is by the passenger's device": {"second_by": PASSENGER.log},
    "the second half is the first, reflected": {"second_tag": "receipt-init", "extra": b""},
    "the second half is by another driver": {"driver": STRANGER},
    "the driver's device is certified by another person": {"driver_device": DRIVER.device(by=STRANGER.identity)},
    "the second half is of another receipt": {"receipt_id": digest("lz/terms/1", b"another")},
    "the second half shows another head than it signed": {"says_head": HEAD},
    "the second half signed no head": {"extra": b""},
}


def _bent_second(group: Group, terms: bytes) -> None:
    honest = halves(terms)
    identifier, device, signature = digest("lz/terms/1", terms), DRIVER.device(), honest["resp"][-64:]

    def add(comment: str, layer: str, resp: bytes) -> None:
        group.invalid(comment, layer, terms=terms, **{**honest, "resp": resp})

    flipped = bytes([signature[0] ^ 1]) + signature[1:]
    add("one bit of the second signature is flipped", "signature", pack([identifier, device, 9, HEAD_2, flipped]))
    add("the number of the head was changed", "signature", pack([identifier, device, 8, HEAD_2, signature]))
    add("the second half has a byte after the end", "codec", honest["resp"] + b"\0")
    add("the second half lacks its head", "shape", pack([identifier, device, 9, signature]))
    add(
        "the second half has a device without certificate",
        "shape",
        pack([identifier, device[:2], 9, HEAD_2, signature]),
    )
    add("the second half has the number 0", "range", pack([identifier, device, 0, HEAD_2, signature]))
    add("the second half has a signature of 63 bytes", "range", pack([identifier, device, 9, HEAD_2, signature[1:]]))
    add("the second half has a number for a signature", "range", pack([identifier, device, 9, HEAD_2, 7]))
    group.invalid(
        "the passenger's device has two fields",
        "shape",
        terms=terms,
        **{**honest, "init_device": pack(PASSENGER.device()[:2])},
    )
    group.invalid(
        "the passenger's certificate has 32 bytes",
        "range",
        terms=terms,
        **{**honest, "init_device": pack([*PASSENGER.device()[:2], Signer("x").pk])},
    )
