"""libp2p's pubsub and GossipSub router with bounds on what peers may make us keep, send, dial or log."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import trio
from libp2p.custom_types import TProtocol
from libp2p.host.exceptions import StreamFailure
from libp2p.network.exceptions import SwarmException
from libp2p.network.stream.exceptions import StreamError
from libp2p.pubsub.gossipsub import GossipSub
from libp2p.pubsub.pubsub import Pubsub

from lazpool.net.limits import (
    MAX_BACKOFF_S,
    MAX_CONTROL,
    MAX_POST,
    MAX_RPC,
    MAX_TOPICS_PER_PEER,
    MAX_TOPICS_PER_RPC,
    OUTBOUND_RPCS,
    PEER_BURST,
    PEER_RATE,
)
from lazpool.net.pace import Quotas
from lazpool.net.scores import Scores
from lazpool.net.throttle import report

if TYPE_CHECKING:
    from collections.abc import Iterable

    from libp2p.abc import IHost, INetConn, INetStream
    from libp2p.peer.id import ID
    from libp2p.pubsub.pb import rpc_pb2

MESHSUB = TProtocol("/meshsub/1.1.0")
"""The one version spoken: 1.2 announces each message it does not want, at twice the CPU."""

DEGREE = 6
"""Peers a topic's posts are exchanged with; the mesh may shrink to 4 and grow to 12 before it is mended."""


class LeanRouter(GossipSub):
    """A GossipSub router that minds its own topics only, scores by what is bad, and neither adapts nor dials."""

    def __init__(self) -> None:
        """Take GossipSub's own parameters, but for the heartbeat: the mesh is mended every second."""
        super().__init__(
            protocols=[MESHSUB],
            degree=DEGREE,
            degree_low=4,
            degree_high=12,
            heartbeat_interval=1,
            gossip_window=3,
            gossip_history=5,
            # libp2p's limit also counts our own posts and what we pass on; ours is in LeanPubsub.
            spam_protection_enabled=False,
            adaptive_gossip_enabled=False,
            eclipse_protection_enabled=False,
            # libp2p keeps each message for every peer that does not hear its topic, in case it soon will. It also
            # replays the last three heartbeats to whoever begins to hear a topic, which is enough.
            pending_messages_ttl=-1.0,
        )
        self.scorer = self.scores = Scores()
        # Times of deliveries for the adaptive part, which is off; libp2p would keep them for ever.
        keeping_one: Any = defaultdict(lambda: deque(maxlen=1))
        self.recent_message_deliveries = keeping_one

    def _get_in_topic_gossipsub_peers_from_minus(
        self,
        topic: str,
        num_to_select: int,
        minus: Iterable[ID],
        backoff_check: bool = False,  # noqa: FBT001, FBT002 - libp2p's own signature
    ) -> list[ID]:
        """Choose peers for a mesh, and none that is not listened to: libp2p minds that only where a peer asks."""
        hears = self.pubsub.peer_topics[topic] if self.pubsub is not None else ()
        unheard = {peer for peer in hears if not self.scores.allow_publish(peer, [topic])}
        return super()._get_in_topic_gossipsub_peers_from_minus(topic, num_to_select, {*minus, *unheard}, backoff_check)

    async def handle_rpc(self, rpc: rpc_pb2.RPC, sender_peer_id: ID) -> None:
        """Act on a peer's control messages, unless there are more than any honest peer has."""
        control = rpc.control
        entries = len(control.ihave) + len(control.iwant) + len(control.graft) + len(control.prune)
        if entries + len(control.idontwant) > MAX_CONTROL:
            report("too much control", sender_peer_id)
            return
        await super().handle_rpc(rpc, sender_peer_id)

    async def handle_ihave(self, ihave_msg: rpc_pb2.ControlIHave, sender_peer_id: ID) -> None:
        """Ask for messages of our topics that we have not seen."""
        if ihave_msg.topicID in self.mesh:
            _shorten(ihave_msg.messageIDs)
            await super().handle_ihave(ihave_msg, sender_peer_id)

    async def handle_iwant(self, iwant_msg: rpc_pb2.ControlIWant, sender_peer_id: ID) -> None:
        """Send messages asked for, each once: libp2p would send one as often as it is named."""
        _shorten(iwant_msg.messageIDs)
        await super().handle_iwant(iwant_msg, sender_peer_id)

    async def handle_prune(self, prune_msg: rpc_pb2.ControlPrune, sender_peer_id: ID) -> None:
        """Take a peer out of a mesh of ours; whom it would have us dial instead is its own affair."""
        if prune_msg.topicID not in self.mesh:
            return
        del prune_msg.peers[:]
        prune_msg.backoff = min(prune_msg.backoff, MAX_BACKOFF_S)
        await super().handle_prune(prune_msg, sender_peer_id)


