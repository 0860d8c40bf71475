"""What a second person confirms, settlements and corrections, and where such a record stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.actions.receipts import unpack_halves
from lazpool.errors import NotFoundError, RefusedError
from lazpool.records.cosigned import terms_from
from lazpool.rules.ledger import SealedReceipt
from lazpool.store import deals, forgotten
from lazpool.store.settlements import PROPOSED, SEALED, Stored

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazpool.actions.desk import Desk
    from lazpool.records.disputes import Correction
    from lazpool.records.halves import Settlement
    from lazpool.records.people import Device
    from lazpool.rules.ledger import Direction, Terms
    from lazpool.store.deals import Deal
    from lazpool.store.settlements import Shelf


@dataclass(frozen=True, slots=True)
class Subject:
    """A kind of record that a person confirms.

    letter: what carries the first half. kinds: the entries that say proposed, sealed and lapsed. check: raises
    RefusedError for terms that the second side cannot agree to. sealed: what else happens when it takes effect.
    """

    name: str
    terms_kind: int
    listing: str
    shelf: Shelf
    letter: Callable[[bytes, bytes, Device, bytes], Settlement | Correction]
    letter_kind: int
    kinds: tuple[int, int, int]
    check: Callable[[Desk, Terms], None] = lambda _desk, _terms: None
    sealed: Callable[[Desk, Terms], None] = lambda _desk, _terms: None


def thread(desk: Desk, other: bytes, what: str) -> Deal:
    """Return the deal by which a person is written to, or raise NotFoundError; what: "settle with"."""
    deal = deals.thread_with(desk.node, other)
    if deal is None:
        hint = f"you can {what} whom you have agreed on a ride with within the last half year, or settled since"
        raise NotFoundError("there is no way to write to this person any more", hint=hint)
    return deal


def check_free(desk: Desk, subject: Subject, of: Direction) -> None:
    """Raise RefusedError while another proposal of this direction is under way."""
    if waiting := subject.shelf.of_direction(desk.node, of, PROPOSED):
        hint = f"wait for the answer, or take it back: lazpool refuse {waiting[0].id.hex()[:8]}"
        raise RefusedError(f"a {subject.name} with this person is under way", hint=hint, code="under-way")


def find(desk: Desk, subject: Subject, identifier: bytes) -> Stored:
    """Return a record, or raise NotFoundError."""
    stored = subject.shelf.get(desk.node, identifier)
    if stored is None:
        raise NotFoundError(f"there is no such {subject.name}", hint=f"lazpool {subject.listing}")
    return stored


def last(desk: Desk, subject: Subject, of: Direction) -> tuple[int, int]:
    """Return number and running total of the newest sealed record of a direction."""
    sealed = subject.shelf.of_direction(desk.node, of, SEALED)
    if not sealed:
        return forgotten.base(desk.node, subject.terms_kind, of)
    return sealed[-1].dir_seq, terms_from(sealed[-1].terms).dir_balance


def stored_from(terms: Terms, deal: bytes, state: str, half: tuple[bytes, bytes, bytes]) -> Stored:
    """Return a record as it is stored; half: signature, device and blind of the first's side."""
    first, debtor, blind = half
    return Stored(
        id=terms.id, deal=deal, state=state, terms=terms.body(), first=first, debtor=debtor, blind=blind,
        payer=terms.debtor, payee=terms.creditor, unit=terms.unit, dir_seq=terms.dir_seq, expires=terms.expires,
    )  # fmt: skip


def unpack(stored: Stored) -> SealedReceipt:
    """Return a sealed record from its stored bytes, or raise MalformedError."""
    debtor, half = unpack_halves(stored.debtor, stored.second)
    return SealedReceipt(terms_from(stored.terms), stored.first, debtor, half, stored.blind)


def move(desk: Desk, subject: Subject, stored: Stored, state: str, reason: str = "", *, by: str) -> None:
    """Let a record begin or go on; by: "us", "them" or nobody."""
    stored.state, stored.reason, stored.by, stored.changed = state, reason, by, desk.minute
    subject.shelf.save(desk.node, stored)


def deal_of(desk: Desk, stored: Stored) -> Deal:
    """Return the deal by which a record came or went, or raise NotFoundError."""
    deal = deals.get(desk.node, stored.deal)
    if deal is None:
        raise NotFoundError("the deal by which it came is gone")
    return deal
