"""Which of the books is meant: options for days and for one person, the same for every command that reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lazpool.cli import times
from lazpool.cli.partners import partner
from lazpool.cli.trips import options
from lazpool.errors import InvalidInputError

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.actions.exporting import Choice

filters = options(
    click.option("--since", metavar="DATE", help="From this day on."),
    click.option("--until", metavar="DATE", help="Up to the end of this day."),
    click.option(
        "--with", "other", metavar="PERSON", help="With one person only: a name, or the start of an identity."
    ),
)
"""Days and a person."""


def choice(desk: Desk, since: str | None, until: str | None, other: str | None) -> Choice:
    """Return which records the options ask for; both days are included."""
    from lazpool.actions.exporting import Choice  # noqa: PLC0415 # help does not need it

    first = times.day_start(since, desk.config.zone) if since else None
    after = times.day_start(until, desk.config.zone, days=1) if until else None
    if first is not None and after is not None and first >= after:
        raise InvalidInputError(f"{until} is before {since}", hint="--since is the first day, --until the last")
    return Choice(first, after, partner(desk, other) if other else None)
