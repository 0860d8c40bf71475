"""Codes that people pass on by hand: bytes with a check, in base 32, so that a typing error is found."""

from __future__ import annotations

import base64
import binascii
from string import ascii_lowercase, ascii_uppercase

from lazpool.errors import MalformedError
from lazpool.wire.hashing import tagged_hash

_CHECK = 4
_MISTYPED = "this code is mistyped or cut: it is made of the letters a to z and the digits 2 to 7"
_SMALL = str.maketrans(ascii_uppercase, ascii_lowercase)


def to_code(prefix: str, content: bytes, net: bytes) -> str:
    """Return the code of some bytes, with a hyphen after every eight digits."""
    digits = to_digits(_sum(content, net) + content)
    return "-".join((prefix, *(digits[at : at + 8] for at in range(0, len(digits), 8))))


def from_code(prefix: str, code: str, net: bytes, most: int) -> bytes:
    """Return the bytes of a code of at most `most` characters, or raise MalformedError; hyphens do not matter."""
    if len(code) > most:
        raise MalformedError("size", f"an invitation code of more than {most} characters")
    digits = "".join(sign for sign in small(code) if sign not in " -\n\t\r")
    if not digits.startswith(prefix):
        raise MalformedError("shape", f"an invitation code begins with {prefix}")
    data = from_digits(digits.removeprefix(prefix))
    check, content = data[:_CHECK], data[_CHECK:]
    if check != _sum(content, net):
        raise MalformedError("shape", "this invitation code is mistyped, cut, or for another network")
    return content


def small(code: str) -> str:
    """Return a code with A to Z made small and nothing else: Python's `lower` takes the Kelvin sign for a k."""
    return code.translate(_SMALL)


def to_digits(data: bytes) -> str:
    """Return bytes in base 32, in small letters and without padding."""
    return base64.b32encode(data).decode().rstrip("=").lower()


def from_digits(digits: str) -> bytes:
    """Return the bytes whose digits, in small letters, these are; MalformedError when they are of none."""
    try:
        data = base64.b32decode(digits.upper() + "=" * (-len(digits) % 8))
    except (binascii.Error, ValueError):
        raise MalformedError("codec", _MISTYPED) from None
    if to_digits(data) != digits:
        raise MalformedError("codec", _MISTYPED)
    return data


def _sum(content: bytes, net: bytes) -> bytes:
    return tagged_hash("lz/invite/1", net + content)[:_CHECK]
