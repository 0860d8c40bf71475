"""Requests and responses: whatever a handler or a caller does, there is an answer or an error, and the host lives."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
import trio
from nodes import LISTEN, until

from lazpool.errors import InvalidInputError, UnreachableError
from lazpool.net import exchange
from lazpool.net.limits import MAX_EXCHANGES_PER_PEER, MAX_REQUEST, MAX_RESPONSE
from lazpool.net.network import Network, open_network

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

ASK = "/lazpool/test-ask/1"


async def answer(_node_pk: bytes, frame: bytes) -> bytes:
    """Answer as the frame says."""
    if frame == b"fail":
        raise ZeroDivisionError
    if frame == b"slow":
        await trio.sleep_forever()
    if frame == b"wait":
        await trio.sleep(0.05)
    if frame.isdigit():
        return bytes(int(frame))
    return frame


def node() -> AbstractAsyncContextManager[Network]:
    """Open a host that answers ASK."""
    return open_network(os.urandom(32), LISTEN, serve={ASK: answer}, check=lambda *_: True)


async def test_frames_up_to_the_bounds_pass_whole() -> None:
    """The largest request and the largest response arrive as they were sent, and so do empty ones."""
    async with node() as a, node() as b:
        await b.connect(a.addresses()[0])
        request = os.urandom(MAX_REQUEST)
        assert await b.ask(a.node_pk, ASK, request) == request
        assert await b.ask(a.node_pk, ASK, b"%d" % MAX_RESPONSE) == bytes(MAX_RESPONSE)
        assert await b.ask(a.node_pk, ASK, b"") == b""


async def test_faults_of_either_side_are_errors_and_nothing_more() -> None:
    """A failing handler, an answer too large, a silent one: UnreachableError; a request too large: the caller's own."""
    async with node() as a, node() as b:
        await b.connect(a.addresses()[0])
        for frame in (b"fail", b"%d" % (MAX_RESPONSE + 1)):
            with pytest.raises(UnreachableError):
                await b.ask(a.node_pk, ASK, frame)
        start = trio.current_time()
        with pytest.raises(UnreachableError):
            await b.ask(a.node_pk, ASK, b"slow", timeout_s=0.3)
        assert trio.current_time() - start < 1
        with pytest.raises(InvalidInputError):
            await b.ask(a.node_pk, ASK, bytes(MAX_REQUEST + 1))
        assert await b.ask(a.node_pk, ASK, b"still there") == b"still there"
        assert (a.peers(), b.peers()) == ([b.node_pk], [a.node_pk])


async def test_many_questions_at_once_are_all_answered() -> None:
    """Our own side waits its turn, so that the other never has to refuse."""
    async with node() as a, node() as b:
        await b.connect(a.addresses()[0])
        answers: list[bytes] = []

        async def ask() -> None:
            answers.append(await b.ask(a.node_pk, ASK, b"wait"))

        async with trio.open_nursery() as nursery:
            for _ in range(40):
                nursery.start_soon(ask)
        assert answers == [b"wait"] * 40


async def test_one_peer_cannot_take_all_the_handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer that asks more at once than an honest one is refused; another peer is still answered."""
    monkeypatch.setattr(exchange, "MAX_ASKS_PER_PEER", 100)
    async with node() as a, node() as greedy, node() as modest, trio.open_nursery() as nursery:
        await greedy.connect(a.addresses()[0])
        await modest.connect(a.addresses()[0])
        refused: list[bool] = []

        async def ask() -> None:
            with pytest.raises(UnreachableError):
                await greedy.ask(a.node_pk, ASK, b"slow", timeout_s=20)
            refused.append(True)

        for _ in range(MAX_EXCHANGES_PER_PEER + 5):
            nursery.start_soon(ask)
        await until(lambda: len(refused) == 5)
        assert await modest.ask(a.node_pk, ASK, b"me too") == b"me too"
        nursery.cancel_scope.cancel()


async def test_a_peer_that_leaves_ends_the_waiting() -> None:
    """A question under way fails as soon as the connection is gone, long before its time is up."""
    async with node() as a, node() as b:
        await b.connect(a.addresses()[0])
        async with trio.open_nursery() as nursery:
            await until(a.peers)
            nursery.start_soon(a.close_peer, b.node_pk)
            with trio.fail_after(3), pytest.raises(UnreachableError):
                await b.ask(a.node_pk, ASK, b"slow", timeout_s=60)
