"""Whom matching along the route serves, against a search for offers whose ends are within a radius of the request's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from filled import fill, home, query, tomorrow
from rows import Row
from trips import World, metro

from lazpool.records.posts import Offer, Request
from lazpool.rules.geo import km
from lazpool.rules.reach import time_bounds

if TYPE_CHECKING:
    from pathlib import Path

    from lazpool.records.posts import SignedPost

OFFERS, REQUESTS, RADII_KM = 10_000, 300, (1, 2, 5)
"""1 km is the usual radius of the standard API of French carpooling services."""


def served(folder: Path) -> list[Row]:
    """Return how many requests find at least one offer, along the route and by their ends, in a dense town."""
    with home(folder / "home") as desk:
        world = World(metro(), 7, tomorrow(desk), desk.net, days=1)
        offers, requests = world.offers(OFFERS), world.requests(REQUESTS)
        fill(desk, offers)
        along = sum(bool(query(desk, one)[1]) for one in requests)
    rows = []
    for radius in RADII_KM:
        near = sum(any(_ends_near(world, one, offer, radius) for offer in offers) for one in requests)
        against = f"by ends within {radius} km: {near} served"
        rows.append(
            Row(
                f"of {REQUESTS} requests, {OFFERS:,} offers, along the route",
                f"{along} served",
                against,
                along / max(near, 1),
            )
        )
    return rows


def _ends_near(world: World, one: SignedPost, other: SignedPost, radius: float) -> bool:
    """Tell whether both true ends are within the radius, and the offer leaves in the window."""
    request, offer = one.post, other.post
    if not isinstance(request, Request) or not isinstance(offer, Offer):
        return False
    first, _ = time_bounds(offer)
    if not (first <= request.latest and request.earliest <= offer.depart + offer.flex_after):
        return False
    ends = zip(world.ends[request.post_pk], world.ends[offer.post_pk], strict=True)
    return all(km(mine, theirs) <= radius for mine, theirs in ends)
