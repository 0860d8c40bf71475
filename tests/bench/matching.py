"""Matching at scale: requests against a board of a country's or a town's offers.

Besides, what it costs to keep such a board, what a fresh command pays on it, and hearing beside posts of our own.
LAZPOOL_BENCH_OFFERS=1000000 fills the country's board further than 100,000.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
from time import perf_counter
from typing import TYPE_CHECKING

import postgis
from filled import BATCH, fill, home, own_post, percentiles, query, tomorrow
from rows import Row
from trips import World, country, metro

from lazpool.actions import hearing
from lazpool.actions.standpoint import standpoint
from lazpool.records.posts import Offer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lazpool.actions.desk import Desk
    from lazpool.records.posts import SignedPost

SIZES = [1_000, 10_000, 100_000]
QUERIES, WARM = 1000, 20
POSTS, ROUNDS = 512, 9
FULL = 100_000
P99_MS, OF_POSTGIS, OF_RATE = 5.0, 0.2, 0.8
_RESIDENT = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, capture_output=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
"""Asked of a small process in between: one begins with the greatest size of the one that started it."""


def matching(folder: Path) -> list[Row]:
    """Return the rows of the country, of the town, of a fresh command and of hearing."""
    most = int(os.environ.get("LAZPOOL_BENCH_OFFERS", str(FULL)))
    sizes = [size for size in (*SIZES, 1_000_000) if size <= most]
    name, towns = country()
    rows: list[Row] = []
    with home(folder / "country") as desk:
        world = World(towns, 7, tomorrow(desk), desk.net)
        requests = world.requests(QUERIES)
        rows += _sizes(desk, world, requests, sizes, name)
    with home(folder / "town") as desk:
        world = World(metro(), 7, tomorrow(desk), desk.net)
        fill(desk, world.offers(FULL))
        rows += [_query_row(desk, world.requests(QUERIES), "a town of 60 km", None)]
    with home(folder / "hearing") as desk:
        rows += _hearing(desk, World(metro(), 3, tomorrow(desk), desk.net))
    return rows


def _sizes(desk: Desk, world: World, requests: Sequence[SignedPost], sizes: Sequence[int], name: str) -> list[Row]:
    rows, there, p99s = [], 0, []
    peer = postgis.Server.start(desk, desk.config.home / "peer")
    for size in sizes:
        offers = world.offers(size - there)
        seconds = fill(desk, offers)
        if peer and size <= FULL:
            peer.add(offers)
        rows.append(Row(f"storing with outline, {there:,} to {size:,} offers", f"{len(offers) / seconds:,.0f}/s"))
        rows.append(_query_row(desk, requests, name, P99_MS if size == FULL else None))
        p99s.append(percentiles([query(desk, one)[0] for one in requests])[1])
        there = size
        if size == FULL:
            rows += [*_peer_rows(desk, peer, requests), _size_row(desk, size), *_command(desk)]
    if peer:
        peer.stop()
    if len(sizes) > 1:
        exponent = math.log(p99s[-1] / p99s[-2]) / math.log(sizes[-1] / sizes[-2])
        rows.append(Row(f"p99 grows with offers to the power of, {sizes[-2]:,} to {sizes[-1]:,}", f"{exponent:.2f}"))
    return rows


def _query_row(desk: Desk, requests: Sequence[SignedPost], name: str, goal_ms: float | None) -> Row:
    there = desk.board.number("SELECT count(*) FROM posts")
    for one in requests[:WARM]:
        query(desk, one)
    found = [query(desk, one) for one in requests]
    p50, p99 = percentiles([seconds for seconds, _ in found])
    fits = sum(len(ids) for _, ids in found) / len(found)
    against = f"{fits:.1f} fit, of {name}" + (f"; bound {goal_ms:.0f} ms" if goal_ms else "")
    ratio = p99 / goal_ms if goal_ms else None
    return Row(
        f"a request, {there:,} offers, p50/p99",
        f"{p50:.2f}/{p99:.2f} ms",
        against,
        ratio,
        at_most=1.0 if goal_ms else None,
    )


def _peer_rows(desk: Desk, peer: postgis.Server | None, requests: Sequence[SignedPost]) -> list[Row]:
    if peer is None:
        return [Row("the same by PostGIS", "not measured", "no postgresql with postgis here")]
    theirs = [peer.query(one) for one in requests]
    ours = [query(desk, one) for one in requests]
    missing = sum(len(found - other) for (_, found), (_, other) in zip(ours, theirs, strict=True))
    extra = sum(len(other - found) for (_, found), (_, other) in zip(ours, theirs, strict=True))
    p50, p99 = percentiles([seconds for seconds, _ in theirs])
    _, mine = percentiles([seconds for seconds, _ in ours])
    against = f"PostGIS {p50:.2f}/{p99:.2f} ms; it lacks {missing} fits, we {extra}"
    return [
        Row("p99 against PostGIS and the same exact check", f"{mine:.2f} ms", against, mine / p99, at_most=OF_POSTGIS)
    ]


def _size_row(desk: Desk, size: int) -> Row:
    desk.board.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    megabytes = desk.config.board_file.stat().st_size / 1e6
    posts = desk.board.number("SELECT sum(length(envelope)) FROM posts") / 1e6
    return Row(
        f"board of {size:,} offers on disk", f"{megabytes:.0f} MB", f"the posts alone {posts:.0f} MB", megabytes / posts
    )


def _command(desk: Desk) -> list[Row]:
    """Return what `lazpool request` costs as a fresh process on this board, against one without offers near by."""
    here, far = ("48.80,2.13", "48.89,2.24"), ("-45.1,170.1", "-45.2,170.4")
    for place in (here, far):
        _request(desk, *place)
    full, empty = (sorted(_request(desk, *place) for _ in range(7))[3] for place in (here, far))
    memory = float(subprocess.check_output([sys.executable, "-c", _RESIDENT, *_asking(desk, *here)])) / 1000
    against = f"where nobody drives {empty * 1000:.0f} ms; {memory:.0f} MB resident"
    return [Row(f"lazpool request, {FULL:,} offers", f"{full * 1000:.0f} ms", against, full / empty)]


def _request(desk: Desk, start: str, end: str) -> float:
    begin = perf_counter()
    subprocess.run(_asking(desk, start, end), check=True, capture_output=True)
    return perf_counter() - begin


def _asking(desk: Desk, start: str, end: str) -> list[str]:
    command = [
        sys.executable,
        "-m",
        "lazpool",
        "--home",
        str(desk.config.home),
        "--json",
        "request",
        "--at",
        "tomorrow 08:00",
    ]
    return [*command, "--", start, end]


def _hearing(desk: Desk, world: World) -> list[Row]:
    """Return the rate of judging, storing and matching with own posts, against that without, in turns."""
    cases = {"1 request of ours": (1, 0), "20 requests and 5 offers of ours": (20, 5)}
    rows = []
    for name, (requests, offers) in cases.items():
        mine = [own_post(one) for one in (*world.requests(requests), *world.offers(offers))]
        ours = [standpoint(desk, one) for one in mine]
        pairs = []
        for _ in range(ROUNDS):
            without, beside = (_hear(desk, world.signed_offers(POSTS), some) for some in ([], ours))
            pairs.append((without, beside))
        alone, rate = (max(pair[side] for pair in pairs) for side in (0, 1))
        rows.append(
            Row(f"admission beside {name}", f"{rate:,.0f}/s", f"without {alone:,.0f}/s", rate / alone, at_least=OF_RATE)
        )
    return rows


def _hear(desk: Desk, offers: Sequence[SignedPost], ours: Sequence[object]) -> float:
    envelopes = [one.envelope for one in offers if isinstance(one.post, Offer)]
    start = perf_counter()
    for first in range(0, len(envelopes), BATCH):
        hearing.hear_all(desk, [(one, (1,)) for one in envelopes[first : first + BATCH]], ours)  # type: ignore[arg-type] # standpoints
    return len(envelopes) / (perf_counter() - start)
