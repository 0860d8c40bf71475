"""A circle: its founding, which every member signs, and its rides, each of which all who were in the car sign.

The format is protocol/circles.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lazpool.errors import MalformedError
from lazpool.records.codes import from_code, to_code
from lazpool.records.groups import check_group_name
from lazpool.records.people import MAX_NAME, Card, Device
from lazpool.records.posts import MAX_LETTERBOXES
from lazpool.records.shape import (
    HASH,
    KEY,
    MAX_MINUTE,
    Terms,
    build,
    check_bytes,
    check_text,
    check_uint,
    parse,
    shaped,
    wire_fields,
    wrong,
)
from lazpool.wire.codec import encode
from lazpool.wire.hashing import NET_SIZE, tagged_hash
from lazpool.wire.signing import SIGNATURE_SIZE, sign, verify

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lazpool.wire.codec import Value

MAX_MEMBERS = 12
NONCE = 16
MAX_FOUNDING = 3456
MAX_RIDE = 640
MAX_LEG = 9
MAX_CARRY = 2**32 - 1
EARLIEST, LATEST = 31, 1
"""Days that a ride may be recorded after it, and before it: time zones differ."""
_DAY = 24 * 60
_PREFIX, _MAX_CODE, _MAX_INVITE = "lzc1", 700, 320


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a circle: who, what they are called, where the others write to, and points that they bring along.

    letterboxes: up to three node keys, one after the other. carry: in 1/27720 of a ride.
    """

    identity: bytes
    name: str
    box_pk: bytes
    tag_pk: bytes
    letterboxes: bytes
    carry: int

    def __post_init__(self) -> None:
        """Refuse a member that breaks the format."""
        check_bytes("identity", self.identity, KEY)
        check_text("name", self.name, MAX_NAME)
        _check_card(self.box_pk, self.tag_pk, self.letterboxes)
        check_uint("carry", self.carry, -MAX_CARRY, MAX_CARRY)

    @property
    def card(self) -> Card:
        """Where to write to."""
        return _card(self.box_pk, self.tag_pk, self.letterboxes)


@dataclass(frozen=True, slots=True)
class FoundingTerms(Terms):
    """What all members sign. previous: the founding that this one takes the place of, or nothing. at: minute."""

    KIND: ClassVar[int] = 8
    TAG: ClassVar[str] = "lz/circle/1"
    net: bytes
    nonce: bytes
    name: str
    previous: bytes
    members: tuple[Member, ...]
    at: int

    def __post_init__(self) -> None:
        """Refuse terms that break the format."""
        check_bytes("net", self.net, NET_SIZE)
        check_bytes("nonce", self.nonce, NONCE)
        check_group_name(self.name)
        _check_maybe("previous", self.previous)
        _check_sorted("members", tuple(one.identity for one in self.members))
        if sum(one.carry for one in self.members) or (not self.previous and any(one.carry for one in self.members)):
            raise wrong("carry", "what members bring along does not add up to nothing, or comes from nowhere")
        check_uint("at", self.at, 0, MAX_MINUTE)

    @property
    def signers(self) -> tuple[bytes, ...]:
        """Who must sign: every member."""
        return tuple(one.identity for one in self.members)

    @property
    def carried(self) -> dict[bytes, int]:
        """What each member brings along."""
        return {one.identity: one.carry for one in self.members}


