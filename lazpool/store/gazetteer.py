"""places.db: the towns of some countries by name, in a file that may be deleted and is built anew as a whole.

It is read only: nothing of a person is in it. Names stand folded in an FTS5 index, so that one look-up finds a name
whichever way it is written, and the beginning or any word of it.
"""

from __future__ import annotations

import os
import re
import sqlite3
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from math import cos, radians
from typing import TYPE_CHECKING

from lazpool.errors import DamagedError, LazpoolError
from lazpool.records.places import Point
from lazpool.records.towns import Town, fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from lazpool.records.towns import Country

APPLICATION_ID = 0x4C5A5031
VERSION = 1
LARGE = 50_000
"""People in a town that others know the way to."""
MAX_NAME = 100
MOST = 20
_STALE_S = 3600
_KM_PER_DEGREE = 111.2
"""Of latitude."""
_NUMBERED = re.compile(r"(\D+ \d+)(?:e|er)?\b")
"""`paris 15 vaugirard` and `paris 13e arrondissement` are also `paris 15` and `paris 13`."""

_SCHEMA = """
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE area (folded TEXT, country TEXT, region TEXT, PRIMARY KEY (folded, country, region)) STRICT, WITHOUT ROWID;
CREATE TABLE town (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, country TEXT NOT NULL, region TEXT NOT NULL,
    lat REAL NOT NULL, lon REAL NOT NULL, population INTEGER NOT NULL
) STRICT;
CREATE INDEX town_population ON town (population);
CREATE INDEX town_lat ON town (lat, lon);
CREATE VIRTUAL TABLE names USING fts5(folded, town UNINDEXED, own UNINDEXED, tokenize="unicode61 remove_diacritics 0");
"""


@dataclass(frozen=True, slots=True)
class Content:
    """What a gazetteer is built of.

    towns: each with its other names. regions: names of some regions, as (country code, region code, name). about:
    what is kept beside it, attribution and licence among it.
    """

    countries: Iterable[Country]
    regions: Iterable[tuple[str, str, str]]
    towns: Iterable[tuple[Town, Sequence[str]]]
    about: Mapping[str, str]


class Gazetteer:
    """An open places.db."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Take over a connection."""
        self._connection = connection

    def about(self) -> dict[str, str]:
        """Return what is told of it: attribution, licence, source, countries."""
        return dict(self._connection.execute("SELECT key, value FROM about"))

    def count(self) -> int:
        """Return how many towns it has."""
        return int(self._connection.execute("SELECT count(*) FROM town").fetchone()[0])

    def named(self, name: str) -> list[Town]:
        """Return the towns of that name, most populous first.

        Another name that a town goes by counts where no town bears it as its own, or where it is the larger town's:
        then `Geneva` is not silently the one in Illinois.
        """
        folded = fold(name)
        if not folded:
            return []
        sql = f"{_TOWNS}, max(own) AS own FROM {_JOINED} AND folded=? GROUP BY id ORDER BY population DESC, id"
        rows = self._connection.execute(sql, (f'^"{folded}"', folded)).fetchall()
        largest = max((row["population"] for row in rows if row["own"]), default=-1)
        return [_town(row) for row in rows if row["own"] or row["population"] > largest]

    def beginning(self, name: str, most: int = MOST) -> list[Town]:
        """Return the towns with a name that begins so, most populous first."""
        return self._like(f'^"{fold(name)}" *', most) if fold(name) else []

    def containing(self, text: str, most: int = MOST) -> list[Town]:
        """Return the towns with all these words in one of their names, the last maybe cut short; likeliest first."""
        *whole, last = fold(text).split() or [""]
        if not last:
            return []
        words = [f'"{word}"' for word in whole]
        exact = self.named(text)
        others = self._like(" ".join([*words, f'"{last}" *']), most + len(exact))
        return (exact + [town for town in others if town not in exact])[:most]

    def areas(self, name: str) -> list[tuple[str, str]]:
        """Return the countries and regions of that name or code, as country and region; no region for a country."""
        rows = self._connection.execute("SELECT country, region FROM area WHERE folded=?", (fold(name),))
        return [(row["country"], row["region"]) for row in rows]

    def landmark(self, town: Town) -> Town | None:
        """Return the nearest town that is large, and twice as large as this one; a numbered part of one is none."""
        sql = (
            "SELECT * FROM town WHERE population>=? AND id<>? AND name NOT GLOB '*[0-9]*'"
            " ORDER BY (lat-?)*(lat-?) + (lon-?)*(lon-?)*0.5 LIMIT 1"  # flat, and good enough to say "near Lyon"
        )
        at = town.point
        values = (max(LARGE, 2 * town.population), town.id, at.lat, at.lat, at.lon, at.lon)
        row = self._connection.execute(sql, values).fetchone()
        return _town(row) if row else None

    def nearest(self, where: Point, within_km: float) -> Town | None:
        """Return the town nearest to a place, None where none is in a box of so many km to each side."""
        high, narrowing = within_km / _KM_PER_DEGREE, max(cos(radians(where.lat)), 0.01)
        wide = high / narrowing
        sql = (
            "SELECT * FROM town WHERE lat BETWEEN ?-? AND ?+? AND lon BETWEEN ?-? AND ?+?"
            " ORDER BY (lat-?)*(lat-?) + (lon-?)*(lon-?)*? LIMIT 1"  # flat, as far as that is from the 180th meridian
        )
        lat, lon = where.lat, where.lon
        values = (lat, high, lat, high, lon, wide, lon, wide, lat, lat, lon, lon, narrowing**2)
        row = self._connection.execute(sql, values).fetchone()
        return _town(row) if row else None

    def inside(self, south: float, north: float, west: float, east: float, most: int = MOST) -> list[Town]:
        """Return the most populous towns in a box of degrees."""
        sql = (
            "SELECT * FROM town WHERE lat BETWEEN ? AND ? AND lon BETWEEN ? AND ? AND name NOT GLOB '*[0-9]*'"
            " ORDER BY population DESC, id LIMIT ?"
        )
        return [_town(row) for row in self._connection.execute(sql, (south, north, west, east, most))]

    def _like(self, match: str, most: int) -> list[Town]:
        sql = f"{_TOWNS} FROM {_JOINED} GROUP BY id ORDER BY max(own) DESC, population DESC, id LIMIT ?"
        return [_town(row) for row in self._connection.execute(sql, (match, most))]


