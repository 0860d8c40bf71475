"""Reading the ledger: verify everything from bytes, and say who owes whom."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from lazpool.actions import corrections, receipts, settlements
from lazpool.actions.disputes import other_of as of_others
from lazpool.actions.exporting import Choice
from lazpool.actions.receipts import debtor_from
from lazpool.errors import MalformedError
from lazpool.records.checkpoints import check_statement, check_witness, read_statement
from lazpool.records.corrections import CorrectionTerms
from lazpool.records.cosigned import terms_from
from lazpool.records.disputes import NOT_SIGNED
from lazpool.records.entries import CIRCLE_FOUNDING, CIRCLE_RIDE, CLAIM, CORRECTIONS, DISPUTE, RIDES, SETTLEMENTS
from lazpool.records.receipts import ReceiptTerms, blind_commitment, check_first, receipt_from
from lazpool.records.settlements import SettlementTerms, settlement_from
from lazpool.rules.checkpoints import checkpoints_of
from lazpool.rules.ledger import SealedReceipt, Terms, balances, direction
from lazpool.rules.replay import (
    check_corrected,
    check_counts,
    check_stages,
    known_ends,
    verify_chain,
    verify_links,
    verify_receipts,
)
from lazpool.store import checkpoints, circles, disputes, forgotten, ledger, logs, rotations
from lazpool.store import settlements as settled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lazpool.actions.desk import Desk
    from lazpool.records.entries import Entry
    from lazpool.rules.ledger import Balance
    from lazpool.store.forgotten import Counted
    from lazpool.store.ledger import StoredReceipt


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a replay of the ledger found: how many entries hold, what is wrong, in words, and what was forgotten.

    forgotten: commitments in the log whose receipts the owner has forgotten.
    """

    entries: int
    errors: list[str]
    forgotten: int = 0

    @property
    def ok(self) -> bool:
        """Tell whether nothing is wrong."""
        return not self.errors


def verify(desk: Desk) -> Verdict:
    """Replay the log and every receipt from bytes, offline, and compare what rows are looked up by with them."""
    chains, errors = _chains(desk)
    entries = [entry for chain in chains for entry in chain]
    errors += [] if errors else verify_links(chains, desk.identity)
    sealed, broken = _sealed(desk)
    stages, odd = _stages(desk, known_ends(entries))
    gone, records = forgotten.commitments(desk.node), [one.terms for one in sealed]
    errors += broken + odd + verify_receipts(entries, sealed, gone) + check_counts(records, _bases(desk, sealed))
    errors += check_corrected(records, rotations.person(desk.node))
    for one in sealed:
        if desk.identities.isdisjoint({one.terms.debtor, one.terms.creditor}):
            errors.append(f"receipt {_short(one.terms.id)}: does not name this person")
    errors += check_stages(entries, [*stages, *_circles(desk)], gone) + _statements(desk, entries)
    return Verdict(len(entries), errors, len(gone))


def _bases(desk: Desk, sealed: list[SealedReceipt]) -> dict[Counted, tuple[int, int]]:
    """Return where counts began again after a person was forgotten, for those of whom there are new records."""
    found = {}
    for debtor, creditor in {(one.terms.debtor, one.terms.creditor) for one in sealed}:
        for of, base in forgotten.bases(desk.node, debtor, creditor).items():
            found[of] = base.seq, base.balance
    return found


def _chains(desk: Desk) -> tuple[list[list[Entry]], list[str]]:
    """Return the entries of each log, oldest log first, and what is wrong within them."""
    found = [(log, logs.entries(desk.node, log), logs.index(desk.node, log)) for log in logs.every(desk.node)]
    found.append((desk.device.log_pk, ledger.entries(desk.node), ledger.index(desk.node)))
    chains, errors = [], []
    for log_pk, envelopes, index in found:
        entries, wrong = verify_chain(envelopes, net=desk.net, log_pk=log_pk)
        if not entries and not wrong:
            wrong = ["the log is empty: its first entry is missing"]
        if not wrong and index != [(entry.seq, entry.id) for entry in entries]:
            wrong = ["the log: an entry is filed under another number or id"]
        chains.append(entries)
        errors += wrong
    return chains, errors


def balance(desk: Desk, choice: Choice | None = None) -> list[Balance]:
    """Return what others owe us, and we owe others, from what both have signed alone; or what some of it comes to.

    choice: of which days and with whom. Without a first day that is the balance as it stood at the end of the last.
    """
    wanted = choice or Choice()
    rides = [receipt_from(one.terms) for one in ledger.receipts(desk.node)]
    paid = [settlement_from(one.terms) for one in settled.in_state(desk.node, settled.SEALED)]
    taken = [one for one in rides if wanted.takes(one.start, other_of(desk, one))]
    agreed: list[SettlementTerms | CorrectionTerms] = [*paid, *corrections.sealed(desk)]
    later = [one for one in agreed if wanted.takes(one.at, other_of(desk, one))]
    return balances(desk.identity, [*taken, *later], rotations.person(desk.node))


