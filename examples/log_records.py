"""Logs: entries and chains, revocations, rotations, statements and their witnesses.

From protocol/receipts.md, devices.md and checkpoints.md. A part of verify_receipt.py, which imports nothing of lazpool.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import merkle_proofs as merkle
from cosigned_records import CORRECTED, SEALED, SETTLED
from strict_bytes import (
    SECOND,
    SEQ,
    RefusedError,
    between,
    check,
    digest,
    envelope,
    fields,
    free_text,
    named,
    require,
    sized,
    verify,
    verify_device,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

ZEROS = bytes(32)
GENESIS, ADDED, REVOKED, ROTATED, CHECKPOINT, RESUMED = 1, 2, 3, 4, 50, 60
CLAIM, DISPUTE, RESOLVED = 13, 30, 31
KINDS = {GENESIS, ADDED, REVOKED, ROTATED, 10, SEALED, 12, CLAIM, 20, SETTLED, 22, DISPUTE, RESOLVED, 40, CORRECTED, 42}
KINDS |= {CHECKPOINT, RESUMED, 70, 71}
ARITY = {GENESIS: 4, REVOKED: 3, ROTATED: 2, CHECKPOINT: 2, RESUMED: 3, DISPUTE: 3}

ENTRY = ("version", "net", "kind", "log", "seq", "prev", "time", "payload")


def entry(data: bytes, expected: dict[str, Any] | None = None, before: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """Verify an entry, where `expected` is given also its place in a log; return its fields, `id` and `said`."""
    body, signature = envelope(data, 2048)
    found = entry_body(body)
    if expected is not None:
        for name in ("net", "log", "seq", "prev"):
            require(found[name] == expected[name], "chain", f"another {name}")
        require(found["time"] >= expected["time"], "chain", "older than the one before")
        right = found["kind"] != CHECKPOINT or found["said"][1] == merkle.root([one["id"] for one in before])
        require(right, "chain", "another root than that of the entries before")
    verify(found["log"], signature, "entry", found["net"], found["id"])
    if found["kind"] == GENESIS:
        verify_device(found["said"][0], found["log"], found["said"][2], found["net"])
    return found


def entry_body(body: bytes) -> dict[str, Any]:
    """Read what an entry says, its signature not yet verified."""
    found = dict(zip(ENTRY, fields(body, 2048, len(ENTRY)), strict=True))
    require(found["version"] == 1, "shape", "no entry of version 1")
    sized(found["net"], 8)
    sized(found["log"], 32)
    first = between(found["seq"], SEQ) == 1
    require((sized(found["prev"], 32) == ZEROS) == (found["kind"] == GENESIS) == first, "range", "no such first entry")
    require(type(found["kind"]) is int and found["kind"] in KINDS, "range", "no such kind")
    require(found["kind"] != RESUMED or found["seq"] == 2, "range", "what a log goes on from is not second in it")
    between(found["time"], SECOND)
    require(type(found["payload"]) is bytes and len(found["payload"]) <= 1024, "range", "no payload")
    _check_said(found["kind"], said := fields(found["payload"], 1024, ARITY.get(found["kind"], 1)))
    require(found["kind"] != CHECKPOINT or said[0] == found["seq"] - 1, "range", "not over all entries before")
    return {**found, "id": digest("lz/entry/1", body), "said": said}


def _check_said(kind: int, said: Sequence[Any]) -> None:
    if kind == REVOKED:
        last(said[1], said[2])
    if kind == RESUMED:
        between(said[1], SEQ)
    if kind in {REVOKED, RESUMED}:
        said = said[0], said[2]
    if kind == CHECKPOINT:
        between(said[0], SEQ)
        said = said[1:]
    if kind == DISPUTE:
        between(said[1], (0, 2))
        said = said[0], said[2]
    for value, size in zip(said, (32, 32, 64) if kind == GENESIS else (32, 32), strict=False):
        sized(value, size)
    if kind == GENESIS:
        free_text(said[3], 64)


def last(seq: Any, identifier: Any) -> None:
    """Refuse what cannot be the last entry of a log that counts; 0 and zeros stand for none."""
    between(seq, (0, SEQ[1]))
    require((seq == 0) == (sized(identifier, 32) == ZEROS), "range", "zeros for entry 0, and for no other")


def revocation(data: bytes) -> dict[str, Any]:
    """Verify a revocation; return its fields and `id`."""
    body, signature = envelope(data, 256)
    names = ("version", "net", "kind", "identity", "log", "last_seq", "last_id", "at")
    found = named(body, 256, names, 10, "revocation")
    check(found, {"net": 8, "identity": 32, "log": 32}, {})
    last(found["last_seq"], found["last_id"])
    between(found["at"], SECOND)
    found["id"] = digest("lz/revoke/1", body)
    verify(found["identity"], signature, "revoke", found["net"], found["id"])
    return found


def rotation(data: bytes) -> dict[str, Any]:
    """Verify a rotation; return its fields and `id`, and whether the `old` key `agreed`."""
    body, new, old = fields(data, 512, 3)
    require(type(body) is type(new) is type(old) is bytes, "shape", "no rotation")
    require(len(new) == 64 and len(old) in {0, 64}, "shape", "no signatures")
    names = ("version", "net", "kind", "old", "new", "next_commitment", "at")
    found = named(body, 512, names, 11, "rotation")
    check(found, {"net": 8, "old": 32, "new": 32, "next_commitment": 32}, {"at": SECOND})
    require(found["old"] != found["new"], "range", "the same identity")
    found |= {"id": digest("lz/rotate/1", body), "agreed": bool(old)}
    verify(found["new"], new, "rotate-new", found["net"], found["id"])
    if old:
        verify(found["old"], old, "rotate-old", found["net"], found["id"])
    return found


def chain(entries: list[str], net: bytes, log: bytes) -> list[dict[str, Any]]:
    """Verify a log and return its entries; the refusal of one says its number."""
    found: list[dict[str, Any]] = []
    expected = {"net": net, "log": log, "seq": 1, "prev": ZEROS, "time": 0}
    for number, data in enumerate(entries, 1):
        try:
            found.append(entry(bytes.fromhex(data), expected, found))
        except RefusedError as wrong:
            wrong.at = number
            raise
        expected |= {"seq": found[-1]["seq"] + 1, "prev": found[-1]["id"], "time": found[-1]["time"]}
    return found


def statement(data: bytes) -> dict[str, Any]:
    """Verify what somebody stated of their log; return its fields and `id`."""
    body, signature = envelope(data, 256)
    found = statement_fields(body)
    verify(found["log"], signature, "checkpoint", found["net"], found["id"])
    return found


def statement_fields(body: bytes) -> dict[str, Any]:
    """Return the fields of a statement and its `id`, signature not verified."""
    names = ("version", "net", "kind", "log", "size", "root", "at")
    found = named(body, 256, names, 12, "statement")
    check(found, {"net": 8, "log": 32, "root": 32}, {"size": (1, SEQ[1] - 1), "at": SECOND})
    return {**found, "id": digest("lz/checkpoint/1", body)}


def witness(said: Sequence[Any], stated: dict[str, Any]) -> tuple[bytes, int]:
    """Verify that somebody saw a statement; return who and when."""
    key, at, signature = sized(said[0], 32), between(said[1], SECOND), sized(said[2], 64)
    require(key != stated["log"], "signature", "nobody witnesses their own log")
    verify(key, signature, "witness", stated["net"], stated["id"], key + at.to_bytes(8, "big"))
    return key, at
