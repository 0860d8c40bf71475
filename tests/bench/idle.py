"""What an idle node costs, against a process that has only imported libp2p."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
from processes import node
from rows import Row

if TYPE_CHECKING:
    from pathlib import Path

SETTLE_S, WATCH_S = 5.0, 20.0
EXTRA_MB = 25
CPU_PERCENT = 2.0


def idle(folder: Path) -> list[Row]:
    """Return resident memory beside a bare import of libp2p, and CPU while nothing happens."""
    bare = subprocess.Popen([sys.executable, "-c", f"import libp2p, time; time.sleep({SETTLE_S + WATCH_S + 60})"])
    try:
        with node(folder / "home", "up") as process:
            time.sleep(SETTLE_S)
            watched = psutil.Process(process.pid)
            before, start = watched.cpu_times(), time.monotonic()
            time.sleep(WATCH_S)
            after, seconds = watched.cpu_times(), time.monotonic() - start
            ours, theirs = (psutil.Process(pid).memory_info().rss / 1e6 for pid in (process.pid, bare.pid))
    finally:
        bare.kill()
        bare.wait()
    percent = 100 * (after.user + after.system - before.user - before.system) / seconds
    return [
        Row(
            "idle node, resident",
            f"{ours:.0f} MB",
            f"import libp2p {theirs:.0f} MB + {EXTRA_MB}",
            ours / (theirs + EXTRA_MB),
            at_most=1,
        ),
        Row("idle node, CPU", f"{percent:.1f} %", f"bound {CPU_PERCENT:.0f} %", percent / CPU_PERCENT, at_most=1),
    ]
