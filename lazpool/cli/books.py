"""The ledger: show, balance, verify."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lazpool.actions import books
from lazpool.actions.exporting import names_of
from lazpool.cli import times
from lazpool.cli.app import Table
from lazpool.cli.backups import resume
from lazpool.cli.commands import epilog, group
from lazpool.cli.exports import choice, export
from lazpool.cli.partners import who
from lazpool.cli.typed import short
from lazpool.cli.views import money
from lazpool.cli.words import price
from lazpool.errors import DamagedError
from lazpool.records.entries import COMMITMENTS, GENESIS, KINDS, RESUMED, Entry, commitment_of, entry_from
from lazpool.records.receipts import blind_commitment, receipt_from
from lazpool.records.settlements import METHODS, SettlementTerms, settlement_from
from lazpool.store import ledger as stored
from lazpool.store import logs
from lazpool.store import settlements as settled

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.cli.app import App
    from lazpool.rules.ledger import Terms

_NOTHING = "No receipts yet. One is signed by both at the end of a ride: lazpool pickup, lazpool done"

_KINDS = "proposed: you have signed; sealed: both have; lapsed: your node asks no more. Negative: you owe more by it"


@group("ledger")
def ledger() -> None:
    """Receipts that two people signed, and the chain that holds them."""


ledger.add_command(export)
ledger.add_command(resume)


@ledger.command("show", epilog=epilog("lazpool ledger show\nlazpool ledger show --since 2027-03-01 --with Zoe"))
@click.option("--since", metavar="DATE", help="From this day on.")
@click.option("--until", metavar="DATE", help="Up to the end of this day.")
@click.option("--with", "other", metavar="PERSON", help="With one person only.")
@click.pass_obj
def show(app: App, since: str | None, until: str | None, other: str | None) -> None:
    """List the entries of your ledger."""
    with app.desk() as desk:
        receipts, names, wanted = _receipts(desk), names_of(desk), choice(desk, since, until, other)
        every = [entry_from(one.body) for log in logs.every(desk.node) for one in logs.entries(desk.node, log)]
        every += [entry_from(envelope.body) for envelope in stored.entries(desk.node)]
        entries = [one for one in every if wanted.takes(one.time // 60, _with(desk, one, receipts))]
        documents = [_document(desk, entry, receipts) for entry in entries]
        rows = [_row(desk, entry, receipts, names) for entry in entries]
    columns = (">no", "kind", "at", "what", ">they owe you", "id")
    app.show({"entries": documents}, Table(columns, rows, "No entries, or none that fit.", _KINDS if documents else ""))


@ledger.command("balance", epilog=epilog("lazpool ledger balance"))
@click.pass_obj
def balance(app: App) -> None:
    """Say who owes whom, one line a person: what you owe is negative."""
    with app.desk() as desk:
        found, names = books.balance(desk), names_of(desk)
        offered = len(settled.in_state(desk.node, settled.OFFERED))
    documents = [
        {
            "with": one.other.hex(),
            "name": names.get(one.other, ""),
            "share": money(one.amount, one.unit),
            "by_rides": money(one.by_rides, one.unit),
            "settled": money(one.settled, one.unit),
            "km": one.distance / 10,
            "rides": one.rides,
        }
        for one in found
    ]
    rows = [
        (
            *(who(one.other, names), price(one.amount, one.unit), price(one.by_rides, one.unit)),
            *(price(one.settled, one.unit), _km(one.distance), str(one.rides)),
        )
        for one in found
    ]
    columns = ("with", ">they owe you", ">by rides", ">settled", ">km", ">rides")
    notes = ["what is negative, you owe; to settle: lazpool settle WITH AMOUNT"] if any(o.amount for o in found) else []
    notes += [f"{offered} to confirm or refuse: lazpool settlements"] if offered else []
    app.show({"balances": documents}, Table(columns, rows, _NOTHING, "\n".join(notes)))


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


_SAID = {GENESIS: "your ledger begins", RESUMED: "it goes on from the log above"}


def _receipts(desk: Desk) -> dict[bytes, Terms]:
    """Return receipts and settlements by what log entries show of them."""
    found: dict[bytes, Terms] = {}
    for state in (stored.PROPOSED, stored.SEALED, stored.LAPSED):
        for one in stored.receipts(desk.node, state):
            found[blind_commitment(one.id, one.blind)] = receipt_from(one.terms)
        for paid in settled.in_state(desk.node, state):
            found[blind_commitment(paid.id, paid.blind)] = settlement_from(paid.terms)
    return found


def _with(desk: Desk, entry: Entry, receipts: dict[bytes, Terms]) -> bytes | None:
    terms = _of(entry, receipts)
    return _other(desk, terms) if terms else None


def _km(distance: int) -> str:
    return f"{distance / 10:.1f}"


def _of(entry: Entry, receipts: dict[bytes, Terms]) -> Terms | None:
    return receipts.get(commitment_of(entry)) if entry.kind in COMMITMENTS else None


def _document(desk: Desk, entry: Entry, receipts: dict[bytes, Terms]) -> dict[str, object]:
    head = {"log": entry.log_pk.hex(), "seq": entry.seq, "id": entry.id.hex(), "kind": KINDS[entry.kind]}
    head["at"] = times.iso_second(desk, entry.time)
    terms = _of(entry, receipts)
    if terms is None:
        return {**head, "receipt": None}
    said: dict[str, object] = {
        **head,
        "receipt": terms.id.hex(),
        "with": _other(desk, terms).hex(),
        "share": money(_signed(desk, terms), terms.unit),
    }
    if isinstance(terms, SettlementTerms):
        return {**said, "method": METHODS[terms.method]}
    return {**said, "deal": terms.ride.hex(), "km": terms.distance / 10}


def _row(desk: Desk, entry: Entry, receipts: dict[bytes, Terms], names: dict[bytes, str]) -> tuple[str, ...]:
    head = (str(entry.seq), KINDS[entry.kind], times.day_and_time(desk, entry.time // 60))
    terms = _of(entry, receipts)
    if terms is None:
        return (*head, _SAID.get(entry.kind, ""), "", "")
    return (*head, _what(desk, terms, names), price(_signed(desk, terms), terms.unit), short(terms.id))


def _what(desk: Desk, terms: Terms, names: dict[bytes, str]) -> str:
    other, owing = who(_other(desk, terms), names), terms.debtor == desk.identity
    if isinstance(terms, SettlementTerms):
        return f"you paid {other}, {METHODS[terms.method]}" if owing else f"{other} paid you, {METHODS[terms.method]}"
    return (
        f"you rode with {other}, {_km(terms.distance)} km" if owing else f"you drove {other} {_km(terms.distance)} km"
    )


def _other(desk: Desk, terms: Terms) -> bytes:
    return terms.debtor if terms.creditor == desk.identity else terms.creditor


def _signed(desk: Desk, terms: Terms) -> int:
    """Return the amount as the balance counts it: positive when they owe us more by it."""
    claim = terms.amount if terms.creditor == desk.identity else -terms.amount
    return -claim if isinstance(terms, SettlementTerms) else claim
