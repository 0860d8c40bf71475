"""Frames of the sync protocol `/lazpool/sync/1`: hello, what is the same and what differs, posts to fetch and to give.

Gossip is fast but lossy; two neighbours compare their boards by fingerprints of ranges (rules/reconcile.py) and hand
over what is missing. The format is protocol/sync.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, NamedTuple, TypeAlias

from lazpool.errors import MalformedError
from lazpool.records.covers import check_cover, flat_cover, parts_of
from lazpool.records.places import AREA_RES, check_cell, pack_areas, unpack_areas
from lazpool.records.posts import MAX_POST
from lazpool.records.shape import MAX_MINUTE, build, check_bytes, check_uint, wrong
from lazpool.wire.codec import decode, encode
from lazpool.wire.hashing import NET_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from lazpool.records.covers import Cover
    from lazpool.wire.codec import Value

PROTOCOL = "/lazpool/sync/1"
MAX_REQUEST = 64 * 1024
MAX_RESPONSE = 64 * 1024
MAX_AREAS = 256
POSTS = 128
"""Posts in one frame, fewer where they are large."""
_AROUND = 8
"""Bytes that MessagePack needs around a post, at most."""

NODE, HUB = 0, 1

SALT = 8


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

    def fields(self) -> tuple[Value, ...]:
        """Return what stands on the wire after the kind."""
        return self.net, self.role, self.areas

    @classmethod
    def read(cls, net: bytes, role: int, areas: tuple[int, ...]) -> Hello:
        """Build it from what stands on the wire."""
        return cls(net, role, areas)


@dataclass(frozen=True, slots=True)
class Question:
    """What a conversation compares: posts of these areas, in rising order, that expire at minute `since` or later."""

    areas: tuple[int, ...]
    since: int
    salt: bytes
    cover: Cover

    def __post_init__(self) -> None:
        """Refuse a frame that breaks the format."""
        check_areas(self.areas)
        check_uint("since", self.since, 0, MAX_MINUTE)
        check_bytes("salt", self.salt, SALT)
        check_cover(self.cover, self.since)

    def fields(self) -> tuple[Value, ...]:
        """Return what stands on the wire after the kind."""
        return pack_areas(self.areas), self.since, self.salt, flat_cover(self.cover)


class Compare(Question):
    """Ask what differs."""

    __slots__ = ()
    KIND: ClassVar[int] = 2

    @classmethod
    def read(cls, areas: bytes, since: int, salt: bytes, flat: tuple[Value, ...]) -> Compare:
        """Build it from what stands on the wire."""
        return cls(unpack_areas(areas), since, salt, parts_of(flat))


class GetPosts(Question):
    """Ask for the posts whose short names are listed in the cover."""

    __slots__ = ()
    KIND: ClassVar[int] = 3

    @classmethod
    def read(cls, areas: bytes, since: int, salt: bytes, flat: tuple[Value, ...]) -> GetPosts:
        """Build it from what stands on the wire."""
        return cls(unpack_areas(areas), since, salt, parts_of(flat))


class Post(NamedTuple):
    """A post or withdrawal in its envelope, not yet checked, and the areas it is known in."""

    envelope: bytes
    areas: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GivePosts:
    """Hand over posts that the other side lacks."""

    KIND: ClassVar[int] = 4
    posts: tuple[Post, ...]

    def __post_init__(self) -> None:
        """Refuse a frame that breaks the format."""
        if not 0 < len(self.posts) <= POSTS:
            raise wrong("posts", f"not 1 to {POSTS}")
        for post in self.posts:
            check_areas(post.areas)
            if type(post.envelope) is not bytes or not 0 < len(post.envelope) <= MAX_POST:
                raise wrong("posts", "an envelope of the wrong size")

    def fields(self) -> tuple[Value, ...]:
        """Return what stands on the wire after the kind."""
        return (tuple((post.envelope, pack_areas(post.areas)) for post in self.posts),)

    @classmethod
    def read(cls, items: tuple[Value, ...]) -> GivePosts:
        """Build it from what stands on the wire."""
        return cls(_posts(items))


Frame: TypeAlias = Hello | Compare | GetPosts | GivePosts
_FRAMES: dict[int, tuple[type[Frame], int]] = {1: (Hello, 3), 2: (Compare, 4), 3: (GetPosts, 4), 4: (GivePosts, 1)}


def pack_frame(frame: Frame) -> bytes:
    """Return the bytes of a request; a hello is also its own answer."""
    return encode((frame.KIND, *frame.fields()))


def read_frame(data: bytes) -> Frame:
    """Decode a request, or raise MalformedError."""
    kind, *rest = decode(data, MAX_REQUEST) or (0,)
    if type(kind) is not int or kind not in _FRAMES or len(rest) != _FRAMES[kind][1]:
        raise MalformedError("shape", "no frame of the sync protocol")
    make: Callable[..., Frame] = _FRAMES[kind][0].read
    return build(make, *rest)


def read_hello(data: bytes) -> Hello:
    """Decode the answer to a hello, or raise MalformedError."""
    frame = read_frame(data)
    if isinstance(frame, Hello):
        return frame
    raise MalformedError("shape", "not a hello")


def pack_cover(cover: Cover) -> bytes:
    """Return the bytes of the answer to a comparison."""
    return encode(flat_cover(cover))


def read_cover(data: bytes, since: int) -> Cover:
    """Decode the answer to a comparison that began at minute `since`, or raise MalformedError."""
    cover = build(parts_of, decode(data, MAX_RESPONSE))
    check_cover(cover, since, least=0)
    return cover


def fitting(posts: Iterable[Post]) -> Iterator[tuple[Post, ...]]:
    """Yield posts in groups that fit one frame each."""
    group, size = list[Post](), 0
    for post in posts:
        more = len(post.envelope) + 3 * len(post.areas) + _AROUND
        if group and (len(group) == POSTS or size + more > MAX_RESPONSE - _AROUND):
            yield tuple(group)
            group, size = [], 0
        group.append(post)
        size += more
    if group:
        yield tuple(group)


def pack_posts(posts: tuple[Post, ...]) -> bytes:
    """Return the bytes of the answer to a question for posts."""
    return encode(tuple((post.envelope, pack_areas(post.areas)) for post in posts))


def read_posts(data: bytes) -> tuple[Post, ...]:
    """Decode posts (not yet checked), or raise MalformedError."""
    items = decode(data, MAX_RESPONSE)
    return GivePosts(build(_posts, items)).posts if items else ()


def pack_taken(count: int) -> bytes:
    """Return the bytes of the answer to posts that were given: how many were looked at."""
    return encode((count,))


def read_taken(data: bytes) -> int:
    """Decode how many posts were looked at, or raise MalformedError."""
    items = decode(data, MAX_RESPONSE)
    if len(items) != 1 or type(items[0]) is not int or not 0 <= items[0] <= POSTS:
        raise MalformedError("shape", "not a count of posts")
    return items[0]


def check_areas(areas: tuple[int, ...]) -> None:
    """Check a list of areas: 1 to 256, rising."""
    if not 0 < len(areas) <= MAX_AREAS or any(a >= b for a, b in pairwise(areas)):
        raise wrong("areas", f"not 1 to {MAX_AREAS} in rising order")
    for area in areas:
        check_cell("areas", area, AREA_RES)


def _posts(items: tuple[Value, ...]) -> tuple[Post, ...]:
    if type(items) is not tuple:
        raise MalformedError("shape", "not a list of posts")
    return tuple(_post(item) for item in items)


def _post(item: Value) -> Post:
    if type(item) is not tuple or len(item) != 2:  # noqa: PLR2004 # envelope, areas
        raise MalformedError("shape", "not a post with its areas")
    envelope, areas = item
    return Post(envelope, unpack_areas(areas))  # type: ignore[arg-type] # checked there and by GivePosts
