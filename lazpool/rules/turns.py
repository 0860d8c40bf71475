"""Whose turn it is to drive in a standing group: the fair-share points of Fagin and Williams.

If a stranger drove, those who come along would split the price of the ride. So with d people in the car each owes 1/d
of a ride, and whoever drives is owed a whole one: 1/d less for each who does not drive, (d-1)/d more for who does.
Points add up to zero, who stays at home keeps theirs, and the order of the rides does not matter.

Sources: R. Fagin, J. H. Williams, A fair carpool scheduling algorithm, IBM J. Res. Dev. 27(2), 1983, pp. 133-139;
M. Naor, On fairness in the carpool problem, J. Algorithms 55(1), 2005, pp. 93-98: this share is the only one that is
fair in each of four plain senses. The protocol is protocol/circles.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm
from typing import TYPE_CHECKING

from lazpool.errors import MalformedError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

MAX_PRESENT = 12
"""People of a circle at most, and so in one car."""
UNIT = lcm(*range(1, MAX_PRESENT + 1))
"""Points of a whole ride: the least number that every number of people in the car divides, so nothing is rounded."""


@dataclass(frozen=True, slots=True)
class Drive:
    """A ride that counts: its day (of the calendar, since 1970), who drove, and all who were in the car."""

    day: int
    driver: bytes
    present: tuple[bytes, ...]

    def __post_init__(self) -> None:
        """Refuse a ride that no points could be given for."""
        if not 1 < len(set(self.present)) == len(self.present) <= MAX_PRESENT or self.driver not in self.present:
            raise MalformedError("range", f"present: not the driver and 1 to {MAX_PRESENT - 1} others")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands. points: in 1/UNIT of a ride. drove, rode: rides. last: day of the last drive, or -1."""

    person: bytes
    points: int = 0
    drove: int = 0
    rode: int = 0
    last: int = -1

    @property
    def order(self) -> tuple[int, int, int, bytes]:
        """Who comes first in this order drives next: fewest points, then fewest and oldest drives, then the key."""
        return self.points, self.drove, self.last, self.person


def standings(people: Iterable[bytes], drives: Iterable[Drive], carried: Mapping[bytes, int]) -> dict[bytes, Standing]:
    """Return where each of `people` stands after rides; carried: points that somebody began with, or nothing."""
    points = {person: carried.get(person, 0) for person in people}
    drove, rode, last = dict.fromkeys(points, 0), dict.fromkeys(points, 0), dict.fromkeys(points, -1)
    for drive in drives:
        share = UNIT // len(drive.present)
        for person in drive.present:
            points[person] -= share
            rode[person] += person != drive.driver
        points[drive.driver] += UNIT
        drove[drive.driver] += 1
        last[drive.driver] = max(last[drive.driver], drive.day)
    return {one: Standing(one, points[one], drove[one], rode[one], last[one]) for one in points}


def in_turn(known: Mapping[bytes, Standing], present: Collection[bytes]) -> list[Standing]:
    """Return where those who are present stand, whoever should drive first."""
    return sorted((known[person] for person in present), key=lambda one: one.order)
