"""What a person may want to hear of as it happens: new matches, what becomes of deals, what circles wait for.

`watch` follows it from when it is started; the hook goes on where it stopped, whatever happened in between. Nothing is
written down here but what was told: the two databases are what is read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from lazpool.actions.desk import renew_board
from lazpool.config import EVENTS
from lazpool.rules.negotiation import TABLE, Role, State
from lazpool.store import alerts, board, circles, deals, own

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lazpool.actions.desk import Desk
    from lazpool.store.alerts import Change
    from lazpool.store.circles import Circle, Record
    from lazpool.store.deals import Deal

Kind = Literal["match", "deal", "circle"]
"""Kinds of events, as the settings name them."""
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


Event: TypeAlias = NewMatch | DealChange | CircleWaits


class Feed:
    """What is new since a feed was made, or since a minute before; each event once."""

    def __init__(self, desk: Desk, kinds: Collection[str] = EVENTS, since: int | None = None) -> None:
        """Begin now, or with what happened since that minute."""
        self._desk, self._kinds = desk, kinds
        self._versions = (-1, -1)
        self._change = alerts.newest(desk.node) if since is None else 0
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
        fresh = [*self._matches(), *self._changes(), *self._circles()]
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

    def _changes(self) -> list[Event]:
        if "deal" not in self._kinds:
            return []
        found = alerts.changes(self._desk.node, self._change, self._since)
        self._change = max((one.id for one in found), default=self._change)
        return list(_changes(self._desk, found))


def begin_telling(desk: Desk) -> None:
    """Take what is there already for told, the first time that a hook is there."""
    if alerts.told_change(desk.node) is not None:
        return
    with desk.node.transaction():
        alerts.tell_matches(desk.node, [(one.id, one.expires) for one in live_matches(desk)])
        alerts.tell_circles(desk.node, [(one.id, one.at) for one in waiting_circles(desk)])
        alerts.tell_change(desk.node, alerts.newest(desk.node))


def untold(desk: Desk, kinds: Collection[str]) -> list[Event]:
    """Return what the hook has not told of yet: nothing stale, and nothing that we did ourselves; oldest first."""
    since = desk.minute - STALE
    events: list[Event] = []
    if "match" in kinds:
        told = alerts.told_matches(desk.node)
        events += [NewMatch(one) for one in live_matches(desk) if one.id not in told and one.found >= since]
    if "deal" in kinds:
        found = alerts.changes(desk.node, alerts.told_change(desk.node) or 0, since)
        events += [one for one in _changes(desk, found) if not one.ours]
    if "circle" in kinds:
        known = alerts.told_circles(desk.node)
        events += [one for one in waiting_circles(desk) if one.id not in known and one.at >= since]
    return sorted(events, key=lambda event: event.at)


def tell(desk: Desk, events: Sequence[Event]) -> None:
    """Remember that the hook has told of these."""
    matches = [(one.match.id, one.match.expires) for one in events if isinstance(one, NewMatch)]
    changes = [one.change.id for one in events if isinstance(one, DealChange)]
    circles = [(one.id, one.at) for one in events if isinstance(one, CircleWaits)]
    with desk.node.transaction():
        alerts.tell_matches(desk.node, matches)
        alerts.tell_circles(desk.node, circles)
        if changes:
            alerts.tell_change(desk.node, max(alerts.told_change(desk.node) or 0, *changes))


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


def _changes(desk: Desk, found: Sequence[Change]) -> list[DealChange]:
    """Return changes with their deals; a note that came with the letter that began a deal belongs to that."""
    events: list[DealChange] = []
    for change in found:
        deal = deals.get(desk.node, change.deal)
        if deal is None:
            continue
        before = events[-1] if events else None
        if change.note and before and before.change.deal == change.deal and not before.change.was and not before.note:
            events[-1] = DealChange(change=_numbered(before.change, change.id), deal=deal, ours=False, note=change.note)
        else:
            events.append(DealChange(change, deal, _is_ours(deal.role, change), change.note))
    return events


def _numbered(change: Change, number: int) -> Change:
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
