"""Places by name: place add, list, remove; search and update are of towns, see gazetteer.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lazpool.cli.app import Table
from lazpool.cli.commands import epilog, group
from lazpool.cli.gazetteer import search, update
from lazpool.cli.typed import place as parse_place
from lazpool.cli.typed import place_name
from lazpool.cli.views import point
from lazpool.errors import NotFoundError
from lazpool.store import own

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.cli.app import App


@group("place")
def place() -> None:
    """Names for the places you start from and go to; they never leave this machine."""


@place.command("add", epilog=epilog("lazpool place add home 45.1885,5.7245"))
@click.argument("name")
@click.argument("where", metavar="PLACE")
@click.pass_obj
def add(app: App, name: str, where: str) -> None:
    """Save a place under a name, replacing an older one."""
    with app.desk() as desk:
        key, found = place_name(name), parse_place(desk, where)
        with desk.node.transaction():
            own.add_place(desk.node, key, found)
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
            if not own.remove_place(desk.node, place_name(name)):
                raise NotFoundError(f"no place is saved as {name!r}", hint="lazpool place list")
        _show(app, desk)


place.add_command(search)
place.add_command(update)


def _show(app: App, desk: Desk) -> None:
    saved = own.places(desk.node)
    rows = [(name, f"{one.lat}", f"{one.lon}") for name, one in saved.items()]
    empty = "No places yet; save one with: lazpool place add home 45.1885,5.7245"
    document = {"places": [{"name": name, **point(one)} for name, one in saved.items()]}
    app.show(document, Table(("name", ">latitude", ">longitude"), rows, empty))
