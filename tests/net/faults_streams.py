"""Faults of a peer on its connection, its muxer, its requests and the protocols every libp2p host answers."""

from __future__ import annotations

import os
import struct
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import trio
from faults_base import PROTOCOL, Attack, misbehaving_host, peer
from libp2p.crypto.secp256k1 import create_new_key_pair as create_foreign_key_pair
from libp2p.custom_types import TProtocol
from libp2p.utils.varint import encode_uvarint, encode_varint_prefixed

if TYPE_CHECKING:
    from libp2p.abc import INetStream

IDENTIFY: Final = TProtocol("/ipfs/id/1.0.0")


@peer
async def streams_unnegotiated(attack: Attack) -> None:
    """Open four hundred streams and say nothing on them."""
    with trio.move_on_after(5), suppress(Exception):
        for _ in range(400):
            await attack.muxer().open_stream()


@peer
async def streams_unknown_protocol(attack: Attack) -> None:
    """Ask fifty times for a protocol nobody has."""
    for _ in range(50):
        with suppress(Exception):
            await attack.stream(TProtocol("/nope/1"))


@peer
async def yamux_garbage(attack: Attack) -> None:
    """Send random bytes, well encrypted, where the muxer expects frames."""
    await attack.muxer().secured_conn.write(os.urandom(200))


@peer
async def yamux_odd_frames(attack: Attack) -> None:
    """Send frames of no type, for streams that are not, with lengths beyond all windows."""
    odd = ((9, 0, 1, 0), (0, 0, 9999, 10), (1, 0, 9999, 2**31), (0, 1, 0, 5), (0, 1, 2, 2**32 - 1))
    with suppress(Exception):
        for kind, flags, stream_id, length in odd:
            await attack.muxer().secured_conn.write(struct.pack("!BBHII", 0, kind, flags, stream_id, length))
            await trio.sleep(0.1)


@peer
async def yamux_window_ignored(attack: Attack) -> None:
    """Send sixteen megabytes on a stream nobody reads, without regard to its window."""
    stream = await attack.stream(PROTOCOL)
    await stream.write(encode_varint_prefixed(b"slow"))
    frame = struct.pack("!BBHII", 0, 0, 0, stream.muxed_stream.stream_id, 60_000) + bytes(60_000)  # type: ignore[attr-defined]  # the muxer's own
    with suppress(Exception):
        for _ in range(270):
            await attack.muxer().secured_conn.write(frame)
    await trio.sleep(0.5)


@peer
async def request_odd(attack: Attack) -> None:
    """Send requests that are oversize, cut short, reset, or make the handler fail, answer too much, or never answer."""
    for request in (
        encode_uvarint(10**9) + b"A" * 1000,
        b"\xff" * 12,
        b"\x10ab",
        *map(encode_varint_prefixed, (b"boom", b"huge", b"slow", b"")),
    ):
        with suppress(Exception):
            stream = await attack.stream(PROTOCOL)
            await stream.write(request)
            if request == b"\x10ab":
                await stream.reset()


@peer
async def request_many(attack: Attack) -> None:
    """Begin forty requests at once and finish none."""
    with suppress(Exception):
        for _ in range(40):
            await (await attack.stream(PROTOCOL)).write(b"\x10a")


async def _identify_as(attack: Attack, answer: bytes) -> None:
    async def handler(stream: INetStream) -> None:
        with suppress(Exception):
            await stream.write(answer)
            await stream.close()

    async with misbehaving_host() as liar:
        liar.set_stream_handler(IDENTIFY, handler)
        await liar.connect(attack.info())
        await trio.sleep(0.3)


@peer
async def identify_garbage(attack: Attack) -> None:
    """Answer the question who we are with garbage: no protobuf, no key, no addresses, no end."""
    for answer in (
        encode_varint_prefixed(b"\xff" * 100),
        encode_uvarint(10**9),
        b"\xff" * 12,
        encode_varint_prefixed(b"\x0a\x05abcde\x12\x03\xff\xff\xff\x1a\x02\xc3\x28\x22\x03\xff\xff\xff"),
    ):
        await _identify_as(attack, answer)


@peer
async def identify_push_garbage(attack: Attack) -> None:
    """Tell unasked who we are, in garbage."""
    for pushed in (encode_varint_prefixed(b"\xff" * 100), encode_uvarint(10**9) + b"A" * 1000):
        stream = await attack.stream(TProtocol("/ipfs/id/push/1.0.0"))
        await stream.write(pushed)


@peer
async def ping_odd(attack: Attack) -> None:
    """Ping with half a length, and two hundred times on one stream."""
    stream = await attack.stream(TProtocol("/ipfs/ping/1.0.0"))
    await stream.write(bytes(16))
    stream = await attack.stream(TProtocol("/ipfs/ping/1.0.0"))
    await stream.write(bytes(32 * 200))


@peer
async def peer_not_ed25519(attack: Attack) -> None:
    """Come as a peer whose key is of another kind, which has no node key."""
    async with misbehaving_host(create_foreign_key_pair()) as foreigner:
        await foreigner.connect(attack.info())
        await trio.sleep(0.5)


@peer
async def peers_come_and_go(attack: Attack) -> None:
    """Come as ten peers, one after the other, for a moment each."""
    for _ in range(10):
        async with misbehaving_host() as visitor:
            await visitor.connect(attack.info())


@peer
async def peer_vanishes(attack: Attack) -> None:
    """End in the middle of a frame; run from the command line, end the whole process."""
    stream = await attack.stream()
    await stream.write(b"\x80\x20" + b"a" * 100)
    if sys.argv[1:2] == ["peer_vanishes"]:
        os._exit(0)
