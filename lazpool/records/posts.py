"""Public posts: offer, request, withdrawal. At most 512 bytes each, by a key made for that post alone.

Times are whole minutes since the Unix epoch, UTC. The format is protocol/posts.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, NamedTuple, TypeAlias

from lazpool.errors import MalformedError
from lazpool.records.groups import check_group_tag
from lazpool.records.places import COARSE_RES, GRID, POST_RES, Point, check_cell, is_coarse
from lazpool.records.route import MAX_VERTICES, pack_route, unpack_route
from lazpool.records.shape import (
    HASH,
    KEY,
    MAX_MINUTE,
    VERSION,
    build,
    check_bytes,
    check_keys,
    check_uint,
    check_unit,
    wrong,
)
from lazpool.wire.codec import Array, decode, decode_again, encode
from lazpool.wire.envelope import Envelope, open_envelope
from lazpool.wire.hashing import NET_SIZE, tagged_hash
from lazpool.wire.signing import sign, verify_post

MAX_POST = 512
MAX_LETTERBOXES = 3
MAX_SEATS = 8
MAX_DETOUR = 240
MAX_FLEX = 720
MAX_WINDOW = 2880
MAX_WALK = 10_000
MAX_PRICE = 100_000
MAX_TRIP = 2880
MAX_STAMP = 16
MAX_FLAGS = 2**32 - 1
POST_TAG = "lz/post/1"

DEPART, ARRIVE = 0, 1


@dataclass(frozen=True, slots=True)
class Offer:
    """A driver's dated trip with free seats.

    route: 2 to 16 vertices, both ends coarse. minutes: offset of each vertex from `depart`. flex_*: minutes the driver
    can leave earlier or later. max_detour: minutes. price: thousandths of `unit` per km and seat, 0 a gift. group: tag
    of a closed group, or empty.
    """

    KIND: ClassVar[int] = 1
    net: bytes
    post_pk: bytes
    box_pk: bytes
    letterboxes: tuple[bytes, ...]
    route: tuple[Point, ...]
    minutes: tuple[int, ...]
    depart: int
    flex_before: int
    flex_after: int
    max_detour: int
    seats: int
    price: int
    unit: str
    flags: int
    expires: int
    stamp: bytes = b""
    group: bytes = b""

    def __post_init__(self) -> None:
        """Refuse an offer that breaks the format."""
        _check_head(self)
        _check_route(self.route, self.minutes)
        check_uint("flex_before", self.flex_before, 0, MAX_FLEX)
        check_uint("flex_after", self.flex_after, 0, MAX_FLEX)
        check_uint("depart", self.depart, 0, MAX_MINUTE)
        check_uint("max_detour", self.max_detour, 0, MAX_DETOUR)
        check_uint("price", self.price, 0, MAX_PRICE)
        check_unit("unit", self.unit)

    def fields(self) -> Array:
        """Return the wire array of the body."""
        return (
            *(VERSION, self.net, self.KIND, self.post_pk, self.box_pk, self.letterboxes),
            *(pack_route(self.route), self.minutes, self.depart, self.flex_before, self.flex_after),
            *(self.max_detour, self.seats, self.price, self.unit, self.flags, self.expires, self.stamp),
            self.group,
        )

    @classmethod
    def from_fields(cls, array: Array) -> Offer:
        """Build the offer a wire array says."""
        _, net, _, post_pk, box_pk, letterboxes, route, *rest = array
        return build(cls, net, post_pk, box_pk, letterboxes, unpack_route(route), *rest)  # type: ignore[arg-type] # checked inside


@dataclass(frozen=True, slots=True)
class Request:
    """A passenger's dated trip.

    by: 0 when earliest..latest is the window of departure, 1 of arrival. walk: metres. group: tag of a closed group, or
    empty.
    """

    KIND: ClassVar[int] = 2
    net: bytes
    post_pk: bytes
    box_pk: bytes
    letterboxes: tuple[bytes, ...]
    cell_from: int
    cell_to: int
    by: int
    earliest: int
    latest: int
    walk: int
    seats: int
    flags: int
    expires: int
    stamp: bytes = b""
    group: bytes = b""

    def __post_init__(self) -> None:
        """Refuse a request that breaks the format."""
        _check_head(self)
        check_cell("cell_from", self.cell_from, POST_RES, COARSE_RES)
        check_cell("cell_to", self.cell_to, POST_RES, COARSE_RES)
        check_uint("by", self.by, DEPART, ARRIVE)
        check_uint("earliest", self.earliest, 0, MAX_MINUTE)
        check_uint("latest", self.latest, self.earliest, min(self.earliest + MAX_WINDOW, MAX_MINUTE))
        check_uint("walk", self.walk, 0, MAX_WALK)

    def fields(self) -> Array:
        """Return the wire array of the body."""
        return (
            *(VERSION, self.net, self.KIND, self.post_pk, self.box_pk, self.letterboxes, self.cell_from, self.cell_to),
            *(self.by, self.earliest, self.latest, self.walk, self.seats, self.flags, self.expires, self.stamp),
            self.group,
        )

    @classmethod
    def from_fields(cls, array: Array) -> Request:
        """Build the request a wire array says."""
        _, net, _, *rest = array
        return build(cls, net, *rest)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The author takes a post back; signed by the post's own key. expires: when that post would have expired."""

    KIND: ClassVar[int] = 3
    net: bytes
    post_pk: bytes
    post_id: bytes
    expires: int

    def __post_init__(self) -> None:
        """Refuse a withdrawal that breaks the format."""
        check_bytes("net", self.net, NET_SIZE)
        check_bytes("post_pk", self.post_pk, KEY)
        check_bytes("post_id", self.post_id, HASH)
        check_uint("expires", self.expires, 0, MAX_MINUTE)

    def fields(self) -> Array:
        """Return the wire array of the body."""
        return (VERSION, self.net, self.KIND, self.post_pk, self.post_id, self.expires)

    @classmethod
    def from_fields(cls, array: Array) -> Withdrawal:
        """Build the withdrawal a wire array says."""
        _, net, _, *rest = array
        return build(cls, net, *rest)


