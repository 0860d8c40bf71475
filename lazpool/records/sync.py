"""Frames of the sync protocol `/lazpool/sync/1`: hello, ids of an area, posts by id.

Gossip is fast but lossy; two neighbours compare the ids they hold and fetch what is missing. The format is
protocol/sync.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from lazpool.errors import MalformedError
from lazpool.records.places import AREA_RES, check_cell
from lazpool.records.posts import MAX_POST
from lazpool.records.shape import HASH, build, check_bytes, check_uint, wire_fields, wrong
from lazpool.wire.codec import decode, encode
from lazpool.wire.hashing import NET_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable

PROTOCOL = "/lazpool/sync/1"
MAX_REQUEST = 8 * 1024
MAX_RESPONSE = 64 * 1024
MAX_AREAS = 256
IDS = 1024
POSTS = 64
"""Ids and posts in one answer, at most."""

NODE, HUB = 0, 1


@dataclass(frozen=True, slots=True)
class Hello:
    """Who speaks: the network, a node or a hub, and the areas it follows. Both sides say it."""

    KIND: ClassVar[int] = 1
    net: bytes
    role: int
    areas: tuple[int, ...]

    def __post_init__(self) -> None:
        """Refuse a frame that breaks the format."""
        check_bytes("net", self.net, NET_SIZE)
        check_uint("role", self.role, NODE, HUB)
        if type(self.areas) is not tuple or len(self.areas) > MAX_AREAS:
            raise wrong("areas", f"not at most {MAX_AREAS}")
        for area in self.areas:
            check_cell("areas", area, AREA_RES)


@dataclass(frozen=True, slots=True)
class ListIds:
    """Ask for the ids of an area's posts, in order, after `after` (zeros to begin)."""

    KIND: ClassVar[int] = 2
    area: int
    after: bytes

    def __post_init__(self) -> None:
        """Refuse a frame that breaks the format."""
        check_cell("area", self.area, AREA_RES)
        check_bytes("after", self.after, HASH)


@dataclass(frozen=True, slots=True)
class GetPosts:
    """Ask for posts by id."""

    KIND: ClassVar[int] = 3
    ids: tuple[bytes, ...]

    def __post_init__(self) -> None:
        """Refuse a frame that breaks the format."""
        if type(self.ids) is not tuple or not 0 < len(self.ids) <= POSTS:
            raise wrong("ids", f"not 1 to {POSTS}")
        for identifier in self.ids:
            check_bytes("ids", identifier, HASH)


Frame: TypeAlias = Hello | ListIds | GetPosts
_FRAMES: dict[int, tuple[type[Frame], int]] = {1: (Hello, 3), 2: (ListIds, 2), 3: (GetPosts, 1)}


def pack_frame(frame: Frame) -> bytes:
    """Return the bytes of a request; a hello is also its own answer."""
    return encode((frame.KIND, *wire_fields(frame)))


def read_frame(data: bytes) -> Frame:
    """Decode a request, or raise MalformedError."""
    kind, *rest = decode(data, MAX_REQUEST) or (0,)
    if type(kind) is not int or kind not in _FRAMES or len(rest) != _FRAMES[kind][1]:
        raise MalformedError("shape", "no frame of the sync protocol")
    make: Callable[..., Frame] = _FRAMES[kind][0]
    return build(make, *rest)


def read_hello(data: bytes) -> Hello:
    """Decode the answer to a hello, or raise MalformedError."""
    frame = read_frame(data)
    if isinstance(frame, Hello):
        return frame
    raise MalformedError("shape", "not a hello")


def pack_list(items: tuple[bytes, ...]) -> bytes:
    """Return the bytes of an answer: ids, or posts in their envelopes."""
    return encode(items)


def read_ids(data: bytes) -> tuple[bytes, ...]:
    """Decode an answer of ids, or raise MalformedError."""
    return tuple(_bytes(item, HASH, HASH) for item in _items(data, IDS))


def read_posts(data: bytes) -> tuple[bytes, ...]:
    """Decode an answer of envelopes (not yet checked), or raise MalformedError."""
    return tuple(_bytes(item, 1, MAX_POST) for item in _items(data, POSTS))


def _items(data: bytes, most: int) -> tuple[object, ...]:
    items = decode(data, MAX_RESPONSE)
    if len(items) > most:
        raise MalformedError("shape", f"more than {most} items")
    return items


def _bytes(value: object, low: int, high: int) -> bytes:
    if type(value) is not bytes or not low <= len(value) <= high:
        raise MalformedError("shape", "an item of the wrong size")
    return value
