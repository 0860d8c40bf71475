"""Does this offer serve this request, and how? Pure, exact for great circles, an estimate for roads.

A fit is the cheapest insertion (see insertion.py) that keeps the driver's limit, widened because it is estimated, the
seats on every leg and the window. Others filter with this, the driver's own node decides with it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from lazpool.records.groups import post_tag
from lazpool.records.places import centre
from lazpool.records.posts import ARRIVE
from lazpool.rules import cost
from lazpool.rules.conditions import compatible
from lazpool.rules.geo import CIRCUITY, MIN_PER_KM, STOP_MIN, road_hm
from lazpool.rules.insertion import Inserter, Placement, between
from lazpool.rules.itinerary import Itinerary, Needs
from lazpool.rules.reach import time_bounds
from lazpool.rules.rides import Window, ride, wish
from lazpool.rules.track import lift, track
from lazpool.rules.walking import metres, narrowed, standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lazpool.records.places import Point, Spot
    from lazpool.records.posts import Offer, Request
    from lazpool.rules.insertion import Way
    from lazpool.rules.itinerary import Rider
    from lazpool.rules.rides import Ride, Wish
    from lazpool.rules.walking import Pair, Walks

HECTOMETRE = 100
"""Metres."""
_Timed = tuple["Way", int, int]
_AS_CHEAP_KM = 0.001
"""Ways that differ by less count as equally cheap."""


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
    DELAY = "delay"


@dataclass(frozen=True, slots=True)
class Miss:
    """No match, the reason, and by how much it misses.

    short_by: for `detour` the minutes above the limit, for `time` the minutes between trip and window, at least, for
    `delay` those by which somebody aboard would be too late, for `seats` how many are missing; else 0. early: for
    `time`, the trip passes before the window.
    """

    reason: Reason
    short_by: float = 0.0
    early: bool = False


class Fit(NamedTuple):
    """A match.

    pickup_leg, dropoff_leg: first and last leg of the offer on which the seats are taken; pickup_pos, dropoff_pos:
    where the stops stand in the order of stops, see itinerary.py. detour_hm: the driver's extra way in units of 100 m.
    depart_at, when the driver leaves for it, pickup_at, dropoff_at: minutes since the epoch. walk_m: metres on foot,
    both ways together. distance_hm: the passenger's ride in units of 100 m. share: minor units of `unit`. co2_g: grams
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
    pickup_pos: float
    dropoff_pos: float
    delay_min: int
    estimated: bool = True
    pickup: Spot | None = None
    dropoff: Spot | None = None


def fit(
    offer: Offer, request: Request, aboard: Sequence[Rider] = (), *, group: bytes = b"", walks: Walks | None = None
) -> Fit | Miss:
    """Return how the offer serves the request beside those aboard, or why it does not.

    group: the secret of the closed group that both must belong to; empty when neither may belong to any. walks: the
    meeting places that the passenger may walk to. Of all choices that fit, to walk nowhere included, the one is taken
    with the least sum of the driver's extra way, to 100 m, and the passenger's way on foot, of two equal ones that with
    the lesser walk. Who walks to the car leaves no earlier than the window says, who walks from it arrives no later.
    """
    if not aboard:
        return fit_ride(ride(offer), wish(request), group=group, walks=walks)
    if (reason := mismatch(offer, request, group)) is not None:
        return Miss(reason)

    def there(pickup: Point, dropoff: Point, window: Window) -> Fit | Miss:
        return fit_places(offer, pickup, dropoff, request.seats, aboard, window=window)

    window = Window(request.by, request.earliest, request.latest)
    here = there(centre(request.cell_from), centre(request.cell_to), window)
    return here if walks is None else _afoot(here, walks, window, there)


def fit_ride(
    offered: Ride,
    wanted: Wish,
    *,
    group: bytes = b"",
    walks: Walks | None = None,
    inserter: Inserter | None = None,
) -> Fit | Miss:
    """Return the same for a ride with nobody aboard and a wish: whoever has many of them measures each once.

    inserter: of the ride's way and the wish, where that was measured already.
    """
    if (reason := mismatch(offered, wanted.request, group)) is not None:
        return Miss(reason)
    seats, window = wanted.request.seats, wanted.window
    inserter = inserter or Inserter(offered.track, wanted.lift)
    here = _alone(offered, inserter, seats, window)
    if walks is None:
        return here

    def there(pickup: Point, dropoff: Point, window: Window) -> Fit | Miss:
        return _alone(offered, Inserter(offered.track, lift(pickup, dropoff)), seats, window)

    return _afoot(here, walks, window, there)


