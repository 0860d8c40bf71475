"""Vectors of statements about a log, and of their witnesses."""

from __future__ import annotations

from typing import Any

from making.curve import NET, OTHER_NET, Signer, digest
from making.document import Group, document
from making.merkle import ENTRIES, mth
from making.people import DRIVER, PASSENGER, STRANGER, body
from making.raw import Raw, pack

LOG, WITNESS = PASSENGER.log, DRIVER.log
ROOT = mth(ENTRIES[:6])
AT = 1_740_036_960


def files() -> dict[str, str]:
    """Return the files of this subject."""
    groups = _statements(), _witnesses()
    return {"checkpoint": document("statements about logs, and witnesses", "checkpoint", "checkpoints.md", *groups)}


def fields_of(**changes: Any) -> dict[str, Any]:
    """Return the fields of a statement, in order, with some changed."""
    fields = {"version": 1, "net": NET, "kind": 12, "log": LOG.pk, "size": 6, "root": ROOT, "at": AT}
    return {**fields, **changes}


def signed(packed: bytes, by: Signer = LOG, net: bytes = NET, tag: str = "checkpoint") -> bytes:
    """Return the envelope of a statement."""
    return pack([packed, by.sign(tag, statement_id(packed), net=net)])


def statement_id(packed: bytes) -> bytes:
    """Return the id of a statement."""
    return digest("lz/checkpoint/1", packed)


def witness(statement: bytes, by: Signer = WITNESS, at: int = AT + 90, **how: Any) -> list[Any]:
    """Return a witness of a statement's body, honest but for what `how` bends."""
    extra = how.get("extra", by.pk + at.to_bytes(8, "big"))
    tag, net = how.get("tag", "witness"), how.get("net", NET)
    return [by.pk, at, by.sign(tag, how.get("id", statement_id(statement)), extra, net)]


def _statements() -> Group:
    group = Group("Checkpoint")
    for comment, fields in {
        "over six entries": fields_of(),
        "over one entry": fields_of(size=1, root=mth(ENTRIES[:1])),
        "everything at its largest": fields_of(size=2**32 - 2, root=b"\xff" * 32, at=2**40 - 1),
    }.items():
        data = body(fields)
        shown = {name: value for name, value in fields.items() if name not in {"version", "kind"}}
        group.valid(comment, bytes=signed(data), id=statement_id(data), fields=shown)
    data, honest = body(fields_of()), signed(body(fields_of()))
    group.invalid("more than 256 bytes", "size", bytes=pack([bytes(200), bytes(64)]))
    group.invalid("a byte after the end", "codec", bytes=honest + b"\0")
    group.invalid("the size as uint 64", "codec", bytes=signed(body(fields_of(size=Raw(b"\xcf" + bytes(7) + b"\6")))))
    group.invalid("a signature of 63 bytes", "envelope", bytes=pack([data, honest[-63:]]))
    group.invalid("a field is missing", "shape", bytes=signed(pack(list(fields_of().values())[:-1])))
    group.invalid("version 2", "shape", bytes=signed(body(fields_of(version=2))))
    group.invalid("the kind of a settlement", "shape", bytes=signed(body(fields_of(kind=6))))
    for comment, changes in {
        "of no entry": {"size": 0, "root": mth([])},
        "of 2^32 - 1 entries": {"size": 2**32 - 1},
        "a network of 7 bytes": {"net": NET[1:]},
        "a log of 33 bytes": {"log": LOG.pk + b"\0"},
        "a root of 31 bytes": {"root": ROOT[1:]},
        "a time of 2^40": {"at": 2**40},
        "the time as bytes": {"at": b"now"},
    }.items():
        group.invalid(comment, "range", bytes=signed(body(fields_of(**changes))))
    for comment, envelope in {
        "one bit of the signature is flipped": honest[:-1] + bytes([honest[-1] ^ 1]),
        "by another log": signed(data, STRANGER.log),
        "by the person, not by the device": signed(data, PASSENGER.identity),
        "made for another network": signed(data, net=OTHER_NET),
        "with the tag of an entry": signed(data, tag="entry"),
        "the size was changed after signing": pack([body(fields_of(size=7)), honest[-64:]]),
    }.items():
        group.invalid(comment, "signature", bytes=envelope)
    return group


def _witnesses() -> Group:
    statement, other = body(fields_of()), body(fields_of(size=7))
    group = Group("Witness", {"statement": statement})
    for comment, at in {"a minute and a half later": AT + 90, "before the statement: clocks differ": AT - 60}.items():
        said = witness(statement, at=at)
        group.valid(comment, bytes=pack(said), fields=dict(zip(("key", "at", "signature"), said, strict=True)))
    key, at, signature = witness(statement)
    group.invalid("more than 128 bytes", "size", bytes=pack([bytes(129)]))
    group.invalid("a byte after the end", "codec", bytes=pack([key, at, signature]) + b"\0")
    group.invalid("a field is missing", "shape", bytes=pack([key, signature]))
    group.invalid("a key of 31 bytes", "range", bytes=pack([key[1:], at, signature]))
    group.invalid("a time of 2^40", "range", bytes=pack([key, 2**40, signature]))
    group.invalid("a signature of 63 bytes", "range", bytes=pack([key, at, signature[1:]]))
    for comment, said in {
        "one bit of the signature is flipped": [key, at, signature[:-1] + bytes([signature[-1] ^ 1])],
        "another time than was signed": [key, at + 1, signature],
        "another key than has signed": [STRANGER.log.pk, at, signature],
        "of another statement": witness(other),
        "in another network": witness(statement, net=OTHER_NET),
        "with the tag of the statement": witness(statement, tag="checkpoint"),
        "signed without key and time": witness(statement, extra=b""),
        "by the log itself": witness(statement, LOG),
    }.items():
        group.invalid(comment, "signature", bytes=pack(said))
    return group
