"""Housekeeping: what expires is forgotten on time, keys for good, and a deleted board heals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.actions import hearing, matches, posts
from lazpool.actions.cards import QUIET
from lazpool.actions.letters import KEEP_CARD
from lazpool.store import board, own
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
