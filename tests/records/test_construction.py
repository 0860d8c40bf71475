"""An invalid record cannot exist: construction refuses it, whether its values come from a user, a bug or a stranger."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import h3.api.basic_int as h3
import pytest

from lazpool.errors import MalformedError
from lazpool.records import covers, deal_bodies, entries, halves, mail, people, posts, receipts, settlements, sync
from lazpool.records.agreements import AgreementTerms
from lazpool.records.bodies import body_from
from lazpool.records.groups import ClosedGroup
from lazpool.records.places import Point
from lazpool.records.posts import MAX_POST, sign_post
from lazpool.wire.codec import encode
from tests.records.values import NET, largest_offer, largest_request

OFFER, REQUEST = largest_offer(), largest_request()
WITHDRAWAL = posts.Withdrawal(NET, b"p" * 32, b"i" * 32, 30)
MEETING = h3.latlng_to_cell(45.1885, 5.7245, 9)
DEVICE = people.Device(b"i" * 32, b"l" * 32, b"c" * 64)
CARD = people.Card(b"b" * 32, b"t" * 32, (b"n" * 32,))
AGREEMENT = AgreementTerms(
    *(NET, b"d" * 16, b"o" * 32, b"k" * 32, b"p" * 32, MEETING, MEETING, 100, 160, 1, 500, 240, "EUR", 90)
)
RECEIPT = receipts.ReceiptTerms(
    *(NET, b"r" * 16, b"d" * 32, b"p" * 32, b"a" * 32, 30, 60, 500, 1, 240, "EUR", 1, 240, b"c" * 32, 1),
    *(b"l" * 32, 1, b"h" * 32, 9000),
)
SETTLEMENT = settlements.SettlementTerms(
    *(NET, b"n" * 16, b"p" * 32, b"d" * 32, 30, 240, "EUR", settlements.CASH, 1, 240, b"l" * 32, 1, b"h" * 32, 9000)
)
HALF = receipts.Countersignature(b"r" * 32, DEVICE, 5, b"h" * 32, b"s" * 64)
GENESIS = entries.Genesis(DEVICE, b"n" * 32, "lazpool 1")
FIRST = entries.Entry(NET, entries.GENESIS, DEVICE.log_pk, 1, entries.ZEROS, 7, GENESIS.payload())
SEALED = entries.Entry(NET, entries.SEALED, b"l" * 32, 2, b"v" * 32, 7, entries.commitment_payload(b"c" * 32))
DETAILS = deal_bodies.Details((4_518_850, 572_450, 4_576_060, 485_940), "+33 1", (), "DE89370400440532013000")
PROPOSAL = deal_bodies.Proposal(b"t", b"s" * 64, DEVICE, CARD, "Ada", "", 0, b"", 10)
HELLO = sync.Hello(NET, 0, (h3.latlng_to_cell(45.1885, 5.7245, 4),))
CLOSED = ClosedGroup("Village", b"s" * 16)
COMPARE = sync.Compare(HELLO.areas, 30, b"s" * 8, (covers.Part(covers.END, b"f" * 8),))
OFF_GRID = Point(45.00001, 5.0)

WRONG: list[tuple[object, str, Any]] = [
    # Types that Python or MessagePack would let through in the place of another.
    (OFFER, "minutes", b"\x00" * 16),
    (OFFER, "minutes", [0] * 16),
    (OFFER, "route", list(OFFER.route)),
    (OFFER, "letterboxes", b"k" * 3),
    (OFFER, "letterboxes", [b"k" * 32]),
    (OFFER, "seats", True),
    (OFFER, "seats", 2.0),
    (OFFER, "net", bytearray(8)),
    (OFFER, "stamp", "s"),
    (OFFER, "unit", b"EUR"),
    (REQUEST, "by", False),
    (REQUEST, "cell_from", str(REQUEST.cell_from)),
    (FIRST, "kind", True),
    (SEALED, "kind", 11.0),
    (SEALED, "payload", bytearray(SEALED.payload)),
    (SETTLEMENT, "payee", SETTLEMENT.payer),
    (SETTLEMENT, "payee", SETTLEMENT.payee + SETTLEMENT.payer),
    (SETTLEMENT, "payee", (SETTLEMENT.payee, b"x" * 32)),
    (SETTLEMENT, "amount", 0),
    (SETTLEMENT, "amount", SETTLEMENT.dir_balance + 1),
    (SETTLEMENT, "method", 4),
    (SETTLEMENT, "dir_seq", 0),
    (HALF, "signature", 7),
    (DETAILS, "places", [0, 0, 0, 0]),
    (DETAILS, "places", (0.0, 0.0, 0.0, 0.0)),
    (PROPOSAL, "terms", ""),
    (HELLO, "areas", list(HELLO.areas)),
    # Bounds, one step beyond.
    (OFFER, "net", b"\x00" * 7),
    (OFFER, "post_pk", b"\x00" * 33),
    (OFFER, "letterboxes", tuple(bytes([n]) * 32 for n in range(4))),
    (OFFER, "letterboxes", (b"k" * 32, b"k" * 32)),
    (OFFER, "route", OFFER.route[:1]),
    (OFFER, "route", (*OFFER.route, OFFER.route[-1])),
    (OFFER, "route", (OFFER.route[0], OFF_GRID, *OFFER.route[2:])),
    (OFFER, "route", (Point(45.0, 5.0), *OFFER.route[1:])),
    (OFFER, "minutes", (1, *OFFER.minutes[1:])),
    (OFFER, "minutes", (*OFFER.minutes[:-2], 2880, 2879)),
    (OFFER, "minutes", (*OFFER.minutes[:-1], 2881)),
    (OFFER, "minutes", OFFER.minutes[:-1]),
    (OFFER, "depart", -1),
    (OFFER, "depart", 2**32),
    (OFFER, "flex_before", 721),
    (OFFER, "flex_after", 721),
    (OFFER, "max_detour", 241),
    (OFFER, "seats", 0),
    (OFFER, "seats", 9),
    (OFFER, "price", 100_001),
    (OFFER, "unit", "eur"),
    (OFFER, "unit", "EURO"),
    (OFFER, "unit", "ÄÖÜ"),
    (OFFER, "flags", 2**32),
    (OFFER, "expires", 2**32),
    (OFFER, "stamp", b"\x00" * 17),
    (OFFER, "group", b"\x00" * 8),
    (REQUEST, "group", b"\x00" * 17),
    (REQUEST, "group", bytearray(16)),
    (REQUEST, "cell_from", h3.latlng_to_cell(45.0, 5.0, 8)),
    (REQUEST, "cell_to", 0),
    (REQUEST, "cell_to", 2**64 - 1),
    (REQUEST, "by", 2),
    (REQUEST, "latest", REQUEST.earliest - 1),
    (REQUEST, "latest", REQUEST.earliest + 2881),
    (REQUEST, "walk", 10_001),
    (WITHDRAWAL, "post_id", b""),
    (WITHDRAWAL, "expires", -1),
    (AGREEMENT, "pickup", h3.latlng_to_cell(45.0, 5.0, 8)),
    (AGREEMENT, "dropoff_at", AGREEMENT.pickup_at - 1),
    (AGREEMENT, "deal", b"d" * 15),
    (AGREEMENT, "distance", 100_001),
    (AGREEMENT, "amount", 2**40),
    (RECEIPT, "start", 31),
    (RECEIPT, "length", 61),
    (RECEIPT, "length", 2885),
    (RECEIPT, "driver", RECEIPT.passenger),
    (RECEIPT, "amount", RECEIPT.dir_balance + 1),
    (RECEIPT, "dir_seq", 0),
    (RECEIPT, "init_role", receipts.DRIVER),
    (RECEIPT, "init_seq", 0),
    (HALF, "signature", b"s" * 63),
    (HALF, "seq", 0),
    (DEVICE, "certificate", b"c" * 65),
    (CARD, "letterboxes", (b"k" * 31,)),
    (GENESIS, "next_commitment", b""),
    (GENESIS, "software", "v" * 65),
    (FIRST, "seq", 2),
    (FIRST, "prev", b"v" * 32),
    (FIRST, "kind", entries.SEALED),
    (FIRST, "time", 2**40),
    (SEALED, "kind", 14),
    (SEALED, "kind", entries.GENESIS),
    (SEALED, "prev", entries.ZEROS),
    (SEALED, "payload", GENESIS.payload()),
    (SEALED, "payload", b"\x00" * 1025),
    (DETAILS, "places", (0, 0)),
    (DETAILS, "places", (9_000_001, 0, 0, 0)),
    (DETAILS, "places", (0, 0, 0, -18_000_001)),
    (DETAILS, "contact", "\x1b[2J"),
    (PROPOSAL, "name", "e\u0301"),
    (PROPOSAL, "name", "\ud800"),
    (PROPOSAL, "note", "x" * 501),
    (PROPOSAL, "terms", b"t" * 513),
    (PROPOSAL, "flags", 2**32),
    (PROPOSAL, "flags", True),
    (PROPOSAL, "member", b"m" * 8),
    (PROPOSAL, "member", "m" * 16),
    (CLOSED, "secret", b"s" * 15),
    (CLOSED, "name", ""),
    (CLOSED, "name", " x"),
    (CLOSED, "name", "a\nb"),
    (CLOSED, "name", "n" * 33),
    (CLOSED, "name", "\u202en"),
    (deal_bodies.Boarded("012345"), "code", "01234"),
    (deal_bodies.Boarded("012345"), "code", "٠١٢٣٤٥"),
    (deal_bodies.CodeRefused(1, 0), "tries_left", 4),
    (mail.Put(b"t" * 32, b"l" * 512), "letter", b"l" * 513),
    (mail.Acknowledge(b"t" * 32, ()), "letters", (b"l" * 32,) * 17),
    (COMPARE, "areas", ()),
    (COMPARE, "areas", HELLO.areas * 2),
    (COMPARE, "since", 2**32),
    (COMPARE, "salt", b"s"),
    (COMPARE, "cover", ()),
    (COMPARE, "cover", (covers.Part(covers.END, 2),)),
    (sync.GivePosts((sync.Post(b"e", HELLO.areas),)), "posts", ()),
    (sync.GivePosts((sync.Post(b"e", HELLO.areas),)), "posts", (sync.Post(b"", HELLO.areas),)),
    (HELLO, "role", 2),
    (HELLO, "areas", (h3.latlng_to_cell(45.0, 5.0, 5),)),
]


@pytest.mark.parametrize(("valid", "field", "value"), WRONG)
def test_a_wrong_field_is_refused(valid: Any, field: str, value: object) -> None:
    """A record that is valid becomes impossible when one field leaves its type or range."""
    assert replace(valid) == valid
    with pytest.raises(MalformedError) as refusal:
        replace(valid, **{field: value})
    assert refusal.value.layer in {"shape", "range", "codec"}


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 90.001, -90.001])
def test_a_point_is_on_the_globe(number: float) -> None:
    """A latitude that is not a number or beyond the poles makes no point."""
    with pytest.raises(MalformedError):
        Point(number, 0.0)


@pytest.mark.parametrize("post", [OFFER, REQUEST])
def test_the_largest_post_fits(post: posts.Post) -> None:
    """With every field at its largest a post still fits in 512 bytes, so no valid record is too large to send."""
    assert len(sign_post(post, b"p" * 32).envelope) <= MAX_POST


def test_a_countersignature_of_another_type_is_refused() -> None:
    """A letter whose second signature is a number is refused when it is read, not when it is checked later."""
    fields = (b"r" * 32, (b"i" * 32, b"l" * 32, b"c" * 64), 5, b"h" * 32, 7)
    with pytest.raises(MalformedError):
        body_from(halves.Countersign.KIND, encode(fields))
