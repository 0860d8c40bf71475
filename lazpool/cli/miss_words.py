"""Why two posts do not match: as a JSON document, and in plain words made from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from lazpool.cli.times import iso
from lazpool.cli.typed import SHORT
from lazpool.cli.words import duration, moment, span
from lazpool.records.posts import ARRIVE
from lazpool.rules.conditions import names
from lazpool.rules.geo import budget_min
from lazpool.rules.matching import Fit, Miss, Reason
from lazpool.store import board

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.actions.misses import Verdict

Document: TypeAlias = dict[str, Any]

_PLAIN = {
    "own": "it is your own post, and nobody shares a ride with themselves",
    "withdrawn": "your post is withdrawn",
    "expired": "your post has expired",
    "taken": "your post is taken: a ride is agreed, or the last seat is gone",
    Reason.NETWORK: "it is of another network",
    Reason.SAME_AUTHOR: "both posts are by the same author",
    Reason.GROUP: "they are not for the same closed group, or not for one that you are in",
    Reason.DIRECTION: "wrong direction: the drop-off comes before the pick-up on the driver's way",
}
"""Reasons without a number."""


def document(desk: Desk, verdict: Verdict) -> Document:
    """Return a verdict; minutes, seats, and times in ISO 8601."""
    miss = verdict.miss
    return {
        "mine": verdict.mine.id.hex(),
        "theirs": verdict.theirs.id.hex(),
        "kind": board.kind_name(verdict.mine.kind),
        "match": verdict.match.hex() or None,
        "reason": verdict.reason or None,
        "short_by": round(miss.short_by, 1) if miss else 0,
        "too_early": miss.early if miss else False,
        "otherwise": _otherwise(verdict.otherwise),
        **_numbers(desk, verdict),
    }


def sentence(verdict: Document) -> str:
    """Return a verdict for people."""
    if verdict["match"]:
        return f"it does match: lazpool match {verdict['match'][:SHORT]}"
    reason: str = verdict["reason"]
    if reason == "kind":
        return f"both are {verdict['kind']}s; an offer matches a request"
    if reason == Reason.DETOUR:
        return f"the detour would be {_detour(verdict, verdict['short_by'])}"
    if reason == Reason.TIME:
        return f"{_times(verdict)}{_besides(verdict)}"
    if reason in {Reason.SEATS, Reason.FLAGS}:
        return _wanted(verdict)
    return _PLAIN.get(reason, reason)


def _wanted(verdict: Document) -> str:
    if verdict["reason"] == Reason.FLAGS:
        wanted, offered = (", ".join(verdict[one]) or "none" for one in ("conditions_wanted", "conditions_offered"))
        return f"conditions of the request: {wanted}; of the offer: {offered}"
    seats = verdict["seats_wanted"]
    return f"seats: {seats} wanted, {seats - int(verdict['short_by'])} free{_besides(verdict)}"


def _numbers(desk: Desk, verdict: Verdict) -> Document:
    if (posts := verdict.posts) is None:
        return {}
    offer, request = posts
    return {
        "depart_earliest": iso(desk, offer.depart - offer.flex_before),
        "depart_latest": iso(desk, offer.depart + offer.flex_after),
        "by": "arrive" if request.by == ARRIVE else "depart",
        "earliest": iso(desk, request.earliest),
        "latest": iso(desk, request.latest),
        "detour_limit_min": offer.max_detour,
        "detour_accepted_min": budget_min(offer.max_detour),
        "seats_wanted": request.seats,
        "seats_offered": offer.seats,
        "conditions_wanted": names(request.flags),
        "conditions_offered": names(offer.flags),
    }


def _otherwise(found: Fit | Miss | None) -> Document | None:
    if isinstance(found, Miss):
        return {"fits": False, "reason": found.reason, "short_by": round(found.short_by, 1)}
    return {"fits": True, "detour_min": found.detour_min} if found else None


def _detour(verdict: Document, short_by: float) -> str:
    accepted, driving = verdict["detour_accepted_min"], verdict["kind"] == "offer"
    allows = "you allow" if driving else "the driver allows"
    return f"{accepted + short_by:.0f} min; {allows} {verdict['detour_limit_min']} (estimates up to {accepted:.0f})"


def _times(verdict: Document) -> str:
    leaving = (verdict["depart_earliest"], verdict["depart_latest"])
    wanted = (verdict["earliest"], verdict["latest"])
    day = moment(leaving[0]).date() != moment(wanted[0]).date()
    driver, passenger = (
        ("you leave", "the passenger wants") if verdict["kind"] == "offer" else ("it leaves", "you want")
    )
    leaves = f"{driver} {span(*leaving, day=day)}"
    wants = f"{passenger} to {verdict['by']} {span(*wanted, day=day)}"
    side = "early" if verdict["too_early"] else "late"
    return f"{leaves}, {wants}: {duration(max(verdict['short_by'], 1))} too {side} at least"


def _besides(verdict: Document) -> str:
    """Return what would be left if that reason fell away."""
    rest = verdict["otherwise"]
    if rest is None:
        return ""
    if rest["fits"]:
        return f"; the way itself fits, with a detour of {rest['detour_min']:.0f} min"
    if rest["reason"] == Reason.DETOUR:
        return f"; and the detour would be {_detour(verdict, rest['short_by'])}"
    return {Reason.DIRECTION: "; and the direction is wrong", Reason.TIME: "; and the times do not meet"}.get(
        rest["reason"], ""
    )
