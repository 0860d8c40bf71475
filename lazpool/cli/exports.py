"""`ledger export`: to a file that somebody else verifies or keeps books with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from lazpool.cli.choosing import choice, filters
from lazpool.cli.commands import Command, epilog
from lazpool.cli.typed import hex_id_of
from lazpool.cli.words import counted
from lazpool.errors import LazpoolError, RefusedError

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.actions.exporting import Choice
    from lazpool.cli.app import App

_EXAMPLES = """
lazpool ledger export receipt.json --receipt 6cb0e2f1
lazpool ledger export 2027.journal --format hledger --since 2027-01-01 --until 2027-12-31
"""


_KINDS: tuple[Literal["receipts", "settlements", "corrections"], ...] = ("receipts", "settlements", "corrections")


@click.command("export", cls=Command, epilog=epilog(_EXAMPLES))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--receipt", metavar="ID", help="The proof of one receipt or settlement, and nothing else.")
@click.option("--all-witnesses", is_flag=True, help="Show other partners who witnessed your log, too, by their keys.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["bundle", "csv", "json", "hledger", "valueflows"]),
    default="bundle",
    show_default=True,
    help="What can be verified, a table, a document, plain-text accounting, or JSON-LD in ValueFlows terms.",
)
@filters
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@click.pass_obj
def export(  # the arguments are the options
    app: App, /, file: Path, receipt: str | None, form: str, *, force: bool, all_witnesses: bool, **which: str | None
) -> None:
    """Write the ledger, or one receipt, to FILE.

    A bundle holds every signature: examples/verify_receipt.py verifies it without lazpool. The other forms are for
    keeping books, and prove nothing; only they can be of some days, or with one person.
    """
    if form == "bundle" and any(which.values()):
        raise click.UsageError(
            "A bundle is whole, or one --receipt; --since, --until and --with need another --format."
        )
    if form != "bundle" and receipt:
        raise click.UsageError("One receipt is exported as its proof, which has a form of its own.")
    if all_witnesses and not receipt:
        raise click.UsageError("The whole ledger holds all witnesses anyway; --all-witnesses goes with --receipt.")
    if receipt:
        _prove(app, file, receipt, force=force, every_witness=all_witnesses)
        return
    with app.desk() as desk:
        text, count = _bundle(desk) if form == "bundle" else _lines(desk, form, choice(desk, **which))
    size = write(file, text, force=force)
    app.show({"file": str(file), "format": form, "records": count, "bytes": size}, str(file))
    app.say(f"{counted(count, 'record')}, {size} bytes")


@click.command("checkpoint", cls=Command, epilog=epilog("lazpool ledger checkpoint"))
@click.pass_obj
def checkpoint(app: App) -> None:
    """Make a checkpoint of your log now, and ask partners to witness it.

    Your node does so by itself every 64 entries, and every 30 days if there is anything new. The proof of a receipt
    under a checkpoint shows by whose word, besides yours, it was there then.
    """
    from lazpool.actions import checkpoints  # noqa: PLC0415 # help does not need it
    from lazpool.store.checkpoints import witnesses  # noqa: PLC0415 # the same

    with app.desk() as desk:
        fresh, made = checkpoints.since_last(desk)
        new = fresh > 0 or made is None
        if new or made is None:
            made = checkpoints.make(desk)
        count = len(witnesses(desk.node, made.id))
    said = f"a checkpoint of {made.size} entries" if new else f"nothing is new since the checkpoint of {made.size}"
    app.show({"checkpoint": made.size, "new": new, "witnesses": count}, f"{said}, witnessed by {count}")


def _prove(app: App, file: Path, receipt: str, *, force: bool, every_witness: bool) -> None:
    from lazpool.actions.proofs import proof_of  # noqa: PLC0415 # help does not need it

    with app.desk() as desk:
        found = hex_id_of(((desk.node, "receipts"), (desk.node, "settlements")), receipt, "receipt")
        proof = proof_of(desk, found, every_witness=every_witness)
    size = write(file, json.dumps(proof.document()) + "\n", force=force)
    said = {"checkpoint": proof.checkpoint, "witnesses": proof.witnesses}
    app.show({"file": str(file), "format": "proof", "records": 1, "bytes": size, **said}, str(file))
    witnesses = counted(proof.witnesses, "witness", "witnesses")
    app.say(f"1 record, {size} bytes, " + (witnesses if proof.checkpoint else "not under a checkpoint yet"))
    if not proof.witnesses:
        app.say(
            "hint: lazpool ledger checkpoint asks partners to witness your log; export again when they have answered"
        )


def _bundle(desk: Desk) -> tuple[str, int]:
    from lazpool.actions import exporting  # noqa: PLC0415 # help does not need it

    document = exporting.bundle(desk)
    return json.dumps(document) + "\n", sum(len(document.get(kind, ())) for kind in _KINDS)


def _lines(desk: Desk, form: str, wanted: Choice) -> tuple[str, int]:
    from lazpool.actions.exporting import lines  # noqa: PLC0415 # help does not need it
    from lazpool.cli import accounts, valueflows  # noqa: PLC0415 # the same

    found = lines(desk, wanted)
    write = {
        "csv": accounts.as_csv,
        "json": accounts.as_json,
        "hledger": accounts.as_journal,
        "valueflows": valueflows.as_valueflows,
    }[form]
    return write(desk, found), len(found)


def write(file: Path, text: str, *, force: bool) -> int:
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
