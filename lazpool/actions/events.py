"""What a person may want to hear of as it happens: matches, deals, settlements, and what circles wait for.

`watch` follows it from when it is started; the hook goes on where it stopped, whatever happened in between. Nothing is
written down here but what was told: the two databases are what is read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from lazpool.actions.desk import renew_board
from lazpool.config import EVENTS
from lazpool.rules.negotiation import TABLE, Role, State
from lazpool.store import alerts, board, circles, deals, own, settlements

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lazpool.actions.desk import Desk
    from lazpool.store.alerts import Change, SettlementMove
    from lazpool.store.circles import Circle, Record
    from lazpool.store.deals import Deal
    from lazpool.store.settlements import Stored

Kind = Literal["match", "deal", "circle", "settlement"]
"""Kinds of events, as the settings name them."""
Numbered = Literal["deal", "settlement"]
"""Those that the database writes down one after the other."""
_NUMBERED: tuple[Numbered, ...] = ("deal", "settlement")
STALE = 24 * 60
"""Minutes after which something is no news for the hook any more; `lazpool matches` and `deals` still show it."""
_KEEP = 30 * 24 * 60
_BEGUN_BY_US = {(Role.PASSENGER, State.PROPOSED), (Role.DRIVER, State.INVITED)}
_ENDED = {State.DECLINED, State.WITHDRAWN, State.CANCELLED, State.LAPSED}


@dataclass(frozen=True, slots=True)
class NewMatch:
    """A match that was found; at: minute."""

    match: board.Match

    @property
    def at(self) -> int:
        """When it was found."""
        return self.match.found


@dataclass(frozen=True, slots=True)
class DealChange:
    """What happened to a deal. ours: by our own hand. note: what the partner wrote, empty for none."""

    change: Change
    deal: Deal
    ours: bool
    note: str = ""

    @property
    def at(self) -> int:
        """When it happened."""
        return self.change.at

    @property
    def moved(self) -> bool:
        """Tell whether the deal has another state than before, or is new."""
        return self.change.was != self.change.state


@dataclass(frozen=True, slots=True)
class CircleWaits:
    """A circle waits for us: we are invited (no record), or a founding or a ride is to be signed; at: minute."""

    circle: Circle
    record: Record | None
    at: int

    @property
    def id(self) -> bytes:
        """What waits: the circle, or the founding or ride."""
        return self.record.id if self.record else self.circle.id


@dataclass(frozen=True, slots=True)
class SettlementChange:
    """What happened to a settlement. ours: by our own hand."""

    change: SettlementMove
    settlement: Stored
    ours: bool

    @property
    def at(self) -> int:
        """When it happened."""
        return self.change.at


Event: TypeAlias = NewMatch | DealChange | CircleWaits | SettlementChange


class Feed:
    """What is new since a feed was made, or since a minute before; each event once."""

    def __init__(self, desk: Desk, kinds: Collection[str] = EVENTS, since: int | None = None) -> None:
        """Begin now, or with what happened since that minute."""
        self._desk, self._kinds = desk, kinds
        self._versions = (-1, -1)
        self._seen = {kind: alerts.newest(desk.node, kind) if since is None else 0 for kind in _NUMBERED}
        self._since = since or 0
        self._known = {one.id for one in live_matches(desk) if since is None or one.found < since}
        self._known |= {one.id for one in waiting_circles(desk) if since is None or one.at < since}

    def take(self) -> list[Event]:
        """Return what has come since the last time, oldest first; cheap when nobody has committed anything."""
        if renew_board(self._desk):
            self._versions = (-1, -1)
        versions = (self._desk.node.version(), self._desk.board.version())
        if versions == self._versions:
            return []
        self._versions = versions
        fresh = [*self._matches(), *self._changes("deal"), *self._changes("settlement"), *self._circles()]
        return sorted(fresh, key=lambda event: event.at)

    def _matches(self) -> list[Event]:
        if "match" not in self._kinds:
            return []
        fresh = [one for one in live_matches(self._desk) if one.id not in self._known]
        self._known.update(one.id for one in fresh)
        return [NewMatch(one) for one in fresh]

    def _circles(self) -> list[Event]:
        if "circle" not in self._kinds:
            return []
        fresh = [one for one in waiting_circles(self._desk) if one.id not in self._known]
        self._known.update(one.id for one in fresh)
        return list(fresh)

    def _changes(self, kind: Numbered) -> list[Event]:
        if kind not in self._kinds:
            return []
        numbers, found = _numbered(self._desk, kind, self._seen[kind], self._since)
        self._seen[kind] = max(numbers, default=self._seen[kind])
        return found


def begin_telling(desk: Desk) -> None:
    """Take what is there already for told, the first time that a hook is there."""
    if alerts.told_upto(desk.node, "deal") is not None:
        return
    with desk.node.transaction():
        alerts.tell_matches(desk.node, [(one.id, one.expires) for one in live_matches(desk)])
        alerts.tell_circles(desk.node, [(one.id, one.at) for one in waiting_circles(desk)])
        for kind in _NUMBERED:
            alerts.tell_upto(desk.node, kind, alerts.newest(desk.node, kind))


def untold(desk: Desk, kinds: Collection[str]) -> list[Event]:
    """Return what the hook has not told of yet: nothing stale, and nothing that we did ourselves; oldest first."""
    since = desk.minute - STALE
    events: list[Event] = []
    if "match" in kinds:
        told = alerts.told_matches(desk.node)
        events += [NewMatch(one) for one in live_matches(desk) if one.id not in told and one.found >= since]
    for kind in _NUMBERED:
        if kind in kinds:
            _, found = _numbered(desk, kind, alerts.told_upto(desk.node, kind) or 0, since)
            events += [one for one in found if isinstance(one, DealChange | SettlementChange) and not one.ours]
    if "circle" in kinds:
        known = alerts.told_circles(desk.node)
        events += [one for one in waiting_circles(desk) if one.id not in known and one.at >= since]
    return sorted(events, key=lambda event: event.at)


def tell(desk: Desk, events: Sequence[Event]) -> None:
    """Remember that the hook has told of these."""
    matches = [(one.match.id, one.match.expires) for one in events if isinstance(one, NewMatch)]
    circles = [(one.id, one.at) for one in events if isinstance(one, CircleWaits)]
    changes: dict[Numbered, list[int]] = {
        "deal": [one.change.id for one in events if isinstance(one, DealChange)],
        "settlement": [one.change.id for one in events if isinstance(one, SettlementChange)],
    }
    with desk.node.transaction():
        alerts.tell_matches(desk.node, matches)
        alerts.tell_circles(desk.node, circles)
        for kind, numbers in changes.items():
            if numbers:
                alerts.tell_upto(desk.node, kind, max(alerts.told_upto(desk.node, kind) or 0, *numbers))


def forget_past(desk: Desk) -> None:
    """Forget what is long past, as part of the caller's transaction."""
    alerts.forget(desk.node, changes_before=desk.minute - _KEEP, matches_before=desk.minute - STALE)


