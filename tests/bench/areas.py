"""What one node hears, keeps and computes in networks of 1,000, 10,000 and 100,000 nodes, from the pure rules.

A network grows in two ways: over more land with as many nodes a square kilometre, or thicker on the same land. Land is
the French places around Lyon. Each node posts one trip a day, half of them offers; areas are those of rules/areas.py.
Posts of a sample stand for all: what a node hears is the posts of the areas that it follows, once an area.
"""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from filled import home
from rows import Row
from trips import Town, World, country, distance

from lazpool.records.places import Point
from lazpool.records.posts import Offer, Request
from lazpool.rules.areas import offer_areas, request_area
from lazpool.rules.outline import outline
from lazpool.store import board

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lazpool.records.posts import SignedPost

MIDNIGHT = 29_000_160
LYON = Point(45.7606, 4.8594)
LARGEST, SAMPLE, NODES, WEIGHED = 100_000, 400, 200, 2000
DAYS_KEPT, POST_BYTES, COPIES, CPU_MS = 7, 450, 3, 10.0
"""Days ahead that posts are published; bytes of one; times it comes in a mesh of six; CPU of one, as measured."""
FLAT = 3.0
"""What a network a hundred times as large may cost a node, of what the small one does."""


def areas(folder: Path) -> list[Row]:
    """Return what a median node has to do, as the network grows over land, and as it grows thicker."""
    _, towns = country()
    near = sorted(towns, key=lambda town: distance(town.at, LYON))
    people = sum(town.people for town in near)
    rows, first, weight = [], 0.0, _weight(folder, World(near, seed=2, midnight=MIDNIGHT))
    for size in (1000, 10_000, 100_000):
        share = _nearest(near, people * size / LARGEST)
        heard, kept = _node(share, size)
        first = first or heard
        rows.append(_row(f"{size:,} nodes, as thick", heard, kept * weight, kept, heard / first))
    for size in (1000, 10_000, 100_000):
        heard, kept = _node(near, size)
        rows.append(_row(f"{size:,} nodes on the same land", heard, kept * weight, kept, None))
    return rows


def _row(what: str, heard: float, disk: float, kept: float, ratio: float | None) -> Row:
    traffic, cpu = heard * POST_BYTES * COPIES / 1e6, heard * CPU_MS / 1000
    measured = f"{heard:,.0f} messages, {traffic:.1f} MB, {cpu:.0f} s CPU a day; keeps {kept:,.0f}, {disk / 1e6:.1f} MB"
    return Row(what, measured, "" if ratio is None else "as at 1,000 nodes", ratio, None if ratio is None else FLAT)


def _weight(folder: Path, world: World) -> float:
    """Return the bytes that a post takes on the disk of who follows all of its areas, half of them offers."""
    made: list[SignedPost] = [*world.offers(WEIGHED // 2), *world.requests(WEIGHED // 2)]
    with home(folder / "home") as desk:
        before = desk.config.board_file.stat().st_size
        with desk.board.transaction():
            rows = [(one, outline(one.post), tuple(_areas(one.post))) for one in made]  # type: ignore[arg-type] # no withdrawals
            board.add(desk.board, rows, now=desk.minute)
        desk.board.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return (desk.config.board_file.stat().st_size - before) / WEIGHED


def _nearest(towns: Sequence[Town], people: float) -> list[Town]:
    """Return the first towns that so many people live in."""
    taken, so_far = list[Town](), 0
    for town in towns:
        taken.append(town)
        so_far += town.people
        if so_far >= people:
            break
    return taken


def _node(towns: Sequence[Town], size: int) -> tuple[float, float]:
    """Return messages a day and posts kept, of the median node: a mean over those around the middle."""
    world = World(towns, seed=1, midnight=MIDNIGHT)
    where = [_areas(signed.post) for signed in [*world.offers(SAMPLE // 2), *world.requests(SAMPLE // 2)]]  # type: ignore[arg-type] # no withdrawals
    each = size / SAMPLE
    heard = sorted(sum(len(mine & theirs) for theirs in where) * each for mine in where[:: SAMPLE // NODES])
    kept = sorted(sum(bool(mine & theirs) for theirs in where) * each * DAYS_KEPT for mine in where[:: SAMPLE // NODES])
    return statistics.median(heard), statistics.median(kept)


def _areas(post: Offer | Request) -> frozenset[int]:
    return frozenset((request_area(post),) if isinstance(post, Request) else offer_areas(post))
