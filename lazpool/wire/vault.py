"""A file that only a passphrase opens: Argon2id makes the key, XChaCha20-Poly1305 seals the content.

The format is docs/reference/backup-file.md. Source: RFC 9106, by libsodium; draft-irtf-cfrg-xchacha, the same.
"""

from __future__ import annotations

import secrets
import struct
import unicodedata
from dataclasses import dataclass

from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
    crypto_pwhash_alg,
    crypto_pwhash_ALG_ARGON2ID13,
)
from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id

from lazpool.errors import DamagedError, RefusedError

MAGIC, VERSION = b"lazpool backup\n", 1
_HEADER = struct.Struct(">15sBIQ16s24sQ")
"""Magic, version, passes, bytes of memory, salt, nonce, size of what follows."""
_KEY, _TAG = 32, 16


@dataclass(frozen=True, slots=True)
class Effort:
    """What trying one passphrase costs: passes over so many bytes of memory."""

    passes: int
    memory: int


MODERATE = Effort(argon2id.OPSLIMIT_MODERATE, argon2id.MEMLIMIT_MODERATE)
LEAST = Effort(argon2id.OPSLIMIT_MIN, argon2id.MEMLIMIT_MIN)
MOST = Effort(64, 2**31)
"""A file that asks for more is not read: it would stop this machine."""


def lock(plain: bytes, passphrase: str, effort: Effort = MODERATE) -> bytes:
    """Return `plain` sealed under a passphrase; the header is authenticated with it."""
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(24)
    header = _HEADER.pack(MAGIC, VERSION, effort.passes, effort.memory, salt, nonce, len(plain) + _TAG)
    key = _key(passphrase, salt, effort)
    return header + crypto_aead_xchacha20poly1305_ietf_encrypt(plain, header, nonce, key)


def unlock(data: bytes, passphrase: str) -> bytes:
    """Return what was sealed; DamagedError when it is no such file or cut, RefusedError for a wrong passphrase."""
    if not data.startswith(MAGIC):
        raise DamagedError("this is not a backup of lazpool")
    if data[len(MAGIC) : len(MAGIC) + 1] > bytes([VERSION]):
        raise DamagedError("this backup was made by a newer lazpool", hint="upgrade lazpool")
    if len(data) < _HEADER.size:
        raise _cut()
    _, _, passes, memory, salt, nonce, size = _HEADER.unpack_from(data)
    if len(data) != _HEADER.size + size:
        raise _cut()
    effort = Effort(passes, memory)
    if not (LEAST.passes <= passes <= MOST.passes and LEAST.memory <= memory <= MOST.memory):
        raise DamagedError("this backup asks for more memory or time than any is made with")
    header, sealed = data[: _HEADER.size], data[_HEADER.size :]
    try:
        return bytes(crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, header, nonce, _key(passphrase, salt, effort)))
    except CryptoError:
        raise RefusedError(
            "the passphrase is wrong, or the file was altered", hint="try again; nothing was written", code="passphrase"
        ) from None


def _key(passphrase: str, salt: bytes, effort: Effort) -> bytes:
    secret = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogateescape")  # keyboards differ in accents
    return bytes(crypto_pwhash_alg(_KEY, secret, salt, effort.passes, effort.memory, crypto_pwhash_ALG_ARGON2ID13))


def _cut() -> DamagedError:
    return DamagedError("this backup is not whole: its size is another than it says", hint="copy it again")
