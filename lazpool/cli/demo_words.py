"""What the people of the demonstration want, and how documents of the command line become words of the story."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.cli.words import price
from lazpool.records.places import Point, Spot

if TYPE_CHECKING:
    from lazpool.cli.demo_cast import Document, Person


@dataclass(frozen=True, slots=True)
class Trip:
    """What a passenger wants, and writes. spot: the meeting place they know, if any, and walk metres up to it."""

    start: Point
    end: Point
    at: str
    route: str
    note: str
    walk: int = 0
    spot: Spot | None = None


ZOES = Trip(Point(45.18931, 5.72817), Point(45.36153, 5.59489), "07:30", "Grenoble -> Voiron", "I bring a cello")
STATION = Spot("Voiron station", Point(45.3645, 5.5915))
PAULS = Trip(
    *(Point(45.36951, 5.59802), Point(45.75953, 4.86127), "08:00", "Voiron -> Lyon", "I wear a red hat", 1000, STATION)
)


def address(status: Document) -> str:
    """Return where a running node listens, nothing as long as it does not run."""
    return status["addresses"][0] if status["running"] and status["addresses"] else ""


def received(found: Document, who: str) -> Document | None:
    """Return the proposal that came from a person."""
    return next((one for one in found["deals"] if one["state"] == "received" and one["with"] == who), None)


def agreed_row(one: Person, deal: Document) -> tuple[str, ...]:
    """Return an agreement for people."""
    first, last = deal["legs"]
    legs = " and ".join(("Grenoble -> Voiron", "Voiron -> Lyon")[first : last + 1])
    terms, asked = deal["terms"], deal["share"]
    return one.short, legs, terms["pickup"]["at"][11:16], f"{terms['km']}", price(asked["amount"], asked["unit"])


def share(balances: list[Document], other: Person) -> Document:
    """Return what a list of balances says of a person."""
    nothing = {"amount": 0, "unit": ""}
    found: Document = next((one["share"] for one in balances if one["with"] == other.identity), nothing)
    return found


def typed(where: Point) -> str:
    """Return a place as it is typed."""
    return f"{where.lat},{where.lon}"


def point(text: str) -> Point:
    """Return the place that was typed."""
    lat, lon = text.split(",")
    return Point(float(lat), float(lon))
