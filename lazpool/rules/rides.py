"""Rides and wishes: an offer and a request as matching looks at them, measured once for all that they are held against.

A ride is made of an offer, or of what the board keeps beside one: who looks through hundreds of posts has no time to
check each of them again as if it had just been heard.
"""

from __future__ import annotations

import struct
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from lazpool.records.places import centre
from lazpool.records.posts import fields_again
from lazpool.records.route import MAX_VERTICES
from lazpool.rules.geo import budget_km
from lazpool.rules.track import Lift, Track, lift, track

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazpool.records.posts import Offer, Request

_LENGTHS = {32 * count: struct.Struct(f"<{count}d") for count in range(2, MAX_VERTICES + 1)}
"""The km that a way may become longer and the km of each leg, by the size of all that is kept of a way in bytes."""
_VERTEX = struct.Struct("<3d")


class Ride(NamedTuple):
    """An offer: its terms as the post says them, its way, and by how many km, great circle, that may become longer."""

    net: bytes
    post_pk: bytes
    box_pk: bytes
    group: bytes
    flags: int
    seats: int
    price: int
    unit: str
    depart: int
    flex_before: int
    flex_after: int
    minutes: tuple[int, ...]
    max_detour: int
    expires: int
    limit_km: float
    track: Track


class Window(NamedTuple):
    """When the passenger can be picked up (by=0) or dropped off (by=1): whole minutes since the epoch."""

    by: int
    earliest: int
    latest: int


class Wish(NamedTuple):
    """A request, and the ride between the middles of its cells."""

    request: Request
    window: Window
    lift: Lift


def ride(offer: Offer, measures: tuple[float, Track] | None = None) -> Ride:
    """Return an offer as a ride; measures: its limit and its way, where they are known already."""
    return Ride(
        *(offer.net, offer.post_pk, offer.box_pk, offer.group, offer.flags, offer.seats, offer.price, offer.unit),
        *(offer.depart, offer.flex_before, offer.flex_after, offer.minutes, offer.max_detour, offer.expires),
        *(measures or (budget_km(offer.max_detour), track(offer.route))),
    )


def ride_again(envelope: bytes, limit_km: float, way: Track) -> Ride:
    """Return the ride of an offer that was checked, and measured, before it was kept."""
    fields: Sequence[Any] = fields_again(envelope)
    _, net, _, post_pk, box_pk, _, _, minutes, depart, before, after, *rest, expires, _, group = fields
    detour, seats, price, unit, flags = rest
    terms = (net, post_pk, box_pk, group, flags, seats, price, unit, depart, before, after, minutes, detour, expires)
    return Ride(*terms, limit_km, way)


def pack_way(limit_km: float, way: Track) -> bytes:
    """Return the measures of a ride as they are kept."""
    lengths = (limit_km, *way.legs)
    return struct.pack(f"<{4 * len(lengths)}d", *lengths, *chain.from_iterable(way.vertices))


def unpack_way(data: bytes) -> tuple[float, Track]:
    """Return the measures again."""
    limit_km, *legs = _LENGTHS[len(data)].unpack_from(data)
    return limit_km, Track(list(_VERTEX.iter_unpack(data[len(data) // 4 :])), legs)


def wish(request: Request) -> Wish:
    """Return a request as a wish."""
    window = Window(request.by, request.earliest, request.latest)
    return Wish(request, window, lift(centre(request.cell_from), centre(request.cell_to)))
