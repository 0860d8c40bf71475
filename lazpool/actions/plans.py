"""Plans: a commute said once becomes dated posts, some days ahead, each date once."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from lazpool.actions import posts
from lazpool.actions.matches import match_own
from lazpool.actions.posts import Trip, Wish
from lazpool.actions.seats import seated
from lazpool.errors import InvalidInputError, LazpoolError, NotFoundError, RefusedError
from lazpool.records.places import Point
from lazpool.records.posts import Offer, Request
from lazpool.rules.plans import BACK, Departure, Schedule, dates, departures, is_over
from lazpool.store import board, own
from lazpool.store import plans as stored
from lazpool.store.plans import PUBLISHED, REFUSED, SKIPPED, Plan, PlanDate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from lazpool.actions.desk import Desk
    from lazpool.store.deals import Deal

Ways: TypeAlias = Trip | Wish
MAX_PLANS = 50
PLAN_ID = 8
SHOWN_DAYS = 14
"""How many days ahead the dates of a plan are shown."""
_DAY = 24 * 60
_KEEP = timedelta(days=60)
_BURST = 32
"""Posts that one look publishes at most, the soonest first; the next look goes on."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one leg stands on one date: planned, published, matched, agreed, skipped, withdrawn or refused."""

    departure: Departure
    state: str
    post: bytes = b""
    matches: int = 0
    deal: bytes = b""
    reason: str = ""


def add(desk: Desk, ways: Ways, schedule: Schedule, but: Iterable[date] = ()) -> Plan:
    """Keep a new plan and publish what is due of it; the times of `ways` do not matter. but: dates to leave out."""
    kind = Offer.KIND if isinstance(ways, Trip) else Request.KIND
    plan = Plan(secrets.token_bytes(PLAN_ID), kind, json.dumps(asdict(ways)), schedule, desk.minute)
    skipped = frozenset(but)
    _check(desk, plan, skipped)
    with desk.node.transaction():
        if len(stored.plans(desk.node)) >= MAX_PLANS:
            hint = "remove one that you no longer need: lazpool plan list"
            raise RefusedError(f"there are {MAX_PLANS} plans already", hint=hint, code="too-many-plans")
        stored.add(desk.node, plan)
        for day in skipped:
            _skip(desk, plan, day, schedule.legs)
    keep_up(desk)
    return plan


def keep_up(desk: Desk) -> int:
    """Publish every date that has come near enough and has no post yet; return how many."""
    if not (known := stored.plans(desk.node)):
        return 0
    due = sorted((one, number) for number, plan in enumerate(known) for one in _due(desk, plan))
    return sum(_publish(desk, known[number], one) for one, number in due[:_BURST])


def forget_past(desk: Desk) -> None:
    """Forget dates long past, as part of the caller's transaction."""
    stored.drop_before(desk.node, _today(desk) - _KEEP)


def skip(desk: Desk, plan_id: bytes, days: Sequence[date], legs: Iterable[int] | None = None) -> Plan:
    """Leave dates of a plan out and withdraw their posts; agreed rides stay agreed. legs: all unless said."""
    with desk.node.transaction():
        plan = find(desk, plan_id)
        _check_dates(plan, days)
        for day in days:
            _skip(desk, plan, day, plan.schedule.legs if legs is None else legs)
    return plan


def unskip(desk: Desk, plan_id: bytes, days: Sequence[date], legs: Iterable[int] | None = None) -> Plan:
    """Let dates of a plan take place after all: what has no live post and no agreed ride is published again."""
    with desk.node.transaction():
        plan = find(desk, plan_id)
        _check_dates(plan, days)
        wanted = {(leg, day) for day in days for leg in (plan.schedule.legs if legs is None else legs)}
        for key, one in stored.dates(desk.node, plan.id).items():
            post = own.post(desk.node, one.post)
            if key in wanted and not (post and post.state == own.LIVE) and not seated(desk, one.post):
                stored.drop_date(desk.node, one)
    keep_up(desk)
    return plan


def remove(desk: Desk, plan_id: bytes) -> Plan:
    """Forget a plan and withdraw its posts; agreed rides stay agreed."""
    with desk.node.transaction():
        plan = find(desk, plan_id)
        for one in stored.dates(desk.node, plan.id).values():
            _withdraw(desk, one.post)
        stored.remove(desk.node, plan.id)
    return plan


def find(desk: Desk, plan_id: bytes) -> Plan:
    """Return a plan, or raise NotFoundError."""
    plan = stored.plan(desk.node, plan_id)
    if plan is None:
        raise NotFoundError("there is no such plan", hint="lazpool plan list")
    return plan


def trip_of(plan: Plan) -> Ways:
    """Return what was typed about the trip of a plan; its times are those of no date."""
    values = json.loads(plan.trip)
    values |= {"start": Point(**values["start"]), "end": Point(**values["end"])}
    if plan.kind == Request.KIND:
        return Wish(**values)
    return Trip(**{**values, "via": tuple(Point(**stop) for stop in values["via"])})


