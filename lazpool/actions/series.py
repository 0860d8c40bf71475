"""The same ride on several dates: agreed on once, and each date a deal of its own.

The posts of a plan are strangers to each other, so the passenger's node learns only from the driver which offers belong
together. Once the first deal is agreed it asks for the other dates, and gets the ids of offers. Each of these it
proposes like any other, and the driver's node accepts those by itself that its person said yes to.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lazpool.actions import proposals
from lazpool.actions.endings import call_off, send_decline
from lazpool.actions.letters import How, write
from lazpool.actions.matches import match_id
from lazpool.actions.moves import advance, find
from lazpool.errors import LazpoolError, RefusedError
from lazpool.records.agreements import agreement_from
from lazpool.records.deal_bodies import MAX_SERIES, SeriesAnswer
from lazpool.records.deal_bodies import Series as Question
from lazpool.records.posts import Offer, read_post
from lazpool.rules import series as rules
from lazpool.rules.negotiation import SEATED, Event, Role, State
from lazpool.rules.plans import departure
from lazpool.store import board, deals, own, plans, post_office
from lazpool.store import series as stored
from lazpool.store.series import ANSWERED, ASKED, CLOSED, WANTED, Series

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.store.deals import Deal
    from lazpool.store.plans import PlanDate

KEEP = 30 * 24 * 60
"""Minutes that a series is remembered after the last question and answer."""
AGAIN = 20 * 60
"""Minutes after which is asked again, for dates that were published since."""


def propose(desk: Desk, match: board.Match, note: str = "") -> Deal:
    """As a passenger, propose the ride of a match, and the same on the other dates of the plan once it is agreed."""
    with desk.node.transaction():
        if plans.of_post(desk.node, match.mine) is None:
            hint = "without --series, or begin with: lazpool plan add request"
            raise RefusedError("your request is of no plan: there are no other dates", hint=hint, code="no-plan")
        deal = proposals.propose(desk, match, note)
        deal.series = deal.id
        deals.save(desk.node, deal)
        stored.put(desk.node, Series(deal.id, deal.role, WANTED, (), (), desk.minute + KEEP))
    return deal


def agree(desk: Desk, deal_id: bytes) -> Deal:
    """As the driver, say yes to the same ride on the other dates, asked for already or not; returns the first deal."""
    with desk.node.transaction():
        deal = find(desk, deal_id)
        if deal.role is not Role.DRIVER or deal.state not in SEATED:
            raise RefusedError("only the driver of an agreed ride says yes to other dates of it", code="wrong-state")
        known = stored.get(desk.node, deal.id)
        if known is None:
            deal.series = deal.id
            stored.put(desk.node, Series(deal.id, deal.role, WANTED, (), (), desk.minute + KEEP))
        elif known.state == ASKED:
            _answer(desk, deal, known)
        deals.save(desk.node, deal)
    return deal


def ask(desk: Desk, deal: Deal) -> None:
    """As the passenger, ask for the other dates in the first deal, if that was wanted; the caller saves the deal."""
    known = stored.get(desk.node, deal.id)
    if known is None or known.role is not Role.PASSENGER or known.state not in {WANTED, ANSWERED}:
        return
    dates = _other_dates(desk, deal)[:MAX_SERIES]
    if dates:
        write(desk, deal, Question(dates), How(awaits=True))
    state, until = (ASKED, desk.minute + KEEP) if dates else (ANSWERED, known.until)
    stored.put(desk.node, replace(known, state=state, dates=dates, until=until))


def on_question(desk: Desk, deal: Deal, pickups: tuple[int, ...]) -> None:
    """As the driver, keep what is asked for, and answer it if the person has decided already."""
    known = stored.get(desk.node, deal.id)
    if deal.role is not Role.DRIVER or not deal.offer_sig or (known and known.state == ASKED):
        return
    deal.series = deal.id
    deals.save(desk.node, deal)
    asked = Series(deal.id, deal.role, ASKED, pickups, known.offers if known else (), desk.minute + KEEP)
    if known is None and deal.state in SEATED:
        stored.put(desk.node, asked)
    elif known is None or known.state == CLOSED:
        _reply(desk, deal, SeriesAnswer(0, ()))
    else:
        _answer(desk, deal, asked)


def on_answer(desk: Desk, deal: Deal, answer: SeriesAnswer) -> None:
    """As the passenger, remember which offers to propose; `go_on` does so after the letter's transaction."""
    known = stored.get(desk.node, deal.id)
    post_office.answered(desk.node, deal.id, (Question.KIND,))
    if known is not None and known.role is Role.PASSENGER and known.state == ASKED:
        offers = answer.offers[: len(known.dates)]
        stored.put(desk.node, replace(known, state=ANSWERED if answer.more else CLOSED, offers=offers))


