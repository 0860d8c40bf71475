"""Merkle trees: the public roots and proofs, a brute force by the definitions, and nothing altered is believed."""

from __future__ import annotations

from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazpool.errors import MalformedError
from lazpool.rules.merkle import (
    Growing,
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_path,
    leaf_hash,
    node_hash,
    root,
)

if TYPE_CHECKING:
    from collections.abc import Callable

PUBLIC = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
PUBLIC.append(bytes.fromhex("606162636465666768696a6b6c6d6e6f"))
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""The reference tree of certificate transparency: its leaves, and its root at each size."""
PATHS = {
    (0, 8): "96a296d2 5f083f0a 6b47aaf2",
    (5, 8): "bc1a0643 ca854ea1 d37ee418",
    (2, 3): "fac54203",
    (1, 5): "6e340b9c 5f083f0a bc1a0643",
}
PROOFS = {
    (1, 8): "96a296d2 5f083f0a 6b47aaf2",
    (6, 8): "0ebc5d34 ca854ea1 d37ee418",
    (2, 5): "5f083f0a bc1a0643",
    (6, 7): "0ebc5d34 b08693ec d37ee418",
}
"""Its published paths and proofs by index or first size, and size; the first four bytes of each step."""
trees = st.integers(1, 200).map(lambda size: [number.to_bytes(32, "big") for number in range(size)])


def brute(leaves: list[bytes]) -> bytes:
    """Return the root by the definition of RFC 6962."""
    if len(leaves) < 2:
        return sha256(b"\0" + leaves[0] if leaves else b"").digest()
    half = max(2**power for power in range(40) if 2**power < len(leaves))
    return sha256(b"\1" + brute(leaves[:half]) + brute(leaves[half:])).digest()


def starts(steps: tuple[bytes, ...]) -> str:
    """Return how each step begins."""
    return " ".join(step.hex()[:8] for step in steps)


def test_the_public_tree() -> None:
    """Roots, paths and proofs are those that certificate transparency has published, and each of them verifies."""
    assert root([]).hex() == sha256().hexdigest()
    assert [root(PUBLIC[:size]).hex() for size in range(1, 9)] == ROOTS
    known = [bytes.fromhex(text) for text in ROOTS]
    for (index, size), expected in PATHS.items():
        path = inclusion_path(PUBLIC[:size], index)
        assert starts(path) == expected
        check_inclusion(PUBLIC[index], index, size, path, known[size - 1])
    for (first, second), expected in PROOFS.items():
        proof = consistency_proof(PUBLIC[:second], first)
        assert starts(proof) == expected
        check_consistency((first, second), (known[first - 1], known[second - 1]), proof)


@given(tree=trees)
def test_the_root_is_that_of_the_definition(tree: list[bytes]) -> None:
    """However many leaves there are; growing leaf by leaf comes to the same at every size."""
    growing = Growing()
    for size, leaf in enumerate(tree, 1):
        growing.add(leaf)
        if size in {1, len(tree) // 2, len(tree)}:
            assert growing.root() == root(tree[:size]) == brute(tree[:size])
    assert growing.size == len(tree)


@given(tree=trees, data=st.data())
def test_honest_proofs_hold(tree: list[bytes], data: st.DataObject) -> None:
    """Of any leaf and any earlier size, with at most as many steps as the size has bits."""
    index, first = data.draw(st.integers(0, len(tree) - 1)), data.draw(st.integers(1, len(tree)))
    path, proof = inclusion_path(tree, index), consistency_proof(tree, first)
    check_inclusion(tree[index], index, len(tree), path, brute(tree))
    check_consistency((first, len(tree)), (brute(tree[:first]), brute(tree)), proof)
    assert len(path) <= len(tree).bit_length()
    assert len(proof) <= len(tree).bit_length() + 1


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8, 13])
def test_nothing_altered_is_believed(size: int) -> None:
    """A flipped bit in any byte of leaf, root or step, another place, a step more or less: all refused, everywhere."""
    tree = [number.to_bytes(32, "big") for number in range(size)]
    now = root(tree)
    for index in range(size):
        path = inclusion_path(tree, index)
        for bent in _bent(path):
            refused(check_inclusion, tree[index], index, size, bent, now)
        for changed in _flips(tree[index]):
            refused(check_inclusion, changed, index, size, path, now)
        for changed in _flips(now):
            refused(check_inclusion, tree[index], index, size, path, changed)
        for other in {*range(-1, size + 2)} - {index}:
            refused(check_inclusion, tree[index], other, size, path, now)
    for first in range(1, size + 1):
        proof, roots = consistency_proof(tree, first), (root(tree[:first]), now)
        for bent in _bent(proof):
            refused(check_consistency, (first, size), roots, bent)
        for changed in _flips(roots[0]):
            refused(check_consistency, (first, size), (changed, now), proof)
            refused(check_consistency, (first, size), (roots[0], changed), proof)
        for other in {*range(-1, size + 2)} - {first}:
            refused(check_consistency, (other, size), roots, proof)


@given(tree=trees, at=st.integers(0, 199), first=st.integers(1, 200))
def test_a_log_that_was_rewritten_has_no_proof(tree: list[bytes], at: int, first: int) -> None:
    """Who changes an entry that somebody has the root of finds no proof: neither the honest one nor one of the lie."""
    first = min(first, len(tree))
    at = min(at, first - 1)
    lie = [*tree[:at], b"\xff" * 32, *tree[at + 1 :]]
    for made in (tree, lie):
        with pytest.raises(MalformedError):
            check_consistency((first, len(tree)), (root(tree[:first]), root(lie)), consistency_proof(made, first))


def test_a_node_is_no_leaf() -> None:
    """Two leaves' hashes as one leaf do not come to the same: the prefixes tell leaf from node."""
    one, other = leaf_hash(b"a"), leaf_hash(b"b")
    assert node_hash(one, other) == root([b"a", b"b"]) != root([one + other])


def _flips(data: bytes) -> list[bytes]:
    return [data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :] for at in range(len(data))]


def _bent(steps: tuple[bytes, ...]) -> list[tuple[bytes, ...]]:
    bent = [(*steps, leaf_hash(b"more")), (leaf_hash(b"more"), *steps), (*steps, b"")]
    bent += [steps[:at] + steps[at + 1 :] for at in range(len(steps))]
    bent += [(*steps[:at], flipped, *steps[at + 1 :]) for at, step in enumerate(steps) for flipped in _flips(step)]
    bent += [steps[::-1]] if any(one != other for one, other in pairwise(steps)) else []
    return bent


def refused(check: Callable[..., None], *said: object) -> None:
    """Require that a check refuses."""
    with pytest.raises(MalformedError) as wrong:
        check(*said)
    assert wrong.value.layer == "proof"
