"""Matching: an own post with the board, and a post just heard with our own ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lazpool.actions.aboard import riders
from lazpool.actions.detours import measure_matches
from lazpool.actions.walks import place_of, walks_of
from lazpool.records.posts import Offer, Request, SignedPost, Withdrawal, read_post
from lazpool.rules.areas import offer_areas, request_area
from lazpool.rules.matching import Fit, Miss, fit
from lazpool.rules.negotiation import Role
from lazpool.rules.outline import Outline, cells_near, may_fit, may_meet, outline
from lazpool.store import board, groups, own
from lazpool.wire.hashing import tagged_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lazpool.actions.desk import Desk
    from lazpool.records.posts import Post

MATCH_ID = 16


class Outlined(NamedTuple):
    """An offer or a request with its outline, and when it is ours the secret of its group."""

    signed: SignedPost
    bounds: Outline
    is_offer: bool
    group: bytes


def match_own(desk: Desk, post: own.OwnPost, *, anew: bool = False) -> int:
    """Match an own post with everything on the board; return how many new matches there are.

    anew: forget the matches it had, since what they follow from has changed, such as where people meet.
    """
    mine, _ = read_post(post.envelope)
    found, group = list(candidates(desk, mine.post, _away_km(desk, mine.post, post))), secret_of(desk, mine)
    with desk.board.transaction():
        if anew:
            board.forget_matches(desk.board, post.id)
        count = sum(_note(desk, mine, theirs, group) for theirs in found)
    measure_matches(desk, [post])
    return count


def candidates(desk: Desk, mine: Post, away_km: float = 0.0) -> Iterator[SignedPost]:
    """Yield the posts on the board that an own offer or request may match, decoded: all that do, and few others.

    away_km: see rules.outline.outline.
    """
    if isinstance(mine, Withdrawal):
        return
    sought, bounds = (Request.KIND if isinstance(mine, Offer) else Offer.KIND), outline(mine, away_km)
    for envelope, shape in board.near(desk.board, sought, cells_near(sought, bounds), bounds):
        pair = (bounds.shape, shape) if sought == Request.KIND else (shape, bounds.shape)
        if may_fit(*pair):
            yield read_post(envelope)[0]


def match_heard(desk: Desk, heard: Iterable[Outlined], ours: Sequence[Outlined]) -> int:
    """Match posts just heard with our own live posts, inside the board's transaction; return how many matches."""
    offers, requests = ([one for one in ours if one.is_offer is kind] for kind in (True, False))
    return sum(
        _note(desk, mine.signed, theirs.signed, mine.group)
        for theirs in heard
        for mine in (requests if theirs.is_offer else offers)
        if _may_match(*((theirs, mine) if theirs.is_offer else (mine, theirs)))
    )


def match_two(desk: Desk, mine: SignedPost, theirs: SignedPost) -> bool:
    """Match an own post with one other; return whether that is a new match."""
    return _note(desk, mine, theirs, secret_of(desk, mine))


def own_live(desk: Desk) -> list[Outlined]:
    """Return our live posts, decoded."""
    pairs = [(read_post(post.envelope)[0], post) for post in own.posts(desk.node)]
    return [outlined(signed, secret_of(desk, signed), _away_km(desk, signed.post, post)) for signed, post in pairs]


def outlined(signed: SignedPost, group: bytes = b"", away_km: float = 0.0) -> Outlined:
    """Return a post with its outline; not for withdrawals. away_km: see rules.outline.outline."""
    if isinstance(signed.post, Withdrawal):
        raise TypeError("a withdrawal matches nothing")
    return Outlined(signed, outline(signed.post, away_km), isinstance(signed.post, Offer), group)


def _away_km(desk: Desk, mine: Post, post: own.OwnPost) -> float:
    walks = walks_of(desk, mine, post) if isinstance(mine, Request) else None
    return walks.away_km if walks else 0.0


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


def judge(desk: Desk, mine: bytes, offer: Offer, request: Request, group: bytes) -> Fit | Miss:
    """Return how an own post fits another: on foot where the passenger walks, beside those aboard where we drive."""
    ours = own.post(desk.node, mine)
    drives = ours is not None and ours.kind == Offer.KIND
    walks = walks_of(desk, request, None if drives else ours)
    result = fit(offer, request, group=group, walks=walks)
    if drives and isinstance(result, Fit) and (aboard := riders(desk, mine)):
        return fit(offer, request, aboard, group=group, walks=walks)
    return result


def _may_match(offer: Outlined, request: Outlined) -> bool:
    return may_meet(offer.bounds, request.bounds) and may_fit(offer.bounds.shape, request.bounds.shape)


def _note(desk: Desk, mine: SignedPost, theirs: SignedPost, group: bytes) -> bool:
    match mine.post, theirs.post:
        case Offer() as offer, Request() as request:
            role = Role.DRIVER
        case Request() as request, Offer() as offer:
            role = Role.PASSENGER
        case _:
            return False
    result = judge(desk, mine.id, offer, request, group)
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
        delay=result.delay_min,
        pickup_spot=result.pickup.name if result.pickup else "",
        pickup_place=place_of(result.pickup),
        dropoff_spot=result.dropoff.name if result.dropoff else "",
        dropoff_place=place_of(result.dropoff),
    )
