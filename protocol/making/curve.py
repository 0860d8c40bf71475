"""Keys, signatures and seals: honest ones, and crafted ones with the points and scalars that a reader must refuse."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from nacl import bindings

ORDER = 2**252 + 27742317777372353535851937790883648493
IDENTITY = (1).to_bytes(32, "little")
IDENTITY_PLUS_P = (2**255 - 18).to_bytes(32, "little")
ORDER_2 = (2**255 - 20).to_bytes(32, "little")
ORDER_4 = bytes(32)
ORDER_8 = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")


def digest(tag: str, data: bytes) -> bytes:
    """Return the tagged hash of the specification."""
    return hashlib.blake2b(data, digest_size=32, person=tag.encode()).digest()


NET = digest("lz/net/1", b"lazpool")[:8]
OTHER_NET = digest("lz/net/1", b"lazpool-test")[:8]


def seed(name: str) -> bytes:
    """Return a fixed secret for a name."""
    return hashlib.sha256(b"lazpool vector " + name.encode()).digest()


def signing_input(tag: str, identifier: bytes, extra: bytes = b"", net: bytes = NET) -> bytes:
    """Return what is signed."""
    return b"lazpool/1/" + tag.encode() + b"\0" + net + identifier + extra


@dataclass(frozen=True)
class Signer:
    """An Ed25519 key with its secret in the open."""

    name: str

    @property
    def pk(self) -> bytes:
        """The public key."""
        return bindings.crypto_sign_seed_keypair(seed(self.name))[0]

    def sign(self, tag: str, identifier: bytes, extra: bytes = b"", net: bytes = NET) -> bytes:
        """Return an honest signature."""
        secret = bindings.crypto_sign_seed_keypair(seed(self.name))[1]
        return bindings.crypto_sign(signing_input(tag, identifier, extra, net), secret)[:64]

    def scalar(self) -> int:
        """Return the secret scalar, reduced."""
        half = bytearray(hashlib.sha512(seed(self.name)).digest()[:32])
        half[0] &= 248
        half[31] = half[31] & 63 | 64
        return int.from_bytes(half, "little") % ORDER


def signature_with(
    message: bytes, *, key: bytes, scalar: int, shift: bytes = b"", nonce: int = 1234567, point: bytes = b""
) -> bytes:
    """Return R and S such that S B = R + k A holds but for what the arguments bend.

    key: A as the verifier sees it. scalar: the secret of its prime-order part. shift: a small-order point added to R.
    point: R itself, whose secret is then `nonce`.
    """
    r = point or bindings.crypto_scalarmult_ed25519_base_noclamp(nonce.to_bytes(32, "little"))
    r = bindings.crypto_core_ed25519_add(r, shift) if shift else r
    s = (nonce + challenge(r, key, message) * scalar) % ORDER
    return r + s.to_bytes(32, "little")


def challenge(r: bytes, key: bytes, message: bytes) -> int:
    """Return k of RFC 8032."""
    return int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % ORDER


def add(one: bytes, other: bytes) -> bytes:
    """Return the sum of two points."""
    return bindings.crypto_core_ed25519_add(one, other)


def libsodium_accepts(key: bytes, signature: bytes, message: bytes) -> bool:
    """Tell what libsodium says, without the point checks."""
    try:
        bindings.crypto_sign_open(signature + message, key)
    except Exception:  # noqa: BLE001 # every way of refusing is the same here
        return False
    return True


def box_pk(name: str) -> bytes:
    """Return the X25519 public key for a name."""
    return bindings.crypto_scalarmult_base(seed(name))


def sealed(plain: bytes, reader: bytes, *, name: str = "ephemeral", size: int = 512, padded: bool = True) -> bytes:
    """Return a sealed box with a fixed ephemeral key: what crypto_box_seal does, made repeatable."""
    if padded:
        plain = (plain + b"\x80").ljust(size - 48, b"\0")
    ephemeral = box_pk(name)
    nonce = hashlib.blake2b(ephemeral + reader, digest_size=24).digest()
    return ephemeral + bindings.crypto_box(plain, nonce, reader, seed(name))
