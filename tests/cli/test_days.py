"""Days of the week, wall times and dates, as people type them."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazpool.cli.days import days_text, parse_clock, parse_dates, parse_days
from lazpool.errors import InvalidInputError

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon-fri", {0, 1, 2, 3, 4}),
        ("sat,sun", {5, 6}),
        ("mon,wed,fri", {0, 2, 4}),
        ("fri-mon", {4, 5, 6, 0}),
        ("Sun-Mon, wed", {6, 0, 2}),
        ("thursday", {3}),
        ("mon-mon", {0}),
        ("mon-sun", set(range(7))),
    ],
)
def test_days_of_the_week(text: str, days: set[int]) -> None:
    """Abbreviations, lists and ranges, which may go over the end of a week."""
    assert parse_days(text) == days


@given(st.frozensets(st.integers(0, 6), min_size=1))
def test_days_are_said_as_they_can_be_typed(days: frozenset[int]) -> None:
    """What is printed means the same days."""
    assert parse_days(days_text(days)) == days


@pytest.mark.parametrize("text", ["", "mo", "mon-", "-fri", "mon fri", "mon--fri", "lun", "1-5", "mon-wed-fri", ","])
def test_other_days_are_wrong_input(text: str) -> None:
    """What is not understood is refused, not guessed."""
    with pytest.raises(InvalidInputError):
        parse_days(text)


def test_dates_and_stretches() -> None:
    """Single dates, words, and stretches with both ends; each date once."""
    typed = ["2026-12-24..2026-12-26", "2026-12-25", "tomorrow"]
    assert [one.isoformat() for one in parse_dates(typed, TODAY)] == [
        "2026-11-25", "2026-12-24", "2026-12-25", "2026-12-26",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "soon", "2026-02-30", "2026-12-26..2026-12-24", "2026-01-01..2036-01-01", ".."])
def test_other_dates_are_wrong_input(text: str) -> None:
    """A date that does not exist, a stretch that runs backwards or for years."""
    with pytest.raises(InvalidInputError):
        parse_dates([text], TODAY)


def test_wall_times() -> None:
    """A time of day, and nothing but that: the days are said elsewhere."""
    assert parse_clock(" 7:40 ") == time(7, 40)
    for text in ("24:00", "7", "tomorrow 07:40", "07:40:30", "2027-03-01T07:40", "07:40Z", ""):
        with pytest.raises(InvalidInputError):
            parse_clock(text)
