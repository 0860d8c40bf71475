"""The ledger: entries a second against TrustChain's blocks, a log replayed against bare signatures, and sizes."""

from __future__ import annotations

import secrets
import tracemalloc
from contextlib import ExitStack
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

from nacl.bindings import crypto_sign_open
from rows import Row
from trustchain import Peer, environment

from lazpool.actions import logbook
from lazpool.actions.desk import create_home, open_desk
from lazpool.config import Config
from lazpool.records.entries import (
    SEALED,
    check_entry,
    commitment_payload,
    entry_from,
    entry_id,
    sign_entry,
)
from lazpool.rules.ledger import next_entry
from lazpool.rules.replay import verify_chain
from lazpool.store import ledger as stored
from lazpool.wire.signing import public_key, signing_input

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lazpool.actions.desk import Desk
    from lazpool.wire.envelope import Envelope

ROUNDS = 12
BATCH = {"NORMAL": 200, "FULL": 40}
"""Entries a round: each is a commit, and with FULL the disk is waited for."""
LOG, LOG_ROUNDS = 10_000, 5


def ledger(folder: Path) -> list[Row]:
    """Return how fast entries are made and replayed, and how large they are."""
    python, rows, block = environment(), [], 0
    for synchronous in ("NORMAL", "FULL"):
        made, size = _made(folder / synchronous, synchronous, python)
        rows += made
        block = block or size
    with _home(folder / "log") as (desk, _):
        return [*rows, *_replayed(desk), _size(desk, block)]


class _home:  # noqa: N801 # a function in all but name
    """A new home of its own for the duration of a block, and the stack that closes it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        create_home(Config(folder / "home", network="bench"))
        self._folder, self._stack = folder, ExitStack()

    def __enter__(self) -> tuple[Desk, ExitStack]:
        return self._stack.enter_context(open_desk(self._folder / "home")), self._stack

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def _made(folder: Path, synchronous: str, python: Path | None) -> tuple[list[Row], int]:
    """Create, sign, verify and store, each entry in a commit of its own: ours and theirs by turns."""
    many = BATCH[synchronous]
    with _home(folder) as (desk, stack):
        desk.node.execute(f"PRAGMA synchronous={synchronous}")
        peer = stack.enter_context(Peer.start(python, folder / "peer", synchronous)) if python else None
        rounds = [
            (_rate(desk, _entry, many), peer.rate(many) if peer else 0.0, _rate(desk, _noted, many))
            for _ in range(ROUNDS)
        ]
    ours, theirs, noted = (max(one[side] for one in rounds) for side in range(3))
    what = f"entries created, signed, verified, stored; {synchronous}"
    by_node = f"by the node, which looks for copies and marks; {synchronous}"
    if not peer:
        nobody = "TrustChain is not installed"
        return [Row(what, f"{ours:,.0f}/s", nobody), Row(by_node, f"{noted:,.0f}/s", nobody)], 0
    ratios, by_nodes = ([one[side] / one[1] for one in rounds] for side in (0, 2))
    against = f"TrustChain {theirs:,.0f}/s (rounds {min(ratios):.1f} to {max(ratios):.1f})"
    return [
        Row(what, f"{ours:,.0f}/s", against, median(ratios), at_least=2.0),
        Row(by_node, f"{noted:,.0f}/s", "the same", median(by_nodes)),
    ], peer.size


def _rate(desk: Desk, make: Callable[[Desk], None], many: int) -> float:
    start = perf_counter()
    for _ in range(many):
        make(desk)
    return many / (perf_counter() - start)


def _entry(desk: Desk) -> None:
    """Append an entry as the node does, and check it from its bytes as another would."""
    with desk.node.transaction():
        head = stored.head(desk.node)
        payload = commitment_payload(secrets.token_bytes(32))
        log_pk = public_key(desk.keys.log)
        entry = next_entry(head, net=desk.net, log_pk=log_pk, kind=SEALED, payload=payload, now=desk.second)
        envelope = sign_entry(entry, desk.keys.log)
        read = entry_from(envelope.body)
        check_entry(read, envelope.signature, entry_id(envelope.body))
        if head and (read.seq, read.prev) != (head.seq + 1, head.id):
            raise AssertionError("does not follow")
        stored.add_entry(desk.node, entry, envelope)


def _noted(desk: Desk) -> None:
    """Append an entry by the node's own function, which looks for signs of a copy first, and marks it after."""
    with desk.node.transaction():
        logbook.note(desk, SEALED, secrets.token_bytes(32), secrets.token_bytes(32))


def _replayed(desk: Desk) -> list[Row]:
    """Replay a long log from bytes, and check as many signatures of the same inputs with nothing around them."""
    with desk.node.transaction():
        head = stored.head(desk.node)
        for _ in range(LOG - 1):
            payload = commitment_payload(secrets.token_bytes(32))
            log_pk = public_key(desk.keys.log)
            entry = next_entry(head, net=desk.net, log_pk=log_pk, kind=SEALED, payload=payload, now=desk.second)
            stored.add_entry(desk.node, entry, sign_entry(entry, desk.keys.log))
            head = stored.head(desk.node)
    log = stored.entries(desk.node)
    key = desk.device.log_pk
    signed = [one.signature + signing_input("entry", desk.net, entry_id(one.body)) for one in log]
    rounds = [(_seconds(lambda: _bare(signed, key)), _seconds(lambda: _replay(desk, log))) for _ in range(LOG_ROUNDS)]
    bare, ours = (min(one[side] for one in rounds) for side in (0, 1))
    typical = median(one[0] / one[1] for one in rounds)
    tracemalloc.start()
    _replay(desk, log)
    memory = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    against = f"PyNaCl verify {LOG / bare:,.0f}/s (median ratio {typical:.2f})"
    return [
        Row(
            f"log of {LOG:,} entries verified in {ours:.2f} s",
            f"{LOG / ours:,.0f}/s",
            against,
            bare / ours,
            at_least=0.7,
        ),
        Row("memory of that, at most", f"{memory / 2**20:.1f} MiB", f"{memory / LOG:,.0f} bytes an entry"),
    ]


def _seconds(act: Callable[[], None]) -> float:
    start = perf_counter()
    act()
    return perf_counter() - start


def _bare(signed: list[bytes], key: bytes) -> None:
    for one in signed:
        crypto_sign_open(one, key)


def _replay(desk: Desk, log: list[Envelope]) -> None:
    entries, wrong = verify_chain(log, net=desk.net, log_pk=desk.device.log_pk)
    if wrong or len(entries) != LOG:
        raise AssertionError(wrong)


def _size(desk: Desk, block: int) -> Row:
    """Measure an entry with its signature; `make bench ARGS=proofs` has the sizes of proofs."""
    newest = stored.entries(desk.node)[-1]
    against = f"a half block of TrustChain: {block} bytes" if block else ""
    return Row("size of an entry with its signature", f"{len(newest.pack())} bytes", against)
