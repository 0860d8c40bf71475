"""Merkle trees of RFC 6962 over a log: its root, that an entry is in it, and that it only grew.

SHA-256, with the prefix 00 before a leaf and 01 before two nodes, so that neither can be shown as the other. Over a log
a leaf is the 32-byte id of an entry. Verification follows RFC 9162, section 2.1, which has the same trees and says it
step by step. The format is protocol/checkpoints.md.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from lazpool.errors import MalformedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Path = tuple[bytes, ...]
_LAYER = "proof"


class Growing:
    """A tree that grows leaf by leaf: it keeps the roots of its full subtrees alone, at most one a bit of its size."""

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        """Begin with some leaves."""
        self.size = 0
        self._full: list[bytes] = []
        for leaf in leaves:
            self.add(leaf)

    def add(self, leaf: bytes) -> None:
        """Put a leaf at the end."""
        node, size = leaf_hash(leaf), self.size
        while size & 1:
            node, size = node_hash(self._full.pop(), node), size >> 1
        self._full.append(node)
        self.size += 1

    def root(self) -> bytes:
        """Return the root of what is there so far."""
        if not self._full:
            return sha256().digest()
        *rest, node = self._full
        for left in reversed(rest):
            node = node_hash(left, node)
        return node


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf."""
    return sha256(b"\0" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two nodes."""
    return sha256(b"\1" + left + right).digest()


def root(leaves: Iterable[bytes]) -> bytes:
    """Return the root of a tree."""
    return Growing(leaves).root()


def inclusion_path(leaves: Sequence[bytes], index: int) -> Path:
    """Return what proves that a leaf, counted from 0, is in the tree: the other child at each node up to the root."""
    if len(leaves) == 1:
        return ()
    split = _split(len(leaves))
    if index < split:
        return (*inclusion_path(leaves[:split], index), root(leaves[split:]))
    return (*inclusion_path(leaves[split:], index - split), root(leaves[:split]))


def consistency_proof(leaves: Sequence[bytes], first: int) -> Path:
    """Return what proves that the tree of the first so many leaves, at least one, only grew to the tree of all."""
    return _subproof(leaves, first, whole=True)


def check_inclusion(leaf: bytes, index: int, size: int, path: Path, expected: bytes) -> None:
    """Raise MalformedError unless `path` proves that the leaf is number `index` of the tree of that size and root."""
    if not 0 <= index < size:
        raise MalformedError(_LAYER, f"there is no leaf {index} in a tree of {size}")
    node, last = leaf_hash(leaf), size - 1
    for step in path:
        if not last:
            raise MalformedError(_LAYER, "the path is too long")
        if index & 1 or index == last:
            node = node_hash(step, node)
            index, last = _up_left(index, last)
        else:
            node = node_hash(node, step)
        index, last = index >> 1, last >> 1
    _require(not last, "the path is too short")
    _require(node == expected, "the path does not lead to the root")


def check_consistency(sizes: tuple[int, int], roots: tuple[bytes, bytes], proof: Path) -> None:
    """Raise MalformedError unless `proof` proves that the second tree begins with the first; both as size and root."""
    first, second = sizes
    _require(first > 0, "an empty tree")
    _require(first <= second, "the tree became smaller")
    if first == second:
        _require(not proof, "there is nothing to prove")
        _require(roots[0] == roots[1], "two trees of one size")
        return
    steps = [roots[0], *proof] if first & (first - 1) == 0 else [*proof]
    _require(len(steps) > 0, "the proof is empty")
    older, newer = _grown(first - 1, second - 1, steps)
    _require(older == roots[0], "the proof does not lead to the root of before")
    _require(newer == roots[1], "the proof does not lead to the root of now")


def _grown(index: int, last: int, steps: list[bytes]) -> tuple[bytes, bytes]:
    """Return both roots that a consistency proof leads to; index: of the last leaf of the first tree."""
    while index & 1:
        index, last = index >> 1, last >> 1
    older = newer = steps[0]
    for step in steps[1:]:
        _require(last > 0, "the proof is too long")
        if index & 1 or index == last:
            older, newer = node_hash(step, older), node_hash(step, newer)
            index, last = _up_left(index, last)
        else:
            newer = node_hash(newer, step)
        index, last = index >> 1, last >> 1
    _require(not last, "the proof is too short")
    return older, newer


def _up_left(index: int, last: int) -> tuple[int, int]:
    """Climb from the last node of a level past the levels on which it has nothing on its left to be joined with."""
    while index and not index & 1:
        index, last = index >> 1, last >> 1
    return index, last


def _subproof(leaves: Sequence[bytes], first: int, *, whole: bool) -> Path:
    """Return SUBPROOF of RFC 6962, section 2.1.2; whole: the first tree is one that the reader has the root of."""
    if first == len(leaves):
        return () if whole else (root(leaves),)
    split = _split(len(leaves))
    if first <= split:
        return (*_subproof(leaves[:split], first, whole=whole), root(leaves[split:]))
    return (*_subproof(leaves[split:], first - split, whole=False), root(leaves[:split]))


def _split(size: int) -> int:
    """Return the largest power of two below a size of at least two."""
    return 1 << (size - 1).bit_length() - 1


def _require(holds: bool, why: str) -> None:  # noqa: FBT001 # reads as a sentence
    if not holds:
        raise MalformedError(_LAYER, why)
