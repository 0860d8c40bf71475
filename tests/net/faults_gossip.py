"""Faults of a peer on its gossip stream."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from typing import TYPE_CHECKING

import trio
from faults_base import MESHSUB, Attack, peer
from libp2p.pubsub.pb import rpc_pb2
from libp2p.utils.varint import encode_uvarint

if TYPE_CHECKING:
    from libp2p.abc import INetStream


@peer
async def gossip_invalid_protobuf(attack: Attack) -> None:
    """Send a frame with a right length and no protobuf in it: one such packet ends an unguarded process."""
    await attack.gossip(b"\xff" * 200)


@peer
async def gossip_unparsable_key(attack: Attack) -> None:
    """Send a message whose key is no key; it is only looked at when the sender's id holds none."""
    await attack.gossip(_foreign_keyed(attack, b"\xff" * 50))


@peer
async def gossip_malformed_rsa_key(attack: Attack) -> None:
    """Send a message whose key is said to be RSA and is not."""
    await attack.gossip(_foreign_keyed(attack, b"\x08\x00\x12\x21" + os.urandom(33)))


def _foreign_keyed(attack: Attack, key: bytes) -> bytes:
    hashed_id = b"\x12\x20" + hashlib.sha256(key).digest()
    message = rpc_pb2.Message(
        data=b"x" * 16, topicIDs=[attack.topic], from_id=hashed_id, seqno=os.urandom(8), signature=bytes(64), key=key
    )
    return rpc_pb2.RPC(publish=[message]).SerializeToString()


@peer
async def gossip_odd_keys(attack: Attack) -> None:
    """Send keys of every type, all of them wrong, and senders' ids that hold them inline."""
    frames = []
    for kind in (0, 1, 2, 3, 99):
        for body in (b"", b"abcde", os.urandom(32), os.urandom(33)):
            key = bytes([8, kind, 0x12, len(body)]) + body
            message = attack.message(b"x")
            message.key, message.from_id = key, b"\x00" + bytes([len(key)]) + key
            frames.append(rpc_pb2.RPC(publish=[message]).SerializeToString())
    await attack.gossip(*frames)


@peer
async def gossip_odd_senders(attack: Attack) -> None:
    """Send messages from nobody, from bytes that are no id, and with signatures that are none."""
    frame = rpc_pb2.RPC()
    for sender in (b"", b"\x00", os.urandom(34), b"\x12\x20short"):
        frame.publish.add(
            data=b"x", topicIDs=[attack.topic], from_id=sender, seqno=os.urandom(8), signature=b"bad", key=b"bad"
        )
    await attack.gossip(frame.SerializeToString())


@peer
async def gossip_odd_messages(attack: Attack) -> None:
    """Send no data, no topic, several topics, no sequence number, and data of a quarter megabyte."""
    topicless, manifold, unnumbered, large = (attack.message(b"x") for _ in range(4))
    empty = attack.message(b"")  # well signed, so that it reaches the target's check
    del topicless.topicIDs[:]
    manifold.topicIDs.extend([attack.topic, "other"])
    unnumbered.ClearField("seqno")
    large.data = bytes(250_000)
    for message in (empty, topicless, manifold, unnumbered, large):
        await attack.gossip(rpc_pb2.RPC(publish=[message]).SerializeToString())


@peer
async def gossip_check_raises(attack: Attack) -> None:
    """Send a well-made message that makes the target's own check fail with an exception."""
    await attack.gossip(rpc_pb2.RPC(publish=[attack.message(b"raise")]).SerializeToString())


@peer
async def gossip_random_bytes(attack: Attack) -> None:
    """Send bytes that are no frames."""
    stream = await attack.stream()
    await stream.write(os.urandom(3000))


@peer
async def gossip_endless_length(attack: Attack) -> None:
    """Send a length prefix that never ends, and one of 2 GB."""
    for prefix in (b"\xff" * 30, encode_uvarint(2**31 - 1) + b"A" * 100_000):
        stream = await attack.stream()
        await stream.write(prefix)


@peer
async def gossip_odd_records(attack: Attack) -> None:
    """Send signed address records that are no records."""
    frames = []
    for record in (b"", b"\x0a\x01x", os.urandom(100)):
        frame = rpc_pb2.RPC(senderRecord=record)
        frame.subscriptions.add(subscribe=True, topicid=attack.topic)
        frames.append(frame.SerializeToString())
    await attack.gossip(*frames)


@peer
async def gossip_odd_control(attack: Attack) -> None:
    """Send control messages with ids that are none, unknown topics, a backoff for ever and peers to dial."""
    frame = rpc_pb2.RPC()
    control = frame.control
    for topic in (attack.topic, "unknown"):
        control.ihave.add(topicID=topic, messageIDs=[b"zz", b"", b"00" * 8, b"abc", b"\xff\xfe"])
        control.graft.add(topicID=topic)
        prune = control.prune.add(topicID=topic, backoff=2**62)
        prune.peers.add(peerID=b"\x01\x02", signedPeerRecord=b"junk")
    control.iwant.add(messageIDs=[b"qq", b"ab" * 20])
    control.idontwant.add(messageIDs=[b"x" * 40])
    await attack.gossip(frame.SerializeToString())


@peer
async def gossip_much_control(attack: Attack) -> None:
    """Send fifty frames of three thousand prunes of topics that do not exist, to fill the target's memory."""
    frames = []
    for number in range(50):
        frame = rpc_pb2.RPC()
        for entry in range(3000):
            frame.control.prune.add(topicID=f"{number}-{entry}", backoff=2**40)
        frames.append(frame.SerializeToString())
    await attack.gossip(*frames)


@peer
async def gossip_same_wanted(attack: Attack) -> None:
    """Send one message, then ask it back five thousand times in one frame."""
    message = attack.message(b"w" * 500)
    frame = rpc_pb2.RPC()
    frame.control.iwant.add(messageIDs=[message.from_id + message.seqno] * 5000)
    await attack.gossip(rpc_pb2.RPC(publish=[message]).SerializeToString(), frame.SerializeToString())


@peer
async def gossip_many_topics(attack: Attack) -> None:
    """Send sixteen thousand subscriptions."""
    frames = []
    for number in range(40):
        frame = rpc_pb2.RPC()
        for entry in range(400):
            frame.subscriptions.add(subscribe=True, topicid=f"x{number}-{entry}")
        frames.append(frame.SerializeToString())
    await attack.gossip(*frames)


@peer
async def gossip_flood(attack: Attack) -> None:
    """Send three thousand well-signed messages as fast as they go."""
    frames = [attack.message(b"x" * 500, number) for number in range(3000)]
    await attack.gossip(*(rpc_pb2.RPC(publish=[message]).SerializeToString() for message in frames))


@peer
async def gossip_unread(attack: Attack) -> None:
    """Join the mesh and read nothing of what is sent."""

    async def deaf(_stream: INetStream) -> None:
        await trio.sleep_forever()

    attack.host.set_stream_handler(MESHSUB, deaf)
    frame = rpc_pb2.RPC()
    frame.subscriptions.add(subscribe=True, topicid=attack.topic)
    frame.control.graft.add(topicID=attack.topic)
    await attack.gossip(frame.SerializeToString())
    await trio.sleep(3)


@peer
async def gossip_many_streams(attack: Attack) -> None:
    """Open gossip streams by the dozen and leave them open."""
    with trio.move_on_after(5), suppress(Exception):
        for _ in range(100):
            await attack.stream()
