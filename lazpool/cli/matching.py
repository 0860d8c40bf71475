"""Matches, and what begins a deal: matches, match, propose, invite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lazpool.cli.app import Table
from lazpool.cli.commands import command
from lazpool.cli.conditions import with_conditions
from lazpool.cli.match_words import COLUMNS, ESTIMATED, cells, explanation
from lazpool.cli.typed import SHORT, free_text, hex_id, short
from lazpool.cli.views import Deals, beginning, dear_match, matched
from lazpool.cli.words import fields, too_dear
from lazpool.errors import AmbiguousError, NotFoundError
from lazpool.records.body_shape import MAX_TEXT
from lazpool.store import board, own

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.cli.app import App
    from lazpool.cli.match_words import Document
    from lazpool.store.board import Match
    from lazpool.store.deals import Deal

_EMPTY = "No matches yet. Your node looks for them while it runs: lazpool status, lazpool posts"
_FEW, _LOOKED_AT = 3, 500
_DEAR = "! above the cap of your cost profile: lazpool profiles"
_MORE = "what one of them means for both sides: lazpool match ID"


_EXAMPLES = """
lazpool matches
lazpool matches 3fa9c2
lazpool matches --near
lazpool matches --why-not 70d117 --for 3fa9c2
"""


@command("matches", example=_EXAMPLES)
@click.argument("post", required=False, metavar="[POST]")
@click.option("--why-not", metavar="POST", help="Say why that post of the board does not match yours.")
@click.option("--for", "mine", metavar="POST", help="With --why-not: only this one of yours.")
@click.option("--near", is_flag=True, help="List those that nearly fit, and what keeps them from it.")
@click.pass_obj
def matches(app: App, post: str | None, why_not: str | None, mine: str | None, near: bool) -> None:  # noqa: FBT001 # click's signature
    """List who fits your posts, or one of them: when, how much of a detour, and what it costs."""
    _check_options(post, why_not, mine, near=near)
    if why_not is not None or near:
        from lazpool.cli import misses  # noqa: PLC0415 # seldom asked for

        misses.show_near(app, post) if near else misses.show_why_not(app, why_not or "", mine)
        return
    _show_matches(app, post)


def _show_matches(app: App, post: str | None) -> None:
    with app.desk() as desk:
        mine = hex_id(desk.node, "posts", post, "post") if post else None
        live = {one.id for one in own.posts(desk.node)}
        found = [one for one in board.matches(desk.board, mine) if one.mine in live and one.expires >= desk.minute]
        under_way = Deals(desk)
        documents = [matched(desk, one, under_way.of(one)) for one in found]
        empty = "" if found or app.json else _none(desk, mine)
    rows = [] if app.json else [_row(one) for one in documents]
    note = "\n".join(
        text
        for text, wanted in (
            (ESTIMATED, any(one.estimated for one in found)),
            (_DEAR, any(one["above_cap"] for one in documents)),
            (_MORE, True),
        )
        if wanted
    )
    table = Table(("id", *COLUMNS, "next"), rows, empty, note)
    app.show({"matches": documents}, table if app.json else with_conditions(table, documents))


@command("match", example="lazpool match 8c41d0\nlazpool --json match 8c41d0")
@click.argument("match_id", metavar="ID")
@click.pass_obj
def match(app: App, match_id: str) -> None:
    """Explain one match: what it costs each side, how sure that is, and what the other would learn of you."""
    from lazpool.actions.explaining import explain  # noqa: PLC0415 # H3, which the list does without
    from lazpool.cli.match_views import explained  # noqa: PLC0415 # the same

    with app.desk() as desk:
        found = _match(desk, match_id)
        document = explained(desk, explain(desk, found), Deals(desk).of(found))
    app.show({"match": document}, *fields(explanation(document)))


@command("propose", example="lazpool propose 8c41d0 --note 'by the station'")
@click.argument("match")
@click.option("--note", type=free_text(MAX_TEXT), default="", help="A few words to the driver, sealed.")
@click.option("--series", is_flag=True, help="Once agreed, ask for the same on every date of your plan.")
@click.pass_obj
def propose(app: App, match: str, note: str, series: bool) -> None:  # noqa: FBT001 # click's signature
    """As a passenger, propose the ride of a match to its driver.

    Your node signs the terms; the letter tells the driver who you are and about where to meet, and nobody else. With
    --series your node signs the same for each other date on which the driver says yes, too.
    """
    from lazpool.actions import proposals  # noqa: PLC0415 # H3 and keys, which the list does without
    from lazpool.actions import series as all_dates  # noqa: PLC0415 # the same

    with app.desk() as desk:
        begin, found = all_dates.propose if series else proposals.propose, _match(desk, match)
        if above := dear_match(desk, found):
            app.say(f"The share is {too_dear(above)}")
        deal = begin(desk, found, note)
        _show_begun(app, desk, deal, "Proposed; the driver's answer shows up in: lazpool deals")


@command("invite", example="lazpool invite 8c41d0")
@click.argument("match")
@click.option("--note", type=free_text(MAX_TEXT), default="", help="A few words to the passenger, sealed.")
@click.pass_obj
def invite(app: App, match: str, note: str) -> None:
    """As a driver, point the passenger of a match at your offer."""
    from lazpool.actions import proposals  # noqa: PLC0415 # H3 and keys, which the list does without

    with app.desk() as desk:
        deal = proposals.invite(desk, _match(desk, match), note)
        _show_begun(app, desk, deal, "Invited; the passenger's proposal shows up in: lazpool deals")


def _none(desk: Desk, mine: bytes | None) -> str:
    """Return what is said where nothing matches: whether anything comes near, looked for no longer than is noticed."""
    from lazpool.actions.misses import near_misses  # noqa: PLC0415 # seldom needed

    ours = [one for one in own.posts(desk.node) if mine in {None, one.id}]
    near = near_misses(desk, ours, _FEW, looked_at=_LOOKED_AT)
    count = f"{len(near)} or more" if len(near) == _FEW else f"{len(near)}"
    return f"{_EMPTY}\n{count} of the board come near: lazpool matches --near" if near else _EMPTY


def _check_options(post: str | None, why_not: str | None, mine: str | None, *, near: bool) -> None:
    if why_not is not None and near:
        raise click.UsageError("Say either --why-not or --near.")
    if mine is not None and why_not is None:
        raise click.UsageError("--for goes with --why-not.")
    if post is not None and why_not is not None:
        raise click.UsageError("With --why-not, say --for POST for one of yours.")


def _match(desk: Desk, text: str) -> Match:
    try:
        identifier = hex_id(desk.board, "matches", text, "match")
    except AmbiguousError:
        raise
    except NotFoundError:
        from lazpool.actions.explaining import gone  # noqa: PLC0415 # H3, which the list does without

        raise gone(desk, text.strip().lower()) from None
    return next(match for match in board.matches(desk.board) if match.id == identifier)


def _show_begun(app: App, desk: Desk, deal: Deal, said: str) -> None:
    app.show({"deal": deal.id.hex(), "state": deal.state}, short(deal.id))
    app.say(said)
    app.say_if_down(desk)


def _row(document: Document) -> tuple[str, ...]:
    deal = document["deal"]
    following = deal["state"] if deal else beginning(document["role"])
    return document["id"][:SHORT], *cells(document), following
