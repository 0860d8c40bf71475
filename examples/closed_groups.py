"""Closed groups and invitation codes, from protocol/groups.md.

A part of verify_receipt.py, which imports nothing of lazpool. A code is read digit by digit here.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Any

from strict_bytes import digest, free_text, require

DIGITS = "abcdefghijklmnopqrstuvwxyz234567"
SECRET = 16


def post_tag(secret: bytes, net: bytes, post_pk: bytes) -> bytes:
    """Return what a post of the group carries."""
    return _keyed("lz/group/1", secret, net + post_pk)


def member_tag(secret: bytes, agreement: bytes) -> bytes:
    """Return what a proposal to a driver of the group shows."""
    return _keyed("lz/member/1", secret, agreement)


def _keyed(tag: str, key: bytes, data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16, key=key, person=tag.encode()).digest()


def group(code: str, net: bytes) -> dict[str, Any]:
    """Return the group that a code invites to."""
    content = code_content("lzg1", code, net, 256)
    try:
        name = content[SECRET:].decode()
    except UnicodeDecodeError:
        name = None
    require(name is not None, "codec", "the name is no text")
    require(len(content) >= SECRET and unicodedata.is_normalized("NFC", str(name)), "range", "no secret, or no name")
    printable(name, 32)
    return {"name": name, "secret": content[:SECRET]}


def code_content(prefix: str, code: str, net: bytes, most: int) -> bytes:
    """Return what an invitation code carries, its check verified."""
    require(len(code) <= most, "size", f"{len(code)} characters")
    code = re.sub("[ \t\r\n-]", "", code)
    code = re.sub("[A-Z]+", lambda capitals: capitals[0].lower(), code)
    require(code.startswith(prefix), "shape", f"does not begin with {prefix}")
    data = base32(code.removeprefix(prefix))
    check, content = data[:4], data[4:]
    require(check == digest("lz/invite/1", net + content)[:4], "shape", "a typing error, or of another network")
    return content


def base32(text: str) -> bytes:
    """Return the bytes of base 32 without padding, refusing every form but the only one."""
    require(set(text) <= set(DIGITS), "codec", "no digit of base 32")
    bits = "".join(f"{DIGITS.index(digit):05b}" for digit in text)
    rest = len(bits) % 8
    require(rest < 5 and int(bits[len(bits) - rest :] or "0", 2) == 0, "codec", "not the only form of its bytes")
    return int("1" + bits[: len(bits) - rest], 2).to_bytes(len(text) * 5 // 8 + 1, "big")[1:]


def printable(value: Any, most: int) -> None:
    """Refuse what is no name: 1 to so many bytes of characters that show, without a space at either end."""
    free_text(value, most)
    require(value != "" and value == value.strip(" "), "range", "no name, or spaces around it")
    hidden = any(unicodedata.category(one)[0] in "CZ" and one != " " for one in value)
    require(not hidden, "range", "characters that do not show")
