"""Where we stand: a live post of ours with all that is needed to judge others' by, looked up once for many of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lazpool.actions.aboard import riders
from lazpool.actions.walks import walks_of
from lazpool.records.posts import Offer, Request, SignedPost, Withdrawal, read_post
from lazpool.rules.matching import Fit, Miss, fit, fit_ride
from lazpool.rules.outline import Outline, outline
from lazpool.rules.rides import Ride, Wish, ride, wish
from lazpool.store import groups

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.records.posts import Post
    from lazpool.rules.insertion import Inserter
    from lazpool.rules.walking import Walks
    from lazpool.store.own import OwnPost


class Standpoint(NamedTuple):
    """A post of ours.

    group: the secret of its group, or nothing. walks: where we may walk to, None for a driver. bounds: of the choice of
    posts that may match. measured: the post as matching looks at it.
    """

    signed: SignedPost
    group: bytes
    walks: Walks | None
    bounds: Outline
    measured: Ride | Wish

    def with_other(self, theirs: Post) -> tuple[Offer, Request] | None:
        """Return ours and another, the offer first; None when both are offers, or requests."""
        match self.signed.post, theirs:
            case (Offer() as offer, Request() as request) | (Request() as request, Offer() as offer):
                return offer, request
        return None

    @property
    def drives(self) -> bool:
        """Tell whether it is an offer."""
        return isinstance(self.signed.post, Offer)


def standpoint(desk: Desk, post: OwnPost) -> Standpoint:
    """Return an own offer or request as we see it."""
    signed, _ = read_post(post.envelope)
    if isinstance(signed.post, Withdrawal):
        raise TypeError("a withdrawal is no trip")
    walks = walks_of(desk, signed.post, post) if isinstance(signed.post, Request) else None
    bounds = outline(signed.post, walks.away_km if walks else 0.0)
    measured = ride(signed.post) if isinstance(signed.post, Offer) else wish(signed.post)
    return Standpoint(signed, secret_of(desk, signed), walks, bounds, measured)


def judge(desk: Desk, mine: Standpoint, theirs: Offer | Request | Ride, inserter: Inserter | None = None) -> Fit | Miss:
    """Return how ours fits the other: on foot where the passenger walks, beside those aboard where we drive.

    inserter: of the driver's way and the passenger's wish, where that was measured already. TypeError when both are
    offers, or requests.
    """
    match mine.measured, theirs:
        case Wish() as wanted, Offer() | Ride():
            offered = ride(theirs) if isinstance(theirs, Offer) else theirs
            return fit_ride(offered, wanted, group=mine.group, walks=mine.walks, inserter=inserter)
        case Ride() as offered, Request() as request:
            walks = walks_of(desk, request)
            found = fit_ride(offered, wish(request), group=mine.group, walks=walks)
            offer = mine.signed.post
            if isinstance(found, Fit) and isinstance(offer, Offer) and (aboard := riders(desk, mine.signed.id)):
                return fit(offer, request, aboard, group=mine.group, walks=walks)
            return found
    raise TypeError("a match joins an offer to a request")


def secret_of(desk: Desk, signed: SignedPost) -> bytes:
    """Return the secret of the group of ours that a post belongs to, or nothing."""
    return b"" if isinstance(signed.post, Withdrawal) else groups.secret_of(desk.node, signed.post)