def standings(desk: Desk, plan: Plan) -> list[Standing]:
    """Return where each leg of a plan stands on the dates of the next two weeks, soonest first."""
    known = stored.dates(desk.node, plan.id)
    coming = departures(plan.schedule, desk.minute, desk.minute + SHOWN_DAYS * _DAY)
    return [_standing(desk, one, known.get((one.leg, one.day))) for one in coming]


def touched(
    desk: Desk, plan: Plan, days: Iterable[date] | None = None, legs: Iterable[int] | None = None
) -> list[Deal]:
    """Return the agreed rides still to come on dates of a plan, on all of them unless said."""
    wanted, ways = None if days is None else set(days), set(plan.schedule.legs if legs is None else legs)
    rows = stored.dates(desk.node, plan.id).values()
    found = [one for one in rows if (wanted is None or one.day in wanted) and one.leg in ways]
    return [deal for one in found for deal in seated(desk, one.post) if deal.ends >= desk.minute]


def _check(desk: Desk, plan: Plan, but: frozenset[date]) -> None:
    """Refuse a plan of which nothing could ever be published."""
    if not plan.schedule.days:
        raise InvalidInputError("the plan is for no day of the week", hint="--days mon-fri")
    if plan.schedule.until and plan.schedule.until < plan.schedule.first:
        raise InvalidInputError("the plan ends before it begins", hint="--until is the last date, --from the first")
    if is_over(plan.schedule, desk.minute, but):
        hint = "look at --days, --from, --until and --except again"
        raise InvalidInputError("no date of this plan is still to come", hint=hint, code="no-dates")
    for leg in plan.schedule.legs:
        _draft(desk, plan, Departure(desk.minute + _DAY, _today(desk), leg))


def _check_dates(plan: Plan, days: Sequence[date]) -> None:
    for day in days:
        if not any(dates(plan.schedule, day, day)):
            hint = "lazpool plan list shows its dates"
            raise InvalidInputError(f"{day} is no date of this plan", hint=hint, code="no-such-date")


def _due(desk: Desk, plan: Plan) -> list[Departure]:
    known = stored.dates(desk.node, plan.id)
    near = departures(plan.schedule, desk.minute, desk.minute + desk.config.plan_days * _DAY)
    return [one for one in near if (one.leg, one.day) not in known]


def _publish(desk: Desk, plan: Plan, one: Departure) -> bool:
    """Publish a date, unless somebody else just did; what is refused is noted and not tried again."""
    try:
        draft, wrong = _draft(desk, plan, one), ""
    except LazpoolError as error:
        draft, wrong = None, error.message
    with desk.node.transaction():
        if (one.leg, one.day) in stored.dates(desk.node, plan.id) or stored.plan(desk.node, plan.id) is None:
            return False
        if draft is None:
            stored.put_date(desk.node, PlanDate(plan.id, one.leg, one.day, b"", REFUSED, wrong))
            return False
        post = posts.keep(desk, draft)
        stored.put_date(desk.node, PlanDate(plan.id, one.leg, one.day, post.id, PUBLISHED))
    match_own(desk, post)
    return True


def _draft(desk: Desk, plan: Plan, one: Departure) -> posts.Draft:
    ways = trip_of(plan)
    if one.leg == BACK:
        ways = replace(ways, start=ways.end, end=ways.start)
    if isinstance(ways, Trip):
        via = ways.via[::-1] if one.leg == BACK else ways.via
        return posts.draft_offer(desk, replace(ways, depart=one.at, via=via))
    return posts.draft_request(desk, replace(ways, at=one.at, arrive=ways.arrive and one.leg != BACK))


def _skip(desk: Desk, plan: Plan, day: date, legs: Iterable[int]) -> None:
    known = stored.dates(desk.node, plan.id)
    for leg in legs:
        one = known.get((leg, day), PlanDate(plan.id, leg, day, b"", SKIPPED))
        _withdraw(desk, one.post)
        stored.put_date(desk.node, replace(one, state=SKIPPED))


def _withdraw(desk: Desk, post_id: bytes) -> None:
    post = own.post(desk.node, post_id)
    if post is not None and post.state in {own.LIVE, own.TAKEN}:
        posts.withdraw(desk, post_id)


def _standing(desk: Desk, one: Departure, row: PlanDate | None) -> Standing:
    if row is None:
        return Standing(one, "planned")
    post = own.post(desk.node, row.post)
    if agreed := seated(desk, row.post):
        return Standing(one, "agreed", row.post, deal=agreed[0].id)
    if post is None or row.state != PUBLISHED or post.state != own.LIVE:
        state = row.state if row.state != PUBLISHED else (post.state if post else REFUSED)
        return Standing(one, state, row.post, reason=row.reason)
    found = len(board.matches(desk.board, row.post))
    return Standing(one, "matched" if found else PUBLISHED, row.post, found)


def _today(desk: Desk) -> date:
    return datetime.fromtimestamp(desk.second, UTC).date()
