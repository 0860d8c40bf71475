"""What a hub is asked and answers as a witness, from protocol/checkpoints.md.

A part of verify_receipt.py, which imports nothing of lazpool.
"""

from __future__ import annotations

from typing import Any

from strict_bytes import SECOND, between, fields, require, sized

ENTRIES = 0, 2**32 - 2


def shown(data: bytes) -> dict[str, Any]:
    """Return the statement that a hub is shown, what its proof begins at, and the proof."""
    kind, statement, first, proof = fields(data, 3072, 4)
    require(type(kind) is int and kind == 1, "shape", "no such question")
    require(type(statement) is bytes and 1 <= len(statement) <= 256, "range", "no statement")
    between(first, ENTRIES)
    require(type(proof) is list and len(proof) <= 64, "range", "no proof")
    for one in proof:
        sized(one, 32)
    return {"statement": statement, "first": first, "proof": proof}


def answer(data: bytes) -> dict[str, Any]:
    """Return what the hub answers."""
    status, seen, at, signature = fields(data, 128, 4)
    between(status, (0, 4))
    between(seen, ENTRIES)
    between(at, SECOND)
    sized(signature, 0 if status else 64)
    return {"status": status, "seen": seen, "at": at, "signature": signature}
