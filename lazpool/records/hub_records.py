"""What a hub says of itself: who runs it, what it serves, where it is and what its community asks of members.

It travels by the protocol `/lazpool/hubs/1` and in invitations. The format is protocol/hubs.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from lazpool.errors import MalformedError
from lazpool.hub import MAX_NAME, MAX_OPERATOR, MAX_RULES
from lazpool.records import codes
from lazpool.records.places import AREA_RES, check_cell, pack_areas, unpack_areas
from lazpool.records.shape import (
    KEY,
    MAX_SECOND,
    VERSION,
    Terms,
    build,
    check_bytes,
    check_text,
    check_uint,
    parse,
    shaped,
    wrong,
)
from lazpool.wire.codec import decode, encode
from lazpool.wire.envelope import Envelope, open_envelope
from lazpool.wire.hashing import NET_SIZE
from lazpool.wire.signing import sign, verify

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lazpool.wire.codec import Value

PROTOCOL = "/lazpool/hubs/1"
MAX_RECORD = 2560
"""Bytes of an envelope; so that each fits a QR code."""
MAX_ADDRESSES, MAX_ADDRESS = 3, 128
MAX_AREAS = 128
MAX_DAYS, MAX_TOLD_DAYS = 400, 30
"""For how long a record may hold at all, and one that is passed on: a longer one is for an invitation."""
DAY_S = 24 * 3600
MAX_AHEAD_S = 600
"""Seconds that the clock of a hub may be ahead of ours."""
OPEN, MEMBERS = 0, 1
"""Whom it lets in: everybody, or those alone whom its operator named."""

SHORT, MAX_KNOWN, MAX_TOLD = 8, 256, 16
"""Bytes of an id that stand for it in a question, how many a question may name, and records in an answer."""
MAX_ASK = 4096
MAX_ANSWER = MAX_TOLD * (MAX_RECORD + 3) + 3

_SCHEME = "lazpool:hub/"
MAX_INVITE = 5000
"""Characters of an invitation, with spaces and line ends that a mail program put in."""
_ARITY = 12


@dataclass(frozen=True, slots=True)
class HubRecord(Terms):
    """A hub on itself. made, until: seconds. areas: cells of resolution 4, rising; none where it serves its members'.

    addresses: multiaddrs without the hub's name at the end, the best first, not yet looked at. entry: OPEN or MEMBERS.
    """

    KIND: ClassVar[int] = 15
    TAG: ClassVar[str] = "lz/hub/1"
    net: bytes
    node_pk: bytes
    made: int
    until: int
    name: str
    operator: str
    rules: str
    areas: tuple[int, ...]
    addresses: tuple[str, ...]
    entry: int = OPEN

    def __post_init__(self) -> None:
        """Refuse a record that breaks the format."""
        check_bytes("net", self.net, NET_SIZE)
        check_bytes("hub", self.node_pk, KEY)
        check_uint("made", self.made, 0, MAX_SECOND)
        check_uint("until", self.until, self.made + 1, min(MAX_SECOND, self.made + MAX_DAYS * DAY_S))
        for field, text, most in (("name", self.name, MAX_NAME), ("operator", self.operator, MAX_OPERATOR)):
            check_text(field, text, most)
            if "\n" in text:
                raise wrong(field, "more than one line")
        check_text("rules", self.rules, MAX_RULES)
        if type(self.areas) is not tuple or len(self.areas) > MAX_AREAS:
            raise wrong("areas", f"not at most {MAX_AREAS}")
        for area in self.areas:
            check_cell("areas", area, AREA_RES)
        if any(one >= other for one, other in pairwise(self.areas)):
            raise wrong("areas", "not in rising order")
        if type(self.addresses) is not tuple or not 0 < len(self.addresses) <= MAX_ADDRESSES:
            raise wrong("addresses", f"not 1 to {MAX_ADDRESSES}")
        for address in self.addresses:
            check_text("addresses", address, MAX_ADDRESS)
        check_uint("entry", self.entry, OPEN, MEMBERS)

    def body(self) -> bytes:
        """Return the bytes that the hub signs."""
        said = (self.node_pk, self.made, self.until, self.name, self.operator, self.rules)
        where = (pack_areas(self.areas), self.addresses, self.entry)
        return encode((VERSION, self.net, self.KIND, *said, *where))

    @property
    def may_be_passed_on(self) -> bool:
        """Tell whether it holds for so short that it is of use to others, too: one for a poster outlives its hub."""
        return self.until - self.made <= MAX_TOLD_DAYS * DAY_S

    def holds(self, now: int) -> bool:
        """Tell whether the record holds at a second."""
        return self.made <= now + MAX_AHEAD_S and now < self.until


class SignedHub(NamedTuple):
    """A record with the envelope that it came in."""

    record: HubRecord
    envelope: bytes


def sign_hub(record: HubRecord, node_seed: bytes) -> SignedHub:
    """Sign a record with the key of its hub's node."""
    signature = sign(node_seed, "hub", record.net, record.id)
    return SignedHub(record, Envelope(record.body(), signature).pack())