_TOWNS = "SELECT id, name, country, region, lat, lon, population"
_JOINED = "names JOIN town ON town.id=names.town WHERE names MATCH ?"


@contextmanager
def open_gazetteer(path: Path) -> Iterator[Gazetteer | None]:
    """Open places.db for a block; None when there is none."""
    if not path.exists():
        yield None
        return
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            _check(connection, path)
            yield Gazetteer(connection)
    except sqlite3.DatabaseError as wrong:
        raise _unusable(path, str(wrong)) from wrong


def build(path: Path, content: Content) -> int:
    """Write places.db; return how many towns it has. The old one stays until the new one is complete."""
    _sweep(path)
    aside = path.with_name(f"{path.name}.{os.getpid()}.new")
    aside.unlink(missing_ok=True)
    try:
        count = _write(aside, content)
        _sync(aside)
        aside.replace(path)
    except sqlite3.OperationalError as wrong:
        raise LazpoolError(
            f"{aside}: {wrong}", hint="the old list is as it was; check the disk, and whether this SQLite has FTS5"
        ) from wrong
    finally:
        aside.unlink(missing_ok=True)
    return count


def _write(path: Path, content: Content) -> int:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=OFF")  # nobody reads it before it is complete
        connection.execute("PRAGMA synchronous=OFF")
        connection.executescript(_SCHEMA)
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO about VALUES (?,?)", content.about.items())
        connection.executemany("INSERT OR IGNORE INTO area VALUES (?,?,?)", _areas(content))
        count = sum(_add(connection, town, others) for town, others in content.towns)
        connection.execute("COMMIT")
        connection.execute("INSERT INTO names(names) VALUES ('optimize')")
        connection.execute(f"PRAGMA user_version={VERSION}")
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    return count


def _areas(content: Content) -> Iterator[tuple[str, str, str]]:
    for country in content.countries:
        for name in (country.code, country.code3, country.name):
            yield fold(name), country.code, ""
    for code, region, name in content.regions:
        yield fold(name), code, region


def _add(connection: sqlite3.Connection, town: Town, others: Iterable[str]) -> int:
    at = town.point
    values = (town.id, town.name, town.country, town.region, at.lat, at.lon, town.population)
    connection.execute("INSERT INTO town VALUES (?,?,?,?,?,?,?)", values)
    if not town.region.isdigit():
        connection.execute("INSERT OR IGNORE INTO area VALUES (?,?,?)", (fold(town.region), town.country, town.region))
    own = fold(town.name)
    names = {fold(other) for other in others if len(other) <= MAX_NAME}
    if numbered := _NUMBERED.match(own):
        names.add(numbered[1])
    names -= {own, ""}
    rows = [(own, town.id, 1), *((name, town.id, 0) for name in sorted(names))]
    connection.executemany("INSERT INTO names (folded, town, own) VALUES (?,?,?)", rows)
    return 1


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _sweep(path: Path) -> None:
    """Remove what a build that was killed left."""
    for left in path.parent.glob(f"{path.name}.*.new"):
        if left.stat().st_mtime < time.time() - _STALE_S:
            left.unlink(missing_ok=True)


def _check(connection: sqlite3.Connection, path: Path) -> None:
    marks = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
    if marks != [APPLICATION_ID, VERSION]:
        raise _unusable(path, "it is of another version, or no list of places")


def _unusable(path: Path, why: str) -> DamagedError:
    return DamagedError(f"{path} cannot be read: {why}", hint="build it anew with: lazpool place update")


def _town(row: sqlite3.Row) -> Town:
    at = Point(row["lat"], row["lon"])
    return Town(row["id"], row["name"], row["country"], row["region"], at, row["population"])
