"""Why two posts do not match: as a JSON document, and in plain words made from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from lazpool.cli.times import iso
from lazpool.cli.typed import SHORT
from lazpool.cli.words import duration, moment, span
from lazpool.records.posts import ARRIVE
from lazpool.rules.conditions import CONDITIONS, NEEDS, names, unmet
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
_NEEDS = {one.name: one.request if one.mask & NEEDS else f"{one.name} holds for one side only" for one in CONDITIONS}


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
    say = _COUNTED.get(reason)
    return say(verdict) if say else _PLAIN.get(reason, reason)


def _kind(verdict: Document) -> str:
    return f"both are {verdict['kind']}s; an offer matches a request"


def _too_far(verdict: Document) -> str:
    return f"the detour would be {_detour(verdict, verdict['short_by'])}"


def _delay(verdict: Document) -> str:
    return f"somebody aboard would be {verdict['short_by']:.0f} min later than agreed with them"


def _seats(verdict: Document) -> str:
    seats = verdict["seats_wanted"]
    return f"seats: {seats} wanted, {seats - int(verdict['short_by'])} free{_besides(verdict)}"


def _unmet(verdict: Document) -> str:
    wanted, offered = (", ".join(verdict[one]) or "none" for one in ("conditions_wanted", "conditions_offered"))
    needs = [_NEEDS.get(name, name) for name in verdict["conditions_unmet"]]
    return f"{', and '.join(needs) or 'conditions differ'} (the request says: {wanted}; the offer: {offered})"


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
        "conditions_unmet": names(unmet(offer.flags, request.flags)),
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
    apart = duration(max(verdict["short_by"], 1))
    return f"{leaves}, {wants}: {apart} too {side} at least{_besides(verdict)}"


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


_COUNTED = {
    "kind": _kind,
    Reason.DETOUR: _too_far,
    Reason.TIME: _times,
    Reason.SEATS: _seats,
    Reason.FLAGS: _unmet,
    Reason.DELAY: _delay,
}
"""How reasons with numbers are said."""
