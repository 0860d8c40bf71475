"""What is heard: posts from gossip and sync are judged, put on the board and matched."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lazpool.actions.matches import Heard, areas_of, match_heard, own_live
from lazpool.actions.room import room
from lazpool.records.posts import Request, Withdrawal, read_post
from lazpool.rules.admission import Judgement, Verdict, admit
from lazpool.rules.areas import request_area
from lazpool.rules.outline import outline
from lazpool.rules.stamps import standing
from lazpool.store import board, own

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lazpool.actions.desk import Desk
    from lazpool.actions.standpoint import Standpoint
    from lazpool.records.posts import SignedPost


class Taken(NamedTuple):
    """What came of posts that were heard: those that are new here, and how many new matches."""

    posts: list[SignedPost]
    matches: int


def judge(desk: Desk, data: bytes) -> Verdict:
    """Judge a post from outside without storing it."""
    return admit(data, net=desk.net, now=desk.minute, known=lambda signed: board.is_known(desk.board, signed))


def hear(desk: Desk, data: bytes, area: int) -> Verdict:
    """Judge a post heard in an area and, when it is accepted, store and match it."""
    verdict = judge(desk, data)
    if verdict.judgement is Judgement.ACCEPT and verdict.signed is not None:
        store_heard(desk, [(verdict.signed, (area,))], own_live(desk))
    elif verdict.reason == "known" and verdict.signed is not None:
        board.add_areas(desk.board, verdict.signed.id, (area,))
    return verdict


def hear_all(desk: Desk, posts: Iterable[tuple[bytes, Sequence[int]]], ours: Sequence[Standpoint]) -> Taken:
    """Judge and store many posts, each with its areas, as sync brings them, in one transaction."""
    with desk.board.transaction():  # also makes the look-ups of the judgement three times cheaper
        heard = []
        for data, areas in posts:
            verdict = judge(desk, data)
            signed = verdict.signed
            fitting = tuple(area for area in areas if is_of(signed, area)) if signed else ()
            if signed and verdict.accepted and fitting:
                heard.append((signed, fitting))
            elif signed and verdict.reason == "known":
                board.add_areas(desk.board, signed.id, fitting)
        matches = store_heard(desk, heard, ours)
        return Taken([signed for signed, _ in heard if board.is_known(desk.board, signed)], matches)


def is_of(signed: SignedPost, area: int) -> bool:
    """Tell whether a post may be heard in an area; an offer's areas cost milliseconds, so any is believed for it."""
    return not isinstance(signed.post, Request) or request_area(signed.post) == area


def store_heard(desk: Desk, heard: Sequence[tuple[SignedPost, Sequence[int]]], ours: Sequence[Standpoint]) -> int:
    """Store accepted posts, each with its areas, in one transaction; return how many new matches."""
    with desk.board.transaction():
        left = room(desk)
        ranked = sorted(heard, key=lambda one: standing(one[0].id, one[0].post.expires), reverse=True)
        placed = [(signed, there) for signed, areas in ranked if (there := left.take(signed, areas))]
        ends = [(signed, areas) for signed, areas in placed if isinstance(signed.post, Withdrawal)]
        trips = [
            (Heard(signed, outline(signed.post)), areas)
            for signed, areas in placed
            if not isinstance(signed.post, Withdrawal)
        ]
        board.add(desk.board, [(*trip, areas) for trip, areas in trips], now=desk.minute)
        for signed, areas in ends:  # after the posts, which may have come together with their withdrawals
            _withdraw(desk, signed, areas)
        return match_heard(desk, [trip for trip, _ in trips], ours)


def show_own(desk: Desk) -> None:
    """Put our live posts on the board, where neighbours sync from and where a deleted board lacks them."""
    with desk.board.transaction():
        for post in own.posts(desk.node):
            if board.get(desk.board, post.id) is None:
                signed, _ = read_post(post.envelope)
                board.add_own(desk.board, signed, areas_of(signed.post), now=desk.minute)


def show_withdrawal(desk: Desk, envelope: bytes) -> tuple[int, ...]:
    """Take our own withdrawn post off the board; return the areas that are to hear of it."""
    signed, _ = read_post(envelope)
    if not isinstance(signed.post, Withdrawal):
        return ()
    post = own.post(desk.node, signed.post.post_id)
    if post is None:
        return ()
    areas = areas_of(read_post(post.envelope)[0].post)
    with desk.board.transaction():
        board.withdraw(desk.board, signed, areas)
        board.forget_matches(desk.board, post.id)
    return areas


def _withdraw(desk: Desk, signed: SignedPost, areas: Sequence[int]) -> None:
    """Believe others' withdrawals for all posts but our own live ones, which only we take back."""
    post = signed.post
    row = board.get(desk.board, post.post_id) if isinstance(post, Withdrawal) else None
    if row is None or not row["own"]:
        board.withdraw(desk.board, signed, areas)
