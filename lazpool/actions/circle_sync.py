"""Members of a circle come to have the same rides: news is brought until it is taken, and who differs asks.

Only rides that everybody signed who was there are compared. Each letter says what its sender has, as one digest. Who
sees another asks by some bytes for each ride of some days, and is sent what is missing: whoever was away catches up so,
and what only one was told by somebody who vanished spreads from them. When all digests are alike nothing is sent.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from lazpool.actions.circle_letters import me, stop, tell, write
from lazpool.actions.letters import How
from lazpool.errors import MalformedError
from lazpool.records.circle_bodies import (
    MAX_DAY,
    MAX_SHORTS,
    MAX_TOLD,
    Ask,
    Ride,
    Signed,
    Told,
    pack_record,
    unpack_record,
)
from lazpool.records.circles import SALT, SHORT, digest_of, ride_from, short_of
from lazpool.rules.circles import is_whole
from lazpool.store import circles as store

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.records.circles import CoSignature, RideTerms
    from lazpool.records.letters import Letter
    from lazpool.store.circles import Circle, Person, Record

QUIET = 24 * 60 * 60
"""Seconds after the last change when members compare once more, lest who told some of us has told not all."""
MAX_WHOLE = 20_000
"""Rides of a circle that are kept: fifteen years of two a day for each of three cars."""


def keep(desk: Desk, circle: Circle, ride: RideTerms, signatures: tuple[CoSignature, ...], by: bytes) -> Record:
    """Check and keep signatures under a ride of this circle; it is whole when nobody's is missing."""
    if (ride.net, ride.circle) != (desk.net, circle.founding):
        raise MalformedError("range", "a ride of another circle or network")
    members = {one.identity for one in store.people(desk.node, circle.id)} | {me(desk, circle)}
    if not members.issuperset(ride.present):
        raise MalformedError("range", "somebody was present who is not in the circle")
    for one in signatures:
        one.check(ride)
    known = store.record(desk.node, ride.id)
    record = known or store.Record(
        id=ride.id, circle=circle.id, kind=store.RIDE, state=store.PENDING, terms=ride.body(), day=ride.day, by=by,
        at=ride.at,
    )  # fmt: skip
    store.add_signatures(desk.node, ride.id, signatures)
    if record.state != store.WHOLE and is_whole(ride, [one.identity for one in store.signatures(desk.node, ride.id)]):
        record.state, record.reason = store.WHOLE, ""
        store.save(desk.node, record)
        _changed(desk, circle)
    else:
        store.save(desk.node, record)
    return record


def spread(desk: Desk, circle: Circle, record: Record) -> None:
    """Bring a whole ride to everybody who was not brought another just now; these ask when they see the digest."""
    body = Ride(record.terms, store.signatures(desk.node, record.id), circle.digest)
    for person in store.people(desk.node, circle.id):
        if person.state == store.MEMBER and not person.push and not person.ask:
            person.push = write(desk, circle, person, body, How(awaits=True))
            store.save(desk.node, person)


def on_whole_ride(desk: Desk, circle: Circle, person: Person, letter: Letter, body: Ride) -> None:
    """Take a ride that everybody signed, and say what we have now."""
    _room(desk, circle)
    keep(desk, circle, body.ride, body.signatures, person.identity)
    tell(desk, circle, person, letter)
    hear(desk, circle, person, body.digest)


def on_ask(desk: Desk, circle: Circle, person: Person, letter: Letter) -> None:
    """Send what somebody lacks of the days they ask for, as much as fits."""
    ask = letter.body
    if not isinstance(ask, Ask):
        raise MalformedError("shape", "not a question")
    theirs = {ask.shorts[at : at + SHORT] for at in range(0, len(ask.shorts), SHORT)}
    rides, size, more = [], 0, 0
    for day, identifier in store.whole_ids(desk.node, circle.id):
        if ask.first <= day <= ask.last and short_of(ask.salt, identifier) not in theirs:
            packed = _packed(desk, identifier)
            size += len(packed) + 3
            if size > MAX_TOLD:
                more = 1
                break
            rides.append(packed)
    tell(desk, circle, person, letter, tuple(rides), more)
    hear(desk, circle, person, ask.digest)


