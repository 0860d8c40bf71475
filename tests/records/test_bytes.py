"""What goes out comes in the same, and no bytes from outside raise anything but MalformedError."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazpool.errors import MalformedError
from lazpool.records import hub_records, mail, sync
from lazpool.records.agreements import AgreementTerms, agreement_from
from lazpool.records.bodies import body_from
from lazpool.records.corrections import correction_from
from lazpool.records.entries import COMMITMENTS, GENESIS, Entry, commitment_of, entry_from, genesis_from
from lazpool.records.forks import fork_from
from lazpool.records.halves import Countersign
from lazpool.records.letters import open_letter, seal_letter
from lazpool.records.places import on_grid
from lazpool.records.posts import post_from_body, read_post, sign_post
from lazpool.records.receipts import ReceiptTerms, check_second, receipt_from
from lazpool.records.route import pack_route, unpack_route
from lazpool.records.settlements import SettlementTerms, settlement_from
from lazpool.records.sync import pack_cover, pack_posts, read_cover, read_hello, read_posts, read_taken
from lazpool.wire.codec import decode, encode
from lazpool.wire.seal import MAX_PLAIN, box_public_key, seal
from lazpool.wire.signing import public_key
from tests.records import values

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazpool.records.body_shape import AnyBody
    from lazpool.records.covers import Cover
    from lazpool.records.places import Point
    from lazpool.records.posts import Post

few = settings(deadline=None, max_examples=60)
SEED, BOX, ABOUT = b"s" * 32, b"b" * 32, b"a" * 32
TERMS = ReceiptTerms(
    *(values.NET, b"r" * 16, b"d" * 32, b"p" * 32, b"a" * 32, 30, 60, 500, 1, 240, "EUR", 1, 240, b"c" * 32, 1),
    *(b"l" * 32, 1, b"h" * 32, 9000),
)


def _cover(data: bytes) -> object:
    return read_cover(data, 7)


def _open(sealed: bytes) -> object:
    return open_letter(sealed, BOX, about=ABOUT, net=values.NET)


def _entry(body: bytes) -> object:
    """Read an entry and all that its payload says."""
    entry = entry_from(body)
    return genesis_from(entry) if entry.kind == GENESIS else commitment_of(entry)


def _body_of(kind: int) -> Callable[[bytes], object]:
    return lambda data: body_from(kind, data)


READERS: list[Callable[[bytes], object]] = [
    *(correction_from, fork_from, read_post, post_from_body, agreement_from, receipt_from, _entry, unpack_route, _open),
    *(mail.read_frame, mail.read_answer, sync.read_frame, read_hello, _cover, read_posts, read_taken),
    *(_body_of(kind) for kind in range(1, 13)),
    *(hub_records.read_hub, hub_records.read_ask, hub_records.read_told),
    lambda data: hub_records.read_hub(encode((data, bytes(64)))),
    lambda plain: _open(seal(box_public_key(BOX), plain[:MAX_PLAIN])),
]


def quietly(read: Callable[[bytes], object], data: bytes) -> None:
    """Read; only MalformedError may come of it."""
    try:
        read(data)
    except MalformedError as wrong:
        assert wrong.layer in {"size", "codec", "envelope", "shape", "range", "signature", "seal"}  # noqa: PT017 - both outcomes are right


@pytest.mark.parametrize("read", READERS)
@given(data=st.binary(max_size=700))
@few
def test_any_bytes(read: Callable[[bytes], object], data: bytes) -> None:
    """Random bytes are read or refused, and nothing else happens."""
    quietly(read, data)


@pytest.mark.parametrize("read", READERS)
@given(array=st.recursive(values.keys | st.integers(0, 2**64 - 1) | st.text(max_size=4), st.lists, max_leaves=24))
@few
def test_any_array(read: Callable[[bytes], object], array: Any) -> None:
    """Well-formed arrays of any content, with fields of every wrong type, are read or refused."""

    def frozen(value: Any) -> Any:
        return tuple(map(frozen, value)) if isinstance(value, list) else value

    try:
        data = encode(frozen([1, values.NET, array] if not isinstance(array, list) else array))
    except MalformedError:
        return
    quietly(read, data)


@given(post=values.any_post)
@few
def test_posts_travel(post: Post) -> None:
    """A post reads back as it was written, from the same bytes."""
    signed = sign_post(post, SEED)
    assert read_post(signed.envelope)[0] == signed
    assert post_from_body(encode(post.fields())) == post
    assert encode(read_post(signed.envelope)[0].post.fields()) == encode(post.fields())


@given(route=st.lists(values.points.map(on_grid), min_size=0, max_size=16).map(tuple))
@few
def test_routes_travel(route: tuple[Point, ...]) -> None:
    """A route on the grid reads back exactly."""
    assert unpack_route(pack_route(route)) == route


@given(terms=values.agreements)
@few
def test_agreements_travel(terms: AgreementTerms) -> None:
    """Agreement terms read back as they were written."""
    assert agreement_from(terms.body()) == terms


@given(terms=values.receipt_terms, half=values.second_halves)
@few
def test_receipts_travel(terms: ReceiptTerms, half: Any) -> None:
    """Receipt terms read back as they were written; a half made of noise is refused, whatever it holds."""
    assert receipt_from(terms.body()) == terms
    with pytest.raises(MalformedError):
        check_second(terms, half)


@given(entry=values.any_entry)
@few
def test_entries_travel(entry: Entry) -> None:
    """A log entry reads back as it was written."""
    assert entry_from(entry.body()) == entry
    assert entry.kind in {GENESIS, *COMMITMENTS}


@given(body=values.any_body, counter=st.integers(1, 2**32 - 1))
@few
def test_letters_travel(body: AnyBody, counter: int) -> None:
    """A letter opens as it was sealed, and its body packs to the bytes that were signed."""
    identifier, sealed = seal_letter(
        b"d" * 16, counter, body, sender_seed=SEED, box_pk=box_public_key(BOX), about=ABOUT, net=values.NET
    )
    letter = open_letter(sealed, BOX, about=ABOUT, net=values.NET)
    assert (letter.body, letter.counter, letter.id) == (body, counter, identifier)
    assert letter.sender == public_key(SEED)
    assert body_from(body.KIND, encode(body.fields())) == body


@given(frame=values.any_mail)
@few
def test_mail_frames_travel(frame: mail.Frame) -> None:
    """A mail frame reads back as it was written."""
    assert mail.read_frame(mail.pack_frame(frame)) == frame


@given(frame=values.any_sync)
@few
def test_sync_frames_travel(frame: sync.Frame) -> None:
    """A sync frame reads back as it was written."""
    assert sync.read_frame(sync.pack_frame(frame)) == frame


@given(cover=values.covers, posts=st.lists(values.sync_posts, max_size=17).map(tuple), status=st.integers(0, 5))
@few
def test_answers_travel(cover: Cover, posts: tuple[sync.Post, ...], status: int) -> None:
    """Answers of both protocols read back as they were written."""
    assert read_cover(pack_cover(cover), 7) == cover
    assert read_posts(pack_posts(posts)) == posts
    letters = (b"\x00" * 512,) * min(16, len(posts))
    assert mail.read_answer(mail.pack_answer(status, letters)) == (status, letters)


@given(data=st.data())
@settings(deadline=None, max_examples=200)
def test_mutated_records(data: st.DataObject) -> None:
    """A valid record with bytes changed, cut or added is refused, or is another record that writes to those bytes."""
    body = data.draw(st.one_of(values.any_post.map(lambda post: encode(post.fields()))))
    for valid, read, write in (
        (body, post_from_body, lambda post: encode(post.fields())),
        (data.draw(values.agreements).body(), agreement_from, lambda terms: terms.body()),
        (data.draw(values.receipt_terms).body(), receipt_from, lambda terms: terms.body()),
        (data.draw(values.settlement_terms).body(), settlement_from, lambda terms: terms.body()),
        (data.draw(values.any_entry).body(), entry_from, lambda entry: entry.body()),
        (mail.pack_frame(data.draw(values.any_mail)), mail.read_frame, mail.pack_frame),
        (sync.pack_frame(data.draw(values.any_sync)), sync.read_frame, sync.pack_frame),
    ):
        changed = data.draw(values.mutated(valid))
        try:
            record: Any = read(changed)
        except MalformedError:
            continue
        assert write(record) == changed


def _half(body: bytes) -> object:
    """Read a countersignature and check it against terms, as a node does that receives one."""
    countersign = body_from(Countersign.KIND, body)
    check_second(TERMS, countersign.half)  # type: ignore[union-attr] # of that kind
    return countersign


@pytest.mark.parametrize(
    ("record", "read"),
    [
        (values.any_post.map(lambda post: encode(post.fields())), post_from_body),
        (values.agreements.map(AgreementTerms.body), agreement_from),
        (values.receipt_terms.map(ReceiptTerms.body), receipt_from),
        (values.settlement_terms.map(SettlementTerms.body), settlement_from),
        (values.any_entry.map(Entry.body), _entry),
        (values.second_halves.map(lambda half: encode(Countersign(half).fields())), _half),
        (values.any_mail.map(mail.pack_frame), mail.read_frame),
        (values.any_sync.map(sync.pack_frame), sync.read_frame),
    ],
)
@given(data=st.data())
@few
def test_retyped_records(
    record: st.SearchStrategy[bytes], read: Callable[[bytes], object], data: st.DataObject
) -> None:
    """A valid record with one value of another type is read or refused, and nothing else happens."""
    array = values.retyped(data.draw, decode(data.draw(record), 8192))
    quietly(read, _encoded(array))


@given(data=st.data(), body=values.any_body)
@few
def test_retyped_bodies(data: st.DataObject, body: AnyBody) -> None:
    """The same for the bodies of letters."""
    changed = _encoded(values.retyped(data.draw, body.fields()))
    quietly(_body_of(body.KIND), changed)
    quietly(lambda letter: _open(_sealed(letter)), changed)


def _encoded(array: Any) -> bytes:
    try:
        return encode(array)
    except MalformedError:  # nested too deep, which the reader would refuse as well
        return b""


def _sealed(packed: bytes) -> bytes:
    return seal(box_public_key(BOX), encode((1, b"d" * 16, 1, packed, b"k" * 32, b"s" * 64)))


@given(data=st.data(), body=values.any_body)
@settings(deadline=None, max_examples=200)
def test_mutated_bodies(data: st.DataObject, body: AnyBody) -> None:
    """The same for the bodies of letters."""
    changed = data.draw(values.mutated(encode(body.fields())))
    try:
        other = body_from(body.KIND, changed)
    except MalformedError:
        return
    assert encode(other.fields()) == changed


@given(data=st.data())
@settings(deadline=None, max_examples=100)
def test_mutated_letters(data: st.DataObject) -> None:
    """A sealed letter does not open once any of it is changed."""
    body = data.draw(values.any_body)
    _, sealed = seal_letter(
        b"d" * 16, 1, body, sender_seed=SEED, box_pk=box_public_key(BOX), about=ABOUT, net=values.NET
    )
    changed = data.draw(values.mutated(sealed))
    if changed != sealed:
        with pytest.raises(MalformedError):
            _open(changed)
