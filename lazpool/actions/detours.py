"""Detours by road: what a rider costs a driver, told by the router where it knows all the roads.

There are two ways to count from. The *published* way begins and ends in the middles of the offer's end cells, so
everybody with the same roads comes to the same result. What a node decides by itself rests on this one alone: answers
that depended on the driver's door would tell where it is, after a few proposals. The *own* way begins and ends at the
door; what follows from it is told to the driver and to nobody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.actions.aboard import riders
from lazpool.actions.walks import point_of
from lazpool.records.places import MEETING_RES, Point, cell_at, centre
from lazpool.records.posts import Offer, Request, read_post
from lazpool.rules.driving import driven, least_extra, road_budget_min
from lazpool.rules.geo import STOP_MIN
from lazpool.store import board, own
from lazpool.store.ways import way_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lazpool.actions.desk import Desk
    from lazpool.records.agreements import AgreementTerms
    from lazpool.records.posts import Post
    from lazpool.rules.itinerary import Rider
    from lazpool.rules.matching import Fit
    from lazpool.store.ways import Via

MOST = 25
"""Of each post, so many matches are measured on roads: those of the least detour, as far as it is known."""


@dataclass(frozen=True, slots=True)
class Detour:
    """Minutes by road, stops included: what a rider costs, and what all do who are aboard then."""

    rider: float
    everybody: float


@dataclass(frozen=True, slots=True)
class Cost:
    """What a rider costs us on the published way, and on our own; None where the roads are not known."""

    published: Detour | None
    own: Detour | None

    def is_above(self, offer: Offer) -> bool:
        """Tell whether a node refuses this by itself."""
        return self.published is not None and self.published.everybody > road_budget_min(offer.max_detour)


@dataclass(frozen=True, slots=True)
class _Way:
    """The stops that a driver must make: both ends, and others with their positions on the published route."""

    ends: tuple[Point, Point]
    between: tuple[Via, ...]


def cost_of(
    desk: Desk, post: own.OwnPost, terms: AgreementTerms, aboard: Sequence[Rider] = (), found: Fit | None = None
) -> Cost:
    """Return what the rider of these terms costs us beside those aboard.

    found: where the stops stand among theirs; without, wherever it costs least. The router remembers its last answers:
    who asks before a transaction does not wait for a disk inside of it.
    """
    offer = _trip(post.envelope)
    if desk.roads.why or not isinstance(offer, Offer):
        return Cost(None, None)
    places = (centre(terms.pickup), centre(terms.dropoff))
    vias = _vias(desk, post.id, offer)
    shown = tuple((at, offer.route[int(at)]) for at, _ in vias if at.is_integer())
    published, ours = _Way((offer.route[0], offer.route[-1]), shown), _Way((post.start, post.end), vias)
    return Cost(*(_detour(desk, way, places, aboard, found) for way in (published, ours)))


def foresee(desk: Desk, post_id: bytes, terms: AgreementTerms, aboard: Sequence[Rider] = ()) -> None:
    """Ask the router what a transaction will ask it."""
    if (post := own.post(desk.node, post_id)) is not None:
        cost_of(desk, post, terms, aboard)


def measure_matches(desk: Desk, posts: Iterable[own.OwnPost]) -> int:
    """Measure the best matches of our posts on roads, where they are known; return how many.

    As the driver from door to door, but the passenger's ends are the middles of their cells; as the passenger from our
    meeting cells, on the published way.
    """
    if desk.roads.why:
        return 0
    measured = [(one.id, minutes) for post in posts for one, minutes in _measured(desk, post)]
    if measured:
        with desk.board.transaction():
            for identifier, minutes in measured:
                board.set_detour(desk.board, identifier, round(minutes, 1))
    return len(measured)


def _measured(desk: Desk, post: own.OwnPost) -> Iterator[tuple[board.Match, float]]:
    mine = _trip(post.envelope)
    for one in board.best_matches(desk.board, post.id, MOST):
        heard = board.get(desk.board, one.theirs)
        if not one.estimated or heard is None:
            continue
        theirs = _trip(heard["envelope"])
        if isinstance(mine, Offer) and isinstance(theirs, Request):
            way = _Way((post.start, post.end), _vias(desk, post.id, mine))
            places = _meeting(one, (centre(theirs.cell_from), centre(theirs.cell_to)))
            found = _detour(desk, way, places, riders(desk, post.id), None)
        elif isinstance(theirs, Offer):
            ends = (centre(cell_at(post.start, MEETING_RES)), centre(cell_at(post.end, MEETING_RES)))
            way = _Way((theirs.route[0], theirs.route[-1]), ())
            found = _detour(desk, way, _meeting(one, ends), (), None)
        else:
            continue
        if found is not None:
            yield one, found.rider


def _detour(
    desk: Desk, way: _Way, places: tuple[Point, Point], aboard: Sequence[Rider], found: Fit | None
) -> Detour | None:
    """Return what a rider costs on a way, or None."""
    stops = [(at, point) for rider in aboard for at, point in _stops(rider)]
    between = sorted((*way.between, *stops), key=_position)
    table = desk.roads.router.table((way.ends[0], *(point for _, point in between), way.ends[1], *places))
    if table.estimated:
        return None
    order = range(len(between) + 2)
    pickup, dropoff = len(order), len(order) + 1
    bare = [0, *(n for n, stop in enumerate(between, 1) if stop not in stops), len(order) - 1]
    before, first = driven(table.minutes, order), driven(table.minutes, bare)
    if aboard and found is not None:
        numbered = [(at, n) for n, (at, _) in enumerate(between, 1)]
        inner = sorted((*numbered, (found.pickup_pos, pickup), (found.dropoff_pos, dropoff)))
        extra = driven(table.minutes, [0, *(n for _, n in inner), len(order) - 1]) - before
    else:
        extra = least_extra(table.minutes, order, pickup, dropoff)
    return Detour(extra + 2 * STOP_MIN, before + extra - first + 2 * STOP_MIN * (len(aboard) + 1))


def _vias(desk: Desk, post_id: bytes, offer: Offer) -> tuple[Via, ...]:
    """Return what we must pass: without roads every vertex is a place that we named."""
    vias = way_of(desk.node, post_id)
    return tuple((float(n), offer.route[n]) for n in range(1, len(offer.route) - 1)) if vias is None else vias


def _stops(rider: Rider) -> tuple[Via, Via]:
    return (rider.pickup_pos, rider.pickup), (rider.dropoff_pos, rider.dropoff)


def _position(stop: Via) -> float:
    return stop[0]


def _meeting(match: board.Match, ends: tuple[Point, Point]) -> tuple[Point, Point]:
    """Return where a match says that people meet: at meeting places, or near the passenger's ends."""
    places = (match.pickup_place, match.dropoff_place)
    pickup, dropoff = (point_of(place) if place else end for place, end in zip(places, ends, strict=True))
    return pickup, dropoff


def _trip(envelope: bytes) -> Post:
    return read_post(envelope)[0].post
