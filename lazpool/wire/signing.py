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
    one record must not be valid on one node and void on the next. The key is checked once. That R is such a point this
    libsodium implies, or it is checked, too, which takes as long as all the rest.
    """
    _check_sizes(key, signature)
    if not (is_valid_point(key) and (implies_r() or crypto_core_ed25519_is_valid_point(signature[:KEY_SIZE]))):
        raise MalformedError("signature", "a point of the signature is outside the prime-order group")
    _open(key, signature, signing_input(tag, net, record_id, extra))


def verify_post(key: bytes, signature: bytes, net: bytes, post_id: bytes) -> None:
    """Raise MalformedError unless libsodium accepts the signature of a post.

    Posts skip the two point checks, which cost more than the signature: a post is settled by nobody, so a node that
    judges a crafted one differently loses nothing.
    """
    _check_sizes(key, signature)
    _open(key, signature, signing_input("post", net, post_id))


@cache
def implies_r() -> bool:
    """Tell whether a signature that libsodium accepts under a valid key has a valid R, so that nobody need look.

    It has where R is recomputed as S B - k A and compared as bytes: B and A are in the prime-order group, so the result
    is, too, and its encoding is canonical; the identity is refused by itself. A later libsodium only asks for R up to
    small order. Which of the two this one is, it shows by two signatures that differ from a good one in just that.
    """
    return not any(_accepts(_PROBE_KEY, signature, _PROBE_TEXT) for signature in (_PROBE_MIXED, _PROBE_IDENTITY))


_PROBE_TEXT = b"lazpool"
_PROBE_KEY = bytes.fromhex("8f56f4337f3fdc26afe9142bf23970659a8d449c094600926a313ea26f01f105")
_PROBE_MIXED = bytes.fromhex(
    "bd714bc26817786bc082589a0814771ac15a981628f57dc7304c30a8d7e29dd7"
    "f16c9d0465ff6f4a77f4982258281699328fb0e4e6dfef84d1f5d6bac148ef0c"
)
"""R of a good signature, moved by a point of order 8: the equation holds with the cofactor, and not without it."""
_PROBE_IDENTITY = bytes.fromhex(
    "0100000000000000000000000000000000000000000000000000000000000000"
    "bad6fd38f3626d1ec506b9cb65d7e13ee7d7b8a8f32abfc35c648b19a71f1006"
)
"""R is the identity, and the equation holds either way."""


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
    if not _accepts(key, signature, message):
        raise MalformedError("signature", "the signature does not hold")


def _accepts(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        crypto_sign_open(signature + message, key)
    except (CryptoError, ValueError):
        return False
    return True
