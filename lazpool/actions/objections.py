"""What our node holds against a proposal for our offer, before a person is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.actions import forks
from lazpool.actions.detours import cost_of
from lazpool.records.groups import member_tag
from lazpool.records.posts import Offer, read_post
from lazpool.rules import terms as agreement
from lazpool.rules.conditions import compatible
from lazpool.store import groups, own

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.records.agreements import AgreementTerms
    from lazpool.records.deal_bodies import Proposal
    from lazpool.store.deals import Deal


def objection(desk: Desk, body: Proposal, own_offer: own.OwnPost) -> str:
    """Return why a proposal for our offer is declined before a person is asked, or nothing."""
    terms, offer = body.agreement, read_post(own_offer.envelope)[0].post
    if not isinstance(offer, Offer) or (terms.net, terms.offer_id) != (desk.net, own_offer.id):
        return "the terms are about another offer"
    if terms.offer_pk != offer.post_pk or terms.passenger in desk.identities:
        return "the terms name the wrong people"
    if own_offer.state not in {own.LIVE, own.TAKEN}:
        return f"the offer is {own_offer.state}"
    if terms.answer_by < desk.minute:
        return "the proposal came too late"
    if forks.is_frozen(desk, body.passenger.log_pk):
        return forks.WHY
    return _not_for_them(desk, body, offer) or agreement.objection(offer, terms, body.max_delay)


def by_road(desk: Desk, body: Proposal, own_offer: own.OwnPost, deal: Deal) -> str:
    """Note what this costs us by road, where roads are known; return why it is too much, or nothing."""
    cost, offer = cost_of(desk, own_offer, body.agreement), read_post(own_offer.envelope)[0].post
    if cost.own is not None:
        deal.detour, deal.estimated = round(cost.own.rider, 1), 0
    return "the detour by road is above the limit" if isinstance(offer, Offer) and cost.is_above(offer) else ""


def _not_for_them(desk: Desk, body: Proposal, offer: Offer) -> str:
    """Return why our offer is not for who proposes, or nothing: their node may not have asked before it proposed."""
    if not compatible(offer.flags, body.flags):
        return "the conditions of offer and request differ"
    return "" if body.member == _member_tag(desk, offer, body.agreement) else "the offer is for a closed group"


def _member_tag(desk: Desk, offer: Offer, terms: AgreementTerms) -> bytes | None:
    """Return what a proposal for our offer must show: nothing, or that its author is in the offer's group."""
    if not offer.group:
        return b""
    secret = groups.secret_of(desk.node, offer)
    return member_tag(secret, terms.id) if secret else None  # None: we left the group, and nobody can show anything
