"""Saved places: place add, list, remove. The rest of `place` is about towns and about lists of meeting places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lazpool.cli.app import Table
from lazpool.cli.commands import epilog, group
from lazpool.cli.gazetteer import search, update
from lazpool.cli.meeting import import_list, match_anew, near, sources
from lazpool.cli.typed import place as parse_place
from lazpool.cli.typed import place_name
from lazpool.cli.views import point
from lazpool.errors import NotFoundError
from lazpool.store import own, spots

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.cli.app import App


@group("place")
def place() -> None:
    """Names for the places you start from and go to, towns, and where to meet."""


_ADD = epilog("lazpool place add home 45.1885,5.7245\nlazpool place add 'church square' 45.1893,5.7281 --meeting")


@place.command("add", epilog=_ADD)
@click.argument("name")
@click.argument("where", metavar="PLACE")
@click.option("--meeting", is_flag=True, help="You may meet there; a partner is told its name.")
@click.pass_obj
def add(app: App, name: str, where: str, meeting: bool) -> None:  # noqa: FBT001 # click's signature
    """Save a place under a name, replacing an older one.

    Without --meeting it is private: no match ever proposes it.
    """
    with app.desk() as desk:
        key, found = place_name(name), parse_place(desk, where)
        with desk.node.transaction():
            own.add_place(desk.node, key, found)
            changed = spots.mark(desk.node, key, found if meeting else None)
        if changed:
            match_anew(desk)
        _show(app, desk)


@place.command("list", epilog=epilog("lazpool place list"))
@click.pass_obj
def show(app: App) -> None:
    """List the saved places."""
    with app.desk() as desk:
        _show(app, desk)


@place.command("remove", epilog=epilog("lazpool place remove home"))
@click.argument("name")
@click.pass_obj
def remove(app: App, name: str) -> None:
    """Forget a saved place."""
    with app.desk() as desk:
        with desk.node.transaction():
            changed = spots.mark(desk.node, place_name(name), None)
            if not own.remove_place(desk.node, place_name(name)):
                raise NotFoundError(f"no place is saved as {name!r}", hint="lazpool place list")
        if changed:
            match_anew(desk)
        _show(app, desk)


for _command in (search, update, near, import_list, sources):
    place.add_command(_command)


def _show(app: App, desk: Desk) -> None:
    saved, meeting = own.places(desk.node), spots.marked(desk.node)
    shown = ("name", ">latitude", ">longitude", *(("meeting place",) if meeting else ()))
    rows = [(name, f"{one.lat}", f"{one.lon}", "yes" if name in meeting else "") for name, one in saved.items()]
    empty = "No places yet; save one with: lazpool place add home 45.1885,5.7245"
    document = {"places": [{"name": name, **point(one), "meeting": name in meeting} for name, one in saved.items()]}
    app.show(document, Table(shown, [row[: len(shown)] for row in rows], empty))
