"""The entry point: `lazpool [--home DIR] [--json] COMMAND`."""

from __future__ import annotations

from pathlib import Path

import click

from lazpool import __version__
from lazpool.cli.app import App
from lazpool.cli.commands import Program, epilog

COMMANDS = {
    "Begin": {
        "demo": "demo:demo",
        "init": "home:init",
        "id": "home:show_id",
        "join": "inviting:join",
        "leave": "inviting:leave",
        "up": "running:up",
        "hub": "hubs:hub",
        "status": "running:status",
        "doctor": "checkup:doctor",
        "netcheck": "checkup:netcheck",
        "paths": "home:paths",
        "backup": "backups:backup",
        "restore": "backups:restore",
        "key": "keys:key",
        "device": "devices:device",
    },
    "Trips": {
        "place": "places:place",
        "offer": "posting:offer",
        "request": "posting:request",
        "plan": "planning:plan",
        "posts": "posting:posts",
        "board": "posting:board",
        "withdraw": "posting:withdraw",
        "group": "groups:group",
        "roads": "roads:roads",
    },
    "Sharing a ride": {
        "matches": "matching:matches",
        "match": "matching:match",
        "map": "mapping:show_map",
        "propose": "matching:propose",
        "invite": "matching:invite",
        "circle": "circles:circle",
        "turn": "circles:turn",
        "watch": "watching:watch",
        "hook": "watching:hook",
        "deals": "dealing:deals",
        "deal": "dealing:deal",
        "accept": "answering:accept",
        "decline": "answering:decline",
        "cancel": "answering:cancel",
        "note": "answering:note",
        "pickup": "answering:pickup",
        "done": "answering:done",
    },
    "Afterwards": {
        "settle": "settling:settle",
        "settlements": "settling:settlements",
        "confirm": "settling:confirm",
        "refuse": "settling:refuse",
        "ledger": "books:ledger",
        "statement": "statement:statement",
        "forget": "forgetting:forget",
        "claim": "disputing:claim",
        "dispute": "disputing:dispute",
        "disputes": "disputing:disputes",
        "correct": "disputing:correct",
        "forks": "forking:forks",
        "profiles": "costs:profiles",
    },
}

_EXAMPLE = """
lazpool init --name Ada
lazpool up
lazpool offer 45.1885,5.7245 45.7606,4.8594 --at "tomorrow 07:40"
"""


@click.group(cls=Program, lazy=COMMANDS, invoke_without_command=True, epilog=epilog(_EXAMPLE))
@click.option(
    "--home",
    "folder",
    type=click.Path(path_type=Path),
    envvar="LAZPOOL_HOME",
    show_envvar=True,
    help="The folder with everything of this node.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.Context, folder: Path | None, as_json: bool) -> None:  # noqa: FBT001 # click's signature
    """Share car rides without a platform in between."""
    ctx.obj = App(folder, as_json)
    if ctx.invoked_subcommand is None:
        if as_json:
            raise click.UsageError("Missing command.")
        click.echo(ctx.get_help(), err=True)
        ctx.exit(2)


def main() -> None:
    """Run the command line of this process."""
    cli.main()
