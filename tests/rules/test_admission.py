"""Admission of a post: every kind of fault, the judgement it gets and the reason that is given."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazpool.records.posts import MAX_POST, Offer, Request, Withdrawal, post_id, sign_post
from lazpool.rules.admission import CLOCK_SKEW, MAX_LIFETIME, Judgement, admit, untimely
from lazpool.wire.codec import encode
from lazpool.wire.envelope import Envelope, open_envelope
from lazpool.wire.keys import new_seed
from lazpool.wire.signing import public_key, sign
from tests.rules.town import GRENOBLE, LYON, MIDNIGHT, NET, VOIRON, offer, request

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazpool.rules.admission import Verdict

SEED = b"\x07" * 32
OTHER_NET = b"\x02" * 8
NOW = MIDNIGHT
RIDE = replace(offer(GRENOBLE, VOIRON, LYON), post_pk=public_key(SEED))
WISH = replace(request(VOIRON, LYON), post_pk=public_key(SEED))
GONE = Withdrawal(NET, public_key(SEED), b"\x09" * 32, RIDE.expires)
POSTS = [RIDE, WISH, GONE]


def judged(data: bytes, *, now: int = NOW, known: bool = False) -> Verdict:
    """Return the verdict on some bytes."""
    return admit(data, net=NET, now=now, known=lambda _: known)


def forged(post: Any, change: Callable[[list[Any]], None]) -> bytes:
    """Return a post whose fields were changed below the records, but properly signed."""
    fields = list(post.fields())
    change(fields)
    return signed_body(encode(tuple(fields)))


def signed_body(body: bytes) -> bytes:
    """Return an envelope around any body, signed by the post's key."""
    return Envelope(body, sign(SEED, "post", NET, post_id(body))).pack()


def put(at: int, value: Any) -> Callable[[list[Any]], None]:
    """Return a change of one field."""
    return lambda fields: fields.__setitem__(at, value)


@pytest.mark.parametrize("post", POSTS, ids=lambda post: type(post).__name__)
def test_valid_posts_are_accepted(post: Any) -> None:
    """A sound post of each kind is accepted, with what it says."""
    verdict = judged(sign_post(post, SEED).envelope)
    assert (verdict.judgement, verdict.reason) == (Judgement.ACCEPT, "valid")
    assert verdict.accepted
    assert verdict.signed is not None
    assert verdict.signed.post == post


IGNORED: dict[str, tuple[Any, int, bool, str]] = {
    "another network": (replace(RIDE, net=OTHER_NET), NOW, False, "another network"),
    "a withdrawal of another network": (replace(GONE, net=OTHER_NET), NOW, False, "another network"),
    "expired offer": (RIDE, RIDE.expires + CLOCK_SKEW + 1, False, "expired"),
    "expired request": (WISH, WISH.expires + CLOCK_SKEW + 1, False, "expired"),
    "too long a life": (replace(RIDE, expires=NOW + MAX_LIFETIME + 1), NOW, False, "lives longer than 14 days"),
    "offer over before it leaves": (replace(RIDE, expires=RIDE.depart - 1), NOW, False, "expires before the trip"),
    "request over before it leaves": (replace(WISH, expires=WISH.earliest - 1), NOW, False, "expires before the trip"),
    "known": (RIDE, NOW, True, "known"),
    "known withdrawal": (GONE, NOW, True, "known"),
}
"""What may be honest but is of no use here."""


@pytest.mark.parametrize("name", IGNORED)
def test_useless_posts_are_ignored(name: str) -> None:
    """What an honest node may forward is ignored with a reason, and the forwarder is not punished."""
    post, now, known, reason = IGNORED[name]
    verdict = judged(sign_post(post, SEED).envelope, now=now, known=known)
    assert (verdict.judgement, verdict.reason) == (Judgement.IGNORE, reason)
    assert not verdict.accepted


@pytest.mark.parametrize(
    ("post", "now"),
    [
        (RIDE, RIDE.expires + CLOCK_SKEW),
        (WISH, WISH.expires + CLOCK_SKEW),
        (replace(RIDE, expires=NOW + MAX_LIFETIME), NOW),
        (replace(RIDE, expires=RIDE.depart), NOW),
    ],
)
def test_limits_of_time_are_inclusive(post: Offer | Request, now: int) -> None:
    """A post is accepted up to the last minute that its dates allow."""
    assert untimely(post, now) == ""
    assert judged(sign_post(post, SEED).envelope, now=now).accepted


