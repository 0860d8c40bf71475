"""Running a node: up, status, and what `hub run` does."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import click

from lazpool.cli.commands import command
from lazpool.errors import HaltedError, NoPageError, RefusedError
from lazpool.node.presence import Presence, look
from lazpool.store import board, forks, hubs, own, post_office

if TYPE_CHECKING:
    from collections.abc import Iterator
    from sqlite3 import Row

    from lazpool.actions.desk import Desk
    from lazpool.cli.app import App
    from lazpool.node.run import Beside

_LISTEN_UP = ("/ip4/0.0.0.0/tcp/0",)
LISTEN_HELP = "Where to listen; may be repeated."
LAN_HELP = "Look for nodes in the local network, and be found there; without either, as `lan` in config.toml says."


@command("up", example="lazpool up\nlazpool up --listen /ip4/127.0.0.1/tcp/0")
@click.option("--listen", multiple=True, metavar="MULTIADDR", default=_LISTEN_UP, show_default=True, help=LISTEN_HELP)
@click.option("--no-listen", is_flag=True, help="Listen nowhere; be reached by way of the hubs you joined.")
@click.option("--lan/--no-lan", default=None, help=LAN_HELP)
@click.pass_obj
def up(app: App, listen: tuple[str, ...], no_listen: bool, lan: bool | None) -> None:  # noqa: FBT001 # click's signature
    """Run your node in the foreground until Ctrl-C."""
    run(app, () if no_listen else listen, lan=lan)


@command("status", example="lazpool status\nlazpool --json status")
@click.pass_obj
def status(app: App) -> None:
    """Say whether the node runs, where it listens, and what waits to leave."""
    with app.desk() as desk:
        there = look(desk.config.lock_file)
        document = {
            "running": there is not None,
            "node": _name(desk, there),
            "addresses": list(there.addresses) if there else [],
            "peers": there.peers if there else 0,
            "outbox": post_office.waiting(desk.node),
            "posts": board.count(desk.board),
            "forks": forks.count(desk.node),
            "hub": bool(there and there.hub),
            "hubs": [_hub_document(desk, row) for row in own.hubs(desk.node)],
        }
        app.show(document, *_lines(desk, there, document))


def run(
    app: App,
    listen: tuple[str, ...],
    *,
    hub: bool = False,
    area: tuple[str, ...] = (),
    web: str = "",
    lan: bool | None = None,
) -> None:
    """Run a node, or a hub, until it is told to stop; lan: None for what the settings say."""
    # Only here: libp2p and trio take long to import.
    from lazpool.cli.logs import configure_logs  # noqa: PLC0415 # see above
    from lazpool.cli.typed import place  # noqa: PLC0415 # see above
    from lazpool.net.address import parse_listen  # noqa: PLC0415 # see above
    from lazpool.rules.areas import areas_around  # noqa: PLC0415 # see above

    addresses = [parse_listen(one) for one in listen]
    with _ending_at_once(), app.desk() as desk:
        told = area or (desk.config.hub.areas if hub else ())
        areas = sorted({cell for one in told for cell in areas_around(place(desk, one))})
        beside = _page(app, desk, web or desk.config.hub.web) if hub else None
        from lazpool.node.run import run_node  # noqa: PLC0415 # what is typed wrongly is said before this takes its time

        configure_logs()
        _say_if_halted(app, desk)
        found = _wants_lan(desk, addresses) if lan is None else lan
        run_node(desk, listen=addresses, hub=hub, areas=areas, beside=beside, lan=found)


def _wants_lan(desk: Desk, listen: list[str]) -> bool:
    """Tell whether to look for others in the local network: not where we can be reached from this machine alone."""
    return desk.config.lan and not all(one.startswith(("/ip4/127.", "/ip6/::1/")) for one in listen)


def _page(app: App, desk: Desk, address: str) -> Beside | None:
    """Return what serves the page at an address, where one is wanted; its port is open from now on."""
    if not address:
        return None
    try:
        from lazpool.web import serve  # noqa: PLC0415 # an extra, and a hub without a page does without
    except ModuleNotFoundError as lacking:
        raise NoPageError(f"a page cannot be shown: {lacking.name} is not installed") from lacking
    listening = serve.listen(address)
    app.say(f"The page of this hub: {serve.url(listening)}")
    return partial(serve.serve, listening, desk.config)


def _say_if_halted(app: App, desk: Desk) -> None:
    """Tell a person that this node will sign no receipts; everything else goes on."""
    from lazpool.actions import logbook  # noqa: PLC0415 # a command imports what it needs

    try:
        logbook.head(desk)
    except (HaltedError, RefusedError) as wrong:
        app.say(f"No receipt will be signed: {wrong.message}\nhint: {wrong.hint}")


@contextmanager
def _ending_at_once() -> Iterator[None]:
    """Until the node itself listens for signals there is nothing to stop, but the status is that of a clean stop."""
    before = {number: signal.signal(number, lambda *_: os._exit(0)) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _name(desk: Desk, there: Presence | None) -> str:
    """Return the node's name: out of its address while it runs, since a running node is asked again and again."""
    if there and there.addresses:
        return there.addresses[0].rsplit("/", 1)[1]
    from lazpool.net.address import node_name  # noqa: PLC0415 # multiaddr

    return node_name(desk.node_pk)


def _lines(desk: Desk, there: Presence | None, document: dict[str, object]) -> list[str]:
    down = f"not running; start it: {desk.config.start}"
    pairs = {
        "node": f"{'hub ' if document['hub'] else ''}{'running' if there else down}",
        "name": document["node"],
        "network": desk.config.network,
        "peers": document["peers"],
        "outbox": f"{document['outbox']} to send",
        "board": f"{document['posts']} posts",
    }
    lines = [f"{name:<9} {value}" for name, value in pairs.items()]
    lines += [f"listens   {address}" for address in (there.addresses if there else ())]
    for row in own.hubs(desk.node):
        lines += _hub_lines(desk, row)
    if document["forks"]:
        lines.append(f"forks     {document['forks']} of your ledger or of people you met: lazpool forks")
    return lines


def _hub_document(desk: Desk, row: Row) -> dict[str, object]:
    """Return a joined node with what it says of itself; found: the node joined it by itself."""
    known = hubs.get(desk.board, row["node_pk"])
    said = {name: getattr(known.record, name) if known else "" for name in ("name", "operator", "rules")}
    return {"address": row["address"], "role": row["role"], "found": bool(row["found"]), **said}


def _hub_lines(desk: Desk, row: Row) -> list[str]:
    """Return where a joined node is, who it says it is, and what its community asks of those who joined it."""
    known = hubs.get(desk.board, row["node_pk"])
    lines = [f"{'found' if row['found'] else 'joined':<9} {row['address']}"]
    if known is None:
        return lines
    said = " run by ".join(one for one in (known.record.name, known.record.operator) if one)
    return lines + [f"{'':<9} {line}" for line in (said, *known.record.rules.splitlines()) if line]
