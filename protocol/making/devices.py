"""Vectors of what a person says of their own keys: revocations of devices, rotations of the identity."""

from __future__ import annotations

from typing import Any

from making.curve import NET, OTHER_NET, Signer, digest
from making.document import Group, document
from making.people import PASSENGER, STRANGER, body, shown
from making.raw import Raw, pack

CHAPTER = "devices.md"
OLD, NEW = PASSENGER.identity, Signer("passenger next identity")
HEAD, ZEROS = digest("lz/entry/1", b"last"), bytes(32)
NEXT = digest("lz/root/1", Signer("passenger identity after next").pk)
AT = 1_740_036_600


def files() -> dict[str, str]:
    """Return the files of this subject."""
    return {
        "revocation": document("revocations of devices", "revocation", CHAPTER, revocations()),
        "rotation": document("rotations of an identity", "rotation", CHAPTER, rotations()),
    }


def revocation(**changes: Any) -> dict[str, Any]:
    """Return the fields of a revocation by name, in order, with some changed."""
    fields = {
        "version": 1,
        "net": NET,
        "kind": 10,
        "identity": OLD.pk,
        "log": PASSENGER.log.pk,
        "last_seq": 9,
        "last_id": HEAD,
        "at": AT,
    }
    return {**fields, **changes}


def revoked(terms: bytes, by: Signer = OLD, **how: Any) -> bytes:
    """Return the envelope of a revocation."""
    signature = by.sign(how.get("tag", "revoke"), digest("lz/revoke/1", terms), net=how.get("net", NET))
    return pack([terms, signature])


def revocations() -> Group:
    """Return the vectors of revocations."""
    group = Group("Revocation")
    for comment, fields in {
        "after entry 9": revocation(),
        "of which nothing is known": revocation(last_seq=0, last_id=ZEROS),
        "after the last number, at the last second": revocation(last_seq=2**32 - 1, at=2**40 - 1),
    }.items():
        terms = body(fields)
        group.valid(comment, bytes=revoked(terms), id=digest("lz/revoke/1", terms), fields=shown(fields))
    honest = body(revocation())
    group.invalid("more than 256 bytes", "size", bytes=pack([bytes(200), bytes(64)]))
    group.invalid("a byte after the end", "codec", bytes=revoked(honest) + b"\0")
    group.invalid("the number as uint 8", "codec", bytes=revoked(body(revocation(last_seq=Raw(b"\xcc\x09")))))
    group.invalid("a signature of 63 bytes", "envelope", bytes=pack([honest, bytes(63)]))
    group.invalid("a field is missing", "shape", bytes=revoked(pack(list(revocation().values())[:-1])))
    group.invalid("the kind of a rotation", "shape", bytes=revoked(body(revocation(kind=11))))
    group.invalid("version 2", "shape", bytes=revoked(body(revocation(version=2))))
    for comment, changes in {
        "a network of 7 bytes": {"net": NET[:7]},
        "an identity of 31 bytes": {"identity": OLD.pk[1:]},
        "a log of 33 bytes": {"log": PASSENGER.log.pk + b"\0"},
        "number 2^32": {"last_seq": 2**32},
        "a negative number": {"last_seq": -1},
        "entry 0 with an id": {"last_seq": 0},
        "entry 9 with zeros": {"last_id": ZEROS},
        "an id of 31 bytes": {"last_id": HEAD[1:]},
        "a second of 2^40": {"at": 2**40},
    }.items():
        group.invalid(comment, "range", bytes=revoked(body(revocation(**changes))))
    for comment, envelope in {
        "by another person": revoked(honest, STRANGER.identity),
        "by the device itself": revoked(honest, PASSENGER.log),
        "made for another network": revoked(honest, net=OTHER_NET),
        "with the tag of a certificate": revoked(honest, tag="dev"),
        "the last entry was changed": pack([body(revocation(last_seq=10)), revoked(honest)[-64:]]),
    }.items():
        group.invalid(comment, "signature", bytes=envelope)
    return group


def rotation(**changes: Any) -> dict[str, Any]:
    """Return the fields of a rotation by name, in order, with some changed."""
    fields = {"version": 1, "net": NET, "kind": 11, "old": OLD.pk, "new": NEW.pk, "next_commitment": NEXT, "at": AT}
    return {**fields, **changes}


def rotated(terms: bytes, new: Signer = NEW, old: Signer | None = OLD, **how: Any) -> bytes:
    """Return a rotation as it travels."""
    identifier, net = digest("lz/rotate/1", terms), how.get("net", NET)
    second = old.sign(how.get("old_tag", "rotate-old"), identifier, net=net) if old else b""
    return pack([terms, new.sign(how.get("new_tag", "rotate-new"), identifier, net=net), second])


def rotations() -> Group:
    """Return the vectors of rotations."""
    group = Group("Rotation")
    terms = body(rotation())
    for comment, data, changes in (
        ("signed by both keys", rotated(terms), {}),
        ("signed by the new key alone: the old one is lost", rotated(terms, old=None), {}),
        ("at the last second", rotated(body(rotation(at=2**40 - 1))), {"at": 2**40 - 1}),
    ):
        fields = rotation(**changes)
        group.valid(comment, bytes=data, id=digest("lz/rotate/1", body(fields)), fields=shown(fields))
    group.invalid("more than 512 bytes", "size", bytes=pack([bytes(400), bytes(64), bytes(64)]))
    group.invalid("a byte after the end", "codec", bytes=rotated(terms) + b"\0")
    group.invalid("one signature", "shape", bytes=pack([terms, NEW.sign("rotate-new", digest("lz/rotate/1", terms))]))
    group.invalid("an old signature of 63 bytes", "shape", bytes=pack([terms, bytes(64), bytes(63)]))
    group.invalid("a signature as text", "shape", bytes=pack([terms, "x" * 64, b""]))
    group.invalid("the kind of a revocation", "shape", bytes=rotated(body(rotation(kind=10))))
    group.invalid("version 2", "shape", bytes=rotated(body(rotation(version=2))))
    for comment, changes in {
        "the identity itself": {"new": OLD.pk},
        "a network of 9 bytes": {"net": NET + b"\0"},
        "an old identity of 31 bytes": {"old": OLD.pk[1:]},
        "a commitment of 33 bytes": {"next_commitment": NEXT + b"\0"},
        "a negative second": {"at": -1},
    }.items():
        group.invalid(comment, "range", bytes=rotated(body(rotation(**changes))))
    for comment, data in {
        "the new signature is by another": rotated(terms, STRANGER.identity),
        "the old signature is by another": rotated(terms, old=STRANGER.identity),
        "the old key alone, twice": rotated(terms, OLD),
        "the signatures are exchanged": rotated(terms, new_tag="rotate-old", old_tag="rotate-new"),
        "made for another network": rotated(terms, net=OTHER_NET),
        "the next key was changed": pack([body(rotation(next_commitment=HEAD)), *_signatures(terms)]),
    }.items():
        group.invalid(comment, "signature", bytes=data)
    return group


def _signatures(terms: bytes) -> list[bytes]:
    identifier = digest("lz/rotate/1", terms)
    return [NEW.sign("rotate-new", identifier), OLD.sign("rotate-old", identifier)]
