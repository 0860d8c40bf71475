"""Inviting to a hub, joining one or any other node, leaving it, and the hubs that are known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lazpool.cli.app import Table
from lazpool.cli.commands import Command, command, epilog
from lazpool.errors import (
    AmbiguousError,
    InvalidInputError,
    MalformedError,
    NotFoundError,
    RefusedError,
    UnreachableError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazpool.actions.desk import Desk
    from lazpool.cli.app import App
    from lazpool.records.hub_records import SignedHub
    from lazpool.store.hubs import Known

CONNECT_S = 3.0
_ADDRESS = "lazpool join /ip4/192.0.2.1/tcp/4001/p2p/12D3KooW..."
_COPY = "it is one line that begins with lazpool:hub/ ; copy all of it, scan its code again, or ask for a new one"
_FILE = click.Path(path_type=Path, dir_okay=False, writable=True)
_MAX_DAYS = 400
_HOW = {
    "joined": "by you",
    "found": "by your node, to have several; whoever stays there keeps to its rules, or leaves: lazpool leave",
    None: "no",
}


@click.command(
    "invite", cls=Command, epilog=epilog("lazpool hub invite\nlazpool hub invite --days 365 --svg poster.svg")
)
@click.option("--days", type=click.IntRange(1, _MAX_DAYS), default=90, show_default=True, help="For how long it holds.")
@click.option("--qr", is_flag=True, help="Draw the QR code, also where this is no terminal.")
@click.option("--svg", type=_FILE, help="Write the QR code to a file, to be printed.")
@click.option("--png", type=_FILE, help="The same as pixels.")
@click.pass_obj
def invite(app: App, days: int, qr: bool, svg: Path | None, png: Path | None) -> None:  # noqa: FBT001 # click's signature
    """Make an invitation to your hub: who has it joins in one command.

    It says what is in [hub] of config.toml, signed by the hub.
    """
    from lazpool.actions.hubs import invitation  # noqa: PLC0415 # a command imports what it needs
    from lazpool.cli import hub_views  # noqa: PLC0415 # the same
    from lazpool.cli.codes import draw, write  # noqa: PLC0415 # the same
    from lazpool.cli.typed import place  # noqa: PLC0415 # the same
    from lazpool.net.address import is_global  # noqa: PLC0415 # multiaddr
    from lazpool.node.presence import look  # noqa: PLC0415 # the same
    from lazpool.records.hub_records import to_invite  # noqa: PLC0415 # the same
    from lazpool.rules.areas import areas_around  # noqa: PLC0415 # the same

    with app.desk() as desk:
        there = look(desk.config.lock_file)
        if there is not None and not there.hub:
            hint = "stop it, and start it again with: lazpool hub run"
            raise RefusedError("the node that runs in this home is no hub", hint=hint, code="no-hub")
        areas = {cell for one in desk.config.hub.areas for cell in areas_around(place(desk, one))}
        signed = invitation(desk, areas, days)
        text = to_invite(signed.envelope)
        files = [write(text, file) for file in (svg, png) if file is not None]
        app.show({"invite": text, "files": files, **hub_views.document(desk, signed.record)}, text)
        if not app.json:
            draw(app, text, always=qr)
            if not any(is_global(one) for one in hub_views.addresses_of(signed.record)):
                app.say('Only machines near this one can dial it: say address = "/dns4/..." in [hub] of config.toml.')
            said = signed.record.name or "A hub without a name: say it in [hub] of config.toml"
            app.say(f"{said}. It holds for {days} days. Who has it types: lazpool join lazpool:hub/...")


@command("join", example=f"{_ADDRESS}\nlazpool join lazpool:hub/... --yes")
@click.argument("address")
@click.option("--offline", is_flag=True, help="Do not ask whether anybody listens there.")
@click.option("--yes", is_flag=True, help="Join without being asked.")
@click.pass_obj
def join(app: App, address: str, offline: bool, yes: bool) -> None:  # noqa: FBT001 # click's signature
    """Keep a connection with a hub, or with any other node: by an invitation, or by its address.

    An invitation also makes a home for who has none yet.
    """
    from lazpool.records.hub_records import is_invite  # noqa: PLC0415 # a command imports what it needs

    if is_invite(address):
        _join_invited(app, address, offline=offline, yes=yes)
    else:
        _join_address(app, address, offline=offline)
    app.say("Joined. A running node connects at once; otherwise: lazpool up")


@command("leave", example="lazpool leave 12D3KooW...\nlazpool leave 'Valley hub'")
@click.argument("hub")
@click.option("--yes", is_flag=True, help="Leave without being asked.")
@click.pass_obj
def leave(app: App, hub: str, yes: bool) -> None:  # noqa: FBT001 # click's signature
    """Keep no connection with a node any more: by its address, its name in the network, or the hub's own."""
    from lazpool.actions import joining  # noqa: PLC0415 # a command imports what it needs
    from lazpool.net.address import node_name  # noqa: PLC0415 # multiaddr
    from lazpool.store import own  # noqa: PLC0415 # the same

    with app.desk() as desk:
        joined = {row["node_pk"]: row["address"] for row in own.hubs(desk.node)}
        node_pk = _meant(desk, hub, list(joined))
        if waiting := joining.letterbox_of(desk, node_pk):
            app.confirm(f"It holds letters for {waiting} of your posts, which you would not get. Leave?", yes=yes)
        joining.leave(desk, node_pk)
    app.show({"hub": joined[node_pk], "node": node_name(node_pk)}, f"left {joined[node_pk]}")


