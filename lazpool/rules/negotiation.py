"""A deal as a state table: role, state and event give the next state; what is not in the table is refused.

Both sides hold the same table. The responder of an exchange answers a repeat with its stored bytes, so that a
duplicate, a late and a reordered letter change nothing. docs/explanation draws its diagram from this table.
"""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """The side of a deal."""

    PASSENGER = "passenger"
    DRIVER = "driver"


class State(StrEnum):
    """Where a deal stands on one side."""

    INVITED = "invited"
    PROPOSED = "proposed"
    RECEIVED = "received"
    AGREED = "agreed"
    RIDING = "riding"
    RECEIPTED = "receipted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"
    CLAIMED = "claimed"


class Event(StrEnum):
    """What happens to a deal: `we_*` by the own user or node, `they_*` by a letter, `time_out` by the clock."""

    WE_PROPOSE = "we_propose"
    WE_ACCEPT = "we_accept"
    WE_DECLINE = "we_decline"
    WE_CANCEL = "we_cancel"
    WE_BOARD = "we_board"
    WE_SIGN = "we_sign"
    WE_CLAIM = "we_claim"
    THEY_PROPOSE = "they_propose"
    THEY_ACCEPT = "they_accept"
    THEY_DECLINE = "they_decline"
    THEY_CANCEL = "they_cancel"
    THEY_REFUSE_CODE = "they_refuse_code"
    THEY_SIGN = "they_sign"
    TIME_OUT = "time_out"


_P, _D = Role.PASSENGER, Role.DRIVER
_S, _E = State, Event

TABLE: dict[tuple[Role, State, Event], State] = {
    # The passenger: proposes, is accepted, signs the receipt first (the debtor), and is done when it is countersigned.
    (_P, _S.INVITED, _E.WE_PROPOSE): _S.PROPOSED,
    (_P, _S.INVITED, _E.WE_DECLINE): _S.DECLINED,
    (_P, _S.INVITED, _E.THEY_CANCEL): _S.LAPSED,
    (_P, _S.INVITED, _E.TIME_OUT): _S.LAPSED,
    (_P, _S.PROPOSED, _E.THEY_ACCEPT): _S.AGREED,
    (_P, _S.PROPOSED, _E.THEY_DECLINE): _S.DECLINED,
    # An invitation was taken back while its acceptance was under way.
    (_P, _S.PROPOSED, _E.THEY_CANCEL): _S.DECLINED,
    (_P, _S.PROPOSED, _E.WE_CANCEL): _S.WITHDRAWN,
    (_P, _S.PROPOSED, _E.TIME_OUT): _S.LAPSED,
    # A signature cannot be taken back: lapsed only means that we stopped asking.
    (_P, _S.LAPSED, _E.THEY_ACCEPT): _S.AGREED,
    (_P, _S.AGREED, _E.WE_CANCEL): _S.CANCELLED,
    (_P, _S.AGREED, _E.THEY_CANCEL): _S.CANCELLED,
    (_P, _S.AGREED, _E.WE_SIGN): _S.RIDING,
    (_P, _S.AGREED, _E.TIME_OUT): _S.CLAIMED,
    (_P, _S.RIDING, _E.THEY_SIGN): _S.RECEIPTED,
    (_P, _S.RIDING, _E.THEY_CANCEL): _S.CANCELLED,
    (_P, _S.RIDING, _E.THEY_DECLINE): _S.AGREED,
    (_P, _S.RIDING, _E.TIME_OUT): _S.CLAIMED,
    # A receipt that both signed counts, wherever the deal had got to meanwhile.
    (_P, _S.AGREED, _E.THEY_SIGN): _S.RECEIPTED,
    (_P, _S.CANCELLED, _E.THEY_SIGN): _S.RECEIPTED,
    (_P, _S.CLAIMED, _E.THEY_SIGN): _S.RECEIPTED,
    (_P, _S.CLAIMED, _E.WE_SIGN): _S.RIDING,
    # The driver: receives, accepts, repeats the code at the car, and is done when countersigning.
    (_D, _S.INVITED, _E.THEY_PROPOSE): _S.RECEIVED,
    (_D, _S.INVITED, _E.THEY_DECLINE): _S.DECLINED,
    (_D, _S.INVITED, _E.WE_CANCEL): _S.WITHDRAWN,
    (_D, _S.INVITED, _E.TIME_OUT): _S.LAPSED,
    (_D, _S.RECEIVED, _E.WE_ACCEPT): _S.AGREED,
    (_D, _S.RECEIVED, _E.WE_DECLINE): _S.DECLINED,
    (_D, _S.RECEIVED, _E.THEY_CANCEL): _S.LAPSED,
    (_D, _S.RECEIVED, _E.TIME_OUT): _S.LAPSED,
    (_D, _S.AGREED, _E.WE_CANCEL): _S.CANCELLED,
    (_D, _S.AGREED, _E.THEY_CANCEL): _S.CANCELLED,
    (_D, _S.AGREED, _E.WE_BOARD): _S.RIDING,
    (_D, _S.AGREED, _E.WE_SIGN): _S.RECEIPTED,
    (_D, _S.AGREED, _E.TIME_OUT): _S.CLAIMED,
    (_D, _S.AGREED, _E.WE_CLAIM): _S.CLAIMED,
    (_D, _S.RIDING, _E.WE_BOARD): _S.RIDING,
    (_D, _S.RIDING, _E.WE_SIGN): _S.RECEIPTED,
    (_D, _S.RIDING, _E.THEY_REFUSE_CODE): _S.AGREED,
    (_D, _S.RIDING, _E.WE_CANCEL): _S.CANCELLED,
    (_D, _S.RIDING, _E.THEY_CANCEL): _S.CANCELLED,
    (_D, _S.RIDING, _E.TIME_OUT): _S.CLAIMED,
    (_D, _S.RIDING, _E.WE_CLAIM): _S.CLAIMED,
    (_D, _S.CLAIMED, _E.WE_CLAIM): _S.CLAIMED,
    (_D, _S.CLAIMED, _E.WE_BOARD): _S.RIDING,
    (_D, _S.CLAIMED, _E.WE_SIGN): _S.RECEIPTED,
}

OPEN = frozenset({State.INVITED, State.PROPOSED, State.RECEIVED, State.AGREED, State.RIDING})
"""Deals that still need somebody or something."""
SEATED = frozenset({State.AGREED, State.RIDING, State.RECEIPTED, State.CLAIMED})
"""Deals whose seats are taken, on the driver's side."""


def step(role: Role, state: State, event: Event) -> State | None:
    """Return the next state, or None when the event is not allowed in this state."""
    return TABLE.get((role, state, event))
