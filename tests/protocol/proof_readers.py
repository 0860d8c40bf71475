"""How lazpool reads the vectors of protocol/checkpoints.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lazpool.errors import MalformedError
from lazpool.rules import merkle

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


def _path(steps: list[str]) -> merkle.Path:
    return tuple(map(bytes.fromhex, steps))


READERS: dict[str, Callable[[Vector], Any]] = {
    "MerkleRoot": _root,
    "MerkleInclusion": _inclusion,
    "MerkleConsistency": _consistency,
}
