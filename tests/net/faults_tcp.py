"""Faults on the TCP port, before anybody is known."""

from __future__ import annotations

import os
import socket
import struct
import time
from contextlib import suppress
from typing import Final

from faults_base import raw
from libp2p.utils.varint import encode_uvarint, encode_varint_prefixed


def _tcp(port: int, *chunks: bytes, wait_s: float = 0.0) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=5)
    with suppress(OSError):
        for chunk in chunks:
            connection.sendall(chunk)
        time.sleep(wait_s)
    return connection


def _line(text: bytes) -> bytes:
    return encode_varint_prefixed(text + b"\n")


HELLO: Final = _line(b"/multistream/1.0.0")


@raw
def tcp_garbage(port: int) -> None:
    """Send random bytes instead of a negotiation."""
    for _ in range(20):
        _tcp(port, os.urandom(4096)).close()


@raw
def tcp_reset(port: int) -> None:
    """Reset in the middle of the negotiation."""
    for _ in range(20):
        connection = _tcp(port, HELLO)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()


@raw
def tcp_half_open(port: int) -> None:
    """Call sixty times and say nothing, or only hello, for two seconds."""
    callers = [_tcp(port, *([HELLO] if number % 2 else [])) for number in range(60)]
    time.sleep(2)
    for caller in callers:
        caller.close()


@raw
def tcp_oversize_line(port: int) -> None:
    """Announce a negotiation line of 2 GB, then of 34 GB, and send a part of it."""
    for announced in (2**31 - 1, 2**35 - 1):
        _tcp(port, encode_uvarint(announced), bytes(2_000_000), wait_s=0.3).close()


@raw
def tcp_noise_garbage(port: int) -> None:
    """Agree on Noise, then send handshake messages of random bytes."""
    for length in (0, 1, 32, 5000, 65535):
        noise = os.urandom(min(length, 5000))
        _tcp(port, HELLO, _line(b"/noise"), struct.pack("!H", length), noise, wait_s=0.2).close()


@raw
def tcp_slow_letters(port: int) -> None:
    """Say hello one byte at a time, and never to the end."""
    caller = _tcp(port)
    for byte in HELLO[:-1]:
        caller.sendall(bytes([byte]))
        time.sleep(0.05)
    caller.close()


@raw
def tcp_not_unicode(port: int) -> None:
    """Name a protocol in what is no UTF-8."""
    _tcp(port, HELLO, _line(b"\xff\xfe\xfd"), wait_s=0.3).close()
