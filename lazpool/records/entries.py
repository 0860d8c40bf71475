"""Entries of a device's log: hash-linked, signed, blind about partner, place and amount.

The format is protocol/receipts.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lazpool.errors import MalformedError
from lazpool.records.checkpoints import tree_head_from
from lazpool.records.people import Device
from lazpool.records.receipts import MAX_SEQ
from lazpool.records.revocations import check_last
from lazpool.records.shape import (
    HASH,
    KEY,
    MAX_SECOND,
    VERSION,
    build,
    check_bytes,
    check_text,
    check_uint,
    shaped,
    wrong,
)
from lazpool.wire.codec import encode
from lazpool.wire.envelope import Envelope
from lazpool.wire.hashing import NET_SIZE, tagged_hash
from lazpool.wire.signing import SIGNATURE_SIZE, sign, verify

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_ENTRY = 2048
MAX_PAYLOAD = 1024
MAX_SOFTWARE = 64
ZEROS = bytes(HASH)
RESUMED_SEQ = 2
MAX_REASON = 2
"""Of a dispute about a record; that a receipt is missing is a claim, an entry of its own."""

GENESIS, DEVICE_ADDED, DEVICE_REVOKED, ROTATED = 1, 2, 3, 4
PROPOSED, SEALED, LAPSED = 10, 11, 12
CLAIM, DISPUTE, RESOLVED = 13, 30, 31
SETTLE_PROPOSED, SETTLE_SEALED, SETTLE_LAPSED = 20, 21, 22
CORRECT_PROPOSED, CORRECT_SEALED, CORRECT_LAPSED = 40, 41, 42
CHECKPOINT, RESUMED = 50, 60
CIRCLE_FOUNDING, CIRCLE_RIDE = 70, 71
RIDES, SETTLEMENTS = (PROPOSED, SEALED, LAPSED), (SETTLE_PROPOSED, SETTLE_SEALED, SETTLE_LAPSED)
CORRECTIONS = (CORRECT_PROPOSED, CORRECT_SEALED, CORRECT_LAPSED)
COMMITMENTS = (*RIDES, *SETTLEMENTS, *CORRECTIONS, CLAIM, RESOLVED, CIRCLE_FOUNDING, CIRCLE_RIDE)
"""Kinds that show a blinded commitment and nothing else; a dispute shows more beside it."""
KINDS = {
    GENESIS: "genesis",
    DEVICE_ADDED: "device-added",
    DEVICE_REVOKED: "device-revoked",
    ROTATED: "rotated",
    PROPOSED: "proposed",
    SEALED: "sealed",
    LAPSED: "lapsed",
    CLAIM: "claim",
    SETTLE_PROPOSED: "settle-proposed",
    SETTLE_SEALED: "settle-sealed",
    SETTLE_LAPSED: "settle-lapsed",
    DISPUTE: "dispute",
    RESOLVED: "resolved",
    CORRECT_PROPOSED: "correct-proposed",
    CORRECT_SEALED: "correct-sealed",
    CORRECT_LAPSED: "correct-lapsed",
    CHECKPOINT: "checkpoint",
    RESUMED: "resumed",
    CIRCLE_FOUNDING: "circle-founding",
    CIRCLE_RIDE: "circle-ride",
}
"""What each kind is called; what its payload holds is checked by `_PAYLOADS`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. seq counts from 1; prev is the id of the entry before, zeros for the first. time: seconds."""

    ARITY: ClassVar[int] = 8
    net: bytes
    kind: int
    log_pk: bytes
    seq: int
    prev: bytes
    time: int
    payload: bytes

    def __post_init__(self) -> None:
        """Refuse an entry that breaks the format."""
        check_bytes("net", self.net, NET_SIZE)
        check_uint("kind", self.kind, GENESIS, max(KINDS))
        check_bytes("log", self.log_pk, KEY)
        check_uint("seq", self.seq, 1, MAX_SEQ)
        check_bytes("prev", self.prev, HASH)
        check_uint("time", self.time, 0, MAX_SECOND)
        if (self.prev == ZEROS) != (self.seq == 1) or (self.kind == GENESIS) != (self.seq == 1):
            raise wrong("seq", "the genesis entry is the first, and only it has no entry before")
        if self.kind == RESUMED and self.seq != RESUMED_SEQ:
            raise wrong("seq", "what a log goes on from stands second in it")
        _check_payload(self.kind, self.payload)
        if self.kind == CHECKPOINT and tree_head_from(self.payload).size != self.seq - 1:
            raise wrong("payload", "a checkpoint is over all entries before it")

    def body(self) -> bytes:
        """Return the bytes whose hash is the id."""
        return encode((VERSION, self.net, self.kind, self.log_pk, self.seq, self.prev, self.time, self.payload))

    @property
    def id(self) -> bytes:
        """The id of the entry."""
        return entry_id(self.body())


@dataclass(frozen=True, slots=True)
class Genesis:
    """Who owns a log: the person, the commitment to the person's next key, and the certificate of the device."""

    device: Device
    next_commitment: bytes
    software: str

    def __post_init__(self) -> None:
        """Refuse a genesis that breaks the format."""
        check_bytes("next key", self.next_commitment, HASH)
        check_text("software", self.software, MAX_SOFTWARE)

    def payload(self) -> bytes:
        """Return the payload of the genesis entry."""
        return encode((self.device.identity, self.next_commitment, self.device.certificate, self.software))


