"""What is heard: posts from gossip and sync are judged, put on the board and matched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.actions.matches import Heard, areas_of, match_heard, own_live
from lazpool.actions.room import room
from lazpool.records.posts import Request, Withdrawal, read_post
from lazpool.rules.admission import MAX_LIFETIME, Judgement, Verdict, admit
from lazpool.rules.areas import request_area
from lazpool.rules.outline import outline
from lazpool.store import board, own

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lazpool.actions.desk import Desk
    from lazpool.actions.standpoint import Standpoint
    from lazpool.records.posts import SignedPost


def judge(desk: Desk, data: bytes) -> Verdict:
    """Judge a post from outside without storing it."""
    return admit(data, net=desk.net, now=desk.minute, known=lambda identifier: board.is_known(desk.board, identifier))


def hear(desk: Desk, data: bytes, area: int) -> Verdict:
    """Judge a post heard in an area and, when it is accepted, store and match it."""
    verdict = judge(desk, data)
    if verdict.judgement is Judgement.ACCEPT and verdict.signed is not None:
        store_heard(desk, [(verdict.signed, area)], own_live(desk))
    elif verdict.reason == "known" and verdict.signed is not None:
        board.add_area(desk.board, verdict.signed.id, area)
    return verdict


def hear_all(desk: Desk, envelopes: Iterable[bytes], area: int, ours: Sequence[Standpoint]) -> int:
    """Judge and store many posts of an area, as sync brings them, in one transaction; return how many new matches."""
    with desk.board.transaction():  # also makes the look-ups of the judgement three times cheaper
        verdicts = [judge(desk, data) for data in envelopes]
        heard = [(one.signed, area) for one in verdicts if one.accepted and one.signed and is_of(one.signed, area)]
        return store_heard(desk, heard, ours)


def is_of(signed: SignedPost, area: int) -> bool:
    """Tell whether a post may be heard in an area; an offer's areas cost milliseconds, so any is believed for it."""
    return not isinstance(signed.post, Request) or request_area(signed.post) == area


def store_heard(desk: Desk, heard: Sequence[tuple[SignedPost, int]], ours: Sequence[Standpoint]) -> int:
    """Store accepted posts, each with the area it was heard in, in one transaction; return how many new matches."""
    with desk.board.transaction():
        left = room(desk)
        trips = [
            (Heard(signed, outline(signed.post)), area)
            for signed, area in heard
            if not isinstance(signed.post, Withdrawal) and left.take(area)
        ]
        board.add(desk.board, [(*trip, (area,)) for trip, area in trips], now=desk.minute)
        for signed, _ in heard:
            _withdraw(desk, signed)  # after the posts, which may have come together with their withdrawals
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
    with desk.board.transaction():
        board.withdraw(desk.board, signed, expires=post.expires)
    return areas_of(read_post(post.envelope)[0].post)


def _withdraw(desk: Desk, signed: SignedPost) -> None:
    """Believe a withdrawal only for a post that is here and by the same key.

    Kept for a post not heard yet it could silence somebody else's; that post's withdrawal comes again by sync.
    """
    post = signed.post
    if not isinstance(post, Withdrawal):
        return
    row = board.get(desk.board, post.post_id)
    if row is not None and row["post_pk"] == post.post_pk and not row["own"]:
        board.withdraw(desk.board, signed, expires=min(row["expires"], desk.minute + MAX_LIFETIME))
