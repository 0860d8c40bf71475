"""Our own log: what was signed is noted in the transaction that keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.errors import RefusedError
from lazpool.records.entries import commitment_payload, sign_entry
from lazpool.records.receipts import blind_commitment
from lazpool.rules.ledger import next_entry
from lazpool.store import ledger

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.rules.ledger import Head


def note(desk: Desk, kind: int, identifier: bytes, blind: bytes) -> None:
    """Append an entry of that kind about a receipt or a settlement, which it shows as a commitment only."""
    payload = commitment_payload(blind_commitment(identifier, blind))
    entry = next_entry(head(desk), net=desk.net, log_pk=desk.device.log_pk, kind=kind, payload=payload, now=desk.second)
    ledger.add_entry(desk.node, entry, sign_entry(entry, desk.keys.log))


def position(desk: Desk) -> tuple[int, bytes]:
    """Return number and id of the newest entry."""
    newest = head(desk)
    return newest.seq, newest.id


def head(desk: Desk) -> Head:
    """Return the newest entry, or raise RefusedError where not even the first is there."""
    found = ledger.head(desk.node)
    if found is None:
        raise RefusedError("this home has no log", hint="create a new home with: lazpool init", code="no-log")
    return found