@click.command("known", cls=Command, epilog=epilog("lazpool hub known"))
@click.pass_obj
def known(app: App) -> None:
    """List the hubs that your node knows by what they say of themselves."""
    from lazpool.cli import hub_views  # noqa: PLC0415 # a command imports what it needs
    from lazpool.store import hubs  # noqa: PLC0415 # the same

    with app.desk() as desk:
        found = [one for one in hubs.every(desk.board) if one.record.until > desk.second]
        joined = _joined(desk)
        listed = [
            {**hub_views.document(desk, one.record), "joined": joined.get(one.node_pk), "met": one.met > 0}
            for one in found
        ]
        rows = [
            (one.record.name or "says no name", one.record.operator, _state(desk, one, joined), str(said["node"]))
            for one, said in zip(found, listed, strict=True)
        ]
        note = "found: your node joined it by itself, to have several. More of one: lazpool hub show NAME"
        app.show({"hubs": listed}, Table(("Hub", "Operator", "", "Node"), rows, "no hub is known by name yet", note))


@click.command("show", cls=Command, epilog=epilog("lazpool hub show 'Valley hub'"))
@click.argument("hub")
@click.pass_obj
def show_hub(app: App, hub: str) -> None:
    """Show what a hub says of itself: operator, areas, addresses and the rules of its community.

    And whether you joined it, or your node did by itself.
    """
    from lazpool.cli import hub_views  # noqa: PLC0415 # a command imports what it needs
    from lazpool.store import hubs  # noqa: PLC0415 # the same

    with app.desk() as desk:
        one = hubs.get(desk.board, _meant(desk, hub, []))
        if one is None:
            hint = "it tells when your node is connected to it; lazpool hub known lists who did"
            raise NotFoundError("that hub has not said anything of itself yet", hint=hint)
        joined = _joined(desk).get(one.node_pk)
        document = {**hub_views.document(desk, one.record), "joined": joined}
        how = "this one" if one.node_pk == desk.node_pk else _HOW[joined]
        app.show(document, f"{'joined':<9} {how}", *hub_views.lines(desk, one.record))


def _join_address(app: App, text: str, *, offline: bool) -> None:
    from lazpool.actions import joining  # noqa: PLC0415 # a command imports what it needs
    from lazpool.net.address import node_name, parse_address  # noqa: PLC0415 # multiaddr

    found = parse_address(text.strip())
    with app.desk() as desk:
        if not offline and found.node_pk != desk.node_pk:
            _answering([found.text])
        joining.join(desk, found.text, found.node_pk)
    app.show({"hub": found.text, "node": node_name(found.node_pk)}, found.text)


def _join_invited(app: App, text: str, *, offline: bool, yes: bool) -> None:
    from lazpool.actions import joining  # noqa: PLC0415 # a command imports what it needs
    from lazpool.cli import hub_views  # noqa: PLC0415 # the same

    signed = _invitation(text)
    _settle(app, signed, yes=yes)
    with app.desk() as desk:
        joining.check_invite(desk, signed)
        addresses = hub_views.addresses_of(signed.record)
        if not addresses:
            raise InvalidInputError("this invitation names no address that can be dialled", hint=_COPY)
        for line in hub_views.lines(desk, signed.record):
            app.say(line)
        app.confirm("Join this hub, and keep to its rules?" if signed.record.rules else "Join this hub?", yes=yes)
        best = addresses[0] if offline else _answering(addresses)
        joining.join_invited(desk, signed, sorted(addresses, key=lambda one: one != best))
        app.show({"hub": best, **hub_views.document(desk, signed.record)}, best)


