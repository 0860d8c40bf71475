"""What a match, a post or a deal looks like on a map: a way and the stops on it, for files and for the terminal alike.

Unless it is asked for more, a drawing holds what the posts say in public, and times: no name, and no place finer than
cells of about 5 km2. People send maps to each other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import h3.api.basic_int as h3

from lazpool.actions import explaining
from lazpool.cli.naming import saved_name
from lazpool.cli.times import iso
from lazpool.cli.typed import SHORT
from lazpool.records.agreements import agreement_from
from lazpool.records.places import COARSE_RES, POST_RES, cell_at, centre, coarse
from lazpool.records.posts import Offer, Request, read_post
from lazpool.rules.negotiation import Role
from lazpool.store import board, deals, own

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.records.places import Point, Spot
    from lazpool.records.posts import Post
    from lazpool.store.deals import Deal

Kind = Literal["match", "post", "deal"]
START, VIA, PICKUP, DROPOFF, END = "start", "via", "pick-up", "drop-off", "end"
YOUR_START, YOUR_END = "your start", "your end"


@dataclass(frozen=True, slots=True)
class Stop:
    """A place on the way: what it is, where, the cell it is in as far as one may know, when, and its name."""

    role: str
    where: Point
    cell: int | None = None
    at: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Drawing:
    """A way with its stops, in the order of the trip; `way` is empty for a request, which has none yet."""

    title: str
    way: tuple[Point, ...]
    stops: tuple[Stop, ...]


def draw(desk: Desk, kind: Kind, identifier: bytes, *, exact: bool = False) -> Drawing:
    """Return the drawing of a match, post or deal that is here; exact: with our own exact places, and meeting cells."""
    title = f"{kind} {identifier.hex()[:SHORT]}"
    if kind == "match":
        return _match(desk, title, identifier, exact=exact)
    if kind == "deal":
        return _deal(desk, title, identifier, exact=exact)
    return _post(desk, title, identifier, exact=exact)


def _post(desk: Desk, title: str, identifier: bytes, *, exact: bool) -> Drawing:
    ours, heard = own.post(desk.node, identifier), board.get(desk.board, identifier)
    envelope = ours.envelope if ours else heard["envelope"] if heard else b""
    post = read_post(envelope)[0].post
    mine = _own_ends(desk, ours) if exact and ours else ()
    if isinstance(post, Offer):
        return Drawing(title, post.route, (*_way_stops(desk, post, post.depart), *mine))
    if isinstance(post, Request):
        return Drawing(title, (), (*_wanted(post), *mine))
    return Drawing(title, (), ())


def _match(desk: Desk, title: str, identifier: bytes, *, exact: bool) -> Drawing:
    match = next(one for one in board.matches(desk.board) if one.id == identifier)
    found = explaining.explain(desk, match)
    fine = exact and found.cells is not None and found.terms is not None
    fit = found.terms if fine and found.terms else found.fit
    cells = found.cells if fine and found.cells else (found.request.cell_from, found.request.cell_to)
    ride = _ride(desk, cells, fit.pickup_at, fit.dropoff_at)
    if fine:
        ride = (_at(ride[0], fit.pickup), _at(ride[1], fit.dropoff))
    begins, *passed, ends = _way_stops(desk, found.offer, fit.depart_at, round(fit.detour_min))
    mine = _own_ends(desk, found.mine) if exact else ()
    return Drawing(title, found.offer.route, (begins, *passed, *ride, ends, *mine))


def _deal(desk: Desk, title: str, identifier: bytes, *, exact: bool) -> Drawing:
    deal = deals.get(desk.node, identifier)
    offer = read_post(deal.offer)[0].post if deal else None
    if deal is None or not isinstance(offer, Offer):
        return Drawing(title, (), ())
    begins, *passed, ends = _way_stops(desk, offer, offer.depart)
    ours = own.post(desk.node, deal.post_id)
    mine = _own_ends(desk, ours) if exact and ours else ()
    return Drawing(title, offer.route, (begins, *passed, *_agreed(desk, deal, exact=exact), ends, *mine))


def _agreed(desk: Desk, deal: Deal, *, exact: bool) -> tuple[Stop, ...]:
    """Return where and when a deal's passenger rides; an invitation has no terms yet, but our own request may tell."""
    if deal.terms:
        terms = agreement_from(deal.terms)
        cells = (terms.pickup, terms.dropoff)
        shown = cells if exact else tuple(int(h3.cell_to_parent(cell, POST_RES)) for cell in cells)
        pickup, dropoff = _ride(desk, (shown[0], shown[1]), terms.pickup_at, terms.dropoff_at)
        named = (deal.pickup_spot or None, deal.dropoff_spot or None) if exact else (None, None)
        return replace(pickup, name=named[0]), replace(dropoff, name=named[1])
    ours = own.post(desk.node, deal.post_id) if deal.role is Role.PASSENGER else None
    wanted: Post | None = read_post(ours.envelope)[0].post if ours else None
    return _wanted(wanted) if isinstance(wanted, Request) else ()


def _way_stops(desk: Desk, offer: Offer, depart: int, detour: int = 0) -> tuple[Stop, ...]:
    """Return the ends of an offer with their cells, and what it passes, which is exact to the grid already."""
    first, *between, last = offer.route
    start = Stop(START, first, _end_cell(first), iso(desk, depart))
    end = Stop(END, last, _end_cell(last), iso(desk, depart + offer.minutes[-1] + detour))
    return (start, *(Stop(VIA, where) for where in between), end)


def _wanted(request: Request) -> tuple[Stop, ...]:
    ends = ((PICKUP, request.cell_from), (DROPOFF, request.cell_to))
    return tuple(Stop(role, centre(cell), cell) for role, cell in ends)


def _ride(desk: Desk, cells: tuple[int, int], pickup_at: int, dropoff_at: int) -> tuple[Stop, Stop]:
    pickup = Stop(PICKUP, centre(cells[0]), cells[0], iso(desk, pickup_at))
    return pickup, Stop(DROPOFF, centre(cells[1]), cells[1], iso(desk, dropoff_at))


def _at(stop: Stop, spot: Spot | None) -> Stop:
    return replace(stop, where=spot.point, name=spot.name) if spot else stop


def _own_ends(desk: Desk, post: own.OwnPost) -> tuple[Stop, Stop]:
    start = Stop(YOUR_START, post.start, name=saved_name(desk, post.start))
    return start, Stop(YOUR_END, post.end, name=saved_name(desk, post.end))


def _end_cell(where: Point) -> int:
    """Return the cell whose centre an end of an offer is, fine or coarse."""
    return cell_at(where, POST_RES if coarse(where) == where else COARSE_RES)