@dataclass(frozen=True, slots=True)
class RideTerms(Terms):
    """What all who were in the car sign.

    circle: id of the founding. day: of the calendar, days since 1970-01-01. leg: the how manieth ride of that day.
    present: all in the car, the driver among them. at: minute of the recording. cancels: the id of a ride that this one
    takes back, or nothing.
    """

    KIND: ClassVar[int] = 9
    TAG: ClassVar[str] = "lz/turn/1"
    net: bytes
    circle: bytes
    day: int
    leg: int
    driver: bytes
    present: tuple[bytes, ...]
    nonce: bytes
    at: int
    cancels: bytes

    def __post_init__(self) -> None:
        """Refuse terms that break the format."""
        check_bytes("net", self.net, NET_SIZE)
        check_bytes("circle", self.circle, HASH)
        check_uint("at", self.at, 0, MAX_MINUTE)
        check_uint("day", self.day, max(0, self.at // _DAY - EARLIEST), self.at // _DAY + LATEST)
        check_uint("leg", self.leg, 1, MAX_LEG)
        _check_sorted("present", self.present)
        if self.driver not in self.present:
            raise wrong("driver", "not in the car")
        check_bytes("nonce", self.nonce, NONCE)
        _check_maybe("cancels", self.cancels)

    @property
    def signers(self) -> tuple[bytes, ...]:
        """Who must sign: all who were in the car."""
        return self.present


@dataclass(frozen=True, slots=True)
class CoSignature:
    """One person's signature under a founding or a ride, by a device that they certified."""

    identity: bytes
    log_pk: bytes
    certificate: bytes
    signature: bytes

    def __post_init__(self) -> None:
        """Refuse what breaks the format."""
        for name in ("identity", "log_pk"):
            check_bytes(name, getattr(self, name), KEY)
        for name in ("certificate", "signature"):
            check_bytes(name, getattr(self, name), SIGNATURE_SIZE)

    def check(self, terms: FoundingTerms | RideTerms) -> None:
        """Raise MalformedError unless this person must sign these terms, and did."""
        if self.identity not in terms.signers:
            raise MalformedError("signature", "signed by somebody who is not named")
        self.check_of(terms.net, terms.id)

    def check_of(self, net: bytes, identifier: bytes) -> None:
        """Raise MalformedError unless this person signed what has this id."""
        Device(self.identity, self.log_pk, self.certificate).check(net)
        verify(self.log_pk, self.signature, "circle", net, identifier)


@dataclass(frozen=True, slots=True)
class Invite:
    """What an invitation says: the circle to be, its name, and how to write to who gathers it."""

    nonce: bytes
    name: str
    founder: bytes
    box_pk: bytes
    tag_pk: bytes
    letterboxes: bytes

    def __post_init__(self) -> None:
        """Refuse an invitation that breaks the format."""
        check_bytes("nonce", self.nonce, NONCE)
        check_group_name(self.name)
        check_bytes("founder", self.founder, KEY)
        _check_card(self.box_pk, self.tag_pk, self.letterboxes)

    @property
    def card(self) -> Card:
        """Where to write to."""
        return _card(self.box_pk, self.tag_pk, self.letterboxes)

    def code(self, net: bytes) -> str:
        """Return the invitation as text, to be passed on by hand."""
        return to_code(_PREFIX, encode(wire_fields(self)), net)


def founding_from(body: bytes) -> FoundingTerms:
    """Decode the terms of a founding, or raise MalformedError."""
    _, net, _, nonce, name, previous, members, at = parse(body, MAX_FOUNDING, FoundingTerms.KIND, 8)
    return build(
        FoundingTerms, net, nonce, name, previous, tuple(build(Member, *_items(one)) for one in _items(members)), at
    )


def ride_from(body: bytes) -> RideTerms:
    """Decode the terms of a ride, or raise MalformedError."""
    _, net, _, *rest = parse(body, MAX_RIDE, RideTerms.KIND, 11)
    return build(RideTerms, net, *rest)


def invite_from(code: str, net: bytes) -> Invite:
    """Return the invitation in a code, or raise MalformedError."""
    return build(Invite, *shaped(from_code(_PREFIX, code, net, _MAX_CODE), _MAX_INVITE, 6))


def cosign(terms: FoundingTerms | RideTerms, device: Device, log_seed: bytes) -> CoSignature:
    """Return our signature under terms."""
    signature = sign(log_seed, "circle", terms.net, terms.id)
    return CoSignature(device.identity, device.log_pk, device.certificate, signature)


def cosignatures_from(value: Value) -> tuple[CoSignature, ...]:
    """Return the signatures in a nested array, no two by one person, or raise MalformedError."""
    found = tuple(build(CoSignature, *_items(one)) for one in _items(value))
    check_cosigners(found)
    return found


def check_cosigners(found: tuple[CoSignature, ...]) -> None:
    """Refuse more signatures than there can be members, and two by one person."""
    if type(found) is not tuple or len(found) > MAX_MEMBERS or len({one.identity for one in found}) != len(found):
        raise wrong("signatures", f"not those of at most {MAX_MEMBERS} different people")


def packed_letterboxes(card: Card) -> bytes:
    """Return the letterboxes of a card as a record of a circle has them."""
    return b"".join(card.letterboxes)


def thread(nonce: bytes, sender: bytes, reader: bytes) -> bytes:
    """Return what stands for the deal in letters of a circle from one person to another."""
    return tagged_hash("lz/thread/1", nonce + sender + reader)[:NONCE]


def about(nonce: bytes) -> bytes:
    """Return what stands for the post in letters of a circle."""
    return tagged_hash("lz/thread/1", nonce)


def digest_of(rides: Iterable[bytes]) -> bytes:
    """Return what stands for a set of rides, given by their ids."""
    return tagged_hash("lz/rides/1", b"".join(sorted(rides)))


def short_of(salt: bytes, ride: bytes) -> bytes:
    """Return the few bytes that stand for a ride in one question; its salt is new, so none can be made alike."""
    return tagged_hash("lz/rides/1", salt + ride)[:SHORT]


SALT, SHORT = 8, 6


def _items(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else ()


def _card(box_pk: bytes, tag_pk: bytes, letterboxes: bytes) -> Card:
    return Card(box_pk, tag_pk, tuple(letterboxes[at : at + KEY] for at in range(0, len(letterboxes), KEY)))


def _check_card(box_pk: bytes, tag_pk: bytes, letterboxes: bytes) -> None:
    if type(letterboxes) is not bytes or len(letterboxes) % KEY or len(letterboxes) > MAX_LETTERBOXES * KEY:
        raise wrong("letterboxes", f"not at most {MAX_LETTERBOXES} keys")
    _card(box_pk, tag_pk, letterboxes)


def _check_sorted(field: str, people: tuple[bytes, ...]) -> None:
    if type(people) is not tuple or not 1 < len(people) <= MAX_MEMBERS:
        raise wrong(field, f"not 2 to {MAX_MEMBERS} people")
    for identity in people:
        check_bytes(field, identity, KEY)
    if list(people) != sorted(set(people)):
        raise wrong(field, "not in the order of their keys, each once")


def _check_maybe(field: str, value: bytes) -> None:
    if type(value) is not bytes or len(value) not in {0, HASH}:
        raise wrong(field, f"neither empty nor {HASH} bytes")
