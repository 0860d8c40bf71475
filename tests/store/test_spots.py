"""Meeting places: the nearest are found, by a look-up that agrees with measuring all, and lists come and go whole."""

from __future__ import annotations

import random
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Migrations

from lazpool.records.places import Listed, Point, Spot
from lazpool.rules.geo import km
from lazpool.store import node_schema, own, spots
from lazpool.store.database import open_store
from lazpool.store.spots import MOST, OWN, Source, meeting_spots

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lazpool.store.database import Store

GRENOBLE = Point(45.1885, 5.7245)


@pytest.fixture
def node() -> Iterator[Store]:
    """Return a new node.db."""
    store = open_store(None, node_schema, synchronous="FULL")
    yield store
    store.close()


def put(node: Store, points: list[Point], source: str = "list") -> None:
    """Store points as a list, named by their number."""
    listed = [Listed(Spot(str(number), point)) for number, point in enumerate(points)]
    spots.replace_source(node, Source(source, "somebody", "ODbL-1.0", 7), listed)


near_anything = st.sampled_from([(45.0, 5.0), (0.0, 0.0), (-33.9, 151.2), (10.0, 180.0), (-17.0, -179.99), (89.9, 0.0)])


@settings(max_examples=40, deadline=None)
@given(middle=near_anything, within=st.sampled_from([0, 1, 500, 1500, 10_000]), seed=st.integers(0, 2**32))
def test_agrees_with_measuring_all(middle: tuple[float, float], within: float, seed: int) -> None:
    """The index loses nothing, at the equator, at the 180th meridian and near a pole neither."""
    chance = random.Random(seed)
    store = open_store(None, node_schema, synchronous="FULL")

    def anywhere(spread: float) -> Point:
        lon = middle[1] + chance.uniform(-spread, spread)
        lat = max(-90.0, min(90.0, middle[0] + chance.uniform(-spread, spread)))
        return Point(lat, (lon + 180) % 360 - 180)

    points = [anywhere(chance.choice([0.002, 0.02, 0.2])) for _ in range(60)]
    here = anywhere(0.01)
    put(store, points)
    distances = sorted(metres for point in points if (metres := km(here, point) * 1000) <= within)[:MOST]
    found = meeting_spots(store, here, within)
    assert [km(here, spot.point) * 1000 for spot in found] == pytest.approx(distances, abs=0.5)
    store.close()


def test_nearest_first_and_no_more_than_a_dozen(node: Store) -> None:
    """Of many close ones, the closest are returned, in order."""
    put(node, [Point(45 + step / 10_000, 5) for step in range(40, 0, -1)])
    found = meeting_spots(node, Point(45, 5), 1000)
    assert [spot.point.lat for spot in found] == pytest.approx([45 + step / 10_000 for step in range(1, MOST + 1)])


def test_a_list_replaces_only_its_own_older_state(node: Store) -> None:
    """Importing twice leaves one copy; other lists and own places stay, and removing takes one list away."""
    spots.mark(node, "school", GRENOBLE)
    put(node, [GRENOBLE, GRENOBLE], "other")
    put(node, [GRENOBLE] * 3)
    put(node, [GRENOBLE] * 2)
    assert [(one.source, count) for one, count in spots.sources(node)] == [("list", 2), ("other", 2)]
    assert len(meeting_spots(node, GRENOBLE, 1)) == 5
    assert spots.remove_source(node, "list")
    assert not spots.remove_source(node, "list")
    assert len(meeting_spots(node, GRENOBLE, 1)) == 3


def test_a_mark_moves_and_goes(node: Store) -> None:
    """An own place is one meeting place, where it was saved last, until it is none."""
    spots.mark(node, "school", GRENOBLE)
    spots.mark(node, "school", Point(45, 5))
    assert meeting_spots(node, GRENOBLE, 500) == []
    assert meeting_spots(node, Point(45, 5), 500) == [Spot("school", Point(45, 5))]
    assert spots.marked(node) == {"school"}
    spots.mark(node, "school", None)
    assert spots.marked(node) == set()
    assert node.number("SELECT count(*) FROM spots WHERE source=?", (OWN,)) == 0


def test_many_are_searched_fast(node: Store) -> None:
    """With 30,000 places in a country, one look-up reads a few dozen of them."""
    chance = random.Random(1)
    put(node, [Point(chance.uniform(42, 51), chance.uniform(-4, 8)) for _ in range(30_000)])
    here = [Point(chance.uniform(43, 50), chance.uniform(-3, 7)) for _ in range(100)]
    begun = time.perf_counter()
    for point in here:
        meeting_spots(node, point, 1500)
    each = (time.perf_counter() - begun) / len(here)
    assert each < 0.005, f"{each * 1000:.3f} ms a look-up; 0.1 when the machine is idle"


def test_an_older_home_gets_the_tables(tmp_path: Path) -> None:
    """A node.db from before there were meeting places keeps its places, and takes meeting places."""

    def first_only() -> Migrations:
        steps = Migrations("lazpool-node")

        @steps(name="first")
        def first(db: Any) -> None:
            node_schema.run_script(db, node_schema._FIRST)

        return steps

    older = SimpleNamespace(APPLICATION_ID=node_schema.APPLICATION_ID, VERSION=1, migrations=first_only)
    store = open_store(tmp_path / "node.db", older, synchronous="FULL")
    own.add_place(store, "home", GRENOBLE)
    store.close()
    store = open_store(tmp_path / "node.db", node_schema, synchronous="FULL")
    put(store, [GRENOBLE])
    assert (own.places(store), len(meeting_spots(store, GRENOBLE, 1))) == ({"home": GRENOBLE}, 1)
    store.close()
