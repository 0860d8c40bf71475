"""Victims in processes of their own, started for a block and ended with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@dataclass(frozen=True, slots=True)
class Victim:
    """A running victim: its address, its process, and the file its log goes to."""

    address: str
    process: subprocess.Popen[str]
    log: IO[str]

    def log_lines(self) -> int:
        """Return how many lines it has logged."""
        self.log.seek(0)
        return len(self.log.readlines())

    def logged(self) -> str:
        """Return all it has logged."""
        self.log.seek(0)
        return self.log.read()

    def memory(self) -> int:
        """Return the bytes of memory it holds."""
        resident: int = psutil.Process(self.process.pid).memory_info().rss
        return resident

    def told(self) -> dict[str, Any]:
        """Return the next JSON line it prints."""
        assert self.process.stdout is not None
        line: dict[str, Any] = json.loads(self.process.stdout.readline())
        return line

    def ends_within(self, seconds: float) -> bool:
        """Tell whether the process ends by itself in time."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> tuple[int, float]:
        """Send SIGTERM; return the exit status and how many seconds it took."""
        start = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20), time.monotonic() - start


@contextmanager
def victim(*arguments: str, **settings: str) -> Iterator[Victim]:
    """Run a victim for a block; arguments and settings (of its environment) are those of victim.py."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **settings}
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [sys.executable, str(HERE / "victim.py"), *arguments],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=environment,
        )
        try:
            assert process.stdout is not None
            yield Victim(json.loads(process.stdout.readline())["address"], process, log)
        finally:
            process.kill()  # a stopped process too
            process.communicate()