def fit_places(
    offer: Offer,
    pickup: Point,
    dropoff: Point,
    seats: int,
    aboard: Sequence[Rider] = (),
    *,
    window: Window | None = None,
) -> Fit | Miss:
    """Return how the offer serves a ride between two places, or why not; without a window, at the offered time."""
    if not aboard:
        alone = ride(offer)
        return _alone(alone, Inserter(alone.track, lift(pickup, dropoff)), seats, window)
    return _hopeless(offer, seats, window) or best(offer, _needs(pickup, dropoff, seats, window), aboard)


def best(
    offer: Offer, needs: Needs, aboard: Sequence[Rider] = (), distance: tuple[float, float] = (0, math.inf)
) -> Fit | Miss:
    """Return the best way to serve a rider beside those aboard, or why there is none.

    distance: between how many units of 100 m the ride is to be, to tell ways apart that pass a place twice; one outside
    is taken only when none is inside.
    """
    itinerary = Itinerary(offer, aboard)
    inserter = Inserter(track(offer.route), lift(needs.pickup, needs.dropoff))
    bent = itinerary.inserter(needs)
    near = list(itinerary.placements(bent, needs))
    if not near:
        return _too_far(bent, itinerary.left_km)
    seated = [way for way in near if way.missing <= 0]
    if not seated:
        return Miss(Reason.SEATS, min(way.missing for way in near))
    timely = [way for way in seated if way.late <= 0]
    if not timely:
        late, early = min((way.late, way.early) for way in seated)
        return Miss(Reason.TIME, late, early=early)
    kind = [way for way in timely if way.late_others <= 0]
    if not kind:
        return Miss(Reason.DELAY, min(way.late_others for way in timely))

    def preference(way: Placement) -> tuple[float, ...]:
        hm = road_hm(inserter.ride_km(way.pickup_leg, way.dropoff_leg))
        astray, shift = max(distance[0] - hm, hm - distance[1], 0), abs(way.depart_at - offer.depart)
        return astray, *_preference(way, shift), way.pickup_pos

    return _told(offer, inserter, min(kind, key=preference), needs.seats)


def mismatch(offer: Offer | Ride, request: Request, group: bytes = b"") -> Reason | None:
    """Return why the two do not go together wherever and whenever they travel; `group` as in `fit`."""
    if offer.net != request.net:
        return Reason.NETWORK
    if offer.post_pk == request.post_pk or offer.box_pk == request.box_pk:
        return Reason.SAME_AUTHOR
    if not compatible(offer.flags, request.flags):
        return Reason.FLAGS
    return None if _in_group(offer, group) and _in_group(request, group) else Reason.GROUP


def _in_group(post: Offer | Ride | Request, secret: bytes) -> bool:
    return post.group == (post_tag(secret, post.net, post.post_pk) if secret else b"")


def on_foot(found: Fit, pair: Pair) -> Fit:
    """Return a fit with the walk that leads to it."""
    pickup, dropoff = (walk.spot if walk else None for walk in pair)
    return found._replace(walk_m=metres(pair), pickup=pickup, dropoff=dropoff)


def _afoot(
    here: Fit | Miss, walks: Walks, window: Window, there: Callable[[Point, Point, Window], Fit | Miss]
) -> Fit | Miss:
    """Return the best of the way without a walk and of those with one; here: without, as the posts say it."""
    if not walks.pairs or not _may_help(here, walks):
        return here

    def by(pair: Pair) -> Fit | Miss:
        return there(*standing(walks.ends, pair), narrowed(window, pair))

    door = by((None, None))
    least = door.detour_hm * HECTOMETRE if isinstance(door, Fit) else math.inf
    for pair in walks.pairs:
        if metres(pair) >= least:
            break  # What follows is farther still.
        found = by(pair)
        if isinstance(found, Fit) and found.detour_hm * HECTOMETRE + metres(pair) < least:
            least, here = found.detour_hm * HECTOMETRE + metres(pair), on_foot(found, pair)
    return here


def _may_help(here: Fit | Miss, walks: Walks) -> bool:
    """Tell whether walking may do better: a stop that moves by a km saves 2 km of the way at most."""
    if isinstance(here, Miss) and here.reason == Reason.DETOUR:
        return here.short_by <= 2 * walks.away_km * MIN_PER_KM
    return True


def _alone(offered: Ride, inserter: Inserter, seats: int, window: Window | None) -> Fit | Miss:
    """Return the best way to serve a passenger with nobody else aboard, or why there is none."""
    if miss := _hopeless(offered, seats, window):
        return miss
    limit_km = offered.limit_km
    if inserter.least_km > limit_km:
        return _too_far(inserter, limit_km)
    near: list[_Timed] = []
    # Mostly the cheapest way is one in time, too; only where it is not, all of them are looked at.
    for bound_km in (min(inserter.least_km + _AS_CHEAP_KM, limit_km), limit_km):
        near = _timed(offered, inserter, inserter.ways(bound_km), window)
        if timely := [one for one in near if one[1] <= one[2]]:
            return _described(offered, inserter, *min(map(_shifted, timely), key=_order), seats)
    late, least = min((least - most, least) for _, least, most in near)
    return Miss(Reason.TIME, late, early=least > offered.flex_after)


