"""Signatures and hashes: every part of the signed input counts, and the hash is the one libsodium has."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.bindings import crypto_core_ed25519_is_valid_point, crypto_generichash_blake2b_salt_personal

from lazpool.errors import MalformedError
from lazpool.wire import signing
from lazpool.wire.envelope import Envelope, open_envelope
from lazpool.wire.hashing import network_id, tagged_hash
from lazpool.wire.signing import implies_r, public_key, sign, signing_input, verify, verify_post
from protocol.making import curve

SEED, NET, ID = b"\x01" * 32, network_id("lazpool"), b"\x02" * 32
KEY = public_key(SEED)
TAGS = (
    *("lz/agree/1", "lz/blind/1", "lz/dev/1", "lz/entry/1", "lz/letter/1", "lz/net/1", "lz/place/1", "lz/post/1"),
    *("lz/root/1", "lz/sealed/1", "lz/terms/1"),
)


@given(tag=st.sampled_from(TAGS), data=st.binary(max_size=600))
@settings(deadline=None, max_examples=200)
def test_the_hash_is_that_of_libsodium(tag: str, data: bytes) -> None:
    """Hashlib's personalised BLAKE2b and libsodium's give the same 32 bytes."""
    theirs = crypto_generichash_blake2b_salt_personal(data, digest_size=32, person=tag.encode().ljust(16, b"\0"))
    assert tagged_hash(tag, data) == theirs


def test_hashes_are_apart() -> None:
    """The same bytes under two tags have nothing in common, and two networks two ids."""
    assert len({tagged_hash(tag, b"") for tag in TAGS}) == len(TAGS)
    assert network_id("lazpool") != network_id("lazpool-test")
    assert len(network_id("")) == 8


@given(extra=st.binary(max_size=80))
@settings(deadline=None, max_examples=30)
def test_a_signature_holds_for_its_input_alone(extra: bytes) -> None:
    """A signature holds for its own tag, network, id, extra and key, and for no other."""
    signature = sign(SEED, "entry", NET, ID, extra)
    verify(KEY, signature, "entry", NET, ID, extra)
    others: list[tuple[bytes, str, bytes, bytes, bytes]] = [
        (KEY, "dev", NET, ID, extra),
        (KEY, "entry", network_id("other"), ID, extra),
        (KEY, "entry", NET, b"\x03" * 32, extra),
        (KEY, "entry", NET, ID, extra + b"\0"),
        (public_key(b"\x09" * 32), "entry", NET, ID, extra),
    ]
    for key, tag, net, identifier, other in others:
        with pytest.raises(MalformedError) as refusal:
            verify(key, signature, tag, net, identifier, other)
        assert refusal.value.layer == "signature"


def test_the_input_is_as_specified() -> None:
    """What is signed is the prefix, the tag, a zero, the network, the id and the extra."""
    assert signing_input("dev", NET, ID, b"x") == b"lazpool/1/dev\0" + NET + ID + b"x"


@pytest.mark.parametrize(("key", "signature"), [(KEY[:31], bytes(64)), (KEY, bytes(63)), (b"", b""), (KEY, bytes(65))])
def test_wrong_sizes_are_refused(key: bytes, signature: bytes) -> None:
    """A key or signature of another size is refused by both rules."""
    with pytest.raises(MalformedError):
        verify(key, signature, "entry", NET, ID)
    with pytest.raises(MalformedError):
        verify_post(key, signature, NET, ID)


@given(body=st.binary(max_size=300), signature=st.binary(max_size=70))
@settings(deadline=None, max_examples=100)
def test_envelopes_travel(body: bytes, signature: bytes) -> None:
    """An envelope opens to what was packed if its signature has 64 bytes, and is refused otherwise."""
    data = Envelope(body, signature).pack()
    if len(signature) == 64:
        assert open_envelope(data, 400) == Envelope(body, signature)
    else:
        with pytest.raises(MalformedError) as refusal:
            open_envelope(data, 400)
        assert refusal.value.layer == "envelope"


SHIFTS = (b"", curve.ORDER_2, curve.ORDER_4, curve.ORDER_8)
POINTS = (curve.IDENTITY, curve.IDENTITY_PLUS_P, *SHIFTS[1:])


def is_strict(key: bytes, signature: bytes, message: bytes) -> bool:
    """Return what the strict rule says, each of its parts looked at."""
    points = crypto_core_ed25519_is_valid_point(key) and crypto_core_ed25519_is_valid_point(signature[:32])
    return bool(points) and curve.libsodium_accepts(key, signature, message)


@pytest.mark.parametrize("implied", [True, False])
@given(
    st.sampled_from(SHIFTS), st.sampled_from(SHIFTS), st.none() | st.sampled_from(POINTS), st.integers(0, 9999),
    st.sampled_from((0, 1, curve.ORDER)),
)  # fmt: skip
@settings(deadline=None, max_examples=120)
def test_what_libsodium_implies_is_the_strict_rule(
    implied: bool,  # noqa: FBT001 # a parameter of the test
    key_shift: bytes, r_shift: bytes, r: bytes | None, nonce: int, more: int,
) -> None:  # fmt: skip
    """With R looked at or implied, exactly those crafted signatures hold of which every part of the rule holds."""
    signer = curve.Signer("crafter")
    key = curve.add(signer.pk, key_shift) if key_shift else signer.pk
    message = signing_input("entry", NET, ID)
    crafted = curve.signature_with(
        message,
        key=key,
        scalar=signer.scalar(),
        shift=b"" if r else r_shift,
        nonce=nonce + 1 if not r else 0,
        point=r or b"",
    )
    s = int.from_bytes(crafted[32:], "little") + more
    crafted = crafted[:32] + s.to_bytes(32, "little")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signing, "implies_r", lambda: implied)
        try:
            verify(key, crafted, "entry", NET, ID)
        except MalformedError:
            held = False
        else:
            held = True
    assert held is is_strict(key, crafted, message)


def test_a_libsodium_with_the_cofactor_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where either of the two crafted signatures is accepted, R is looked at; this libsodium refuses both."""
    assert implies_r()
    for taken in (signing._PROBE_MIXED, signing._PROBE_IDENTITY):
        monkeypatch.setattr(signing, "_accepts", lambda _key, signature, _message, taken=taken: signature == taken)
        assert not implies_r.__wrapped__()


def test_the_crafted_signatures_are_what_they_are_said_to_be() -> None:
    """They are a good signature with R moved by a small order, and one whose R is the identity."""
    prober = curve.Signer("probe")
    made = {"key": prober.pk, "scalar": prober.scalar()}
    text = signing._PROBE_TEXT
    assert prober.pk == signing._PROBE_KEY
    assert curve.libsodium_accepts(prober.pk, curve.signature_with(text, **made), text)
    assert curve.signature_with(text, **made, shift=curve.ORDER_8) == signing._PROBE_MIXED
    assert curve.signature_with(text, **made, nonce=0, point=curve.IDENTITY) == signing._PROBE_IDENTITY
