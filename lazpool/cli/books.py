"""The ledger: show, balance, verify."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lazpool.actions import books
from lazpool.actions.exporting import names_of
from lazpool.cli import times
from lazpool.cli.app import Table
from lazpool.cli.commands import epilog, group
from lazpool.cli.exports import choice, export
from lazpool.cli.partners import who
from lazpool.cli.typed import short
from lazpool.cli.views import money
from lazpool.cli.words import price
from lazpool.errors import DamagedError
from lazpool.records.entries import COMMITMENTS, KINDS, Entry, commitment_of, entry_from
from lazpool.records.receipts import ReceiptTerms, blind_commitment, receipt_from
from lazpool.store import ledger as stored

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.cli.app import App

_NOTHING = "No receipts yet. One is signed by both at the end of a ride: lazpool pickup, lazpool done"


@group("ledger")
def ledger() -> None:
    """Receipts that two people signed, and the chain that holds them."""


ledger.add_command(export)


@ledger.command("show", epilog=epilog("lazpool ledger show\nlazpool ledger show --since 2027-03-01 --with Zoe"))
@click.option("--since", metavar="DATE", help="From this day on.")
@click.option("--until", metavar="DATE", help="Up to the end of this day.")
@click.option("--with", "other", metavar="PERSON", help="With one person only.")
@click.pass_obj
def show(app: App, since: str | None, until: str | None, other: str | None) -> None:
    """List the entries of your ledger."""
    with app.desk() as desk:
        receipts, names, wanted = _receipts(desk), names_of(desk), choice(desk, since, until, other)
        every = [entry_from(envelope.body) for envelope in stored.entries(desk.node)]
        entries = [one for one in every if wanted.takes(one.time // 60, _with(desk, one, receipts))]
        documents = [_document(desk, entry, receipts) for entry in entries]
        rows = [_row(desk, entry, receipts, names) for entry in entries]
    columns = (">no", "kind", "at", "with", ">km", ">share", "id")
    app.show({"entries": documents}, Table(columns, rows, "No entries, or none that fit."))


@ledger.command("balance", epilog=epilog("lazpool ledger balance"))
@click.pass_obj
def balance(app: App) -> None:
    """Say who owes whom, one line a person: what you owe is negative."""
    with app.desk() as desk:
        found, names = books.balance(desk), names_of(desk)
    documents = [
        {"with": one.other.hex(), "share": money(one.amount, one.unit), "km": one.distance / 10, "rides": one.rides}
        for one in found
    ]
    rows = [
        (
            who(one.other, names),
            price(one.amount, one.unit),
            f"{one.distance / 10:.1f}",
            str(one.rides),
        )
        for one in found
    ]
    app.show({"balances": documents}, Table(("with", ">they owe you", ">km", ">rides"), rows, _NOTHING))


@ledger.command("verify", epilog=epilog("lazpool ledger verify"))
@click.pass_context
def verify(ctx: click.Context) -> None:
    """Replay the ledger and every receipt from their bytes, offline; status 7 when anything is wrong."""
    app: App = ctx.obj
    with app.desk() as desk:
        verdict = books.verify(desk)
    document: dict[str, object] = {"ok": verdict.ok, "entries": verdict.entries, "errors": verdict.errors}
    if verdict.ok:
        app.show(document, f"ok: {verdict.entries} entries")
        return
    wrong = DamagedError("the ledger does not hold", hint="restore it from a backup")
    app.show({**document, **wrong.as_json()}, *verdict.errors)
    app.say(f"lazpool: {wrong.message}; {verdict.entries} entries hold\nhint: {wrong.hint}")
    ctx.exit(wrong.status)


def _receipts(desk: Desk) -> dict[bytes, ReceiptTerms]:
    """Return the receipts by what log entries show of them."""
    kept = [
        one for state in (stored.PROPOSED, stored.SEALED, stored.LAPSED) for one in stored.receipts(desk.node, state)
    ]
    return {blind_commitment(one.id, one.blind): receipt_from(one.terms) for one in kept}


def _with(desk: Desk, entry: Entry, receipts: dict[bytes, ReceiptTerms]) -> bytes | None:
    terms = _of(entry, receipts)
    return _other(desk, terms) if terms else None


def _km(distance: int) -> str:
    return f"{distance / 10:.1f}"


def _of(entry: Entry, receipts: dict[bytes, ReceiptTerms]) -> ReceiptTerms | None:
    return receipts.get(commitment_of(entry)) if entry.kind in COMMITMENTS else None


def _document(desk: Desk, entry: Entry, receipts: dict[bytes, ReceiptTerms]) -> dict[str, object]:
    head = {"seq": entry.seq, "id": entry.id.hex(), "kind": KINDS[entry.kind], "at": times.iso_second(desk, entry.time)}
    terms = _of(entry, receipts)
    if terms is None:
        return {**head, "receipt": None}
    return {
        **head,
        "receipt": terms.id.hex(),
        "deal": terms.ride.hex(),
        "with": _other(desk, terms).hex(),
        "share": money(_signed(desk, terms), terms.unit),
        "km": terms.distance / 10,
    }


def _row(desk: Desk, entry: Entry, receipts: dict[bytes, ReceiptTerms], names: dict[bytes, str]) -> tuple[str, ...]:
    head = (str(entry.seq), KINDS[entry.kind], times.day_and_time(desk, entry.time // 60))
    terms = _of(entry, receipts)
    if terms is None:
        return (*head, "", "", "", "")
    other = _other(desk, terms)
    return (*head, who(other, names), _km(terms.distance), price(_signed(desk, terms), terms.unit), short(terms.id))


def _other(desk: Desk, terms: ReceiptTerms) -> bytes:
    return terms.passenger if terms.driver == desk.identity else terms.driver


def _signed(desk: Desk, terms: ReceiptTerms) -> int:
    """Return the amount as the balance counts it: positive when they owe us."""
    return terms.amount if terms.driver == desk.identity else -terms.amount
