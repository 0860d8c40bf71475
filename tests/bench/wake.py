"""How long after waking a node's board is whole, where posts came to its hub while it stood still.

The peer is one process that judges and stores the same posts and does nothing else.
"""

from __future__ import annotations

import signal
import time
from contextlib import ExitStack
from time import perf_counter
from typing import TYPE_CHECKING

from gossip import DAY, GRENOBLE, LYON, requests
from processes import address, node
from rows import Row

from lazpool.actions import hearing, posts
from lazpool.actions.desk import create_home, open_desk
from lazpool.actions.joining import join
from lazpool.config import Config
from lazpool.net.address import parse_address
from lazpool.rules.areas import area_of
from lazpool.store import board

if TYPE_CHECKING:
    from pathlib import Path

    from lazpool.actions.desk import Desk
    from lazpool.records.posts import SignedPost

SLEEP_S = 20.0
"""Long enough to be noticed by the sleeper, and for the hub to have given it up."""
MISSED, BATCH = (1000, 10_000), 256
WAIT_S = 180.0
GOAL_S = {1000: 10.0, 10_000: 60.0}
"""Seconds from waking to a whole board, at most."""


def wake(folder: Path) -> list[Row]:
    """Return the seconds from waking to whole, for a thousand and ten thousand posts."""
    with ExitStack() as stack:
        stack.enter_context(node(folder / "hub", "hub", "run", "--area", f"{GRENOBLE.lat},{GRENOBLE.lon}"))
        sleeper = stack.enter_context(node(folder / "sleeper", "up"))
        hub, desk = (stack.enter_context(open_desk(folder / name)) for name in ("hub", "sleeper"))
        posts.request(desk, posts.Wish(GRENOBLE, LYON, desk.minute + DAY, arrive=False, flex=30, seats=1, walk=500))
        known = parse_address(address(folder / "hub"))
        join(desk, known.text, known.node_pk)
        _wait_whole(hub, desk)
        rows = []
        for number in MISSED:
            made = requests(desk, number)
            alone = _alone(folder / f"alone{number}", made)
            sleeper.send_signal(signal.SIGSTOP)
            began = time.monotonic()
            _hear(hub, made)
            time.sleep(max(0.0, SLEEP_S - (time.monotonic() - began)))
            sleeper.send_signal(signal.SIGCONT)
            took = _wait_whole(hub, desk)
            against = f"judging and storing them {alone:.1f} s"
            rows.append(
                Row(f"{number:,} posts missed asleep: whole after", f"{took:.1f} s", against, took / GOAL_S[number], 1)
            )
        return rows


def _hear(desk: Desk, made: list[SignedPost]) -> None:
    area = area_of(GRENOBLE)
    for first in range(0, len(made), BATCH):
        hearing.hear_all(desk, [(one.envelope, (area,)) for one in made[first : first + BATCH]], [])


def _alone(home: Path, made: list[SignedPost]) -> float:
    create_home(Config(home, network="bench"))
    with open_desk(home) as desk:
        began = perf_counter()
        _hear(desk, made)
        return perf_counter() - began


def _wait_whole(hub: Desk, desk: Desk) -> float:
    """Return the seconds until the sleeper's board has as many posts as the hub's."""
    began = time.monotonic()
    while not (wanted := board.count(hub.board)) or board.count(desk.board) < wanted:
        if time.monotonic() - began > WAIT_S:
            raise TimeoutError(f"{board.count(desk.board)} of {wanted} posts after {WAIT_S} s")
        time.sleep(0.05)
    return time.monotonic() - began
