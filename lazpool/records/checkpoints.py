"""Checkpoints of a log: how many entries there are and the Merkle root over them, stated and witnessed.

The format is protocol/checkpoints.md. Source: RFC 6962's signed tree head, and witnesses as certificate transparency
has them; here whoever rode with somebody, or a hub, is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

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
    wire_fields,
    wrong,
)
from lazpool.wire.codec import encode
from lazpool.wire.envelope import Envelope, open_envelope
from lazpool.wire.hashing import NET_SIZE
from lazpool.wire.signing import SIGNATURE_SIZE, public_key, sign, verify

MAX_STATEMENT = 256
MAX_WITNESS = 128
MAX_TREE = MAX_SEQ - 1
MAX_STEPS = 64
"""Hashes in a path or proof, at most: twice the bits of the largest size."""
_MAX_PAYLOAD = 64


@dataclass(frozen=True, slots=True)
class TreeHead:
    """What an entry of kind 50 says: the number of entries before it, and the root over their ids."""

    size: int
    root: bytes

    def __post_init__(self) -> None:
        """Refuse what breaks the format."""
        check_uint("size", self.size, 1, MAX_TREE)
        check_bytes("root", self.root, HASH)

    def payload(self) -> bytes:
        """Return the payload of the entry that says so."""
        return encode((self.size, self.root))


@dataclass(frozen=True, slots=True)
class Statement(Terms):
    """What others see of a checkpoint: log, size, root and time of its entry (seconds), signed by the log's key."""

    KIND: ClassVar[int] = 12
    TAG: ClassVar[str] = "lz/checkpoint/1"
    net: bytes
    log_pk: bytes
    size: int
    root: bytes
    at: int

    def __post_init__(self) -> None:
        """Refuse a statement that breaks the format."""
        check_bytes("net", self.net, NET_SIZE)
        check_bytes("log", self.log_pk, KEY)
        check_uint("size", self.size, 1, MAX_TREE)
        check_bytes("root", self.root, HASH)
        check_uint("at", self.at, 0, MAX_SECOND)


@dataclass(frozen=True, slots=True)
class Witness:
    """Somebody who saw a statement and a proof that it continues the one they saw before. at: seconds."""

    key: bytes
    at: int
    signature: bytes

    def __post_init__(self) -> None:
        """Refuse a witness that breaks the format."""
        check_bytes("witness", self.key, KEY)
        check_uint("at", self.at, 0, MAX_SECOND)
        check_bytes("signature", self.signature, SIGNATURE_SIZE)


def tree_head_from(payload: bytes) -> TreeHead:
    """Return what the payload of an entry of kind 50 says, or raise MalformedError."""
    return build(TreeHead, *shaped(payload, _MAX_PAYLOAD, 2))


def statement_from(body: bytes) -> Statement:
    """Decode a statement, or raise MalformedError."""
    _, net, _, *rest = parse(body, MAX_STATEMENT, Statement.KIND, 7)
    return build(Statement, net, *rest)


def sign_statement(statement: Statement, log_seed: bytes) -> Envelope:
    """Sign a statement with its log's key."""
    return Envelope(statement.body(), sign(log_seed, "checkpoint", statement.net, statement.id))


def read_statement(data: bytes) -> tuple[Statement, bytes]:
    """Return the statement of an envelope and its signature, which is still to be checked, or raise MalformedError."""
    envelope = open_envelope(data, MAX_STATEMENT)
    return statement_from(envelope.body), envelope.signature


def check_statement(statement: Statement, signature: bytes) -> None:
    """Raise MalformedError unless the log's key signed the statement."""
    verify(statement.log_pk, signature, "checkpoint", statement.net, statement.id)


def sign_witness(statement: Statement, at: int, seed: bytes) -> Witness:
    """Sign as a witness of a statement at that second."""
    key = public_key(seed)
    return Witness(key, at, sign(seed, "witness", statement.net, statement.id, _extra(key, at)))


def check_witness(statement: Statement, witness: Witness) -> None:
    """Raise MalformedError unless the witness signed this statement."""
    if witness.key == statement.log_pk:
        raise MalformedError("signature", "nobody witnesses their own log")
    verify(witness.key, witness.signature, "witness", statement.net, statement.id, _extra(witness.key, witness.at))


def pack_witness(witness: Witness) -> bytes:
    """Return a witness as it is shown."""
    return encode(wire_fields(witness))


def witness_from(data: bytes) -> Witness:
    """Decode a witness, or raise MalformedError."""
    return build(Witness, *shaped(data, MAX_WITNESS, 3))


def check_steps(field: str, steps: tuple[bytes, ...]) -> None:
    """Refuse a path or proof that is no list of hashes, or too long."""
    if type(steps) is not tuple or len(steps) > MAX_STEPS:
        raise wrong(field, f"not at most {MAX_STEPS} hashes")
    for step in steps:
        check_bytes(field, step, HASH)


def _extra(key: bytes, at: int) -> bytes:
    return key + at.to_bytes(8, "big")
