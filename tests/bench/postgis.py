"""PostGIS as a peer: a private server that filters widely by its own index, before the same exact check as ours.

A GiST index over route and time finds the routes that pass both ends within their own reach, which is what ST_DWithin
can say; fitting is not in its power. It needs Debian's postgresql and postgis packages, and psycopg.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self

from filled import own_post

from lazpool.actions.matches import measured
from lazpool.actions.standpoint import judge, standpoint
from lazpool.records.places import centre
from lazpool.records.posts import Offer, Request
from lazpool.rules.geo import budget_km, km
from lazpool.rules.matching import Fit
from lazpool.rules.outline import outline
from lazpool.rules.reach import side_km, time_bounds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazpool.actions.desk import Desk
    from lazpool.records.posts import SignedPost

LAMBERT = 2154
"""Metres on the map of France; off by up to 3 in 1,000, so a reach is taken 1 % and 100 m wider."""
_SETTINGS = ("fsync=off", "shared_buffers=512MB", "work_mem=64MB", "jit=off", "listen_addresses=''")
_QUERY = f"""
SELECT id, envelope, shape FROM offers WHERE period && int8range(%(earliest)s, %(latest)s, '[]')
AND ST_DWithin(way, ST_Transform(ST_Point(%(a_lon)s, %(a_lat)s, 4326), {LAMBERT}), %(most)s)
AND ST_DWithin(way, ST_Transform(ST_Point(%(b_lon)s, %(b_lat)s, 4326), {LAMBERT}), %(most)s)
AND ST_DWithin(way, ST_Transform(ST_Point(%(a_lon)s, %(a_lat)s, 4326), {LAMBERT}), reach + %(walk)s)
AND ST_DWithin(way, ST_Transform(ST_Point(%(b_lon)s, %(b_lat)s, 4326), {LAMBERT}), reach + %(walk)s)
"""  # noqa: S608 # our own number


@dataclass
class Server:
    """A running server with its connection."""

    desk: Desk
    folder: Path
    programs: Path
    connection: Any = None
    most: float = 0.0

    @classmethod
    def start(cls, desk: Desk, folder: Path) -> Self | None:
        """Start a server in a folder of its own; None where the programs are not installed."""
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        extension = sorted(Path("/usr/share/postgresql").glob("*/extension/postgis.control"))
        if not programs or not extension or find_spec("psycopg") is None:
            return None
        server = cls(desk, folder, programs[-1])
        server._open()
        return server

    def add(self, offers: Sequence[SignedPost]) -> None:
        """Store offers, and let the server see how they lie."""
        columns = "(id, envelope, shape, period, reach, way)"
        with self.connection.cursor() as cursor, cursor.copy(f"COPY loaded {columns} FROM STDIN") as copy:
            for signed in offers:
                if isinstance(signed.post, Offer):
                    copy.write_row(self._row(signed.post, signed))
        self.connection.execute(
            f"INSERT INTO offers SELECT id, envelope, shape, period, reach, ST_Transform(way, {LAMBERT}) FROM loaded; "  # noqa: S608 # our own number
            "TRUNCATE loaded; ANALYZE offers"
        )

    def query(self, signed: SignedPost) -> tuple[float, set[bytes]]:
        """Match a request of ours; return the seconds, and the ids of the offers that fit."""
        mine = own_post(signed)
        start = perf_counter()
        here = standpoint(self.desk, mine)
        rows = self.connection.execute(_QUERY, self._asked(signed.post), prepare=True, binary=True).fetchall()
        near = measured(here, rows)
        found = {one.id for one in near if isinstance(judge(self.desk, here, one.post, one.inserter), Fit)}
        return perf_counter() - start, found

    def stop(self) -> None:
        """End the server."""
        self.connection.close()
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")

    def _open(self) -> None:
        import psycopg  # noqa: PLC0415 # where there is one

        self.folder.mkdir()
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            for parent in [self.folder, *self.folder.parents][:3]:
                parent.chmod(0o711)
            user = pwd.getpwnam("nobody")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        data, sockets = self.folder / "data", f"-c unix_socket_directories='{self.folder}'"
        settings = " ".join(f"-c {setting}" for setting in _SETTINGS)
        self._run("initdb", "-D", str(data), "-A", "trust", "-U", "bench", "--no-sync")
        self._run(
            "pg_ctl", "-D", str(data), "-w", "-l", str(self.folder / "log"), "-o", f"{sockets} {settings}", "start"
        )
        self.connection = psycopg.connect(host=str(self.folder), user="bench", dbname="postgres", autocommit=True)
        self.connection.execute(
            "CREATE EXTENSION postgis; "
            "CREATE TABLE offers (id bytea, envelope bytea, shape bytea, period int8range, reach real, way geometry); "
            "CREATE UNLOGGED TABLE loaded (LIKE offers); "
            "CREATE INDEX ON offers USING gist (way, period)"
        )

    def _run(self, program: str, *arguments: str) -> None:
        user = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
        command = [str(self.programs / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **user)  # type: ignore[call-overload] # as a dict

    def _row(self, offer: Offer, signed: SignedPost) -> tuple[object, ...]:
        first, last = time_bounds(offer)
        extra = budget_km(offer.max_detour)
        reach = 1010 * max(side_km(km(a, b), extra) for a, b in pairwise(offer.route)) + 100
        self.most = max(self.most, reach)
        line = ",".join(f"{point.lon} {point.lat}" for point in offer.route)
        return (
            signed.id,
            signed.envelope,
            outline(offer).shape,
            f"[{first},{last}]",
            reach,
            f"SRID=4326;LINESTRING({line})",
        )

    def _asked(self, request: object) -> dict[str, object]:
        if not isinstance(request, Request):
            raise TypeError("not a request")
        a, b = centre(request.cell_from), centre(request.cell_to)
        places = {"a_lat": a.lat, "a_lon": a.lon, "b_lat": b.lat, "b_lon": b.lon}
        times = {"earliest": request.earliest, "latest": request.latest}
        return {**places, **times, "walk": request.walk, "most": self.most + request.walk}
