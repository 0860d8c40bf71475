"""The table of a deal as data: what it allows, what can be reached, and what is final."""

from __future__ import annotations

from itertools import product

import pytest

from lazpool.rules.negotiation import OPEN, SEATED, TABLE, Event, Role, State, step

P, D = Role.PASSENGER, Role.DRIVER
FIRST = {P: {State.PROPOSED, State.INVITED}, D: {State.RECEIVED, State.INVITED}}
"""Where a deal can begin on each side."""


def reachable(role: Role) -> set[State]:
    """Return every state that some sequence of events leads to."""
    found, fresh = set(FIRST[role]), set(FIRST[role])
    while fresh:
        fresh = {after for (who, before, _), after in TABLE.items() if who is role and before in fresh} - found
        found |= fresh
    return found


@pytest.mark.parametrize(("role", "state", "event"), list(product(Role, State, Event)))
def test_step_follows_the_table_alone(role: Role, state: State, event: Event) -> None:
    """What the table says is the next state; everything else is none."""
    assert step(role, state, event) is TABLE.get((role, state, event))


def test_every_row_can_happen() -> None:
    """No row begins in a state that is never reached."""
    for role, before, _ in TABLE:
        assert before in reachable(role)


def test_states_of_each_side() -> None:
    """Only the driver's side receives; only the passenger's proposes; both share the rest."""
    shared = set(State) - {State.PROPOSED, State.RECEIVED}
    assert reachable(P) == shared | {State.PROPOSED}
    assert reachable(D) == shared | {State.RECEIVED}


@pytest.mark.parametrize("role", Role)
def test_nothing_open_stays_open_for_ever(role: Role) -> None:
    """Every open state ends by the clock, when nobody does anything."""
    for state in reachable(role) & OPEN:
        assert step(role, state, Event.TIME_OUT) not in OPEN | {None}


@pytest.mark.parametrize("role", Role)
def test_a_receipt_is_final(role: Role) -> None:
    """Nothing leads away from a receipt; the only way to one is by signatures."""
    assert not [row for row in TABLE if row[:2] == (role, State.RECEIPTED)]
    events = {row[2] for row, after in TABLE.items() if row[0] is role and after is State.RECEIPTED}
    assert events == {Event.THEY_SIGN if role is P else Event.WE_SIGN}


def test_second_half_counts_wherever_the_first_was_given() -> None:
    """After the passenger signed, every state that can follow takes the driver's half."""
    after_signing, fresh = {State.RIDING}, {State.RIDING}
    while fresh:
        fresh = {after for (who, before, _), after in TABLE.items() if who is P and before in fresh} - after_signing
        after_signing |= fresh
    for state in after_signing - {State.RECEIPTED}:
        assert step(P, state, Event.THEY_SIGN) is State.RECEIPTED


def test_one_no_ends_a_deal_on_both_sides() -> None:
    """Whoever calls an agreed ride off, the other side follows from where it may be."""
    for state in (State.AGREED, State.RIDING):
        for role in Role:
            assert step(role, state, Event.THEY_CANCEL) is State.CANCELLED
    assert step(D, State.RECEIVED, Event.THEY_CANCEL) is State.LAPSED
    assert step(P, State.PROPOSED, Event.THEY_DECLINE) is State.DECLINED


def test_passenger_who_signed_cannot_take_it_back() -> None:
    """A signed receipt cannot be cancelled by its signer."""
    assert step(P, State.RIDING, Event.WE_CANCEL) is None


def test_seats_are_taken_from_agreement_on() -> None:
    """A seat is taken in exactly the states that an accepted deal can be in unless it was called off."""
    assert {State.AGREED, State.RIDING, State.RECEIPTED, State.CLAIMED} == SEATED
    for (role, before, _), after in TABLE.items():
        if role is D and before in SEATED:
            assert after in SEATED | {State.CANCELLED}
