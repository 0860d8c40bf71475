"""A commute said once: on which dates it takes place, and at which instant its wall time is on each of them.

Wall time and zone are what a person means, so the instant follows the zone's rules, also across changes of the clock. A
wall time that comes twice (clocks go back) means the first of the two; one that does not come (clocks go forward) means
as much later as the clocks skip. Both are PEP 495 with fold=0.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

OUT, BACK = 0, 1
"""The legs of a plan."""
_DAY = timedelta(days=1)
_FIRST_DATE, _LAST_DATE = date(1970, 1, 2), date(9998, 12, 31)
"""Within these every zone has every wall time."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a plan takes place.

    days: of the week, 0 is Monday. first, until: dates, both included. out, back: wall times; back is None for one way,
    and is on the day after when it is not later than out. zone: IANA name.
    """

    days: frozenset[int]
    first: date
    until: date | None
    out: time
    back: time | None
    zone: str

    @property
    def legs(self) -> tuple[int, ...]:
        """The legs of the plan."""
        return (OUT,) if self.back is None else (OUT, BACK)


@dataclass(frozen=True, slots=True, order=True)
class Departure:
    """One leg of a plan on one date; at: minutes since the epoch, and the first field, so that it orders."""

    at: int
    day: date
    leg: int


def dates(plan: Schedule, first: date, last: date) -> Iterator[date]:
    """Yield the dates of a plan from `first` to `last`, both included, in order."""
    day = max(first, plan.first, _FIRST_DATE)
    end = min(last, plan.until or last, _LAST_DATE)
    while plan.days and day <= end:
        if day.weekday() in plan.days:
            yield day
        day += _DAY


def instant(wall: time, day: date, zone: str) -> int:
    """Return the minute since the epoch at which clocks in the zone show a wall time on a date."""
    said = datetime.combine(day, wall.replace(fold=0), ZoneInfo(zone))
    return int(said.timestamp()) // 60


def departure(plan: Schedule, leg: int, day: date) -> Departure:
    """Return when a leg of a plan takes place on one of its dates."""
    if leg == OUT or plan.back is None:
        return Departure(instant(plan.out, day, plan.zone), day, OUT)
    return Departure(instant(plan.back, day + _DAY * (plan.back <= plan.out), plan.zone), day, BACK)


def departures(plan: Schedule, after: int, until: int) -> list[Departure]:
    """Return what takes place after one minute and not after another, soonest first."""
    here = dates(plan, _date(after) - 2 * _DAY, _date(until) + _DAY)
    found = [departure(plan, leg, day) for day in here for leg in plan.legs]
    return sorted(one for one in found if after < one.at <= until)


def is_over(plan: Schedule, now: int, but: frozenset[date] = frozenset()) -> bool:
    """Tell whether nothing of a plan is still to come after minute `now`, apart from some dates."""
    left = (day for day in dates(plan, _date(now) - 2 * _DAY, _LAST_DATE) if day not in but)
    return not any(departure(plan, leg, day).at > now for day in left for leg in plan.legs)


def _date(minute: int) -> date:
    """Return the date in UTC; everywhere else it is at most a day away."""
    return datetime.fromtimestamp(minute * 60, UTC).date()
