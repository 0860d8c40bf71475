"""Closed groups of an employer, a school, a village: group create, join, invite, list, leave."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import click

from lazpool.cli.app import Table, typed
from lazpool.cli.commands import epilog
from lazpool.cli.commands import group as command_group

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.cli.app import App
    from lazpool.records.groups import ClosedGroup

_EMPTY = "You are in no group; make one with: lazpool group create NAME, or: lazpool group join CODE"
_SECRET = "Whoever has this code is a member and can invite others; give it to nobody else."  # noqa: S105 # no password


@command_group("group")
def group() -> None:
    """Share rides only within a closed group: colleagues, a school, a village."""


@group.command("create", epilog=epilog("lazpool group create 'Village of Sassenage'"))
@click.argument("name")
@click.pass_obj
def create(app: App, name: str) -> None:
    """Make a group, and print the code that invites others to it."""
    from lazpool.actions import groups  # noqa: PLC0415 # H3 and keys, which help does without

    with app.desk() as desk:
        with typed("a name has at most 32 bytes: lazpool group create NAME"):
            closed = groups.create(desk, _name(name))
        _show_code(app, desk, closed)


@group.command("join", epilog=epilog("lazpool group join lzg1-mzuw4z3f-..."))
@click.argument("code")
@click.option("--as", "name", metavar="NAME", default="", help="What to call it here, if not by its own name.")
@click.pass_obj
def join(app: App, code: str, name: str) -> None:
    """Join the group that a code invites to."""
    from lazpool.actions import groups  # noqa: PLC0415 # the same

    with app.desk() as desk:
        with typed("copy the whole code, from lzg1 to the end"):
            closed = groups.join(desk, code, _name(name))
        app.show({"group": closed.name}, closed.name)
    app.say("Joined. For posts that only members get to answer: lazpool offer ... --group NAME")


@group.command("invite", epilog=epilog("lazpool group invite 'Village of Sassenage'"))
@click.argument("name")
@click.pass_obj
def invite(app: App, name: str) -> None:
    """Print the code of a group again."""
    from lazpool.actions import groups  # noqa: PLC0415 # the same

    with app.desk() as desk:
        _show_code(app, desk, groups.find(desk, _name(name)))


@group.command("list", epilog=epilog("lazpool group list"))
@click.pass_obj
def show(app: App) -> None:
    """List the groups you are in."""
    with app.desk() as desk:
        _show(app, desk)


@group.command("leave", epilog=epilog("lazpool group leave 'Village of Sassenage'"))
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def leave(app: App, name: str, yes: bool) -> None:  # noqa: FBT001 # click's signature
    """Leave a group and forget its secret; posts for it are withdrawn, agreed rides stay agreed."""
    from lazpool.actions import groups  # noqa: PLC0415 # the same

    with app.desk() as desk:
        closed = groups.find(desk, _name(name))
        ours, planned = len(groups.posts_of(desk, closed)), groups.plans_of(desk, closed)
        app.confirm(f"Leave {closed.name!r}? Posts for it that are withdrawn: {ours}.", yes=yes)
        groups.leave(desk, closed.name)
        _show(app, desk)
        if planned:
            app.say(f"Plans for that group, which publish nothing more: {planned}; see: lazpool plan list")


def _show(app: App, desk: Desk) -> None:
    from lazpool.actions import groups  # noqa: PLC0415 # the same
    from lazpool.cli.times import day_and_time, iso  # noqa: PLC0415 # the same
    from lazpool.store import groups as store  # noqa: PLC0415 # the same

    mine = store.every(desk.node)
    live = [len(groups.posts_of(desk, one.closed)) for one in mine]
    documents = [
        {"name": one.closed.name, "added": iso(desk, one.added), "posts": number}
        for one, number in zip(mine, live, strict=True)
    ]
    rows = [
        (one.closed.name, day_and_time(desk, one.added), str(number)) for one, number in zip(mine, live, strict=True)
    ]
    app.show({"groups": documents}, Table(("name", "since", ">live posts"), rows, _EMPTY))


def _show_code(app: App, desk: Desk, closed: ClosedGroup) -> None:
    from lazpool.actions import groups  # noqa: PLC0415 # the same

    code = groups.code_of(desk, closed)
    app.show({"group": closed.name, "code": code}, code)
    app.say(_SECRET)


def _name(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()
