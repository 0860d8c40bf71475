"""Records that both signed come back from the partner: asked for, checked from their bytes, sealed once more.

Each function that begins with `on_` is part of the transaction that remembers its letter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.actions import asking, imports, rotating
from lazpool.actions.letters import How, write
from lazpool.errors import MalformedError, RefusedError
from lazpool.records.receipts import ReceiptTerms
from lazpool.records.recovery import DEBTOR, MAX_RECORDS, Holdings, Key, Records, SealedRecord
from lazpool.records.settlements import SettlementTerms
from lazpool.store import ledger, post_office, recoveries, rotations, settlements
from lazpool.store.recoveries import ASKED, STUCK, WHOLE
from lazpool.wire.codec import encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazpool.actions.desk import Desk
    from lazpool.records.letters import Letter
    from lazpool.rules.ledger import Direction
    from lazpool.store.deals import Deal
    from lazpool.store.ledger import StoredReceipt
    from lazpool.store.settlements import Stored

ROOM = 3800
"""Bytes of records in a letter, which takes 4047 in all."""


def on_holdings(desk: Desk, deal: Deal, letter: Letter) -> None:
    """Send the partner what they ask for of our books with them, and ask for what theirs have beyond ours."""
    body = letter.body
    if not isinstance(body, Holdings):
        raise MalformedError("shape", "says nothing of books")
    if not deal.peer:
        raise RefusedError("by somebody who has not said who they are", code="wrong-sender")
    rotating.on_origin(desk, deal, body.origin)
    person = rotations.person(desk.node)
    known = [row for row in body.rows if row.other in desk.identities and person(row.own) == deal.peer]
    theirs = {row.mirrored: row.seq for row in known}  # of an identity that is not known to be theirs, a rotation tells
    ours = {row.key: row.seq for row in asking.books_with(desk, deal.peer)}
    if body.asks:
        post_office.replaced(desk.node, deal.id, Records.KIND)  # who asks on has the answer before
        write(desk, deal, _missing(desk, ours, theirs), How(answers=letter.id))
    if any(seq > ours.get(key, 0) for key, seq in theirs.items()):
        asking.ask(desk, deal)


def on_records(desk: Desk, deal: Deal, letter: Letter) -> None:
    """Take up records that we asked for, and ask on while there are more."""
    body, known = letter.body, recoveries.get(desk.node, deal.peer)
    if not isinstance(body, Records):
        raise MalformedError("shape", "no records")
    if known is None or known.state != ASKED:
        return  # nobody asked
    before = known.found
    try:
        for record in body.records:
            known.found += imports.take(desk, deal, record)
    except (RefusedError, MalformedError) as wrong:
        known.trouble = wrong.message
    if body.more and not known.trouble:
        if known.found > before:
            asking.ask_on(desk, deal, known)
        return  # without news it answers an earlier question once more
    post_office.answered(desk.node, known.deal, (Holdings.KIND,))
    known.state, known.changed = STUCK if known.trouble else WHOLE, desk.minute
    recoveries.save(desk.node, known)
    imports.count_anew(desk, deal)


def _missing(desk: Desk, ours: dict[Key, int], theirs: dict[Key, int]) -> Records:
    """Return the first records that are in our books and not in theirs, as many as a letter takes."""
    chosen: list[SealedRecord] = []
    size = 0
    for key in sorted(ours):
        for record in _after(desk, key, theirs.get(key, 0)):
            size += len(encode((record.terms, record.first, record.debtor, record.second, record.blind)))
            if size > ROOM or len(chosen) == MAX_RECORDS:
                return Records(1, tuple(chosen))
            chosen.append(record)
    return Records(0, tuple(chosen))


def _after(desk: Desk, key: Key, seq: int) -> list[SealedRecord]:
    kind, side, unit, own, other = key
    people = (own, other) if side == DEBTOR else (other, own)
    of: Direction = (*people, unit)
    found: Sequence[StoredReceipt | Stored]
    if kind == ReceiptTerms.KIND:
        found = ledger.sealed_after(desk.node, of, seq, MAX_RECORDS + 1)
    else:
        shelf = settlements.SETTLEMENTS if kind == SettlementTerms.KIND else settlements.CORRECTIONS
        found = shelf.sealed_after(desk.node, of, seq, MAX_RECORDS + 1)
    return [SealedRecord(kind, one.terms, one.first, one.debtor, one.second, one.blind) for one in found]
