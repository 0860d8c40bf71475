"""Why two posts do not match, and which come near; nothing is sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from lazpool.actions.matches import match_id, match_two, near
from lazpool.actions.standpoint import judge, standpoint
from lazpool.errors import NotFoundError
from lazpool.records.places import centre
from lazpool.records.posts import (
    MAX_DETOUR,
    MAX_FLEX,
    MAX_WALK,
    MAX_WINDOW,
    Offer,
    Request,
    SignedPost,
    Withdrawal,
    read_post,
)
from lazpool.rules.matching import Fit, Miss, Reason, fit, fit_places
from lazpool.rules.outline import outline
from lazpool.store import board, own

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lazpool.actions.desk import Desk
    from lazpool.actions.standpoint import Standpoint
    from lazpool.records.posts import Post

MOST_LOOKED_AT = 2000
"""Candidates for near misses that are tried: about 0.1 s."""
NEAR_MIN = 90
"""Minutes, of time or of detour, beyond which a miss is not near."""
_SEAT_MIN = 15
"""How many minutes a missing seat counts for where near misses are put in order."""
_OWN, _KIND = "own", "kind"
_BOARD = "lazpool board shows what is there"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An own post and another post: the match they make, or why they make none.

    posts: the offer and the request, None where there are not one of each. reason: a code of Reason, or own: it is
    ours, kind: both are offers or both requests, withdrawn, expired, taken: the state of our own; empty for a match.
    miss: with the numbers, if there are any. otherwise: how the two would fit but for that reason, None where that was
    not looked at.
    """

    mine: own.OwnPost
    theirs: SignedPost
    posts: tuple[Offer, Request] | None = None
    match: bytes = b""
    reason: str = ""
    miss: Miss | None = None
    otherwise: Fit | Miss | None = None


def post_here(desk: Desk, post_id: bytes) -> SignedPost:
    """Return a live post of ours or of the board, or raise NotFoundError with what became of it."""
    ours = own.post(desk.node, post_id)
    if ours is not None and ours.state != own.LIVE:
        raise NotFoundError(f"your post is {ours.state}", hint="lazpool posts shows those that are live", code="stale")
    heard = board.get(desk.board, post_id)
    if ours is not None:
        envelope, expires = ours.envelope, ours.expires
    elif heard is not None:
        envelope, expires = heard["envelope"], heard["expires"]
    else:
        raise NotFoundError("that post was withdrawn", hint=_BOARD, code="stale")
    if expires < desk.minute:
        raise NotFoundError("that post has expired", hint=_BOARD, code="stale")
    return read_post(envelope)[0]


def why_not(desk: Desk, theirs: SignedPost, mine: own.OwnPost) -> Verdict:
    """Return why an own post and another do not match; if they do, the match is noted so that it can be looked at."""
    verdict = _judge(desk, mine, theirs)
    if verdict.match:
        with desk.board.transaction():
            match_two(desk, mine, theirs)
    return verdict


def near_misses(desk: Desk, ours: list[own.OwnPost], most: int, *, looked_at: int = MOST_LOOKED_AT) -> list[Verdict]:
    """Return the posts that come nearest to matching one of ours, at most so many; of few minutes first."""
    found = [
        (_minutes(verdict), verdict.theirs.id, verdict)
        for mine in ours
        for verdict in _looked_at(desk, mine, looked_at // len(ours))
    ]
    near = [one for one in found if one[0] <= NEAR_MIN]
    return [verdict for *_, verdict in sorted(near, key=lambda one: one[:2])[:most]]


def _looked_at(desk: Desk, mine: own.OwnPost, most: int) -> Iterator[Verdict]:
    """Yield verdicts on the posts that would be candidates for ours if it allowed more."""
    here = standpoint(desk, mine)
    wider = _wider(here.signed.post)
    if not isinstance(wider, Withdrawal):
        for _, envelope, _ in islice(near(desk, wider, outline(wider)), most):
            theirs, _ = read_post(envelope)
            if (both := here.with_other(theirs.post)) is not None:
                yield _fitted(desk, Verdict(mine, theirs, both), here)


def _wider(post: Post) -> Post:
    """Return a post of ours with so much more time, detour or walk that every near miss is a candidate."""
    match post:
        case Offer():
            before, after = (min(flex + NEAR_MIN, MAX_FLEX) for flex in (post.flex_before, post.flex_after))
            detour = min(post.max_detour + NEAR_MIN, MAX_DETOUR)
            return replace(post, flex_before=before, flex_after=after, max_detour=detour)
        case Request():
            earliest = max(post.earliest - NEAR_MIN, 0)
            latest = min(post.latest + NEAR_MIN, earliest + MAX_WINDOW)
            return replace(post, earliest=earliest, latest=latest, walk=MAX_WALK)
    return post


def _judge(desk: Desk, mine: own.OwnPost, theirs: SignedPost) -> Verdict:
    here = standpoint(desk, mine)
    both = here.with_other(theirs.post)
    verdict = Verdict(mine, theirs, both)
    if own.post(desk.node, theirs.id) is not None:
        return replace(verdict, reason=_OWN)
    if mine.state != own.LIVE or mine.expires < desk.minute:
        return replace(verdict, reason=mine.state if mine.state != own.LIVE else own.EXPIRED)
    return replace(verdict, reason=_KIND) if both is None else _fitted(desk, verdict, here)


def _fitted(desk: Desk, verdict: Verdict, here: Standpoint) -> Verdict:
    """Return the verdict of matching on an offer and a request."""
    if verdict.posts is None or isinstance(verdict.theirs.post, Withdrawal):
        return verdict
    found = judge(desk, here, verdict.theirs.post)
    if isinstance(found, Fit):
        return replace(verdict, match=match_id(verdict.mine.id, verdict.theirs.id))
    otherwise = _otherwise(*verdict.posts, found, here.group)
    return replace(verdict, reason=found.reason, miss=found, otherwise=otherwise)


def _otherwise(offer: Offer, request: Request, miss: Miss, group: bytes) -> Fit | Miss | None:
    """Return how the two would fit at another time, or with one seat: whether it is worth asking."""
    if miss.reason is Reason.TIME:
        return fit_places(offer, centre(request.cell_from), centre(request.cell_to), request.seats)
    if miss.reason is Reason.SEATS:
        return fit(offer, replace(request, seats=1), group=group)
    return None


def _minutes(verdict: Verdict) -> float:
    """Return how near a miss is, in minutes; infinity for what no change of times and limits would mend."""
    miss = verdict.miss
    if miss is None or (miss.reason in {Reason.TIME, Reason.SEATS} and not isinstance(verdict.otherwise, Fit)):
        return float("inf")
    factor = {Reason.TIME: 1.0, Reason.DETOUR: 1.0, Reason.DELAY: 1.0, Reason.SEATS: float(_SEAT_MIN)}.get(
        miss.reason, float("inf")
    )
    return miss.short_by * factor
