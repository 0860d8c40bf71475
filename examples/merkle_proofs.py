"""Merkle trees of RFC 6962, from protocol/checkpoints.md.

A part of verify_receipt.py, which imports nothing of lazpool. Proofs are followed from the root downwards here, by the
definitions, where lazpool climbs up from the leaf.
"""

from __future__ import annotations

import hashlib

from strict_bytes import require


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two nodes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: list[bytes]) -> bytes:
    """Return the root of a tree, joining neighbours level by level; who has no neighbour goes up alone."""
    if not leaves:
        return hashlib.sha256().digest()
    level = [leaf_hash(leaf) for leaf in leaves]
    while len(level) > 1:
        pairs = [node_hash(*level[at : at + 2]) for at in range(0, len(level) - 1, 2)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0]


def included(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """Return the root that an inclusion path leads to, for leaf number `index` of `size`, counted from 0."""
    require(0 <= index < size, "proof", "there is no such leaf")
    if size == 1:
        require(not path, "proof", "a step too many")
        return leaf_hash(leaf)
    require(len(path) > 0, "proof", "a step is missing")
    half = _split(size)
    if index < half:
        return node_hash(included(leaf, index, half, path[:-1]), path[-1])
    return node_hash(path[-1], included(leaf, index - half, size - half, path[:-1]))


def grown(first: int, second: int, first_root: bytes, proof: list[bytes]) -> tuple[bytes, bytes]:
    """Return the roots of before and of now that a consistency proof leads to."""
    require(0 < first <= second, "proof", "there is no such tree within the other")
    return _grown(first, second, first_root, proof, whole=True)


def _grown(first: int, second: int, known: bytes, proof: list[bytes], *, whole: bool) -> tuple[bytes, bytes]:
    if first == second:
        require(len(proof) == (0 if whole else 1), "proof", "steps too many, or too few")
        return (known, known) if whole else (proof[0], proof[0])
    require(len(proof) > 0, "proof", "a step is missing")
    half, step = _split(second), proof[-1]
    if first <= half:
        older, newer = _grown(first, half, known, proof[:-1], whole=whole)
        return older, node_hash(newer, step)
    older, newer = _grown(first - half, second - half, known, proof[:-1], whole=False)
    return node_hash(step, older), node_hash(step, newer)


def _split(size: int) -> int:
    """Return the largest power of two below the size."""
    half = 1
    while 2 * half < size:
        half *= 2
    return half
