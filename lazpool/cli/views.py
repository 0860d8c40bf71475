"""Records as the JSON documents of the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.cli.times import iso
from lazpool.records.places import centre
from lazpool.records.posts import Offer, Request, Withdrawal, read_post
from lazpool.rules.conditions import names
from lazpool.store import board, groups

if TYPE_CHECKING:
    import sqlite3

    from lazpool.actions.desk import Desk
    from lazpool.records.places import Point
    from lazpool.records.posts import Post
    from lazpool.store import own


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
    circle = groups.of_post(desk.node, post)
    return {"conditions": names(post.flags), "in_group": bool(post.group), "group": circle.name if circle else None}


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
