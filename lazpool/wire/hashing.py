"""Hashes with a purpose: BLAKE2b-256 personalised by a tag, so that no hash can stand in for another."""

from __future__ import annotations

import hashlib
from functools import cache

HASH_SIZE = 32
NET_SIZE = 8


def tagged_hash(tag: str, data: bytes) -> bytes:
    """Return the 32-byte BLAKE2b of `data`, personalised by `tag` (at most 16 ASCII characters).

    Source: RFC 7693; libsodium's crypto_generichash_blake2b_salt_personal gives the same bytes.
    """
    return hashlib.blake2b(data, digest_size=HASH_SIZE, person=tag.encode("ascii")).digest()


def keyed_hash(tag: str, key: bytes, data: bytes, size: int) -> bytes:
    """Return `size` bytes of the BLAKE2b of `data` under a secret key, personalised by `tag`; RFC 7693, section 2.5."""
    return hashlib.blake2b(data, digest_size=size, key=key, person=tag.encode("ascii")).digest()


@cache
def network_id(network: str) -> bytes:
    """Return the 8 bytes that stand for a network name in every record, so that a test network's records are void."""
    return tagged_hash("lz/net/1", network.encode())[:NET_SIZE]
