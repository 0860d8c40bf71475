"""A commute said once: plan add, list, skip, unskip, remove."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from lazpool.cli.app import typed
from lazpool.cli.commands import epilog, group
from lazpool.cli.days import parse_clock, parse_date, parse_dates, parse_days
from lazpool.cli.plan_views import LEGS, documents, tables
from lazpool.cli.trips import ends, offer_ways, options, request_ways, with_price
from lazpool.cli.typed import hex_id, place, short
from lazpool.config import check_zone
from lazpool.rules.plans import Schedule, dates
from lazpool.store import plans as stored

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.actions.plans import Ways
    from lazpool.cli.app import App
    from lazpool.store.deals import Deal
    from lazpool.store.plans import Plan

_CLOCK = "07:40, on the clocks of the zone, in summer and in winter."

_when = options(
    click.option("--days", required=True, metavar="DAYS", help="Such as mon-fri, sat,sun or mon,wed,fri."),
    click.option(
        "--except",
        "but",
        multiple=True,
        metavar="DATE",
        help="A date to leave out, 2027-05-01, or a stretch, 2027-07-12..2027-08-01; may be repeated.",
    ),
    click.option("--from", "first", metavar="DATE", help="The first date.  [default: today]"),
    click.option("--until", metavar="DATE", help="The last date.  [default: none]"),
    click.option("--return", "back", metavar="WHEN", help="When you leave for the way back, that day or night."),
    click.option("--zone", metavar="ZONE", help="IANA zone of these times.  [default: the configured one]"),
)
_WHEN = ("days", "but", "first", "until", "back", "zone")
_plan = click.argument("name", metavar="PLAN")
_dates = click.argument("days", metavar="DATE...", nargs=-1, required=True)
_only = click.option("--only", type=click.Choice(list(LEGS)), help="Only the way out, or only the way back.")
_yes = click.option("--yes", is_flag=True, help="Do not ask.")


@group("plan")
def plan() -> None:
    """Say a commute once; your node publishes each date some days ahead. Plans never leave this machine."""


@plan.group("add")
def add() -> None:
    """Add a plan of offers or of requests."""


@add.command("offer", epilog=epilog("lazpool plan add offer home work --at 07:40 --days mon-fri --return 17:30"))
@ends
@click.option("--at", required=True, metavar="WHEN", help=f"When you leave: {_CLOCK}")
@offer_ways
@_when
@click.pass_obj
def offer(app: App, /, start: str, end: str, via: tuple[str, ...], at: str, **ways: Any) -> None:
    """Offer free seats from FROM to TO on certain days, and with --return also back."""
    from lazpool.actions.posts import Trip  # noqa: PLC0415 # H3 and keys, which `list` does without

    when = {name: ways.pop(name) for name in _WHEN}
    with app.desk() as desk:
        stops = tuple(place(desk, stop) for stop in via)
        first, last = place(desk, start), place(desk, end)
        trip = Trip(first, last, stops, depart=0, **with_price(desk, ways, (first, *stops, last)))
        _add(app, desk, trip, at, when)


@add.command("request", epilog=epilog("lazpool plan add request home work --by 09:00 --days mon,wed,fri"))
@ends
@click.option("--at", metavar="WHEN", help=f"When you want to leave: {_CLOCK}")
@click.option(
    "--by", metavar="WHEN", help="When you have to be there, at the latest; the way back is by when you leave."
)
@request_ways
@_when
@click.pass_obj
def request(app: App, /, start: str, end: str, at: str | None, by: str | None, **ways: Any) -> None:
    """Look for a seat from FROM to TO on certain days, and with --return also back."""
    from lazpool.actions.posts import Wish  # noqa: PLC0415 # H3 and keys, which `list` does without

    out = at or by
    if out is None or (at and by):
        raise click.UsageError("Say either --at or --by.")
    when = {name: ways.pop(name) for name in _WHEN}
    with app.desk() as desk:
        wish = Wish(place(desk, start), place(desk, end), at=0, arrive=bool(by), **ways)
        _add(app, desk, wish, out, when)


@plan.command("list", epilog=epilog("lazpool plan list"))
@click.pass_obj
def show(app: App) -> None:
    """List the plans, and where the dates of the next two weeks stand."""
    with app.desk() as desk:
        _show(app, desk, stored.plans(desk.node), {})


@plan.command("skip", epilog=epilog("lazpool plan skip 3fa9 2027-05-01\nlazpool plan skip 3fa9 2027-07-12..2027-08-01"))
@_plan
@_dates
@_only
@click.option("--undo", is_flag=True, help="Take part after all.")
@_yes
@click.pass_obj
def skip(app: App, /, name: str, days: tuple[str, ...], only: str | None, undo: bool, yes: bool) -> None:  # noqa: FBT001 # click's signature
    """Leave dates of a plan out: their posts are withdrawn. Rides that are agreed stay agreed."""
    from lazpool.actions import plans as actions  # noqa: PLC0415 # H3 and keys, which `list` does without

    with app.desk() as desk:
        found = _found(desk, name)
        wanted, legs = _dates_of(desk, found, days), _legs(only)
        if undo:
            _changed(app, desk, actions.unskip(desk, found.id, wanted, legs), [])
            return
        agreed = actions.touched(desk, found, wanted, legs)
        _confirm(app, agreed, "Skip?", yes=yes)
        _changed(app, desk, actions.skip(desk, found.id, wanted, legs), agreed)


@plan.command("unskip", epilog=epilog("lazpool plan unskip 3fa9 2027-05-01"))
@_plan
@_dates
@_only
@click.pass_obj
def unskip(app: App, /, name: str, days: tuple[str, ...], only: str | None) -> None:
    """Take part on skipped dates after all, and on dates whose posts you withdrew by hand."""
    from lazpool.actions import plans as actions  # noqa: PLC0415 # H3 and keys, which `list` does without

    with app.desk() as desk:
        found = _found(desk, name)
        _changed(app, desk, actions.unskip(desk, found.id, _dates_of(desk, found, days), _legs(only)), [])


@plan.command("remove", epilog=epilog("lazpool plan remove 3fa9"))
@_plan
@_yes
@click.pass_obj
def remove(app: App, /, name: str, yes: bool) -> None:  # noqa: FBT001 # click's signature
    """Forget a plan and withdraw its posts. Rides that are agreed stay agreed."""
    from lazpool.actions import plans as actions  # noqa: PLC0415 # H3 and keys, which `list` does without

    with app.desk() as desk:
        found = _found(desk, name)
        agreed = actions.touched(desk, found)
        _confirm(app, agreed, "Remove the plan?", yes=yes)
        actions.remove(desk, found.id)
        head = {"id": found.id.hex(), "agreed": [deal.id.hex() for deal in agreed]}
        app.show({**head, **documents(desk, [])}, f"removed: {short(found.id)}")
        _say_agreed(app, agreed)
        app.say_if_down(desk)


def _add(app: App, desk: Desk, ways: Ways, out: str, when: dict[str, Any]) -> None:
    from lazpool.actions import plans as actions  # noqa: PLC0415 # H3 and keys, which `list` does without

    schedule = _schedule(desk, out, when)
    today = _today(schedule.zone, desk)
    but: set[date] = set()
    for text in when["but"]:
        left_out = [day for day in parse_dates([text], today) if any(dates(schedule, day, day))]
        if not left_out:
            app.say(f"--except {text}: the plan has no such date anyway")
        but.update(left_out)
    with typed("lazpool plan add --help"):
        plan = actions.add(desk, ways, schedule, but)
    document = documents(desk, [plan])
    app.show({"id": plan.id.hex(), **document}, short(plan.id))
    app.say(f"Your node publishes each date {desk.config.plan_days} days ahead. What comes of it: lazpool plan list")
    app.say_if_down(desk)


def _schedule(desk: Desk, out: str, when: dict[str, Any]) -> Schedule:
    zone = check_zone(when["zone"]) if when["zone"] is not None else desk.config.zone
    today = _today(zone, desk)
    return Schedule(
        days=parse_days(when["days"]),
        first=parse_date(when["first"], today) if when["first"] else today,
        until=parse_date(when["until"], today) if when["until"] else None,
        out=parse_clock(out),
        back=parse_clock(when["back"]) if when["back"] else None,
        zone=zone,
    )


def _changed(app: App, desk: Desk, plan: Plan, agreed: list[Deal]) -> None:
    _show(app, desk, [plan], {"id": plan.id.hex(), "agreed": [deal.id.hex() for deal in agreed]})
    _say_agreed(app, agreed)
    app.say_if_down(desk)


def _show(app: App, desk: Desk, found: list[Plan], head: dict[str, object]) -> None:
    app.show({**head, **documents(desk, found)}, *tables(desk, found))


def _confirm(app: App, agreed: list[Deal], question: str, *, yes: bool) -> None:
    if agreed:
        app.confirm(f"Agreed rides, which stay agreed: {len(agreed)}. {question}", yes=yes)


def _say_agreed(app: App, agreed: list[Deal]) -> None:
    for deal in agreed:
        app.say(f"The ride with {deal.peer_name or short(deal.peer)} stays agreed; lazpool cancel {short(deal.id)}")


def _found(desk: Desk, text: str) -> Plan:
    from lazpool.actions.plans import find  # noqa: PLC0415 # H3 and keys, which the help does without

    return find(desk, hex_id(desk.node, "plans", text, "plan"))


def _legs(only: str | None) -> tuple[int, ...] | None:
    return None if only is None else (LEGS[only],)


def _dates_of(desk: Desk, plan: Plan, texts: tuple[str, ...]) -> list[date]:
    """Return the dates of a plan among those that were typed; a stretch may have others, too."""
    typed_dates = parse_dates(texts, _today(plan.schedule.zone, desk))
    found = [day for day in typed_dates if any(dates(plan.schedule, day, day))]
    return found or list(typed_dates[:1])


def _today(zone: str, desk: Desk) -> date:
    return datetime.fromtimestamp(desk.second, UTC).astimezone(ZoneInfo(zone)).date()
