"""Does this offer serve this request, and how? Pure, exact for great circles, an estimate for roads.

A fit is the cheapest insertion (see insertion.py) that keeps the driver's limit, widened because it is estimated, the
seats on every leg and the window. Others filter with this, the driver's own node decides with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from lazpool.records.groups import post_tag
from lazpool.records.places import centre
from lazpool.records.posts import ARRIVE
from lazpool.rules import cost
from lazpool.rules.conditions import compatible
from lazpool.rules.geo import CIRCUITY, MIN_PER_KM, budget_km, road_hm
from lazpool.rules.insertion import Inserter, Insertion
from lazpool.rules.reach import time_bounds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazpool.records.places import Point, Spot
    from lazpool.records.posts import Offer, Request


class Reason(StrEnum):
    """Why an offer does not serve a request; stable codes."""

    NETWORK = "network"
    SAME_AUTHOR = "same-author"
    FLAGS = "flags"
    GROUP = "group"
    SEATS = "seats"
    TIME = "time"
    DETOUR = "detour"
    DIRECTION = "direction"


@dataclass(frozen=True, slots=True)
class Miss:
    """No match, the reason, and by how much it misses.

    short_by: for `detour` the minutes above the limit, for `time` the minutes between trip and window, at least, for
    `seats` how many are missing; 0 where a reason has no measure. early: for `time`, the trip passes before the window.
    """

    reason: Reason
    short_by: float = 0.0
    early: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """When the passenger can be picked up (by=0) or dropped off (by=1): whole minutes since the epoch."""

    by: int
    earliest: int
    latest: int


@dataclass(frozen=True, slots=True)
class Fit:
    """A match.

    pickup_leg, dropoff_leg: first and last leg of the offer on which the seats are taken. detour_hm: the driver's extra
    way in units of 100 m. depart_at, when the driver leaves for it, pickup_at, dropoff_at: minutes since the epoch.
    walk_m: metres. distance_hm: the passenger's ride in units of 100 m. share: minor units of `unit`. co2_g: grams
    saved, negative when the detour outweighs the ride. delay_min: the largest delay it causes to anybody aboard.
    pickup, dropoff: the meeting places, None for the passenger's own end.
    """

    pickup_leg: int
    dropoff_leg: int
    detour_min: float
    detour_hm: int
    depart_at: int
    pickup_at: int
    dropoff_at: int
    walk_m: int
    distance_hm: int
    share: int
    unit: str
    co2_g: int
    estimated: bool = True
    delay_min: float = 0.0
    pickup: Spot | None = None
    dropoff: Spot | None = None


def fit(
    offer: Offer, request: Request, load: Sequence[int] = (), *, spent_min: float = 0.0, group: bytes = b""
) -> Fit | Miss:
    """Return how the offer serves the request, or why it does not.

    load: seats already taken on each leg of the offer, empty for none. spent_min: minutes of the driver's detour that
    riders already accepted use up, the sum of their `detour_min`. group: the secret of the closed group that both must
    belong to; empty when neither may belong to any.
    """
    if (reason := mismatch(offer, request, group)) is not None:
        return Miss(reason)
    window = Window(request.by, request.earliest, request.latest)
    pickup, dropoff = centre(request.cell_from), centre(request.cell_to)
    return fit_places(offer, pickup, dropoff, request.seats, load, window=window, spent_min=spent_min)


def fit_places(
    offer: Offer,
    pickup: Point,
    dropoff: Point,
    seats: int,
    load: Sequence[int] = (),
    *,
    window: Window | None = None,
    also: Window | None = None,
    spent_min: float = 0.0,
) -> Fit | Miss:
    """Return how the offer serves a ride between two places, or why not; without a window, at the offered time.

    also: a second window, so that pick-up and drop-off can both be given.
    """
    if seats > offer.seats:
        return Miss(Reason.SEATS, seats - offer.seats)
    if window is not None and (apart := _apart(offer, window)) > 0:
        return Miss(Reason.TIME, apart, early=window.earliest > offer.depart)
    limit_km = budget_km(offer.max_detour) - spent_min / MIN_PER_KM
    inserter = Inserter(offer.route, offer.minutes, pickup, dropoff)
    near = list(inserter.within(limit_km))
    if not near:
        return _too_far(inserter, limit_km)
    seated = [way for way in near if _missing_seats(offer, way, seats, load) <= 0]
    if not seated:
        return Miss(Reason.SEATS, min(_missing_seats(offer, way, seats, load) for way in near))
    timed = [(way, *_shifts(offer, way, window, also)) for way in seated]
    apart, least_shift = min((least - most, least) for _, least, most in timed)
    if apart > 0:
        return Miss(Reason.TIME, apart, early=least_shift > offer.flex_after)
    found = [(way, max(least, min(0, most))) for way, least, most in timed if least <= most]
    way, shift = min(found, key=_preference)
    return _describe(offer, way, offer.depart + shift, seats, inserter.direct_km)


def occupied(load: Sequence[int], fit: Fit, seats: int) -> tuple[int, ...]:
    """Return the seats taken on each leg once that fit is accepted; legs beyond the end of the tuple are free."""
    before = (*load, *[0] * (fit.dropoff_leg + 1 - len(load)))
    return tuple(n + seats if fit.pickup_leg <= leg <= fit.dropoff_leg else n for leg, n in enumerate(before))


def mismatch(offer: Offer, request: Request, group: bytes = b"") -> Reason | None:
    """Return why the two do not go together wherever and whenever they travel; `group` as in `fit`."""
    if offer.net != request.net:
        return Reason.NETWORK
    if offer.post_pk == request.post_pk or offer.box_pk == request.box_pk:
        return Reason.SAME_AUTHOR
    if not compatible(offer.flags, request.flags):
        return Reason.FLAGS
    return None if _in_group(offer, group) and _in_group(request, group) else Reason.GROUP


def _in_group(post: Offer | Request, secret: bytes) -> bool:
    return post.group == (post_tag(secret, post.net, post.post_pk) if secret else b"")


def _apart(offer: Offer, window: Window) -> float:
    """Return, before any distance is measured, the minutes between the trip at its widest and the window."""
    start, end = time_bounds(offer)
    return max(window.earliest - end, start - window.latest)


def _too_far(inserter: Inserter, limit_km: float) -> Miss:
    """Return why no insertion keeps the limit: the way is too long, or the ride goes against it."""
    if inserter.least_km(back=True) <= limit_km:
        return Miss(Reason.DIRECTION)
    return Miss(Reason.DETOUR, (inserter.least_km() - limit_km) * MIN_PER_KM)


def _missing_seats(offer: Offer, way: Insertion, seats: int, load: Sequence[int]) -> int:
    return max(load[way.first_leg : way.last_leg + 1], default=0) + seats - offer.seats


def _shifts(offer: Offer, way: Insertion, *windows: Window | None) -> tuple[int, int]:
    """Return how many minutes later than offered the driver can leave, at least and at most; crossed: not at all."""
    least, most = -offer.flex_before, offer.flex_after
    for window in windows:
        if window is not None:
            offered = offer.depart + (way.dropoff_min if window.by == ARRIVE else way.pickup_min)
            least, most = max(least, window.earliest - offered), min(most, window.latest - offered)
    return least, most


def _preference(choice: tuple[Insertion, int]) -> tuple[float, int, int, int]:
    """Order insertions: least way to the metre, then fewest legs, least change of time, first on the route."""
    way, shift = choice
    return round(way.extra_km, 3), way.last_leg - way.first_leg, abs(shift), way.first_leg


def _describe(offer: Offer, way: Insertion, depart: int, seats: int, direct_km: float) -> Fit:
    distance_hm = road_hm(way.ride_km)
    return Fit(
        pickup_leg=way.first_leg,
        dropoff_leg=way.last_leg,
        detour_min=round(way.detour_min, 1),
        detour_hm=road_hm(way.extra_km),
        depart_at=depart,
        pickup_at=depart + way.pickup_min,
        dropoff_at=depart + way.dropoff_min,
        walk_m=0,
        distance_hm=distance_hm,
        share=cost.share(offer.price, distance_hm, seats),
        unit=offer.unit,
        co2_g=cost.co2_saved_g(direct_km * CIRCUITY, way.extra_km * CIRCUITY),
    )
