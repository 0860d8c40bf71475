"""Vectors of Merkle trees: roots, inclusion paths and consistency proofs, by the definitions of RFC 6962.

The tree of eight leaves is the one that certificate transparency has used in its tests since 2013, so its roots can be
compared with those of any other implementation.
"""

from __future__ import annotations

import hashlib
from typing import Any

from making.curve import digest
from making.document import Group, document

PUBLIC = [
    *(b"", b"\x00", b"\x10", b"\x20\x21", b"\x30\x31", b"\x40\x41\x42\x43"),
    *(bytes(range(0x50, 0x58)), bytes(range(0x60, 0x70))),
]
ENTRIES = [digest("lz/entry/1", bytes([number])) for number in range(70)]
OTHER = digest("lz/entry/1", b"another")


def files() -> dict[str, str]:
    """Return the files of this subject."""
    groups = _roots(), _inclusion(), _consistency()
    return {"merkle": document("Merkle trees", "merkle", "checkpoints.md", *groups)}


def sha(data: bytes) -> bytes:
    """Return the SHA-256."""
    return hashlib.sha256(data).digest()


def split(leaves: list[bytes]) -> int:
    """Return k of RFC 6962: the largest power of two below the number of leaves."""
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return k


def mth(leaves: list[bytes]) -> bytes:
    """Return the Merkle Tree Hash."""
    if not leaves:
        return sha(b"")
    if len(leaves) == 1:
        return sha(b"\x00" + leaves[0])
    k = split(leaves)
    return sha(b"\x01" + mth(leaves[:k]) + mth(leaves[k:]))


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    """Return PATH(m, D[n])."""
    if len(leaves) == 1:
        return []
    k = split(leaves)
    return [*path(m, leaves[:k]), mth(leaves[k:])] if m < k else [*path(m - k, leaves[k:]), mth(leaves[:k])]


def proof(m: int, leaves: list[bytes]) -> list[bytes]:
    """Return PROOF(m, D[n])."""
    return _subproof(m, leaves, whole=True)


