"""The ledger: show, balance, verify."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lazpool.actions import books
from lazpool.actions.books import other_of
from lazpool.actions.disputes import Claimed, claimed
from lazpool.actions.exporting import lines, names_of
from lazpool.cli import times
from lazpool.cli.accounts import line_document
from lazpool.cli.app import Table
from lazpool.cli.backups import resume
from lazpool.cli.choosing import choice, filters
from lazpool.cli.commands import epilog, group
from lazpool.cli.exports import checkpoint, export
from lazpool.cli.partners import who
from lazpool.cli.recovering import recover
from lazpool.cli.typed import short
from lazpool.cli.views import money
from lazpool.cli.words import price
from lazpool.errors import DamagedError
from lazpool.records.corrections import CorrectionTerms, correction_from
from lazpool.records.entries import (
    CHECKPOINT,
    CLAIM,
    COMMITMENTS,
    DEVICE_ADDED,
    DEVICE_REVOKED,
    DISPUTE,
    GENESIS,
    KINDS,
    RESOLVED,
    RESUMED,
    ROTATED,
    Entry,
    commitment_of,
    entry_from,
)
from lazpool.records.receipts import blind_commitment, receipt_from
from lazpool.records.settlements import FORGIVEN, METHODS, SettlementTerms, settlement_from
from lazpool.rules.checkpoints import statement_of
from lazpool.store import checkpoints, logs
from lazpool.store import ledger as stored
from lazpool.store import settlements as settled

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.actions.exporting import Line
    from lazpool.cli.app import App
    from lazpool.rules.ledger import Terms

_NOTHING = "No receipts yet. One is signed by both at the end of a ride: lazpool pickup, lazpool done"

_NONE = "No rides or settlements yet, or none that fit."
_COLUMNS = ("day", "what", ">they owe you", "signed by", "id")
_LOG_COLUMNS = (">no", "kind", "at", "what", ">they owe you", "id")
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
        receipts, names, wanted = _receipts(desk), names_of(desk), choice(desk, **which)
        entries = [one for one in _entries(desk) if wanted.takes(one.time // 60, _with(desk, one, receipts))]
        found = lines(desk, wanted, every=True)
        documents = {
            "entries": [_document(desk, entry, receipts) for entry in entries],
            "records": [{**line_document(desk, one), "state": one.state} for one in found],
        }
        if log:
            rows = [_row(desk, entry, receipts, names) for entry in entries]
            table = Table(_LOG_COLUMNS, rows, "No entries, or none that fit.", _KINDS if rows else "")
        else:
            lapsed = any(one.state != stored.SEALED for one in found)
            table = Table(_COLUMNS, [_record(desk, one) for one in found], _NONE, _STATES if lapsed else _SIGN)
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
    documents = [
        {
            "with": one.other.hex(),
            "name": names.get(one.other, ""),
            "share": money(one.amount, one.unit),
            "by_rides": money(one.by_rides, one.unit),
            "settled": money(one.settled, one.unit),
            "corrected": money(one.corrected, one.unit),
            "km": one.distance / 10,
            "rides": one.rides,
        }
        for one in found
    ]
    changed = any(one.corrected for one in found)  # a column for the few who need it
    rows = [
        (
            *(who(one.other, names), price(one.amount, one.unit), price(one.by_rides, one.unit)),
            *(price(one.settled, one.unit), *([price(one.corrected, one.unit)] if changed else [])),
            *(_km(one.distance), str(one.rides)),
        )
        for one in found
    ]
    corrected = (">corrected",) if changed else ()
    columns = ("with", ">they owe you", ">by rides", ">settled", *corrected, ">km", ">rides")
    notes = ["what is negative, you owe; to settle: lazpool settle WITH AMOUNT"] if any(o.amount for o in found) else []
    notes += [f"{offered} to confirm or refuse: lazpool settlements"] if offered else []
    notes += [f"{changes} to confirm or refuse: lazpool disputes"] if changes else []
    notes += [f"claimed, not counted: {price(one.amount, one.unit)} from {one.deal.peer_name}" for one in claims]
    app.show(
        {"balances": documents, "claims": [_claim(one) for one in claims]},
        Table(columns, rows, _NONE if any(which.values()) else _NOTHING, "\n".join(notes)),
    )


def _claim(one: Claimed) -> dict[str, object]:
    """Return what is claimed and counts nowhere."""
    return {"deal": one.deal.id.hex(), "with": one.deal.peer.hex(), "share": money(one.amount, one.unit)}


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


_SAID = {
    GENESIS: "your ledger begins",
    RESUMED: "it goes on from the log above",
    DEVICE_ADDED: "another machine may sign as you",
    DEVICE_REVOKED: "a log of yours may sign no more",
    ROTATED: "another identity key is yours",
    CLAIM: "you claim a ride: lazpool disputes",
    DISPUTE: "you dispute a record: lazpool disputes",
    RESOLVED: "a claim or dispute of yours ended",
}


def _record(desk: Desk, line: Line) -> tuple[str, ...]:
    """Return a ride or a settlement as a row."""
    other = line.name or short(line.other)
    what = _paid(other, line.method, ours=line.ours) if line.method else _rode(other, line.distance, ours=line.ours)
    what = _corrected(other, line.record, ours=line.ours) if line.record else what
    return times.day(desk, line.minute), what, price(line.amount, line.unit), _signers(line, other), short(line.id)


def _signers(line: Line, other: str) -> str:
    """Return who has signed it, and what became of it without the other half."""
    first = "you" if line.ours else other
    if line.state == stored.SEALED:
        return "both"
    return {
        stored.PROPOSED: f"you, {other} is asked",
        stored.LAPSED: f"{first} alone, lapsed",
        settled.OFFERED: f"{other}, you are asked",
        settled.REFUSED: f"{first} alone, refused",
    }[line.state]


def _entries(desk: Desk) -> list[Entry]:
    """Return the entries of every log of this person, those of older logs first."""
    old = [entry_from(one.body) for log in logs.every(desk.node) for one in logs.entries(desk.node, log)]
    return old + [entry_from(envelope.body) for envelope in stored.entries(desk.node)]


def _receipts(desk: Desk) -> dict[bytes, Terms]:
    """Return receipts and settlements by what log entries show of them."""
    found: dict[bytes, Terms] = {}
    for state in (stored.PROPOSED, stored.SEALED, stored.LAPSED):
        for one in stored.receipts(desk.node, state):
            found[blind_commitment(one.id, one.blind)] = receipt_from(one.terms)
        for paid in settled.in_state(desk.node, state):
            found[blind_commitment(paid.id, paid.blind)] = settlement_from(paid.terms)
        for changed in settled.CORRECTIONS.in_state(desk.node, state):
            found[blind_commitment(changed.id, changed.blind)] = correction_from(changed.terms)
    return found


def _with(desk: Desk, entry: Entry, receipts: dict[bytes, Terms]) -> bytes | None:
    terms = _of(entry, receipts)
    return other_of(desk, terms) if terms else None


def _km(distance: int) -> str:
    return f"{distance / 10:.1f}"


def _of(entry: Entry, receipts: dict[bytes, Terms]) -> Terms | None:
    return receipts.get(commitment_of(entry)) if entry.kind in COMMITMENTS else None


def _document(desk: Desk, entry: Entry, receipts: dict[bytes, Terms]) -> dict[str, object]:
    head = {"log": entry.log_pk.hex(), "seq": entry.seq, "id": entry.id.hex(), "kind": KINDS[entry.kind]}
    head["at"] = times.iso_second(desk, entry.time)
    terms = _of(entry, receipts)
    if entry.kind == CHECKPOINT:
        return {**head, "receipt": None, "size": entry.seq - 1, "witnesses": _witnesses(desk, entry)}
    if terms is None:
        return {**head, "receipt": None}
    said: dict[str, object] = {
        **head,
        "receipt": terms.id.hex(),
        "with": other_of(desk, terms).hex(),
        "share": money(_signed(desk, terms), terms.unit),
    }
    if isinstance(terms, SettlementTerms):
        return {**said, "method": METHODS[terms.method]}
    if isinstance(terms, CorrectionTerms):
        return {**said, "record": terms.record.hex()}
    return {**said, "deal": terms.ride.hex(), "km": terms.distance / 10}


def _row(desk: Desk, entry: Entry, receipts: dict[bytes, Terms], names: dict[bytes, str]) -> tuple[str, ...]:
    head = (str(entry.seq), KINDS[entry.kind], times.day_and_time(desk, entry.time // 60))
    terms = _of(entry, receipts)
    if terms is None:
        said = f"all {entry.seq - 1} before, witnessed by {_witnesses(desk, entry)}" if entry.kind == CHECKPOINT else ""
        return (*head, said or _SAID.get(entry.kind, ""), "", "")
    return (*head, _what(desk, terms, names), price(_signed(desk, terms), terms.unit), short(terms.id))


def _witnesses(desk: Desk, entry: Entry) -> int:
    return len(checkpoints.witnesses(desk.node, statement_of(entry).id))


def _what(desk: Desk, terms: Terms, names: dict[bytes, str]) -> str:
    other, owing = who(other_of(desk, terms), names), terms.debtor in desk.identities
    if isinstance(terms, SettlementTerms):
        return _paid(other, METHODS[terms.method], ours=owing)
    if isinstance(terms, CorrectionTerms):
        return _corrected(other, terms.record, ours=owing)
    return _rode(other, terms.distance, ours=owing)


def _paid(other: str, method: str, *, ours: bool) -> str:
    if method == METHODS[FORGIVEN]:
        return f"{other} let you off" if ours else f"you let {other} off"
    return f"you paid {other}, {method}" if ours else f"{other} paid you, {method}"


def _corrected(other: str, record: bytes, *, ours: bool) -> str:
    return f"you corrected {short(record)} with {other}" if ours else f"{other} corrected {short(record)}"


def _rode(other: str, distance: int, *, ours: bool) -> str:
    return f"you rode with {other}, {_km(distance)} km" if ours else f"you drove {other} {_km(distance)} km"


def _signed(desk: Desk, terms: Terms) -> int:
    """Return the amount as the balance counts it: positive when they owe us more by it."""
    claim = terms.amount if terms.creditor in desk.identities else -terms.amount
    return -claim if isinstance(terms, SettlementTerms) else claim