def _timed(offered: Ride, inserter: Inserter, ways: Iterable[Way], window: Window | None) -> list[_Timed]:
    """Return ways, each with how many minutes later than offered the driver can leave, at least and at most.

    Crossed: not at all.
    """
    before, after, minutes = -offered.flex_before, offered.flex_after, offered.minutes
    if window is None:
        return [(way, before, after) for way in ways]
    earliest, latest = window.earliest - offered.depart, window.latest - offered.depart
    at = inserter.dropoff_min if window.by == ARRIVE else inserter.pickup_min
    planned = [(way, at(way, minutes)) for way in ways]
    return [(way, max(before, earliest - minute), min(after, latest - minute)) for way, minute in planned]


def _shifted(timed: _Timed) -> tuple[Way, int]:
    """Return a way and the change of the offered time that is made: the least."""
    way, least, most = timed
    return way, max(least, min(0, most))


def _order(shifted: tuple[Way, int]) -> tuple[float, int, int, int]:
    return _preference(shifted[0], abs(shifted[1]))


def _hopeless(offer: Offer | Ride, seats: int, window: Window | None) -> Miss | None:
    """Return why the offer serves nobody like that, as far as can be told before any distance is measured."""
    if seats > offer.seats:
        return Miss(Reason.SEATS, seats - offer.seats)
    if window is None:
        return None
    start, end = time_bounds(offer)
    if (apart := max(window.earliest - end, start - window.latest)) > 0:
        return Miss(Reason.TIME, apart, early=window.earliest > offer.depart)
    return None


def _too_far(inserter: Inserter, limit_km: float) -> Miss:
    """Return why no insertion keeps the limit: the way is too long, or the ride goes against it."""
    if inserter.least_back_km() <= limit_km:
        return Miss(Reason.DIRECTION)
    return Miss(Reason.DETOUR, (inserter.least_km - limit_km) * MIN_PER_KM)


def _needs(pickup: Point, dropoff: Point, seats: int, window: Window | None) -> Needs:
    if window is None:
        return Needs(pickup, dropoff, seats)
    if window.by == ARRIVE:
        return Needs(pickup, dropoff, seats, dropoff_from=window.earliest, dropoff_to=window.latest)
    return Needs(pickup, dropoff, seats, pickup_from=window.earliest, pickup_to=window.latest)


def _preference(way: Way | Placement, shift: int) -> tuple[float, int, int, int]:
    """Order ways: least extra way to the metre, then fewest legs, least change of time, first on the route."""
    return round(way.extra_km, 3), way.dropoff_leg - way.pickup_leg, shift, way.pickup_leg


def _described(offered: Ride, inserter: Inserter, way: Way, shift: int, seats: int) -> Fit:
    """Return a way with nobody else aboard as people are told it."""
    i, j, extra_km = way
    depart, minutes = offered.depart + shift, offered.minutes
    pickup, dropoff = depart + inserter.pickup_min(way, minutes), depart + inserter.dropoff_min(way, minutes)
    placed = Placement(i, j, *between((i, i + 1), (j, j + 1)), extra_km, depart, pickup, dropoff)
    return _told(offered, inserter, placed, seats)


def _told(offer: Offer | Ride, inserter: Inserter, way: Placement, seats: int) -> Fit:
    """Return a way as people are told it; inserter: of the route alone, so that nobody pays for others' detours."""
    first, last = inserter.seat_legs(way.pickup_leg, way.dropoff_leg)
    distance_hm = road_hm(inserter.ride_km(way.pickup_leg, way.dropoff_leg))
    return Fit(
        pickup_leg=first,
        dropoff_leg=last,
        detour_min=round(way.extra_km * MIN_PER_KM + 2 * STOP_MIN, 1),
        detour_hm=road_hm(way.extra_km),
        depart_at=way.depart_at,
        pickup_at=way.pickup_at,
        dropoff_at=way.dropoff_at,
        walk_m=0,
        distance_hm=distance_hm,
        share=cost.share(offer.price, distance_hm, seats),
        unit=offer.unit,
        co2_g=cost.co2_saved_g(inserter.direct_km * CIRCUITY, way.extra_km * CIRCUITY),
        delay_min=way.delay_min,
        pickup_pos=way.pickup_pos,
        dropoff_pos=way.dropoff_pos,
    )