@dataclass(frozen=True, slots=True)
class Resumed:
    """The newest entry that is known of the log that a new one goes on from."""

    log_pk: bytes
    seq: int
    id: bytes

    def __post_init__(self) -> None:
        """Refuse what breaks the format."""
        check_bytes("old log", self.log_pk, KEY)
        check_uint("old seq", self.seq, 1, MAX_SEQ)
        check_bytes("old id", self.id, HASH)

    def payload(self) -> bytes:
        """Return the payload of the entry that says so."""
        return encode((self.log_pk, self.seq, self.id))


@dataclass(frozen=True, slots=True)
class Revoked:
    """The log of a device that the owner trusts no more, and the last entry of it that counts; 0 and zeros: none."""

    log: bytes
    last_seq: int
    last_id: bytes

    def __post_init__(self) -> None:
        """Refuse what breaks the format."""
        check_bytes("log", self.log, KEY)
        check_last(self.last_seq, self.last_id)

    def payload(self) -> bytes:
        """Return the payload of the entry that says so."""
        return encode((self.log, self.last_seq, self.last_id))


def entry_id(body: bytes) -> bytes:
    """Return the id of an entry: the hash of its unsigned body."""
    return tagged_hash("lz/entry/1", body)


def entry_from(body: bytes) -> Entry:
    """Decode an entry, or raise MalformedError."""
    version, *rest = shaped(body, MAX_ENTRY, Entry.ARITY)
    if version != VERSION:
        raise MalformedError("shape", f"an entry of version {version!r}")
    return build(Entry, *rest)


def genesis_from(entry: Entry) -> Genesis:
    """Return what a genesis entry says of the owner, certificate checked, or raise MalformedError."""
    identity, commitment, certificate, software = shaped(entry.payload, MAX_PAYLOAD, 4)
    device = build(Device, identity, entry.log_pk, certificate)
    device.check(entry.net)
    return build(Genesis, device, commitment, software)


def resumed_from(entry: Entry) -> Resumed:
    """Return what an entry of kind 60 says, or raise MalformedError."""
    return build(Resumed, *shaped(entry.payload, MAX_PAYLOAD, 3))


def commitment_of(entry: Entry) -> bytes:
    """Return the blinded commitment that an entry of `COMMITMENTS`, or of a dispute, carries."""
    commitment, *_ = shaped(entry.payload, MAX_PAYLOAD, 3 if entry.kind == DISPUTE else 1)
    check_bytes("commitment", commitment, HASH)  # type: ignore[arg-type] # this is the check
    return commitment  # type: ignore[return-value] # checked above


