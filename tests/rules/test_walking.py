"""Walking to meeting places: never farther than asked, only when it spares more way than it takes, and in time."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lazpool.records.places import Point, Spot, centre
from lazpool.rules.geo import km
from lazpool.rules.matching import Fit, Miss, Reason, fit, fit_places
from lazpool.rules.walking import Walks, metres, walks
from tests.rules.town import MIDNIGHT, offer, random_offer, random_rider, request, somewhere

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazpool.records.posts import Request

ANY = {"earliest": MIDNIGHT, "latest": MIDNIGHT + 1000}
LONG = offer(*(Point(45.0, lon) for lon in (4.0, 4.495, 4.51, 4.69, 4.71, 5.0)), max_detour=30, flex_after=30)
WISH = request(Point(45.05, 4.5), Point(45.05, 4.7), **ANY, walk=1500)


def near(wanted: Request, *spots: Spot) -> Walks:
    """Return the walks of somebody in the middle of both cells."""

    def within(point: Point, most: int) -> Sequence[Spot]:
        return [spot for spot in spots if km(point, spot.point) * 1000 <= most]

    return walks(wanted, (centre(wanted.cell_from), centre(wanted.cell_to)), within)


def south(cell: int, away_m: float, name: str = "stop") -> Spot:
    """Return a meeting place so many metres south of the middle of a cell."""
    point = centre(cell)
    return Spot(name, Point(point.lat - away_m / 111_195, point.lon))


def test_a_walk_towards_the_route_is_taken_at_both_ends() -> None:
    """Two stops nearer to the route spare more way than both walks are long, and the walk is told in all."""
    stops = south(WISH.cell_from, 500, "mill"), south(WISH.cell_to, 400, "church")
    walked, plain = fit(LONG, WISH, walks=near(WISH, *stops)), fit(LONG, WISH)
    assert isinstance(walked, Fit)
    assert isinstance(plain, Fit)
    assert (walked.pickup, walked.dropoff) == stops
    assert walked.walk_m == pytest.approx(900 * 1.3, abs=3)
    assert walked.detour_hm * 100 + walked.walk_m < plain.detour_hm * 100
    assert (plain.walk_m, plain.pickup, plain.dropoff) == (0, None, None)


def test_nobody_walks_farther_than_they_said() -> None:
    """Both walks together keep the limit: of two that are too much only one is taken; with none there is no match."""
    stops = south(WISH.cell_from, 500, "mill"), south(WISH.cell_to, 450, "church")
    little = replace(WISH, walk=800)
    walked = fit(LONG, little, walks=near(little, *stops))
    assert isinstance(walked, Fit)
    assert (walked.walk_m, walked.pickup, walked.dropoff) == (pytest.approx(650, abs=2), stops[0], None)
    idle = replace(WISH, walk=0)
    assert fit(LONG, idle, walks=near(idle, *stops)) == fit(LONG, idle)
    assert fit(LONG, WISH, walks=near(WISH)) == fit(LONG, WISH)


def test_nobody_walks_away_from_the_route() -> None:
    """A stop on the far side, and one along the way that spares nothing, are left alone."""
    middle = centre(WISH.cell_from)
    spots = Spot("behind", Point(middle.lat + 0.004, middle.lon)), Spot("beside", Point(middle.lat, middle.lon + 0.006))
    assert fit(LONG, WISH, walks=near(WISH, *spots)) == fit(LONG, WISH)


def test_a_walk_makes_a_match_where_the_detour_is_too_long() -> None:
    """Who is just beyond the driver's limit is served from a stop within it."""
    strict = next(one for limit in range(60) if isinstance(fit(one := replace(LONG, max_detour=limit), WISH), Fit))
    strict = replace(strict, max_detour=strict.max_detour - 1)
    stops = south(WISH.cell_from, 560), south(WISH.cell_to, 560)
    missed, found = fit(strict, WISH), fit(strict, WISH, walks=near(WISH, *stops))
    assert isinstance(missed, Miss)
    assert missed.reason == Reason.DETOUR
    assert isinstance(found, Fit)


@pytest.mark.parametrize("by", [0, 1])
def test_the_walk_is_part_of_the_window(by: int) -> None:
    """Nobody has to leave home before the window begins, nor comes home after it ends."""
    stop = south(WISH.cell_to if by else WISH.cell_from, 560)
    walked = fit(LONG, replace(WISH, by=by), walks=near(WISH, stop))
    assert isinstance(walked, Fit)
    at = walked.dropoff_at if by else walked.pickup_at
    tight = {"earliest": at - 10, "latest": at + 10}
    for late in (-1, 0, 1):
        wanted = replace(WISH, by=by, **{name: minute + (late if by else -late) for name, minute in tight.items()})
        found = fit(replace(LONG, flex_after=0), wanted, walks=near(wanted, stop))
        assert isinstance(found, Fit)
        assert (found.walk_m > 0) is (late >= 0)


def test_the_best_of_all_choices_is_taken() -> None:
    """Over random trips and stops, no choice within the walk has a lesser sum than the one that is made."""
    chance, walked = random.Random(8), 0
    for _ in range(150):
        offered = random_offer(chance, max_detour=chance.choice((10, 30)), flex_after=200)
        wanted = replace(random_rider(chance, offered), **ANY, walk=chance.choice((800, 2000)))
        ends = centre(wanted.cell_from), centre(wanted.cell_to)
        choices = near(wanted, *(Spot(str(n), somewhere(chance, ends[n % 2], 0.012)) for n in range(8)))
        found = fit(offered, wanted, walks=choices)
        sums = []
        for pair in ((None, None), *choices.pairs):
            places = (walk.spot.point if walk else end for walk, end in zip(pair, ends, strict=True))
            one = fit_places(offered, *places, seats=wanted.seats)
            sums += [one.detour_hm * 100 + metres(pair)] if isinstance(one, Fit) and metres(pair) <= wanted.walk else []
        assert isinstance(found, Fit) is bool(sums)
        if isinstance(found, Fit):
            assert found.detour_hm * 100 + found.walk_m == min(sums)
            walked += found.walk_m > 0
    assert walked > 10
