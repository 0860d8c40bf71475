"""The ledger for others to read: as a bundle that anybody can verify, or as lines for a bookkeeper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.actions.receipts import unpack
from lazpool.errors import NotFoundError, RefusedError
from lazpool.records.receipts import receipt_from
from lazpool.store import deals, ledger

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.store.ledger import StoredReceipt

FORMAT = "lazpool-ledger-1"
RIDE = "ride"


@dataclass(frozen=True, slots=True)
class Line:
    """A sealed receipt as a bookkeeper reads it.

    minute: when it took place. amount: minor units as the balance counts them, positive when the other owes us more by
    it. distance: 100 m. id: of the receipt. deal: the ride.
    """

    kind: str
    id: bytes
    minute: int
    other: bytes
    name: str
    amount: int
    unit: str
    distance: int
    seats: int
    deal: bytes


@dataclass(frozen=True, slots=True)
class Choice:
    """Which lines are wanted: minutes from `since` and before `until`, and one other person; None is no bound."""

    since: int | None = None
    until: int | None = None
    other: bytes | None = None

    def takes(self, minute: int, other: bytes | None) -> bool:
        """Tell whether something at that minute with that person is wanted."""
        return (
            (self.since is None or minute >= self.since)
            and (self.until is None or minute < self.until)
            and self.other in {None, other}
        )


def bundle(desk: Desk) -> dict[str, object]:
    """Return the whole ledger as protocol/receipts.md has it: every sealed receipt, and the log."""
    kept = [_parts(one) for one in ledger.receipts(desk.node)]
    log = [envelope.pack().hex() for envelope in ledger.entries(desk.node)]
    return {**_head(desk, complete=True), "receipts": kept, "entries": log}


def bundle_of(desk: Desk, receipt_id: bytes) -> dict[str, object]:
    """Return one sealed receipt with all that verifying it needs; it shows nothing else of the ledger."""
    stored = ledger.receipt(desk.node, receipt_id)
    if stored is None:
        raise NotFoundError("there is no such receipt", hint="lazpool --json ledger show lists them")
    if stored.state != ledger.SEALED:
        raise RefusedError(f"the receipt is {stored.state}: only one of two has signed it", code="not-sealed")
    return {**_head(desk, complete=False), "receipts": [_parts(stored)]}


def lines(desk: Desk, choice: Choice | None = None) -> list[Line]:
    """Return what was sealed, oldest first."""
    wanted, names = choice or Choice(), names_of(desk)
    found = [_ride(desk, one, names) for one in ledger.receipts(desk.node)]
    return sorted((one for one in found if wanted.takes(one.minute, one.other)), key=lambda one: (one.minute, one.id))


def names_of(desk: Desk) -> dict[bytes, str]:
    """Return what partners call themselves, the newest name of each."""
    return {deal.peer: deal.peer_name for deal in deals.all_deals(desk.node) if deal.peer_name}


def _head(desk: Desk, *, complete: bool) -> dict[str, object]:
    return {"format": FORMAT, "net": desk.net.hex(), "complete": complete}


def _parts(stored: StoredReceipt) -> dict[str, str]:
    unpack(stored).check()  # damaged ones are not passed on
    parts = {"terms": stored.terms, "init_sig": stored.first, "init_device": stored.debtor}
    return {name: data.hex() for name, data in {**parts, "resp": stored.second, "blind": stored.blind}.items()}


def _ride(desk: Desk, stored: StoredReceipt, names: dict[bytes, str]) -> Line:
    terms = receipt_from(stored.terms)
    earned = terms.driver == desk.identity
    other = terms.passenger if earned else terms.driver
    return Line(
        RIDE, terms.id, terms.start, other, names.get(other, ""), terms.amount if earned else -terms.amount,
        terms.unit, terms.distance, terms.seats, terms.ride,
    )  # fmt: skip
