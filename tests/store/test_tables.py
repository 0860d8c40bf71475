"""What is stored comes back as it was, in memory and on disk, and limits are kept by the functions over the tables."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import pytest

from lazpool.records.entries import GENESIS, ZEROS, Entry, Genesis, sign_entry
from lazpool.records.people import certify
from lazpool.records.places import Point
from lazpool.records.posts import Withdrawal, sign_post
from lazpool.rules.negotiation import OPEN, SEATED, Role, State
from lazpool.rules.outline import outline
from lazpool.store import board, board_schema, deals, ledger, node_schema, own, post_office
from lazpool.store import letterbox as held
from lazpool.store.database import open_store
from lazpool.wire.keys import new_seed
from lazpool.wire.signing import public_key
from tests.rules.town import GRENOBLE, LYON, NET, VOIRON, offer, request

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lazpool.records.posts import SignedPost
    from lazpool.store.database import Store


@pytest.fixture(params=["memory", "disk"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    """Return a new node.db and board.db, in memory and on disk."""
    disk = request.param == "disk"
    node = open_store(tmp_path / "node.db" if disk else None, node_schema, synchronous="FULL")
    heard = open_store(tmp_path / "board.db" if disk else None, board_schema, synchronous="NORMAL")
    yield node, heard
    node.close()
    heard.close()


@pytest.fixture
def node(stores: tuple[Store, Store]) -> Store:
    """Return a node.db."""
    return stores[0]


@pytest.fixture
def heard(stores: tuple[Store, Store]) -> Store:
    """Return a board.db."""
    return stores[1]


def sample(kind: type[Any], number: int = 0, **known: Any) -> Any:
    """Return a record whose every field has a value of its type that no other field has."""
    values: dict[str, Any] = {}
    for position, field in enumerate(fields(kind), 1 + 50 * number):
        values[field.name] = {
            "bytes": bytes([position % 256]) * 32, "str": f"text {position}", "float": position + 0.5,
            "int": position, "Role": Role.DRIVER, "State": State.AGREED, "bool": True,
            "Point": Point(position / 10, position / 20),
        }[field.type]  # fmt: skip
    return kind(**{**values, **known})


def signed(post: Any) -> SignedPost:
    """Return a post signed with a key of its own."""
    seed = new_seed()
    return sign_post(replace(post, post_pk=public_key(seed)), seed)


def letter(db: Store, deal: bytes = b"d" * 16, *, kind: int = 1, now: int = 0, **changes: Any) -> None:
    """Queue a letter."""
    columns = {"counter": 1, "tag": b"t" * 32, "letterboxes": (b"h" * 32, b"i" * 32), "data": b"sealed"}
    rest = {"awaits": False, "answers": b"", "expires": 100}
    post_office.put_letter(db, deal=deal, kind=kind, now=now, **{**columns, **rest, **changes})


def test_deal_comes_back_whole(node: Store) -> None:
    """Every field of a deal is stored and updated, and nothing is found under another id."""
    deal = sample(deals.Deal)
    deals.add(node, deal)
    assert deals.get(node, deal.id) == deal
    changed = replace(sample(deals.Deal, 1), id=deal.id, state=State.RIDING, role=Role.PASSENGER)
    deals.put(node, changed)
    assert deals.all_deals(node) == [changed]
    assert deals.get(node, b"x") is None


@pytest.mark.parametrize("state", State)
def test_deals_are_found_by_state(node: Store, state: State) -> None:
    """Open deals, and those whose seats are taken, are exactly those of the table of states."""
    deal = sample(deals.Deal, state=state)
    deals.add(node, deal)
    assert bool(deals.open_deals(node)) == (state in OPEN) == bool(deals.count_open(node, deal.post_id))
    assert bool(deals.seated(node, deal.offer_id)) == (state in SEATED)
    assert not deals.of_offer(node, deal.offer_id, Role.PASSENGER, State)


def test_receipt_comes_back_whole(node: Store) -> None:
    """Every field of a receipt is stored, and saved again over the old one."""
    receipt = sample(ledger.StoredReceipt, state=ledger.PROPOSED)
    ledger.save_receipt(node, receipt)
    assert ledger.receipt(node, receipt.id) == receipt
    sealed = replace(receipt, state=ledger.SEALED, second=b"half")
    ledger.save_receipt(node, sealed)
    assert ledger.receipts(node) == [sealed]
    assert ledger.receipts(node, ledger.PROPOSED) == []


def test_receipts_wait_by_direction(node: Store) -> None:
    """What waits after a receipt is what the same two people count on from it, in the same currency."""
    first = sample(ledger.StoredReceipt, state=ledger.PROPOSED, dir_seq=4)
    later = replace(first, id=b"2" * 32, dir_seq=5)
    others = [
        replace(first, id=b"3" * 32, dir_seq=3),
        replace(first, id=b"4" * 32, dir_seq=6, unit="CHF"),
        replace(first, id=b"5" * 32, dir_seq=6, passenger=first.driver, driver=first.passenger),
        replace(first, id=b"6" * 32, dir_seq=6, state=ledger.LAPSED),
    ]
    for receipt in (first, later, *others):
        ledger.save_receipt(node, receipt)
    assert ledger.waiting_after(node, first) == [later]


def test_log_keeps_order_and_numbers(node: Store) -> None:
    """The head is the newest entry, and a number cannot be taken twice."""
    seed, identity = new_seed(), new_seed()
    genesis = Genesis(certify(identity, public_key(seed), NET), b"n" * 32, "test").payload()
    entry = Entry(NET, GENESIS, public_key(seed), 1, ZEROS, 7, genesis)
    assert ledger.head(node) is None
    ledger.add_entry(node, entry, sign_entry(entry, seed))
    head = ledger.head(node)
    assert head is not None
    assert (head.seq, head.id, head.time) == (1, entry.id, 7)
    assert ledger.index(node) == [(1, entry.id)]
    with pytest.raises(Exception, match="UNIQUE"):
        ledger.add_entry(node, entry, sign_entry(entry, seed))


def test_outbox_waits_longer_each_time(node: Store) -> None:
    """A letter that nobody takes is tried again after 2, 4, 8 s, and at last every hour; a taken one is not."""
    letter(node)
    now, waits = 0, []
    for _ in range(14):
        (row,) = post_office.due(node, now)
        post_office.failed(node, row, now)
        following = post_office.next_due(node)
        assert following is not None
        waits.append(following - now)
        assert not post_office.due(node, following - 1)
        now = following
    assert waits[:4] == [2, 4, 8, 16]
    assert waits[-1] == post_office.LAST_RETRY_S
    assert post_office.waiting(node) == 1
    post_office.delivered(node, post_office.due(node, now)[0], now)
    assert post_office.next_due(node) is None
    assert post_office.waiting(node) == 0


def test_awaited_answer_ends_the_repeats(node: Store) -> None:
    """A letter that awaits an answer is repeated until that is here; others of the deal are not touched."""
    letter(node, kind=1, awaits=True)
    letter(node, kind=2, awaits=True)
    for row in post_office.due(node, 0):
        assert row.letterboxes == (b"h" * 32, b"i" * 32)
        post_office.delivered(node, row, 0)
    assert [row.letter_kind for row in post_office.due(node, 2)] == [1, 2]
    post_office.answered(node, b"d" * 16, (1,))
    assert [row.letter_kind for row in post_office.due(node, 2)] == [2]
    post_office.answered(node, b"x" * 16, (2,))
    post_office.answered_one(node, b"d" * 16, 2, 9)
    assert post_office.next_due(node) == 2
    post_office.answered_one(node, b"d" * 16, 2, 1)
    assert post_office.next_due(node) is None


def test_repeated_letter_gets_its_stored_answer(node: Store) -> None:
    """An answer that left is sent again, byte for byte, when the letter it answers comes again."""
    letter(node, answers=b"question")
    (row,) = post_office.due(node, 0)
    post_office.delivered(node, row, 0)
    assert not post_office.due(node, 50)
    post_office.repeat_answer(node, b"another", 50)
    assert not post_office.due(node, 50)
    post_office.repeat_answer(node, b"question", 50)
    assert [one.data for one in post_office.due(node, 50)] == [row.data]


def test_letters_are_remembered_until_forgotten(node: Store) -> None:
    """A letter acted on is known; the newest of a kind is found."""
    for number in (1, 2):
        post_office.remember(node, bytes([number]), deal=b"d", kind=3, now=0)
    assert post_office.letter_of(node, b"d", 3) == b"\x02"
    assert post_office.letter_of(node, b"d", 4) == b""
    post_office.forget(node, b"\x02")
    assert [post_office.is_known(node, bytes([number])) for number in (1, 2)] == [True, False]


def test_own_post_and_places(node: Store) -> None:
    """Own posts keep the exact ends; places are replaced by name; hubs by key."""
    post = sample(own.OwnPost, state=own.LIVE)
    own.add_post(node, post)
    assert own.post(node, post.id) == post
    own.set_post_state(node, post.id, own.EXPIRED)
    assert own.posts(node) == []
    assert own.all_posts(node) == [replace(post, state=own.EXPIRED)]
    for place in (GRENOBLE, LYON):
        own.add_place(node, "home", place)
    assert own.places(node) == {"home": LYON}
    assert [own.remove_place(node, "home") for _ in range(2)] == [True, False]
    for address in ("old", "new"):
        own.add_hub(node, address, b"h" * 32, 1)
    own.set_hub_role(node, b"h" * 32, "hub")
    assert [(row["address"], row["role"]) for row in own.hubs(node)] == [("new", "hub")]


def test_keys_are_dropped_by_date(node: Store) -> None:
    """Keys go when their minute is past, and not before."""
    box = sample(own.Box, expires=10)
    own.add_box(node, box)
    assert own.drop_boxes(node, 10) == 0
    assert own.box(node, box.tag) == box
    assert own.drop_boxes(node, 11) == 1
    assert own.box(node, box.tag) is None


def test_board_finds_posts_by_kind_area_and_date(heard: Store) -> None:
    """A post is found by what it is, where it was heard and when it departs, until it expires."""
    ride, wish = signed(offer(GRENOBLE, VOIRON, LYON)), signed(request(VOIRON, LYON))
    board.add(heard, [(ride, outline(ride.post), (1, 2))], now=5)  # type: ignore[arg-type] # an offer
    board.add_own(heard, wish, (2,), now=5)
    for post, area in ((wish, 2), (ride, 1)):
        board.add(heard, [(post, outline(post.post), (area,))], now=6)  # type: ignore[arg-type] # no withdrawal
    assert board.count(heard) == 2
    assert [board.count_area(heard, area) for area in (1, 2, 3)] == [1, 2, 0]
    assert board.envelopes(heard, (ride.id, b"x", wish.id)) == {ride.id: ride.envelope, wish.id: wish.envelope}
    assert [row["id"] for row in board.posts(heard, own=True)] == [wish.id]
    assert board.expire(heard, ride.post.expires) == 0  # type: ignore[union-attr] # the same
    assert board.expire(heard, ride.post.expires + 1) == 2  # type: ignore[union-attr] # the same
    assert board.count_area(heard, 2) == 0


def test_withdrawn_post_stays_known(heard: Store) -> None:
    """A withdrawn post is gone with its matches, is not taken up again, and its withdrawal has its areas."""
    ride, gone = _withdrawn()
    board.add(heard, [(ride, outline(ride.post), (1,))], now=5)  # type: ignore[arg-type] # an offer
    assert board.add_match(heard, sample(board.Match, theirs=ride.id))
    board.withdraw(heard, gone, (2,))
    assert board.get(heard, ride.id) is None
    assert board.matches(heard) == []
    assert board.is_known(heard, ride)
    assert board.is_known(heard, gone)
    assert [board.count_area(heard, area) for area in (1, 2)] == [1, 1]
    assert board.envelopes(heard, (ride.id, gone.id)) == {gone.id: gone.envelope}
    board.expire(heard, gone.post.expires + 1)  # type: ignore[union-attr] # a withdrawal
    assert not board.is_known(heard, ride)
    assert [board.count_area(heard, area) for area in (1, 2)] == [0, 0]


def test_withdrawal_before_its_post(heard: Store) -> None:
    """It keeps its post off when that comes later, and nobody else's post of the same id."""
    ride, gone = _withdrawn()
    board.withdraw(heard, gone, (1,))
    assert board.is_known(heard, ride)
    assert not board.is_known(heard, ride._replace(post=replace(ride.post, post_pk=b"o" * 32)))
    other = sign_post(replace(gone.post, post_pk=public_key(b"o" * 32)), b"o" * 32)
    board.expire(heard, 2**32)
    board.add(heard, [(ride, outline(ride.post), (1,))], now=5)  # type: ignore[arg-type] # an offer
    board.withdraw(heard, other, (1,))
    assert board.get(heard, ride.id) is not None


