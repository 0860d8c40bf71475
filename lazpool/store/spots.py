"""Meeting places in node.db: our own that are marked so, and imported lists; private like everything in there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.records.places import Listed, Point, Spot

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from lazpool.store.database import Store

OWN = "own"
"""The source of what was added by hand."""
MOST = 12
"""Meeting places that are tried for one end of a trip."""
_BANDS = 50
"""Bands of latitude a degree, 2.2 km each: an index by band and longitude narrows a box on both sides."""
_M_PER_DEGREE = 111_195
"""Of latitude, on a sphere of the mean radius that H3 measures with."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a list came from. imported: seconds since the epoch."""

    source: str
    attribution: str
    licence: str
    imported: int


def meeting_spots(db: Store, point: Point, within_m: float) -> list[Spot]:
    """Return the meeting places within so many metres as the crow flies, nearest first, at most MOST of them."""
    return [one.spot for one, _ in near(db, point, within_m)]


def near(db: Store, point: Point, within_m: float, most: int = MOST) -> list[tuple[Listed, float]]:
    """Return the meeting places around a point with their distances in metres, nearest first."""
    found = [row for west, east in _spans(point, within_m) for row in _box(db, point, within_m, west, east, most)]
    away = [(_listed(row), _metres(point, row["lat"], row["lon"])) for row in found]
    inside = [one for one in away if one[1] <= within_m]
    return sorted(inside, key=lambda one: (one[1], one[0].spot.name))[:most]


def replace_source(db: Store, source: Source, spots: Iterable[Listed]) -> int:
    """Store a list in the place of an older one of that source; return how many it has."""
    remove_source(db, source.source)
    values = (source.source, source.attribution, source.licence, source.imported)
    db.execute("INSERT INTO spot_sources VALUES (?,?,?,?)", values)
    db.connection.executemany(_ADD, (_values(source.source, one) for one in spots))
    return db.number("SELECT count(*) FROM spots WHERE source=?", (source.source,))


def remove_source(db: Store, source: str) -> bool:
    """Forget a list; return whether there was one."""
    db.execute("DELETE FROM spots WHERE source=?", (source,))
    return db.execute("DELETE FROM spot_sources WHERE source=?", (source,)).rowcount > 0


def sources(db: Store) -> list[tuple[Source, int]]:
    """Return the imported lists and how many meeting places each has."""
    rows = db.all("SELECT *, (SELECT count(*) FROM spots WHERE source=s.source) AS n FROM spot_sources AS s ORDER BY 1")
    return [(Source(row["source"], row["attribution"], row["licence"], row["imported"]), row["n"]) for row in rows]


def mark(db: Store, name: str, point: Point | None) -> bool:
    """Make an own place a meeting place, or none any more (None); return whether it was one or is one now."""
    before = db.execute("DELETE FROM spots WHERE source=? AND name=?", (OWN, name)).rowcount > 0
    if point is not None:
        db.execute(_ADD, _values(OWN, Listed(Spot(name, point))))
    return before or point is not None


def marked(db: Store) -> set[str]:
    """Return the names of our own places that are meeting places."""
    return {row["name"] for row in db.all("SELECT name FROM spots WHERE source=?", (OWN,))}


_ADD = "INSERT INTO spots (source, name, lat, lon, band, kind, capacity) VALUES (?,?,?,?,?,?,?)"


def _values(source: str, one: Listed) -> tuple[object, ...]:
    name, at = one.spot.name, one.spot.point
    return source, name, at.lat, at.lon, _band(at.lat), one.kind, one.capacity


def _band(lat: float) -> int:
    return math.floor(lat * _BANDS)


def _spans(point: Point, within_m: float) -> Iterator[tuple[float, float]]:
    """Yield the longitudes of a box around a circle: one span, or two where the 180th meridian cuts it."""
    farthest = min(abs(point.lat) + within_m / _M_PER_DEGREE, 90.0)
    # The circle is widest a little poleward of its middle; the cosine at its poleward end is on the safe side of that.
    half = within_m / _M_PER_DEGREE / max(math.cos(math.radians(farthest)), 1e-9)
    if half >= 180:  # noqa: PLR2004 # degrees: it goes around a pole
        yield -180.0, 180.0
        return
    west, east = point.lon - half, point.lon + half
    yield max(west, -180.0), min(east, 180.0)
    if west < -180:  # noqa: PLR2004 # degrees
        yield west + 360, 180.0
    if east > 180:  # noqa: PLR2004 # degrees
        yield -180.0, east - 360


def _box(db: Store, point: Point, within_m: float, west: float, east: float, most: int) -> list[sqlite3.Row]:
    """Return the nearest in a box, by a flat measure that orders distances of kilometres rightly."""
    reach = within_m / _M_PER_DEGREE
    bands = range(_band(point.lat - reach), _band(point.lat + reach) + 1)
    marks = ",".join("?" * len(bands))
    # Longitudes are taken around the circle, so that 179.9 and -179.9 are neighbours.
    sql = (
        f"SELECT name, lat, lon, kind, capacity FROM spots WHERE band IN ({marks}) AND lon BETWEEN ? AND ?"  # noqa: S608 # question marks only
        " ORDER BY (lat-?)*(lat-?) + min(abs(lon-?), 360-abs(lon-?)) * min(abs(lon-?), 360-abs(lon-?)) * ? LIMIT ?"
    )
    squeeze = math.cos(math.radians(point.lat)) ** 2
    return db.all(sql, (*bands, west, east, *[point.lat] * 2, *[point.lon] * 4, squeeze, most))


def _metres(point: Point, lat: float, lon: float) -> float:
    from lazpool.rules.geo import km  # noqa: PLC0415 # H3, which listing and saving do without

    return km(point, Point(lat, lon)) * 1000


def _listed(row: sqlite3.Row) -> Listed:
    return Listed(Spot(row["name"], Point(row["lat"], row["lon"])), row["kind"], row["capacity"])
