"""Canonical MessagePack, hashes, signatures, envelopes, seals: protocol/conventions.md and keys-and-envelope.md.

A part of verify_receipt.py, which imports nothing of lazpool: the encoding is read byte by byte here, where lazpool
decodes with msgpack and encodes again. Two ways that must come to the same.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING, Any

from nacl.bindings import (
    crypto_box_seal_open,
    crypto_core_ed25519_is_valid_point,
    crypto_scalarmult_base,
    crypto_sign_open,
)
from nacl.exceptions import BadSignatureError, CryptoError

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_DEPTH, MAX_ITEMS = 3, 4096
MINUTE, SECOND, AMOUNT, SEQ = (0, 2**32 - 1), (0, 2**40 - 1), (0, 2**40 - 1), (1, 2**32 - 1)
DISTANCE = 0, 100_000
LETTERS = (512, 1024, 2048, 4096)


class RefusedError(Exception):
    """Something is not valid; `layer` is the check that refused it, `at` the entry of a log, counted from 1."""

    def __init__(self, layer: str, why: str) -> None:
        """Keep the layer and the reason."""
        super().__init__(f"{layer}: {why}")
        self.layer, self.at = layer, 0


def require(holds: bool, layer: str, why: str) -> None:  # noqa: FBT001 # reads as a sentence
    """Refuse unless the condition holds."""
    if not holds:
        raise RefusedError(layer, why)


class _Reader:
    """Reads one value after the other, and refuses every form but the shortest."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, size: int) -> bytes:
        require(self.at + size <= len(self.data), "codec", "cut")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size: int, least: int) -> int:
        number = int.from_bytes(self.take(size), "big")
        require(number >= least, "codec", "not the shortest form")
        return number

    def value(self, depth: int) -> Any:
        code = self.take(1)[0]
        if code < 0x80 or code >= 0xE0:
            return code if code < 0x80 else code - 256
        if code < 0xA0:
            require(code >= 0x90, "codec", "a map")
            return self.array(code & 15, depth)
        if code < 0xC0:
            return self.text(code & 31)
        return self.longer(code, depth)

    def longer(self, code: int, depth: int) -> Any:
        if 0xC4 <= code <= 0xC6:
            return self.take(self.number(2 ** (code - 0xC4), (0, 2**8, 2**16)[code - 0xC4]))
        if 0xCC <= code <= 0xCF:
            return self.number(2 ** (code - 0xCC), (2**7, 2**8, 2**16, 2**32)[code - 0xCC])
        if 0xD0 <= code <= 0xD3:
            number = int.from_bytes(self.take(2 ** (code - 0xD0)), "big", signed=True)
            require(number < (-(2**5), -(2**7), -(2**15), -(2**31))[code - 0xD0], "codec", "not the shortest form")
            return number
        if 0xD9 <= code <= 0xDB:
            return self.text(self.number(2 ** (code - 0xD9), (2**5, 2**8, 2**16)[code - 0xD9]))
        require(code in {0xDC, 0xDD}, "codec", "a type that is not of the profile")
        return self.array(self.number(2 if code == 0xDC else 4, 2**4 if code == 0xDC else 2**16), depth)

    def text(self, size: int) -> str:
        try:
            text = self.take(size).decode()
        except UnicodeDecodeError:
            raise RefusedError("codec", "not UTF-8") from None
        require(unicodedata.is_normalized("NFC", text), "codec", "text not in normal form C")
        return text

    def array(self, size: int, depth: int) -> list[Any]:
        require(depth < MAX_DEPTH and size <= MAX_ITEMS, "codec", "too deep, or too many items")
        return [self.value(depth + 1) for _ in range(size)]


def decode(data: bytes, limit: int) -> list[Any]:
    """Return the array in `data`."""
    require(len(data) <= limit, "size", f"{len(data)} bytes")
    reader = _Reader(data)
    value = reader.value(0)
    if type(value) is not list or reader.at != len(data):
        raise RefusedError("codec", "not one array and nothing else")
    return value


