"""Sealed letters: four sizes, one reader, and no other way in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.public import PrivateKey, SealedBox

from lazpool.errors import MalformedError
from lazpool.wire.seal import MAX_PLAIN, SIZES, box_public_key, seal, unseal

SECRET = b"\x07" * 32
PUBLIC = box_public_key(SECRET)


@given(plain=st.binary(max_size=MAX_PLAIN))
@settings(deadline=None, max_examples=60)
def test_letters_travel(plain: bytes) -> None:
    """What is sealed opens to the same, and no two sealings look alike."""
    first, second = seal(PUBLIC, plain), seal(PUBLIC, plain)
    assert first != second
    assert unseal(SECRET, first) == unseal(SECRET, second) == plain


@pytest.mark.parametrize("size", SIZES)
def test_each_size_is_used_to_its_last_byte(size: int) -> None:
    """A letter takes the smallest size that holds it: 48 bytes of seal and one of padding are not available."""
    most = size - 49
    assert len(seal(PUBLIC, b"x" * most)) == size
    if size == SIZES[-1]:
        with pytest.raises(MalformedError) as refusal:
            seal(PUBLIC, b"x" * (most + 1))
        assert refusal.value.layer == "size"
    else:
        assert len(seal(PUBLIC, b"x" * (most + 1))) == 2 * size


@pytest.mark.parametrize("size", [0, 511, 513, 4097])
def test_other_sizes_are_refused(size: int) -> None:
    """A letter of any other size is refused before it is opened."""
    with pytest.raises(MalformedError) as refusal:
        unseal(SECRET, b"\x00" * size)
    assert refusal.value.layer == "size"


def test_only_the_reader_opens() -> None:
    """Another key, and the same bytes with one bit changed anywhere, open nothing."""
    letter = seal(PUBLIC, b"hello")
    with pytest.raises(MalformedError):
        unseal(b"\x08" * 32, letter)
    for at in range(0, len(letter), 37):
        changed = bytes((*letter[:at], letter[at] ^ 1, *letter[at + 1 :]))
        with pytest.raises(MalformedError) as refusal:
            unseal(SECRET, changed)
        assert refusal.value.layer == "seal"


def test_an_unpadded_letter_is_refused() -> None:
    """A well-sealed letter of a right size without the padding's mark is refused."""
    letter = SealedBox(PrivateKey(SECRET).public_key).encrypt(b"\x00" * (512 - 48))
    with pytest.raises(MalformedError) as refusal:
        unseal(SECRET, letter)
    assert refusal.value.layer == "seal"


@pytest.mark.parametrize("key", [bytes(32), b"\x01" + bytes(31), b"\xed" + b"\xff" * 30 + b"\x7f"])
def test_a_weak_box_key_is_refused(key: bytes) -> None:
    """Nothing is sealed to a key whose shared secret anybody could compute."""
    with pytest.raises(MalformedError) as refusal:
        seal(key, b"hello")
    assert refusal.value.layer == "seal"
