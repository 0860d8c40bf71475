"""Sizes of an entry and of a portable proof, and the time that a verifier takes for the latter, in a long log."""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from nacl.signing import SigningKey
from rows import Row

sys.path += [str(Path(__file__).parents[2]), str(Path(__file__).parents[2] / "examples")]

import verify_receipt

from lazpool.actions import checkpoints, logbook, proofs, rides
from lazpool.records.entries import PROPOSED, commitment_payload, sign_entry
from lazpool.rules import merkle
from lazpool.rules.ledger import Head, next_entry
from lazpool.store import ledger
from tests.town import Town

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazpool.actions.desk import Desk

ENTRIES, ROUNDS, ENOUGH = 10_000, 200, 1536


def proofs_bench(folder: Path) -> list[Row]:
    """Return the sizes for a log of few entries and of many, and how long a proof of the latter takes to verify."""
    with Town(folder, "ann", "bob") as town:
        town.offer("bob")
        town.request("ann")
        rides.done(town["ann"], town.agree())
        town.carry()
        ann = town["ann"]
        rows = [_entry(ann), _proof(town, "in a log of 3 entries")]
        _fill(ann)
        ann.node.execute("DELETE FROM checkpoints")  # the oldest would have the shortest proof
        rows.append(_proof(town, f"in a log of {ENTRIES:,} entries"))
        return [*rows, *_times(ann)]


def _entry(desk: Desk) -> Row:
    sizes = [len(one.pack()) for one in ledger.entries(desk.node)[1:]]
    return Row("an entry of the log, signed", f"{max(sizes)} bytes")


def _proof(town: Town, where: str) -> Row:
    ann = town["ann"]
    checkpoints.make(ann)
    town.carry()
    found = proofs.proof_of(ann, ledger.receipts(ann.node)[0].id)
    assert found.witnesses == 1
    size = len(str(found.document())) + 1
    what = f"portable proof, one witness, {where}"
    return Row(what, f"{size} bytes", f"{len(found.data)} before base64", size / ENOUGH, at_most=1.5)


def _fill(desk: Desk) -> None:
    """Lengthen a log at once; noting each entry by itself would also mark each on the disk."""
    with desk.node.transaction():
        head = logbook.head(desk)
        while head.seq < ENTRIES:
            payload = commitment_payload(head.id)
            log = desk.device.log_pk
            entry = next_entry(head, net=desk.net, log_pk=log, kind=PROPOSED, payload=payload, now=desk.second)
            ledger.add_entry(desk.node, entry, sign_entry(entry, desk.keys.log))
            head = Head(entry.seq, entry.id, entry.time)
    logbook.mark(desk, entry)


def _times(desk: Desk) -> list[Row]:
    leaves = [identifier for _, identifier in ledger.index(desk.node)]
    root, path = merkle.root(leaves), merkle.inclusion_path(leaves, 4321)
    document = proofs.proof_of(desk, ledger.receipts(desk.node)[0].id).document()
    key = SigningKey.generate()
    signed = key.sign(bytes(96))
    bare = _each(lambda: key.verify_key.verify(signed))
    step = _each(lambda: merkle.check_inclusion(leaves[4321], 4321, len(leaves), path, root))
    whole = _each(lambda: verify_receipt.proof(document))
    against = f"PyNaCl verify {bare * 1e6:.0f} us"
    return [
        Row(f"inclusion in a log of {ENTRIES:,}", f"{step * 1e6:.0f} us", against, step / bare),
        Row("a whole proof, read and verified", f"{whole * 1e3:.2f} ms", against, whole / bare),
    ]


def _each(do: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        begin = perf_counter()
        do()
        best = min(best, perf_counter() - begin)
    return best
