"""Is this home well, and does it reach others? doctor, netcheck."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from lazpool.cli.app import Table
from lazpool.cli.commands import command
from lazpool.errors import LazpoolError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazpool.actions.checks import Check
    from lazpool.cli.app import App


@command("doctor", example="lazpool doctor")
@click.pass_context
def doctor(ctx: click.Context) -> None:
    """Look whether everything in your home is there, private, whole and in time; changes nothing.

    Ends with the status of the worst it found: 7 for damaged data, 5 for keys that others can read.
    """
    from lazpool.actions.examination import examine  # noqa: PLC0415 # a command imports what it needs

    show_checks(ctx, examine(ctx.obj.home))


@command("netcheck", example="lazpool netcheck\nlazpool --json netcheck")
@click.pass_context
def netcheck(ctx: click.Context) -> None:
    """Look whether your node is reached and reaches others; says what works, what does not, and what to do.

    Also without a running node, as far as that goes. Ends with the status of the worst it found: 3 when the node does
    not run, 6 when nobody is reached.
    """
    app: App = ctx.obj
    with app.desk() as desk:
        from lazpool.node.reaching import check_all  # noqa: PLC0415 # trio and multiaddr

        checks = check_all(desk)
    show_checks(ctx, checks)


def show_checks(ctx: click.Context, checks: Sequence[Check]) -> None:
    """Show what was found and what to do, and end with the status of the worst."""
    app: App = ctx.obj
    faults = [one for one in checks if not one.ok]
    document: dict[str, object] = {"checks": [_as_json(one) for one in checks]}
    if faults:
        document |= LazpoolError(f"{len(faults)} of {len(checks)} checks failed", hint=faults[0].hint).as_json()
    rows = [("ok" if one.ok else "FAULT", one.name, one.detail) for one in checks]
    app.show(document, Table(("", "what", "how it is"), rows, ""))
    for one in faults:
        app.say(f"{one.name}: {one.hint or 'no cure known'}")
    ctx.exit(max((one.status for one in faults), default=0))


def _as_json(check: Check) -> dict[str, object]:
    return {name: value for name, value in asdict(check).items() if name != "status"}
