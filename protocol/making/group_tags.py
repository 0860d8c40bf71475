"""The tags and codes of closed groups, made without lazpool."""

from __future__ import annotations

import base64
import hashlib

from making.curve import NET, digest, seed

SECRET, OTHER_SECRET = seed("village")[:16], seed("school")[:16]
VILLAGE = "Village"


def keyed(tag: str, key: bytes, data: bytes) -> bytes:
    """Return the keyed hash of the specification, 16 bytes."""
    return hashlib.blake2b(data, digest_size=16, key=key, person=tag.encode()).digest()


def post_tag(secret: bytes, post_pk: bytes, net: bytes = NET) -> bytes:
    """Return what a post of a group carries."""
    return keyed("lz/group/1", secret, net + post_pk)


def member_tag(secret: bytes, agreement: bytes) -> bytes:
    """Return what a proposal to an offer of a group carries."""
    return keyed("lz/member/1", secret, agreement)


def code(secret: bytes, name: bytes, net: bytes = NET, check: bytes | None = None) -> str:
    """Return an invitation code, whatever the name is; `check` instead of the right one."""
    return encoded("lzg1", secret + name, net, check)


def encoded(prefix: str, content: bytes, net: bytes, check: bytes | None = None) -> str:
    """Return the code of some bytes; `check` instead of the right one."""
    check = digest("lz/invite/1", net + content)[:4] if check is None else check
    return prefix + base64.b32encode(check + content).decode().lower().rstrip("=")


def after(digit: str) -> str:
    """Return the digit of base 32 after another one."""
    digits = "abcdefghijklmnopqrstuvwxyz234567"
    return digits[digits.index(digit) + 1]


def hyphens(code: str) -> str:
    """Return a code as people are shown it."""
    digits = code[4:]
    return "-".join([code[:4], *(digits[at : at + 8] for at in range(0, len(digits), 8))])
