"""Times as people type them and as they are printed; inside there are only minutes since the epoch."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from lazpool.errors import InvalidInputError

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk

_WORDS = re.compile(r"(?:([a-z]+)\s+)?(\d{1,2}):(\d{2})")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HINT = 'say it like 2027-03-01T07:40, "tomorrow 07:40", "mon 08:00" or 07:40'
_WEEK = 7
_SHORTEST_DAY = 3
_FIRST, _LAST = 0, int(datetime(9999, 1, 1, tzinfo=UTC).timestamp()) // 60


def parse_when(text: str, now: int, zone: str) -> int:
    """Return the minute that a text means at minute `now`; a time without an offset is in the zone.

    Where clocks go back an hour comes twice: the first is meant.
    """
    here = datetime.fromtimestamp(now * 60, ZoneInfo(zone))
    typed = text.strip()
    if words := _WORDS.fullmatch(typed.lower()):
        return _minute(_worded(words, here, typed))
    if _DATE.fullmatch(typed):
        raise InvalidInputError(f"{typed} needs a time of day", hint=_HINT)
    try:
        said = datetime.fromisoformat(typed)
    except ValueError:
        raise InvalidInputError(f"{typed!r} is not a time", hint=_HINT) from None
    return _minute(said if said.tzinfo else _local(said, here))


def iso(desk: Desk, minute: int) -> str:
    """Return a minute in ISO 8601 with the offset of the configured zone."""
    return _at(desk, minute * 60).isoformat(timespec="seconds")


def iso_second(desk: Desk, second: int) -> str:
    """Return a second in ISO 8601 with the offset of the configured zone."""
    return _at(desk, second).isoformat(timespec="seconds")


def day_and_time(desk: Desk, minute: int) -> str:
    """Return a minute for people, `Sat 24 Oct 07:40`; posts live two weeks, so the year is known."""
    return _at(desk, minute * 60).strftime("%a %d %b %H:%M")


def date_and_time(desk: Desk, minute: int) -> str:
    """Return a minute for people where room is short, `24 Oct 07:40`."""
    return _at(desk, minute * 60).strftime("%d %b %H:%M")


def time_of_day(desk: Desk, minute: int) -> str:
    """Return a minute for people who know the day, `07:40`."""
    return _at(desk, minute * 60).strftime("%H:%M")


def day(desk: Desk, minute: int) -> str:
    """Return the day of a minute, `2027-03-01`."""
    return _at(desk, minute * 60).date().isoformat()


def day_start(text: str, zone: str, *, days: int = 0) -> int:
    """Return the minute at which a day such as 2027-03-01 begins in the zone, or so many days after it."""
    try:
        first = datetime.fromisoformat(text.strip()) if _DATE.fullmatch(text.strip()) else None
        begins = first + timedelta(days=days) if first else None
    except (ValueError, OverflowError):
        begins = None
    if begins is None:
        raise InvalidInputError(f"{text!r} is not a day", hint="say it like 2027-03-01")
    return _minute(begins.replace(tzinfo=ZoneInfo(zone)))


def _at(desk: Desk, second: int) -> datetime:
    return datetime.fromtimestamp(second, ZoneInfo(desk.config.zone))


def _minute(when: datetime) -> int:
    minute = int(when.timestamp()) // 60
    if not _FIRST <= minute <= _LAST:  # at both ends of the calendar some zones have no time to show
        raise InvalidInputError(f"{when.isoformat()} is too far away")
    return minute


def _worded(words: re.Match[str], here: datetime, typed: str) -> datetime:
    day, hour, minute = words[1], int(words[2]), int(words[3])
    try:
        clock = here.replace(hour=hour, minute=minute, second=0, microsecond=0, tzinfo=None, fold=0)
    except ValueError:
        raise InvalidInputError(f"{typed!r} is not a time of day", hint=_HINT) from None
    if day in {"today", "tomorrow"}:
        return _local(clock + timedelta(days=day == "tomorrow"), here)
    every = 1 if day is None else _WEEK
    ahead = 0 if day is None else (_weekday(day, typed) - here.weekday()) % _WEEK
    said = clock + timedelta(days=ahead)
    return _local(said if said > here.replace(tzinfo=None) else said + timedelta(days=every), here)


def _weekday(word: str, typed: str) -> int:
    found = [number for number, day in enumerate(_DAYS) if len(word) >= _SHORTEST_DAY and day.startswith(word)]
    if not found:
        raise InvalidInputError(f"{typed!r}: {word!r} is not a day", hint=_HINT)
    return found[0]


def _local(naive: datetime, here: datetime) -> datetime:
    """Return a time of the wall clock in the zone; clocks that go forward skip an hour, and nobody leaves in it."""
    local = naive.replace(tzinfo=here.tzinfo)
    try:
        back = local.astimezone(UTC).astimezone(here.tzinfo).replace(tzinfo=None)
    except OverflowError:
        raise InvalidInputError(f"{naive.isoformat()} is too far away") from None
    if back != naive:
        hint = f"an hour later it is {back:%H:%M}"
        raise InvalidInputError(f"clocks go forward: there is no {naive:%H:%M} on {naive:%Y-%m-%d}", hint=hint)
    return local
