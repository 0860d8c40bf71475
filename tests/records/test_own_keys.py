"""Revocations, rotations and grants: what is made is read, and what was altered is not."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazpool.errors import MalformedError
from lazpool.records.grants import Grant, Request, read_grant, read_request
from lazpool.records.people import certify
from lazpool.records.revocations import (
    Revocation,
    Rotation,
    commitment_to,
    read_revocation,
    read_rotation,
    sign_revocation,
    sign_rotation,
)
from lazpool.wire.hashing import network_id
from lazpool.wire.seal import box_public_key
from lazpool.wire.signing import public_key

SEEDS = st.binary(min_size=32, max_size=32)
NETS = st.binary(min_size=8, max_size=8)
SECONDS = st.integers(0, 2**40 - 1)
LASTS = st.one_of(st.just((0, bytes(32))), st.tuples(st.integers(1, 2**32 - 1), SEEDS.filter(any)))


@given(SEEDS, NETS, SEEDS, LASTS, SECONDS, st.data())
def test_revocations(
    seed: bytes, net: bytes, log: bytes, last: tuple[int, bytes], at: int, data: st.DataObject
) -> None:
    """Every revocation is read as it was made, and no bit of it can be changed."""
    terms = Revocation(net, public_key(seed), log, *last, at)
    envelope = sign_revocation(terms, seed)
    assert read_revocation(envelope) == terms
    _refuses_any_flip(read_revocation, envelope, data)


@given(SEEDS, SEEDS, NETS, SEEDS, SECONDS, st.data())
def test_rotations(old: bytes, new: bytes, net: bytes, after: bytes, at: int, data: st.DataObject) -> None:
    """Every rotation is read as it was made, by one key or both, and answers the commitment to the new key."""
    if old == new:
        return
    terms = Rotation(net, public_key(old), public_key(new), commitment_to(after), at)
    both = data.draw(st.booleans())
    packed = sign_rotation(terms, new, old if both else b"")
    assert read_rotation(packed) == (terms, both)
    assert terms.reveals == commitment_to(new)
    _refuses_any_flip(read_rotation, packed, data)


@given(LASTS, st.integers(1, 2**32 - 1), SEEDS)
def test_what_is_beyond(last: tuple[int, bytes], seq: int, head: bytes) -> None:
    """Beyond is later, or the same number with another id; nothing is before an empty log."""
    terms = Revocation(bytes(8), bytes(32), bytes(32), *last, 0)
    assert terms.is_beyond(seq, head) == (seq > last[0] or (seq == last[0] and head != last[1]))
    if last[0]:
        assert not terms.is_beyond(*last)


@given(SEEDS, SEEDS, st.data())
def test_codes_of_devices(log: bytes, box: bytes, data: st.DataObject) -> None:
    """A code is read in any spelling; one that was mistyped is noticed."""
    code = Request(log, box).code()
    assert read_request(code.upper().replace("-", " \n")) == Request(log, box)
    at = data.draw(st.integers(len("lzdevice1-"), len(code) - 1).filter(lambda at: code[at] != "-"))
    other = data.draw(st.sampled_from((string.ascii_lowercase + "234567").replace(code[at], "")))
    with pytest.raises(MalformedError):
        read_request(code[:at] + other + code[at + 1 :])


@pytest.mark.parametrize("spare", range(8))
def test_the_last_digit_has_spare_bits(spare: int) -> None:
    """A last digit that differs only in bits which hold nothing is a typing error like any other."""
    log, box = bytes([spare]) * 32, bytes(32)
    code = Request(log, box).code()
    for other in (string.ascii_lowercase + "234567").replace(code[-1], ""):
        with pytest.raises(MalformedError):
            read_request(code[:-1] + other)


@given(SEEDS, SEEDS, SEEDS, st.lists(st.just("/ip4/192.0.2.1/tcp/4001/p2p/12D3KooW"), max_size=8), st.data())
def test_grants(identity: bytes, log: bytes, box: bytes, hubs: list[str], data: st.DataObject) -> None:
    """A grant is read by the machine it is for, by no other, and in no altered form."""
    if identity == log:
        return
    device = certify(identity, public_key(log), network_id("town"))
    grant = Grant(device, bytes(32), "town", "Ada", "+33", "", tuple(hubs))
    code = grant.code(box_public_key(box))
    assert read_grant(code, log, box) == grant
    for wrong in ((identity, box), (log, identity)):
        if wrong != (log, box):
            with pytest.raises(MalformedError):
                read_grant(code, *wrong)
    at = data.draw(st.integers(len("lzgrant1"), len(code.rstrip("=")) - 1))
    with pytest.raises(MalformedError):
        read_grant(code[:at] + ("A" if code[at] != "A" else "B") + code[at + 1 :], log, box)


def test_a_grant_that_certifies_nothing() -> None:
    """A certificate of another network, or by somebody else, makes no grant."""
    device = certify(b"i" * 32, public_key(b"l" * 32), network_id("elsewhere"))
    with pytest.raises(MalformedError) as refusal:
        Grant(device, bytes(32), "town", "", "", "", ())
    assert refusal.value.layer == "signature"


def _refuses_any_flip(read: object, packed: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, 8 * len(packed) - 1))
    altered = bytearray(packed)
    altered[at // 8] ^= 1 << at % 8
    with pytest.raises(MalformedError):
        read(bytes(altered))  # type: ignore[operator] # a reader
