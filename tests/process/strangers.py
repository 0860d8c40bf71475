"""Peers of a test's own, honest or not, beside the real nodes: libp2p in a thread, so that tests can wait and sleep."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

import trio

from lazpool.net.network import Network, open_network
from lazpool.records import mail, sync
from lazpool.rules.areas import topic
from lazpool.wire.hashing import network_id
from tests.process.people import NETWORK, until
from tests.process.rides import AREA

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from lazpool.net.network import Handler

Answer: TypeAlias = "Callable[[bytes], bytes | None]"
"""What to answer to a frame; None for never."""

LISTEN = ("/ip4/127.0.0.1/tcp/0",)
NET = network_id(NETWORK)


class Stranger:
    """A running peer; `asked` holds every frame that it was sent, `heard` every post that gossip brought."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        """Answer protocols by functions."""
        self._answers = answers
        self.asked: list[tuple[str, bytes]] = []
        self.heard: list[bytes] = []
        self.network: Network | None = None
        self._token: trio.lowlevel.TrioToken | None = None
        self._stop: trio.Event | None = None

    @property
    def address(self) -> str:
        """Where it listens."""
        return self._open().addresses()[0]

    @property
    def node_pk(self) -> bytes:
        """Who it is."""
        return self._open().node_pk

    def connect(self, address: str) -> bytes:
        """Connect to a node; return its key."""
        return self._call(self._open().connect, address)

    def hear(self, area: int) -> None:
        """Hear the gossip of an area."""
        self._call(self._open().subscribe, topic(NET, area))

    def subscribe(self, name: str) -> None:
        """Hear a topic."""
        self._call(self._open().subscribe, name)

    def listeners(self, name: str) -> int:
        """Count the neighbours that are known to hear a topic."""
        return len(self._open().listeners(name))

    def publish(self, name: str, data: bytes) -> int:
        """Gossip anything at all; return how many it was sent to."""
        return self._call(self._open().publish, name, data)

    def close(self, node_pk: bytes) -> None:
        """End the connection to a node."""
        self._call(self._open().close_peer, node_pk)

    def ask(self, node_pk: bytes, protocol: str, frame: bytes) -> bytes:
        """Ask a node; UnreachableError when it gives no answer."""
        return self._call(self._open().ask, node_pk, protocol, frame)

    def ask_many(self, node_pk: bytes, protocol: str, frames: list[bytes]) -> int:
        """Ask a node many things side by side; return how many were answered."""
        return self._call(self._ask_many, node_pk, protocol, frames)

    def mail(self, node_pk: bytes, frame: mail.Frame) -> int:
        """Send a frame of the mail protocol; return the status."""
        return mail.read_answer(self.ask(node_pk, mail.PROTOCOL, mail.pack_frame(frame)))[0]

    def letters(self) -> int:
        """Count the letters that were brought here."""
        frames = [frame for protocol, frame in self.asked if protocol == mail.PROTOCOL]
        return sum(isinstance(mail.read_frame(frame), mail.Put) for frame in frames)

    async def _ask_many(self, node_pk: bytes, protocol: str, frames: list[bytes]) -> int:
        answered = 0

        async def one(frame: bytes) -> None:
            nonlocal answered
            await self._open().ask(node_pk, protocol, frame, timeout_s=120)  # all wait for their turn
            answered += 1

        async with trio.open_nursery() as nursery:
            for frame in frames:
                nursery.start_soon(one, frame)
        return answered

    def _open(self) -> Network:
        assert self.network is not None
        return self.network

    def _call(self, work: Callable[..., Awaitable[object]], *args: object):  # noqa: ANN202 # what `work` returns
        return trio.from_thread.run(work, *args, trio_token=self._token)

    def _handler(self, protocol: str) -> Handler:
        async def handle(_peer: bytes, frame: bytes) -> bytes:
            self.asked.append((protocol, frame))
            answer = self._answers[protocol](frame)
            if answer is None:
                await trio.sleep_forever()
            return answer or b""

        return handle

    def _check(self, _topic: str, data: bytes, _forwarder: bytes) -> bool:
        self.heard.append(data)
        return True

    async def run(self) -> None:
        """Run until told to stop."""
        serve = {protocol: self._handler(protocol) for protocol in self._answers}
        async with open_network(os.urandom(32), LISTEN, serve=serve, check=self._check) as network:
            self._token, self._stop = trio.lowlevel.current_trio_token(), trio.Event()
            self.network = network
            await self._stop.wait()

    def stop(self) -> None:
        """Tell it to stop."""
        if self._token is not None and self._stop is not None:
            trio.from_thread.run_sync(self._stop.set, trio_token=self._token)


@contextmanager
def stranger(answers: Mapping[str, Answer] | None = None) -> Iterator[Stranger]:
    """Run a peer for a block."""
    peer = Stranger(answers or {})
    thread = threading.Thread(target=trio.run, args=(peer.run,), daemon=True)
    thread.start()
    try:
        until("a stranger listens", lambda: peer.network is not None)
        yield peer
    finally:
        peer.stop()
        thread.join(10)


def hub_like(letters: Answer, posts: Answer | None = None) -> dict[str, Answer]:
    """Return the answers of one that says it is a hub and then treats letters, and questions for posts, as given."""

    def greet(frame: bytes) -> bytes | None:
        if posts is None or isinstance(_sync_frame(frame), sync.Hello):
            return sync.pack_frame(sync.Hello(NET, sync.HUB, (AREA,)))
        return posts(frame)

    return {mail.PROTOCOL: letters, sync.PROTOCOL: greet if posts else _honest_and_empty}


def _honest_and_empty(frame: bytes) -> bytes:
    if isinstance(_sync_frame(frame), sync.Hello):
        return sync.pack_frame(sync.Hello(NET, sync.HUB, (AREA,)))
    return sync.pack_cover(())


def _sync_frame(frame: bytes) -> sync.Frame:
    return sync.read_frame(frame)


def took_it(_frame: bytes) -> bytes:
    """Say that all is well, and keep nothing."""
    return mail.pack_answer(mail.OK)


def is_full(_frame: bytes) -> bytes:
    """Refuse everything."""
    return mail.pack_answer(mail.FULL)


def nonsense(_frame: bytes) -> bytes:
    """Answer what is no answer."""
    return b"\xc1" * 40


def never(_frame: bytes) -> None:
    """Answer nothing at all."""
