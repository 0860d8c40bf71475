"""Looking at deals: deals, deal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lazpool.actions.moves import find
from lazpool.actions.positions import seen
from lazpool.actions.series import open_question
from lazpool.cli import times
from lazpool.cli.app import Table
from lazpool.cli.commands import command
from lazpool.cli.conditions import with_conditions
from lazpool.cli.disputing import document as dispute_document
from lazpool.cli.disputing import line as dispute_line
from lazpool.cli.disputing import of_deal
from lazpool.cli.naming import naming
from lazpool.cli.typed import hex_id, short
from lazpool.cli.views import dear, money, point
from lazpool.cli.words import price, too_dear
from lazpool.records.agreements import agreement_from
from lazpool.records.places import Point, centre
from lazpool.records.posts import Offer, read_post
from lazpool.rules.conditions import names
from lazpool.rules.negotiation import Role, State
from lazpool.store import deals as stored

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.actions.positions import Seen
    from lazpool.cli.app import App
    from lazpool.cli.naming import Names
    from lazpool.store.deals import Deal

_COLUMNS = ("id", "you", "state", "with", "departs", ">share", "next")
_EMPTY = "No deals yet. One begins with: lazpool matches, then: lazpool propose MATCH"
_NEXT = {
    (Role.DRIVER, State.RECEIVED): "accept, decline",
    (Role.PASSENGER, State.INVITED): "accept, decline",
    (Role.PASSENGER, State.AGREED): "pickup",
    (Role.DRIVER, State.AGREED): "pickup CODE",
    (Role.DRIVER, State.CLAIMED): "ask for: done",
    (Role.PASSENGER, State.CLAIMED): "done",
}
"""What a person can do; the node does the rest by itself."""


@command("deals", example="lazpool deals")
@click.pass_obj
def deals(app: App) -> None:
    """List your deals and where each of them stands."""
    with app.desk() as desk:
        found = stored.all_deals(desk.node)
        documents = [document(desk, deal) for deal in found]
        rows = [_row(desk, deal) for deal in found]
    app.show({"deals": documents}, with_conditions(Table(_COLUMNS, rows, _EMPTY), documents))


@command("deal", example="lazpool deal 5be1f0")
@click.argument("deal_id", metavar="ID")
@click.pass_obj
def deal(app: App, deal_id: str) -> None:
    """Show one deal: its terms, the other person, notes."""
    with app.desk() as desk:
        found = find(desk, hex_id(desk.node, "deals", deal_id, "deal"))
        notes = stored.notes(desk.node, found.id)
        written = [{"mine": bool(n["mine"]), "text": n["text"], "at": times.iso(desk, n["at"])} for n in notes]
        about = of_deal(desk, found)
        said = {"notes": written, "disputes": [dispute_document(desk, one) for one in about]}
        whole = {**document(desk, found), **_more(desk, found), **said}
        lines = [*_lines(desk, found), *(dispute_line(one) for one in about)]
        app.show({"deals": [whole]}, *lines, *(_note_line(note) for note in written))


def document(desk: Desk, deal: Deal) -> dict[str, object]:
    """Return a deal as lists have it."""
    terms = agreement_from(deal.terms) if deal.terms else None
    return {
        "id": deal.id.hex(),
        "state": deal.state,
        "role": deal.role,
        "with": deal.peer.hex() or None,
        "name": deal.peer_name,
        "depart": times.iso(desk, deal.depart),
        "share": money(terms.amount, terms.unit) if terms else None,
        "above_cap": dear(desk, deal),
        "reason": deal.reason,
        "series": deal.series.hex() or None,
        "series_asked": open_question(desk, deal),
        "answer_by": times.iso(desk, deal.answer_by),
        "conditions": names(deal.flags),
    }


def _more(desk: Desk, deal: Deal) -> dict[str, object]:
    legs = [int(leg) for leg in deal.legs.split(",")] if deal.legs else None
    return {
        "post": deal.post_id.hex(),
        "offer": deal.offer_id.hex(),
        "terms": _terms(desk, deal),
        "peer": {"name": deal.peer_name, "contact": deal.peer_contact, "places": [point(p) for p in _exact(deal)]},
        "legs": legs,
        "detour_min": deal.detour,
        "estimated": bool(deal.estimated),
        "ended_by": deal.by,
        "positions": [{"mine": one.mine, "metres": one.distance, "counts": one.counts} for one in seen(desk, deal)],
    }


def _terms(desk: Desk, deal: Deal) -> dict[str, object] | None:
    if not deal.terms:
        return None
    terms = agreement_from(deal.terms)
    return {
        "id": terms.id.hex(),
        "pickup": {"cell": f"{terms.pickup:x}", **point(centre(terms.pickup)), "at": times.iso(desk, terms.pickup_at)},
        "dropoff": {
            "cell": f"{terms.dropoff:x}",
            **point(centre(terms.dropoff)),
            "at": times.iso(desk, terms.dropoff_at),
        },
        "meet": {"pickup": deal.pickup_spot or None, "dropoff": deal.dropoff_spot or None},
        "max_delay_min": deal.max_delay,
        "seats": terms.seats,
        "km": terms.distance / 10,
    }


def _exact(deal: Deal) -> list[Point]:
    """Return the exact places that a passenger told the driver."""
    numbers = [float(number) for number in deal.peer_places.split()]
    return [Point(lat, lon) for lat, lon in zip(numbers[::2], numbers[1::2], strict=True)]


def _row(desk: Desk, deal: Deal) -> tuple[str, ...]:
    terms = agreement_from(deal.terms) if deal.terms else None
    mark = "!" if terms and dear(desk, deal) else ""
    share = price(terms.amount, terms.unit) + mark if terms else ""
    following = _next(desk, deal) or deal.reason
    return (
        *(short(deal.id), _doing(deal), deal.state, _partner(deal)),
        *(times.day_and_time(desk, deal.depart), share, following),
    )


def _next(desk: Desk, deal: Deal) -> str:
    """Return what a person can do about a deal."""
    asked = open_question(desk, deal)
    also = f"accept --series (other dates: {asked})" if asked else ""
    return ", ".join(filter(None, [_NEXT.get((deal.role, deal.state), ""), also]))


def _doing(deal: Deal) -> str:
    return "ride" if deal.role is Role.PASSENGER else "drive"


def _partner(deal: Deal) -> str:
    return deal.peer_name or short(deal.peer) or "not known yet"


def _lines(desk: Desk, deal: Deal) -> list[str]:
    pairs = {"deal": deal.id.hex(), "state": deal.state, "you": _doing(deal), "with": _partner(deal)}
    if deal.peer:
        pairs["identity"] = deal.peer.hex()
    if deal.terms:
        terms = agreement_from(deal.terms)
        with naming(desk) as places:
            pickup = _where(places, deal.pickup_spot, terms.pickup)
            dropoff = _where(places, deal.dropoff_spot, terms.dropoff)
        pairs["pick-up"] = f"{times.day_and_time(desk, terms.pickup_at)} {pickup}"
        pairs["drop-off"] = f"{times.day_and_time(desk, terms.dropoff_at)} {dropoff}"
        pairs["share"] = f"{price(terms.amount, terms.unit)} for {terms.distance / 10:.0f} km, seats: {terms.seats}"
    if above := dear(desk, deal):
        pairs["!"] = too_dear(above)
    pairs["detour"] = _detour(deal)
    if exact := _exact(deal):
        pairs["exactly"] = " to ".join(f"{one.lat:.5f},{one.lon:.5f}" for one in exact)
    pairs["position"] = ", ".join(map(_position, seen(desk, deal)))
    pairs["conditions"] = ", ".join(names(deal.flags))
    pairs |= {"contact": deal.peer_contact, "reason": deal.reason, "next": _next(desk, deal)}
    return [f"{name:<9} {value}" for name, value in pairs.items() if value]


def _where(places: Names, spot: str, cell: int) -> str:
    return f"at {spot}" if spot else f"near {places.exact(centre(cell))}"


def _detour(deal: Deal) -> str:
    """Return what a deal costs us as the driver: by road as soon as it is proposed, estimated once it is accepted."""
    offer = read_post(deal.offer)[0].post
    if deal.role is not Role.DRIVER or not deal.detour or not isinstance(offer, Offer):
        return ""
    how = (
        f"~{deal.detour:.0f} min, estimated" if deal.estimated else f"{deal.detour:.0f} min by road, from door to door"
    )
    return f"{how}; you allow {offer.max_detour} min"


def _position(one: Seen) -> str:
    return f"{'you' if one.mine else 'they'} {one.distance} m away{'' if one.counts else ', which does not count'}"


def _note_line(note: dict[str, object]) -> str:
    return f"{'you' if note['mine'] else 'they'}, {note['at']}: {note['text']}"