_GOOD = sign_post(RIDE, SEED).envelope
_WISH = sign_post(WISH, SEED).envelope
_BODY = open_envelope(_GOOD, MAX_POST).body
_SIGNATURE = open_envelope(_GOOD, MAX_POST).signature
REJECTED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "codec"),
    "no MessagePack": (b"\xc1", "codec"),
    "too long": (_GOOD + bytes(MAX_POST), "size"),
    "bytes at the end": (_GOOD + b"\x00", "codec"),
    "cut short": (_GOOD[:-1], "codec"),
    "a map": (b"\x81\x01\x02", "codec"),
    "a number": (b"\x01", "codec"),
    "signature too short": (encode((_BODY, _SIGNATURE[:-1])), "envelope"),
    "three parts": (encode((_BODY, _SIGNATURE, b"")), "envelope"),
    "body is no array": (encode((b"\x01", _SIGNATURE)), "codec"),
    "longer form of a number": (signed_body(_BODY[:1] + _BODY[1:].replace(b"\x01", b"\xcc\x01", 1)), "codec"),
    "unknown kind": (forged(RIDE, put(2, 9)), "shape"),
    "unknown version": (forged(RIDE, put(0, 2)), "shape"),
    "a field too few": (forged(RIDE, lambda fields: fields.pop()), "shape"),
    "a field too many": (forged(WISH, lambda fields: fields.append(0)), "shape"),
    "kind as text": (forged(RIDE, put(2, "1")), "shape"),
    "network too short": (forged(RIDE, put(1, b"\x01" * 7)), "range"),
    "key of 31 bytes": (forged(RIDE, put(3, b"\x01" * 31)), "range"),
    "four letterboxes": (forged(RIDE, put(5, tuple(bytes([n]) * 32 for n in range(4)))), "range"),
    "the same letterbox twice": (forged(RIDE, put(5, (b"\x01" * 32,) * 2)), "range"),
    "route of one vertex": (forged(RIDE, put(6, b"\x00\x00")), ""),
    "minutes that run back": (forged(RIDE, put(7, (0, 50, 40))), "range"),
    "minutes that begin late": (forged(RIDE, put(7, (1, 50, 60))), "range"),
    "no seats": (forged(RIDE, put(12, 0)), "range"),
    "nine seats": (forged(RIDE, put(12, 9)), "range"),
    "a price beyond reason": (forged(RIDE, put(13, 100_001)), "range"),
    "a currency in small letters": (forged(RIDE, put(14, "eur")), "range"),
    "flags beyond 32 bits": (forged(RIDE, put(15, 2**32)), "range"),
    "a stamp too long": (forged(RIDE, put(17, b"x" * 17)), "range"),
    "half a tag of a group": (forged(RIDE, put(18, b"x" * 8)), "range"),
    "a cell that is none": (forged(WISH, put(6, 12345)), "range"),
    "a cell too fine": (forged(WISH, put(6, 0x8A1F96B4E6C7FFF)), "range"),
    "neither departure nor arrival": (forged(WISH, put(8, 2)), "range"),
    "a window that runs back": (forged(WISH, put(10, WISH.earliest - 1)), "range"),
    "too long a walk": (forged(WISH, put(11, 10_001)), "range"),
    "text for a number": (forged(WISH, put(11, "500")), "range"),
    "withdrawal of half an id": (forged(GONE, put(4, b"\x01" * 16)), "range"),
    "signature of zeros": (encode((_BODY, bytes(64))), "signature"),
    "another post's signature": (encode((_BODY, open_envelope(_WISH, MAX_POST).signature)), "signature"),
    "another key": (sign_post(RIDE, new_seed()).envelope, "signature"),
    "a key that is no point": (forged(RIDE, put(3, b"\xff" * 32)), "signature"),
    "a key of small order": (forged(RIDE, put(3, b"\x01" + bytes(31))), "signature"),
}
"""What no honest node forwards, and the layer that refuses it."""


@pytest.mark.parametrize("name", REJECTED)
def test_malformed_and_forged_posts_are_rejected(name: str) -> None:
    """Each fault is rejected, and the reason names the layer that found it."""
    data, layer = REJECTED[name]
    verdict = judged(data)
    assert verdict.judgement is Judgement.REJECT
    assert verdict.reason.startswith(layer)
    assert verdict.reason


@given(data=st.binary(max_size=600))
def test_any_bytes_get_a_verdict(data: bytes) -> None:
    """Whatever comes in, there is a judgement and no exception; by chance nothing is valid."""
    assert judged(data).judgement is Judgement.REJECT


@given(at=st.integers(0, len(_GOOD) - 1), bit=st.integers(0, 7))
def test_any_flipped_bit_is_noticed(at: int, bit: int) -> None:
    """A post with one bit changed is never accepted."""
    assert not judged(_GOOD[:at] + bytes([_GOOD[at] ^ 1 << bit]) + _GOOD[at + 1 :]).accepted
