"""Who: the certificate that binds a device's log key to a person, and the contact card made for one deal."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from lazpool.records.posts import MAX_LETTERBOXES
from lazpool.records.shape import KEY, build, check_bytes, check_keys, check_text
from lazpool.wire.hashing import tagged_hash
from lazpool.wire.signing import SIGNATURE_SIZE, public_key, sign, verify

if TYPE_CHECKING:
    from lazpool.wire.codec import Value

MAX_NAME = 64


@dataclass(frozen=True, slots=True)
class Device:
    """A person, one device of theirs, and the person's signature over it."""

    identity: bytes
    log_pk: bytes
    certificate: bytes

    def __post_init__(self) -> None:
        """Check the sizes; `check` proves the signature."""
        check_bytes("identity", self.identity, KEY)
        check_bytes("log", self.log_pk, KEY)
        check_bytes("certificate", self.certificate, SIGNATURE_SIZE)

    def check(self, net: bytes) -> None:
        """Raise MalformedError unless the person certified this device in this network."""
        verify(self.identity, self.certificate, "dev", net, _device_id(self.log_pk))


@lru_cache(maxsize=64)
def certify(identity_seed: bytes, log_pk: bytes, net: bytes) -> Device:
    """Return the certificate of a device by its person; a home asks for its own at each entry."""
    signature = sign(identity_seed, "dev", net, _device_id(log_pk))
    return Device(public_key(identity_seed), log_pk, signature)


@dataclass(frozen=True, slots=True)
class Card:
    """Where one person can write to another about one deal: keys made for that pair, and who holds the letters."""

    box_pk: bytes
    tag_pk: bytes
    letterboxes: tuple[bytes, ...]

    def __post_init__(self) -> None:
        """Refuse a card that breaks the format."""
        check_bytes("box_pk", self.box_pk, KEY)
        check_bytes("tag_pk", self.tag_pk, KEY)
        check_keys("letterboxes", self.letterboxes, MAX_LETTERBOXES)


def device_from(value: Value) -> Device:
    """Build the device that a nested array says."""
    return build(Device, *_items(value))


def card_from(value: Value) -> Card:
    """Build the card that a nested array says."""
    return build(Card, *_items(value))


def check_name(value: str) -> None:
    """Check a display name."""
    check_text("name", value, MAX_NAME)


def _items(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else ()


def _device_id(log_pk: bytes) -> bytes:
    return tagged_hash("lz/dev/1", log_pk)