def other_of(desk: Desk, terms: Terms) -> bytes:
    """Return the other person of a record of ours, by their newest identity."""
    return of_others(desk, terms)


def _sealed(desk: Desk) -> tuple[list[SealedReceipt], list[str]]:
    found, errors = [], []
    reading: list[Callable[[], SealedReceipt]] = [partial(receipts.unpack, one) for one in ledger.receipts(desk.node)]
    for shelf in (settled.SETTLEMENTS, settled.CORRECTIONS):
        reading += [partial(settlements.unpack, one) for one in shelf.in_state(desk.node, settled.SEALED)]
    for read in reading:
        try:
            found.append(read())
        except MalformedError as wrong:
            errors.append(f"a sealed record cannot be read: {wrong.message}")
    return found, errors


def _stages(desk: Desk, ends: dict[bytes, int]) -> tuple[list[tuple[bytes, int, bool]], list[str]]:
    """Return commitment, stage and whether we signed first of all that the log tells of, and what is wrong."""
    stages, errors = [], []
    for stored, kind in _told(desk):
        try:
            terms = terms_from(stored.terms)
            check_first(terms, stored.first, debtor_from(stored.debtor))
        except MalformedError as wrong:
            errors.append(f"receipt {_short(stored.id)}: {wrong.message}")
            continue
        if _filed(stored) != (terms.id, *direction(terms), terms.dir_seq, terms.expires, _ride(terms, stored)):
            errors.append(f"receipt {_short(terms.id)}: is filed under something else than it says")
        if _KINDS[kind] != terms.KIND:
            errors.append(f"receipt {_short(terms.id)}: is filed among those of another kind")
        proposed = terms.debtor in desk.identities and terms.init_seq < ends.get(terms.init_log, 0)
        stages.append((blind_commitment(terms.id, stored.blind), kind, proposed))
    for one in disputes.everything(desk.node):
        if one.mine:
            kind = CLAIM if one.reason == NOT_SIGNED else DISPUTE
            stages.append((blind_commitment(one.reference, one.blind), kind, True))
    return stages, errors


def _statements(desk: Desk, entries: list[Entry]) -> list[str]:
    """Check what others were shown of our logs, and what witnesses signed."""
    stated, errors = checkpoints_of(entries), []
    for one in checkpoints.every(desk.node):
        try:
            statement, signature = read_statement(one.statement)
            check_statement(statement, signature)
            for witness in checkpoints.witnesses(desk.node, one.id):
                check_witness(statement, witness)
        except MalformedError as wrong:
            errors.append(f"checkpoint {_short(one.id)}: {wrong.message}")
            continue
        if (one.id, one.log, one.size) != (statement.id, statement.log_pk, statement.size) or statement not in stated:
            errors.append(f"checkpoint {_short(one.id)}: is not what the log says")
    return errors


def _told(desk: Desk) -> Iterator[tuple[StoredReceipt | settled.Stored, int]]:
    """Yield what the log tells of, with the kind of entry that it has got to."""
    for state, ride, settlement, correction in zip(_STATES, RIDES, SETTLEMENTS, CORRECTIONS, strict=True):
        yield from ((one, ride) for one in ledger.receipts(desk.node, state))
        yield from ((one, settlement) for one in settled.in_state(desk.node, state))
        yield from ((one, correction) for one in settled.CORRECTIONS.in_state(desk.node, state))


def _circles(desk: Desk) -> Iterator[tuple[bytes, int, bool]]:
    """Yield what the log tells of circles: what we signed there."""
    for one in circles.signed(desk.node):
        kind = CIRCLE_RIDE if one.kind == circles.RIDE else CIRCLE_FOUNDING
        yield blind_commitment(one.decoded.id, one.blind), kind, True


def _filed(stored: StoredReceipt | settled.Stored) -> tuple[object, ...]:
    people = (stored.payer, stored.payee) if isinstance(stored, settled.Stored) else (stored.passenger, stored.driver)
    return stored.id, *people, stored.unit, stored.dir_seq, stored.expires, stored.deal


def _ride(terms: Terms, stored: StoredReceipt | settled.Stored) -> bytes:
    """Return the deal that a record belongs to; a settlement does not say, since it is of no ride."""
    return terms.ride if isinstance(terms, ReceiptTerms) else stored.deal


def _short(identifier: bytes) -> str:
    return identifier.hex()[:12]


_KINDS = {
    **dict.fromkeys(RIDES, ReceiptTerms.KIND),
    **dict.fromkeys(SETTLEMENTS, SettlementTerms.KIND),
    **dict.fromkeys(CORRECTIONS, CorrectionTerms.KIND),
}
"""What kind of terms an entry of a kind is about."""
_STATES = (ledger.PROPOSED, ledger.SEALED, ledger.LAPSED)
"""In the order of the kinds of entries."""
