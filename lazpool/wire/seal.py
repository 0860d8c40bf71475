"""Sealed letters: libsodium sealed boxes, padded so that their length tells little.

Source: libsodium crypto_box_seal and sodium_pad (ISO/IEC 7816-4).
"""

from __future__ import annotations

from nacl.bindings import (
    crypto_box_seal,
    crypto_box_seal_open,
    crypto_box_SEALBYTES,
    crypto_scalarmult_base,
    sodium_pad,
    sodium_unpad,
)
from nacl.exceptions import CryptoError

from lazpool.errors import MalformedError

SIZES = (512, 1024, 2048, 4096)
MAX_LETTER = SIZES[-1]
MAX_PLAIN = MAX_LETTER - crypto_box_SEALBYTES - 1


def box_public_key(secret: bytes) -> bytes:
    """Return the 32-byte X25519 public key of a 32-byte secret."""
    return bytes(crypto_scalarmult_base(secret))


def seal(box_pk: bytes, plain: bytes) -> bytes:
    """Return `plain` sealed to a box key: 512, 1024, 2048 or 4096 bytes; MalformedError when it is too long."""
    for size in SIZES:
        room = size - crypto_box_SEALBYTES
        if len(plain) < room:
            return _seal(box_pk, sodium_pad(plain, room))
    raise MalformedError("size", f"a letter of {len(plain)} bytes; the limit is {MAX_PLAIN}")


def unseal(box_sk: bytes, letter: bytes) -> bytes:
    """Return what was sealed to the key of `box_sk`; MalformedError when it was not, or was altered."""
    if len(letter) not in SIZES:
        raise MalformedError("size", f"a letter of {len(letter)} bytes is of no known size")
    try:
        padded = crypto_box_seal_open(letter, box_public_key(box_sk), box_sk)
        return bytes(sodium_unpad(padded, len(padded)))
    except (CryptoError, ValueError) as wrong:
        raise MalformedError("seal", "this letter is not for this key, or was altered") from wrong


def _seal(box_pk: bytes, padded: bytes) -> bytes:
    try:
        return bytes(crypto_box_seal(padded, box_pk))
    except (CryptoError, RuntimeError, ValueError) as wrong:
        raise MalformedError("seal", "this box key cannot be sealed to") from wrong
