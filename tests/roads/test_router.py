"""Routers: great circles everywhere, the engine on real roads, and falling back from one to the other."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from lazpool.records.places import Point
from lazpool.roads.choice import Roads
from lazpool.roads.extract import remove_extract
from lazpool.roads.router import GreatCircles
from lazpool.rules.geo import MIN_PER_KM, km

if TYPE_CHECKING:
    from pathlib import Path

VADUZ, SCHAAN, BALZERS, ZURICH = Point(47.141, 9.5209), Point(47.165, 9.509), Point(47.0667, 9.503), Point(47.37, 8.54)
SUMMIT = Point(47.0525, 9.6075)
"""On the border ridge near Falknis: no road within a kilometre."""


def test_great_circles_go_straight() -> None:
    """Without roads a way is the legs between its stops, and says that it is estimated."""
    way = GreatCircles().route((VADUZ, SCHAAN, BALZERS))
    assert way.estimated
    assert way.points == (VADUZ, SCHAAN, BALZERS)
    assert way.stops == (0, 1, 2)
    assert way.minutes[-1] == pytest.approx((km(VADUZ, SCHAAN) + km(SCHAAN, BALZERS)) * MIN_PER_KM)
    table = GreatCircles().table((VADUZ, SCHAAN))
    assert table.estimated
    assert table.minutes == ((0.0, pytest.approx(way.minutes[1])), (pytest.approx(way.minutes[1]), 0.0))


def test_a_home_without_an_extract(tmp_path: Path) -> None:
    """Great circles it is, with the reason."""
    roads = Roads(tmp_path / "roads")
    assert roads.router.route((VADUZ, BALZERS)).estimated
    assert "lazpool roads build" in roads.why


def test_a_way_by_road(roads_folder: Path) -> None:
    """The engine's way follows roads through all stops, in times that grow and end as the engine says."""
    router = Roads(roads_folder).router
    way = router.route((BALZERS, VADUZ, SCHAAN))
    assert not way.estimated
    assert len(way.points) == len(way.minutes) > 50
    assert list(way.minutes) == sorted(way.minutes)
    assert (way.stops[0], way.stops[-1]) == (0, len(way.points) - 1)
    assert km(way.points[way.stops[1]], VADUZ) < 0.1
    assert 11 < way.km < 16
    table = router.table((BALZERS, VADUZ, SCHAAN)).minutes
    assert way.minutes[-1] == pytest.approx(table[0][1] + table[1][2], abs=0.2)


def test_beyond_the_extract(roads_folder: Path) -> None:
    """A stop far from every road, or one in another country, makes the whole answer an estimate."""
    router = Roads(roads_folder).router
    for elsewhere in (ZURICH, SUMMIT, Point(-90, 0)):
        assert router.route((VADUZ, elsewhere)).estimated
        assert router.table((VADUZ, elsewhere)).estimated


def test_an_extract_comes_and_goes(roads_folder: Path, tmp_path: Path) -> None:
    """A running node notices that an extract was built, and that it was removed; no restart is needed."""
    folder = tmp_path / "roads"
    roads = Roads(folder)
    assert roads.why
    folder.symlink_to(roads_folder)
    assert not roads.why
    router = roads.router
    folder.unlink()
    assert roads.why
    assert not router.route((VADUZ, BALZERS)).estimated


def test_removing_under_a_reader(roads_folder: Path, tmp_path: Path) -> None:
    """Who routes with an extract while it is removed goes on with what is mapped."""
    folder = tmp_path / "roads"
    shutil.copytree(roads_folder, folder)
    router = Roads(folder).router
    remove_extract(folder)
    assert not router.route((VADUZ, BALZERS)).estimated
