"""Serving a community: running a hub, how it stands, and whom it lets in."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from lazpool.cli import inviting
from lazpool.cli.app import Table
from lazpool.cli.commands import epilog, group
from lazpool.cli.hub_views import described
from lazpool.cli.running import LISTEN_HELP, run
from lazpool.cli.typed import free_text
from lazpool.node.presence import look
from lazpool.store import board, doors

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.actions.standing import Held
    from lazpool.cli.app import App
    from lazpool.node.presence import Presence

_LISTEN_HUB = ("/ip4/0.0.0.0/tcp/4001",)
_EXAMPLES = """
lazpool hub run --area 45.1885,5.7245 --area 45.7606,4.8594
lazpool hub run --web 127.0.0.1:8080
"""
MAX_NOTE = 120
_SHOWN = 20
"""Areas that people see; all are in the JSON document."""


@group("hub")
def hub() -> None:
    """Serve a community: a hub hears its areas and holds letters for people who are away."""


hub.add_command(inviting.invite)
hub.add_command(inviting.known)
hub.add_command(inviting.show_hub)


@hub.command("run", epilog=epilog(_EXAMPLES))
@click.option("--listen", multiple=True, metavar="MULTIADDR", default=_LISTEN_HUB, show_default=True, help=LISTEN_HELP)
@click.option("--area", multiple=True, metavar="PLACE", help="A place around which it serves; may be repeated.")
@click.option("--web", metavar="HOST:PORT", default="", help="Show a page, health and metrics there.")
@click.option("--lan", is_flag=True, help="Look for nodes in the local network, and be found there.")
@click.pass_obj
def hub_run(app: App, listen: tuple[str, ...], area: tuple[str, ...], web: str, lan: bool) -> None:  # noqa: FBT001 # click's signature
    """Run a hub in the foreground until Ctrl-C.

    What is not said here is taken from [hub] in config.toml.
    """
    run(app, listen, hub=True, area=area, web=web, lan=lan)


@hub.command("status", epilog=epilog("lazpool hub status\nlazpool --json hub status"))
@click.pass_obj
def hub_status(app: App) -> None:
    """Say what this hub holds, how full it is, and what it carries."""
    from lazpool.actions.standing import held  # noqa: PLC0415 # a command imports what it needs

    with app.desk() as desk:
        there, found = look(desk.config.lock_file), held(desk.board, desk.node)
        limits = desk.config.hub
        sides = [door.side for door in doors.doors(desk.node)]
        areas = _areas(desk)
        document = {
            "running": there is not None,
            "hub": bool(there and there.hub),
            "peers": there.peers if there else 0,
            "places": there.places if there else 0,
            "circuits": there.circuits if there else 0,
            **asdict(found),
            "areas": areas,
            "limits": {"posts": limits.posts, "letter_bytes": limits.letters_mb << 20},
            "members_only": limits.members_only,
            "blocked": sides.count(doors.BLOCKED),
            "allowed": sides.count(doors.ALLOWED),
        }
        rows = [(str(one["near"] or f"{one['lat']}, {one['lon']}"), str(one["posts"])) for one in areas[:_SHOWN]]
        more = f"and {len(areas) - _SHOWN} areas more: lazpool --json hub status" if len(areas) > _SHOWN else ""
        table = Table(("Area around", ">Posts"), rows, "no post is on the board", more)
        app.show(document, *_lines(desk, there, found), table)


@hub.command("block", epilog=epilog("lazpool hub block 12D3KooW... --note 'floods the board'"))
@click.argument("node")
@click.option("--note", type=free_text(MAX_NOTE), default="", help="Why, for yourself.")
@click.pass_obj
def block(app: App, node: str, note: str) -> None:
    """Disconnect a node and refuse it from now on."""
    _decide(app, node, doors.BLOCKED, note)


@hub.command("allow", epilog=epilog("lazpool hub allow 12D3KooW... --note Ada"))
@click.argument("node")
@click.option("--note", type=free_text(MAX_NOTE), default="", help="Who that is, for yourself.")
@click.pass_obj
def allow(app: App, node: str, note: str) -> None:
    """Let a node in, also with members_only in [hub] of config.toml; it is no longer blocked."""
    _decide(app, node, doors.ALLOWED, note)


@hub.command("remove", epilog=epilog("lazpool hub remove 12D3KooW..."))
@click.argument("node")
@click.pass_obj
def remove(app: App, node: str) -> None:
    """Take a node off both lists."""
    from lazpool.actions.doors import forget  # noqa: PLC0415 # a command imports what it needs
    from lazpool.net.address import node_key, node_name  # noqa: PLC0415 # multiaddr

    with app.desk() as desk:
        node_pk = node_key(node)
        forget(desk, node_pk)
    app.show({"node": node_name(node_pk)}, f"{node_name(node_pk)} is on no list")


@hub.command("list", epilog=epilog("lazpool hub list"))
@click.pass_obj
def list_doors(app: App) -> None:
    """List whom you blocked and allowed."""
    from lazpool.cli import times  # noqa: PLC0415 # a command imports what it needs
    from lazpool.net.address import node_name  # noqa: PLC0415 # multiaddr

    with app.desk() as desk:
        known = [(node_name(door.node_pk), door) for door in doors.doors(desk.node)]
        only = desk.config.hub.members_only
        rows = [(name, door.side, times.date_and_time(desk, door.since), door.note) for name, door in known]
        document = {
            "members_only": only,
            "nodes": [
                {"node": name, "side": door.side, "note": door.note, "since": times.iso(desk, door.since)}
                for name, door in known
            ],
        }
        note = "members_only: nobody else is let in" if only else "everybody who is not blocked is let in"
        app.show(document, Table(("Node", "", "Since", "Note"), rows, "no node is blocked or allowed", note))


def _decide(app: App, node: str, side: str, note: str) -> None:
    from lazpool.actions.doors import decide  # noqa: PLC0415 # a command imports what it needs
    from lazpool.net.address import node_key, node_name  # noqa: PLC0415 # multiaddr

    with app.desk() as desk:
        node_pk = node_key(node)
        decide(desk, node_pk, side, note)
    app.show({"node": node_name(node_pk), "side": side}, f"{node_name(node_pk)} is {side}")


def _areas(desk: Desk) -> list[dict[str, object]]:
    """Return the areas with posts, the busiest first."""
    posts = dict(board.count_areas(desk.board))
    return [{**one, "posts": posts[area]} for area, one in zip(posts, described(desk, posts), strict=True)]


def _lines(desk: Desk, there: Presence | None, found: Held) -> list[str]:
    limits = desk.config.hub
    state = "running" if there and there.hub else "a node runs, not a hub" if there else "not running: lazpool hub run"
    pairs = {
        "hub": state,
        "name": limits.name or "none; say it in [hub] of config.toml",
        "peers": str(there.peers if there else 0),
        "relay": f"{there.places if there else 0} places, {there.circuits if there else 0} circuits",
        "board": f"{found.offers} offers, {found.requests} requests; room for {limits.posts}",
        "letters": f"{found.letters}, {found.letter_bytes / (1 << 20):.1f} of {limits.letters_mb} MB",
        "boxes": f"{found.tags} letterboxes of {found.owners} nodes",
    }
    return [f"{name:<9} {value}" for name, value in pairs.items()]
