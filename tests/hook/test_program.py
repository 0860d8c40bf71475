"""Running a program of the user's: it is bounded in time and output, and takes what it started with it."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
import trio

from lazpool.node.program import MOST_OUTPUT, Outcome, run

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent


async def sh(script: str, document: bytes = b"", *, timeout_s: float = 20.0, folder: Path = HERE) -> Outcome:
    """Run a script of the shell."""
    return await run(["sh", "-c", script], document, environment=os.environ, folder=folder, timeout_s=timeout_s)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, with a generous limit."""
    with trio.fail_after(20):
        while not condition():  # noqa: ASYNC110 # another process brings it about
            await trio.sleep(0.01)


async def test_what_it_gets(tmp_path: Path) -> None:
    """Arguments come as they are, whatever is in them; the document on standard input; the folder and environment."""
    words = ["$(id)", "--x", "a b", "*", "'", ""]
    code = "import os,sys;print(sys.argv[1:], sys.stdin.read(), os.getcwd(), os.environ['ONLY'])"
    command = [sys.executable, "-c", code, *words]
    found = await run(command, b"{}\n", environment={"ONLY": "this"}, folder=tmp_path, timeout_s=20)
    assert found == Outcome(0, f"{words} {{}}\n {tmp_path} this\n")
    assert found.ok


async def test_a_status_is_told() -> None:
    """A program that fails is no fault of ours: its status and what it said on either stream are told."""
    found = await sh("echo out; echo err >&2; exit 3")
    assert (found.status, found.output, found.ok, found.why) == (3, "out\nerr\n", False, "ended with status 3")
    killed = await sh("kill -TERM $$")
    assert (killed.status, killed.ok) == (-15, False)


@pytest.mark.parametrize("program", ["no-such-program-anywhere", "/etc", "/etc/hostname", "~/no-such-program"])
async def test_what_cannot_run(program: str) -> None:
    """A program that is not there, or is none, is said to be so."""
    found = await run([program], b"", environment=os.environ, folder=HERE, timeout_s=5)
    assert found.status is None
    assert found.why.startswith(f"cannot run {program}: ")


async def test_a_path_may_begin_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tilde means what it does everywhere, though there is no shell."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "alert").write_text("#!/bin/sh\necho here\n")
    (tmp_path / "alert").chmod(0o700)
    assert (await run(["~/alert"], b"", environment={}, folder=HERE, timeout_s=20)).output == "here\n"


async def test_it_need_not_read() -> None:
    """A document larger than a pipe does not stop a program that does not look at it."""
    assert (await sh("exec <&-; exit 0", b"x" * 1_000_000)).ok


async def test_much_output_is_cut() -> None:
    """A program that talks without end neither fills our memory nor waits for us."""
    found = await sh("head -c 3000000 /dev/zero | tr '\\0' x")
    assert found.ok
    assert found.output == "x" * MOST_OUTPUT


async def test_a_program_that_takes_too_long_is_ended() -> None:
    """After the limit it is ended, also when it ignores gentle signals."""
    began = time.monotonic()
    found = await sh("trap '' TERM INT; while true; do sleep 1; done", timeout_s=0.2)
    assert time.monotonic() - began < 15
    assert (found.status, found.why) == (None, "took longer than 0.2 seconds")


async def test_what_it_leaves_running_is_not_awaited(tmp_path: Path) -> None:
    """A program that starts another one and ends is done, although that one holds its output open."""
    began = time.monotonic()
    found = await sh("sleep 30 & echo $! > child; echo done", folder=tmp_path)
    assert time.monotonic() - began < 10
    assert (found.ok, found.output) == (True, "done\n")
    psutil.Process(int((tmp_path / "child").read_text())).kill()


async def test_it_ends_with_us_and_with_all_that_it_started(tmp_path: Path) -> None:
    """When the node stops, neither the program stays behind nor a child of it that ignores gentle signals."""
    script = "echo $$ > program; sh -c 'trap \"\" TERM; echo $$ > child; while true; do sleep 1; done' & wait"
    files = [tmp_path / "program", tmp_path / "child"]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(lambda: sh(script, folder=tmp_path))
        await until(lambda: all(file.exists() and file.read_text().endswith("\n") for file in files))
        nursery.cancel_scope.cancel()
    for process in (int(file.read_text()) for file in files):
        await until(lambda process=process: is_gone(process))  # type: ignore[misc] # bound now


def is_gone(process: int) -> bool:
    """Tell whether a process has ended, be it that nobody has asked yet how."""
    try:
        return psutil.Process(process).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def test_no_handle_is_left_open() -> None:
    """However it ends, the pipes are closed."""
    await sh("true")
    before = psutil.Process().num_fds()
    for script, limit in (("true", 20.0), ("exit 1", 20.0), ("sleep 60", 0.1)):
        await sh(script, b"x" * 100_000, timeout_s=limit)
    await run(["no-such-program"], b"", environment={}, folder=HERE, timeout_s=1)
    assert psutil.Process().num_fds() <= before
