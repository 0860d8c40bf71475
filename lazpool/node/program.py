"""Running a program of the user's: its arguments as they are and no shell, with a time limit, and little of its output.

It gets a process group of its own, so that what it started ends with it.
"""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

MOST_OUTPUT = 4096
"""Bytes of output that are kept; the rest is read and dropped, so that nobody waits for us."""
DRAIN_S = 0.2
"""How long output is awaited from a program that has ended; what it left running may hold the pipe for ever."""
GONE_S = 1.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a program. status: of its exit, negative for a signal, None when it never ran or took too long."""

    status: int | None
    output: str
    why: str = ""

    @property
    def ok(self) -> bool:
        """Tell whether it did what it was to do."""
        return self.status == 0


async def run(
    command: Sequence[str], document: bytes, *, environment: Mapping[str, str], folder: Path, timeout_s: float
) -> Outcome:
    """Run a program in a folder with something on its standard input, and return what came of it."""
    try:
        process = await trio.lowlevel.open_process(
            [_at_home(command[0]), *command[1:]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=folder,
            start_new_session=True,
        )
    except (OSError, ValueError) as wrong:
        return Outcome(None, "", f"cannot run {command[0]}: {getattr(wrong, 'strerror', None) or wrong}")
    kept = bytearray()
    try:
        with trio.move_on_after(timeout_s) as limit:
            await _follow(process, document, kept)
    finally:
        with trio.CancelScope(shield=True):
            await _end(process)
    output = kept.decode(errors="replace")
    if limit.cancelled_caught:
        return Outcome(None, output, f"took longer than {timeout_s:g} seconds")
    status = process.returncode
    return Outcome(status, output, "" if status == 0 else f"ended with status {status}")


def _at_home(program: str) -> str:
    """Return a program whose path may begin with ~, as people write it; no shell would do it for them."""
    return os.path.expanduser(program)  # noqa: PTH111 # a word without a slash is looked up on PATH, a Path would lose it


async def _follow(process: trio.Process, document: bytes, kept: bytearray) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_feed, process, document)
        drained = trio.Event()
        nursery.start_soon(_drain, process, kept, drained)
        await process.wait()
        with trio.move_on_after(DRAIN_S):
            await drained.wait()
        nursery.cancel_scope.cancel()


async def _feed(process: trio.Process, document: bytes) -> None:
    if process.stdin is not None:
        with suppress(trio.BrokenResourceError):  # it does not want to read
            await process.stdin.send_all(document)
        await process.stdin.aclose()


async def _drain(process: trio.Process, kept: bytearray, drained: trio.Event) -> None:
    if process.stdout is not None:
        async for part in process.stdout:
            kept += part[: MOST_OUTPUT - len(kept)]
    drained.set()


async def _end(process: trio.Process) -> None:
    """End what still runs, with all that it started, and let go of the pipes."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        with trio.move_on_after(GONE_S):
            await process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            await stream.aclose()
