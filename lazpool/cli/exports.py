"""`ledger export`: to a file that somebody else verifies or keeps books with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lazpool.cli import times
from lazpool.cli.commands import Command, epilog
from lazpool.cli.partners import partner
from lazpool.cli.typed import hex_id_of
from lazpool.errors import LazpoolError, RefusedError

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.actions.exporting import Choice
    from lazpool.cli.app import App

_EXAMPLES = """
lazpool ledger export receipt.json --receipt 6cb0e2f1
lazpool ledger export 2027.journal --format hledger --since 2027-01-01 --until 2027-12-31
"""


def choice(desk: Desk, since: str | None, until: str | None, other: str | None) -> Choice:
    """Return which lines the options ask for; both days are included."""
    from lazpool.actions.exporting import Choice  # noqa: PLC0415 # help does not need it

    first = times.day_start(since, desk.config.zone) if since else None
    after = times.day_start(until, desk.config.zone, days=1) if until else None
    return Choice(first, after, partner(desk, other) if other else None)


@click.command("export", cls=Command, epilog=epilog(_EXAMPLES))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--receipt", metavar="ID", help="One receipt or settlement, and nothing else.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["bundle", "csv", "json", "hledger"]),
    default="bundle",
    show_default=True,
    help="What can be verified, a table, a document, or plain-text accounting.",
)
@click.option("--since", metavar="DATE", help="From this day on; not for a bundle.")
@click.option("--until", metavar="DATE", help="Up to the end of this day; not for a bundle.")
@click.option("--with", "other", metavar="PERSON", help="With one person only; not for a bundle.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@click.pass_obj
def export(app: App, /, file: Path, receipt: str | None, form: str, *, force: bool, **which: str | None) -> None:
    """Write the ledger, or one receipt, to FILE.

    A bundle holds every signature: examples/verify_receipt.py verifies it without lazpool. The other forms are for
    keeping books, and prove nothing.
    """
    if form == "bundle" and any(which.values()):
        raise click.UsageError(
            "A bundle is whole, or one --receipt; --since, --until and --with need another --format."
        )
    if form != "bundle" and receipt:
        raise click.UsageError("One receipt is exported as a bundle.")
    with app.desk() as desk:
        text, count = _bundle(desk, receipt) if form == "bundle" else _lines(desk, form, choice(desk, **which))
    size = _write(file, text, force=force)
    app.show({"file": str(file), "format": form, "records": count, "bytes": size}, str(file))
    app.say(f"{count} {'record' if count == 1 else 'records'}, {size} bytes")


def _bundle(desk: Desk, receipt: str | None) -> tuple[str, int]:
    from lazpool.actions import exporting  # noqa: PLC0415 # help does not need it

    if receipt is None:
        document = exporting.bundle(desk)
    else:
        found = hex_id_of(((desk.node, "receipts"), (desk.node, "settlements")), receipt, "receipt")
        document = exporting.bundle_of(desk, found)
    return json.dumps(document) + "\n", sum(len(document.get(kind, ())) for kind in ("receipts", "settlements"))


def _lines(desk: Desk, form: str, wanted: Choice) -> tuple[str, int]:
    from lazpool.actions.exporting import lines  # noqa: PLC0415 # help does not need it
    from lazpool.cli import accounts  # noqa: PLC0415 # the same

    found = lines(desk, wanted)
    write = {"csv": accounts.as_csv, "json": accounts.as_json, "hledger": accounts.as_journal}[form]
    return write(desk, found), len(found)


def _write(file: Path, text: str, *, force: bool) -> int:
    """Write a file that only its owner can read; one that is there is replaced whole, or not at all."""
    if file.exists() and not force:
        raise RefusedError(
            f"{file} is there already", hint="another name, or replace it with --force", code="file-exists"
        )
    data = text.encode()
    draft = file.with_name(f".{file.name}.draft")
    try:
        draft.unlink(missing_ok=True)
        draft.touch(0o600, exist_ok=False)
        draft.write_bytes(data)
        draft.replace(file)
    except OSError as wrong:
        raise LazpoolError(f"{file} cannot be written: {wrong.strerror}", hint="choose another folder") from wrong
    return len(data)
