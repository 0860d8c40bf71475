"""Positions at the pick-up: given by either, sealed to the other, and compared with where both had agreed to meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.actions.letters import write
from lazpool.actions.moves import find
from lazpool.errors import MalformedError, RefusedError
from lazpool.records.agreements import agreement_from
from lazpool.records.deal_bodies import E5
from lazpool.records.deal_bodies import Position as Body
from lazpool.records.places import Point, centre
from lazpool.rules.evidence import NEAR_M, NEAR_MIN, classify, is_timely, metres
from lazpool.rules.negotiation import Role, State
from lazpool.store import deals, positions

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.records.letters import Letter
    from lazpool.store.deals import Deal

_AGREED = {State.AGREED, State.RIDING, State.RECEIPTED, State.CLAIMED}
"""States of a deal in which either may say where they are: both have agreed, and nobody has called it off."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A position of a deal. distance: metres from the pick-up; counts: it was near in place and time."""

    mine: bool
    distance: int
    counts: bool


def give(desk: Desk, deal_id: bytes, where: Point) -> Seen:
    """Tell the partner, and nobody else, where we are at the pick-up; a newer one replaces it."""
    with desk.node.transaction():
        deal = find(desk, deal_id)
        if deal.state not in _AGREED or not deal.terms:
            raise RefusedError(f"the deal is {deal.state}: no position is asked for", code="wrong-state")
        if not is_timely(desk.minute, agreement_from(deal.terms).pickup_at):
            hint = f"give it when you are at the car; it counts up to {NEAR_MIN // 60} hours before and after"
            raise RefusedError("the pick-up is not now", hint=hint, code="untimely")
        body = Body(round(where.lat * E5), round(where.lon * E5), desk.minute)
        write(desk, deal, body)
        _keep(desk, deal, body, deal.counter, mine=True)
        deals.save(desk.node, deal)
        return next(one for one in seen(desk, deal) if one.mine)


def on_position(desk: Desk, deal: Deal, letter: Letter) -> None:
    """Keep where the partner says to be; whether it counts is found when somebody asks."""
    if not isinstance(letter.body, Body):
        raise MalformedError("shape", "not a position")
    if deal.state not in _AGREED:
        raise RefusedError(f"the deal is {deal.state}: no position is asked for", code="wrong-state")
    _keep(desk, deal, letter.body, letter.counter, mine=False)


def seen(desk: Desk, deal: Deal) -> list[Seen]:
    """Return the positions of a deal, and which of them count."""
    if not deal.terms:
        return []
    pickup_at, pickup = agreement_from(deal.terms).pickup_at, _pickup(deal)
    found = []
    for one in positions.of_deal(desk.node, deal.id):
        distance = metres(Point(one.lat / E5, one.lon / E5), pickup)
        found.append(Seen(bool(one.mine), distance, distance <= NEAR_M and is_timely(one.at, pickup_at)))
    return found


def evidence(desk: Desk, deal: Deal | None) -> str:
    """Return the class of evidence of a ride that both have signed for; none: its deal is not known here any more."""
    counting = sum(one.counts for one in seen(desk, deal)) if deal else 0
    return classify(counting, code=bool(deal and deal.boarding))


def _keep(desk: Desk, deal: Deal, body: Body, counter: int, *, mine: bool) -> None:
    positions.keep(desk.node, positions.Shown(deal.id, int(mine), body.lat, body.lon, body.at, counter))


def _pickup(deal: Deal) -> Point:
    """Return where both meet: the exact place, which both know once they have agreed, or else the agreed cell."""
    told = deal.own_places if deal.role is Role.PASSENGER else deal.peer_places
    exact = [float(number) for number in told.split()[:2]]
    return Point(*exact) if exact else centre(agreement_from(deal.terms).pickup)
