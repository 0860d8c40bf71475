"""What a match means for either side, put together from what this node has; nothing is sent or changed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from lazpool.actions.matches import match_id
from lazpool.actions.proposals import meeting
from lazpool.actions.standpoint import judge, standpoint
from lazpool.actions.walks import chosen
from lazpool.errors import NotFoundError, RefusedError
from lazpool.records.posts import Offer, Request, read_post
from lazpool.rules.matching import Fit, Miss, fit
from lazpool.rules.negotiation import Role
from lazpool.store import board, deals, groups, own

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lazpool.actions.desk import Desk
    from lazpool.records.posts import SignedPost
    from lazpool.store.deals import Deal

MOST_PAIRS = 50_000
"""Pairs of posts that are tried to tell what became of a match; beyond that it is only said to be gone."""
_LISTING = "lazpool matches shows what there is"
_WHY = {own.WITHDRAWN: "you withdrew", own.TAKEN: "nothing of your post is left"}


@dataclass(frozen=True, slots=True)
class Explained:
    """A match with all that this node knows of it.

    fit: how the two posts fit, beside those aboard if they still do. cells, terms: as the passenger, the meeting cells
    that a proposal would name and how the offer serves them, None where nothing can be proposed. aboard: as the driver,
    the deals that have a seat already. room: how, or why not, the offer serves the request beside them.
    """

    match: board.Match
    offer: Offer
    request: Request
    mine: own.OwnPost
    fit: Fit
    cells: tuple[int, int] | None
    terms: Fit | None
    aboard: tuple[Deal, ...]
    room: Fit | Miss

    @property
    def shown(self) -> Fit:
        """Return how the offer serves the request as precisely as is known: as proposed, or as the posts say."""
        return self.terms or self.fit


def explain(desk: Desk, match: board.Match) -> Explained:
    """Return what is known of a match, or raise NotFoundError with what became of it."""
    mine, theirs = _both(desk, match)
    ours, others = read_post(mine.envelope)[0].post, theirs.post
    offer, request = (ours, others) if match.role == Role.DRIVER else (others, ours)
    if not isinstance(offer, Offer) or not isinstance(request, Request):
        raise NotFoundError("that match joins no offer to a request", hint=_LISTING)
    group = groups.secret_of(desk.node, offer)
    room = judge(desk, standpoint(desk, mine), request if match.role == Role.DRIVER else offer)
    found = room if isinstance(room, Fit) else fit(offer, request, group=group)
    if isinstance(found, Miss):
        raise NotFoundError(f"the two posts no longer fit: {found.reason}", hint=_LISTING, code="stale")
    if match.role == Role.DRIVER:
        return Explained(match, offer, request, mine, found, None, None, tuple(deals.seated(desk.node, mine.id)), room)
    cells, terms = _terms(offer, request, mine, match)
    return Explained(match, offer, request, mine, found, cells, terms, (), room)


def gone(desk: Desk, digits: str) -> NotFoundError:
    """Return the error for a match that is not there, by the first digits of its id: why, if that can still be told."""
    for deal in deals.all_deals(desk.node):
        if deal.role is Role.PASSENGER and match_id(deal.post_id, deal.offer_id).hex().startswith(digits):
            hint = f"lazpool deal {deal.id.hex()[:8]}"
            return NotFoundError(
                f"the match {digits} has become a deal, which is {deal.state}", hint=hint, code="stale"
            )
    for mine, theirs in islice(_pairs_that_were(desk), MOST_PAIRS):
        if match_id(mine.id, theirs).hex().startswith(digits):
            why = _WHY.get(mine.state, "the other side took its post back")
            return NotFoundError(f"the match {digits} is gone: {why}", hint=_LISTING, code="stale")
    hint = f"one goes when a post is withdrawn or its time is past; {_LISTING}"
    return NotFoundError(f"there is no match {digits!r}", hint=hint)


def _both(desk: Desk, match: board.Match) -> tuple[own.OwnPost, SignedPost]:
    mine, theirs = own.post(desk.node, match.mine), board.get(desk.board, match.theirs)
    if mine is None or theirs is None:
        raise NotFoundError("a post of that match is no longer here", hint=_LISTING, code="stale")
    if mine.state != own.LIVE:
        raise NotFoundError(f"your post of that match is {mine.state}", hint=_LISTING, code="stale")
    if match.expires < desk.minute:
        raise NotFoundError("that match is past: a post of it has expired", hint=_LISTING, code="stale")
    return mine, read_post(theirs["envelope"])[0]


def _terms(
    offer: Offer, request: Request, mine: own.OwnPost, match: board.Match
) -> tuple[tuple[int, int] | None, Fit | None]:
    try:
        return meeting(offer, request, (mine.start, mine.end), chosen(match, mine))
    except RefusedError:  # the exact ends lie just beyond the detour, and so does the middle of the cells
        return None, None


def _pairs_that_were(desk: Desk) -> Iterator[tuple[own.OwnPost, bytes]]:
    """Yield pairs of posts that may have matched, one of which was withdrawn."""
    withdrawn = board.withdrawn(desk.board)
    for mine in own.all_posts(desk.node):
        others = board.post_ids(desk.board) if mine.state in _WHY else withdrawn
        for theirs in others:
            yield mine, theirs