Post: TypeAlias = Offer | Request | Withdrawal
_KINDS: dict[int, tuple[type[Post], int]] = {1: (Offer, 19), 2: (Request, 17), 3: (Withdrawal, 6)}


class SignedPost(NamedTuple):
    """A post as it travels: the record, its id and its envelope as received."""

    post: Post
    id: bytes
    envelope: bytes


def post_id(body: bytes) -> bytes:
    """Return the id of a post: the hash of its unsigned body."""
    return tagged_hash(POST_TAG, body)


def sign_post(post: Post, seed: bytes) -> SignedPost:
    """Sign a post with the seed of its own key; MalformedError when it would be over 512 bytes."""
    body = encode(post.fields())
    identifier = post_id(body)
    envelope = Envelope(body, sign(seed, "post", post.net, identifier)).pack()
    if len(envelope) > MAX_POST:
        raise MalformedError("size", f"a post of {len(envelope)} bytes; the limit is {MAX_POST}")
    return SignedPost(post, identifier, envelope)


def read_post(data: bytes) -> tuple[SignedPost, bytes]:
    """Decode and check a post but for its signature, which is returned beside it."""
    envelope = open_envelope(data, MAX_POST)
    post = post_from_body(envelope.body)
    return SignedPost(post, post_id(envelope.body), data), envelope.signature


def fields_again(data: bytes) -> Array:
    """Return the wire array of a post that was read before and kept, unchecked."""
    body, _ = decode_again(data)
    return decode_again(body)  # type: ignore[arg-type] # bytes, as it was when it was read


def check_signature(signed: SignedPost, signature: bytes) -> None:
    """Raise MalformedError unless the post's own key signed it."""
    verify_post(signed.post.post_pk, signature, signed.post.net, signed.id)


def post_from_body(body: bytes) -> Post:
    """Decode the body of a post, or raise MalformedError."""
    array = decode(body, MAX_POST)
    kind = array[2] if len(array) > 2 else None  # noqa: PLR2004 # version, net, kind
    if type(kind) is not int or kind not in _KINDS or array[0] != VERSION:
        raise MalformedError("shape", "not a post of a known kind and version")
    record, arity = _KINDS[kind]
    if len(array) != arity:
        raise MalformedError("shape", f"{len(array)} fields; kind {kind} has {arity}")
    return record.from_fields(array)


def _check_head(post: Offer | Request) -> None:
    check_bytes("net", post.net, NET_SIZE)
    check_bytes("post_pk", post.post_pk, KEY)
    check_bytes("box_pk", post.box_pk, KEY)
    check_keys("letterboxes", post.letterboxes, MAX_LETTERBOXES)
    check_uint("seats", post.seats, 1, MAX_SEATS)
    check_uint("flags", post.flags, 0, MAX_FLAGS)
    check_uint("expires", post.expires, 0, MAX_MINUTE)
    if type(post.stamp) is not bytes or len(post.stamp) > MAX_STAMP:
        raise wrong("stamp", f"not at most {MAX_STAMP} bytes")
    check_group_tag("group", post.group)


def _check_route(route: tuple[Point, ...], minutes: tuple[int, ...]) -> None:
    if type(route) is not tuple or type(minutes) is not tuple:  # bytes, too, are a sequence of integers
        raise MalformedError("shape", "route: not a list of vertices and a list of minutes")
    if not 2 <= len(route) <= MAX_VERTICES or len(minutes) != len(route):  # noqa: PLR2004 # a way has two ends
        raise wrong("route", f"not 2 to {MAX_VERTICES} vertices, each with its minute")
    for point in route:
        if round(point.lat * GRID) / GRID != point.lat or round(point.lon * GRID) / GRID != point.lon:
            raise wrong("route", "a vertex off the grid of 1/1000 degree")
    if not (is_coarse(route[0]) and is_coarse(route[-1])):
        raise wrong("route", "an end is not the centre of a cell of resolution 7 or 6")
    check_uint("minutes", minutes[0], 0, 0)
    for before, after in pairwise(minutes):
        check_uint("minutes", after, before, MAX_TRIP)
