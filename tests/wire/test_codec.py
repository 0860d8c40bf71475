"""One value, one encoding; and no bytes at all raise anything but MalformedError."""

from __future__ import annotations

import time
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazpool.errors import MalformedError
from lazpool.wire.codec import MAX_ITEMS, decode, encode

LIMIT = 4096
scalars = st.one_of(
    st.integers(-(2**63), 2**64 - 1), st.binary(max_size=300), st.text(st.sampled_from("aZ é€𝄞\n\0"), max_size=80)
)
arrays = st.lists(scalars | st.lists(scalars | st.lists(scalars, max_size=4).map(tuple), max_size=4).map(tuple))
many = settings(deadline=None, max_examples=300)


@given(array=arrays.map(tuple))
@many
def test_arrays_travel(array: Any) -> None:
    """What is encoded decodes to the same, and the bytes are those of msgpack with bin types."""
    data = encode(array)
    assert decode(data, len(data)) == array
    assert data == msgpack.packb(array, use_bin_type=True)


@given(data=st.binary(max_size=400))
@many
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Random bytes decode to what encodes to them again, or are refused by size or codec."""
    try:
        array = decode(data, 399)
    except MalformedError as wrong:
        assert wrong.layer == ("size" if len(data) > 399 else "codec")  # noqa: PT017 - both outcomes are right
        return
    assert encode(array) == data


foreign = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers(-(2**63), 2**64 - 1)
    | st.binary(max_size=4)
    | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=12,
)


@given(value=foreign)
@many
def test_foreign_values_are_refused(value: Any) -> None:
    """MessagePack of maps, floats, nil and bool is refused; the rest is the profile."""
    data = msgpack.packb(value, use_bin_type=True)
    try:
        assert encode(decode(data, LIMIT)) == data
    except MalformedError:
        assert not (isinstance(value, list) and _in_profile(value, 0))


def _in_profile(value: Any, depth: int) -> bool:
    if isinstance(value, list):
        return depth < 3 and all(_in_profile(item, depth + 1) for item in value)
    if isinstance(value, str):
        return value.isascii()  # other text may or may not be in normal form; either answer is right here
    return depth > 0 and type(value) in {int, bytes}


@pytest.mark.parametrize(
    "value", [None, True, 1.5, [1], {"a": 1}, 2**64, -(2**63) - 1, "e\u0301", "\ud800", bytearray(1)]
)
def test_other_types_are_not_encoded(value: Any) -> None:
    """A value outside the profile is refused before it can be signed."""
    with pytest.raises(MalformedError) as refusal:
        encode((value,))
    assert refusal.value.layer == "codec"


def test_only_three_levels() -> None:
    """Three levels of arrays pass, the fourth does not, and only an array can be at the top."""
    assert decode(encode((((1,),),)), LIMIT) == (((1,),),)
    for deep in (((((),),),), 1, b"", [1]):
        with pytest.raises(MalformedError):
            encode(deep)  # type: ignore[arg-type] # the point


@pytest.mark.parametrize("code", ["dd", "db", "c6", "df", "c9"])
def test_a_bomb_costs_nothing(code: str) -> None:
    """Five bytes that declare four billion items are refused at once."""
    began = time.perf_counter()
    with pytest.raises(MalformedError):
        decode(bytes.fromhex(code + "ffffffff"), LIMIT)
    assert time.perf_counter() - began < 0.1


@pytest.mark.parametrize("nest", [b"\x91" * 600_000, b"\x81\xa1a" * 200_000, b"\x80" * 65_000])
def test_depth_costs_nothing(nest: bytes) -> None:
    """Hundreds of thousands of nested arrays or maps are refused without a crash."""
    with pytest.raises(MalformedError):
        decode(nest, len(nest))


def test_an_array_has_a_largest_size() -> None:
    """As many items as the limit pass, one more does not."""
    assert len(decode(encode((0,) * MAX_ITEMS), 8192)) == MAX_ITEMS
    with pytest.raises(MalformedError):
        decode(encode((0,) * (MAX_ITEMS + 1)), 8192)
