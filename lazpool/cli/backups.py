"""A home that survives its computer: backup, restore, ledger resume."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lazpool.cli.commands import command, epilog
from lazpool.cli.home import MAX_NAME, local_zone, network_name
from lazpool.cli.keys import back
from lazpool.cli.typed import free_text
from lazpool.config import DEFAULT_NETWORK, Config
from lazpool.errors import InvalidInputError, LazpoolError, NotFoundError

if TYPE_CHECKING:
    from lazpool.cli.app import App

MIN_PASSPHRASE = 8
VARIABLE = "LAZPOOL_PASSPHRASE"
_LOOK = (
    "Look at `lazpool deals` and `lazpool posts`: what happened after the backup was made is not in it. What you both "
    "signed since, your partners are asked for: lazpool ledger recover --look"
)

_file = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
_passphrase_file = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"A file with the passphrase in its first line.  [default: {VARIABLE}, or asked]",
)


@command("backup", example="lazpool backup ~/lazpool.backup")
@_file
@_passphrase_file
@click.option("--force", is_flag=True, help="Replace the file if there is one.")
@click.pass_obj
def backup(app: App, file: Path, passphrase_file: Path | None, force: bool) -> None:  # noqa: FBT001 # click's signature
    """Write your home into one encrypted file: keys, settings, ledger, deals, plans and places.

    The node may run meanwhile. Whoever has the file and the passphrase is you; without the passphrase nobody reads it,
    not even you.
    """
    from lazpool.actions.backups import back_up, check_free  # noqa: PLC0415 # a command imports what it needs

    with app.desk() as desk:
        check_free(file, force=force)
        back_up(desk, file, _passphrase(app, passphrase_file, new=True), force=force)
        identity = desk.identity.hex()
    app.show({"file": str(file), "identity": identity}, str(file))
    app.say("Keep it on another machine, and the passphrase somewhere else. To use it: lazpool restore FILE")


@command("restore", example="lazpool restore ~/lazpool.backup\nlazpool restore --paper --name Ada")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@_passphrase_file
@click.option("--paper", is_flag=True, help="From the words of `lazpool key paper`, asked for or on stdin.")
@click.option("--name", type=free_text(MAX_NAME), default="", help="With --paper: what partners are told.")
@click.option("--network", default=None, help=f"With --paper: as it stands on it.  [default: {DEFAULT_NETWORK}]")
@click.pass_obj
def restore(app: App, /, file: Path | None, passphrase_file: Path | None, **how: Any) -> None:
    """Make a home from a backup, or from a paper key: the same person, who goes on with a new log.

    A paper knows who you are, and nothing else: neither rides nor deals.
    """
    from lazpool.actions import backups  # noqa: PLC0415 # a command imports what it needs

    if how["paper"] == (file is not None):
        raise click.UsageError("Give a FILE, or --paper.")
    if file is None:
        network = network_name(how["network"] or DEFAULT_NETWORK)
        back(app, Config(app.home, network=network, name=how["name"], zone=local_zone(app)))
        return
    if how["name"] or how["network"]:
        raise click.UsageError("--name and --network go with --paper.")
    if not file.is_file():
        raise NotFoundError(f"there is no file {file}")
    backups.check_empty(app.home)
    identity = backups.restore(app.home, file, _passphrase(app, passphrase_file, new=False)).hex()
    app.show({"file": str(file), "identity": identity}, identity)
    app.say(f"Restored to {app.home}. {_LOOK} Never go on with the old home as well. Next: lazpool up")


@click.command("resume", epilog=epilog("lazpool ledger resume"))
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def resume(app: App, yes: bool) -> None:  # noqa: FBT001 # click's signature
    """Close your log and begin a new one, in a home that was copied or put back.

    The node must not run. The old log stays to be read; only delete the other copy of this home.
    """
    from lazpool.actions import resuming  # noqa: PLC0415 # a command imports what it needs
    from lazpool.node.presence import hold  # noqa: PLC0415 # the same

    app.confirm("Begin a new log? No other copy of this home may go on.", yes=yes)
    with app.desk() as desk, hold(desk.config.lock_file):
        origin, log = resuming.resume(desk), desk.device.log_pk
    document = {"log": log.hex(), "old_log": origin.log_pk.hex(), "seq": origin.seq, "id": origin.id.hex()}
    app.show(document, f"log {log.hex()} goes on from entry {origin.seq} of {origin.log_pk.hex()}")
    app.say(_LOOK)


def _passphrase(app: App, file: Path | None, *, new: bool) -> str:
    said = _given(app, file, new=new)
    if not said or (new and len(said) < MIN_PASSPHRASE):
        raise InvalidInputError(f"a passphrase has at least {MIN_PASSPHRASE} signs", hint="take a few words")
    return said


def _given(app: App, file: Path | None, *, new: bool) -> str:
    if file is not None:
        try:
            return file.read_text("utf-8").partition("\n")[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as wrong:
            raise LazpoolError(f"{file} cannot be read: {wrong}") from wrong
    if VARIABLE in os.environ:
        return os.environ[VARIABLE]
    if not app.asks():
        raise InvalidInputError("there is no passphrase", hint=f"use --passphrase-file, or the variable {VARIABLE}")
    asked: str = click.prompt("Passphrase", hide_input=True, confirmation_prompt=new, err=True)
    return asked
