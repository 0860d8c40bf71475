"""Matches, and what begins a deal: matches, propose, invite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lazpool.actions import proposals
from lazpool.cli import times
from lazpool.cli.app import Table
from lazpool.cli.commands import command
from lazpool.cli.typed import free_text, hex_id, short
from lazpool.cli.views import money
from lazpool.cli.words import price
from lazpool.errors import NotFoundError
from lazpool.records.bodies import MAX_TEXT
from lazpool.rules.negotiation import Role
from lazpool.store import board, own
from lazpool.store import deals as stored

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.cli.app import App
    from lazpool.store.board import Match
    from lazpool.store.deals import Deal

_COLUMNS = ("id", "pick-up", "drop-off", ">detour", ">walk", ">share", ">CO2", "next")
_EMPTY = "No matches yet. Your node looks for them while it runs: lazpool status, lazpool posts"
_ESTIMATED = "~ estimated along great circles, not roads; CO2: what is saved if the passenger would have driven alone"


@command("matches", example="lazpool matches\nlazpool matches 3fa9c2")
@click.argument("post", required=False, metavar="[POST]")
@click.pass_obj
def matches(app: App, post: str | None) -> None:
    """List who fits your posts, or one of them: when, how much of a detour, and what it costs."""
    with app.desk() as desk:
        mine = hex_id(desk.node, "posts", post, "post") if post else None
        live = {one.id for one in own.posts(desk.node)}
        found = [one for one in board.matches(desk.board, mine) if one.mine in live and one.expires >= desk.minute]
        under_way = _Deals(desk)
        documents = [_document(desk, one, under_way.of(one)) for one in found]
        rows = [_row(desk, one, under_way.of(one)) for one in found]
    note = _ESTIMATED if any(one.estimated for one in found) else ""
    app.show({"matches": documents}, Table(_COLUMNS, rows, _EMPTY, note))


@command("propose", example="lazpool propose 8c41d0 --note 'by the station'")
@click.argument("match")
@click.option("--note", type=free_text(MAX_TEXT), default="", help="A few words to the driver, sealed.")
@click.pass_obj
def propose(app: App, match: str, note: str) -> None:
    """As a passenger, propose the ride of a match to its driver.

    Your node signs the terms; the letter tells the driver who you are and about where to meet, and nobody else.
    """
    with app.desk() as desk:
        deal = proposals.propose(desk, _match(desk, match), note)
        _show_begun(app, desk, deal, "Proposed; the driver's answer shows up in: lazpool deals")


@command("invite", example="lazpool invite 8c41d0")
@click.argument("match")
@click.option("--note", type=free_text(MAX_TEXT), default="", help="A few words to the passenger, sealed.")
@click.pass_obj
def invite(app: App, match: str, note: str) -> None:
    """As a driver, point the passenger of a match at your offer."""
    with app.desk() as desk:
        deal = proposals.invite(desk, _match(desk, match), note)
        _show_begun(app, desk, deal, "Invited; the passenger's proposal shows up in: lazpool deals")


class _Deals:
    """The deals that matches have led to, newest last: a later one hides an earlier one of the same match."""

    def __init__(self, desk: Desk) -> None:
        everything = stored.all_deals(desk.node)
        self._passenger = {(d.post_id, d.offer_id): d for d in everything if d.role is Role.PASSENGER}
        self._driver = {(d.post_id, d.about): d for d in everything if d.role is Role.DRIVER}

    def of(self, match: Match) -> Deal | None:
        """Return the deal of a match; who proposed to us does not say from which request."""
        return (self._passenger if match.role == Role.PASSENGER else self._driver).get((match.mine, match.theirs))


def _match(desk: Desk, text: str) -> Match:
    identifier = hex_id(desk.board, "matches", text, "match")
    for match in board.matches(desk.board):
        if match.id == identifier:
            return match
    raise NotFoundError(f"there is no match {text!r}", hint="lazpool matches shows what there is")


def _show_begun(app: App, desk: Desk, deal: Deal, said: str) -> None:
    app.show({"deal": deal.id.hex(), "state": deal.state}, short(deal.id))
    app.say(said)
    app.say_if_down(desk)


def _document(desk: Desk, match: Match, deal: Deal | None) -> dict[str, object]:
    return {
        "id": match.id.hex(),
        "role": match.role,
        "mine": match.mine.hex(),
        "theirs": match.theirs.hex(),
        "depart": times.iso(desk, match.depart),
        "pickup_at": times.iso(desk, match.pickup_at),
        "dropoff_at": times.iso(desk, match.dropoff_at),
        "detour_min": match.detour,
        "walk_m": match.walk,
        "share": money(match.share, match.unit),
        "co2_g": match.co2,
        "estimated": bool(match.estimated),
        "deal": {"id": deal.id.hex(), "state": deal.state} if deal else None,
    }


def _row(desk: Desk, match: Match, deal: Deal | None) -> tuple[str, ...]:
    about = "~" if match.estimated else ""
    return (
        short(match.id),
        about + times.date_and_time(desk, match.pickup_at),
        about + times.time_of_day(desk, match.dropoff_at),
        f"{about}{match.detour:.0f} min",
        f"{match.walk} m",
        about + price(match.share, match.unit),
        f"{about}{match.co2 / 1000:.0f} kg",
        _next(match, deal),
    )


def _next(match: Match, deal: Deal | None) -> str:
    """Return what a person can do about a match, or where its deal stands."""
    if deal:
        return deal.state
    return "propose" if match.role == Role.PASSENGER else "invite"
