"""Nodes as real processes for the benches; they end with the block that started them."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lazpool.actions.desk import create_home
from lazpool.config import Config
from lazpool.node.presence import look

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

START_S = 30.0


@contextmanager
def node(home: Path, *command: str, program: Sequence[str] = ("-m", "lazpool")) -> Iterator[subprocess.Popen[bytes]]:
    """Create a home and run its node until the block ends; program: what Python runs for it."""
    create_home(Config(home, network="bench", name=home.name))
    listen = ["--listen", "/ip4/127.0.0.1/tcp/0"]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *program, "--home", str(home), *command, *listen], stdout=log, stderr=log
        )
    try:
        address(home)
        yield process
    finally:
        process.kill()
        process.wait()


def address(home: Path) -> str:
    """Return where a node listens, once it does."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        presence = look(home / "node.lock")
        if presence and presence.addresses:
            return presence.addresses[0]
        time.sleep(0.05)
    raise TimeoutError((home / "log").read_text(errors="replace")[-2000:])
