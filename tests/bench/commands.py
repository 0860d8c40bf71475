"""What a fresh command-line process costs, against a bare interpreter with the imports it cannot do without."""

from __future__ import annotations

import random
import subprocess
import sys
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

from admission import AREA, offers
from rows import Row

from lazpool.actions import hearing
from lazpool.actions.desk import create_home, open_desk
from lazpool.config import Config

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS, BOARD = 15, 1000
BARE = [sys.executable, "-c", "import click, nacl.signing, sqlite3"]


def commands(folder: Path) -> list[Row]:
    """Return the time of `lazpool --json board` on a board of 1,000 posts and its ratio to the bare interpreter."""
    home = folder / "home"
    create_home(Config(home, network="bench"))
    with open_desk(home) as desk:
        hearing.hear_all(desk, [(one, (AREA,)) for one in offers(desk, random.Random(1))[:BOARD]], [])
    ours = [sys.executable, "-m", "lazpool", "--home", str(home), "--json", "board"]
    pairs = [(_time(ours), _time(BARE)) for _ in range(ROUNDS + 1)][1:]
    seconds, bare = (median(pair[side] for pair in pairs) for side in (0, 1))
    ratio = median(one / other for one, other in pairs)
    return [
        Row(
            f"lazpool --json board, {BOARD:,} posts",
            f"{seconds * 1000:.0f} ms",
            f"bare imports {bare * 1000:.0f} ms",
            ratio,
            at_most=3,
        )
    ]


def _time(command: list[str]) -> float:
    start = perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - start
