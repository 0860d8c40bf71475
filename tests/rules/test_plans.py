"""Dates and instants of plans: the wall time is kept across every change of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazpool.rules.plans import BACK, OUT, Schedule, dates, departure, departures, instant, is_over

ZONES = ("Europe/Paris", "America/New_York", "Australia/Sydney", "Australia/Lord_Howe", "Asia/Kolkata", "UTC")
EVERY_DAY = frozenset(range(7))
# Nights on which clocks change: zone, the last date before, offsets in hours before and after.
SWITCHES = [
    ("Europe/Paris", date(2027, 3, 27), 1, 2),
    ("Europe/Paris", date(2027, 10, 30), 2, 1),
    ("America/New_York", date(2027, 3, 13), -5, -4),
    ("America/New_York", date(2027, 11, 6), -4, -5),
    ("Australia/Sydney", date(2027, 4, 3), 11, 10),
    ("Australia/Sydney", date(2027, 10, 2), 10, 11),
    ("Australia/Lord_Howe", date(2027, 4, 3), 11, 10.5),
    ("Australia/Lord_Howe", date(2027, 10, 2), 10.5, 11),
]


def plan(zone: str = "Europe/Paris", **ways: object) -> Schedule:
    """Return a plan for every day at 07:40, changed as said."""
    plain = {"days": EVERY_DAY, "first": date(2027, 1, 1), "until": None, "out": time(7, 40), "back": None}
    return Schedule(**{**plain, "zone": zone, **ways})  # type: ignore[arg-type] # fields by name


def shown(minute: int, zone: str) -> str:
    """Return what clocks in a zone show at a minute, with the offset."""
    return datetime.fromtimestamp(minute * 60, ZoneInfo(zone)).isoformat(timespec="minutes")


def utc(text: str) -> int:
    """Return the minute of a time in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) // 60


@pytest.mark.parametrize(("zone", "day", "before", "after"), SWITCHES)
def test_wall_time_is_kept_across_a_change(zone: str, day: date, before: float, after: float) -> None:
    """Who leaves at 07:40 leaves at 07:40 the morning after, too: in UTC so much earlier or later."""
    first, second = (departure(plan(zone), OUT, one).at for one in (day, day + timedelta(days=1)))
    assert shown(first, zone).startswith(f"{day}T07:40")
    assert shown(second, zone).startswith(f"{day + timedelta(days=1)}T07:40")
    assert second - first == 24 * 60 - round(60 * (after - before))
    minutes = int(datetime(day.year, day.month, day.day, 7, 40, tzinfo=UTC).timestamp()) // 60
    assert first == minutes - round(60 * before)


@pytest.mark.parametrize(
    ("zone", "day", "wall", "meant"),
    [
        ("Europe/Paris", "2027-03-28", "02:30", "2027-03-28T03:30+02:00"),
        ("America/New_York", "2027-03-14", "02:00", "2027-03-14T03:00-04:00"),
        ("Australia/Sydney", "2027-10-03", "02:59", "2027-10-03T03:59+11:00"),
        ("Australia/Lord_Howe", "2027-10-03", "02:10", "2027-10-03T02:40+11:00"),
    ],
)
def test_a_wall_time_that_is_skipped_is_as_much_later(zone: str, day: str, wall: str, meant: str) -> None:
    """Where clocks go forward, a time in the gap means as much later as they skip: an hour, or half of one."""
    assert shown(instant(time.fromisoformat(wall), date.fromisoformat(day), zone), zone) == meant


@pytest.mark.parametrize(
    ("zone", "day", "wall", "meant"),
    [
        ("Europe/Paris", "2027-10-31", "02:30", "2027-10-31T02:30+02:00"),
        ("America/New_York", "2027-11-07", "01:30", "2027-11-07T01:30-04:00"),
        ("Australia/Sydney", "2027-04-04", "02:30", "2027-04-04T02:30+11:00"),
        ("Australia/Lord_Howe", "2027-04-04", "01:45", "2027-04-04T01:45+11:00"),
    ],
)
@pytest.mark.parametrize("fold", [0, 1])
def test_a_wall_time_that_comes_twice_is_the_first(zone: str, day: str, wall: str, meant: str, fold: int) -> None:
    """Where clocks go back, a time that comes twice means the first, whatever else the value carries."""
    said = time.fromisoformat(wall).replace(fold=fold)
    assert shown(instant(said, date.fromisoformat(day), zone), zone) == meant