def _shorten(message_ids: Any) -> None:
    kept = list(dict.fromkeys(message_ids))[:MAX_CONTROL]
    del message_ids[:]
    message_ids.extend(kept)


class LeanPubsub(Pubsub):
    """A pubsub that takes one topic a message, keeps no subscription queues and has room for a burst."""

    def __init__(self, host: IHost, router: GossipSub) -> None:
        """Attach to a host and a router, with our bounds on what a peer may send."""
        super().__init__(
            host,
            router,
            max_inbound_rpc_size=MAX_RPC,
            max_subscriptions_per_rpc=MAX_TOPICS_PER_RPC,
            max_subscriptions_per_peer=MAX_TOPICS_PER_PEER,
        )
        self._writing: WeakKeyDictionary[INetStream, trio.Lock] = WeakKeyDictionary()
        self._quotas = Quotas(PEER_RATE, PEER_BURST)

    def notify_subscriptions(self, publish_message: rpc_pb2.Message) -> None:
        """Do nothing: messages are handed over by the validator."""

    async def push_msg(self, msg_forwarder: ID, msg: rpc_pb2.Message) -> None:
        """Take one message, of a peer or our own; unfit ones and those beyond a peer's quota are dropped unchecked."""
        if len(msg.topicIDs) != 1 or len(msg.data) > MAX_POST:
            report("unfit message", msg_forwarder)
        elif msg_forwarder != self.my_id and not self._quotas.take(msg_forwarder, trio.current_time()):
            report("peer beyond its quota", msg_forwarder)
        else:
            await super().push_msg(msg_forwarder, msg)

    async def write_msg(self, stream: INetStream, rpc_msg: rpc_pb2.RPC) -> bool:
        """Write one frame; libp2p's two writers a stream would mix theirs when the window is short."""
        async with self._writing.setdefault(stream, trio.Lock()):
            written: bool = await super().write_msg(stream, rpc_msg)
        return written

    async def _handle_new_peer(self, peer_id: ID) -> None:
        self._forget_dead_stream(peer_id)
        greeted_with = set(self.topic_ids)
        try:
            await super()._handle_new_peer(peer_id)
        except (StreamFailure, StreamError) as error:
            raise SwarmException(f"no gossip stream to {peer_id}") from error  # what libp2p takes as a reason to retry
        if self._forget_dead_stream(peer_id):
            raise SwarmException(f"the connection to {peer_id} ended meanwhile")
        queue = self.peer_queues.get(peer_id)
        if queue is None:
            return
        queue.max_message_size = MAX_RPC
        queue._queue.max_size = OUTBOUND_RPCS  # noqa: SLF001 - libp2p offers no setting
        # A topic subscribed to while the greeting was being written is in neither the greeting nor an announcement.
        for topic in set(self.topic_ids) - greeted_with:
            queue.push(self._build_announce_rpc(topic, subscribe=True)[0])

    def leave_connection(self, conn: INetConn) -> None:
        """If our stream to a peer was on this closed connection, open one on another, and keep what we know of it."""
        peer_id = conn.muxed_conn.peer_id
        if self._forget_dead_stream(peer_id, conn.muxed_conn):
            self._schedule_peer_stream_retry(peer_id)

    def _forget_dead_stream(self, peer_id: ID, closing: Any = None) -> bool:
        # A peer that goes while its stream is being opened is registered after it was cleared away, and libp2p then
        # holds on to the dead stream, whatever connection comes later.
        stream = self.peers.get(peer_id)
        muxer: Any = stream.muxed_conn if stream is not None else None
        if muxer is None or not (muxer is closing or muxer.event_shutting_down.is_set()):
            return False
        del self.peers[peer_id]
        queue = self.peer_queues.pop(peer_id, None)
        if queue is not None:
            queue.close()
        self.router.remove_peer(peer_id)
        return True

    def backlog(self, peers: Iterable[ID]) -> int:
        """Return how many frames wait for the one of these peers that is farthest behind."""
        return max((len(queue) for peer in peers if (queue := self.peer_queues.get(peer))), default=0)

    def end(self) -> None:
        """Let the thread go that sweeps the cache of seen messages; libp2p never does."""
        self.seen_messages._stop_event.set()  # noqa: SLF001 - its own stop() also waits for the thread