def _settle(app: App, signed: SignedHub, *, yes: bool) -> None:
    """Make a home for a newcomer who agrees: nobody should need more than the one command that an invitation is."""
    if (app.home.exists() and (not app.home.is_dir() or any(app.home.iterdir()))) or not (yes or app.asks()):
        return  # what is wrong with it is said where it is opened
    from lazpool.actions.desk import create_home  # noqa: PLC0415 # a command imports what it needs
    from lazpool.cli.home import local_zone  # noqa: PLC0415 # the same
    from lazpool.config import DEFAULT_NETWORK, Config  # noqa: PLC0415 # the same
    from lazpool.wire.hashing import network_id  # noqa: PLC0415 # the same

    if signed.record.net != network_id(DEFAULT_NETWORK):
        hint = "ask for the network's name, and make a home there: lazpool init --network NAME"
        raise RefusedError("this invitation is to a hub of another network", hint=hint, code="other-network")
    app.confirm(f"There is no lazpool home in {app.home} yet. Make one?", yes=yes)
    create_home(Config(app.home, zone=local_zone(app)))
    app.say(f"Your home is {app.home}. Its config.toml has room for your name, contact and time zone.")


def _invitation(text: str) -> SignedHub:
    from lazpool.records.hub_records import from_invite  # noqa: PLC0415 # a command imports what it needs

    try:
        return from_invite(text)
    except MalformedError as wrong:
        raise InvalidInputError(f"this invitation is damaged: {wrong.message}", hint=_COPY) from wrong


def _meant(desk: Desk, text: str, joined: Sequence[bytes]) -> bytes:
    """Return the node that is meant by an address, a name of a node, or the name that a hub gives itself.

    Of several hubs of that name the joined one is meant, if it is one.
    """
    from lazpool.net.address import node_key, node_name  # noqa: PLC0415 # multiaddr
    from lazpool.store import hubs  # noqa: PLC0415 # the same

    plain = text.strip()
    named = {one.node_pk for one in hubs.every(desk.board) if one.record.name.casefold() == plain.casefold()}
    if plain and named:
        found = (named & set(joined)) or named
        if len(found) > 1:
            names = ", ".join(sorted(map(node_name, found)))
            raise AmbiguousError(f"several hubs call themselves {plain!r}", hint=f"name the node: {names}")
        return found.pop()
    try:
        return node_key(plain)
    except InvalidInputError as wrong:
        hint = "lazpool status and lazpool hub known show which there are"
        raise NotFoundError(f"no hub is known as {plain!r}", hint=hint) from wrong


def _joined(desk: Desk) -> dict[bytes, str]:
    """Return the nodes that a connection is kept with: `joined` by the owner, or `found` by the node itself."""
    from lazpool.store import own  # noqa: PLC0415 # a command imports what it needs

    return {row["node_pk"]: "found" if row["found"] else "joined" for row in own.hubs(desk.node)}


def _state(desk: Desk, one: Known, joined: dict[bytes, str]) -> str:
    return "this one" if one.node_pk == desk.node_pk else joined.get(one.node_pk, "met" if one.met else "")


def _answering(addresses: Sequence[str]) -> str:
    """Return the first address at which somebody listens, or raise UnreachableError."""
    failed = [why for address in addresses if (why := _knock(address))]
    if len(failed) < len(addresses):
        return next(address for address in addresses if address not in dict(failed))
    hint = "check the address, or remember it all the same with --offline"
    raise UnreachableError(failed[0][1], hint=hint)


def _knock(address: str) -> tuple[str, str] | None:
    """Return an address at which nobody listens with why that is, else None."""
    import socket  # noqa: PLC0415 # most commands need none

    _, _, host, _, port, *_ = address.split("/")
    try:
        socket.create_connection((host, int(port)), CONNECT_S).close()
    except OSError as wrong:
        return address, f"nobody answers at {host} port {port}: {wrong}"
    return None
