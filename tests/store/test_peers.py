"""Remembered neighbours: bounded in all and of one host, the best first, and forgotten in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lazpool.store import node_schema, peers
from lazpool.store.database import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lazpool.store.database import Store

NOW = 29_000_000


@pytest.fixture
def db() -> Iterator[Store]:
    """Open an empty database."""
    store = open_store(None, node_schema, synchronous="FULL")
    yield store
    store.close()


def meet(db: Store, number: int, host: str = "", minute: int = NOW) -> bytes:
    """Remember a neighbour."""
    key = number.to_bytes(32, "big")
    with db.transaction():
        peers.note_good(db, key, f"/ip4/{host or f'192.0.2.{number}'}/tcp/4001/p2p/x", minute)
    return key


def known(db: Store) -> list[bytes]:
    """Return whom is remembered, the most promising first."""
    return [one.node_pk for one in peers.every(db)]


def test_one_row_each(db: Store) -> None:
    """Who is met again is the same neighbour, at its newest address, and what failed before counts no more."""
    one = meet(db, 1)
    peers.note_failed(db, one)
    meet(db, 1, "192.0.2.99", NOW + 5)
    (found,) = peers.every(db)
    assert (found.host, found.seen, found.good, found.failed) == ("ip4/192.0.2.99", NOW + 5, 2, 0)


def test_the_most_promising_first(db: Store) -> None:
    """Who was not found again comes last, and who was there lately first."""
    old, new, lost = meet(db, 1), meet(db, 2, minute=NOW + 9), meet(db, 3, minute=NOW + 10)
    peers.note_failed(db, lost)
    assert known(db) == [new, old, lost]
    peers.note_seen(db, old, NOW + 20)
    assert known(db) == [old, new, lost]


def test_bounds(db: Store) -> None:
    """A host with many names has four at most, all hosts have 64, and who was good more often stays."""
    friend = meet(db, 1)
    meet(db, 1)
    for number in range(1000, 1020):
        meet(db, number, "198.51.100.1", NOW + number)
    assert len(known(db)) == 1 + peers.MOST_OF_HOST
    for number in range(2, 200):
        meet(db, number, minute=NOW + number)
    assert len(known(db)) == peers.MOST
    assert friend in known(db)
    assert (199).to_bytes(32, "big") in known(db)


def test_forgetting(db: Store) -> None:
    """After 90 days, or a week in which it was sought in vain eight times."""
    old, lost, sought = meet(db, 1), meet(db, 2), meet(db, 3)
    for _ in range(peers.LOST_TIMES):
        peers.note_failed(db, lost)
    peers.note_failed(db, sought)
    assert peers.forget_old(db, NOW + peers.LOST_MINUTES) == 0
    assert peers.forget_old(db, NOW + peers.LOST_MINUTES + 1) == 1
    assert known(db) == [old, sought]
    assert peers.forget_old(db, NOW + peers.OLD_MINUTES + 1) == 2
