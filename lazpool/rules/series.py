"""The same ride on another date: what may be signed for a person who said so once, and what asks them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.rules.terms import DISTANCE_SLACK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lazpool.records.agreements import AgreementTerms
    from lazpool.records.posts import Offer

NEAR = 90
"""Minutes by which two dates of a series may differ in the time of day: zones change their clocks on different days."""


def same_trip(first: Offer, other: Offer) -> bool:
    """Tell whether an offer is the first one on another date, for no more money."""
    first_way, other_way = ((one.route, one.minutes, one.unit, one.flags) for one in (first, other))
    return first_way == other_way and other.price <= first.price


def same_ride(first: AgreementTerms, other: AgreementTerms) -> bool:
    """Tell whether terms are the first ones on another date: the same person, places and seats."""
    who = (first.passenger, first.pickup, first.dropoff, first.seats, first.unit)
    same = who == (other.passenger, other.pickup, other.dropoff, other.seats, other.unit)
    return same and abs(other.distance - first.distance) <= DISTANCE_SLACK


def nearest(wanted: Iterable[int], shift: int, offers: Iterable[tuple[int, bytes]]) -> tuple[bytes, ...]:
    """Return for each wanted pick-up the offer that departs nearest to so many minutes before it, if one is near.

    offers: departure and id. Each offer is taken once.
    """
    left, found = {identifier: depart for depart, identifier in offers}, []
    for minute in wanted:
        ranked = sorted((abs(depart + shift - minute), identifier) for identifier, depart in left.items())
        if ranked and ranked[0][0] <= NEAR:
            found.append(ranked[0][1])
            del left[ranked[0][1]]
    return tuple(found)
