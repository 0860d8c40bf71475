"""Letters between two people about one deal: signed inside, sealed outside.

The signature covers the sender's key, the box key of the reader and the post it is about, so a letter can neither be
passed on as one's own nor sealed again to somebody else. The format is protocol/deals.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from lazpool.errors import MalformedError
from lazpool.records.bodies import body_from
from lazpool.records.shape import DEAL_ID, KEY, MAX_MINUTE, build, check_bytes, check_uint, shaped
from lazpool.wire.codec import encode
from lazpool.wire.hashing import tagged_hash
from lazpool.wire.seal import MAX_PLAIN, box_public_key, seal, unseal
from lazpool.wire.signing import SIGNATURE_SIZE, public_key, sign, verify

if TYPE_CHECKING:
    from lazpool.records.body_shape import AnyBody

_B = TypeVar("_B", bound="AnyBody")


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as its reader sees it; `id` hashes what was signed, `counter` numbers a sender's letters of a deal."""

    deal: bytes
    counter: int
    body: AnyBody
    sender: bytes

    def __post_init__(self) -> None:
        """Refuse a letter that breaks the format."""
        check_bytes("deal", self.deal, DEAL_ID)
        check_uint("counter", self.counter, 1, MAX_MINUTE)
        check_bytes("sender", self.sender, KEY)

    @property
    def id(self) -> bytes:
        """The id of the letter."""
        return _letter_id(self.body.KIND, self.deal, self.counter, encode(self.body.fields()))


def body_of(letter: Letter, kind: type[_B]) -> _B:
    """Return what a letter says, which is of this kind, or raise MalformedError."""
    if isinstance(letter.body, kind):
        return letter.body
    raise MalformedError("shape", f"not a {kind.__name__}")


def seal_letter(  # the arguments are the letter's own fields
    deal: bytes, counter: int, body: AnyBody, *, sender_seed: bytes, box_pk: bytes, about: bytes, net: bytes
) -> tuple[bytes, bytes]:
    """Sign a letter, seal it to `box_pk`, and return its id and the sealed bytes; `about` is the id of the post."""
    letter = Letter(deal, counter, body, public_key(sender_seed))
    packed = encode(body.fields())
    signature = sign(sender_seed, "letter", net, letter.id, letter.sender + box_pk + about)
    plain = encode((body.KIND, deal, counter, packed, letter.sender, signature))
    return letter.id, seal(box_pk, plain)


def open_letter(sealed: bytes, box_sk: bytes, *, about: bytes, net: bytes) -> Letter:
    """Return the letter sealed to this box key about this post, or raise MalformedError."""
    array = shaped(unseal(box_sk, sealed), MAX_PLAIN, 6)
    kind, deal, counter, packed, sender, signature = array
    if type(packed) is not bytes or type(kind) is not int or type(signature) is not bytes:
        raise MalformedError("shape", "not a letter")
    if len(signature) != SIGNATURE_SIZE:
        raise MalformedError("shape", "not a letter")
    letter = build(Letter, deal, counter, body_from(kind, packed), sender)
    extra = letter.sender + box_public_key(box_sk) + about
    verify(letter.sender, signature, "letter", net, letter.id, extra)
    return letter


def _letter_id(kind: int, deal: bytes, counter: int, packed: bytes) -> bytes:
    return tagged_hash("lz/letter/1", encode((kind, deal, counter, packed)))
