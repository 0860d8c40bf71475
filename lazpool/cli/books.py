"""The ledger: show, balance, verify."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lazpool.actions import books
from lazpool.actions.disputes import claimed
from lazpool.actions.exporting import lines, names_of
from lazpool.cli.accounts import line_document
from lazpool.cli.app import Table
from lazpool.cli.backups import resume
from lazpool.cli.book_views import (
    ENTRY_COLUMNS,
    LINE_COLUMNS,
    balance_document,
    balance_table,
    claim_document,
    entry_document,
    entry_row,
    every_entry,
    line_row,
    other_in,
    terms_shown,
)
from lazpool.cli.choosing import choice, filters
from lazpool.cli.commands import epilog, group
from lazpool.cli.exports import checkpoint, export
from lazpool.cli.recovering import recover
from lazpool.cli.words import price
from lazpool.errors import DamagedError
from lazpool.store import ledger as stored
from lazpool.store import settlements as settled

if TYPE_CHECKING:
    from lazpool.cli.app import App

_NOTHING = "No receipts yet. One is signed by both at the end of a ride: lazpool pickup, lazpool done"

_NONE = "No rides or settlements yet, or none that fit."
_SIGN = "negative: you owe more by it"
_STATES = f"only what both have signed counts; {_SIGN}"
_SHOW_EXAMPLES = """
lazpool ledger show --since 2027-03-01 --until 2027-03-31 --with Zoe
lazpool ledger show --log
"""

_KINDS = "proposed: you have signed; sealed: both have; lapsed: your node asks no more. Negative: you owe more by it"


@group("ledger")
def ledger() -> None:
    """Receipts that two people signed, and the chain that holds them."""


ledger.add_command(checkpoint)
ledger.add_command(export)
ledger.add_command(resume)
ledger.add_command(recover)


@ledger.command("show", epilog=epilog(_SHOW_EXAMPLES))
@filters
@click.option("--log", is_flag=True, help="The entries of your log instead: what you signed, and when.")
@click.pass_obj
def show(app: App, /, *, log: bool, **which: str | None) -> None:
    """List your rides and settlements, oldest first, with what each adds to what others owe you.

    Only what both have signed counts. --log lists the chain of entries that holds it.
    """
    with app.desk() as desk:
        terms, names, wanted = terms_shown(desk), names_of(desk), choice(desk, **which)
        entries = [one for one in every_entry(desk) if wanted.takes(one.time // 60, other_in(desk, one, terms))]
        found = lines(desk, wanted, every=True)
        documents = {
            "entries": [entry_document(desk, entry, terms) for entry in entries],
            "records": [{**line_document(desk, one), "state": one.state} for one in found],
        }
        if log:
            rows = [entry_row(desk, entry, terms, names) for entry in entries]
            table = Table(ENTRY_COLUMNS, rows, "No entries, or none that fit.", _KINDS if rows else "")
        else:
            lapsed = any(one.state != stored.SEALED for one in found)
            table = Table(LINE_COLUMNS, [line_row(desk, one) for one in found], _NONE, _STATES if lapsed else _SIGN)
    app.show(documents, table)


@ledger.command(
    "balance", epilog=epilog("lazpool ledger balance\nlazpool ledger balance --until 2027-12-31 --with Zoe")
)
@filters
@click.pass_obj
def balance(app: App, /, **which: str | None) -> None:
    """Say who owes whom, one line a person: what you owe is negative.

    With --until, as it stood at the end of that day; with --since, what the days since have added.
    """
    with app.desk() as desk:
        found, names = books.balance(desk, choice(desk, **which)), names_of(desk)
        offered = len(settled.in_state(desk.node, settled.OFFERED))
        changes = len(settled.CORRECTIONS.in_state(desk.node, settled.OFFERED))
        claims = claimed(desk)
    notes = ["what is negative, you owe; to settle: lazpool settle WITH AMOUNT"] if any(o.amount for o in found) else []
    notes += [f"{offered} to confirm or refuse: lazpool settlements"] if offered else []
    notes += [f"{changes} to confirm or refuse: lazpool disputes"] if changes else []
    notes += [f"claimed, not counted: {price(one.amount, one.unit)} from {one.deal.peer_name}" for one in claims]
    documents = {
        "balances": [balance_document(one, names) for one in found],
        "claims": [claim_document(one) for one in claims],
    }
    app.show(documents, balance_table(found, names, _NONE if any(which.values()) else _NOTHING, "\n".join(notes)))


@ledger.command("verify", epilog=epilog("lazpool ledger verify"))
@click.pass_context
def verify(ctx: click.Context) -> None:
    """Replay the ledger and every receipt from their bytes, offline; status 7 when anything is wrong."""
    app: App = ctx.obj
    with app.desk() as desk:
        verdict = books.verify(desk)
    document: dict[str, object] = {"ok": verdict.ok, "entries": verdict.entries, "errors": verdict.errors}
    document["forgotten"] = verdict.forgotten
    if verdict.ok:
        gone = f", {verdict.forgotten} commitments whose receipts were forgotten" if verdict.forgotten else ""
        app.show(document, f"ok: {verdict.entries} entries{gone}")
        return
    wrong = DamagedError("the ledger does not hold", hint="restore it from a backup")
    app.show({**document, **wrong.as_json()}, *verdict.errors)
    app.say(f"lazpool: {wrong.message}; {verdict.entries} entries hold\nhint: {wrong.hint}")
    ctx.exit(wrong.status)