def key_payload(*keys: bytes) -> bytes:
    """Return the payload of an entry that names keys or hashes: the log of a device, or an identity and its next."""
    return encode(keys)


def keys_of(entry: Entry) -> tuple[bytes, ...]:
    """Return the keys and hashes that an entry about devices or identities names."""
    return shaped(entry.payload, MAX_PAYLOAD, 2 if entry.kind == ROTATED else 1)  # type: ignore[return-value] # checked when made


def commitment_payload(commitment: bytes) -> bytes:
    """Return the payload of an entry that carries a blinded commitment."""
    return encode((commitment,))


def sign_entry(entry: Entry, log_seed: bytes) -> Envelope:
    """Sign an entry with its log's key."""
    return Envelope(entry.body(), sign(log_seed, "entry", entry.net, entry.id))


def check_entry(entry: Entry, signature: bytes, identifier: bytes) -> None:
    """Raise MalformedError unless the log's key signed the entry of that id."""
    verify(entry.log_pk, signature, "entry", entry.net, identifier)


def _check_payload(kind: int, payload: bytes) -> None:
    if type(payload) is not bytes or len(payload) > MAX_PAYLOAD:
        raise wrong("payload", f"not at most {MAX_PAYLOAD} bytes")
    if kind not in KINDS:
        raise wrong("kind", f"{kind!r} is no kind of entry")
    _PAYLOADS.get(kind, _check_commitment)(payload)


def _check_genesis(payload: bytes) -> None:
    identity, commitment, certificate, software = shaped(payload, MAX_PAYLOAD, 4)
    check_bytes("identity", identity, KEY)  # type: ignore[arg-type] # this is the check
    check_bytes("next key", commitment, HASH)  # type: ignore[arg-type] # the same
    check_bytes("certificate", certificate, SIGNATURE_SIZE)  # type: ignore[arg-type] # the same
    check_text("software", software, MAX_SOFTWARE)  # type: ignore[arg-type] # the same


_COMMITMENT = encode((ZEROS,))[:-HASH]
"""How the payload of nearly every entry begins; the commitment is all that follows."""


def _check_commitment(payload: bytes) -> None:
    if len(payload) == len(_COMMITMENT) + HASH and payload.startswith(_COMMITMENT):
        return  # the only encoding of such an array: decoding it says the same, and takes a tenth of an entry's time
    (commitment,) = shaped(payload, MAX_PAYLOAD, 1)
    check_bytes("commitment", commitment, HASH)  # type: ignore[arg-type] # this is the check


def _check_resumed(payload: bytes) -> None:
    build(Resumed, *shaped(payload, MAX_PAYLOAD, 3))


def _check_keys(count: int) -> Callable[[bytes], None]:
    def check(payload: bytes) -> None:
        for key in shaped(payload, MAX_PAYLOAD, count):
            check_bytes("key", key, KEY)  # type: ignore[arg-type] # this is the check

    return check


def _check_revoked(payload: bytes) -> None:
    build(Revoked, *shaped(payload, MAX_PAYLOAD, 3))


def _check_dispute(payload: bytes) -> None:
    commitment, reason, said = shaped(payload, MAX_PAYLOAD, 3)
    check_bytes("commitment", commitment, HASH)  # type: ignore[arg-type] # this is the check
    check_uint("reason", reason, 0, MAX_REASON)  # type: ignore[arg-type] # the same
    check_bytes("text", said, HASH)  # type: ignore[arg-type] # the same


_PAYLOADS: dict[int, Callable[[bytes], object]] = {
    GENESIS: _check_genesis,
    DEVICE_ADDED: _check_keys(1),
    DEVICE_REVOKED: _check_revoked,
    ROTATED: _check_keys(2),
    CHECKPOINT: tree_head_from,
    RESUMED: _check_resumed,
    DISPUTE: _check_dispute,
}
"""Who checks a payload; those that are not here carry a commitment and nothing else."""
