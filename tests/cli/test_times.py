"""WHEN: what people type, in the configured zone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from lazpool.cli.times import parse_when
from lazpool.errors import InvalidInputError

PARIS = "Europe/Paris"
# A Friday; two days later clocks go back in Paris.
NOW = datetime(2026, 10, 23, 12, 0, tzinfo=ZoneInfo(PARIS))


def when(text: str, now: datetime = NOW) -> str:
    """Parse a text and return what it means, in ISO 8601 with the offset of Paris."""
    minute = parse_when(text, int(now.timestamp()) // 60, PARIS)
    return datetime.fromtimestamp(minute * 60, ZoneInfo(PARIS)).isoformat(timespec="minutes")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-11-02T07:40", "2026-11-02T07:40+01:00"),
        ("2026-11-02 07:40", "2026-11-02T07:40+01:00"),
        ("2026-11-02T07:40:59", "2026-11-02T07:40+01:00"),
        ("2026-11-02T07:40Z", "2026-11-02T08:40+01:00"),
        ("2026-11-02T07:40-05:00", "2026-11-02T13:40+01:00"),
        ("tomorrow 07:40", "2026-10-24T07:40+02:00"),
        ("  Tomorrow 7:40 ", "2026-10-24T07:40+02:00"),
        ("today 13:00", "2026-10-23T13:00+02:00"),
        ("today 11:00", "2026-10-23T11:00+02:00"),
        ("13:00", "2026-10-23T13:00+02:00"),
        ("11:00", "2026-10-24T11:00+02:00"),
        ("12:00", "2026-10-24T12:00+02:00"),
        ("sat 08:00", "2026-10-24T08:00+02:00"),
        ("monday 08:00", "2026-10-26T08:00+01:00"),
        ("fri 13:00", "2026-10-23T13:00+02:00"),
        ("fri 11:00", "2026-10-30T11:00+01:00"),
        ("thurs 08:00", "2026-10-29T08:00+01:00"),
        ("sun 02:30", "2026-10-25T02:30+02:00"),
    ],
)
def test_words_and_iso(text: str, meant: str) -> None:
    """ISO 8601, days and bare times mean the next such moment; of an hour that comes twice the first is meant."""
    assert when(text) == meant


def test_an_hour_that_clocks_skip_is_refused() -> None:
    """No trip starts at 02:30 on the night when clocks go from 02:00 to 03:00."""
    with pytest.raises(InvalidInputError, match="there is no 02:30 on 2027-03-28"):
        when("2027-03-28T02:30")


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2026-11-02", "25:00", "tomorrow", "tomorrow 24:00", "noday 08:00", "mo 08:00", "2026-13-01T08:00",
     "7", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00+23:59", "tomorrow 07:40:00"],
)  # fmt: skip
def test_anything_else_is_wrong_input(text: str) -> None:
    """What is not understood is refused with an example, not guessed."""
    with pytest.raises(InvalidInputError):
        when(text)
