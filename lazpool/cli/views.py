"""Records as the JSON documents of the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.cli.times import iso
from lazpool.records.agreements import agreement_from
from lazpool.records.places import centre
from lazpool.records.posts import Offer, Request, Withdrawal, read_post
from lazpool.rules.conditions import names
from lazpool.rules.negotiation import Role
from lazpool.store import board, groups, own, profiles
from lazpool.store import deals as stored

if TYPE_CHECKING:
    import sqlite3

    from lazpool.actions.desk import Desk
    from lazpool.records.places import Point
    from lazpool.records.posts import Post
    from lazpool.store.board import Match
    from lazpool.store.deals import Deal


def money(amount: int, unit: str) -> dict[str, object]:
    """Return an amount of minor units."""
    return {"amount": amount, "unit": unit}


def point(where: Point) -> dict[str, float]:
    """Return a place."""
    return {"lat": where.lat, "lon": where.lon}


def own_post(desk: Desk, post: own.OwnPost) -> dict[str, object]:
    """Return a post of ours, with the exact ends that never leave in it."""
    ends = {"from": point(post.start), "to": point(post.end)}
    head = {"id": post.id.hex(), "kind": board.kind_name(post.kind), "depart": iso(desk, post.depart)}
    return {**head, "state": post.state, "expires": iso(desk, post.expires), **_trip(desk, post.envelope), **ends}


def heard_post(desk: Desk, row: sqlite3.Row, *, full: bool) -> dict[str, object]:
    """Return a post on the board; `full` decodes what it says, which takes time."""
    head = {"id": row["id"].hex(), "kind": board.kind_name(row["kind"]), "depart": iso(desk, row["depart"])}
    head["expires"] = iso(desk, row["expires"])
    return {**head, **_trip(desk, row["envelope"])} if full else head


def trip(desk: Desk, post: Post) -> dict[str, object]:
    """Return what a post says of the trip: ends, seats, price per km or metres to walk, and conditions."""
    return {**_way(post), **conditions(desk, post)}


def conditions(desk: Desk, post: Post) -> dict[str, object]:
    """Return the conditions of a post in words; `group` is null for none, and for one that we are not in."""
    if isinstance(post, Withdrawal):
        return {}
    closed = groups.of_post(desk.node, post)
    return {"conditions": names(post.flags), "in_group": bool(post.group), "group": closed.name if closed else None}


def _way(post: Post) -> dict[str, object]:
    match post:
        case Offer():
            ends = {"from": point(post.route[0]), "to": point(post.route[-1])}
            via = [point(one) for one in post.route[1:-1]]
            asked = {"price_per_km": post.price / 1000, "unit": post.unit, "detour_min": post.max_detour}
            return {**ends, "via": via, "seats": post.seats, **asked}
        case Request():
            ends = {"from": point(centre(post.cell_from)), "to": point(centre(post.cell_to))}
            return {**ends, "seats": post.seats, "walk_m": post.walk}
    return {}


def _trip(desk: Desk, envelope: bytes) -> dict[str, object]:
    return trip(desk, read_post(envelope)[0].post)


class Deals:
    """The deals that matches have led to, newest last: a later one hides an earlier one of the same match."""

    def __init__(self, desk: Desk) -> None:
        """Read all deals once."""
        everything = stored.all_deals(desk.node)
        self._passenger = {(d.post_id, d.offer_id): d for d in everything if d.role is Role.PASSENGER}
        self._driver = {(d.post_id, d.about): d for d in everything if d.role is Role.DRIVER}

    def of(self, match: Match) -> Deal | None:
        """Return the deal of a match; who proposed to us does not say from which request."""
        return (self._passenger if match.role == Role.PASSENGER else self._driver).get((match.mine, match.theirs))


def matched(desk: Desk, match: Match, deal: Deal | None) -> dict[str, object]:
    """Return a match as lists have it."""
    request = _request(desk, match)
    return {
        "id": match.id.hex(),
        "role": match.role,
        "mine": match.mine.hex(),
        "theirs": match.theirs.hex(),
        "depart": iso(desk, match.depart),
        "pickup_at": iso(desk, match.pickup_at),
        "dropoff_at": iso(desk, match.dropoff_at),
        "detour_min": match.detour,
        "walk_m": match.walk,
        "meet": {"pickup": match.pickup_spot or None, "dropoff": match.dropoff_spot or None},
        "delay_min": match.delay,
        "share": money(match.share, match.unit),
        "above_cap": dear_match(desk, match),
        "co2_g": match.co2,
        "estimated": bool(match.estimated),
        "deal": {"id": deal.id.hex(), "state": deal.state} if deal else None,
        **(conditions(desk, request) if request else {}),
    }


def above_cap(desk: Desk, amount: int, unit: str, distance: int, seats: int) -> dict[str, object] | None:
    """Return what a share may be at most where it is more by our cost profile; distance in units of 100 m."""
    profile = profiles.chosen(desk.config)
    most = profile.most(unit, distance, seats)
    if most is None or amount <= most:
        return None
    said = {"most": money(most, unit), "profile": profile.name, "rule": profile.rule, "source": profile.source}
    return {**said, "besides": list(profile.besides)}


def dear(desk: Desk, deal: Deal) -> dict[str, object] | None:
    """Return the same of a deal: by its terms, or before there are any by the match that it began with."""
    if deal.terms:
        terms = agreement_from(deal.terms)
        return above_cap(desk, terms.amount, terms.unit, terms.distance, terms.seats)
    from lazpool.actions.matches import match_id  # noqa: PLC0415 # H3, which most lists do without

    match = board.match(desk.board, match_id(deal.post_id, deal.about if deal.role is Role.DRIVER else deal.offer_id))
    return dear_match(desk, match) if match else None


def dear_match(desk: Desk, match: Match) -> dict[str, object] | None:
    """Return the same of a match."""
    request = _request(desk, match)
    seats = request.seats if isinstance(request, Request) else 1
    return above_cap(desk, match.share, match.unit, match.distance, seats)


def _request(desk: Desk, match: Match) -> Post | None:
    """Return the request of a match; what the passenger asks for, of which an offer may have more."""
    if match.role == Role.PASSENGER:
        mine = own.post(desk.node, match.mine)
        envelope = mine.envelope if mine else b""
    else:
        theirs = board.get(desk.board, match.theirs)
        envelope = theirs["envelope"] if theirs else b""
    return read_post(envelope)[0].post if envelope else None


def beginning(role: str) -> str:
    """Return the command by which a deal begins."""
    return "propose" if role == Role.PASSENGER else "invite"
