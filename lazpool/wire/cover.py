"""Bytes that only who knows whom they are about can read: sealed under a key made of a salt and two identities.

Source: libsodium crypto_secretbox (XSalsa20-Poly1305). Used in a home alone; nothing of it travels.
"""

from __future__ import annotations

import secrets

from nacl.bindings import crypto_secretbox, crypto_secretbox_NONCEBYTES, crypto_secretbox_open
from nacl.exceptions import CryptoError

from lazpool.wire.hashing import HASH_SIZE, keyed_hash

SALT = 32


def cover(plain: bytes, about: bytes) -> tuple[bytes, bytes]:
    """Return a salt and `plain` sealed under it and what it is about."""
    salt, nonce = secrets.token_bytes(SALT), secrets.token_bytes(crypto_secretbox_NONCEBYTES)
    return salt, nonce + bytes(crypto_secretbox(plain, nonce, _key(salt, about)))


def uncover(salt: bytes, sealed: bytes, about: bytes) -> bytes | None:
    """Return what was sealed, or None when it is about something else."""
    nonce, box = sealed[:crypto_secretbox_NONCEBYTES], sealed[crypto_secretbox_NONCEBYTES:]
    try:
        return bytes(crypto_secretbox_open(box, nonce, _key(salt, about)))
    except CryptoError:
        return None


def _key(salt: bytes, about: bytes) -> bytes:
    return keyed_hash("lz/cover/1", salt, about, HASH_SIZE)
