"""Matching: an own post with the board, and a post just heard with our own ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.actions.aboard import riders
from lazpool.records.posts import Offer, Request, SignedPost, Withdrawal, read_post
from lazpool.rules.areas import offer_areas, request_area
from lazpool.rules.matching import Fit, fit
from lazpool.rules.negotiation import Role
from lazpool.store import board, groups, own
from lazpool.wire.hashing import tagged_hash

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lazpool.actions.desk import Desk
    from lazpool.records.posts import Post

MATCH_ID = 16
_DAY = 24 * 60


def match_own(desk: Desk, post: own.OwnPost) -> int:
    """Match an own post with everything on the board; return how many new matches there are."""
    mine, _ = read_post(post.envelope)
    wanted = Request.KIND if post.kind == Offer.KIND else Offer.KIND
    near = board.envelopes(desk.board, wanted, post.depart + 2 * _DAY, post.depart - 2 * _DAY)
    found = [(mine, read_post(envelope)[0]) for _, envelope in near]
    group = secret_of(desk, mine)
    with desk.board.transaction():
        return sum(_note(desk, ours, theirs, group) for ours, theirs in found)


def match_heard(desk: Desk, heard: Iterable[SignedPost], ours: Iterable[SignedPost]) -> int:
    """Match posts just heard with our own live posts, inside the board's transaction; return how many matches."""
    shared = [(mine, secret_of(desk, mine)) for mine in ours]
    return sum(_note(desk, mine, theirs, group) for mine, group in shared for theirs in heard)


def own_live(desk: Desk) -> list[SignedPost]:
    """Return our live posts, decoded."""
    return [read_post(post.envelope)[0] for post in own.posts(desk.node)]


def areas_of(post: Post) -> tuple[int, ...]:
    """Return the areas that a post belongs to; none for a withdrawal, which follows its post."""
    if isinstance(post, Offer):
        return offer_areas(post)
    return () if isinstance(post, Withdrawal) else (request_area(post),)


def match_id(mine: bytes, theirs: bytes) -> bytes:
    """Return the id of the match of two posts."""
    return tagged_hash("lz/match/1", mine + theirs)[:MATCH_ID]


def secret_of(desk: Desk, signed: SignedPost) -> bytes:
    """Return the secret of the group of ours that a post belongs to, or nothing."""
    return b"" if isinstance(signed.post, Withdrawal) else groups.secret_of(desk.node, signed.post)


def _note(desk: Desk, mine: SignedPost, theirs: SignedPost, group: bytes) -> bool:
    match mine.post, theirs.post:
        case Offer() as offer, Request() as request:
            role = Role.DRIVER
        case Request() as request, Offer() as offer:
            role = Role.PASSENGER
        case _:
            return False
    result = fit(offer, request, group=group)
    if role is Role.DRIVER and isinstance(result, Fit) and (aboard := riders(desk, mine.id)):
        result = fit(offer, request, aboard, group=group)
    return isinstance(result, Fit) and board.add_match(desk.board, _match(desk, mine, theirs, role, offer, result))


def _match(desk: Desk, mine: SignedPost, theirs: SignedPost, role: Role, offer: Offer, result: Fit) -> board.Match:
    expires = min(post.expires for post in (mine.post, theirs.post) if not isinstance(post, Withdrawal))
    return board.Match(
        id=match_id(mine.id, theirs.id),
        role=role,
        mine=mine.id,
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
        expires=expires,
        found=desk.minute,
    )
