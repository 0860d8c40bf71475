"""Housekeeping by the clock: what expires, what lapses, which keys are deleted."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from lazpool.actions import (
    asking,
    cards,
    checkpoints,
    circles,
    events,
    plans,
    revoking,
    rotating,
    seats,
    series,
)
from lazpool.actions.confirming import lapse_late
from lazpool.actions.corrections import SUBJECTS
from lazpool.actions.moves import advance
from lazpool.actions.receipts import lapse
from lazpool.errors import HaltedError
from lazpool.records.deal_bodies import Boarded, Proposal
from lazpool.rules.negotiation import Event, State
from lazpool.store import board, deals, devices, hubs, ledger, letterbox, own, post_office, rotations
from lazpool.store import series as stored_series

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.store.deals import Deal
    from lazpool.store.ledger import StoredReceipt

AFTER_ANSWER = 60
"""Minutes after the last moment to answer in which an answer may still be on its way."""
AFTER_RIDE = 14 * 24 * 60
"""Minutes after a ride in which its receipt can still be signed before the deal is shown as claimed."""


def tick(desk: Desk) -> None:
    """Do all that the clock asks for."""
    _expire_posts(desk)
    _time_out_deals(desk)
    with suppress(HaltedError):  # a home that signs nothing also notes nothing; the rest goes on
        _lapse_receipts(desk)
    seats.take_back_full(desk)
    with suppress(HaltedError):
        for subject in SUBJECTS:
            lapse_late(desk, subject)
    asking.go_on(desk)
    with suppress(HaltedError):
        checkpoints.keep_up(desk)
    cards.renew(desk)
    _tell_of_keys(desk)
    circles.tick(desk)
    plans.keep_up(desk)
    series.go_on(desk)
    with desk.node.transaction():
        own.drop_boxes(desk.node, desk.minute)
        plans.forget_past(desk)
        events.forget_past(desk)
        stored_series.drop_before(desk.node, desk.minute)
        post_office.drop_expired(desk.node, desk.minute)
    with desk.board.transaction():
        board.expire(desk.board, desk.minute)
        letterbox.expire(desk.board, desk.minute)
        hubs.expire(desk.board, desk.second)


def _tell_of_keys(desk: Desk) -> None:
    if devices.revocations(desk.node, desk.identity) or rotations.ours(desk.node):  # seldom, so nothing is written
        with desk.node.transaction():
            revoking.announce(desk)
            rotating.announce(desk)


def _expire_posts(desk: Desk) -> None:
    old = [post for post in own.posts(desk.node) if post.expires < desk.minute]
    if not old:
        return
    with desk.node.transaction():
        for post in old:
            own.set_post_state(desk.node, post.id, own.EXPIRED)


def _time_out_deals(desk: Desk) -> None:
    if not any(_is_over(desk, deal) for deal in deals.open_deals(desk.node)):
        return
    with desk.node.transaction():
        for deal in deals.open_deals(desk.node):
            if _is_over(desk, deal):
                advance(desk, deal, Event.TIME_OUT, reason="nobody answered in time")
                post_office.answered(desk.node, deal.id, (Proposal.KIND, Boarded.KIND))
                deals.save(desk.node, deal)


def _is_over(desk: Desk, deal: Deal) -> bool:
    if deal.state in {State.AGREED, State.RIDING}:
        return deal.ends + AFTER_RIDE < desk.minute
    return deal.answer_by + AFTER_ANSWER < desk.minute


def _lapse_receipts(desk: Desk) -> None:
    if not _late_receipts(desk):
        return
    with desk.node.transaction():
        while late := _late_receipts(desk):  # one may renew others
            lapse(desk, late[0])


def _late_receipts(desk: Desk) -> list[StoredReceipt]:
    return [one for one in ledger.receipts(desk.node, ledger.PROPOSED) if one.expires < desk.minute]
