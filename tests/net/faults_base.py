"""What a fault needs: a peer that misbehaves, and the tables of faults by name."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import trio
from libp2p import new_host
from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.crypto.x25519 import create_new_key_pair as create_noise_key_pair
from libp2p.custom_types import TProtocol
from libp2p.peer.peerinfo import info_from_p2p_addr
from libp2p.pubsub.pb import rpc_pb2
from libp2p.security.noise.transport import PROTOCOL_ID as NOISE
from libp2p.security.noise.transport import Transport as Noise
from libp2p.stream_muxer.yamux.yamux import PROTOCOL_ID as YAMUX
from libp2p.stream_muxer.yamux.yamux import Yamux
from libp2p.utils.varint import encode_varint_prefixed
from multiaddr import Multiaddr

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from libp2p.abc import IHost, INetStream

MESHSUB: Final = TProtocol("/meshsub/1.1.0")
PROTOCOL: Final = TProtocol(os.environ.get("PROTOCOL", "/lazpool/test-echo/1"))


@dataclass(frozen=True, slots=True)
class Attack:
    """One misbehaving peer, connected to its target."""

    host: IHost
    target: Any
    topic: str

    async def stream(self, protocol: TProtocol = MESHSUB) -> INetStream:
        """Open a stream of a protocol to the target."""
        return await self.host.new_stream(self.target, [protocol])

    def muxer(self) -> Any:
        """Return the Yamux connection to the target."""
        return self.host.get_network().get_connections(self.target)[0].muxed_conn

    async def gossip(self, *frames: bytes) -> None:
        """Send frames, each length-prefixed, on a gossip stream; the target may cut it."""
        stream = await self.stream()
        with suppress(Exception):
            for frame in frames:
                await stream.write(encode_varint_prefixed(frame))

    def message(self, data: bytes, number: int = 0, keys: Any = None) -> rpc_pb2.Message:
        """Build a well-signed message of the peer's own, or of another key pair."""
        private, public = self.host.get_private_key(), self.host.get_public_key()
        own_id = self.host.get_id().to_bytes()
        if keys is not None:
            private, public, own_id = keys.private_key, keys.public_key, b""
        message = rpc_pb2.Message(
            data=data, topicIDs=[self.topic], from_id=own_id, seqno=number.to_bytes(4, "big") + os.urandom(4)
        )
        message.signature = private.sign(b"libp2p-pubsub:" + message.SerializeToString())
        message.key = public.serialize()
        return message

    def info(self) -> Any:
        """Return where the target is, for a further host to connect to."""
        address = self.host.get_peerstore().addrs(self.target)[0]
        return info_from_p2p_addr(Multiaddr(f"{str(address).partition('/p2p/')[0]}/p2p/{self.target}"))


RAW: Final[dict[str, Callable[[int], None]]] = {}
PEER: Final[dict[str, Callable[[Attack], Awaitable[None]]]] = {}


def raw(function: Callable[[int], None]) -> Callable[[int], None]:
    """Enter a fault on the TCP port in the table."""
    RAW[function.__name__] = function
    return function


def peer(function: Callable[[Attack], Awaitable[None]]) -> Callable[[Attack], Awaitable[None]]:
    """Enter a fault of a connected peer in the table."""
    PEER[function.__name__] = function
    return function


@asynccontextmanager
async def misbehaving_host(keys: Any = None) -> AsyncIterator[IHost]:
    """Run a host with keys of any kind that speaks gossip and reads what it is sent, without a guard."""
    keys = keys or create_new_key_pair()
    security = {NOISE: Noise(keys, noise_privkey=create_noise_key_pair().private_key)}
    host = new_host(key_pair=keys, sec_opt=security, muxer_opt={TProtocol(YAMUX): Yamux})

    async def swallow(stream: INetStream) -> None:
        with suppress(Exception):
            while await stream.read(65536):
                pass

    host.set_stream_handler(MESHSUB, swallow)
    async with host.run([]):
        try:
            yield host
        finally:
            with trio.move_on_after(1, shield=True):  # type: ignore[call-arg]  # the stubs are older than trio
                await host.close()
