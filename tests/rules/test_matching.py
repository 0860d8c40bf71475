"""Matching, against a brute force that shares no code with it, and on a known trip."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lazpool.records.places import COARSE_RES, MEETING_RES, Point, cell_at, centre
from lazpool.rules.matching import Fit, Miss, Reason, fit, fit_places
from lazpool.rules.rides import Window
from tests.rules.against_oracle import Count, boarded
from tests.rules.town import (
    GRENOBLE,
    HALF_PAST_SEVEN,
    LYON,
    MIDNIGHT,
    VOIRON,
    offer,
    random_offer,
    random_request,
    random_rider,
    request,
)

if TYPE_CHECKING:
    from lazpool.rules.itinerary import Rider

ALONG = offer(GRENOBLE, VOIRON, LYON)


def _reason(result: Fit | Miss) -> Reason | None:
    return result.reason if isinstance(result, Miss) else None


def _fits(result: Fit | Miss) -> Fit:
    assert isinstance(result, Fit), result
    return result


def test_a_town_on_the_way_is_a_match_with_a_small_detour() -> None:
    """Grenoble to Lyon by Voiron at 07:30 serves Voiron to Lyon at 07:50 give or take 30 minutes, at about 08:00."""
    found = _fits(fit(ALONG, request(VOIRON, LYON)))
    assert MIDNIGHT + 475 <= found.pickup_at <= MIDNIGHT + 485
    assert 1 <= found.detour_min <= 4
    assert 85 <= found.dropoff_at - found.pickup_at <= 100
    assert (found.pickup_leg, found.dropoff_leg) == (1, 1)
    assert 920 <= found.distance_hm <= 960
    assert found.share == (found.distance_hm * 80 + 50) // 100
    assert found.unit == "EUR"
    assert found.estimated
    assert found.walk_m == 0
    assert 12_000 < found.co2_g < 15_000


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"net": b"\x09" * 8}, Reason.NETWORK),
        ({"post_pk": ALONG.post_pk}, Reason.SAME_AUTHOR),
        ({"box_pk": ALONG.box_pk}, Reason.SAME_AUTHOR),
        ({"flags": 1}, Reason.FLAGS),
        ({"flags": 1 << 16}, Reason.FLAGS),
        ({"seats": 3}, Reason.SEATS),
        ({"earliest": MIDNIGHT + 700, "latest": MIDNIGHT + 800}, Reason.TIME),
        ({"earliest": MIDNIGHT + 450, "latest": MIDNIGHT + 460}, Reason.TIME),
        ({"cell_from": cell_at(Point(44.5, 6.5), 7)}, Reason.DETOUR),
        ({"cell_from": cell_at(LYON, 7), "cell_to": cell_at(VOIRON, 7)}, Reason.DIRECTION),
    ],
)
def test_a_miss_names_its_reason(changes: dict[str, int], reason: Reason) -> None:
    """What keeps an offer from serving a request is told by a stable code."""
    assert _reason(fit(ALONG, request(VOIRON, LYON, **changes))) == reason


def test_what_the_passenger_needs_must_be_offered_and_more_may_be() -> None:
    """A need is met by an offer that carries it, and an offer that carries it serves those without the need."""
    assert _reason(fit(replace(ALONG, flags=3), request(VOIRON, LYON, flags=1))) is None
    assert _reason(fit(replace(ALONG, flags=3), request(VOIRON, LYON))) is None


def test_a_mutual_flag_binds_both_sides() -> None:
    """An offer under a mutual condition serves only requests under the same one."""
    offered = replace(ALONG, flags=1 << 16)
    assert _reason(fit(offered, request(VOIRON, LYON, flags=1 << 16))) is None
    assert _reason(fit(offered, request(VOIRON, LYON))) == Reason.FLAGS


def test_a_seat_freed_on_the_way_is_taken_again() -> None:
    """With one seat, a rider to Voiron and one from Voiron both fit in either order; a third fits nowhere."""
    small = replace(ALONG, seats=1)
    always = {"earliest": MIDNIGHT, "latest": MIDNIGHT + 1000}
    first, second = request(GRENOBLE, VOIRON, **always), request(VOIRON, LYON, **always)
    for one, other in ((first, second), (second, first)):
        aboard = [boarded(one, _fits(fit(small, one)), 10)]
        aboard.append(boarded(other, _fits(fit(small, other, aboard)), 10))
        for third in (first, second, request(GRENOBLE, LYON, **always)):
            assert _reason(fit(small, third, aboard)) == Reason.SEATS


def test_a_hop_past_a_vertex_is_told_with_both_legs() -> None:
    """Who boards just before a vertex and leaves just after it takes the seat on the legs on both sides."""
    straight = offer(Point(45.0, 4.0), Point(45.0, 4.5), Point(45.0, 5.0), seats=1)
    found = _fits(fit_places(straight, Point(45.0, 4.485), Point(45.0, 4.515), 1))
    assert (found.pickup_leg, found.dropoff_leg) == (0, 1)


def test_a_taken_seat_sends_the_rider_to_a_dearer_way() -> None:
    """On a route that passes a place twice, the second pass serves when the first is full."""
    loop = offer(GRENOBLE, VOIRON, GRENOBLE, VOIRON, flex_after=300, seats=1)
    wanted = request(GRENOBLE, VOIRON, earliest=MIDNIGHT, latest=MIDNIGHT + 1000)
    first = _fits(fit(loop, wanted))
    second = _fits(fit(loop, wanted, [boarded(wanted, first, 10)]))
    assert (first.pickup_leg, first.dropoff_leg) == (0, 0)
    assert (second.pickup_leg, second.dropoff_leg) == (2, 2)
    assert second.pickup_at > first.pickup_at


def test_the_same_trip_matches_without_any_detour_allowed() -> None:
    """A driver who allows no detour still takes someone between the same two cells."""
    strict = replace(ALONG, max_detour=0)
    assert _reason(fit(strict, request(GRENOBLE, LYON, earliest=MIDNIGHT, latest=MIDNIGHT + 1000))) is None


def test_the_stops_of_all_riders_count_against_the_limit() -> None:
    """A detour of one minute, widened, is 3.5: the stops of three riders on the way; a fourth is too much."""
    strict = replace(ALONG, max_detour=1, seats=8)
    wanted = request(GRENOBLE, LYON, earliest=MIDNIGHT, latest=MIDNIGHT + 1000)
    aboard: list[Rider] = []
    for _ in range(3):
        aboard.append(boarded(wanted, _fits(fit(strict, wanted, aboard)), 10))
    assert _reason(fit(strict, wanted, aboard)) == Reason.DETOUR


def test_an_arrival_window_binds_the_drop_off() -> None:
    """With by=1 the window is that of arrival, and the driver's flexibility is used only as far as needed."""
    plain = _fits(fit(ALONG, request(VOIRON, LYON)))
    late = plain.dropoff_at + 7
    wanted = request(VOIRON, LYON, by=1, earliest=late, latest=late + 20)
    assert _reason(fit(ALONG, wanted)) == Reason.TIME
    found = _fits(fit(replace(ALONG, flex_after=30), wanted))
    assert found.dropoff_at == late
    assert (plain.depart_at, found.depart_at) == (ALONG.depart, ALONG.depart + 7)


