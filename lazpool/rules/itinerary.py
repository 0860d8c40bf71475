"""An offer with riders aboard: the route and their stops in one order, with planned minutes, seats and promises.

Accepted stops are hard: a new rider is put between them, never instead of them. A leg of the route that is bent to
stops takes its published minutes and those of its own extra way, shared out by the length of its parts, and each stop
takes STOP_MIN. So the plan follows from the order of the stops alone, not from who was accepted when.

The car leaves at a whole minute D, within the offer's flexibility, and waits for nobody but for a rider whose agreed
pick-up it reaches early. With `o_k` the offset of stop k and `a_k = ready_k - o_k` it is there at
`max(D, a_0, .. a_k) + o_k`, which must not be later than what was promised to who gets in or out there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

from lazpool.rules.geo import MIN_PER_KM, STOP_MIN, budget_km, leg_kms, whole
from lazpool.rules.insertion import Inserter, Placement, between
from lazpool.rules.track import lift, track

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lazpool.records.places import Point
    from lazpool.records.posts import Offer

MAX_DELAY = 10
"""Minutes by which pick-up and drop-off may be later than agreed, unless the rider asks for less. Between the five
that OpenTripPlanner gives a carpool's riders, on roads it knows, and the detour that a driver usually grants."""
ROUNDING = 1
"""Minutes by which two nodes may differ on the same plan."""


@dataclass(frozen=True, slots=True)
class Rider:
    """A passenger who has a seat, as agreed.

    pickup_at, dropoff_at: minutes since the epoch. max_delay: minutes by which either may be later. pickup_pos,
    dropoff_pos: where in the order of stops; between k and k + 1 on leg k of the route, a larger number is later.
    """

    pickup: Point
    dropoff: Point
    seats: int
    pickup_at: int
    dropoff_at: int
    pickup_pos: float
    dropoff_pos: float
    max_delay: int = MAX_DELAY


@dataclass(frozen=True, slots=True)
class Needs:
    """What a new rider needs: places, seats, and when; minutes since the epoch, infinite for any time.

    slack: minutes by which the wait for the pick-up may go beyond the offer's flexibility. agreed: the minute of the
    pick-up that was told to somebody already.
    """

    pickup: Point
    dropoff: Point
    seats: int
    pickup_from: float = -math.inf
    pickup_to: float = math.inf
    dropoff_from: float = -math.inf
    dropoff_to: float = math.inf
    slack: int = 0
    agreed: float = math.inf


class _Stop(NamedTuple):
    """A place on the way. pos: its order. ready, due: when a rider's stop may be; agreed: when a pick-up was to be."""

    point: Point
    pos: float
    boards: int = 0
    ready: float = -math.inf
    due: float = math.inf
    agreed: float = math.inf


