"""What a hub of a large town holds in memory: 100 members, 100,000 posts and 10,000 letters, all at the same time.

The peer is a process that has only imported libp2p; the bound is the limit that the units for a Raspberry Pi set.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from filled import tomorrow
from processes import address, node
from rows import Row
from trips import World, country

from lazpool.actions.desk import open_desk
from lazpool.net.network import parse_address
from lazpool.records.places import Point
from lazpool.rules.areas import area_of
from lazpool.rules.outline import outline
from lazpool.store import board, letterbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazpool.actions.desk import Desk

MEMBERS, POSTS, LETTERS, CROWDS = 100, 100_000, 10_000, 4
TOWNS = (Point(45.1885, 5.7245), Point(45.7606, 4.8594), Point(48.8566, 2.3522), Point(43.6045, 1.4440),
         Point(47.2184, -1.5536), Point(48.5734, 7.7521), Point(43.2965, 5.3698), Point(50.6292, 3.0573))  # fmt: skip
"""An area holds 20,000 posts at most, so a hub of so many serves some."""
BROUGHT, ON_A_TAG = 10, 50
"""Letters that each member brings while all are there; the rest lies there for members who are away."""
BATCH, BOUND_MB, READY_S, CALM_S, WATCH_S = 1000, 1024, 900.0, 30.0, 20.0


def hub(folder: Path) -> list[Row]:
    """Return a hub's resident memory when it has all that, at its peak, and its CPU when all are quiet."""
    bare = subprocess.Popen([sys.executable, "-c", "import libp2p, time; time.sleep(1200)"])
    areas = [area_of(point) for point in TOWNS]
    with ExitStack() as stack:
        stack.callback(bare.wait)
        stack.callback(bare.kill)
        words = [word for point in TOWNS for word in ("--area", f"{point.lat},{point.lon}")]
        process = stack.enter_context(node(folder / "hub", "hub", "run", *words))
        desk = stack.enter_context(open_desk(folder / "hub"))
        _fill(desk, areas)
        _hold(desk, LETTERS - MEMBERS * BROUGHT)
        watched = psutil.Process(process.pid)
        where = parse_address(address(folder / "hub")).text
        crowds = [_crowd(stack, where, desk.net, areas) for _ in range(CROWDS)]
        peak = _wait_ready(crowds, watched)
        held, posts = letterbox.count_letters(desk.board), board.count(desk.board)
        time.sleep(CALM_S)
        before = watched.cpu_times()
        time.sleep(WATCH_S)
        after, resident = watched.cpu_times(), watched.memory_info().rss / 1e6
        alone = psutil.Process(bare.pid).memory_info().rss / 1e6
    percent = 100 * (after.user + after.system - before.user - before.system) / WATCH_S
    what = f"hub with {MEMBERS} members, {posts:,} posts, {held:,} letters"
    against = f"import libp2p {alone:.0f} MB; bound {BOUND_MB} MB"
    return [
        Row(f"{what}: resident", f"{resident:.0f} MB", against, resident / BOUND_MB, at_most=1),
        Row("the same while all came and compared: peak", f"{peak:.0f} MB", "", peak / BOUND_MB, at_most=1),
        Row("the same when all are quiet: CPU", f"{percent:.1f} %"),
    ]


def _fill(desk: Desk, areas: Sequence[int]) -> None:
    """Put offers on the hub's board, spread over its areas, as they would lie there after a week."""
    made = World(country()[1], 1, tomorrow(desk), desk.net).offers(POSTS)
    for first in range(0, POSTS, BATCH):
        part = enumerate(made[first : first + BATCH], first)
        with desk.board.transaction():
            rows = [(one, outline(one.post), (areas[number % len(areas)],)) for number, one in part]  # type: ignore[arg-type] # offers all
            board.add(desk.board, rows, now=desk.minute)


def _hold(desk: Desk, count: int) -> None:
    """Put letters into the hub's letterbox, for members who are away."""
    until, owner = desk.minute + 24 * 60, os.urandom(32)
    with desk.board.transaction():
        for number in range(count):
            if number % ON_A_TAG == 0:
                tag = os.urandom(32)
                letterbox.open_tag(desk.board, tag, owner, until)
            letterbox.hold(desk.board, os.urandom(32), tag=tag, depositor=owner, letter=os.urandom(1024),
                           now=desk.minute, expires=until)  # fmt: skip


def _crowd(stack: ExitStack, where: str, net: bytes, areas: Sequence[int]) -> subprocess.Popen[str]:
    script = Path(__file__).parent / "crowd.py"
    counts = (str(MEMBERS // CROWDS), str(BROUGHT))
    crowd: Any = subprocess.Popen(
        [sys.executable, str(script), *counts, where, net.hex(), *map(str, areas)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    stack.callback(crowd.wait)
    stack.callback(crowd.kill)
    return crowd  # type: ignore[no-any-return] # pipes


def _wait_ready(crowds: Sequence[subprocess.Popen[str]], watched: psutil.Process) -> float:
    """Wait until all members have done what they do, and return the most megabytes that the hub took meanwhile."""
    waiting, peak, deadline = list(crowds), 0.0, time.monotonic() + READY_S
    with selectors.DefaultSelector() as selector:
        for crowd in crowds:
            selector.register(crowd.stdout, selectors.EVENT_READ, crowd)  # type: ignore[arg-type] # a pipe
        while waiting:
            for key, _ in selector.select(0.2):
                selector.unregister(key.fileobj)
                waiting.remove(key.data)
                if key.data.stdout.readline().strip() != "ready":
                    raise RuntimeError("a crowd of members broke off")
            peak = max(peak, watched.memory_info().rss / 1e6)
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(waiting)} crowds are not ready after {READY_S} s")
    return peak
