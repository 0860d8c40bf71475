"""Frames of the sync protocol `/lazpool/sync/1`: hello, what is the same and what differs, posts to fetch and to give.

Gossip is fast but lossy; two neighbours compare their boards by fingerprints of ranges (rules/reconcile.py) and hand
over what is missing. The format is protocol/sync.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, NamedTuple, TypeAlias

from lazpool.errors import MalformedError
from lazpool.records.places import AREA_RES, check_cell, pack_areas, unpack_areas
from lazpool.records.posts import MAX_POST
from lazpool.records.shape import HASH, MAX_MINUTE, build, check_bytes, check_uint, wrong
from lazpool.wire.codec import decode, encode
from lazpool.wire.hashing import NET_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator

    from lazpool.wire.codec import Value

PROTOCOL = "/lazpool/sync/1"
MAX_REQUEST = 64 * 1024
MAX_RESPONSE = 64 * 1024
MAX_AREAS = 256
MAX_PARTS = 1024
"""Parts of one cover."""
POSTS = 128
"""Posts in one frame, fewer where they are large."""
_AROUND = 8
"""Bytes that MessagePack needs around a post, at most."""

NODE, HUB = 0, 1

SALT = SHORT = 8
RANGE_TAG, SHORT_TAG = "lz/range/1", "lz/short/1"
MINUTE = 4
KEY = MINUTE + HASH
"""Bytes of an element's key: the minute it expires, most significant byte first, and its id."""
SKIP, LIST = 0, 1
"""What a part may say beside a fingerprint and a list: nothing, and that a list is wanted."""
END = b"\xff" * MINUTE
"""A bound above every key: no post expires then."""


class Part(NamedTuple):
    """What is said of a range, which begins where the part before ends, up to `upper`, not included.

    says: SKIP, LIST, a fingerprint of 8 bytes, or a list of short names of 8 bytes each.
    """

    upper: bytes
    says: int | bytes | tuple[bytes, ...]


Cover: TypeAlias = "tuple[Part, ...]"


def start_of(minute: int) -> bytes:
    """Return the bound below every key that expires at a minute or later."""
    return minute.to_bytes(MINUTE, "big")


def code_of(known: Container[int], areas: tuple[int, ...]) -> bytes:
    """Return what stands behind the key in an element: a bit for each area compared, set if it is known there."""
    number = sum(1 << at for at, area in enumerate(areas) if area in known)
    return number.to_bytes(-(-len(areas) // 8), "big")


def areas_of_element(element: bytes, areas: tuple[int, ...]) -> tuple[int, ...]:
    """Return in which of the areas compared an element is known."""
    number = int.from_bytes(element[KEY:], "big")
    return tuple(area for at, area in enumerate(areas) if number >> at & 1)


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
        return pack_areas(self.areas), self.since, self.salt, _flat(self.cover)


class Compare(Question):
    """Ask what differs."""

    __slots__ = ()
    KIND: ClassVar[int] = 2

    @classmethod
    def read(cls, areas: bytes, since: int, salt: bytes, flat: tuple[Value, ...]) -> Compare:
        """Build it from what stands on the wire."""
        return cls(unpack_areas(areas), since, salt, _parts(flat))


class GetPosts(Question):
    """Ask for the posts whose short names are listed in the cover."""

    __slots__ = ()
    KIND: ClassVar[int] = 3

    @classmethod
    def read(cls, areas: bytes, since: int, salt: bytes, flat: tuple[Value, ...]) -> GetPosts:
        """Build it from what stands on the wire."""
        return cls(unpack_areas(areas), since, salt, _parts(flat))


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
    return encode(_flat(cover))


def read_cover(data: bytes, since: int) -> Cover:
    """Decode the answer to a comparison that began at minute `since`, or raise MalformedError."""
    cover = build(_parts, decode(data, MAX_RESPONSE))
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


def check_cover(cover: Cover, since: int, least: int = 1) -> None:
    """Check that bounds rise, and that each part says something that a part can say."""
    if not least <= len(cover) <= MAX_PARTS:
        raise wrong("cover", f"not {least} to {MAX_PARTS} parts")
    lower = start_of(since)
    for upper, says in cover:
        if type(upper) is not bytes or len(upper) > KEY or upper <= lower:
            raise wrong("cover", "bounds that do not rise")
        lower = upper
        if type(says) is int and says not in {SKIP, LIST}:
            raise wrong("cover", f"no part says {says}")
        if type(says) is bytes and len(says) != SHORT:
            raise wrong("cover", f"a fingerprint not of {SHORT} bytes")


def _flat(cover: Cover) -> tuple[Value, ...]:
    flat: list[Value] = []
    for upper, says in cover:
        flat += [upper, (b"".join(says),) if isinstance(says, tuple) else says]
    return tuple(flat)


def _parts(flat: tuple[Value, ...]) -> Cover:
    if type(flat) is not tuple or len(flat) % 2:
        raise MalformedError("shape", "a cover without its last part")
    return tuple(Part(upper, _says(says)) for upper, says in zip(flat[::2], flat[1::2], strict=True))  # type: ignore[arg-type] # check_cover looks at it


def _says(value: Value) -> int | bytes | tuple[bytes, ...]:
    if type(value) is int or type(value) is bytes:
        return value
    if type(value) is not tuple or len(value) != 1 or type(value[0]) is not bytes or len(value[0]) % SHORT:
        raise MalformedError("shape", "neither a mark, a fingerprint nor a list")
    names = value[0]
    return tuple(names[at : at + SHORT] for at in range(0, len(names), SHORT))


def _posts(items: tuple[Value, ...]) -> tuple[Post, ...]:
    if type(items) is not tuple:
        raise MalformedError("shape", "not a list of posts")
    return tuple(_post(item) for item in items)


def _post(item: Value) -> Post:
    if type(item) is not tuple or len(item) != 2:  # noqa: PLR2004 # envelope, areas
        raise MalformedError("shape", "not a post with its areas")
    envelope, areas = item
    return Post(envelope, unpack_areas(areas))  # type: ignore[arg-type] # checked there and by GivePosts
