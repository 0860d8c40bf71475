"""Own posts and the board: offer, request, posts, board, withdraw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lazpool.cli import times
from lazpool.cli.app import Table, typed
from lazpool.cli.commands import command
from lazpool.cli.conditions import with_conditions
from lazpool.cli.trips import ends, offer_ways, request_ways, with_price
from lazpool.cli.typed import hex_id, place, short
from lazpool.cli.views import heard_post, own_post
from lazpool.config import MAX_STAMP_BITS
from lazpool.records.posts import Offer
from lazpool.store import board as heard
from lazpool.store import own
from lazpool.store.ways import way_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from lazpool.actions.desk import Desk
    from lazpool.cli.app import App
    from lazpool.records.posts import SignedPost

_WHEN = "Such as 2027-03-01T07:40, 'tomorrow 07:40', 'mon 08:00' or 07:40."
SHOWN = 50
"""Posts of the board that a person sees at once; --json has all."""

_stamp = click.option(
    "--stamp",
    type=click.IntRange(0, MAX_STAMP_BITS),
    metavar="BITS",
    help="Work to put in, so that the post stays where boards are full; each bit doubles it.  [default: the setting]",
)


@command("offer", example="lazpool offer home 45.7606,4.8594 --at 'tomorrow 07:40' --seats 3 --via 45.3645,5.5915")
@ends
@click.option("--at", required=True, metavar="WHEN", help=f"When you leave. {_WHEN}")
@offer_ways
@_stamp
@click.pass_obj
def offer(app: App, /, start: str, end: str, via: tuple[str, ...], at: str, **ways: Any) -> None:
    """Offer free seats from FROM to TO.

    Each is LAT,LON, a saved place or a town. The post says where you start and end to about 5 square kilometres; it
    does not say who you are.
    """
    from lazpool.actions import posts as actions  # noqa: PLC0415 # H3 and keys, which `board` does without

    with app.desk() as desk:
        stops = tuple(place(desk, stop) for stop in via)
        first, last = place(desk, start), place(desk, end)
        priced = with_price(desk, ways, (first, *stops, last))
        trip = actions.Trip(first, last, stops, _minute(desk, at), **priced)
        with typed("lazpool offer --help"):
            signed = actions.offer(desk, trip)
        _show_posted(app, desk, signed)


@command("request", example="lazpool request 45.3645,5.5915 work --by 'mon 09:00'")
@ends
@click.option("--at", metavar="WHEN", help=f"When you want to leave. {_WHEN}")
@click.option("--by", metavar="WHEN", help="When you have to be there, at the latest.")
@request_ways
@_stamp
@click.pass_obj
def request(app: App, /, start: str, end: str, at: str | None, by: str | None, **ways: Any) -> None:
    """Look for a seat from FROM to TO.

    Each is LAT,LON, a saved place or a town. With --by, --flex says how many minutes too early is fine.
    """
    from lazpool.actions import posts as actions  # noqa: PLC0415 # H3 and keys, which `board` does without

    when = at or by
    if when is None or (at and by):
        raise click.UsageError("Say either --at or --by.")
    with app.desk() as desk:
        wish = actions.Wish(place(desk, start), place(desk, end), _minute(desk, when), arrive=bool(by), **ways)
        with typed("lazpool request --help"):
            signed = actions.request(desk, wish)
        _show_posted(app, desk, signed)


@command("posts", example="lazpool posts --all")
@click.option("--all", "every", is_flag=True, help="With those that are taken, withdrawn or expired.")
@click.pass_obj
def posts(app: App, every: bool) -> None:  # noqa: FBT001 # click's signature
    """List your own offers and requests."""
    with app.desk() as desk:
        mine = own.all_posts(desk.node) if every else own.posts(desk.node)
        documents = [own_post(desk, post) for post in mine]
        rows = [] if app.json else _rows(desk, mine, documents)
    empty = "You have no posts; make one with: lazpool offer, or: lazpool request"
    table = Table(("id", "kind", "from", "to", "departs", ">seats", "state"), rows, empty)
    app.show({"posts": documents}, table if app.json else with_conditions(table, documents))


@command("board", example="lazpool board\nlazpool --json board --full")
@click.option("--full", is_flag=True, help="With --json: what each post says of the trip, too.")
@click.pass_obj
def board(app: App, full: bool) -> None:  # noqa: FBT001 # click's signature
    """List the posts of others that your node has heard of."""
    with app.desk() as desk:
        rows = heard.posts(desk.board, own=False)
        if app.json:
            app.show({"posts": [heard_post(desk, row, full=full) for row in rows]})
            return
        documents = [heard_post(desk, row, full=True) for row in rows[:SHOWN]]
        table = _heard_rows(desk, rows[:SHOWN], documents)
    empty = "Nothing heard yet; is the node up, and has it joined somebody? lazpool status"
    more = f"{len(rows) - SHOWN} more; lazpool --json board has all" if len(rows) > SHOWN else ""
    columns = ("id", "kind", "from", "to", "departs", ">seats")
    app.show({}, with_conditions(Table(columns, table, empty, more), documents))


@command("withdraw", example="lazpool withdraw 3fa9c2")
@click.argument("post", metavar="ID")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def withdraw(app: App, post: str, yes: bool) -> None:  # noqa: FBT001 # click's signature
    """Take an offer or a request back. Rides that are agreed stay agreed."""
    from lazpool.actions import posts as actions  # noqa: PLC0415 # H3 and keys, which `board` does without
    from lazpool.store import deals  # noqa: PLC0415 # the same

    with app.desk() as desk:
        found = hex_id(desk.node, "posts", post, "post")
        if touched := deals.count_open(desk.node, found):
            app.confirm(f"Open deals about this post: {touched}. Proposals end, agreed rides stay. Withdraw?", yes=yes)
        actions.withdraw(desk, found)
        documents = [own_post(desk, one) for one in own.posts(desk.node)]
    app.show({"id": found.hex(), "posts": documents}, f"withdrawn: {short(found)}")


def _minute(desk: Desk, when: str) -> int:
    return times.parse_when(when, desk.minute, desk.config.zone)


def _show_posted(app: App, desk: Desk, signed: SignedPost) -> None:
    kept = own.post(desk.node, signed.id)
    expires = times.iso(desk, kept.expires) if kept else ""
    size = len(signed.envelope)
    document: dict[str, object] = {"id": signed.id.hex(), "expires": expires, "bytes": size}
    if isinstance(signed.post, Offer):
        document["estimated"] = way_of(desk.node, signed.id) is None
    app.show(document, short(signed.id))
    if isinstance(signed.post, Offer):
        _say_how_found(app, desk, signed.post, estimated=bool(document["estimated"]))
    app.say(f"A post of {size} bytes, until {expires}. Who fits shows up in: lazpool matches")
    app.say_if_down(desk)


def _say_how_found(app: App, desk: Desk, trip: Offer, *, estimated: bool) -> None:
    from lazpool.roads.choice import NO_EXTRACT  # noqa: PLC0415 # H3

    why = desk.roads.why or "a part of the way is outside of the road extract"
    if not estimated:
        app.say(f"By road: {trip.minutes[-1]} minutes, {len(trip.route)} points of the way are told.")
    elif why != NO_EXTRACT:  # most people have none, and need not hear of it each time
        app.say(f"Estimated along great circles: {why}.")


def _rows(desk: Desk, mine: Sequence[own.OwnPost], documents: Sequence[dict[str, object]]) -> list[tuple[str, ...]]:
    from lazpool.cli.naming import naming  # noqa: PLC0415 # H3

    with naming(desk) as names:
        return [
            (short(post.id), str(said["kind"]), *names.ends(said), times.day_and_time(desk, post.depart),
             str(said["seats"]), post.state)
            for post, said in zip(mine, documents, strict=True)
        ]  # fmt: skip


def _heard_rows(
    desk: Desk, rows: Sequence[sqlite3.Row], documents: Sequence[dict[str, object]]
) -> list[tuple[str, ...]]:
    from lazpool.cli.naming import naming  # noqa: PLC0415 # H3

    with naming(desk) as names:
        return [
            (short(row["id"]), str(said["kind"]), *names.ends(said), times.day_and_time(desk, row["depart"]),
             str(said["seats"]))
            for row, said in zip(rows, documents, strict=True)
        ]  # fmt: skip
