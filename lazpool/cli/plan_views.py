"""Plans and their next dates, as JSON documents and as tables."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from lazpool.cli.app import Table
from lazpool.cli.days import days_text
from lazpool.cli.naming import Names, naming
from lazpool.cli.typed import short
from lazpool.cli.views import point
from lazpool.rules.plans import BACK, OUT
from lazpool.store import board
from lazpool.store import plans as stored

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.actions.plans import Standing
    from lazpool.store.plans import Plan

LEGS = {"out": OUT, "back": BACK}
_NAMES = {leg: name for name, leg in LEGS.items()}
_EMPTY = "No plans yet; make one with: lazpool plan add offer, or: lazpool plan add request"
_NOTHING = "No date in the next two weeks."
_NEXT = {"matched": "lazpool matches {post}", "agreed": "lazpool deal {deal}"}
"""What a person can look at."""


def documents(desk: Desk, found: list[Plan]) -> dict[str, object]:
    """Return every plan, and the next dates of those found."""
    coming = [_date(standing, plan) for plan, standing in _coming(desk, found)]
    return {"plans": [_plan(desk, one) for one in stored.plans(desk.node)], "next": coming}


def tables(desk: Desk, found: list[Plan]) -> list[Table]:
    """Return tables of plans and of their next dates."""
    with naming(desk) as names:
        rows = [_plan_row(names, one) for one in found]
    plans = Table(("id", "kind", "from", "to", "days", "times", "dates"), rows, _EMPTY)
    dates = [_date_row(standing, plan) for plan, standing in _coming(desk, found)]
    return [plans, Table(("plan", "departs", "way", "state", "next"), dates, _NOTHING)][: 2 if found else 1]


def _coming(desk: Desk, found: list[Plan]) -> list[tuple[Plan, Standing]]:
    from lazpool.actions.plans import standings  # noqa: PLC0415 # H3 and keys, which the help does without

    pairs = [(plan, standing) for plan in found for standing in standings(desk, plan)]
    return sorted(pairs, key=lambda pair: pair[1].departure)


def _plan(desk: Desk, plan: Plan) -> dict[str, object]:
    from lazpool.actions.plans import trip_of  # noqa: PLC0415 # H3 and keys, which the help does without

    when, trip = plan.schedule, trip_of(plan)
    skipped = sorted({one.day for one in stored.dates(desk.node, plan.id).values() if one.state == stored.SKIPPED})
    return {
        "id": plan.id.hex(),
        "kind": board.kind_name(plan.kind),
        "from": point(trip.start),
        "to": point(trip.end),
        "days": days_text(when.days),
        "time": f"{when.out:%H:%M}",
        "return": f"{when.back:%H:%M}" if when.back else None,
        "zone": when.zone,
        "first": when.first.isoformat(),
        "until": when.until.isoformat() if when.until else None,
        "except": [day.isoformat() for day in skipped],
    }


def _date(standing: Standing, plan: Plan) -> dict[str, object]:
    one = standing.departure
    return {
        "plan": plan.id.hex(),
        "date": one.day.isoformat(),
        "leg": _NAMES[one.leg],
        "depart": _at(standing, plan).isoformat(timespec="seconds"),
        "state": standing.state,
        "post": standing.post.hex() or None,
        "matches": standing.matches,
        "deal": standing.deal.hex() or None,
        "reason": standing.reason,
    }


def _at(standing: Standing, plan: Plan) -> datetime:
    """Return when a plan's date is, on the clocks of the plan."""
    return datetime.fromtimestamp(standing.departure.at * 60, ZoneInfo(plan.schedule.zone))


def _plan_row(names: Names, plan: Plan) -> tuple[str, ...]:
    from lazpool.actions.plans import trip_of  # noqa: PLC0415 # H3 and keys, which the help does without

    when, trip = plan.schedule, trip_of(plan)
    times = f"{when.out:%H:%M}" + (f", {when.back:%H:%M}" if when.back else "") + f" {when.zone}"
    stretch = f"from {when.first}" + (f" until {when.until}" if when.until else "")
    ends = names.short(trip.start), names.short(trip.end)
    return short(plan.id), board.kind_name(plan.kind), *ends, days_text(when.days), times, stretch


def _date_row(standing: Standing, plan: Plan) -> tuple[str, ...]:
    departs = f"{_at(standing, plan):%a %d %b %H:%M}"
    following = _NEXT.get(standing.state, standing.reason).format(post=short(standing.post), deal=short(standing.deal))
    return short(plan.id), departs, _NAMES[standing.departure.leg], standing.state, following
