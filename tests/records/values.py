"""Valid records of every kind, drawn by Hypothesis, and one of each with the largest fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h3.api.basic_int as h3
from hypothesis import strategies as st

from lazpool.records import (
    circle_bodies,
    circles,
    deal_bodies,
    disputes,
    entries,
    forks,
    halves,
    mail,
    people,
    posts,
    recovery,
    sync,
    witness_bodies,
)
from lazpool.records.agreements import MAX_DISTANCE, AgreementTerms
from lazpool.records.covers import Part, start_of
from lazpool.records.entries import GENESIS, ZEROS, Entry, commitment_payload
from lazpool.records.places import COARSE_RES, MEETING_RES, POST_RES, Point, cell_at, coarse, on_grid
from lazpool.records.receipts import Countersignature, ReceiptTerms
from lazpool.records.settlements import SettlementTerms
from lazpool.records.shape import MAX_AMOUNT, MAX_MINUTE, MAX_SECOND
from lazpool.wire.seal import SIZES
from lazpool.wire.signing import public_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazpool.wire.codec import Array, Value

NET = b"\xdc\x10\xe6\xab\x11\x42\xb1\x43"

nets = st.binary(min_size=8, max_size=8)
deals = st.binary(min_size=16, max_size=16)
keys = st.binary(min_size=32, max_size=32)
hashes = keys
signatures = st.binary(min_size=64, max_size=64)
minutes = st.integers(0, MAX_MINUTE)
units = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=3, max_size=3)
points = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))
devices = st.builds(people.Device, keys, keys, signatures)
cards = st.builds(people.Card, keys, keys, st.lists(keys, max_size=3, unique=True).map(tuple))
tags = st.just(b"") | st.binary(min_size=16, max_size=16)
letterboxes = st.lists(keys, max_size=3, unique=True).map(tuple)


def texts(most: int) -> st.SearchStrategy[str]:
    """Return free text as the format allows it, of at most `most` bytes."""
    return st.text(st.sampled_from("aé€𝄞 \n-"), max_size=most // 4)


def cells(*resolutions: int) -> st.SearchStrategy[int]:
    """Return H3 cells of one of the resolutions."""
    return st.builds(cell_at, points, st.sampled_from(resolutions))


@st.composite
def offers(draw: Callable[..., Any]) -> posts.Offer:
    """Return an offer; its route has coarse ends and is short enough for 512 bytes."""
    ends = [coarse(draw(points), draw(st.sampled_from((POST_RES, COARSE_RES)))) for _ in range(2)]
    between = draw(st.lists(points.map(on_grid), max_size=6))
    route = (ends[0], *between, ends[1])
    steps = draw(st.lists(st.integers(0, 400), min_size=len(between) + 1, max_size=len(between) + 1))
    offsets = tuple(sum(steps[:n]) for n in range(len(route)))
    head = (draw(nets), draw(keys), draw(keys), draw(letterboxes))
    when = (draw(minutes), draw(st.integers(0, 720)), draw(st.integers(0, 720)))
    rest = (draw(st.integers(0, 240)), draw(st.integers(1, 8)), draw(st.integers(0, 100_000)), draw(units))
    tail = (draw(st.integers(0, 2**32 - 1)), draw(minutes), draw(st.binary(max_size=16)), draw(tags))
    return posts.Offer(*head, route, offsets, *when, *rest, *tail)


@st.composite
def requests(draw: Callable[..., Any]) -> posts.Request:
    """Return a request."""
    head = (draw(nets), draw(keys), draw(keys), draw(letterboxes))
    ends = (draw(cells(POST_RES, COARSE_RES)), draw(cells(POST_RES, COARSE_RES)))
    earliest = draw(st.integers(0, MAX_MINUTE - 2880))
    window = (draw(st.integers(0, 1)), earliest, earliest + draw(st.integers(0, 2880)))
    tail = (draw(st.integers(0, 10_000)), draw(st.integers(1, 8)), draw(st.integers(0, 2**32 - 1)), draw(minutes))
    return posts.Request(*head, *ends, *window, *tail, draw(st.binary(max_size=16)), draw(tags))


withdrawals = st.builds(posts.Withdrawal, nets, keys, hashes, st.integers(0, 2**32 - 1))
any_post = st.one_of(offers(), requests(), withdrawals)

agreements = st.builds(
    AgreementTerms,
    *(nets, deals, hashes, keys, keys, cells(MEETING_RES), cells(MEETING_RES), st.integers(0, 2**31)),
    *(st.integers(2**31, MAX_MINUTE), st.integers(1, 8), st.integers(0, MAX_DISTANCE), st.integers(0, MAX_AMOUNT)),
    *(units, minutes),
)
receipt_terms = st.builds(
    ReceiptTerms,
    *(nets, deals, st.just(b"d" * 32), keys, hashes, st.integers(0, 2**28).map(lambda n: n * 15)),
    *(st.integers(0, 576).map(lambda n: n * 5), st.integers(0, MAX_DISTANCE), st.integers(1, 8)),
    *(st.integers(0, 2**39), units, st.integers(1, 2**32 - 1), st.integers(2**39, MAX_AMOUNT), hashes, st.just(1)),
    *(keys, st.integers(1, 2**32 - 1), hashes, minutes),
)
settlement_terms = st.builds(
    SettlementTerms,
    *(nets, deals, st.just(b"d" * 32), keys.filter(lambda key: key != b"d" * 32), minutes, st.integers(1, 2**39)),
    *(units, st.integers(0, 3), st.integers(1, 2**32 - 1), st.integers(2**39, MAX_AMOUNT)),
    *(keys, st.integers(1, 2**32 - 1), hashes, minutes),
)
second_halves = st.builds(Countersignature, hashes, devices, st.integers(1, 2**32 - 1), hashes, signatures)

cosigners = st.lists(
    st.builds(circles.CoSignature, keys, keys, signatures, signatures), max_size=12, unique_by=lambda one: one.identity
).map(tuple)
invites = st.builds(circles.Invite, deals, st.just("To work"), keys, keys, keys, letterboxes.map(b"".join))
some = st.binary(min_size=1, max_size=640)

ibans = st.sampled_from(("", "DE89370400440532013000", "NO9386011117947", "GB82WEST12345698765432"))

held = st.builds(
    recovery.Held,
    *(st.sampled_from(recovery.KINDS), st.integers(0, 1), st.sampled_from(("EUR", "CHF"))),
    *(st.integers(1, 2**32 - 1), hashes, keys, keys),
)
sealed_records = st.builds(
    recovery.SealedRecord,
    *(st.sampled_from(recovery.KINDS), st.binary(min_size=1, max_size=768), signatures),
    *(st.binary(min_size=1, max_size=512), st.binary(min_size=1, max_size=512), hashes),
)
any_body = st.one_of(
    st.builds(
        deal_bodies.Proposal,
        *(st.binary(min_size=1, max_size=512), signatures, devices, cards, texts(64), texts(500)),
        *(st.integers(0, 2**32 - 1), tags, st.integers(0, 240)),
    ),
    st.builds(deal_bodies.Acceptance, hashes, signatures, signatures, devices, cards, texts(64)),
    *(st.builds(kind, texts(500)) for kind in (deal_bodies.Decline, deal_bodies.Cancellation, deal_bodies.Note)),
    st.builds(
        deal_bodies.Details,
        st.tuples(*[st.integers(-9_000_000, 9_000_000), st.integers(-18_000_000, 18_000_000)] * 2),
        *(texts(64), st.just(()) | st.tuples(texts(64), texts(64)), ibans),
    ),
    st.builds(deal_bodies.Details, st.just(()), texts(64), st.just(()), ibans),
    st.builds(
        deal_bodies.Position,
        *(st.integers(-9_000_000, 9_000_000), st.integers(-18_000_000, 18_000_000), st.integers(0, MAX_MINUTE)),
    ),
    st.builds(deal_bodies.Boarded, st.text("0123456789", min_size=6, max_size=6)),
    st.builds(deal_bodies.CodeRefused, st.integers(1, MAX_MINUTE), st.integers(0, 3)),
    st.builds(halves.Receipt, st.binary(min_size=1, max_size=768), signatures, devices, hashes),
    st.builds(halves.Countersign, second_halves),
    st.builds(halves.ReceiptRefused, hashes, texts(500)),
    st.builds(deal_bodies.Invitation, st.binary(min_size=1, max_size=512), texts(500)),
    st.builds(
        deal_bodies.Series, st.sets(st.integers(1, 2**32 - 1), min_size=1, max_size=13).map(lambda s: tuple(sorted(s)))
    ),
    st.builds(deal_bodies.SeriesAnswer, st.integers(0, 1), st.sets(hashes, max_size=13).map(tuple)),
    st.builds(halves.Settlement, st.binary(min_size=1, max_size=512), signatures, devices, hashes),
    st.builds(halves.Confirmation, second_halves),
    st.builds(halves.SettlementRefused, hashes, texts(500)),
    st.builds(deal_bodies.NewCard, cards),
    st.builds(
        witness_bodies.WitnessPlease,
        *(st.binary(min_size=1, max_size=256), devices, st.integers(0, 2**32 - 2)),
        st.lists(hashes, max_size=64).map(tuple),
    ),
    st.builds(
        witness_bodies.Witnessed,
        *(hashes, st.integers(1, 2**32 - 2), devices, st.integers(0, MAX_SECOND), st.just(b"") | signatures),
    ),
    st.builds(
        recovery.Holdings,
        *(st.integers(0, 1), st.binary(max_size=512)),
        st.lists(held, max_size=24, unique_by=lambda row: row.key).map(tuple),
    ),
    st.builds(recovery.Records, st.integers(0, 1), st.lists(sealed_records, max_size=2).map(tuple)),
    st.builds(circle_bodies.CircleInvitation, invites),
    st.builds(circle_bodies.Joining, devices, cards, texts(64)),
    st.builds(circle_bodies.Founding, some, cosigners),
    st.builds(circle_bodies.Signed, hashes, cosigners, texts(500)),
    st.builds(circle_bodies.Ride, some, cosigners, hashes),
    st.builds(
        circle_bodies.Ask,
        *(hashes, st.integers(0, 99), st.integers(99, 2**22 - 1), st.binary(min_size=8, max_size=8)),
        st.integers(0, 480).map(lambda number: bytes(6 * number)),
    ),
    st.builds(
        circle_bodies.Told,
        *(st.integers(1, MAX_MINUTE), hashes, st.lists(some, max_size=4).map(tuple), st.integers(0, 1)),
    ),
    st.builds(disputes.Dispute, hashes, st.integers(0, 3), texts(500), hashes),
    st.builds(disputes.Correction, st.binary(min_size=1, max_size=512), signatures, devices, hashes),
    st.builds(disputes.DisputeEnded, hashes, texts(500)),
    st.builds(forks.ForkShown, st.binary(min_size=1, max_size=2560)),
)

genesis = st.builds(entries.Genesis, devices, hashes, texts(64))
any_entry = st.one_of(
    st.builds(
        lambda net, log, time, first: Entry(net, GENESIS, log, 1, ZEROS, time, first.payload()),
        *(nets, keys, st.integers(0, MAX_SECOND), genesis),
    ),
    st.builds(
        Entry,
        *(nets, st.sampled_from(entries.COMMITMENTS), keys, st.integers(2, 2**32 - 1)),
        *(hashes.filter(any), st.integers(0, MAX_SECOND), hashes.map(commitment_payload)),
    ),
)

junk: st.SearchStrategy[Value] = st.one_of(
    st.sampled_from((0, 1, -1, 2**63, 2**64 - 1, b"", "", (), b"\x00" * 32, b"\x00" * 64, ((),), (b"",), (0,), "EUR")),
    st.integers(-(2**63), 2**64 - 1),
)
"""What a stranger may put in the place of any field."""

sealed = st.sampled_from(SIZES).map(lambda size: b"\x5a" * size)
any_mail = st.one_of(
    st.builds(mail.Open, keys, minutes, signatures),
    st.builds(mail.Put, keys, sealed),
    st.builds(mail.Fetch, keys),
    st.builds(mail.Acknowledge, keys, st.lists(hashes, max_size=16).map(tuple)),
)
areas = st.sets(cells(4), min_size=1, max_size=9).map(lambda some: tuple(sorted(some)))
salts = st.binary(min_size=8, max_size=8)
_says = st.one_of(st.integers(0, 1), salts, st.lists(salts, max_size=3).map(tuple))
_bounds = st.sets(st.binary(min_size=4, max_size=36).filter(lambda bound: bound > start_of(7)), min_size=1, max_size=5)
covers = st.tuples(_bounds, st.lists(_says, min_size=5, max_size=5)).map(
    lambda pair: tuple(Part(upper, says) for upper, says in zip(sorted(pair[0]), pair[1], strict=False))
)
sync_posts = st.builds(sync.Post, st.binary(min_size=1, max_size=512), areas)
any_sync = st.one_of(
    st.builds(sync.Hello, nets, st.integers(0, 1), st.lists(cells(4), max_size=8).map(tuple)),
    st.builds(sync.Compare, areas, st.just(7), salts, covers),
    st.builds(sync.GetPosts, areas, st.just(7), salts, covers),
    st.lists(sync_posts, min_size=1, max_size=3).map(lambda posts: sync.GivePosts(tuple(posts))),
)


def mutated(valid: bytes) -> st.SearchStrategy[bytes]:
    """Return the bytes of a valid record with a byte changed, cut out, put in or put at the end."""
    position = st.integers(0, max(0, len(valid) - 1))
    byte = st.binary(min_size=1, max_size=3)
    return st.one_of(
        st.builds(lambda at, new: valid[:at] + new + valid[at + len(new) :], position, byte),
        st.builds(lambda at, new: valid[:at] + new + valid[at:], position, byte),
        st.builds(lambda at, size: valid[:at] + valid[at + size :], position, st.integers(1, 40)),
        st.builds(lambda new: valid + new, byte),
    )


def retyped(draw: Callable[..., Any], array: Array) -> Array:
    """Return the array with one value, at any depth, replaced by one of another type or size."""
    at = draw(st.integers(0, len(array) - 1))
    old, new = array[at], draw(junk)
    if type(old) is tuple and old and draw(st.booleans()):
        new = retyped(draw, old)
    return (*array[:at], new, *array[at + 1 :])


def largest_offer() -> posts.Offer:
    """Return the offer with the most bytes that the format's ranges allow for a trip within a continent's reach."""
    route = zigzag()
    top = 2**32 - 1
    return posts.Offer(
        *(NET, public_key(b"p" * 32), b"\xff" * 32, (b"\xfd" * 32, b"\xfe" * 32, b"\xff" * 32), route),
        *(
            (0, *range(2880 - 14, 2880 + 1)),
            top,
            720,
            720,
            240,
            8,
            100_000,
            "EUR",
            top,
            top,
            b"\xff" * 16,
            b"\xff" * 16,
        ),
    )


def largest_request() -> posts.Request:
    """Return the request with the most bytes."""
    top = 2**32 - 1
    cell = h3.latlng_to_cell(-33.868, 151.209, POST_RES)
    return posts.Request(
        *(NET, public_key(b"p" * 32), b"\xff" * 32, (b"\xfd" * 32, b"\xfe" * 32, b"\xff" * 32), cell, cell),
        *(1, top - 2880, top, 10_000, 8, top, top, b"\xff" * 16, b"\xff" * 16),
    )


def zigzag() -> tuple[Point, ...]:
    """Return 16 vertices, each so far from the one before that both differences take three bytes."""
    north, south = coarse(Point(52.0, 13.0)), coarse(Point(42.0, 2.0))
    return tuple(north if n % 2 == 0 else south for n in range(16))