def test_the_extra_way_is_told_beside_the_extra_minutes() -> None:
    """At one mean speed the detour is the extra way in minutes and two stops; CO2 counts the same way."""
    found = _fits(fit(ALONG, request(Point(45.31, 5.7), LYON)))
    assert found.detour_hm > 20
    assert found.detour_min == pytest.approx(found.detour_hm / 10 + 1, abs=0.11)


def test_meeting_cells_are_checked_without_a_window() -> None:
    """The places of a proposal, cells of resolution 9, give the same ride within a few hundred metres."""
    pickup, dropoff = (centre(cell_at(place, MEETING_RES)) for place in (VOIRON, LYON))
    found = _fits(fit_places(ALONG, pickup, dropoff, 1))
    coarse = _fits(fit(ALONG, request(VOIRON, LYON)))
    assert abs(found.distance_hm - coarse.distance_hm) < 40
    assert abs(found.pickup_at - coarse.pickup_at) <= 3
    assert _reason(fit_places(ALONG, pickup, dropoff, 3)) == Reason.SEATS
    assert _reason(fit_places(ALONG, dropoff, pickup, 1)) == Reason.DIRECTION
    early = Window(0, MIDNIGHT, HALF_PAST_SEVEN)
    assert _reason(fit_places(ALONG, pickup, dropoff, 1, window=early)) == Reason.TIME


@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_brute_force(seed: int) -> None:
    """Over random trips a fit is the cheapest of all feasible stop lists, and a miss has none."""
    chance, count = random.Random(seed), Count()
    for _ in range(120):
        offered = random_offer(chance)
        count.compare(offered, random_rider(chance, offered))
    assert count.fits > 15


def test_every_reason_is_met_among_random_trips() -> None:
    """The random trips above exercise each geometric and temporal reason, not one of them only."""
    chance = random.Random(1)
    reasons = {_reason(fit(random_offer(chance), random_request(chance))) for _ in range(600)}
    assert reasons >= {None, Reason.SEATS, Reason.TIME, Reason.DETOUR, Reason.DIRECTION}


