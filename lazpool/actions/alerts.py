"""Events in words: a title, a sentence and a JSON document, for `watch` and for the user's hook.

Names and notes come from strangers. They stand inside sentences that begin with words of ours, with everything taken
out that does not show, so they can become neither an option of a program nor a line of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from lazpool.actions.events import CircleWaits, DealChange, NewMatch, SettlementChange
from lazpool.actions.exporting import names_of
from lazpool.records.agreements import agreement_from
from lazpool.records.settlements import METHODS, settlement_from
from lazpool.rules.conditions import names
from lazpool.rules.negotiation import Role, State
from lazpool.store.circles import BIRTH
from lazpool.store.settlements import LAPSED, OFFERED, PROPOSED, REFUSED, SEALED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazpool.actions.desk import Desk
    from lazpool.actions.events import Event, Kind
    from lazpool.store.board import Match
    from lazpool.store.deals import Deal

MOST_DEALS = 3
"""Changes of deals, or of settlements, that are told one by one; more, and more than one match, are told in one sum."""
_KINDS: tuple[tuple[Kind, type[Event], int], ...] = (
    ("circle", CircleWaits, 1),
    ("deal", DealChange, MOST_DEALS),
    ("settlement", SettlementChange, MOST_DEALS),
    ("match", NewMatch, 1),
)
MOST_LISTED = 50
"""Events that the document of a sum names."""
_MOST_TEXT = 300
_SHORT = 8
_NO_MARKUP = str.maketrans(
    "<>&", "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}+"
)
"""Desktops take the text of a notification for markup, with links and pictures."""
_TITLES = {
    (Role.PASSENGER, State.INVITED): "A driver invites you",
    (Role.PASSENGER, State.PROPOSED): "Ride proposed",
    (Role.DRIVER, State.INVITED): "Passenger invited",
    (Role.DRIVER, State.RECEIVED): "A passenger proposes a ride",
    (Role.PASSENGER, State.RIDING): "Ride under way",
    (Role.DRIVER, State.RIDING): "Ride under way",
    (Role.PASSENGER, State.RECEIPTED): "Ride receipted by both",
    (Role.DRIVER, State.RECEIPTED): "Ride receipted by both",
    (Role.PASSENGER, State.CLAIMED): "Ride without a receipt",
    (Role.DRIVER, State.CLAIMED): "Ride without a receipt",
}

_SETTLED = {
    PROPOSED: "You said that you have paid",
    OFFERED: "Somebody says to have paid you",
    SEALED: "Settlement confirmed",
    REFUSED: "Settlement ended",
    LAPSED: "Settlement ended",
}


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to tell: of one event, or of several in one sum. id: of the match or deal, empty for a sum."""

    title: str
    body: str
    id: str
    document: dict[str, Any]
    events: tuple[Event, ...]


def alerts(desk: Desk, events: Sequence[Event]) -> list[Alert]:
    """Return what to tell of events: few one by one, many in one sum for each kind; deals first, matches last."""
    found: list[Alert] = []
    for kind, sort, most in _KINDS:
        some = [event for event in events if isinstance(event, sort)]
        found += [_sum(desk, kind, some)] if len(some) > most else [alert(desk, one) for one in some]
    return found


def alert(desk: Desk, event: Event) -> Alert:
    """Return what to tell of one event."""
    if isinstance(event, NewMatch):
        kind: Kind = "match"
        identifier, title, body = event.match.id.hex(), _match_title(event.match), _match_body(desk, event.match)
        about: dict[str, Any] = {"match": _match(desk, event.match)}
    elif isinstance(event, CircleWaits):
        kind, identifier, (title, body) = "circle", event.id.hex(), _circle_words(event)
        about = {"circle": _circle(event)}
    elif isinstance(event, SettlementChange):
        return _settled(desk, event)
    else:
        kind, identifier, title, body = "deal", event.deal.id.hex(), _deal_title(event), _deal_body(desk, event)
        about = {"change": _word(event), "ours": event.ours, "deal": _deal(desk, event), "note": event.note or None}
    document = _document(desk, kind, (title, body), [event], identifier, about)
    return Alert(title, body, identifier, document, (event,))


def _settled(desk: Desk, event: SettlementChange) -> Alert:
    stored, state = event.settlement, event.change.state
    terms, paying = settlement_from(stored.terms), stored.payer == desk.identity
    other = stored.payee if paying else stored.payer
    name, identifier = names_of(desk).get(other, ""), stored.id.hex()
    title = _SETTLED[state]
    partner = plain(name) or "somebody you rode with"
    paid = f"{'you have' if paying else 'They say to have'} paid {terms.amount / 100:.2f} {terms.unit}"
    told = f"With {partner}: {paid} ({METHODS[terms.method]})"
    body = f"{', '.join(filter(None, [told, plain(event.change.reason)]))}; lazpool settlements"
    about = {
        "change": state,
        "ours": event.ours,
        "settlement": {
            "id": identifier,
            "state": state,
            "role": "payer" if paying else "payee",
            "with": other.hex(),
            "name": name,
            "amount": {"amount": terms.amount, "unit": terms.unit},
            "method": METHODS[terms.method],
            "reason": event.change.reason,
        },
    }
    return Alert(
        title, body, identifier, _document(desk, "settlement", (title, body), [event], identifier, about), (event,)
    )


