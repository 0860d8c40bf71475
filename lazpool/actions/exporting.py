"""The ledger for others to read: as a bundle that anybody can verify, or as lines for a bookkeeper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lazpool.actions import receipts, settlements
from lazpool.records.checkpoints import pack_witness
from lazpool.records.corrections import correction_from
from lazpool.records.receipts import receipt_from
from lazpool.records.settlements import METHODS, settlement_from
from lazpool.store import checkpoints, deals, devices, forgotten, ledger, logs, rotations
from lazpool.store import settlements as settled

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.rules.ledger import SealedReceipt
    from lazpool.store.ledger import StoredReceipt

FORMAT = "lazpool-ledger-1"
RIDE, SETTLEMENT, CORRECTION = "ride", "settlement", "correction"


@dataclass(frozen=True, slots=True)
class Line:
    """A receipt, a settlement or a correction as a bookkeeper reads it.

    minute: when it took place. amount: minor units as the balance counts them, positive when the other owes us more by
    it. ours: whether we are the debtor, who signs first. method: of a settlement. length: minutes. distance: 100 m. id:
    of the receipt or settlement. deal: the ride. agreement: id of its terms. record: what it
    corrects. state: that of the store; only what is
    sealed counts.
    """

    kind: str
    id: bytes
    minute: int
    other: bytes
    name: str
    amount: int
    unit: str
    state: str
    ours: bool
    method: str = ""
    length: int = 0
    distance: int = 0
    seats: int = 0
    deal: bytes = b""
    agreement: bytes = b""
    record: bytes = b""


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


def bundle(desk: Desk) -> dict[str, Any]:
    """Return the whole ledger as protocol/receipts.md has it: all that is sealed, and the log."""
    rides = [_parts(one) for one in ledger.receipts(desk.node)]
    paid = [_parts(one) for one in settled.in_state(desk.node, settled.SEALED)]
    changed = [_parts(one) for one in settled.CORRECTIONS.in_state(desk.node, settled.SEALED)]
    log = [envelope.pack().hex() for envelope in ledger.entries(desk.node)]
    old = [[envelope.pack().hex() for envelope in logs.entries(desk.node, one)] for one in logs.every(desk.node)]
    revoked = [envelope.hex() for envelope in devices.revocations(desk.node)]
    stated = [
        {
            "statement": one.statement.hex(),
            "witnesses": [pack_witness(who).hex() for who in checkpoints.witnesses(desk.node, one.id)],
        }
        for one in checkpoints.every(desk.node)
    ]
    parts = (("old_logs", old), ("revocations", revoked), ("checkpoints", stated), ("corrections", changed))
    more = {name: value for name, value in parts if value}
    head = {"format": FORMAT, "net": desk.net.hex(), "complete": not forgotten.commitments(desk.node)}
    return {**head, "receipts": rides, "settlements": paid, "entries": log, **more}


def lines(desk: Desk, choice: Choice | None = None, *, every: bool = False) -> list[Line]:
    """Return what was sealed, oldest first; with `every` also what is under way, lapsed or refused."""
    wanted, names = choice or Choice(), names_of(desk)
    found = [
        _ride(desk, one, names) for state in _RIDES[: 3 if every else 1] for one in ledger.receipts(desk.node, state)
    ]
    settlements_of = settled.everything(desk.node) if every else settled.in_state(desk.node, settled.SEALED)
    found += [_settlement(desk, one, names) for one in settlements_of]
    changed = settled.CORRECTIONS.everything(desk.node) if every else _sealed_corrections(desk)
    found += [_correction(desk, one, names) for one in changed]
    return sorted((one for one in found if wanted.takes(one.minute, one.other)), key=lambda one: (one.minute, one.id))


def names_of(desk: Desk) -> dict[bytes, str]:
    """Return what partners call themselves, the newest name of each."""
    return {deal.peer: deal.peer_name for deal in deals.all_deals(desk.node) if deal.peer_name}


def _unpack(stored: StoredReceipt | settled.Stored) -> SealedReceipt:
    return settlements.unpack(stored) if isinstance(stored, settled.Stored) else receipts.unpack(stored)


def _parts(stored: StoredReceipt | settled.Stored) -> dict[str, str]:
    _unpack(stored).check()  # damaged ones are not passed on
    parts = {"terms": stored.terms, "init_sig": stored.first, "init_device": stored.debtor}
    return {name: data.hex() for name, data in {**parts, "resp": stored.second, "blind": stored.blind}.items()}


def _ride(desk: Desk, stored: StoredReceipt, names: dict[bytes, str]) -> Line:
    terms = receipt_from(stored.terms)
    earned = terms.driver in desk.identities
    other = rotations.person(desk.node)(terms.passenger if earned else terms.driver)
    return Line(
        RIDE, terms.id, terms.start, other, names.get(other, ""), terms.amount if earned else -terms.amount, terms.unit,
        stored.state, not earned, "", terms.length, terms.distance, terms.seats, terms.ride, terms.agreement,
    )  # fmt: skip


def _settlement(desk: Desk, stored: settled.Stored, names: dict[bytes, str]) -> Line:
    terms = settlement_from(stored.terms)
    paid = terms.payer in desk.identities
    other, amount = (terms.payee, terms.amount) if paid else (terms.payer, -terms.amount)
    other = rotations.person(desk.node)(other)
    return Line(
        SETTLEMENT, terms.id, terms.at, other, names.get(other, ""), amount, terms.unit, stored.state, paid,
        METHODS[terms.method],
    )  # fmt: skip


def _correction(desk: Desk, stored: settled.Stored, names: dict[bytes, str]) -> Line:
    terms = correction_from(stored.terms)
    ours = terms.first in desk.identities
    other, amount = (terms.second, -terms.amount) if ours else (terms.first, terms.amount)
    return Line(
        CORRECTION, terms.id, terms.at, other, names.get(other, ""), amount, terms.unit, stored.state, ours,
        record=terms.record,
    )  # fmt: skip


def _sealed_corrections(desk: Desk) -> list[settled.Stored]:
    return settled.CORRECTIONS.in_state(desk.node, settled.SEALED)


_RIDES = (ledger.SEALED, ledger.PROPOSED, ledger.LAPSED)
"""States of receipts, that which counts first."""
