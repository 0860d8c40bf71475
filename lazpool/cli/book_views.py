"""The ledger as JSON documents, as tables and in words: balances, what adds to them, and the entries of the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.actions.books import other_of
from lazpool.cli import times
from lazpool.cli.app import Table
from lazpool.cli.partners import who
from lazpool.cli.typed import short
from lazpool.cli.views import money
from lazpool.cli.words import price
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
    from collections.abc import Sequence

    from lazpool.actions.desk import Desk
    from lazpool.actions.disputes import Claimed
    from lazpool.actions.exporting import Line
    from lazpool.rules.ledger import Balance, Terms

LINE_COLUMNS = ("day", "what", ">they owe you", "signed by", "id")
ENTRY_COLUMNS = (">no", "kind", "at", "what", ">they owe you", "id")
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


def balance_document(one: Balance, names: dict[bytes, str]) -> dict[str, object]:
    """Return what one person owes us in one unit, and by what."""
    return {
        "with": one.other.hex(),
        "name": names.get(one.other, ""),
        "share": money(one.amount, one.unit),
        "by_rides": money(one.by_rides, one.unit),
        "settled": money(one.settled, one.unit),
        "corrected": money(one.corrected, one.unit),
        "km": one.distance / 10,
        "rides": one.rides,
    }


def balance_table(found: Sequence[Balance], names: dict[bytes, str], empty: str, note: str) -> Table:
    """Return balances for people; empty: what is said where there are none."""
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
    return Table(("with", ">they owe you", ">by rides", ">settled", *corrected, ">km", ">rides"), rows, empty, note)


def claim_document(one: Claimed) -> dict[str, object]:
    """Return what is claimed and counts nowhere."""
    return {"deal": one.deal.id.hex(), "with": one.deal.peer.hex(), "share": money(one.amount, one.unit)}


def line_row(desk: Desk, line: Line) -> tuple[str, ...]:
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


def every_entry(desk: Desk) -> list[Entry]:
    """Return the entries of every log of this person, those of older logs first."""
    old = [entry_from(one.body) for log in logs.every(desk.node) for one in logs.entries(desk.node, log)]
    return old + [entry_from(envelope.body) for envelope in stored.entries(desk.node)]


def terms_shown(desk: Desk) -> dict[bytes, Terms]:
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


def other_in(desk: Desk, entry: Entry, shown: dict[bytes, Terms]) -> bytes | None:
    """Return whom an entry is about besides us; shown: as terms_shown returns it."""
    terms = _of(entry, shown)
    return other_of(desk, terms) if terms else None


def _of(entry: Entry, shown: dict[bytes, Terms]) -> Terms | None:
    return shown.get(commitment_of(entry)) if entry.kind in COMMITMENTS else None


def entry_document(desk: Desk, entry: Entry, shown: dict[bytes, Terms]) -> dict[str, object]:
    """Return an entry of a log."""
    head = {"log": entry.log_pk.hex(), "seq": entry.seq, "id": entry.id.hex(), "kind": KINDS[entry.kind]}
    head["at"] = times.iso_second(desk, entry.time)
    terms = _of(entry, shown)
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


def entry_row(desk: Desk, entry: Entry, shown: dict[bytes, Terms], names: dict[bytes, str]) -> tuple[str, ...]:
    """Return an entry of a log as a row."""
    head = (str(entry.seq), KINDS[entry.kind], times.day_and_time(desk, entry.time // 60))
    terms = _of(entry, shown)
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


def _km(distance: int) -> str:
    return f"{distance / 10:.1f}"
