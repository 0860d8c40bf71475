"""Frames of the mail protocol `/lazpool/mail/1`: open, put, fetch, acknowledge, push.

A letterbox holds letters for tags that someone opened; the tag is a public key, and its owner proves it by a signature
that names the letterbox, the owner's node and a time, so that it cannot be replayed elsewhere. The format is
protocol/mail.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from lazpool.errors import MalformedError
from lazpool.records.shape import HASH, KEY, MAX_MINUTE, build, check_bytes, check_uint, wire_fields, wrong
from lazpool.wire.codec import decode, encode
from lazpool.wire.hashing import tagged_hash
from lazpool.wire.seal import MAX_LETTER, SIZES
from lazpool.wire.signing import SIGNATURE_SIZE, public_key, sign, verify

if TYPE_CHECKING:
    from collections.abc import Callable

PROTOCOL = "/lazpool/mail/1"
MAX_REQUEST = MAX_LETTER + 256
MAX_RESPONSE = 72 * 1024
BATCH = 16
"""Letters in one answer, at most."""

OK, UNKNOWN_TAG, FULL, NOT_YOURS, NOT_SERVED, LATER = range(6)
STATUS = {
    OK: "done",
    UNKNOWN_TAG: "nobody opened this tag here",
    FULL: "a quota is used up",
    NOT_YOURS: "this tag was opened by another node",
    NOT_SERVED: "this node holds no letters for others",
    LATER: "not yet: bring it again later",
}


@dataclass(frozen=True, slots=True)
class Open:
    """The owner of a tag asks a letterbox to hold its letters until `until` (minute)."""

    KIND: ClassVar[int] = 1
    tag: bytes
    until: int
    signature: bytes

    def __post_init__(self) -> None:
        """Refuse a frame that breaks the format."""
        check_bytes("tag", self.tag, KEY)
        check_uint("until", self.until, 0, MAX_MINUTE)
        check_bytes("signature", self.signature, SIGNATURE_SIZE)


@dataclass(frozen=True, slots=True)
class Put:
    """Somebody deposits a sealed letter for a tag; a letterbox uses the same frame to push it to the owner."""

    KIND: ClassVar[int] = 2
    tag: bytes
    letter: bytes

    def __post_init__(self) -> None:
        """Refuse a frame that breaks the format."""
        check_bytes("tag", self.tag, KEY)
        if type(self.letter) is not bytes or len(self.letter) not in SIZES:
            raise wrong("letter", "not of a known size")


@dataclass(frozen=True, slots=True)
class Fetch:
    """The node that opened the tag asks for the oldest letters."""

    KIND: ClassVar[int] = 3
    tag: bytes

    def __post_init__(self) -> None:
        """Refuse a frame that breaks the format."""
        check_bytes("tag", self.tag, KEY)


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """The owner has stored these letters; the letterbox may forget them."""

    KIND: ClassVar[int] = 4
    tag: bytes
    letters: tuple[bytes, ...]

    def __post_init__(self) -> None:
        """Refuse a frame that breaks the format."""
        check_bytes("tag", self.tag, KEY)
        if type(self.letters) is not tuple or len(self.letters) > BATCH:
            raise wrong("letters", f"not at most {BATCH}")
        for letter in self.letters:
            check_bytes("letters", letter, HASH)


Frame: TypeAlias = Open | Put | Fetch | Acknowledge
_FRAMES: dict[int, tuple[type[Frame], int]] = {1: (Open, 3), 2: (Put, 2), 3: (Fetch, 1), 4: (Acknowledge, 2)}


def pack_frame(frame: Frame) -> bytes:
    """Return the bytes of a request."""
    return encode((frame.KIND, *wire_fields(frame)))


def read_frame(data: bytes) -> Frame:
    """Decode a request, or raise MalformedError."""
    kind, *rest = decode(data, MAX_REQUEST) or (0,)
    if type(kind) is not int or kind not in _FRAMES or len(rest) != _FRAMES[kind][1]:
        raise MalformedError("shape", "no frame of the mail protocol")
    make: Callable[..., Frame] = _FRAMES[kind][0]
    return build(make, *rest)


def pack_answer(status: int, letters: tuple[bytes, ...] = ()) -> bytes:
    """Return the bytes of an answer: a status, and the letters of a fetch."""
    return encode((status, letters))


def read_answer(data: bytes) -> tuple[int, tuple[bytes, ...]]:
    """Decode an answer, or raise MalformedError."""
    match decode(data, MAX_RESPONSE):
        case (int(status), tuple(letters)) if status in STATUS and len(letters) <= BATCH:
            return status, tuple(_letter(letter) for letter in letters)
    raise MalformedError("shape", "no answer of the mail protocol")


def letter_key(letter: bytes) -> bytes:
    """Return the name by which a sealed letter is acknowledged."""
    return tagged_hash("lz/sealed/1", letter)


def sign_open(tag_seed: bytes, until: int, *, letterbox: bytes, owner: bytes, net: bytes) -> Open:
    """Return the frame that opens the tag of `tag_seed` at a letterbox (node key) for the node `owner`."""
    tag = public_key(tag_seed)
    return Open(tag, until, sign(tag_seed, "open", net, tag, _open_extra(until, letterbox, owner)))


def check_open(frame: Open, *, letterbox: bytes, owner: bytes, net: bytes) -> None:
    """Raise MalformedError unless the tag's key signed for this letterbox and this owner."""
    verify(frame.tag, frame.signature, "open", net, frame.tag, _open_extra(frame.until, letterbox, owner))


def _open_extra(until: int, letterbox: bytes, owner: bytes) -> bytes:
    return letterbox + owner + until.to_bytes(8, "big")


def _letter(value: object) -> bytes:
    if type(value) is not bytes or len(value) not in SIZES:
        raise MalformedError("shape", "not a letter")
    return value