def go_on(desk: Desk) -> None:
    """As the passenger, propose what drivers named and we have heard of, ask for new dates, and not for past ones."""
    for one in stored.every(desk.node):
        if one.role is not Role.PASSENGER:
            continue
        if one.state == ASKED and max(one.dates) < desk.minute:
            with desk.node.transaction():
                close(desk, one.id)
        for offer in one.offers:
            if (row := board.get(desk.board, offer)) is not None:
                _propose_next(desk, one.id, offer, row["envelope"])
        if one.state == ANSWERED and one.until - KEEP + AGAIN <= desk.minute:
            _ask_again(desk, one.id)


def follows(desk: Desk, deal: Deal) -> bool:
    """Tell whether a proposal is one that our person said yes to with a series, and note which."""
    terms = agreement_from(deal.terms)
    for one in stored.naming(desk.node, deal.offer_id):
        first = deals.get(desk.node, one.id)
        if first is not None and first.peer == deal.peer and rules.same_ride(agreement_from(first.terms), terms):
            deal.series = one.id
            deals.save(desk.node, deal)
            return True
    return False


def cancel_all(desk: Desk, deal_id: bytes, reason: str) -> list[Deal]:
    """Call off what is still to come of a series, and ask for no more of it; returns the deals that it ended."""
    with desk.node.transaction():
        deal = find(desk, deal_id)
        going_on = _stop(desk, deal)
        ended = [one for one in deals.of_series(desk.node, deal.series) if _end(desk, one, reason)]
        if not ended and not going_on:
            raise RefusedError("nothing of this series is still to come", code="wrong-state")
    return ended


def decline(desk: Desk, deal_id: bytes) -> Deal:
    """Ask for no more dates of a series, or say no to more; what is agreed stays. Returns the first deal."""
    with desk.node.transaction():
        deal = find(desk, deal_id)
        if not _stop(desk, deal):
            raise RefusedError("no other dates are asked for", code="wrong-state")
    return deal


def close(desk: Desk, series: bytes, *, answered: bool = True) -> None:
    """Ask for no more of a series; without `answered` only if the question has no answer yet."""
    known = stored.get(desk.node, series)
    if known is not None and (answered or known.state != ANSWERED):
        post_office.answered(desk.node, series, (Question.KIND,))
        stored.put(desk.node, replace(known, state=CLOSED, offers=()))


def _stop(desk: Desk, deal: Deal) -> bool:
    """Close the series of a deal, and say so to whoever waits for an answer; tell whether it was going on."""
    known, first = stored.get(desk.node, deal.series), deals.get(desk.node, deal.series)
    if known is None or first is None or known.state == CLOSED:
        return False
    if known.role is Role.DRIVER and known.state == ASKED:
        _reply(desk, first, SeriesAnswer(0, ()))
        deals.save(desk.node, first)
    close(desk, known.id)
    return True


def open_question(desk: Desk, deal: Deal) -> int:
    """Return for how many other dates the passenger of a deal asks that our person has not answered."""
    known = stored.get(desk.node, deal.id) if deal.series == deal.id and deal.role is Role.DRIVER else None
    return len(known.dates) if known is not None and known.state == ASKED else 0


def _answer(desk: Desk, deal: Deal, asked: Series) -> None:
    """Name our live offers for the dates that are asked for; each date is tried once."""
    shift = agreement_from(deal.terms).pickup_at - _offer(deal.offer).depart
    departs = [(_offer(post.envelope).depart, post.id) for _, post in _open_dates(desk, deal)]
    offers = rules.nearest(asked.dates, shift, departs)
    _reply(desk, deal, SeriesAnswer(1, offers))
    named = (*asked.offers, *offers)[-2 * MAX_SERIES :]
    stored.put(desk.node, replace(asked, state=ANSWERED, offers=named))


