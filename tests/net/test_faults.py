"""Every fault known to end, block, bloat or gag a py-libp2p host, thrown at a guarded one in another process."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from faults import KILLS, PEER, RAW, throw
from processes import HERE, ROOT, Victim, victim

from lazpool.net.network import open_network

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.process

TOPIC = "t"
ECHO = "/lazpool/test-echo/1"
LINES_PER_FAULT = 10
"""Kinds of fault one attack may cause, each said once; an unguarded host logs up to 15,900 lines."""

MEMORY_PER_FAULT = 12_000_000
"""Bytes; a flood of three thousand messages takes eight million."""


@pytest.fixture(scope="module")
def target() -> Iterator[Victim]:
    """Run one guarded host that takes all the faults of this module, one after the other."""
    with victim(TOPIC) as running:
        yield running


async def answers(target: Victim) -> bool:
    """Tell whether a newcomer can connect to a host and be answered."""
    async with open_network(os.urandom(32), [], serve={}, check=lambda *_: True) as newcomer:
        node_pk = await newcomer.connect(target.address)
        return await newcomer.ask(node_pk, ECHO, b"still there?") == b"still there?"


@pytest.mark.parametrize("name", [*RAW, *PEER])
async def test_a_guarded_host_lives_answers_and_says_little(target: Victim, name: str) -> None:
    """After the fault the process lives, answers a newcomer, has logged a few lines at most and taken little memory."""
    before, memory = target.log_lines(), target.memory()
    await throw(name, target.address, TOPIC)
    assert target.process.poll() is None
    assert await answers(target)
    assert target.log_lines() - before <= LINES_PER_FAULT
    assert target.memory() - memory <= MEMORY_PER_FAULT


@pytest.mark.parametrize("name", ["gossip_invalid_protobuf", "peer_vanishes"])
async def test_the_command_line_throws_too(target: Victim, name: str) -> None:
    """`python tests/net/faults.py NAME MULTIADDR TOPIC` does the same and exits 0."""
    command = [sys.executable, str(HERE / "faults.py"), name, target.address, TOPIC]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=30, check=False)  # noqa: ASYNC221 - nothing else runs
    assert done.returncode == 0, done.stderr
    assert await answers(target)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("streams_unnegotiated", "too many streams"),
        ("yamux_window_ignored", "peer ignores its window"),
        ("gossip_much_control", "too much control"),
        ("gossip_odd_messages", "unfit message"),
        ("request_many", "too many requests"),
        ("peer_not_ed25519", "connection refused"),
    ],
)
async def test_it_is_our_bound_that_stops_them(name: str, kind: str) -> None:
    """What a peer may open, send and begin ends at lazpool's bound, and the log names it."""
    with victim(TOPIC) as fresh:
        await throw(name, fresh.address, TOPIC)
        assert kind in fresh.logged()
        assert await answers(fresh)


def test_after_all_that_it_stops_as_told(target: Victim) -> None:
    """SIGTERM ends the host that took every fault, with status 0 and in less than two seconds."""
    status, seconds = target.stop()
    assert (status, target.told()["faults"] > 0) == (0, True)
    assert seconds < 2


@pytest.mark.parametrize("name", KILLS)
async def test_the_kill_packets_do_kill_an_unguarded_host(name: str) -> None:
    """A plain py-libp2p host ends at one packet; when an upgrade changes that, the guard may shrink."""
    with victim(TOPIC, "bare") as bare:
        await throw(name, bare.address, TOPIC)
        assert bare.ends_within(5)
