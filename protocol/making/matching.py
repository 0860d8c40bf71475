"""Vectors of matching: what a driver's node says to terms, beside those who have a seat."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from making.document import Group, document
from making.driving import KAPPA, TAU, Rider, Trip, Way, judge, offsets, ride_hm, whole
from making.places import cell
from making.post_cases import DEPART, WAY
from making.posts import base, envelope
from making.raw import pack

if TYPE_CHECKING:
    from collections.abc import Iterator

MINUTES = (0, 34, 96)
MEET = {
    "Grenoble": (0x891F9ED9223FFFF, (45.189015249, 5.725485967)),
    "Voiron": (0x891F93A7313FFFF, (45.364259089, 5.591142220)),
    "Bourgoin": (0x891F9148D8BFFFF, (45.586494375, 5.272674937)),
    "aside": (0x891F93B642FFFFF, (45.549845524, 5.499110684)),
    "Vienne": (0x891F9397257FFFF, (45.524750805, 4.876175273)),
    "Gap": (0x89396DBA0CFFFFF, (44.559580719, 6.081110495)),
    "Fallavier": (0x891F915998BFFFF, (45.638993567, 5.108193433)),
    "Lyon": (0x891F9025463FFFF, (45.759617503, 4.860892710)),
}
"""Cells of resolution 9 and their centres, written down so that making vectors needs no H3."""
Wish = tuple[str, str, Rider, int]
"""From where to where, the terms, and the way in hectometres that they name."""


def files() -> dict[str, str]:
    """Return the files of this subject."""
    return {"matching": document("terms, alone and beside those aboard", "matching", "matching.md", *_groups())}


def trip(seats: int, max_detour: int) -> Trip:
    """Return the offer of the vectors, from Grenoble by Voiron to Lyon."""
    route = tuple((lat / 1000, lon / 1000) for lat, lon in WAY)
    return Trip(route, MINUTES, DEPART, 10, 20, max_detour, seats)


def wish(start: str, end: str, seats: int = 1, *, later: int = 0, max_delay: int = 10) -> Wish:
    """Return terms as a passenger's node drafts them who knows only the offer, moved by some minutes."""
    rider = Rider(MEET[start][1], MEET[end][1], seats, DEPART, DEPART + 1000, 1000)
    way = _way(trip(8, 240), rider, [])
    minutes = [DEPART + later + minute for minute in offsets(trip(8, 240), way.stops)]
    agreed = replace(rider, pickup_at=minutes[way.first], dropoff_at=minutes[way.last], max_delay=max_delay)
    first, last = _order(way)
    return start, end, agreed, ride_hm(trip(8, 240), rider, (int(first), int(last)))


def _groups() -> Iterator[Group]:
    yield _group(
        trip(2, 15),
        [],
        {
            "from a town by the way": wish("Voiron", "Lyon"),
            "all the way, with all seats": wish("Grenoble", "Lyon", 2),
            "with a detour": wish("aside", "Lyon"),
            "as early as the driver leaves": wish("Voiron", "Lyon", later=-10),
            "earlier, by as much as the passenger's patience": wish("Voiron", "Lyon", later=-21),
            "later, by the wait that is granted": wish("Voiron", "Lyon", later=35),
            "three seats of two": wish("Voiron", "Lyon", 3),
            "beyond the detour": wish("Voiron", "Gap"),
            "the other way round": wish("Lyon", "Voiron"),
            "a minute too early": wish("Voiron", "Lyon", later=-22),
            "a minute too early for less patience": wish("Voiron", "Lyon", later=-14, max_delay=2),
            "a minute too late": wish("Voiron", "Lyon", later=36),
        },
    )
    yield _group(
        trip(1, 15),
        [wish("Grenoble", "Voiron"), wish("Bourgoin", "Lyon")],
        {
            "a seat between two others, freed and taken again on one leg": wish("Voiron", "Bourgoin"),
            "the seat is taken on the first part": wish("Grenoble", "Bourgoin"),
            "the seat is taken on the last part": wish("aside", "Lyon"),
        },
    )
    yield _group(
        trip(3, 15),
        [wish("Voiron", "Lyon", max_delay=2)],
        {
            "who leaves where another gets in delays nobody": wish("Grenoble", "Voiron"),
            "somebody aboard would be later than they let it be": wish("aside", "Lyon"),
        },
    )
    yield _group(
        trip(3, 12),
        [wish("Voiron", "Lyon", max_delay=9), wish("aside", "Lyon")],
        {
            "a detour beside another that shares its way": wish("Bourgoin", "Fallavier"),
            "the detours of all together are too long": wish("Vienne", "Lyon"),
        },
    )


def _group(offered: Trip, aboard: list[Wish], tests: dict[str, Wish]) -> Group:
    seated: list[tuple[Wish, Rider]] = []
    for one in aboard:
        way = _way(offered, one[2], [rider for _, rider in seated])
        seated.append((one, replace(one[2], order=_order(way))))
    riders = [{**_shown(one), "order": rider.order} for one, rider in seated]
    price = {"seats": offered.seats, "max_detour": offered.max_detour, "minutes": list(MINUTES)}
    group = Group("Terms", {"offer": envelope(pack(list(base(1, **price).values()))), "aboard": riders})
    for comment, one in tests.items():
        shown = {"wish": {**_shown(one), "distance": one[3]}}
        found = judge(offered, one[2], [rider for _, rider in seated])
        if isinstance(found, str):
            group.tests.append({"comment": comment, **shown, "result": "invalid", "reason": found})
            continue
        way, times = found
        detour = whole((way.extra * KAPPA + 2 * TAU) * 10)
        group.valid(comment, **shown, detour=detour, times=[times[way.first], times[way.last]])
    return group


def _way(offered: Trip, rider: Rider, aboard: list[Rider]) -> Way:
    found = judge(offered, rider, aboard)
    if isinstance(found, str):
        raise TypeError(f"who is aboard must have fitted: {found}")
    return found[0]


def _order(way: Way) -> tuple[float, float]:
    return way.stops[way.first].order, way.stops[way.last].order


def _shown(one: Wish) -> dict[str, Any]:
    start, end, rider, _ = one
    ends = {"pickup": cell(MEET[start][0]), "dropoff": cell(MEET[end][0])}
    when = {"pickup_at": rider.pickup_at, "dropoff_at": rider.dropoff_at}
    return {**ends, **when, "seats": rider.seats, "max_delay": rider.max_delay}
