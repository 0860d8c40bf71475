"""Is the node running? A lock that the kernel lets go of when the process ends, however it ends, so never stale."""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from lazpool.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


TRIES, TRY_S = 10, 0.02
"""Whoever looks holds the lock for some microseconds, which is no reason not to start."""


@dataclass(frozen=True, slots=True)
class Link:
    """A neighbour of the running node. node: its key in hex. hub: it is one. tags: of ours that it holds letters for.

    place: it lets us be reached by way of it.
    """

    node: str
    hub: bool
    tags: int
    place: bool


@dataclass(frozen=True, slots=True)
class Presence:
    """What a running node tells the other processes of its home.

    addresses: full multiaddrs. peers: how many. places, circuits: of its relay, given and under way. links: those who
    answered its questions, as far as they are shown. lan: whether it looks for others on its own links; heard: how many
    it heard there.
    """

    pid: int
    hub: bool = False
    addresses: tuple[str, ...] = ()
    peers: int = 0
    places: int = 0
    circuits: int = 0
    links: tuple[Link, ...] = ()
    lan: bool = False
    heard: int = 0


class Lock:
    """The lock file of a home, held."""

    def __init__(self, descriptor: int) -> None:
        """Take over a locked file descriptor."""
        self._descriptor = descriptor
        self._shown: Presence | None = None

    def show(self, presence: Presence) -> None:
        """Write what other processes should see, if it changed."""
        if presence == self._shown:
            return
        data = json.dumps(asdict(presence)).encode()
        os.pwrite(self._descriptor, data + b"\n", 0)
        os.ftruncate(self._descriptor, len(data) + 1)
        self._shown = presence


@contextmanager
def hold(path: Path) -> Iterator[Lock]:
    """Hold the lock for the duration of a block; RefusedError when a node of this home runs already."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not any(_takes(descriptor) for _ in range(TRIES)):
            raise RefusedError("a node of this home runs already", hint="lazpool status", code="running")
        os.ftruncate(descriptor, 0)
        yield Lock(descriptor)
    finally:
        os.close(descriptor)


def _takes(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        time.sleep(TRY_S)
        return False
    return True


def look(path: Path) -> Presence | None:
    """Return what the running node shows, or None when none runs."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        if _is_free(descriptor):
            return None
        return _parse(os.pread(descriptor, 1 << 16, 0))
    finally:
        os.close(descriptor)


def _is_free(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return True


def _parse(data: bytes) -> Presence:
    try:
        values = json.loads(data)
        links = tuple(Link(**one) for one in values.get("links", ()))
        return Presence(**{**values, "addresses": tuple(values["addresses"]), "links": links})
    except (ValueError, KeyError, TypeError):
        return Presence(0)  # it has just started, or is writing this very moment