def _withdrawn() -> tuple[SignedPost, SignedPost]:
    """Return an offer and its withdrawal."""
    seed = new_seed()
    ride = sign_post(replace(offer(GRENOBLE, LYON), post_pk=public_key(seed)), seed)
    return ride, sign_post(Withdrawal(NET, public_key(seed), ride.id, offer(GRENOBLE, LYON).expires), seed)


def test_match_comes_back_whole_and_once(heard: Store) -> None:
    """Every field of a match is stored; the same one again is not new."""
    match = sample(board.Match)
    assert [board.add_match(heard, match) for _ in range(2)] == [True, False]
    assert board.matches(heard) == board.matches(heard, match.mine) == [match]
    assert board.matches(heard, b"x") == []


def test_letterbox_counts(heard: Store) -> None:
    """What a tag holds and a depositor sent is counted as the quotas need it."""
    held.open_tag(heard, b"t", b"owner", 50)
    for number in range(3):
        held.hold(heard, bytes([number]), tag=b"t", depositor=b"d", letter=b"x" * 10, now=number, expires=60)
    assert (held.held_for(heard, b"t"), held.bytes_held(heard)) == (3, 30)
    assert [held.bytes_from(heard, b"d", since) for since in (0, 1, 3)] == [30, 20, 0]
    held.expire(heard, 50)
    assert held.owner_of(heard, b"t") == b"owner"
    held.expire(heard, 61)
    assert held.owner_of(heard, b"t") is None
    assert held.bytes_held(heard) == 0
