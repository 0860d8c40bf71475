"""Days as people type them: days of the week, wall times, dates and stretches of dates."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from typing import TYPE_CHECKING

from lazpool.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SHORT = 3
"""Letters of a day's name that are enough, and that are printed."""
_WEEK = len(DAYS)
_PAIR = 2
_DAYS_HINT = "say it like mon-fri, sat,sun or mon,wed,fri"
_DATE_HINT = "say it like 2027-03-01, tomorrow, or 2027-03-01..2027-03-14"
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
MOST_DATES = 366
"""Dates that one stretch has at most."""


def parse_days(text: str) -> frozenset[int]:
    """Return the days of the week, 0 for Monday, of a text such as `mon-fri` or `fri-mon,wed`."""
    found: set[int] = set()
    for part in text.lower().replace(" ", "").split(","):
        first, dash, last = part.partition("-")
        start, end = _weekday(first, text), _weekday(last if dash else first, text)
        found.update((start + step) % _WEEK for step in range((end - start) % _WEEK + 1))
    return frozenset(found)


def days_text(days: Iterable[int]) -> str:
    """Return days of the week as they can be typed, three and more in a row as a range."""
    ordered = sorted(set(days))
    runs: list[list[int]] = []
    for day in ordered:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(_run(run) for run in runs)


def parse_clock(text: str) -> time:
    """Return a wall time such as `07:40`."""
    hint = "say it like 07:40; the days of a plan are said by --days"
    if not (words := _CLOCK.fullmatch(text.strip())):
        raise InvalidInputError(f"{text!r} is not a time of day", hint=hint)
    try:
        return time(int(words[1]), int(words[2]))
    except ValueError:
        raise InvalidInputError(f"{text!r} is not a time of day", hint=hint) from None


def parse_date(text: str, today: date) -> date:
    """Return a date."""
    word = text.strip().lower()
    if word in {"today", "tomorrow"}:
        return today + timedelta(days=word == "tomorrow")
    try:
        return date.fromisoformat(word)
    except ValueError:
        raise InvalidInputError(f"{text!r} is not a date", hint=_DATE_HINT) from None


def parse_dates(texts: Iterable[str], today: date) -> tuple[date, ...]:
    """Return the dates of texts, each a date, or the first and last of a stretch with two dots between them."""
    found: set[date] = set()
    for text in texts:
        first, dots, last = text.partition("..")
        start = parse_date(first, today)
        end = parse_date(last, today) if dots else start
        if not 0 <= (end - start).days < MOST_DATES:
            raise InvalidInputError(f"{text!r} is no stretch of at most {MOST_DATES} dates", hint=_DATE_HINT)
        found.update(start + timedelta(days=step) for step in range((end - start).days + 1))
    return tuple(sorted(found))


def _weekday(word: str, text: str) -> int:
    found = [number for number, day in enumerate(DAYS) if len(word) >= SHORT and day.startswith(word)]
    if not found:
        raise InvalidInputError(f"{text!r} does not say days of the week", hint=_DAYS_HINT)
    return found[0]


def _run(run: list[int]) -> str:
    names = [DAYS[day][:SHORT] for day in run]
    return f"{names[0]}-{names[-1]}" if len(names) > _PAIR else ",".join(names)
