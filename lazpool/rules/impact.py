"""What shared rides carry, and what they spare the air: a range, since nobody knows what would have been without them.

Its top assumes that the passenger would have driven alone. Its bottom counts what studies found: passengers who would
have taken a train or stayed at home, drivers who drive because passengers share the cost, and people who travel more
where travel becomes cheap (rebound). The driver's detour is taken off both ends. Every figure is data with its source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Case:
    """What would have been without the shared ride, by one assumption or study, for rides of some lengths.

    drove, transit: how many of the passengers would have driven alone or taken public transport, as shares of 1; the
    rest would not have travelled. induced: car kilometres per kilometre of a ride that were driven only because it was
    shared. kept: the share of the saving that is left once people travel more. from_km, to_km: of rides as long as the
    first, and shorter than the second.
    """

    name: str
    drove: float
    transit: float
    induced: float
    kept: float
    from_km: float
    to_km: float
    source: str


@dataclass(frozen=True, slots=True)
class Factors:
    """Emissions in grams of CO2 equivalent, and the cases that a range is made of; checked: the day somebody looked.

    car: per kilometre of a car, whoever is in it. transit: per kilometre of a person in public transport.
    """

    name: str
    title: str
    car: float
    car_source: str
    transit: float
    transit_source: str
    checked: str
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Ride:
    """A ride of one passenger, with as many seats as they asked for.

    distance: 100 m. detour: km that the driver went out of the way for it, at least and at most.
    """

    distance: int
    seats: int
    detour: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Saving:
    """Grams of CO2 equivalent that were saved, at least and at most; below zero where more was emitted."""

    least: int = 0
    most: int = 0

    def __add__(self, other: Saving) -> Saving:
        """Add both ends: what is at least saved by each is at least saved by all."""
        return Saving(self.least + other.least, self.most + other.most)


def passenger_hm(rides: Iterable[Ride]) -> int:
    """Return passenger kilometres in units of 100 m: the distance of each ride, for every seat that was taken."""
    return sum(ride.distance * ride.seats for ride in rides)


def saving(ride: Ride, factors: Factors) -> Saving:
    """Return what a ride saved, from the worst of the cases that are about rides of its length to the best.

    People who ask for two seats would have shared one car, and bought two tickets.
    """
    km = ride.distance / 10
    found = [_grams(case, ride, factors) for case in factors.cases if case.from_km <= km < case.to_km]
    least, most = (factors.car * detour for detour in reversed(ride.detour))
    return Saving(round(min(found) - least), round(max(found) - most))


def _grams(case: Case, ride: Ride, factors: Factors) -> float:
    km = ride.distance / 10
    elsewhere = case.drove * factors.car * km + case.transit * factors.transit * km * ride.seats
    return case.kept * elsewhere - case.induced * factors.car * km
