"""Stamps: what is looked for is found, changes nothing else, and orders who stays."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazpool.records.posts import Offer, Request, post_id
from lazpool.rules.stamps import stamped, standing, work
from lazpool.wire.codec import encode
from tests.rules.town import GRENOBLE, LYON, VOIRON, offer, request


def id_of(post: Offer | Request) -> bytes:
    """Return the id of a post."""
    return post_id(encode(post.fields()))


@pytest.mark.parametrize("group", [b"", b"g" * 16])
@pytest.mark.parametrize("make", [lambda: offer(GRENOBLE, VOIRON, LYON), lambda: request(VOIRON, LYON)])
def test_a_stamp_gives_the_work(make: object, group: bytes) -> None:
    """The id of a stamped post has the bits that were asked for, and nothing but the stamp differs."""
    post = replace(make(), group=group)  # type: ignore[operator] # a function
    for bits in (1, 5, 9):
        done = stamped(post, bits)
        assert work(id_of(done)) >= bits
        assert replace(done, stamp=b"") == post
    assert stamped(post, 0) is post


@given(st.binary(min_size=32, max_size=32))
def test_work_counts_zero_bits_at_the_end(identifier: bytes) -> None:
    """As written in binary digits."""
    digits = "".join(f"{byte:08b}" for byte in identifier)
    assert work(identifier) == len(digits) - len(digits.rstrip("0"))


def test_who_stays() -> None:
    """More work stays before less, later expiry before sooner, and ids settle the rest."""
    weak, strong = b"\x01" * 32, b"\x01" * 31 + b"\x00"
    order = [standing(weak, 5), standing(weak, 6), standing(b"\x03" * 32, 6), standing(strong, 1)]
    assert order == sorted(order)