@given(
    days=st.frozensets(st.integers(0, 6), min_size=1),
    first=st.dates(date(2026, 1, 1), date(2030, 1, 1)),
    length=st.none() | st.integers(0, 400),
    start=st.dates(date(2025, 6, 1), date(2030, 6, 1)),
    span=st.integers(-3, 400),
)
def test_dates_are_those_of_the_calendar(
    days: frozenset[int], first: date, length: int | None, start: date, span: int
) -> None:
    """Each date once, in order, on the days of the week, within the plan and within what is asked for, and no other."""
    until = None if length is None else first + timedelta(days=length)
    end = start + timedelta(days=span)
    asked = (start + timedelta(days=step) for step in range(span + 1))
    expected = [one for one in asked if one.weekday() in days and first <= one and (until is None or one <= until)]
    assert list(dates(plan(days=days, first=first, until=until), start, end)) == expected


@given(
    zone=st.sampled_from(ZONES),
    out=st.times().map(lambda one: one.replace(second=0, microsecond=0)),
    back=st.none() | st.times().map(lambda one: one.replace(second=0, microsecond=0)),
    after=st.integers(utc("2027-01-03"), utc("2028-02-01")),
    span=st.integers(0, 13 * 24 * 60),
)
def test_departures_are_complete_and_apart(zone: str, out: time, back: time | None, after: int, span: int) -> None:
    """Of two stretches of time, one after the other, each departure is in one; wall times are kept but in gaps."""
    whole = plan(zone, out=out, back=back)
    middle = after + span // 2
    once = departures(whole, after, after + span)
    assert once == departures(whole, after, middle) + departures(whole, middle, after + span)
    assert all(after < one.at <= after + span for one in once)
    assert len({(one.leg, one.day) for one in once}) == len(once)
    for leg in whole.legs:
        days = sum(one.leg == leg for one in once)
        assert abs(days - span / (24 * 60)) <= 1.1
    for one in once:
        local = datetime.fromtimestamp(one.at * 60, ZoneInfo(zone))
        wall = out if one.leg == OUT else back
        assert wall is not None
        skipped = datetime.combine(local.date(), wall, ZoneInfo(zone)).astimezone(UTC).astimezone(ZoneInfo(zone))
        assert local.time() == wall or skipped.time() != wall


def test_a_way_back_that_is_not_later_is_the_next_day() -> None:
    """A night shift leaves at 22:00 and comes back at 06:15 on the day after; both belong to the first date."""
    night = plan(out=time(22, 0), back=time(6, 15), days=frozenset({4}))
    friday = date(2027, 3, 26)
    assert shown(departure(night, BACK, friday).at, night.zone) == "2027-03-27T06:15+01:00"
    late = utc("2027-03-26T23:00")
    assert [one.day for one in departures(night, late, late + 24 * 60)] == [friday]


def test_a_zone_far_from_utc_loses_no_date() -> None:
    """On the other side of the date line, too, the date is the local one."""
    far = plan("Pacific/Kiritimati", days=frozenset({0}), out=time(0, 5))
    (one,) = departures(far, utc("2027-02-28T00:00"), utc("2027-02-28T23:00"))
    assert (one.day, shown(one.at, far.zone)) == (date(2027, 3, 1), "2027-03-01T00:05+14:00")


def test_a_plan_is_over() -> None:
    """When its last date has passed or every date left is an exception; one without end never is."""
    short = plan(first=date(2027, 3, 1), until=date(2027, 3, 2))
    assert not is_over(short, utc("2027-03-01T12:00"))
    assert is_over(short, utc("2027-03-01T12:00"), frozenset({date(2027, 3, 2)}))
    assert is_over(short, utc("2027-03-02T06:40"))
    assert not is_over(plan(), utc("2040-01-01"))
    assert is_over(plan(days=frozenset()), utc("2027-01-01"))
    assert is_over(plan(first=date.max), utc("2027-01-01"))
