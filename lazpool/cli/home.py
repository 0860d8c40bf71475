"""A home and its surroundings: init, id, paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lazpool.cli.app import typed
from lazpool.cli.commands import command
from lazpool.cli.typed import free_text
from lazpool.config import DEFAULT_NETWORK, Config
from lazpool.errors import LazpoolError, RefusedError

if TYPE_CHECKING:
    from pathlib import Path

    from lazpool.cli.app import App

MAX_NAME = 64


@command("init", example="lazpool init --name Ada --contact +33612345678")
@click.option(
    "--name", type=free_text(MAX_NAME), default="", help="Told to partners in sealed letters, never in public."
)
@click.option("--contact", type=free_text(MAX_NAME), default="", help="A telephone number, told once a ride is agreed.")
@click.option("--network", default=DEFAULT_NETWORK, show_default=True, help="Nodes hear only those of their network.")
@click.option("--zone", default="", help="IANA zone of the times you type.  [default: this machine's]")
@click.option("--device", is_flag=True, help="Be a further machine of somebody: show a code for `device add`.")
@click.pass_obj
def init(app: App, /, name: str, contact: str, network: str, zone: str, **how: bool) -> None:
    """Create your identity, your keys and an empty ledger."""
    from lazpool.actions.desk import create_home  # noqa: PLC0415 # a command imports what it needs

    if how["device"]:
        if name or contact or zone:
            raise click.UsageError("--device goes alone: name and settings come with the grant.")
        _ask(app)
        return
    config = Config(app.home, network=network_name(network), name=name, contact=contact, zone=zone or local_zone(app))
    _check_free(config.home)
    with typed("lazpool init --help"):
        create_home(config)
    with app.desk() as desk:
        identity = desk.identity.hex()
    app.show({"identity": identity, "home": str(config.home)}, identity)
    app.say(f"A home for {name or 'you'} in {config.home}. Times are in {config.zone}. Next: lazpool up")


def _ask(app: App) -> None:
    from lazpool.actions import devices  # noqa: PLC0415 # a command imports what it needs

    if not Config(app.home).keys_folder.exists():
        _check_free(app.home)
    code = devices.ask(app.home)
    app.show({"code": code, "home": str(app.home)}, code)
    app.say("On the machine that holds your identity: lazpool device add CODE. Then here: lazpool device accept GRANT")


@command("id", example="lazpool id")
@click.pass_obj
def show_id(app: App) -> None:
    """Show who you are: the key that signs your receipts, and your node's name in the network."""
    from lazpool.net.address import node_name  # noqa: PLC0415 # multiaddr

    with app.desk() as desk:
        node, config, identity = node_name(desk.node_pk), desk.config, desk.identity.hex()
    document = {"identity": identity, "node": node, "name": config.name, "network": config.network}
    app.show(document, f"identity  {identity}", f"node      {node}", f"network   {config.network}")


@command("paths", example="lazpool paths")
@click.pass_obj
def paths(app: App) -> None:
    """Show where everything is kept."""
    config = Config(app.home)
    found = {
        "home": config.home,
        "settings": config.home / "config.toml",
        "keys": config.keys_folder,
        "node": config.node_file,
        "board": config.board_file,
        "towns": config.towns_file,
        "lock": config.lock_file,
    }
    checks = [{"name": name, "ok": path.exists(), "detail": str(path)} for name, path in found.items()]
    lines = [f"{name:<9} {path}{'' if path.exists() else '  (not there)'}" for name, path in found.items()]
    app.show({"checks": checks}, *lines)


def network_name(name: str) -> str:
    """Return the name of a network as typed, or end with a usage error."""
    if not name.strip() or not name.isprintable():
        raise click.BadParameter("a network has a name", param_hint="--network")
    return name.strip()


def local_zone(app: App) -> str:
    """Return the zone of this machine; says so when it is not known."""
    from zoneinfo import ZoneInfoNotFoundError  # noqa: PLC0415 # a new home only

    from tzlocal import get_localzone_name  # noqa: PLC0415 # the same

    try:
        return get_localzone_name() or "UTC"
    except (ZoneInfoNotFoundError, ValueError, LookupError):
        app.say("This machine does not say in which time zone it is: UTC it is. Change it in config.toml.")
        return "UTC"


def _check_free(home: Path) -> None:
    """Refuse to move in where somebody else lives: a home's folder is closed to other users."""
    if home.exists() and not home.is_dir():
        raise LazpoolError(f"{home} is a file, not a folder", hint="choose another folder with --home")
    if (home / "config.toml").exists():
        raise RefusedError(f"{home} is a lazpool home already", hint="use another one with --home", code="home-exists")
    if home.is_dir() and any(home.iterdir()):
        hint = "choose a new folder with --home, or move away what is in this one"
        raise RefusedError(f"{home} is not empty, and no lazpool home", hint=hint, code="not-empty")
