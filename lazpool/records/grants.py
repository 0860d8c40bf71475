"""Adding a device: what the new machine asks for, and what the identity's machine hands back; both carried by hand.

The format is protocol/devices.md.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from lazpool.errors import MalformedError
from lazpool.records import codes
from lazpool.records.people import MAX_NAME, Device, device_from
from lazpool.records.shape import HASH, KEY, build, check_bytes, check_text, shaped, wire_fields, wrong
from lazpool.wire.codec import encode
from lazpool.wire.hashing import network_id, tagged_hash
from lazpool.wire.seal import MAX_LETTER, MAX_PLAIN, box_public_key, seal, unseal
from lazpool.wire.signing import public_key

MAX_NETWORK = 64
MAX_HUBS = 8
MAX_ADDRESS = 256
MAX_STANDING = 256
MAX_CODE = 8192
"""Characters of a code, with all its spaces and hyphens."""
_REQUEST, _GRANT, _CHECK = "lzdevice1", "lzgrant1", 4
_MISTYPED = "this grant is mistyped or cut"


@dataclass(frozen=True, slots=True)
class Request:
    """The keys of a new device: of its log, and that the grant is sealed to."""

    log: bytes
    box: bytes

    def __post_init__(self) -> None:
        """Refuse a request that breaks the format."""
        check_bytes("log", self.log, KEY)
        check_bytes("box", self.box, KEY)

    def code(self) -> str:
        """Return the text that is carried to the identity's machine."""
        content = self.log + self.box
        digits = codes.to_digits(_sum(content) + content)
        return "-".join((_REQUEST, *(digits[at : at + 8] for at in range(0, len(digits), 8))))


@dataclass(frozen=True, slots=True)
class Grant:
    """What makes a machine a device of somebody: the certificate, and what a home is set to.

    next_commitment: to the next identity, for the genesis entry. hubs: addresses to keep a connection with.
    """

    device: Device
    next_commitment: bytes
    network: str
    name: str
    contact: str
    iban: str
    hubs: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse a grant that breaks the format, or whose certificate does not hold."""
        check_bytes("next key", self.next_commitment, HASH)
        check_text("network", self.network, MAX_NETWORK)
        for name in ("name", "contact", "iban"):
            check_text(name, getattr(self, name), MAX_NAME)
        if type(self.hubs) is not tuple or len(self.hubs) > MAX_HUBS:
            raise wrong("hubs", f"not at most {MAX_HUBS}")
        for address in self.hubs:
            check_text("hubs", address, MAX_ADDRESS)
        self.device.check(network_id(self.network))

    def code(self, box: bytes) -> str:
        """Return the text that is carried to the new machine, which alone can read it."""
        return _GRANT + base64.urlsafe_b64encode(seal(box, encode(wire_fields(self)))).decode()


def read_request(code: str) -> Request:
    """Return what the code of a new device asks for, or raise MalformedError; spaces, hyphens and capitals are free."""
    data = codes.from_digits(_plain(codes.small(code), " -", _REQUEST, "the code of a device"))
    check, content = data[:_CHECK], data[_CHECK:]
    if check != _sum(content) or len(content) != 2 * KEY:
        raise MalformedError("codec", "this code is mistyped or cut")
    return Request(content[:KEY], content[KEY:])


def read_grant(code: str, log_seed: bytes, box_sk: bytes) -> Grant:
    """Return the grant for this machine, or raise MalformedError."""
    digits = _plain(code, "", _GRANT, "a grant")
    try:
        data = base64.b64decode(digits, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise MalformedError("codec", _MISTYPED) from None
    if base64.urlsafe_b64encode(data).decode() != digits:
        raise MalformedError("codec", _MISTYPED)
    if len(data) > MAX_LETTER:
        raise MalformedError("size", "longer than any grant")
    device, *said = shaped(unseal(box_sk, data), MAX_PLAIN, 7)
    grant = build(Grant, device_from(device), *said)
    if grant.device.log_pk != public_key(log_seed):
        raise MalformedError("shape", "this grant is for another machine")
    return grant


def pack_standing(device: Device, next_commitment: bytes) -> bytes:
    """Return what a device keeps of its grant for good."""
    return encode((wire_fields(device), next_commitment))


def read_standing(data: bytes) -> tuple[Device, bytes]:
    """Return the certificate of a device and the commitment to the next identity, or raise MalformedError."""
    device, commitment = shaped(data, MAX_STANDING, 2)
    check_bytes("next key", commitment, HASH)  # type: ignore[arg-type] # this is the check
    return device_from(device), commitment  # type: ignore[return-value] # checked above


def request_for(log_seed: bytes, box_sk: bytes) -> Request:
    """Return the request of a machine with these secrets."""
    return Request(public_key(log_seed), box_public_key(box_sk))


def _plain(code: str, ignored: str, prefix: str, what: str) -> str:
    if len(code) > MAX_CODE:
        raise MalformedError("size", f"longer than {what}")
    digits = "".join(sign for sign in code if sign not in ignored + " \n\t\r")
    if not digits.startswith(prefix):
        raise MalformedError("shape", f"{what} begins with {prefix}")
    return digits.removeprefix(prefix)


def _sum(content: bytes) -> bytes:
    return tagged_hash("lz/request/1", content)[:_CHECK]
