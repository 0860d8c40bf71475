"""Matching: an own post with the board, and a post just heard with our own ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lazpool.actions.detours import measure_matches
from lazpool.actions.standpoint import Standpoint, judge, standpoint
from lazpool.actions.walks import place_of
from lazpool.records.posts import Offer, Request, SignedPost, Withdrawal, read_post
from lazpool.rules.areas import offer_areas, request_area, start_areas
from lazpool.rules.insertion import Inserter
from lazpool.rules.matching import Fit
from lazpool.rules.negotiation import Role
from lazpool.rules.outline import Outline, cells_near, may_meet, outline
from lazpool.rules.rides import Ride, Wish, ride, ride_again, unpack_way
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


class Candidate(NamedTuple):
    """An offer or a request of others that may match, as far as it has to be known for that; inserter: if measured."""

    id: bytes
    post: Ride | Request
    inserter: Inserter | None = None


def match_own(desk: Desk, post: own.OwnPost, *, anew: bool = False) -> int:
    """Match an own post with everything on the board; return how many new matches there are.

    anew: forget the matches it had, since what they follow from has changed, such as where people meet.
    """
    mine = standpoint(desk, post)
    found = list(candidates(desk, mine))
    with desk.board.transaction():
        if anew:
            board.forget_matches(desk.board, post.id)
        count = sum(_note(desk, mine, theirs) for theirs in found)
    measure_matches(desk, [post])
    return count


def candidates(desk: Desk, mine: Standpoint) -> Iterator[Candidate]:
    """Yield the posts on the board that an own offer or request may match: all that do, and few others."""
    return measured(mine, near(desk, mine.signed.post, mine.bounds))


def measured(mine: Standpoint, rows: Iterable[tuple[bytes, bytes, bytes]]) -> Iterator[Candidate]:
    """Yield what may match among posts given by id, envelope and shape.

    Most offers are ruled out by their way, before their terms are read. A walk of w km saves a driver at most 2 w.
    """
    wanted, spare_km = mine.measured, 2 * mine.walks.away_km if mine.walks else 0.0
    for identifier, envelope, shape in rows:
        if isinstance(wanted, Wish):
            limit_km, way = unpack_way(shape)
            inserter = Inserter(way, wanted.lift, limit_km + spare_km)
            if inserter.least_km <= limit_km + spare_km:
                yield Candidate(identifier, ride_again(envelope, limit_km, way), inserter)
        elif isinstance(post := read_post(envelope)[0].post, Request):
            yield Candidate(identifier, post)


def near(desk: Desk, mine: Post, bounds: Outline) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield id, envelope and shape of the same posts."""
    sought = Request.KIND if isinstance(mine, Offer) else Offer.KIND
    return board.near(desk.board, sought, cells_near(sought, bounds), bounds)


def match_heard(desk: Desk, heard: Iterable[Heard], ours: Sequence[Standpoint]) -> int:
    """Match posts just heard with our own live posts, inside the board's transaction; return how many matches."""
    offers, requests = ([mine for mine in ours if mine.drives is kind] for kind in (True, False))
    return sum(
        _note(desk, mine, _candidate(theirs))
        for theirs in heard
        for mine in (requests if isinstance(theirs.signed.post, Offer) else offers)
        if _may_match(mine, theirs)
    )


def match_two(desk: Desk, mine: own.OwnPost, theirs: SignedPost) -> bool:
    """Match an own post with one other; return whether that is a new match."""
    if isinstance(theirs.post, Withdrawal):
        return False
    return _note(desk, standpoint(desk, mine), _candidate(Heard(theirs, outline(theirs.post))))


def own_live(desk: Desk) -> list[Standpoint]:
    """Return our live posts as we see them."""
    return [standpoint(desk, post) for post in own.posts(desk.node)]


def areas_of(post: Post) -> tuple[int, ...]:
    """Return the areas that a post belongs to; none for a withdrawal, which follows its post."""
    if isinstance(post, Offer):
        return offer_areas(post)
    return () if isinstance(post, Withdrawal) else (request_area(post),)


def heard_in(post: Post) -> tuple[int, ...]:
    """Return the areas in which whatever may match a post of ours is heard; more than it goes to for who walks."""
    return start_areas(post) if isinstance(post, Request) else areas_of(post)


def match_id(mine: bytes, theirs: bytes) -> bytes:
    """Return the id of the match of two posts."""
    return tagged_hash("lz/match/1", mine + theirs)[:MATCH_ID]


def _may_match(mine: Standpoint, theirs: Heard) -> bool:
    return may_meet(mine.bounds, theirs.bounds) if mine.drives else may_meet(theirs.bounds, mine.bounds)


def _candidate(theirs: Heard) -> Candidate:
    match theirs.signed.post:
        case Offer() as offer:
            return Candidate(theirs.signed.id, ride(offer, unpack_way(theirs.bounds.shape)))
        case Request() as request:
            return Candidate(theirs.signed.id, request)
    raise TypeError("a withdrawal is no trip")


def _note(desk: Desk, mine: Standpoint, theirs: Candidate) -> bool:
    if mine.drives is not isinstance(theirs.post, Request):
        return False
    result = judge(desk, mine, theirs.post, theirs.inserter)
    return isinstance(result, Fit) and board.add_match(desk.board, _match(desk, mine, theirs, result))


def _match(desk: Desk, mine: Standpoint, theirs: Candidate, result: Fit) -> board.Match:
    ours, others = mine.signed.post, theirs.post
    offer = others if isinstance(ours, Request) else ours
    if isinstance(ours, Withdrawal) or not isinstance(offer, Offer | Ride):
        raise TypeError("a match joins an offer to a request")
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
        expires=min(ours.expires, others.expires),
        found=desk.minute,
        delay=result.delay_min,
        pickup_spot=result.pickup.name if result.pickup else "",
        pickup_place=place_of(result.pickup),
        dropoff_spot=result.dropoff.name if result.dropoff else "",
        dropoff_place=place_of(result.dropoff),
    )
