"""Is this home well? doctor."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from lazpool.cli.app import Table
from lazpool.cli.commands import command
from lazpool.errors import LazpoolError

if TYPE_CHECKING:
    from lazpool.actions.examination import Check
    from lazpool.cli.app import App


@command("doctor", example="lazpool doctor")
@click.pass_context
def doctor(ctx: click.Context) -> None:
    """Look whether everything in your home is there, private, whole and in time; changes nothing.

    Ends with the status of the worst it found: 7 for damaged data, 5 for keys that others can read.
    """
    from lazpool.actions.examination import examine  # noqa: PLC0415 # a command imports what it needs

    app: App = ctx.obj
    checks = examine(app.home)
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
