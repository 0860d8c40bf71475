"""Replaying a ledger from its bytes: whether chains hold, and whether they tell of each record what is stored of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from lazpool.errors import MalformedError, RefusedError
from lazpool.records.checkpoints import tree_head_from
from lazpool.records.corrections import CorrectionTerms
from lazpool.records.entries import (
    CHECKPOINT,
    CIRCLE_FOUNDING,
    CIRCLE_RIDE,
    CLAIM,
    COMMITMENTS,
    CORRECT_LAPSED,
    CORRECT_PROPOSED,
    CORRECT_SEALED,
    DISPUTE,
    GENESIS,
    LAPSED,
    PROPOSED,
    RESOLVED,
    RESUMED,
    RESUMED_SEQ,
    ROTATED,
    SEALED,
    SETTLE_LAPSED,
    SETTLE_PROPOSED,
    SETTLE_SEALED,
    ZEROS,
    Entry,
    Resumed,
    check_entry,
    commitment_of,
    entry_from,
    entry_id,
    genesis_from,
    keys_of,
    resumed_from,
)
from lazpool.records.receipts import MAX_SEQ
from lazpool.rules.ledger import SEALS, check_follows, direction
from lazpool.rules.merkle import Growing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from lazpool.rules.ledger import Direction, SealedReceipt, Terms
    from lazpool.wire.envelope import Envelope


def verify_chain(envelopes: Sequence[Envelope], *, net: bytes, log_pk: bytes) -> tuple[list[Entry], list[str]]:
    """Replay a log from bytes; return its entries and what is wrong with it, in words."""
    entries: list[Entry] = []
    errors: list[str] = []
    expected, tree = (1, ZEROS, 0), Growing()
    for position, envelope in enumerate(envelopes, 1):
        try:
            entry, identifier = _checked(envelope, net=net, log_pk=log_pk, expected=expected, tree=tree)
        except MalformedError as wrong:
            errors.append(f"entry {position}: {wrong.message}")
            break  # what follows hangs on this entry, so it proves nothing
        entries.append(entry)
        expected = (entry.seq + 1, identifier, entry.time)
        tree.add(identifier)
    return entries, errors


def verify_links(logs: Sequence[Sequence[Entry]], identity: bytes) -> list[str]:
    """Check that each log, oldest first, is this person's, and says that it goes on from the end of the one before.

    identity: the newest that the logs speak for; others may stand before it, which it has followed.
    """
    errors = []
    person = genesis_from(logs[0][0]).device.identity if logs and logs[0] else identity
    before: Entry | None = None
    for number, log in enumerate(logs, 1):
        if log and genesis_from(log[0]).device.identity != person:
            errors.append(f"log {number}: belongs to somebody else")
        said = next((resumed_from(entry) for entry in log[1:RESUMED_SEQ] if entry.kind == RESUMED), None)
        if said != (Resumed(before.log_pk, before.seq, before.id) if before else None):
            errors.append(f"log {number}: does not go on from the end of the one before it")
        before = log[-1] if log else before
        person = next((keys_of(entry)[0] for entry in reversed(log) if entry.kind == ROTATED), person)
    return errors if person == identity else [*errors, "the logs belong to somebody else"]


def verify_receipts(
    entries: Sequence[Entry], receipts: Iterable[SealedReceipt], gone: Collection[bytes] = ()
) -> list[str]:
    """Check each sealed receipt and settlement from bytes and against the log.

    It must be sealed exactly once, show a head that the log had, and nothing may be sealed without it, but for what was
    forgotten. gone: the commitments of that.
    """
    kinds = set(SEALS.values())
    sealed = Counter((entry.kind, commitment_of(entry)) for entry in entries if entry.kind in kinds)
    heads = {(entry.log_pk, entry.seq, entry.id) for entry in entries}
    ends = known_ends(entries)
    errors = []
    for receipt in receipts:
        name = receipt.terms.id.hex()[:12]
        try:
            receipt.check()
        except MalformedError as wrong:
            errors.append(f"receipt {name}: {wrong.message}")
        if any(shown[1] <= ends.get(shown[0], 0) and shown not in heads for shown in receipt.heads):
            errors.append(f"receipt {name}: shows an entry that the log does not have")
        if sealed[receipt.seal] != 1:
            errors.append(f"receipt {name}: sealed {sealed[receipt.seal]} times in the log, not once")
        else:
            del sealed[receipt.seal]
    missing = [one.hex()[:12] for _, one in sealed.elements() if one not in gone]
    return errors + [f"the log seals a receipt that is missing: commitment {one}" for one in missing]


def known_ends(entries: Iterable[Entry]) -> dict[bytes, int]:
    """Return up to which number the entries of each log are known; of the newest log, the last one, that is all.

    Older logs may have gone on after the backup from which the home was restored.
    """
    ends = {entry.log_pk: entry.seq for entry in entries}
    return {**ends, **dict.fromkeys(list(ends)[-1:], MAX_SEQ)}


def check_stages(
    entries: Iterable[Entry], stages: Iterable[tuple[bytes, int, bool]], gone: Collection[bytes] = ()
) -> list[str]:
    """Check that the log tells of each receipt what is stored of it, and of no other.

    stages: commitment, the kind of entry that the receipt has got to, and whether the log's owner signed first, in a
    part of a log that is known. gone: commitments of what was forgotten.
    """
    told: dict[bytes, tuple[int, ...]] = defaultdict(tuple)
    for entry in entries:
        if entry.kind in COMMITMENTS or entry.kind == DISPUTE:
            told[commitment_of(entry)] += (entry.kind,)
    errors = []
    for commitment, kind, first in stages:
        story = told.pop(commitment, ())
        if story not in _STORIES.get((kind, first), ()):
            errors.append(f"receipt with commitment {commitment.hex()[:12]}: the log tells another story of it")
    missing = [one for one in told if one not in gone]
    return errors + [f"the log tells of a receipt that is missing: commitment {one.hex()[:12]}" for one in missing]


_STORIES: dict[tuple[int, bool], tuple[tuple[int, ...], ...]] = {
    (PROPOSED, True): ((PROPOSED,),),
    (LAPSED, True): ((PROPOSED, LAPSED),),
    (SEALED, True): ((PROPOSED, SEALED), (PROPOSED, LAPSED, SEALED)),
    (SEALED, False): ((SEALED,),),
    (SETTLE_PROPOSED, True): ((SETTLE_PROPOSED,),),
    (SETTLE_LAPSED, True): ((SETTLE_PROPOSED, SETTLE_LAPSED),),
    (SETTLE_SEALED, True): ((SETTLE_PROPOSED, SETTLE_SEALED), (SETTLE_PROPOSED, SETTLE_LAPSED, SETTLE_SEALED)),
    (SETTLE_SEALED, False): ((SETTLE_SEALED,),),
    (CIRCLE_FOUNDING, True): ((CIRCLE_FOUNDING,),),
    (CIRCLE_RIDE, True): ((CIRCLE_RIDE,),),
    (CORRECT_PROPOSED, True): ((CORRECT_PROPOSED,),),
    (CORRECT_LAPSED, True): ((CORRECT_PROPOSED, CORRECT_LAPSED),),
    (CORRECT_SEALED, True): ((CORRECT_PROPOSED, CORRECT_SEALED), (CORRECT_PROPOSED, CORRECT_LAPSED, CORRECT_SEALED)),
    (CORRECT_SEALED, False): ((CORRECT_SEALED,),),
    (CLAIM, True): ((CLAIM,), (CLAIM, RESOLVED)),
    (DISPUTE, True): ((DISPUTE,), (DISPUTE, RESOLVED)),
}
"""What a log may tell of a receipt that has got to a stage, by whether its owner signed first."""


def check_counts(
    records: Iterable[Terms], bases: Mapping[tuple[int, Direction], tuple[int, int]] | None = None
) -> list[str]:
    """Check that the receipts of each direction are numbered and summed without a gap, and those of other kinds, too.

    bases: number and total of the newest forgotten record, by kind and direction.
    """
    directions: dict[tuple[int, Direction], list[Terms]] = defaultdict(list)
    for terms in records:
        directions[terms.KIND, direction(terms)].append(terms)
    errors = []
    for of, group in directions.items():
        last = (bases or {}).get(of, (0, 0))
        for terms in sorted(group, key=lambda one: one.dir_seq):
            try:
                check_follows(terms, last)
            except RefusedError as wrong:
                errors.append(f"receipt {terms.id.hex()[:12]}: {wrong.message}")
            last = (terms.dir_seq, terms.dir_balance)
    return errors


def check_corrected(records: Sequence[Terms], person: Callable[[bytes], bytes] = bytes) -> list[str]:
    """Check that each correction is of a receipt or settlement between the same two people, in its unit."""

    def about(one: Terms) -> set[object]:
        return {person(one.debtor), person(one.creditor), one.unit}

    known = {one.id: about(one) for one in records if not isinstance(one, CorrectionTerms)}
    return [
        f"correction {one.id.hex()[:12]}: of no record of these two"
        for one in records
        if isinstance(one, CorrectionTerms) and known.get(one.record) != about(one)
    ]


def _checked(
    envelope: Envelope, *, net: bytes, log_pk: bytes, expected: tuple[int, bytes, int], tree: Growing
) -> tuple[Entry, bytes]:
    entry, identifier = entry_from(envelope.body), entry_id(envelope.body)
    if (entry.net, entry.log_pk) != (net, log_pk):
        raise MalformedError("chain", "belongs to another log or network")
    if (entry.seq, entry.prev) != expected[:2]:
        raise MalformedError("chain", "does not follow the entry before it")
    if entry.time < expected[2]:
        raise MalformedError("chain", "is older than the entry before it")
    if entry.kind == CHECKPOINT and tree_head_from(entry.payload).root != tree.root():
        raise MalformedError("chain", "states another root than that of the entries before it")
    check_entry(entry, envelope.signature, identifier)
    if entry.kind == GENESIS:
        genesis_from(entry)
    return entry, identifier
