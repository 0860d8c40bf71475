"""What an open network costs a process that does nothing."""

from __future__ import annotations

import subprocess
import sys

import psutil
import pytest
import trio
from nodes import node, until
from processes import ROOT, victim

pytestmark = pytest.mark.process

IMPORT_ALONE = "import libp2p, psutil; print(psutil.Process().memory_info().rss)"


async def test_an_idle_host_is_cheap() -> None:
    """With two peers and a topic, it takes at most 2 % of a core, and 25 MB more than `import libp2p` alone."""
    done = subprocess.run([sys.executable, "-c", IMPORT_ALONE], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: ASYNC221 - nothing else runs
    with victim("t") as idle:
        async with node() as a, node() as b:
            for network in (a, b):
                await network.subscribe("t")
                await network.connect(idle.address)
                await until(lambda network=network: network.listeners("t"))
            process = psutil.Process(idle.process.pid)
            await trio.sleep(1)
            before = sum(process.cpu_times()[:2])
            await trio.sleep(5)
            assert sum(process.cpu_times()[:2]) - before <= 5 * 0.02
            assert process.memory_info().rss - int(done.stdout) <= 25_000_000


def test_addresses_are_checked_without_libp2p() -> None:
    """The command line can check an address without waiting a second for libp2p."""
    code = "import sys, lazpool.net.address; print('libp2p' in sys.modules or 'trio' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
