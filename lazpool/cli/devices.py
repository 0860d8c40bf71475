"""Several machines of one person: device add, accept, list."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lazpool.actions import devices as actions
from lazpool.cli import times
from lazpool.cli.app import Table
from lazpool.cli.commands import epilog, group
from lazpool.cli.home import MAX_NAME, local_zone
from lazpool.cli.typed import MIN_PREFIX, free_text, short
from lazpool.cli.words import counted
from lazpool.errors import AmbiguousError, InvalidInputError, LazpoolError, MalformedError, NotFoundError
from lazpool.store import devices as store

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.cli.app import App

_WORDS = {
    actions.THIS: "this machine",
    actions.CLOSED: "closed, another log goes on from it",
    actions.ADDED: "another machine",
    actions.REVOKED: "revoked",
}


@group("device")
def device() -> None:
    """Use lazpool on several machines as one person."""


@device.command("add", epilog=epilog("lazpool device add lzdevice1-4bq7... --name phone"))
@click.argument("code")
@click.option("--name", type=free_text(MAX_NAME), default="", help="What you call it; it stays on this machine.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def add(app: App, code: str, name: str, yes: bool) -> None:  # noqa: FBT001 # click's signature
    """Certify the machine that shows CODE (`lazpool init --device`), and print the grant to enter there.

    It signs rides and settlements as you, with a log of its own. Your identity key stays here: the other machine can
    be revoked, and certifies nobody. Only the machine with the code can read the grant.
    """
    app.confirm("Let this machine sign rides as you?", yes=yes)
    with app.desk() as desk:
        try:
            log, grant = actions.grant(desk, code, name)
        except MalformedError as wrong:
            hint = "copy the whole code that `lazpool init --device` shows on the new machine"
            raise InvalidInputError(wrong.message, hint=hint, code="device-code") from wrong
        identity = desk.identity.hex()
    app.show({"log": log.hex(), "grant": grant, "identity": identity}, grant)
    app.say(f"On the new machine: lazpool device accept GRANT. It will name this identity: {identity}")


@device.command("accept", epilog=epilog("lazpool device accept lzgrant1AbC...\nlazpool device accept grant.txt"))
@click.argument("grant", metavar="GRANT|FILE")
@click.option("--zone", default="", help="IANA zone of the times you type.  [default: this machine's]")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def accept(app: App, grant: str, zone: str, yes: bool) -> None:  # noqa: FBT001 # click's signature
    """Become the device that `lazpool device add` has certified."""
    try:
        found = actions.read(app.home, _text(grant))
    except MalformedError as wrong:
        hint = "it must be the grant for the code that this machine shows: lazpool init --device"
        raise InvalidInputError(f"this grant cannot be used: {wrong.message}", hint=hint, code="grant") from wrong
    identity = found.device.identity.hex()
    app.confirm(f"Be {found.name or 'the person'} with the identity {identity}, in network {found.network}?", yes=yes)
    actions.accept(app.home, found, zone or local_zone(app), _join)
    app.show({"identity": identity, "home": str(app.home)}, identity)
    app.say(f"A home in {app.home}: the same person, with rides and a log of its own. Next: lazpool up")


@device.command("list", epilog=epilog("lazpool device list"))
@click.pass_obj
def show(app: App) -> None:
    """List your logs: one a machine, and those that were closed."""
    with app.desk() as desk:
        found = actions.listing(desk)
        documents = [
            {"log": one.log.hex(), "name": one.name, "state": one.state, "since": times.iso_second(desk, one.since)}
            if one.since
            else {"log": one.log.hex(), "name": one.name, "state": one.state, "since": None}
            for one in found
        ]
        rows = [
            (short(one.log), one.name, _WORDS[one.state], times.day(desk, one.since // 60) if one.since else "")
            for one in found
        ]
    app.show({"devices": documents}, Table(("log", "name", "what", "since"), rows, "None."))


@device.command("revoke", epilog=epilog("lazpool device revoke phone\nlazpool device revoke 3fa9c2d1 --last 41"))
@click.argument("device", metavar="DEVICE")
@click.option("--last", type=click.IntRange(0), help="Its last entry that counts.  [default: the newest known here]")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def revoke(app: App, device: str, last: int | None, yes: bool) -> None:  # noqa: FBT001 # click's signature
    """Say that a machine of yours signs no more: a name or the beginning of a log, as `device list` has them.

    Partners take nothing new by it once they hear of it. What they have sealed until then counts. A log that was closed
    here can be revoked, too: of a machine that was lost, after a restore.
    """
    from lazpool.actions import revoking  # noqa: PLC0415 # a command imports what it needs

    with app.desk() as desk:
        log = _log(desk, device)
        app.confirm("Revoke it? This cannot be taken back.", yes=yes)
        terms = revoking.revoke(desk, log, last)
        told = len(store.told(desk.node, terms.id)[1])
        app.show(
            {"log": log.hex(), "last": terms.last_seq, "id": terms.last_id.hex(), "told": told},
            f"{short(log)} revoked after entry {terms.last_seq}",
        )
        app.say(f"Told of it: {counted(told, 'partner')}, others when you share a ride again.")
        app.say("What is on it: docs/how-to/keys.md")
        app.say_if_down(desk)


def _log(desk: Desk, text: str) -> bytes:
    """Return the log of a device of ours, by its name or the beginning of its log."""
    listed = actions.listing(desk)
    found = [one.log for one in listed if one.name and one.name.casefold() == text.strip().casefold()]
    if not found and len(text) >= MIN_PREFIX:
        found = [one.log for one in listed if one.log.hex().startswith(text.strip().lower())]
    if not found:
        raise NotFoundError(f"you have no device {text!r}", hint="lazpool device list")
    if len(found) > 1:
        hint = f"say the log: {', '.join(short(one) for one in found)}"
        raise AmbiguousError(f"{text!r} is more than one device", hint=hint)
    return found[0]


def _text(given: str) -> str:
    """Return a grant as typed, or from a file."""
    if given.startswith("lzgrant") or not os.path.exists(given):  # noqa: PTH110 # a grant is too long for a path
        return given
    try:
        return Path(given).read_text("ascii")
    except (OSError, UnicodeDecodeError) as wrong:
        raise LazpoolError(f"{given} cannot be read: {wrong}") from wrong


def _join(desk: Desk, address: str) -> None:
    from lazpool.actions import joining  # noqa: PLC0415 # a command imports what it needs
    from lazpool.net.address import parse_address  # noqa: PLC0415 # multiaddr

    found = parse_address(address)
    joining.join(desk, found.text, found.node_pk)
