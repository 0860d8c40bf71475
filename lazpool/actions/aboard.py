"""Who has a seat in an offer of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.records.agreements import agreement_from
from lazpool.records.places import centre
from lazpool.rules.itinerary import Rider
from lazpool.store import deals

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.store.deals import Deal


def riders(desk: Desk, offer_id: bytes, but: bytes = b"") -> tuple[Rider, ...]:
    """Return those aboard as their terms say, without the deal `but`."""
    return tuple(_rider(deal) for deal in deals.seated(desk.node, offer_id) if deal.id != but)


def _rider(deal: Deal) -> Rider:
    terms = agreement_from(deal.terms)
    return Rider(
        *(centre(terms.pickup), centre(terms.dropoff), terms.seats, terms.pickup_at, terms.dropoff_at),
        *(deal.pickup_pos, deal.dropoff_pos, deal.max_delay),
    )
