"""One receipt or settlement with all that proves it to somebody else, and nothing else of the ledger.

The format is protocol/checkpoints.md, "The proof".
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.actions import checkpoints, receipts, settlements
from lazpool.errors import DamagedError, NotFoundError, RefusedError
from lazpool.records.entries import COMMITMENTS, commitment_of, entry_from, genesis_from
from lazpool.records.revocations import read_revocation
from lazpool.records.shape import VERSION, wire_fields
from lazpool.store import checkpoints as store
from lazpool.store import devices, ledger, logs
from lazpool.store import settlements as settled
from lazpool.wire.codec import encode

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.records.checkpoints import Witness
    from lazpool.rules.ledger import SealedReceipt
    from lazpool.store.checkpoints import Own
    from lazpool.wire.codec import Array
    from lazpool.wire.envelope import Envelope

FORMAT = "lazpool-proof-1"
MAX_WITNESSES = 8


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof as bytes, by how many it is witnessed, and the size of the checkpoint that it is under, 0 for none."""

    data: bytes
    witnesses: int
    checkpoint: int

    def document(self) -> dict[str, str]:
        """Return what is written to a file."""
        return {"format": FORMAT, "proof": urlsafe_b64encode(self.data).decode().rstrip("=")}


@dataclass(frozen=True, slots=True)
class _Sealed:
    """Where a record is sealed: the entry in the log, and the first entry of that log, which says whose it is."""

    seq: int
    entry: Envelope
    genesis: Envelope
    log: bytes


def proof_of(desk: Desk, identifier: bytes, *, every_witness: bool = False) -> Proof:
    """Return the proof of a sealed receipt or settlement: NotFoundError, RefusedError when only one has signed.

    It shows as witnesses hubs and the other person of the record. Others are partners whom it does not concern, and
    whose keys it would tell: only with `every_witness`.
    """
    sealed = _record(desk, identifier)
    place = _place(desk, sealed)
    other = sealed.terms.creditor if sealed.terms.debtor in desk.identities else sealed.terms.debtor
    known = b"" if every_witness else other
    made, witnesses = _checkpoint(desk, place, known)
    path = checkpoints.path_to(desk, made, place.seq) if made else ()
    half = sealed.second
    named = {sealed.terms.init_log, half.device.log_pk}
    owner = () if place.log in named else wire_fields(genesis_from(entry_from(place.genesis.body)).device)
    second = (half.device.log_pk, half.device.certificate, half.seq, half.head, half.signature)
    data = encode((
        *(VERSION, desk.net, sealed.terms.body(), sealed.first, sealed.debtor.certificate, second, sealed.blind, owner),
        *(place.entry.pack(), path, made.statement if made else b"", witnesses),
        _revoked(desk, sealed),
    ))  # fmt: skip
    return Proof(data, len(witnesses), made.size if made else 0)


def _revoked(desk: Desk, sealed: SealedReceipt) -> Array:
    """Return what revokes one of the two logs that signed a record."""
    signed = {log for log, _, _ in sealed.heads}
    return tuple(one for one in devices.revocations(desk.node) if read_revocation(one).log in signed)


def _record(desk: Desk, identifier: bytes) -> SealedReceipt:
    stored = ledger.receipt(desk.node, identifier) or settled.get(desk.node, identifier)
    if stored is None:
        raise NotFoundError("there is no such receipt", hint="lazpool --json ledger show lists them")
    if stored.state != ledger.SEALED:
        raise RefusedError(f"this one is {stored.state}: only one of two has signed it", code="not-sealed")
    sealed = settlements.unpack(stored) if isinstance(stored, settled.Stored) else receipts.unpack(stored)
    sealed.check()  # damaged ones are not passed on
    return sealed


def _place(desk: Desk, sealed: SealedReceipt) -> _Sealed:
    """Find the entry that seals a record, in the log that is written to or in an older one."""
    for log in (desk.device.log_pk, *reversed(logs.every(desk.node))):
        envelopes = ledger.entries(desk.node) if log == desk.device.log_pk else logs.entries(desk.node, log)
        for envelope in envelopes:
            entry = entry_from(envelope.body)
            if entry.kind in COMMITMENTS and (entry.kind, commitment_of(entry)) == sealed.seal:
                return _Sealed(entry.seq, envelope, envelopes[0], log)
    raise DamagedError("the log does not seal it", hint="lazpool ledger verify")


def _checkpoint(desk: Desk, place: _Sealed, other: bytes) -> tuple[Own | None, Array]:
    """Return the checkpoint with the most witnesses to show that the entry is under, the oldest of them, and those."""
    best: tuple[Own | None, list[Witness]] = (None, [])
    for made in store.covering(desk.node, place.log, place.seq):
        shown = store.witnesses(desk.node, made.id, other)[:MAX_WITNESSES]
        if best[0] is None or len(shown) > len(best[1]):
            best = made, shown
    return best[0], tuple(wire_fields(one) for one in best[1])