@pytest.mark.parametrize("near", [Point(0.0, 180.0), Point(-17.0, -179.9), Point(89.7, 10.0), Point(-90.0, 0.0)])
def test_the_edges_of_the_map_are_places_like_others(near: Point) -> None:
    """At the antimeridian and the poles nothing fails, and every figure is finite and in order."""
    chance = random.Random(3)
    found = [fit(random_offer(chance, near, max_detour=60), random_request(chance, near)) for _ in range(150)]
    fits = [each for each in found if isinstance(each, Fit)]
    assert fits
    for each in fits:
        assert math.isfinite(each.detour_min)
        assert each.detour_min >= 1
        assert each.pickup_at <= each.dropoff_at
        assert each.distance_hm >= 0


def test_across_the_antimeridian_is_near() -> None:
    """A ride over the 180th meridian is as short as it is on the ground."""
    west, east = Point(-16.8, 179.8), Point(-16.8, -179.8)
    found = _fits(fit(offer(west, east), request(west, east, earliest=MIDNIGHT, latest=MIDNIGHT + 1000)))
    assert 500 < found.distance_hm < 620


def test_legs_without_length_are_no_harm() -> None:
    """A vertex published twice, with a wait between, matches as if it were there once."""
    waiting = offer(GRENOBLE, VOIRON, VOIRON, LYON)
    minutes = (*waiting.minutes[:2], waiting.minutes[2] + 10, waiting.minutes[3] + 10)
    found = _fits(fit(replace(waiting, minutes=minutes), request(VOIRON, LYON)))
    assert found.detour_min == _fits(fit(ALONG, request(VOIRON, LYON))).detour_min
    nowhere = offer(VOIRON, VOIRON)
    assert isinstance(fit(nowhere, request(GRENOBLE, LYON)), Miss)
    assert _fits(fit(nowhere, request(VOIRON, VOIRON))).distance_hm == 0


def test_a_coarse_request_matches_too() -> None:
    """A request by cells of resolution 6 is served from their centres."""
    wanted = request(VOIRON, LYON, cell_from=cell_at(VOIRON, COARSE_RES), cell_to=cell_at(LYON, COARSE_RES))
    assert _reason(fit(ALONG, wanted)) is None


@pytest.mark.parametrize(
    ("changes", "short_by"),
    [
        ({"seats": 3}, 1),
        ({"earliest": MIDNIGHT + 700, "latest": MIDNIGHT + 800}, pytest.approx(101, abs=3)),
        ({"earliest": MIDNIGHT + 450, "latest": MIDNIGHT + 460}, pytest.approx(19, abs=2)),
        ({"cell_from": cell_at(LYON, 7), "cell_to": cell_at(VOIRON, 7)}, 0),
        ({"flags": 1}, 0),
    ],
)
def test_a_miss_tells_by_how_much(changes: dict[str, int], short_by: float) -> None:
    """Missing seats, and minutes before or after the window, are told beside the reason."""
    missed = fit(ALONG, request(VOIRON, LYON, **changes))
    assert isinstance(missed, Miss)
    assert missed.short_by == short_by


@pytest.mark.parametrize(
    ("earliest", "latest", "early"), [(700, 800, True), (200, 300, False), (490, 500, True), (450, 460, False)]
)
@pytest.mark.parametrize("flex", [0, 5])
def test_a_miss_in_time_tells_on_which_side(earliest: int, latest: int, flex: int, *, early: bool) -> None:
    """A trip that passes Voiron at about 08:00 is too early for who wants to leave later, and too late for the rest."""
    offered = replace(ALONG, flex_before=flex, flex_after=flex)
    missed = fit(offered, request(VOIRON, LYON, earliest=MIDNIGHT + earliest, latest=MIDNIGHT + latest))
    assert isinstance(missed, Miss)
    assert (missed.reason, missed.early) == (Reason.TIME, early)


def test_a_detour_that_is_too_long_tells_what_limit_would_do() -> None:
    """The minutes missing on a detour are those by which the limit, widened as estimates are, would have to be more."""
    wanted = request(Point(45.3, 5.3), LYON, earliest=MIDNIGHT, latest=MIDNIGHT + 1000)
    missed = fit(replace(ALONG, max_detour=0), wanted)
    assert isinstance(missed, Miss)
    enough = math.ceil(missed.short_by / 1.5)
    assert _reason(fit(replace(ALONG, max_detour=enough), wanted)) is None
    assert _reason(fit(replace(ALONG, max_detour=enough - 1), wanted)) == Reason.DETOUR
