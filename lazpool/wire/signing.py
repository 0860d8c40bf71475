"""Ed25519 signatures with a domain: the tag names the role, the network and the record.

Source: RFC 8032, by libsodium. A signature is never an identifier: ids hash the unsigned body.
"""

from __future__ import annotations

from functools import cache, lru_cache

from nacl.bindings import (
    crypto_core_ed25519_is_valid_point,
    crypto_sign,
    crypto_sign_open,
    crypto_sign_seed_keypair,
)
from nacl.exceptions import CryptoError

from lazpool.errors import MalformedError

KEY_SIZE = 32
SIGNATURE_SIZE = 64
_PREFIX = b"lazpool/1/"


def signing_input(tag: str, net: bytes, record_id: bytes, extra: bytes = b"") -> bytes:
    """Return the exact bytes that are signed: prefix, tag, zero, network id, record id, extra."""
    return _prefix(tag) + net + record_id + extra


@cache
def _prefix(tag: str) -> bytes:
    return _PREFIX + tag.encode("ascii") + b"\0"


def public_key(seed: bytes) -> bytes:
    """Return the 32-byte Ed25519 public key of a 32-byte seed."""
    return _keypair(seed)[0]


def sign(seed: bytes, tag: str, net: bytes, record_id: bytes, extra: bytes = b"") -> bytes:
    """Return the 64-byte signature by the key of `seed`."""
    return crypto_sign(signing_input(tag, net, record_id, extra), _keypair(seed)[1])[:SIGNATURE_SIZE]


def verify(key: bytes, signature: bytes, tag: str, net: bytes, record_id: bytes, extra: bytes = b"") -> None:
    """Raise MalformedError unless the signature holds under the strict rule.

    Both points must lie in the prime-order group: libraries and releases disagree on signatures with other points, and
    one record must not be valid on one node and void on the next.
    """
    _check_sizes(key, signature)
    if not (is_valid_point(key) and crypto_core_ed25519_is_valid_point(signature[:KEY_SIZE])):
        raise MalformedError("signature", "a point of the signature is outside the prime-order group")
    _open(key, signature, signing_input(tag, net, record_id, extra))


def verify_post(key: bytes, signature: bytes, net: bytes, post_id: bytes) -> None:
    """Raise MalformedError unless libsodium accepts the signature of a post.

    Posts skip the two point checks, which cost more than the signature: a post is settled by nobody, so a node that
    judges a crafted one differently loses nothing.
    """
    _check_sizes(key, signature)
    _open(key, signature, signing_input("post", net, post_id))


@lru_cache(maxsize=4096)
def is_valid_point(key: bytes) -> bool:
    """Tell whether a public key is a canonical point of the prime-order group."""
    return bool(crypto_core_ed25519_is_valid_point(key))


@lru_cache(maxsize=64)
def _keypair(seed: bytes) -> tuple[bytes, bytes]:
    public, secret = crypto_sign_seed_keypair(seed)
    return public, secret


def _check_sizes(key: bytes, signature: bytes) -> None:
    if len(key) != KEY_SIZE or len(signature) != SIGNATURE_SIZE:
        raise MalformedError("signature", "a key has 32 bytes and a signature 64")


def _open(key: bytes, signature: bytes, message: bytes) -> None:
    try:
        crypto_sign_open(signature + message, key)
    except (CryptoError, ValueError) as wrong:
        raise MalformedError("signature", "the signature does not hold") from wrong
