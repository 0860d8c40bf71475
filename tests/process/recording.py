"""A node that records what reaches it: `python -m tests.process.recording FOLDER --home HOME hub run ...`.

It is the node of the command line, with its ears opened: every decrypted byte that peers send goes to FOLDER/streams,
one file a connection, every gossip message to FOLDER/gossip, every request frame to FOLDER/frames, each with a length.
"""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from libp2p.security.noise.io import NoiseHandshakeReadWriter, NoiseTransportReadWriter

from lazpool.cli.main import main
from lazpool.net import exchange
from lazpool.net.pubsub import LeanPubsub

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from libp2p.pubsub.pb import rpc_pb2

LENGTH = 4


def record(folder: Path) -> None:
    """Patch the places where bytes of peers come in."""
    folder.mkdir(parents=True, exist_ok=True)
    _record_streams(folder)
    _record_gossip(folder)
    _record_frames(folder)


def _record_streams(folder: Path) -> None:
    numbers = count()
    for kind in (NoiseHandshakeReadWriter, NoiseTransportReadWriter):
        decrypt = kind.decrypt

        def recorded(self: Any, data: bytes, decrypt: Callable[[Any, bytes], bytes] = decrypt) -> bytes:
            plain = decrypt(self, data)
            if not hasattr(self, "recording"):
                self.recording = folder / f"stream-{next(numbers)}"
            with self.recording.open("ab") as file:
                file.write(plain)
            return plain

        kind.decrypt = recorded  # type: ignore[method-assign]


def _record_gossip(folder: Path) -> None:
    take = LeanPubsub.push_msg

    async def recorded(self: LeanPubsub, msg_forwarder: Any, msg: rpc_pb2.Message) -> None:
        if msg_forwarder != self.my_id:
            _append(folder / "gossip", msg.SerializeToString())
        await take(self, msg_forwarder, msg)

    LeanPubsub.push_msg = recorded  # type: ignore[method-assign]


def _record_frames(folder: Path) -> None:
    answer = exchange._answer

    async def recorded(stream: Any, node_pk: bytes, protocol: str, handler: Callable[..., Awaitable[bytes]]) -> None:
        async def hear(peer: bytes, frame: bytes) -> bytes:
            _append(folder / f"frames{protocol.replace('/', '-')}", frame)
            return await handler(peer, frame)

        await answer(stream, node_pk, protocol, hear)

    exchange._answer = recorded


def _append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(len(data).to_bytes(LENGTH, "big") + data)


def read(path: Path) -> list[bytes]:
    """Return what `_append` wrote."""
    data, found = path.read_bytes(), []
    while data:
        size = int.from_bytes(data[:LENGTH], "big")
        found.append(data[LENGTH : LENGTH + size])
        data = data[LENGTH + size :]
    return found


if __name__ == "__main__":
    record(Path(sys.argv.pop(1)))
    main()
