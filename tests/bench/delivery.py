"""From the commit of one process to the letter on another person's desk: two nodes and a hub on loopback."""

from __future__ import annotations

import sqlite3
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from processes import address, node
from rows import Row

from lazpool.actions import deals, posts, proposals
from lazpool.actions.desk import Desk, open_desk
from lazpool.actions.joining import join
from lazpool.net.address import parse_address
from lazpool.node.presence import look
from lazpool.records.places import Point
from lazpool.store import board
from lazpool.store.deals import get, notes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GRENOBLE, LYON = Point(45.1885, 5.7245), Point(45.7606, 4.8594)
LETTERS, WAIT_S = 100, 30.0


def delivery(folder: Path) -> list[Row]:
    """Return p50 and p99 of notes from commit to commit, against one durable commit of the same machine."""
    with ExitStack() as stack:
        hub = folder / "hub"
        stack.enter_context(node(hub, "hub", "run"))
        desks = {}
        for name in ("driver", "passenger"):
            stack.enter_context(node(folder / name, "up"))
            desks[name] = stack.enter_context(open_desk(folder / name))
            known = parse_address(address(hub))
            join(desks[name], known.text, known.node_pk)
            _until(lambda name=name: (look(folder / name / "node.lock") or _Nobody).peers)  # type: ignore[misc]
        times = _letters(desks["driver"], desks["passenger"])
        commit = _commit_s(folder / "bare.db")
    p50, p99 = times[len(times) // 2], times[int(len(times) * 0.99)]
    against = f"one durable commit {commit * 1000:.2f} ms"
    return [
        Row("commit to letter received, p50", f"{p50 * 1000:.0f} ms", against, p50 / commit),
        Row("commit to letter received, p99", f"{p99 * 1000:.0f} ms", against, p99 / commit),
    ]


class _Nobody:
    peers = 0


def _letters(driver: Desk, passenger: Desk) -> list[float]:
    deal_id = _agree(driver, passenger)
    times = []
    for number in range(1, LETTERS + 1):
        deals.add_note(passenger, deal_id, f"note {number}")
        start = time.perf_counter()
        _until(lambda number=number: len(notes(driver.node, deal_id)) >= number)  # type: ignore[misc]
        times.append(time.perf_counter() - start)
    return sorted(times)


def _agree(driver: Desk, passenger: Desk) -> bytes:
    depart = driver.minute + 24 * 60
    posts.offer(driver, posts.Trip(GRENOBLE, LYON, (), depart, 15, 2, 15, 80))
    posts.request(passenger, posts.Wish(GRENOBLE, LYON, depart, arrive=False, flex=30, seats=1, walk=500))
    _until(lambda: board.matches(passenger.board))
    deal = proposals.propose(passenger, board.matches(passenger.board)[0])
    _until(lambda: get(driver.node, deal.id))
    deals.accept(driver, deal.id)
    _until(lambda: (get(passenger.node, deal.id) or deal).state == "agreed")
    return deal.id


def _until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError("the letter never came")
        time.sleep(0.001)


def _commit_s(path: Path) -> float:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (x)")
    start = time.perf_counter()
    for _ in range(LETTERS):
        connection.execute("INSERT INTO t VALUES (1)")
    return (time.perf_counter() - start) / LETTERS