def read_hub(envelope: bytes) -> tuple[SignedHub, bytes]:
    """Return the record in an envelope and its signature, which is still to be checked, or raise MalformedError."""
    body, signature = open_envelope(envelope, MAX_RECORD)
    _, net, _, *said, areas, addresses, entry = parse(body, MAX_RECORD, HubRecord.KIND, _ARITY)
    record = build(HubRecord, net, *said, unpack_areas(areas), addresses, entry)  # type: ignore[arg-type] # checked there
    return SignedHub(record, envelope), signature


def check_hub(signed: SignedHub, signature: bytes) -> None:
    """Raise MalformedError unless the hub itself signed its record."""
    verify(signed.record.node_pk, signature, "hub", signed.record.net, signed.record.id)


def to_invite(envelope: bytes) -> str:
    """Return the invitation that a record is: one line that can be passed on by any way."""
    return _SCHEME + codes.to_digits(envelope)


def is_invite(text: str) -> bool:
    """Tell whether a text wants to be an invitation."""
    return text.strip().lower().startswith("lazpool:")


def from_invite(text: str) -> SignedHub:
    """Return the record in an invitation, signed by its hub, or raise MalformedError; spaces do not matter."""
    if len(text) > MAX_INVITE:
        raise MalformedError("size", f"an invitation of more than {MAX_INVITE} characters")
    plain = codes.small("".join(text.split()))
    if not plain.startswith(_SCHEME):
        raise MalformedError("shape", f"an invitation to a hub begins with {_SCHEME}")
    signed, signature = read_hub(codes.from_digits(plain.removeprefix(_SCHEME)))
    check_hub(signed, signature)
    return signed


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask for hubs that the asker does not know. known: the beginnings of the ids of records that it has."""

    KIND: ClassVar[int] = 1
    net: bytes
    known: tuple[bytes, ...]

    def __post_init__(self) -> None:
        """Refuse a frame that breaks the format."""
        check_bytes("net", self.net, NET_SIZE)
        if len(self.known) > MAX_KNOWN:
            raise wrong("known", f"not at most {MAX_KNOWN}")
        for one in self.known:
            check_bytes("known", one, SHORT)


def pack_ask(ask: Ask) -> bytes:
    """Return the bytes of a question."""
    return encode((Ask.KIND, ask.net, b"".join(ask.known)))


def read_ask(data: bytes) -> Ask:
    """Decode a question, or raise MalformedError."""
    kind, net, known = shaped(data, MAX_ASK, 3)
    if type(kind) is not int or kind != Ask.KIND:
        raise MalformedError("shape", "no frame of the hubs protocol")
    if type(known) is not bytes or len(known) % SHORT:
        raise MalformedError("shape", f"ids that are not {SHORT} bytes each")
    return build(Ask, net, tuple(known[at : at + SHORT] for at in range(0, len(known), SHORT)))


def pack_told(envelopes: Iterable[bytes]) -> bytes:
    """Return the bytes of an answer."""
    return encode(tuple(envelopes))


def read_told(data: bytes) -> tuple[bytes, ...]:
    """Decode an answer to envelopes that are still to be read, or raise MalformedError."""
    items = decode(data, MAX_ANSWER)
    if len(items) > MAX_TOLD:
        raise wrong("records", f"not at most {MAX_TOLD}")
    return tuple(map(_envelope, items))


def _envelope(item: Value) -> bytes:
    if type(item) is not bytes or not 0 < len(item) <= MAX_RECORD:
        raise wrong("records", f"not 1 to {MAX_RECORD} bytes")
    return item
