"""Frames of the witness protocol `/lazpool/witness/1`: a node shows a hub a statement about its log, the hub signs it.

The format is protocol/checkpoints.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from lazpool.errors import MalformedError
from lazpool.records.body_shape import check_part
from lazpool.records.checkpoints import MAX_STATEMENT, MAX_TREE, check_steps
from lazpool.records.shape import MAX_SECOND, build, check_uint, shaped, wire_fields, wrong
from lazpool.wire.codec import encode
from lazpool.wire.signing import SIGNATURE_SIZE

PROTOCOL = "/lazpool/witness/1"
MAX_REQUEST, MAX_ANSWER = 3072, 128
SHOW = 1
OK, ELSEWHERE, FULL, CONFLICT, NOT_SERVED = range(5)
STATUS = {
    OK: "witnessed",
    ELSEWHERE: "a proof from another size is wanted",
    FULL: "a quota is used up",
    CONFLICT: "it does not go on from what was seen, or is of another network or time",
    NOT_SERVED: "this node is no witness",
}


@dataclass(frozen=True, slots=True)
class Show:
    """A statement (envelope), and the proof from the tree of `first` entries; 0: this hub has seen none."""

    statement: bytes
    first: int
    proof: tuple[bytes, ...]

    def __post_init__(self) -> None:
        """Refuse a frame that breaks the format."""
        check_part("statement", self.statement, MAX_STATEMENT)
        check_uint("first", self.first, 0, MAX_TREE)
        check_steps("proof", self.proof)


@dataclass(frozen=True, slots=True)
class Answer:
    """A status; the size up to which the hub has seen the log, 0 for none; when it signed, and its signature if any."""

    status: int
    seen: int = 0
    at: int = 0
    signature: bytes = b""

    def __post_init__(self) -> None:
        """Refuse an answer that breaks the format."""
        check_uint("status", self.status, OK, NOT_SERVED)
        check_uint("seen", self.seen, 0, MAX_TREE)
        check_uint("at", self.at, 0, MAX_SECOND)
        size = SIGNATURE_SIZE if self.status == OK else 0
        if type(self.signature) is not bytes or len(self.signature) != size:
            raise wrong("signature", "a signature and nothing else is witnessed by")


def pack_frame(frame: Show) -> bytes:
    """Return the bytes of a request."""
    return encode((SHOW, *wire_fields(frame)))


def read_frame(data: bytes) -> Show:
    """Decode a request, or raise MalformedError."""
    kind, *rest = shaped(data, MAX_REQUEST, 4)
    if kind != SHOW or type(kind) is not int:
        raise MalformedError("shape", "no frame of the witness protocol")
    return build(Show, *rest)


def pack_answer(answer: Answer) -> bytes:
    """Return the bytes of an answer."""
    return encode(wire_fields(answer))


def read_answer(data: bytes) -> Answer:
    """Decode an answer, or raise MalformedError."""
    return build(Answer, *shaped(data, MAX_ANSWER, 4))