def live_matches(desk: Desk) -> list[board.Match]:
    """Return the matches that something can still come of."""
    live = {one.id for one in own.posts(desk.node)}
    return [one for one in board.matches(desk.board) if one.mine in live and one.expires >= desk.minute]


def waiting_circles(desk: Desk) -> list[CircleWaits]:
    """Return what circles wait for: invitations, and what is to be signed."""
    found = []
    for circle in circles.every(desk.node):
        if circle.state == circles.INVITED:
            found.append(CircleWaits(circle, None, circle.created))
        for kind in (circles.BIRTH, circles.RIDE):
            records = circles.records(desk.node, circle.id, kind, circles.PENDING)
            found += [CircleWaits(circle, one, one.at) for one in records if not one.blind]
    return found


def _numbered(desk: Desk, kind: Numbered, after: int, since: int) -> tuple[list[int], list[Event]]:
    """Return the numbers of the changes of a kind after one and since a minute, and the events that they are."""
    if kind == "deal":
        changes = alerts.changes(desk.node, after, since)
        return [one.id for one in changes], list(_changes(desk, changes))
    moves = alerts.moves(desk.node, after, since)
    known = [(one, settlements.get(desk.node, one.settlement)) for one in moves]
    events: list[Event] = [SettlementChange(one, about, one.by == "us") for one, about in known if about]
    return [one.id for one in moves], events


def _changes(desk: Desk, found: Sequence[Change]) -> list[DealChange]:
    """Return changes with their deals; a note that came with the letter that began a deal belongs to that."""
    events: list[DealChange] = []
    for change in found:
        deal = deals.get(desk.node, change.deal)
        if deal is None:
            continue
        before = events[-1] if events else None
        if change.note and before and before.change.deal == change.deal and not before.change.was and not before.note:
            events[-1] = DealChange(
                change=_renumbered(before.change, change.id), deal=deal, ours=False, note=change.note
            )
        else:
            events.append(DealChange(change, deal, _is_ours(deal.role, change), change.note))
    return events


def _renumbered(change: Change, number: int) -> Change:
    """Return a change under the number of a later one that it stands for, too."""
    return replace(change, id=number)


def _is_ours(role: Role, change: Change) -> bool:
    """Tell whether a deal moved by our own hand; a receipt is news to both, since nodes sign it by themselves."""
    if change.note:
        return False
    state = State(change.state)
    if not change.was:
        return (role, state) in _BEGUN_BY_US
    if state in _ENDED:
        return change.by == "us"
    causes = {event for (who, was, event), then in TABLE.items() if (who, was, then) == (role, change.was, state)}
    return state is not State.RECEIPTED and all(event.value.startswith("we_") for event in causes)
