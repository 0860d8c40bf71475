"""Admission of a post from outside: accept, ignore or reject, cheapest check first.

Reject is for what no honest node forwards (malformed, forged); ignore for what may be honest but is of no use here.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from lazpool.errors import MalformedError
from lazpool.records.posts import Offer, SignedPost, Withdrawal, check_signature, read_post

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazpool.records.posts import Post

MAX_LIFETIME = 14 * 24 * 60
"""Minutes. A post is a plan for the coming days; an old one is only a trace of somebody."""
CLOCK_SKEW = 1
"""Minutes by which a clock may be behind before a post counts as expired."""


class Judgement(Enum):
    """What to do with a post."""

    ACCEPT = "accept"
    IGNORE = "ignore"
    REJECT = "reject"


class Verdict(NamedTuple):
    """The judgement, its reason, and where it could be decoded the post."""

    judgement: Judgement
    reason: str
    signed: SignedPost | None = None

    @property
    def accepted(self) -> bool:
        """Tell whether the post may be stored and forwarded."""
        return self.judgement is Judgement.ACCEPT


def admit(data: bytes, *, net: bytes, now: int, known: Callable[[SignedPost], bool]) -> Verdict:
    """Judge the bytes of a post; `now` in minutes; `known` tells whether it is stored, or was withdrawn, already."""
    try:
        signed, signature = read_post(data)
        if ignored := _no_use(signed, net=net, now=now, known=known):
            return Verdict(Judgement.IGNORE, ignored, signed)
        check_signature(signed, signature)
    except MalformedError as wrong:
        return Verdict(Judgement.REJECT, f"{wrong.layer}: {wrong.message}")
    return Verdict(Judgement.ACCEPT, "valid", signed)


def untimely(post: Post, now: int) -> str:
    """Return why a post's dates rule it out at minute `now`, or nothing."""
    if post.expires < now - CLOCK_SKEW:
        return "expired"
    if post.expires > now + MAX_LIFETIME:
        return "lives longer than 14 days"
    if _end(post) > post.expires:
        return "expires before the trip"
    return ""


def _no_use(signed: SignedPost, *, net: bytes, now: int, known: Callable[[SignedPost], bool]) -> str:
    if signed.post.net != net:
        return "another network"
    if untimely_reason := untimely(signed.post, now):
        return untimely_reason
    return "known" if known(signed) else ""


def _end(post: Post) -> int:
    if isinstance(post, Offer):
        return post.depart
    return 0 if isinstance(post, Withdrawal) else post.earliest
