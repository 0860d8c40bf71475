"""A match explained, as a JSON document; every word that people get about a match is made from this."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lazpool.cli.naming import naming
from lazpool.cli.times import iso
from lazpool.cli.views import beginning, matched, money, point, trip
from lazpool.records.agreements import agreement_from
from lazpool.records.places import MEETING_RES, cell_at, centre
from lazpool.records.posts import ARRIVE
from lazpool.rules import cost
from lazpool.rules.geo import budget_min
from lazpool.rules.matching import Miss
from lazpool.rules.negotiation import Role
from lazpool.rules.walking import walk

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.actions.explaining import Explained
    from lazpool.cli.naming import Names
    from lazpool.records.places import Point, Spot
    from lazpool.rules.matching import Fit
    from lazpool.store.deals import Deal


def explained(desk: Desk, found: Explained, deal: Deal | None) -> dict[str, object]:
    """Return a match with all that is known of it; minutes, metres, km, grams, and money in minor units."""
    passenger = found.match.role == Role.PASSENGER
    return {
        **matched(desk, found.match, deal),
        "expires": iso(desk, found.match.expires),
        "offer": _offer(desk, found),
        "request": _request(desk, found),
        "driver": _driver(desk, found),
        "ride": _ride(desk, found, found.shown),
        "aboard": None if passenger else _aboard(desk, found),
        "room": None if passenger else _room(found),
        "learns": _learns(desk, found),
        "hindrance": _hindrance(desk, found),
        "next": _next(found, deal, possible=_hindrance(desk, found) is None),
    }


def _offer(desk: Desk, found: Explained) -> dict[str, object]:
    offer, match = found.offer, found.match
    return {
        "id": (match.mine if match.role == Role.DRIVER else match.theirs).hex(),
        "depart": iso(desk, offer.depart),
        "depart_earliest": iso(desk, offer.depart - offer.flex_before),
        "depart_latest": iso(desk, offer.depart + offer.flex_after),
        **trip(desk, offer),
    }


def _request(desk: Desk, found: Explained) -> dict[str, object]:
    request, match = found.request, found.match
    return {
        "id": (match.theirs if match.role == Role.DRIVER else match.mine).hex(),
        "by": "arrive" if request.by == ARRIVE else "depart",
        "earliest": iso(desk, request.earliest),
        "latest": iso(desk, request.latest),
        **trip(desk, request),
    }


def _driver(desk: Desk, found: Explained) -> dict[str, object]:
    fit = found.shown
    return {
        "depart_at": iso(desk, fit.depart_at),
        "later_min": fit.depart_at - found.offer.depart,
        "detour_min": fit.detour_min if found.match.estimated else found.match.detour,
        "detour_km": fit.detour_hm / 10,
        "detour_limit_min": found.offer.max_detour,
        "detour_accepted_min": budget_min(found.offer.max_detour),
    }


def _ride(desk: Desk, found: Explained, fit: Fit) -> dict[str, object]:
    """Return what the passenger gets: as the terms would say where these are known, else as the posts say."""
    request, mine = found.request, found.mine
    start, end = found.cells or (request.cell_from, request.cell_to)
    rides = found.match.role == Role.PASSENGER
    ends = (mine.start, mine.end) if rides else (centre(request.cell_from), centre(request.cell_to))
    with naming(desk) as names:
        pickup, dropoff = _stop(names, start, ends[0], fit.pickup), _stop(names, end, ends[1], fit.dropoff)
    return {
        "counted_from": "meeting cells" if found.cells else "posts",
        "pickup": {**pickup, "at": iso(desk, fit.pickup_at)},
        "dropoff": {**dropoff, "at": iso(desk, fit.dropoff_at)},
        "walk_m": fit.walk_m,
        "km": fit.distance_hm / 10,
        "seats": found.request.seats,
        "price_per_km": found.offer.price / 1000,
        "share": money(fit.share, fit.unit),
        "co2_g": fit.co2_g,
        "co2_g_per_km": cost.CO2_G_PER_KM,
        "co2_against": "the passenger driving alone: an upper bound",
    }


def _stop(names: Names, cell: int, end: Point, spot: Spot | None) -> dict[str, object]:
    """Return the middle of a cell, and its town; the name of our own place if it is the one in it; where to meet.

    end: the passenger's, as exact as we know it.
    """
    return {
        **point(centre(cell)),
        "town": names.town(centre(cell)),
        "name": names.saved(end) if cell_at(end, MEETING_RES) == cell else None,
        "spot": spot.name if spot else None,
        "walk_min": math.ceil(walk(end, spot).minutes) if spot else 0,
    }


def _aboard(desk: Desk, found: Explained) -> list[dict[str, object]]:
    return [
        {
            "deal": deal.id.hex(),
            "name": deal.peer_name,
            "seats": agreement_from(deal.terms).seats,
            "pickup_at": iso(desk, agreement_from(deal.terms).pickup_at),
            "dropoff_at": iso(desk, agreement_from(deal.terms).dropoff_at),
        }
        for deal in found.aboard
    ]


def _room(found: Explained) -> dict[str, object]:
    """Return whether there is room beside those aboard, and by how much they get later, or the rest miss."""
    if isinstance(found.room, Miss):
        return {"ok": False, "reason": found.room.reason, "short_by": round(found.room.short_by, 1), "delay_min": None}
    return {"ok": True, "reason": None, "short_by": 0, "delay_min": found.room.delay_min}


def _learns(desk: Desk, found: Explained) -> dict[str, object]:
    """Return what the other side would learn of us, and when; docs/decisions/008 says why in this order."""
    contact = ["telephone"] * bool(desk.config.contact) + ["account"] * bool(desk.config.iban)
    name = ["name"] if desk.config.name else []
    if found.match.role == Role.DRIVER:
        return {"on_invitation": ["which offer"], "on_agreement": [*name, "identity", *contact]}
    cells = [f"{cell:x}" for cell in found.cells or ()]
    group = ["group"] if found.request.group else []
    return {
        "on_proposal": [*name, "identity", "meeting cells", *group],
        "on_agreement": [*_told(found.terms), *contact],
        "meeting_cells": cells,
    }


def _told(terms: Fit | None) -> list[str]:
    """Return which places a passenger tells: those where they stand, so their own only where they do not walk."""
    start, end = (terms.pickup, terms.dropoff) if terms else (None, None)
    return ["pick-up place" if start else "exact start", "drop-off place" if end else "exact end"]


def _hindrance(desk: Desk, found: Explained) -> str | None:
    """Return why a deal can no longer begin with this match, as far as our node can tell."""
    if found.shown.pickup_at <= desk.minute:
        return "past"
    passenger = found.match.role == Role.PASSENGER
    return "no-fit" if (passenger and found.terms is None) or isinstance(found.room, Miss) else None


def _next(found: Explained, deal: Deal | None, *, possible: bool) -> str | None:
    """Return the command that goes on from here, None where none does."""
    if deal:
        return f"lazpool deal {deal.id.hex()}"
    return f"lazpool {beginning(found.match.role)} {found.match.id.hex()}" if possible else None