def trial(desk: Desk) -> Alert:
    """Return something to try a hook with."""
    title, body = "Test of lazpool", "This is how lazpool tells of matches, deals and settlements."
    document = {"event": "test", "at": _iso(desk, desk.minute), "count": 1, "id": "", "title": title, "body": body}
    return Alert(title, body, "", document, ())


def plain(text: str) -> str:
    """Return text of strangers on one line: no markup and nothing that does not show in it, and no more than fits."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text.translate(_NO_MARKUP))
    return " ".join(shown.split())[:_MOST_TEXT]


def _sum(desk: Desk, kind: Kind, events: list[Event]) -> Alert:
    number, told = len(events), [alert(desk, one) for one in events[-MOST_LISTED:]]
    words = {
        "match": ("new matches", "lazpool matches"),
        "deal": ("changes of deals", "lazpool deals"),
        "circle": ("things in circles that wait for you", "lazpool circle list"),
        "settlement": ("changes of settlements", "lazpool settlements"),
    }
    title, body = f"{number} {words[kind][0]}", f"They are listed by: {words[kind][1]}"
    about = {"events": [one.document for one in told]}
    return Alert(title, body, "", _document(desk, kind, (title, body), events, "", about), tuple(events))


def _document(
    desk: Desk, kind: Kind, words: tuple[str, str], events: list[Event], identifier: str, about: dict[str, Any]
) -> dict[str, Any]:
    head = {"event": kind, "at": _iso(desk, events[-1].at), "count": len(events), "id": identifier}
    return {**head, "title": words[0], "body": words[1], **about}


def _match(desk: Desk, match: Match) -> dict[str, Any]:
    return {
        "id": match.id.hex(),
        "role": match.role,
        "mine": match.mine.hex(),
        "theirs": match.theirs.hex(),
        "depart": _iso(desk, match.depart),
        "pickup_at": _iso(desk, match.pickup_at),
        "dropoff_at": _iso(desk, match.dropoff_at),
        "detour_min": match.detour,
        "walk_m": match.walk,
        "share": {"amount": match.share, "unit": match.unit},
        "estimated": bool(match.estimated),
    }


def _deal(desk: Desk, event: DealChange) -> dict[str, Any]:
    """Return a deal in the state that the event is about, which it may have left since."""
    deal = event.deal
    share = _share(deal)
    return {
        "id": deal.id.hex(),
        "state": event.change.state,
        "role": deal.role,
        "with": deal.peer.hex() or None,
        "name": deal.peer_name,
        "depart": _iso(desk, deal.depart),
        "share": {"amount": share[0], "unit": share[1]} if share else None,
        "reason": event.change.reason,
        "conditions": names(deal.flags),
    }


def _circle(event: CircleWaits) -> dict[str, Any]:
    return {
        "id": event.circle.id.hex(),
        "name": event.circle.name,
        "waits_for": event.record.kind if event.record else "joining",
        "record": event.record.id.hex() if event.record else None,
    }


def _circle_words(event: CircleWaits) -> tuple[str, str]:
    name = plain(event.circle.name)
    if event.record is None:
        return "You are invited to a circle", f'Circle "{name}"; lazpool circle join'
    what = "A circle is founded" if event.record.kind == BIRTH else "A shared ride waits for your signature"
    return what, f'Circle "{name}"; lazpool circle sign {event.record.id.hex()[:_SHORT]}'


def _match_title(match: Match) -> str:
    return "New match: a driver for you" if match.role == Role.PASSENGER else "New match: a passenger for you"


def _match_body(desk: Desk, match: Match) -> str:
    about = "~" if match.estimated else ""
    when = f"Pick-up {_day(desk, match.pickup_at)} {about}{_clock(desk, match.pickup_at)}"
    detour = "" if match.role == Role.PASSENGER else f", detour {about}{match.detour:.0f} min"
    money = f"share {about}{match.share / 100:.2f} {match.unit}"
    return (
        f"{when}, drop-off {about}{_clock(desk, match.dropoff_at)}{detour}, {money}; "
        f"lazpool match {match.id.hex()[:_SHORT]}"
    )


def _deal_title(event: DealChange) -> str:
    if not event.moved:
        return "Note about a ride"
    state = State(event.change.state)
    return _TITLES.get((event.deal.role, state), f"Ride {state}")


def _deal_body(desk: Desk, event: DealChange) -> str:
    deal, share = event.deal, _share(event.deal)
    partner = f" with {plain(deal.peer_name)}" if plain(deal.peer_name) else ""
    words = [
        f"Ride of {_day(desk, deal.depart)} {_clock(desk, deal.depart)}{partner}",
        f"{share[0] / 100:.2f} {share[1]}" if share else "",
        ", ".join(names(deal.flags)),
        f'they write: "{plain(event.note)}"' if event.note else "",
        plain(event.change.reason) if event.moved else "",
    ]
    return f"{', '.join(filter(None, words))}; lazpool deal {deal.id.hex()[:_SHORT]}"


def _word(event: DealChange) -> str:
    return event.change.state if event.moved else "note"


def _share(deal: Deal) -> tuple[int, str] | None:
    if not deal.terms:
        return None
    terms = agreement_from(deal.terms)
    return terms.amount, terms.unit


def _at(desk: Desk, minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, ZoneInfo(desk.config.zone))


def _iso(desk: Desk, minute: int) -> str:
    return _at(desk, minute).isoformat(timespec="seconds")


def _day(desk: Desk, minute: int) -> str:
    return f"{_at(desk, minute):%a %d %b}"


def _clock(desk: Desk, minute: int) -> str:
    return f"{_at(desk, minute):%H:%M}"
