"""What letters say of their senders' logs is kept, and compared: so a log of which there are two is found.

It happens before a letter is acted on and in a transaction of its own, since the letter that gives a fork away is
mostly one that is then refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, get_args

from lazpool.actions import forks
from lazpool.actions.receipts import unpack_halves
from lazpool.errors import MalformedError
from lazpool.records.corrections import CorrectionTerms
from lazpool.records.cosigned import terms_from
from lazpool.records.disputes import Correction
from lazpool.records.entries import entry_id
from lazpool.records.forks import (
    ENTRY,
    FIRST,
    Fork,
    Statement,
    check_statement,
    counted_half,
    fork_of,
    said_by,
    second_half,
)
from lazpool.records.halves import Confirmation, Countersign, Receipt, Settlement
from lazpool.records.receipts import ReceiptTerms, check_second
from lazpool.records.recovery import Records
from lazpool.records.settlements import SettlementTerms
from lazpool.rules.forks import check_fork
from lazpool.rules.ledger import direction
from lazpool.store import deals, ledger, logs, recoveries
from lazpool.store import forks as store
from lazpool.store import settlements as settled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lazpool.actions.desk import Desk
    from lazpool.records.cosigned import CoSignedTerms
    from lazpool.records.letters import Letter
    from lazpool.records.receipts import Countersignature
    from lazpool.records.recovery import SealedRecord
    from lazpool.store.deals import Deal
    from lazpool.store.ledger import StoredReceipt
    from lazpool.store.settlements import Stored

Signed: TypeAlias = Receipt | Countersign | Settlement | Confirmation | Correction | Records
_SIGNED = get_args(Signed)


def witness(desk: Desk, letter: Letter) -> None:
    """Note where a partner's log stands by a letter of theirs, and tell of it when that contradicts what we know."""
    body, deal = letter.body, deals.get(desk.node, letter.deal)
    if not isinstance(body, _SIGNED) or deal is None or letter.sender != deal.peer_log or not _wanted(desk, body, deal):
        return
    with desk.node.transaction():
        for log_pk, statement in _statements(desk, body):
            saw(desk, log_pk, statement, deal if log_pk == deal.peer_log else None)
        if isinstance(body, Countersign):  # a confirmation is one, too
            _compare_numbers(desk, body.half, deal)


def saw(desk: Desk, log_pk: bytes, statement: Statement, deal: Deal | None = None) -> None:
    """Keep what a log's key signed about the log, and prove a fork where it said something else before.

    deal: with whose log it is, who is then shown the proof. What is not well signed is left out.
    """
    try:
        said = said_by(statement, desk.net, log_pk)
        check_statement(statement, desk.net, log_pk)
    except MalformedError:
        return
    before = _before(desk, log_pk, said.seq)
    if before is None:
        store.add_head(desk.node, log_pk, said.seq, said.head, statement)
    elif before[0] != said.head:
        _prove(desk, fork_of(desk.net, log_pk, before[1], statement), deal)


def _wanted(desk: Desk, body: Signed, deal: Deal) -> bool:
    """Tell whether a letter is one that we look into: records are, if somebody was asked for them."""
    known = recoveries.get(desk.node, deal.peer) if isinstance(body, Records) else None
    return not isinstance(body, Records) or (known is not None and known.state == recoveries.ASKED)


def _before(desk: Desk, log_pk: bytes, seq: int) -> tuple[bytes, Statement] | None:
    """Return what is known of an entry of a log: of our own what it is, of another what was said before."""
    if log_pk == desk.device.log_pk:
        envelope = ledger.envelope_at(desk.node, seq)
    elif log_pk in logs.every(desk.node):
        envelope = next(iter(logs.entries(desk.node, log_pk)[seq - 1 : seq]), None)
    else:
        return store.head(desk.node, log_pk, seq)
    return (entry_id(envelope.body), Statement(ENTRY, envelope.body, envelope.signature)) if envelope else None


def _statements(desk: Desk, body: Signed) -> Iterable[tuple[bytes, Statement]]:
    match body:
        case Records():
            for record in body.records:
                yield from _in_record(record)
        case Receipt() | Settlement() | Correction():
            yield terms_from(body.terms).init_log, Statement(FIRST, body.terms, body.signature)
        case _:
            half, kind = body.half, _kind_of(desk, body)
            yield half.device.log_pk, second_half(kind, half.receipt_id, half.seq, half.head, half.signature)


def _in_record(record: SealedRecord) -> Iterable[tuple[bytes, Statement]]:
    try:
        terms, half = terms_from(record.terms), unpack_halves(record.debtor, record.second)[1]
    except MalformedError:
        return
    yield terms.init_log, Statement(FIRST, record.terms, record.first)
    yield half.device.log_pk, second_half(terms.KIND, terms.id, half.seq, half.head, half.signature)


def _kind_of(desk: Desk, body: Countersign | Confirmation) -> int:
    """Return the kind of the record that a second half is of."""
    if not isinstance(body, Confirmation):
        return ReceiptTerms.KIND
    is_correction = settled.CORRECTIONS.get(desk.node, body.half.receipt_id) is not None
    return CorrectionTerms.KIND if is_correction else SettlementTerms.KIND


def _compare_numbers(desk: Desk, half: Countersignature, deal: Deal) -> None:
    """Prove a fork where the second half of another record with the same number was signed by the same log."""
    terms = _terms_of(desk, half.receipt_id)
    if terms is None:
        return
    try:
        check_second(terms, half)
    except MalformedError:
        return
    if (found := _sealed_with_its_number(desk, terms)) is None:
        return
    other, second = found
    if other.id != terms.id and second.device.log_pk == half.device.log_pk:
        both = (counted_half(one, it.seq, it.head, it.signature) for one, it in ((terms, half), (other, second)))
        _prove(desk, fork_of(desk.net, half.device.log_pk, *both), deal)


def _terms_of(desk: Desk, identifier: bytes) -> CoSignedTerms | None:
    stored = ledger.receipt(desk.node, identifier) or settled.get(desk.node, identifier)
    stored = stored or settled.CORRECTIONS.get(desk.node, identifier)
    return terms_from(stored.terms) if stored else None


def _sealed_with_its_number(desk: Desk, like: CoSignedTerms) -> tuple[CoSignedTerms, Countersignature] | None:
    if isinstance(like, ReceiptTerms):
        stored: StoredReceipt | Stored | None = ledger.sealed_at(desk.node, direction(like), like.dir_seq)
    else:
        shelf = settled.SETTLEMENTS if isinstance(like, SettlementTerms) else settled.CORRECTIONS
        stored = next(iter(shelf.sealed_from(desk.node, direction(like), like.dir_seq, 1)), None)
    if stored is None or stored.dir_seq != like.dir_seq:
        return None
    return terms_from(stored.terms), unpack_halves(stored.debtor, stored.second)[1]


def _prove(desk: Desk, fork: Fork, deal: Deal | None) -> None:
    check_fork(fork)
    forks.tell(desk, fork, deal)