def _reply(desk: Desk, deal: Deal, answer: SeriesAnswer) -> None:
    write(desk, deal, answer, How(answers=post_office.letter_of(desk.node, deal.id, Question.KIND)))


def _ask_again(desk: Desk, series: bytes) -> None:
    with desk.node.transaction():
        if (deal := deals.get(desk.node, series)) is not None:
            ask(desk, deal)
            deals.save(desk.node, deal)


def _other_dates(desk: Desk, deal: Deal) -> tuple[int, ...]:
    """Return the pick-ups of the dates of the plan that are open, at the wall time of the newest."""
    if (found := _newest(desk, deal.series)) is None or (plan := plans.plan(desk.node, found[1].plan)) is None:
        return ()
    newest, date = found
    here = departure(plan.schedule, date.leg, date.day).at
    days = (departure(plan.schedule, date.leg, one.day).at - here for one, _ in _open_dates(desk, deal))
    return tuple(sorted(newest.depart + shift for shift in days if newest.depart + shift > desk.minute))


def _open_dates(desk: Desk, deal: Deal) -> list[tuple[PlanDate, own.OwnPost]]:
    """Return the dates of our plan that have a live post, and that this series has not tried."""
    found = [(one, own.post(desk.node, one.post)) for one in _same_leg(desk, deal.series)]
    tried = {
        post.id for one in deals.of_series(desk.node, deal.series) for post in own.same_trip(desk.node, one.post_id)
    }
    return [(one, post) for one, post in found if post and post.state == own.LIVE and post.id not in tried]


def _newest(desk: Desk, series: bytes) -> tuple[Deal, PlanDate] | None:
    """Return the last deal of a series of which our plan still knows the date."""
    for deal in reversed(deals.of_series(desk.node, series)):
        for post in own.same_trip(desk.node, deal.post_id):
            if (date := plans.of_post(desk.node, post.id)) is not None:
                return deal, date
    return None


def _same_leg(desk: Desk, series: bytes) -> list[PlanDate]:
    """Return what became of the dates of our plan, on the way that a series is about."""
    if (found := _newest(desk, series)) is None:
        return []
    rows = plans.dates(desk.node, found[1].plan).values()
    return [one for one in rows if one.leg == found[1].leg]


def _propose_next(desk: Desk, series: bytes, offer: bytes, envelope: bytes) -> None:
    """Propose one more date, or leave it to the person: it is no longer the same trip, or fits no request of ours."""
    try:
        with desk.node.transaction():
            known, first = stored.get(desk.node, series), deals.get(desk.node, series)
            if known is None or first is None or offer not in known.offers:
                return
            if (match := _match(desk, first, offer, envelope)) is not None:
                deal = proposals.propose(desk, match)
                deal.series = series
                deals.save(desk.node, deal)
            _drop(desk, known, offer)
    except LazpoolError:
        with desk.node.transaction():
            if (known := stored.get(desk.node, series)) is not None:
                _drop(desk, known, offer)


def _match(desk: Desk, first: Deal, offer: bytes, envelope: bytes) -> board.Match | None:
    """Return how an offer matches the request of its date, if it is the first trip on another date."""
    if not rules.same_trip(_offer(first.offer), _offer(envelope)):
        return None
    wanted = {match_id(one.post, offer) for one in _same_leg(desk, first.id)}
    return next((match for match in board.matches(desk.board) if match.id in wanted), None)


def _drop(desk: Desk, known: Series, offer: bytes) -> None:
    left = tuple(one for one in known.offers if one != offer)
    stored.put(desk.node, replace(known, offers=left))


def _end(desk: Desk, deal: Deal, reason: str) -> bool:
    match deal.state:
        case State.AGREED | State.PROPOSED:
            call_off(desk, deal, reason)
        case State.RECEIVED:
            advance(desk, deal, Event.WE_DECLINE, reason=reason, by="us")
            send_decline(desk, deal, reason)
        case _:
            return False
    deals.save(desk.node, deal)
    return True


def _offer(envelope: bytes) -> Offer:
    post = read_post(envelope)[0].post
    if not isinstance(post, Offer):
        raise RefusedError("not an offer")
    return post