def on_told(desk: Desk, circle: Circle, person: Person, letter: Letter) -> None:
    """Take rides that we lacked, and go on asking until there are no more."""
    told = letter.body
    if not isinstance(told, Told):
        raise MalformedError("shape", "not an answer")
    for packed in told.rides:
        _room(desk, circle)
        terms, signatures = unpack_record(packed)
        ride = ride_from(terms)
        if not is_whole(ride, [one.identity for one in signatures]):
            raise MalformedError("range", "a ride that not everybody signed")
        keep(desk, circle, ride, signatures, person.identity)
    if told.counter == person.ask:
        stop(desk, circle, person, Ask.KIND, person.ask)
        person.ask, person.told = 0, told.digest
        _go_on(desk, circle, person, more=bool(told.more and told.rides))
        return
    if told.counter == person.push:
        for kind in (Ride.KIND, Signed.KIND):
            stop(desk, circle, person, kind, person.push)
        person.push = 0
    hear(desk, circle, person, told.digest)


def hear(desk: Desk, circle: Circle, person: Person, digest: bytes) -> None:
    """Note what somebody has; ask them for all of it if that is not what we have, once for the same two states."""
    person.told = digest
    if digest != circle.digest and not person.ask and person.tried != digest + circle.digest:
        _ask(desk, circle, person, MAX_DAY)
    else:
        store.save(desk.node, person)


def compare(desk: Desk, circle: Circle, *, now: bool = False) -> int:
    """Ask everybody who may have other rides, a day after the last change or now; return how many."""
    wait = 0 if now else QUIET
    if circle.changed + wait > desk.second:
        return 0
    found = 0
    for person in store.people(desk.node, circle.id):
        checked = not now and circle.digest in {person.told, person.checked}
        if person.state == store.MEMBER and not (checked or person.ask):
            person.checked = circle.digest
            _ask(desk, circle, person, MAX_DAY)
            found += 1
    return found


def _go_on(desk: Desk, circle: Circle, person: Person, *, more: bool) -> None:
    """Ask for what did not fit into the answer, or for the days before, until all days were asked for."""
    if person.told != circle.digest and more:
        _ask(desk, circle, person, person.day)
    elif person.told != circle.digest and (first := _window(desk, circle, person.day)[0]):
        _ask(desk, circle, person, first - 1)
    else:
        person.tried = person.told + circle.digest
        store.save(desk.node, person)


def _ask(desk: Desk, circle: Circle, person: Person, last: int) -> None:
    first, rides = _window(desk, circle, last)
    salt = secrets.token_bytes(SALT)
    shorts = b"".join(short_of(salt, one) for one in rides)
    person.day = last
    person.ask = write(desk, circle, person, Ask(circle.digest, first, last, salt, shorts), How(awaits=True))
    store.save(desk.node, person)


def _window(desk: Desk, circle: Circle, last: int) -> tuple[int, list[bytes]]:
    """Return the first day of those that one question holds, up to `last`, and our rides of them; 0: all the rest."""
    found = [one for one in store.whole_ids(desk.node, circle.id) if one[0] <= last]
    if len(found) <= MAX_SHORTS:
        return 0, [identifier for _, identifier in found]
    first = min(found[MAX_SHORTS][0] + 1, last)
    return first, [identifier for day, identifier in found if day >= first][:MAX_SHORTS]


def _packed(desk: Desk, identifier: bytes) -> bytes:
    record = store.record(desk.node, identifier)
    if record is None:
        raise MalformedError("shape", "a ride that is gone")
    return pack_record(record.terms, store.signatures(desk.node, identifier))


def _room(desk: Desk, circle: Circle) -> None:
    if len(store.whole_ids(desk.node, circle.id)) >= MAX_WHOLE:
        raise MalformedError("range", f"more than {MAX_WHOLE} rides of one circle")


def _changed(desk: Desk, circle: Circle) -> None:
    circle.digest = digest_of(identifier for _, identifier in store.whole_ids(desk.node, circle.id))
    circle.changed = desk.second
    store.save(desk.node, circle)
