"""Circles as JSON documents, as tables and in words."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from lazpool.actions import circle_signing, circles
from lazpool.cli.app import Table
from lazpool.cli.times import day as shown_day
from lazpool.cli.times import iso
from lazpool.cli.typed import short
from lazpool.errors import RefusedError
from lazpool.records.circles import founding_from
from lazpool.rules import circles as rules
from lazpool.rules.turns import UNIT
from lazpool.store import circles as store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazpool.actions.desk import Desk
    from lazpool.rules.turns import Standing
    from lazpool.store.circles import Circle, Record

_EMPTY = "You are in no circle; make one with: lazpool circle create NAME, or: lazpool circle join CODE"
_NO_RIDES = "No rides yet. After one: lazpool circle ride CIRCLE --driver WHO --present A,B,C"
_NEXT = {
    store.INVITED: "lazpool circle join",
    store.GATHERING: "lazpool circle found, once all have joined",
    store.JOINING: "the founding is still to come",
    store.FOUNDING: "others are still to sign",
    store.FOUNDED: "lazpool turn",
}
_MOST_ROWS = 20
"""Rides that a person sees; --json shows all."""


def document(desk: Desk, one: Circle) -> dict[str, object]:
    """Return a circle as lists have it."""
    return {
        "id": one.id.hex(),
        "name": one.name,
        "state": one.state,
        "founder": one.founder.hex(),
        "members": [
            {"identity": identity.hex(), "name": name, "me": identity in desk.identities, "state": state}
            for identity, name, state in _people(desk, one)
        ],
        "waiting": len([record for record in waiting(desk) if record.circle == one.id]),
        "created": iso(desk, one.created),
        "reason": one.reason,
    }


def table(desk: Desk, mine: list[Circle]) -> Table:
    """Return circles for people."""
    rows = []
    for one in mine:
        names = ", ".join(sorted(name or "?" for _, name, _ in _people(desk, one)))
        sign = any(record.circle == one.id for record in waiting(desk))
        then = "lazpool circle sign" if sign else _NEXT.get(one.state, one.reason)
        rows.append((short(one.id), one.name, one.state, names, then))
    return Table(("id", "name", "state", "members", "next"), rows, _EMPTY)


def details(desk: Desk, one: Circle) -> dict[str, object]:
    """Return all there is to know of a circle."""
    standing = [_standing(desk, one, found) for found in _order(desk, one)]
    return {"circle": document(desk, one), "unit": UNIT, "standing": standing, "records": _records(desk, one)}


def tables(desk: Desk, one: Circle) -> list[str | Table]:
    """Return all there is to know of a circle, for people."""
    names = circles.members(desk, one)
    parts: list[str | Table] = [f"{one.name}, {one.state}: {', '.join(sorted(name or '?' for name in names.values()))}"]
    if order := _order(desk, one):
        parts.append(turn_table(desk, one, order))
    rows = [
        (short(record.id), *_ride_cells(desk, one, record), record.state, _missing(desk, record, names))
        for record in reversed(_all(desk, one))
    ]
    parts.append(Table(("id", "day", "driver", "in the car", "state", "still to sign"), rows[:_MOST_ROWS], _NO_RIDES))
    return parts


def record_document(desk: Desk, record: Record) -> dict[str, object]:
    """Return a founding or a ride."""
    signed = {one.identity for one in store.signatures(desk.node, record.id)}
    terms = record.decoded
    head: dict[str, object] = {
        "id": record.id.hex(),
        "kind": record.kind,
        "circle": record.circle.hex(),
        "state": record.state,
        "by": record.by.hex(),
        "signed": [one.hex() for one in terms.signers if one in signed],
        "missing": [one.hex() for one in terms.signers if one not in signed],
        "reason": record.reason,
        "at": iso(desk, record.at),
    }
    if record.kind == store.BIRTH:
        return head
    ride = record.ride
    return {
        **head,
        "date": _date(ride.day),
        "leg": ride.leg,
        "driver": ride.driver.hex(),
        "present": [one.hex() for one in ride.present],
        "cancels": ride.cancels.hex() or None,
    }


def waiting(desk: Desk) -> list[Record]:
    """Return what waits for our signature, oldest first."""
    found = [
        record
        for one in store.every(desk.node)
        for kind in (store.BIRTH, store.RIDE)
        for record in store.records(desk.node, one.id, kind, store.PENDING)
    ]
    return sorted((one for one in found if not one.blind), key=lambda one: one.at)


def said(desk: Desk, record: Record) -> str:
    """Return what somebody signs, in words."""
    one = circle_signing.circle_of(desk, record)
    names = circles.members(desk, one)
    if record.kind == store.BIRTH:
        terms = founding_from(record.terms)
        carried = "; points go along" if any(terms.carried.values()) else ""
        people = ", ".join(person.name or short(person.identity) for person in terms.members)
        return f"{short(record.id)} {one.name}: founded by {people}{carried}"
    when, driver, present = _ride_cells(desk, one, record)
    what = "taken back: " if record.ride.cancels else ""
    others = f", asked by {_name(desk, names, record.by)}" if record.by not in desk.identities else ""
    return f"{short(record.id)} {one.name}: {what}{when}, {driver} drove, in the car {present}{others}"


def turn_document(desk: Desk, one: Circle, order: Sequence[Standing]) -> dict[str, object]:
    """Return who should drive next."""
    return {
        "circle": one.id.hex(),
        "name": one.name,
        "unit": UNIT,
        "driver": order[0].person.hex(),
        "reason": turn_words(desk, one, order),
        "order": [_standing(desk, one, found) for found in order],
    }


def turn_words(desk: Desk, one: Circle, order: Sequence[Standing]) -> str:
    """Return who should drive next, and why."""
    names = circles.members(desk, one)
    first, rest = order[0], order[1:]
    me = first.person in desk.identities
    who = "You" if me else _name(desk, names, first.person)
    have, drive = ("have", "drive") if me else ("has", "drives")
    points = f"{who} {drive} next: {who if not me else 'you'} {have} {_points(first.points)} points"
    if not rest:
        return f"{points}, and nobody else comes."
    second = _name(desk, names, rest[0].person)
    so = f"{second} {'do' if rest[0].person in desk.identities else 'does'}"
    if first.points < rest[0].points:
        return f"{points}, the fewest of those who come; {second} would follow with {_points(rest[0].points)}."
    if first.drove < rest[0].drove:
        return f"{points} as {so}, and drove less often: {first.drove} against {rest[0].drove}."
    if first.last < rest[0].last:
        since = "never" if first.last < 0 else f"last on {_date(first.last)}"
        return f"{points} as {so}, drove as often, but longer ago: {since}."
    return f"{points} as {so}, and drove as often; so the keys decide, the same for everybody."


def turn_table(desk: Desk, one: Circle, order: Sequence[Standing]) -> Table:
    """Return where people stand, who should drive first."""
    names = circles.members(desk, one)
    rows = [
        (
            _name(desk, names, found.person),
            *(_points(found.points), str(found.drove), str(found.rode)),
            _date(found.last) if found.last >= 0 else "",
        )
        for found in order
    ]
    return Table(("who", ">points", ">drove", ">was driven", "last drive"), rows, "")


def _people(desk: Desk, one: Circle) -> list[tuple[bytes, str, str]]:
    states = {person.identity: person.state for person in store.people(desk.node, one.id)}
    names = circles.members(desk, one)
    return [(key, names[key], states.get(key, store.MEMBER)) for key in sorted(names)]


def _order(desk: Desk, one: Circle) -> list[Standing]:
    try:
        return sorted(circles.stand(desk, one).values(), key=lambda found: found.order)
    except RefusedError:
        return []


def _standing(desk: Desk, one: Circle, found: Standing) -> dict[str, object]:
    return {
        "identity": found.person.hex(),
        "name": circles.members(desk, one).get(found.person, ""),
        "me": found.person in desk.identities,
        "points": found.points,
        "drove": found.drove,
        "was_driven": found.rode,
        "last_drive": _date(found.last) if found.last >= 0 else None,
    }


def _records(desk: Desk, one: Circle) -> list[dict[str, object]]:
    counted = {ride.id for ride in rules.counted(circle_signing.whole_rides(desk, one))}
    return [{**record_document(desk, record), "counts": record.id in counted} for record in _all(desk, one)]


def _all(desk: Desk, one: Circle) -> list[Record]:
    states = (store.PENDING, store.WHOLE, store.LAPSED, store.NO)
    births = [] if one.state == store.FOUNDED else store.records(desk.node, one.id, store.BIRTH, *states)
    return [*births, *store.records(desk.node, one.id, store.RIDE, *states)]


def _ride_cells(desk: Desk, one: Circle, record: Record) -> tuple[str, str, str]:
    names = circles.members(desk, one)
    if record.kind == store.BIRTH:
        return shown_day(desk, record.at), "", "the founding"
    ride = record.ride
    leg = f" ({ride.leg})" if ride.leg > 1 else ""
    present = ", ".join(_name(desk, names, person) for person in ride.present)
    return f"{_date(ride.day)}{leg}", _name(desk, names, ride.driver), present


def _missing(desk: Desk, record: Record, names: dict[bytes, str]) -> str:
    if record.state != store.PENDING:
        return record.reason
    signed = {one.identity for one in store.signatures(desk.node, record.id)}
    return ", ".join(_name(desk, names, one) for one in record.decoded.signers if one not in signed)


def _name(desk: Desk, names: dict[bytes, str], identity: bytes) -> str:
    return "you" if identity in desk.identities else names.get(identity) or short(identity)


def _points(points: int) -> str:
    return f"{points / UNIT:+.2f}"


def _date(day: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()
