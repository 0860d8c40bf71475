"""Housekeeping: what expires is forgotten on time, keys for good, and a deleted board heals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.actions import deals, hearing, matches, posts
from lazpool.actions.cards import QUIET
from lazpool.actions.letters import KEEP_CARD
from lazpool.store import board, own, post_office
from tests.town import DAY, Town

if TYPE_CHECKING:
    from pathlib import Path


def raw(town: Town, name: str) -> bytes:
    """Return every byte of somebody's node.db, as a thief of the disk would read it."""
    town.close(name)
    content = b"".join(path.read_bytes() for path in sorted(town.home(name).glob("node.db*")))
    town.open(name)
    return content


def test_post_keys_are_deleted_two_days_after_expiry(tmp_path: Path) -> None:
    """The keys of a post outlive it by 48 h; then nobody can read them in the file any more."""
    with Town(tmp_path, "ann") as town:
        post_id = town.request("ann")
        desk = town["ann"]
        (box,) = own.boxes(desk.node)
        post = own.post(desk.node, post_id)
        assert post is not None
        assert box.expires == post.expires + 2 * DAY
        assert box.box_sk in raw(town, "ann")
        town.now = 60 * (post.expires + 2 * DAY)
        town.later()
        assert own.boxes(town["ann"].node) == [box]
        town.later(minutes=1)
        assert own.boxes(town["ann"].node) == []
        content = raw(town, "ann")
        assert box.box_sk not in content
        assert box.tag_seed not in content


def test_card_keys_outlive_the_ride(agreed: tuple[Town, bytes]) -> None:
    """The keys that two people gave each other stay for receipts and settlements that come later; successors follow."""
    town, deal_id = agreed
    first, ends = town.deal("ann", deal_id).own_tag, town.deal("ann", deal_id).ends
    town.now = 60 * (ends + KEEP_CARD)
    town.later()
    assert first in [box.tag for box in own.boxes(town["ann"].node)]
    town.later(minutes=1)
    (box,) = own.boxes(town["ann"].node)
    assert (box.deal, box.tag) == (deal_id, town.deal("ann", deal_id).own_tag)
    assert box.tag != first
    town.now = 60 * (ends + QUIET + KEEP_CARD)
    town.later(minutes=1)
    assert own.boxes(town["ann"].node) == []


def letters(town: Town, name: str) -> dict[bytes, post_office.Outgoing]:
    """Return the letters that somebody's outbox holds, however late they are due, by their bytes."""
    rows = post_office.due(town[name].node, 2**61, 1000)
    return {row.data: row for row in rows if row.kind == post_office.LETTER}


def test_a_letter_that_nobody_takes_is_tried_until_it_expires(agreed: tuple[Town, bytes]) -> None:
    """It is due again, each day and after each start of its author's node, up to its last minute and no longer."""
    town, deal_id = agreed
    deals.add_note(town["ann"], deal_id, "by the fountain")
    ((data, note),) = letters(town, "ann").items()
    days = (note.expires - town.minute) // DAY
    assert days > 1
    for day in range(days + 1):
        town.restart("ann")
        town.later(days=int(day > 0))
        ann = town["ann"]
        (row,) = [row for row in post_office.due(ann.node, ann.second) if row.data == data]
        post_office.failed(ann.node, row, ann.second)
    town.now = 60 * note.expires
    town.later()
    assert data in letters(town, "ann")
    town.later(minutes=1)
    assert data not in letters(town, "ann")


def test_posts_expire(tmp_path: Path) -> None:
    """A post that is over is no longer live, and leaves everybody's board."""
    with Town(tmp_path, "ann", "bob") as town:
        town.offer("bob")
        town.request("ann")
        assert board.matches(town["ann"].board)
        town.later(days=3)
        for name in ("ann", "bob"):
            assert own.posts(town[name].node) == []
            assert board.count(town[name].board) == 0
            assert board.matches(town[name].board) == []


def test_deleted_board_heals(tmp_path: Path) -> None:
    """Without its board.db a node shows its own posts again, and what neighbours send again is matched again."""
    with Town(tmp_path, "ann", "bob") as town:
        town.offer("bob")
        town.request("ann")
        hearing.show_own(town["bob"])
        before = board.matches(town["ann"].board)
        town.close("ann")
        for path in town.home("ann").glob("board.db*"):
            path.unlink()
        town.open("ann")
        ann = town["ann"]
        assert board.count(ann.board) == 0
        hearing.show_own(ann)
        assert [row["own"] for row in board.posts(ann.board)] == [1]
        for row in board.posts(town["bob"].board, own=True):
            assert hearing.hear(ann, row["envelope"], 1).accepted
        assert board.matches(ann.board) == before


def test_match_lost_in_a_crash_is_found_at_the_next_start(tmp_path: Path) -> None:
    """A process that dies between storing a request and matching it leaves that to the next one."""
    with Town(tmp_path, "ann", "bob") as town:
        town.offer("bob")
        town.request("ann")
        before = board.matches(town["ann"].board)
        town["ann"].board.execute("DELETE FROM matches")
        for post in own.posts(town["ann"].node):
            assert matches.match_own(town["ann"], post) == 1
        assert board.matches(town["ann"].board) == before


def test_withdrawn_post_does_not_come_back(tmp_path: Path) -> None:
    """A neighbour who has not heard of the withdrawal cannot bring a post back."""
    with Town(tmp_path, "ann", "bob") as town:
        offer = town.offer("bob")
        row = board.get(town["ann"].board, offer)
        assert row is not None
        posts.withdraw(town["bob"], offer)
        town.publish("bob")
        assert board.get(town["ann"].board, offer) is None
        assert hearing.hear(town["ann"], row["envelope"], 1).reason == "known"
        assert board.get(town["ann"].board, offer) is None