def _subproof(m: int, leaves: list[bytes], *, whole: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = split(leaves)
    if m <= k:
        return [*_subproof(m, leaves[:k], whole=whole), mth(leaves[k:])]
    return [*_subproof(m - k, leaves[k:], whole=False), mth(leaves[:k])]


def _roots() -> Group:
    group = Group("MerkleRoot")
    group.valid("no leaf: the hash of nothing", leaves=[], root=mth([]))
    for size in range(1, 9):
        group.valid(f"the public tree, {size}", leaves=PUBLIC[:size], root=mth(PUBLIC[:size]))
    for size in (63, 64, 65):
        group.valid(f"{size} entries", leaves=ENTRIES[:size], root=mth(ENTRIES[:size]))
    five = {"leaves": ENTRIES[:5], "root": mth(ENTRIES[:5])}
    three = [sha(b"\x00" + leaf) for leaf in ENTRIES[:3]]
    for comment, changes in {
        "two leaves are exchanged": {"leaves": [ENTRIES[1], ENTRIES[0], *ENTRIES[2:5]]},
        "the last leaf is missing": {"leaves": ENTRIES[:4]},
        "one leaf more": {"leaves": ENTRIES[:6]},
        "one bit of the root is flipped": {"root": flipped(mth(ENTRIES[:5]))},
        "leaves are hashed without their prefix": {
            "leaves": ENTRIES[:2],
            "root": sha(b"\x01" + sha(ENTRIES[0]) + sha(ENTRIES[1])),
        },
        "nodes are hashed without their prefix": {"leaves": ENTRIES[:2], "root": sha(three[0] + three[1])},
        "the odd leaf is paired with itself": {
            "leaves": ENTRIES[:3],
            "root": sha(b"\x01" + sha(b"\x01" + three[0] + three[1]) + sha(b"\x01" + three[2] + three[2])),
        },
        "the two children of a root as one leaf": {
            "leaves": [three[0] + three[1]],
            "root": mth(ENTRIES[:2]),
        },
    }.items():
        group.invalid(comment, "proof", **{**five, **changes})
    return group


def included(leaves: list[bytes], index: int) -> dict[str, Any]:
    """Return the fields of an inclusion path."""
    said = {"leaf": leaves[index], "index": index, "size": len(leaves)}
    return {**said, "path": path(index, leaves), "root": mth(leaves)}


def _inclusion() -> Group:
    group = Group("MerkleInclusion")
    for index, size in ((0, 1), (0, 8), (5, 8), (2, 3), (1, 5), (7, 8), (6, 7)):
        group.valid(f"leaf {index} of {size}", **included(PUBLIC[:size], index))
    for index, size in ((0, 65), (63, 65), (64, 65), (69, 70)):
        group.valid(f"entry {index} of {size}", **included(ENTRIES[:size], index))
    seven, steps = ENTRIES[:7], path(4, ENTRIES[:7])
    for comment, changes in {
        "another leaf": {"leaf": OTHER},
        "the leaf before": {"leaf": seven[3]},
        "the index of the leaf before": {"index": 3},
        "an index beyond the tree": {"index": 7},
        "a tree of one leaf less": {"size": 6},
        "a tree of twice the size": {"size": 14},
        "a tree of no leaf": {"size": 0, "index": 0},
        "the root of another tree": {"root": mth(ENTRIES[:8])},
        "the last step is missing": {"path": steps[:-1]},
        "the first step is missing": {"path": steps[1:]},
        "one step more": {"path": [*steps, mth(seven)]},
        "two steps are exchanged": {"path": [steps[1], steps[0], steps[2]]},
        "one bit of a step is flipped": {"path": [steps[0], flipped(steps[1]), steps[2]]},
        "no path, in a tree of seven": {"path": []},
    }.items():
        group.invalid(comment, "proof", **{**included(seven, 4), **changes})
    alone = included(ENTRIES[:1], 0)
    group.invalid("a path in a tree of one leaf", "proof", **{**alone, "path": [OTHER]})
    group.invalid("a node as a leaf", "proof", **{**included(ENTRIES[:4], 0), **_node_as_leaf()})
    return group


def _node_as_leaf() -> dict[str, Any]:
    below = [sha(b"\x00" + leaf) for leaf in ENTRIES[:2]]
    return {"leaf": below[0] + below[1], "size": 2, "path": path(0, ENTRIES[:4])[1:]}


def grown(first: int, leaves: list[bytes]) -> dict[str, Any]:
    """Return the fields of a consistency proof."""
    sizes = {"first": first, "second": len(leaves), "first_root": mth(leaves[:first]), "second_root": mth(leaves)}
    return {**sizes, "proof": proof(first, leaves)}


def _consistency() -> Group:
    group = Group("MerkleConsistency")
    for first, second in ((1, 1), (1, 8), (6, 8), (2, 5), (6, 7), (4, 8), (8, 8), (3, 7)):
        group.valid(f"{first} of {second}", **grown(first, PUBLIC[:second]))
    for first, second in ((63, 64), (64, 65), (1, 70), (65, 70)):
        group.valid(f"{first} of {second} entries", **grown(first, ENTRIES[:second]))
    seven, steps = ENTRIES[:7], proof(3, ENTRIES[:7])
    bent = [*ENTRIES[:1], OTHER, *ENTRIES[2:3]]
    for comment, changes in {
        "an entry of before was changed": {"first_root": mth(bent)},
        "another tree of now": {"second_root": mth([*ENTRIES[:6], OTHER])},
        "the roots are exchanged": {"first_root": mth(seven), "second_root": mth(seven[:3])},
        "the tree became smaller": {"first": 7, "second": 3},
        "before there was nothing": {"first": 0, "first_root": mth([]), "proof": []},
        "another size of before": {"first": 4},
        "another size of now": {"second": 14},
        "the first step is missing": {"proof": steps[1:]},
        "the last step is missing": {"proof": steps[:-1]},
        "one step more": {"proof": [*steps, mth(seven)]},
        "one step more, in front": {"proof": [mth(seven), *steps]},
        "one bit of a step is flipped": {"proof": [*steps[:2], flipped(steps[2]), *steps[3:]]},
        "no proof": {"proof": []},
    }.items():
        group.invalid(comment, "proof", **{**grown(3, seven), **changes})
    four = grown(4, seven)
    group.invalid("one bit of a proof from a full tree is flipped", "proof", **{**four, "proof": [OTHER]})
    same = grown(7, seven)
    group.invalid("one size and two roots", "proof", **{**same, "first_root": mth([*ENTRIES[:6], OTHER])})
    group.invalid("one size and a proof of it", "proof", **{**same, "proof": [mth(seven)]})
    return group


def flipped(data: bytes) -> bytes:
    """Return data with its last bit flipped."""
    return data[:-1] + bytes([data[-1] ^ 1])
