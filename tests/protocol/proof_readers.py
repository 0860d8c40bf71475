"""How lazpool reads the vectors of protocol/checkpoints.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lazpool.errors import MalformedError
from lazpool.records.checkpoints import (
    check_statement,
    check_witness,
    pack_witness,
    read_statement,
    statement_from,
    witness_from,
)
from lazpool.rules import merkle
from lazpool.wire.envelope import Envelope
from tests.protocol.shown import shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.protocol.vectors import Vector


def _root(vector: Vector) -> Any:
    if merkle.root(map(bytes.fromhex, vector.test["leaves"])) != vector.raw("root"):
        raise MalformedError("proof", "another root")
    return {}


def _inclusion(vector: Vector) -> Any:
    leaf, index, size = vector.raw("leaf"), vector.test["index"], vector.test["size"]
    merkle.check_inclusion(leaf, index, size, _path(vector.test["path"]), vector.raw("root"))
    return {}


def _consistency(vector: Vector) -> Any:
    sizes = vector.test["first"], vector.test["second"]
    roots = vector.raw("first_root"), vector.raw("second_root")
    merkle.check_consistency(sizes, roots, _path(vector.test["proof"]))
    return {}


def _statement(vector: Vector) -> Any:
    statement, signature = read_statement(vector.raw("bytes"))
    assert Envelope(statement.body(), signature).pack() == vector.raw("bytes")
    check_statement(statement, signature)
    said = shown(statement)
    said["log"] = said.pop("log_pk")
    return {"id": statement.id.hex(), "fields": said}


def _witness(vector: Vector) -> Any:
    witness = witness_from(vector.raw("bytes"))
    assert pack_witness(witness) == vector.raw("bytes")
    check_witness(statement_from(vector.raw("statement")), witness)
    return {"fields": shown(witness)}


def _path(steps: list[str]) -> merkle.Path:
    return tuple(map(bytes.fromhex, steps))


READERS: dict[str, Callable[[Vector], Any]] = {
    "MerkleRoot": _root,
    "MerkleInclusion": _inclusion,
    "MerkleConsistency": _consistency,
    "Checkpoint": _statement,
    "Witness": _witness,
}
