"""GossipSub 1.1 for posts: strangers' keys, pace, one validator, one bounded queue.

A post goes out signed by a libp2p key made for it alone: the node's own would link all posts of a person. Messages
heard are handed over by the validator, which libp2p calls exactly once for each message that is new and well signed;
its own subscriptions hold 32 messages and drop the rest.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import trio
from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.peer.id import ID
from libp2p.peer.peerstore import env_to_send_in_RPC
from libp2p.pubsub.pb import rpc_pb2
from libp2p.pubsub.validators import PUBSUB_SIGNING_PREFIX
from libp2p.tools.anyio_service import background_trio_service

from lazpool.errors import InvalidInputError
from lazpool.net.limits import DRAIN_S, MAX_POST, OUTBOUND_RPCS, POSTS_QUEUE, PUBLISH_RATE
from lazpool.net.pace import Pace
from lazpool.net.pubsub import DEGREE, LeanPubsub, LeanRouter
from lazpool.net.throttle import report

if TYPE_CHECKING:
    from libp2p.abc import IHost

Check = Callable[[str, bytes, bytes], bool | None]
"""Of a topic, data and whoever brought it, as bytes that mean nothing else: True to keep a message and pass it on, None
for one of no use, False for one that no honest peer passes on, which counts against the peer that did."""


class Gossip:
    """Publishing and hearing posts."""

    def __init__(self, host: IHost, check: Check) -> None:
        """Attach to a host; `check` says whether a message of a topic may be kept and passed on."""
        self._router = LeanRouter()
        self.pubsub = LeanPubsub(host, self._router)
        self._check = check
        self._send, self.posts = trio.open_memory_channel[tuple[str, bytes]](POSTS_QUEUE)
        self._pace, self._turns = Pace(PUBLISH_RATE), trio.Lock()
        self.dropped = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run until the block is left; a fault of libp2p that the guard gave up on ends it with an exception."""
        async with background_trio_service(self.pubsub), background_trio_service(self._router):
            await self.pubsub.wait_until_ready()
            try:
                yield
            finally:
                self.pubsub.end()

    async def subscribe(self, topic: str) -> None:
        """Hear a topic from now on."""
        if topic in self.pubsub.topic_ids:
            return
        self.pubsub.set_topic_validator(topic, self._validate, is_async_validator=False)
        await self.pubsub.subscribe(topic)

    def listeners(self, topic: str) -> set[ID]:
        """Return the connected peers that told us they hear a topic."""
        return {peer for peer in self.pubsub.peer_topics.get(topic, ()) if peer in self.pubsub.peers}

    async def publish(self, topic: str, data: bytes) -> int:
        """Send a post under a new key, waiting its turn; return how many peers it was sent to at once."""
        if len(data) > MAX_POST:
            raise InvalidInputError(f"a post of {len(data)} bytes is too large to gossip")
        async with self._turns:
            await self._pace.turn()
            await self._let_drain(topic)
        message = _signed_by_a_stranger(topic, data)
        await self.pubsub.push_msg(self.pubsub.my_id, message)
        listeners = self.listeners(topic)
        meshed = self._chosen(topic) & listeners
        # A mesh takes up to a heartbeat to form. Until it is full, others who hear the topic get the post directly.
        extra = list(listeners - meshed)[: max(0, DEGREE - len(meshed))]
        self._send_directly(message, extra)
        return len(meshed) + len(extra)

    async def _let_drain(self, topic: str) -> None:
        """Wait while a listener is far behind: libp2p drops what a full queue does not take, and says nothing."""
        with trio.move_on_after(DRAIN_S):
            while self.pubsub.backlog(self.listeners(topic)) > OUTBOUND_RPCS // 2:  # noqa: ASYNC110 # it has no event
                await trio.sleep(0.01)

    def _chosen(self, topic: str) -> set[ID]:
        if topic in self._router.mesh:
            return set(self._router.mesh[topic])
        return set(self._router.fanout.get(topic, ()))

    def _send_directly(self, message: rpc_pb2.Message, peers: list[ID]) -> None:
        if not peers:
            return
        envelope, _ = env_to_send_in_RPC(self.pubsub.host)
        frame = rpc_pb2.RPC(publish=[message], senderRecord=envelope)
        for peer in peers:
            self._router.send_rpc(peer, frame)

    def _validate(self, forwarder: ID, message: rpc_pb2.Message) -> bool:
        if forwarder == self.pubsub.my_id:
            return True
        topic = message.topicIDs[0]
        try:
            verdict = self._check(topic, message.data, forwarder.to_bytes())
        except Exception as error:  # noqa: BLE001 - supervised border: a fault of ours must not end the host, nor pass bad posts on
            report(f"check {type(error).__name__}", repr(error))
            return False
        if verdict:
            self._hand_over(topic, message.data)
        elif verdict is False:
            self._router.scores.count_bad(forwarder, topic)
        return bool(verdict)

    def _hand_over(self, topic: str, data: bytes) -> None:
        try:
            self._send.send_nowait((topic, data))
        except trio.WouldBlock:
            self.dropped += 1
            report("posts queue full", f"{self.dropped} posts dropped so far; sync will bring them")


def _signed_by_a_stranger(topic: str, data: bytes) -> rpc_pb2.Message:
    keys = create_new_key_pair(os.urandom(32))
    message = rpc_pb2.Message(
        data=data, topicIDs=[topic], from_id=ID.from_pubkey(keys.public_key).to_bytes(), seqno=os.urandom(8)
    )
    signature = keys.private_key.sign(PUBSUB_SIGNING_PREFIX.encode() + message.SerializeToString())
    message.signature, message.key = signature, keys.public_key.serialize()
    return message