class Itinerary:
    """The way of an offer with riders aboard, measured once."""

    def __init__(self, offer: Offer, riders: Sequence[Rider] = ()) -> None:
        """Put the riders' stops in order and plan the minutes."""
        self._offer = offer
        self._legs = leg_kms(offer.route)
        vertices = [_Stop(point, float(k)) for k, point in enumerate(offer.route)]
        self._stops = sorted([*vertices, *(stop for rider in riders for stop in _stops(rider))], key=_position)
        offsets = self._offsets(self._stops)
        self._planned = self._plan(self._stops, offsets)[1]
        # Whoever is later than promised already may stay so, but becomes no later.
        late = zip(self._stops, self._planned, strict=True)
        self._stops = [stop._replace(due=max(stop.due, planned)) for stop, planned in late]
        self._load = tuple(accumulate(stop.boards for stop in self._stops[:-1]))
        extra = sum(leg_kms([stop.point for stop in self._stops])) - sum(self._legs)
        self.left_km = budget_km(offer.max_detour) - extra - len(riders) * 2 * STOP_MIN / MIN_PER_KM
        """How much longer the way may become, once the stops of one rider more are made."""

    def free_km(self) -> float:
        """Return the length of the longest part of the way on which a seat is free."""
        longest = part = 0.0
        for hop, taken in zip(leg_kms([stop.point for stop in self._stops]), self._load, strict=True):
            part = part + hop if taken < self._offer.seats else 0.0
            longest = max(longest, part)
        return longest

    def inserter(self, needs: Needs) -> Inserter:
        """Measure the way against a new rider."""
        return Inserter(track(stop.point for stop in self._stops), lift(needs.pickup, needs.dropoff))

    def placements(self, inserter: Inserter, needs: Needs) -> Iterator[Placement]:
        """Yield every way that keeps the driver's limit, with what else stands against it."""
        for i, j, extra in inserter.ways(self.left_km):
            yield self._placed(needs, i, j, extra)

    def _placed(self, needs: Needs, i: int, j: int, extra: float) -> Placement:
        at = [stop.pos for stop in self._stops]
        pickup, dropoff = between((at[i], at[i + 1]), (at[j], at[j + 1]))
        mine = {i + 1: _Stop(needs.pickup, pickup, needs.seats), j + 2: _Stop(needs.dropoff, dropoff, -needs.seats)}
        stops = list(self._stops)
        for index, stop in mine.items():
            stops.insert(index, stop)
        offsets = self._offsets(stops)
        ready = max(needs.pickup_from, needs.dropoff_from - offsets[j + 2] + offsets[i + 1])
        stops[i + 1] = mine[i + 1] = mine[i + 1]._replace(ready=ready, due=needs.pickup_to, agreed=needs.agreed)
        stops[j + 2] = mine[j + 2] = mine[j + 2]._replace(due=needs.dropoff_to)
        latest = self._offer.depart + self._offer.flex_after + needs.slack
        held = max((stop.ready - at for stop, at in zip(stops[: i + 1], offsets, strict=False)))
        wait = ready - offsets[i + 1] - max(latest, held)  # only what the car does not wait for others before
        late = self._late(mine.values(), [offsets[k] for k in mine])
        depart, times = self._plan(stops, offsets)
        others = [time for index, time in enumerate(times) if index not in mine]
        return Placement(
            pickup_leg=math.floor(pickup),
            dropoff_leg=math.floor(dropoff),
            pickup_pos=pickup,
            dropoff_pos=dropoff,
            extra_km=extra,
            missing=max(self._load[i : j + 1]) + needs.seats - self._offer.seats,
            late=max(late, wait),
            early=wait > late,
            late_others=self._late(stops, offsets),
            depart_at=depart,
            pickup_at=times[i + 1],
            dropoff_at=times[j + 2],
            delay_min=max(self._delays(others), default=0),
        )

    def _delays(self, times: Sequence[int]) -> Iterator[int]:
        """Yield by how much later than planned so far the stops of those aboard are."""
        for stop, before, after in zip(self._stops, self._planned, times, strict=True):
            if stop.boards:
                yield max(after - before, 0)

    def _late(self, stops: Iterable[_Stop], offsets: Sequence[int]) -> float:
        """Return the minutes by which the stops cannot be made in time, at most 0 when they can."""
        held, late = float(self._offer.depart - self._offer.flex_before), -math.inf
        for stop, offset in zip(stops, offsets, strict=True):
            held = max(held, stop.ready - offset)
            late = max(late, held - (stop.due - offset))
        return late

    def _plan(self, stops: Sequence[_Stop], offsets: Sequence[int]) -> tuple[int, list[int]]:
        """Return when to leave, and when each stop is reached.

        In time for each agreed pick-up; if that leaves a choice, near the offered time, but without needless waits.
        """
        offer = self._offer
        held = list(accumulate((stop.ready - at for stop, at in zip(stops, offsets, strict=True)), max))
        latest = min(min(stop.due, stop.agreed) - at for stop, at in zip(stops, offsets, strict=True))
        wished = min(max(float(offer.depart), held[-1]), offer.depart + offer.flex_after, latest)
        depart = int(max(wished, offer.depart - offer.flex_before))
        return depart, [int(max(depart, wait)) + at for wait, at in zip(held, offsets, strict=True)]

    def _offsets(self, stops: Sequence[_Stop]) -> list[int]:
        """Return when each stop is reached if nobody waits, in whole minutes after departure."""
        hops = leg_kms([stop.point for stop in stops])
        driven = [0.0] * len(self._legs)
        for stop, hop in zip(stops, hops, strict=False):
            driven[int(stop.pos)] += hop
        minutes = self._offer.minutes
        times, clock = [0], 0.0
        for (stop, after), hop in zip(pairwise(stops), hops, strict=True):
            leg = int(stop.pos)
            taken = minutes[leg + 1] - minutes[leg] + (driven[leg] - self._legs[leg]) * MIN_PER_KM
            clock += taken * hop / driven[leg] if driven[leg] else taken * (not after.boards)
            clock += STOP_MIN if stop.boards else 0.0
            times.append(whole(clock))
        return times


def _stops(rider: Rider) -> tuple[_Stop, _Stop]:
    patience = rider.max_delay + ROUNDING
    return (
        _Stop(
            rider.pickup, rider.pickup_pos, rider.seats, rider.pickup_at, rider.pickup_at + patience, rider.pickup_at
        ),
        _Stop(rider.dropoff, rider.dropoff_pos, -rider.seats, due=rider.dropoff_at + patience),
    )


def _position(stop: _Stop) -> float:
    return stop.pos
