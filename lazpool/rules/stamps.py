"""Proof of work on a post, and who stays where there is no room for all.

The work of a post is how many of the last bits of its id are zero: a search for a stamp that makes it so takes 2 tries
for each bit more. Nobody has to; it decides only on a full board. Source: Hashcash (Back 2002).
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from lazpool.records.posts import POST_TAG
from lazpool.wire.codec import encode
from lazpool.wire.hashing import HASH_SIZE

if TYPE_CHECKING:
    from lazpool.records.posts import Offer, Request

MAX_BITS = 20
"""Bits that a node looks for by itself at most: a second or two on a laptop."""
_SIZE = 8


def work(identifier: bytes) -> int:
    """Return the work of an id: its zero bits at the end."""
    number = int.from_bytes(identifier, "big")
    return (number & -number).bit_length() - 1 if number else 8 * len(identifier)


def standing(identifier: bytes, expires: int) -> bytes:
    """Return what decides who stays, the least goes first: weakest work, then soonest expiry, then id."""
    return bytes([min(work(identifier), 255)]) + expires.to_bytes(4, "big") + identifier


def stamped(post: Offer | Request, bits: int) -> Offer | Request:
    """Return a post with a stamp that gives it so many bits of work; with none for no bits."""
    if bits <= 0:
        return post
    body = encode(replace(post, stamp=bytes(_SIZE)).fields())
    at = len(body) - len(encode((post.group,))) + 1 - _SIZE  # nothing but the tag of a group follows the stamp
    start = hashlib.blake2b(body[:at], digest_size=HASH_SIZE, person=POST_TAG.encode())
    rest, wanted = body[at + _SIZE :], 1 << bits
    number = 0
    while True:
        attempt, stamp = start.copy(), number.to_bytes(_SIZE, "big")
        attempt.update(stamp + rest)
        if int.from_bytes(attempt.digest(), "big") % wanted == 0:
            return replace(post, stamp=stamp)
        number += 1
