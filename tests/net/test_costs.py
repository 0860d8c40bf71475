"""What an open network costs over time. Memory and CPU are measured by the benchmark, not tested."""

from __future__ import annotations

import subprocess
import sys

import psutil
import pytest
import trio
from nodes import node, until
from processes import ROOT, victim

pytestmark = pytest.mark.process

ROUNDS = 15


async def test_file_handles_do_not_grow() -> None:
    """Peers that come and go, politely or cut off, leave a node with as many open files as before."""
    with victim("t") as watched:
        process = psutil.Process(watched.process.pid)
        await _visit(watched.address)
        before = process.num_fds()
        for _ in range(ROUNDS):
            await _visit(watched.address)
        await until(lambda: process.num_fds() <= before + 2, timeout_s=20)


async def _visit(address: str) -> None:
    async with node() as visitor:
        await visitor.connect(address)
    knock = await trio.open_tcp_stream("127.0.0.1", int(address.split("/")[4]))
    await knock.aclose()


def test_addresses_are_checked_without_libp2p() -> None:
    """The command line can check an address without waiting a second for libp2p."""
    code = "import sys, lazpool.net.address; print('libp2p' in sys.modules or 'trio' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
