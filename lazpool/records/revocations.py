"""What a person says of their own keys: that a device no longer counts, or that another identity follows the old one.

The format is protocol/devices.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lazpool.errors import MalformedError
from lazpool.records.receipts import MAX_SEQ
from lazpool.records.shape import (
    HASH,
    KEY,
    MAX_SECOND,
    Terms,
    build,
    check_bytes,
    check_uint,
    parse,
    shaped,
    wrong,
)
from lazpool.wire.codec import encode
from lazpool.wire.envelope import Envelope, open_envelope
from lazpool.wire.hashing import NET_SIZE, tagged_hash
from lazpool.wire.signing import SIGNATURE_SIZE, public_key, sign, verify

if TYPE_CHECKING:
    from lazpool.wire.codec import Array

MAX_REVOCATION = 256
MAX_ROTATION = 512
NOTHING = bytes(HASH)


@dataclass(frozen=True, slots=True)
class Revocation(Terms):
    """A log signs no more: what it signed counts up to entry `last_seq`, whose id is `last_id`.

    0 and zeros: nothing is known of it. at: second at which the identity says so.
    """

    KIND: ClassVar[int] = 10
    TAG: ClassVar[str] = "lz/revoke/1"
    net: bytes
    identity: bytes
    log: bytes
    last_seq: int
    last_id: bytes
    at: int

    def __post_init__(self) -> None:
        """Refuse a revocation that breaks the format."""
        check_bytes("net", self.net, NET_SIZE)
        check_bytes("identity", self.identity, KEY)
        check_bytes("log", self.log, KEY)
        check_last(self.last_seq, self.last_id)
        check_uint("at", self.at, 0, MAX_SECOND)

    def is_beyond(self, seq: int, head: bytes) -> bool:
        """Tell whether a half that shows this entry as the newest of its log was signed after the last that counts."""
        return seq > self.last_seq or (seq == self.last_seq and head != self.last_id)


def check_last(seq: int, identifier: bytes) -> None:
    """Check the last entry of a log that counts."""
    check_uint("last_seq", seq, 0, MAX_SEQ)
    check_bytes("last_id", identifier, HASH)
    if (seq == 0) != (identifier == NOTHING):
        raise wrong("last_id", "zeros for entry 0, and for no other")


def sign_revocation(terms: Revocation, identity_seed: bytes) -> bytes:
    """Return the envelope of a revocation."""
    return Envelope(terms.body(), sign(identity_seed, "revoke", terms.net, terms.id)).pack()


def read_revocation(data: bytes) -> Revocation:
    """Return a revocation that its identity signed, or raise MalformedError."""
    body, signature = open_envelope(data, MAX_REVOCATION)
    _, net, _, *rest = parse(body, MAX_REVOCATION, Revocation.KIND, 8)
    terms = build(Revocation, net, *rest)
    verify(terms.identity, signature, "revoke", terms.net, terms.id)
    return terms


@dataclass(frozen=True, slots=True)
class Rotation(Terms):
    """One identity follows another. next_commitment: to the one that may follow it. at: second."""

    KIND: ClassVar[int] = 11
    TAG: ClassVar[str] = "lz/rotate/1"
    net: bytes
    old: bytes
    new: bytes
    next_commitment: bytes
    at: int

    def __post_init__(self) -> None:
        """Refuse a rotation that breaks the format."""
        check_bytes("net", self.net, NET_SIZE)
        check_bytes("old", self.old, KEY)
        check_bytes("new", self.new, KEY)
        check_bytes("next key", self.next_commitment, HASH)
        check_uint("at", self.at, 0, MAX_SECOND)
        if self.old == self.new:
            raise wrong("new", "the same identity")

    @property
    def reveals(self) -> bytes:
        """The commitment that the new key answers: what the old identity's genesis must hold."""
        return tagged_hash("lz/root/1", self.new)


def sign_rotation(terms: Rotation, new_seed: bytes, old_seed: bytes = b"") -> bytes:
    """Return a rotation as it travels; without the old key where that is lost."""
    new = sign(new_seed, "rotate-new", terms.net, terms.id)
    old = sign(old_seed, "rotate-old", terms.net, terms.id) if old_seed else b""
    return encode((terms.body(), new, old))


def read_rotation(data: bytes) -> tuple[Rotation, bool]:
    """Return a rotation that the new key signed, and whether the old one did, too; or raise MalformedError.

    Whether the old identity ever committed to the new one is not said by these bytes.
    """
    body, new, old = shaped(data, MAX_ROTATION, 3)
    if type(body) is not bytes or type(new) is not bytes or type(old) is not bytes:
        raise MalformedError("shape", "not a rotation and two signatures")
    if len(new) != SIGNATURE_SIZE or len(old) not in {0, SIGNATURE_SIZE}:
        raise MalformedError("shape", "not a rotation and two signatures")
    terms = rotation_from(body)
    verify(terms.new, new, "rotate-new", terms.net, terms.id)
    if old:
        verify(terms.old, old, "rotate-old", terms.net, terms.id)
    return terms, bool(old)


def rotation_from(body: bytes) -> Rotation:
    """Decode a rotation, or raise MalformedError."""
    fields: Array = parse(body, MAX_ROTATION, Rotation.KIND, 7)
    return build(Rotation, fields[1], *fields[3:])


def commitment_to(seed: bytes) -> bytes:
    """Return the commitment to the identity key of a seed."""
    return tagged_hash("lz/root/1", public_key(seed))