def fields(data: bytes, limit: int, arity: int) -> list[Any]:
    """Return an array of so many fields."""
    array = decode(data, limit)
    require(len(array) == arity, "shape", f"{len(array)} fields")
    return array


def named(data: bytes, limit: int, names: Sequence[str], kind: int, what: str) -> dict[str, Any]:
    """Return the fields of a record of that kind by name, not yet checked."""
    found = dict(zip(names, fields(data, limit, len(names)), strict=True))
    require(found["version"] == 1 and found["kind"] == kind, "shape", f"no {what} of version 1")
    return found


def check(found: dict[str, Any], sizes: dict[str, int], bounds: dict[str, tuple[int, int]]) -> None:
    """Refuse fields that are not bytes of these sizes, or not integers within these bounds."""
    for name, size in sizes.items():
        sized(found[name], size)
    for name, bound in bounds.items():
        between(found[name], bound)


def sized(value: Any, size: int) -> bytes:
    """Return bytes of that size."""
    require(type(value) is bytes and len(value) == size, "range", f"not {size} bytes")
    return bytes(value)


def between(value: Any, bounds: tuple[int, int]) -> int:
    """Return an integer within bounds."""
    require(type(value) is int and bounds[0] <= value <= bounds[1], "range", f"{value!r} is not in {bounds}")
    return int(value)


def digest(tag: str, data: bytes) -> bytes:
    """Return the tagged hash."""
    return hashlib.blake2b(data, digest_size=32, person=tag.encode()).digest()


def verify(
    key: bytes, signature: bytes, tag: str, net: bytes, identifier: bytes, extra: bytes = b"", *, rule: str = "strict"
) -> None:
    """Refuse a signature that does not hold."""
    points = rule == "plain" or (
        crypto_core_ed25519_is_valid_point(key) and crypto_core_ed25519_is_valid_point(signature[:32])
    )
    require(points, "signature", "a point is not of the prime-order group")
    try:
        crypto_sign_open(signature + b"lazpool/1/" + tag.encode() + b"\0" + net + identifier + extra, key)
    except BadSignatureError:
        raise RefusedError("signature", f"the signature {tag} does not hold") from None


Device = tuple[bytes, bytes, bytes]


def device(array: Any) -> Device:
    """Return identity, log and certificate, not yet verified."""
    require(type(array) is list and len(array) == 3, "shape", "no device")
    return sized(array[0], 32), sized(array[1], 32), sized(array[2], 64)


def verify_device(identity: bytes, log: bytes, certificate: bytes, net: bytes) -> None:
    """Refuse a device that its person did not certify."""
    verify(identity, certificate, "dev", net, digest("lz/dev/1", log))


def envelope(data: bytes, limit: int) -> tuple[bytes, bytes]:
    """Return body and signature."""
    array = decode(data, limit)
    good = len(array) == 2 and type(array[0]) is type(array[1]) is bytes and len(array[1]) == 64
    require(good, "envelope", "not a body and a signature")
    return array[0], array[1]


def unseal(secret: bytes, letter: bytes) -> bytes:
    """Return what was sealed to the key of a secret."""
    require(len(letter) in LETTERS, "size", f"a letter of {len(letter)} bytes")
    try:
        padded = crypto_box_seal_open(letter, crypto_scalarmult_base(secret), secret)
    except CryptoError:
        raise RefusedError("seal", "does not open") from None
    plain = padded.rstrip(b"\0")
    require(plain.endswith(b"\x80"), "seal", "no padding")
    return bytes(plain[:-1])


def free_text(value: Any, most: int) -> None:
    """Refuse what is not free text."""
    good = type(value) is str and len(value.encode()) <= most
    require(
        good and not any(unicodedata.category(one) == "Cc" and one != "\n" for one in value), "range", "no free text"
    )


def currency(value: Any) -> None:
    """Refuse what is no unit of money."""
    require(type(value) is str and re.fullmatch("[A-Z]{3}", value) is not None, "range", "no currency")
