"""Which rides of a circle count: a function of the whole ones alone, so that who has the same agrees on everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.errors import RefusedError
from lazpool.rules.turns import Drive

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from lazpool.records.circles import FoundingTerms, RideTerms

MAX_AGE = 14 * 24 * 60
"""Minutes after its recording in which a ride may be signed; later nobody is asked any more."""


def is_whole(terms: FoundingTerms | RideTerms, signers: Collection[bytes]) -> bool:
    """Tell whether everybody who must sign did."""
    return set(terms.signers) <= set(signers)


def counted(whole: Iterable[RideTerms]) -> list[RideTerms]:
    """Return the rides that count, of those that everybody signed who was there; oldest day first.

    A ride that was taken back does not count, nor what takes it back. Nobody is in two cars at once: of rides of the
    same day and leg that share somebody, those with the lower id count, so every node leaves out the same.
    """
    rides = {one.id: one for one in whole}
    gone = {one.cancels for one in rides.values() if one.cancels in rides and _same(one, rides[one.cancels])}
    taken: set[tuple[int, int, bytes]] = set()
    found = []
    for identifier, ride in sorted(rides.items()):
        seats = {(ride.day, ride.leg, person) for person in ride.present}
        if not ride.cancels and identifier not in gone and not seats & taken:
            taken |= seats
            found.append(ride)
    return sorted(found, key=lambda one: (one.day, one.leg, one.id))


def drives(rides: Iterable[RideTerms]) -> list[Drive]:
    """Return what points are given for."""
    return [Drive(one.day, one.driver, one.present) for one in rides]


def check_signable(ride: RideTerms, mine: Iterable[RideTerms], now: int) -> None:
    """Raise RefusedError for a ride that we should not sign; mine: those that we have signed and that may count."""
    if ride.at + MAX_AGE < now:
        raise RefusedError("this ride was recorded more than two weeks ago", code="too-late")
    for other in mine:
        same = (other.day, other.leg) == (ride.day, ride.leg)
        if same and other.id != ride.id and not ride.cancels and set(other.present) & set(ride.present):
            hint = f"another ride of that day: --leg {ride.leg + 1}; a wrong one: lazpool circle refuse, or cancel"
            raise RefusedError("you have signed a ride of that day already", hint=hint, code="known-ride")


def carried_over(points: Mapping[bytes, int], staying: Collection[bytes]) -> dict[bytes, int]:
    """Return what those who stay bring along when others leave, whose points are shared evenly, to the last unit."""
    people = sorted(staying)
    kept = {person: points.get(person, 0) for person in people}
    each, rest = divmod(-sum(kept.values()), len(people))
    return {person: kept[person] + each + (at < rest) for at, person in enumerate(people)}


def _same(one: RideTerms, other: RideTerms) -> bool:
    """Tell whether a ride takes back the other: all but nonce and time is alike, and the other takes back none."""
    return not other.cancels and (one.circle, one.day, one.leg, one.driver, one.present) == (
        other.circle,
        other.day,
        other.leg,
        other.driver,
        other.present,
    )
