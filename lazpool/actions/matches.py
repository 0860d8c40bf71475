"""Matching: an own post with the board, and a post just heard with our own ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lazpool.actions.detours import measure_matches
from lazpool.actions.standpoint import Standpoint, judge, standpoint
from lazpool.actions.walks import place_of
from lazpool.records.posts import Offer, Request, SignedPost, Withdrawal, read_post
from lazpool.rules.areas import offer_areas, request_area
from lazpool.rules.matching import Fit
from lazpool.rules.negotiation import Role
from lazpool.rules.outline import Outline, cells_near, may_fit, may_meet
from lazpool.store import board, own
from lazpool.wire.hashing import tagged_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lazpool.actions.desk import Desk
    from lazpool.records.posts import Post

MATCH_ID = 16


class Heard(NamedTuple):
    """An offer or a request of others with its outline."""

    signed: SignedPost
    bounds: Outline


def match_own(desk: Desk, post: own.OwnPost, *, anew: bool = False) -> int:
    """Match an own post with everything on the board; return how many new matches there are.

    anew: forget the matches it had, since what they follow from has changed, such as where people meet.
    """
    mine = standpoint(desk, post)
    found = list(candidates(desk, mine.signed.post, mine.bounds))
    with desk.board.transaction():
        if anew:
            board.forget_matches(desk.board, post.id)
        count = sum(_note(desk, mine, theirs) for theirs in found)
    measure_matches(desk, [post])
    return count


def candidates(desk: Desk, mine: Post, bounds: Outline) -> Iterator[SignedPost]:
    """Yield the posts on the board that an own offer or request may match, decoded: all that do, and few others."""
    sought = Request.KIND if isinstance(mine, Offer) else Offer.KIND
    for envelope, shape in board.near(desk.board, sought, cells_near(sought, bounds), bounds):
        pair = (bounds.shape, shape) if sought == Request.KIND else (shape, bounds.shape)
        if may_fit(*pair):
            yield read_post(envelope)[0]


def match_heard(desk: Desk, heard: Iterable[Heard], ours: Sequence[Standpoint]) -> int:
    """Match posts just heard with our own live posts, inside the board's transaction; return how many matches."""
    offers, requests = ([mine for mine in ours if mine.drives is kind] for kind in (True, False))
    return sum(
        _note(desk, mine, theirs.signed)
        for theirs in heard
        for mine in (requests if isinstance(theirs.signed.post, Offer) else offers)
        if _may_match(mine, theirs)
    )


def match_two(desk: Desk, mine: own.OwnPost, theirs: SignedPost) -> bool:
    """Match an own post with one other; return whether that is a new match."""
    return _note(desk, standpoint(desk, mine), theirs)


def own_live(desk: Desk) -> list[Standpoint]:
    """Return our live posts as we see them."""
    return [standpoint(desk, post) for post in own.posts(desk.node)]


def areas_of(post: Post) -> tuple[int, ...]:
    """Return the areas that a post belongs to; none for a withdrawal, which follows its post."""
    if isinstance(post, Offer):
        return offer_areas(post)
    return () if isinstance(post, Withdrawal) else (request_area(post),)


def match_id(mine: bytes, theirs: bytes) -> bytes:
    """Return the id of the match of two posts."""
    return tagged_hash("lz/match/1", mine + theirs)[:MATCH_ID]


def _may_match(mine: Standpoint, theirs: Heard) -> bool:
    offer, request = (mine.bounds, theirs.bounds) if mine.drives else (theirs.bounds, mine.bounds)
    return may_meet(offer, request) and may_fit(offer.shape, request.shape)


def _note(desk: Desk, mine: Standpoint, theirs: SignedPost) -> bool:
    if (pair := mine.with_other(theirs.post)) is None:
        return False
    result = judge(desk, mine, *pair)
    return isinstance(result, Fit) and board.add_match(desk.board, _match(desk, mine, theirs, pair, result))


def _match(desk: Desk, mine: Standpoint, theirs: SignedPost, pair: tuple[Offer, Request], result: Fit) -> board.Match:
    offer, request = pair
    return board.Match(
        id=match_id(mine.signed.id, theirs.id),
        role=Role.DRIVER if mine.drives else Role.PASSENGER,
        mine=mine.signed.id,
        theirs=theirs.id,
        depart=offer.depart,
        pickup_at=result.pickup_at,
        dropoff_at=result.dropoff_at,
        detour=result.detour_min,
        walk=result.walk_m,
        distance=result.distance_hm,
        share=result.share,
        unit=result.unit,
        co2=result.co2_g,
        estimated=int(result.estimated),
        expires=min(offer.expires, request.expires),
        found=desk.minute,
        delay=result.delay_min,
        pickup_spot=result.pickup.name if result.pickup else "",
        pickup_place=place_of(result.pickup),
        dropoff_spot=result.dropoff.name if result.dropoff else "",
        dropoff_place=place_of(result.dropoff),
    )
