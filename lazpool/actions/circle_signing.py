"""Signing foundings and rides: who records one asks the others, and it is whole when all have signed.

Whoever records it repeats until each has answered; the others answer by hand of their person, and a repeat with the
same bytes. A no, and a fortnight without an answer, end the asking; a signature that comes later still counts.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from lazpool.actions import circle_sync, logbook
from lazpool.actions.circle_letters import me, stop, tell, write
from lazpool.actions.letters import How, pack_card
from lazpool.actions.moves import checked_note
from lazpool.errors import MalformedError, NotFoundError, RefusedError
from lazpool.records.circle_bodies import Founding, Joining, Ride, Signed
from lazpool.records.circles import NONCE, RideTerms, about, cosign, founding_from
from lazpool.records.entries import CIRCLE_FOUNDING, CIRCLE_RIDE
from lazpool.records.shape import HASH
from lazpool.rules.circles import MAX_AGE, check_signable, counted, is_whole
from lazpool.store import circles as store

if TYPE_CHECKING:
    from collections.abc import Collection

    from lazpool.actions.desk import Desk
    from lazpool.records.letters import Letter
    from lazpool.records.people import Device
    from lazpool.store.circles import Circle, Person, Record

MAX_PENDING = 64
"""Rides of a circle that wait for us, at most."""


def record_ride(
    desk: Desk, circle: Circle, driver: bytes, present: Collection[bytes], day: int, leg: int = 1
) -> Record:
    """Sign that these people shared a ride on that day, and ask the others who were in the car to sign it."""
    terms = RideTerms(
        desk.net, circle.founding, day, leg, driver, tuple(sorted({*present, driver})), secrets.token_bytes(NONCE),
        desk.minute, b"",
    )  # fmt: skip
    return _record(desk, circle, terms)


def take_back(desk: Desk, ride: Record) -> Record:
    """Sign that a ride that all signed was wrong; when all have signed that, it does not count."""
    circle, was = circle_of(desk, ride), ride.ride
    if ride.state != store.WHOLE or was.cancels:
        raise RefusedError(f"this ride is {ride.state}: lazpool circle refuse takes it back", code="wrong-state")
    terms = RideTerms(
        *(desk.net, was.circle, was.day, was.leg, was.driver, was.present, secrets.token_bytes(NONCE)),
        *(max(desk.minute, was.at), was.id),
    )
    return _record(desk, circle, terms)


def sign(desk: Desk, identifier: bytes) -> Record:
    """Sign a founding or a ride that waits for us, and tell who asked."""
    with desk.node.transaction():
        record = find(desk, identifier)
        circle = circle_of(desk, record)
        if record.state != store.PENDING or record.blind:
            why = "signed by you already" if record.blind else record.state
            raise RefusedError(f"this one is {why}", code="wrong-state")
        _sign(desk, circle, record)
        if record.kind == store.BIRTH:
            circle.state = store.FOUNDING
            store.save(desk.node, circle)
        asker = store.person(desk.node, circle.id, record.by)
        if asker is not None:
            mine = store.signatures(desk.node, record.id)
            write(desk, circle, asker, Signed(record.id, mine, ""), How(answers=record.letter))
    return find(desk, identifier)


def refuse(desk: Desk, identifier: bytes, reason: str = "") -> Record:
    """Say no to what waits for us, or take back what we recorded and not all have signed."""
    with desk.node.transaction():
        record, text = find(desk, identifier), checked_note(reason)
        circle = circle_of(desk, record)
        if record.state != store.PENDING or (record.blind and record.by not in desk.identities):
            why = "signed by you already" if record.blind else record.state
            hint = "one that counts goes when all who signed it sign that, too: lazpool circle cancel ID"
            whole = record.kind == store.RIDE and record.state == store.WHOLE
            raise RefusedError(f"this one is {why}", hint=hint if whole else "", code="wrong-state")
        if record.by in desk.identities:
            end(desk, circle, record, store.NO, text or "taken back")
        elif (asker := store.person(desk.node, circle.id, record.by)) is not None:
            write(desk, circle, asker, Signed(record.id, (), text or "no"), How(answers=record.letter))
            record.state, record.reason = store.NO, text
            store.save(desk.node, record)
            if record.kind == store.BIRTH:
                circle.state, circle.reason = store.REFUSED, text or "you said no"
                store.save(desk.node, circle)
    return find(desk, identifier)


def ask(desk: Desk, circle: Circle, record: Record, people: Collection[bytes]) -> None:
    """Sign what we recorded, and ask others to."""
    _sign(desk, circle, record)
    signatures = store.signatures(desk.node, record.id)
    body = (
        Founding(record.terms, signatures)
        if record.kind == store.BIRTH
        else Ride(record.terms, signatures, circle.digest)
    )
    for person in store.people(desk.node, circle.id):
        if person.identity in people:
            store.ask(desk.node, record.id, person.identity, write(desk, circle, person, body, How(awaits=True)))


def on_ride(desk: Desk, circle: Circle, person: Person, letter: Letter) -> None:
    """Take a whole ride; keep one that waits for our signature for our person; answer again what we have signed."""
    body = letter.body
    if not isinstance(body, Ride):
        raise MalformedError("shape", "not a ride")
    ride, signers = body.ride, [one.identity for one in body.signatures]
    if is_whole(ride, signers):
        circle_sync.on_whole_ride(desk, circle, person, letter, body)
        return
    if me(desk, circle) not in ride.present or person.identity not in signers:
        raise RefusedError("a ride that is not for us to sign", code="not-for-us")
    known = store.record(desk.node, ride.id)
    if known is None and len(store.records(desk.node, circle.id, store.RIDE, store.PENDING)) >= MAX_PENDING:
        raise RefusedError("too many rides wait for a signature", code="quota")
    record = circle_sync.keep(desk, circle, ride, body.signatures, person.identity)
    if record.blind:
        write(desk, circle, person, Signed(ride.id, store.signatures(desk.node, ride.id), ""), How(answers=letter.id))
    else:
        record.letter = letter.id
        store.save(desk.node, record)


def on_signed(desk: Desk, circle: Circle, person: Person, letter: Letter) -> None:
    """Take signatures under what we asked for, or were asked for; a founding that all signed stands."""
    body = letter.body
    if not isinstance(body, Signed):
        raise MalformedError("shape", "not signatures")
    if body.record == circle.founding and circle.state in store.BEGUN:
        if not body.signatures:
            person.state = store.GONE
            store.save(desk.node, person)
        tell(desk, circle, person, letter)
        return
    if circle.state == store.JOINING and not body.signatures and body.record == about(circle.id):
        circle.state, circle.reason = store.REFUSED, body.reason
        stop(desk, circle, person, Joining.KIND, 1)
        store.save(desk.node, circle)
        return
    record = store.record(desk.node, body.record)
    if record is None or record.circle != circle.id:
        raise RefusedError("signatures under nothing that we know", code="no-record")
    asked = store.asked(desk.node, record.id).get(person.identity)
    if record.by in desk.identities and asked is not None:
        stop(desk, circle, person, Founding.KIND if record.kind == store.BIRTH else Ride.KIND, asked)
        store.answered(desk.node, record.id, person.identity)
    if not body.signatures:
        _on_no(desk, circle, person, record, body.reason)
    elif record.kind == store.BIRTH:
        _on_founding_signed(desk, circle, person, record, letter)
    elif circle_sync.keep(desk, circle, record.ride, body.signatures, record.by).state == store.WHOLE:
        circle_sync.spread(desk, circle, find(desk, record.id))


def end(desk: Desk, circle: Circle, record: Record, state: str, reason: str) -> None:
    """Ask nobody any more, and tell those who were asked that it is over."""
    asked = store.asked(desk.node, record.id)
    for person in store.people(desk.node, circle.id):
        if (counter := asked.get(person.identity)) is not None:
            stop(desk, circle, person, Founding.KIND if record.kind == store.BIRTH else Ride.KIND, counter)
            store.answered(desk.node, record.id, person.identity)
        if state == store.NO and person.identity in record.decoded.signers:
            write(desk, circle, person, Signed(record.id, (), reason or "no"))
    record.state, record.reason = state, reason
    store.save(desk.node, record)


def lapse(desk: Desk, circle: Circle) -> None:
    """Wait no more for what was recorded a fortnight ago."""
    for record in store.records(desk.node, circle.id, store.RIDE, store.PENDING):
        if record.at + MAX_AGE < desk.minute:
            with desk.node.transaction():
                end(desk, circle, find(desk, record.id), store.LAPSED, "not everybody signed it in time")


def find(desk: Desk, identifier: bytes) -> Record:
    """Return a founding or a ride, or raise NotFoundError."""
    record = store.record(desk.node, identifier)
    if record is None:
        raise NotFoundError("there is no such ride", hint="lazpool circle show CIRCLE")
    return record


def circle_of(desk: Desk, record: Record) -> Circle:
    """Return the circle of a founding or a ride."""
    circle = store.get(desk.node, record.circle)
    if circle is None:
        raise NotFoundError("its circle is gone")
    return circle


def whole_rides(desk: Desk, circle: Circle) -> list[RideTerms]:
    """Return the rides of a circle that everybody signed who was there, counted or not."""
    return [one.ride for one in store.records(desk.node, circle.id, store.RIDE, store.WHOLE)]


def enter(desk: Desk, circle: Circle, record: Record) -> None:
    """Begin with a circle whose founding everybody signed: who is in it, and where they are written to."""
    terms, devices = (
        founding_from(record.terms),
        {one.identity: one.log_pk for one in store.signatures(desk.node, record.id)},
    )
    known = {one.identity: one for one in store.people(desk.node, circle.id)}
    for identity in known.keys() - set(terms.signers):
        store.drop(desk.node, circle.id, identity)
    for member in terms.members:
        if member.identity in desk.identities:
            continue
        person = known.get(member.identity) or store.Person(
            circle=circle.id, identity=member.identity, name=member.name, state=store.MEMBER, log=b"",
            card=pack_card(member.card),
        )  # fmt: skip
        person.name, person.state, person.log = member.name, store.MEMBER, devices[member.identity]
        store.save(desk.node, person)
    circle.state, circle.founding, circle.name, circle.previous = store.FOUNDED, record.id, terms.name, terms.previous
    record.state = store.WHOLE
    store.save(desk.node, record)
    store.save(desk.node, circle)


def _record(desk: Desk, circle: Circle, terms: RideTerms) -> Record:
    if circle.state != store.FOUNDED:
        raise RefusedError(f"this circle is {circle.state}", code="wrong-state")
    people, ours = {one.identity: one for one in store.people(desk.node, circle.id)}, me(desk, circle)
    for identity in terms.present:
        person = people.get(identity)
        if identity != ours and (person is None or person.state != store.MEMBER):
            raise RefusedError("somebody was present who is not in the circle any more", code="not-a-member")
    if ours not in terms.present:
        hint = "who was in the car records it: one of them types it, and the others sign"
        raise RefusedError("you were not in the car", hint=hint, code="not-present")
    with desk.node.transaction():
        record = circle_sync.keep(desk, circle, terms, (), ours)
        ask(desk, circle, record, terms.present)
    return find(desk, record.id)


def _sign(desk: Desk, circle: Circle, record: Record) -> None:
    terms, ours = record.decoded, me(desk, circle)
    device = _device_of(desk, ours)
    if isinstance(terms, RideTerms):
        signed = store.records(desk.node, circle.id, store.RIDE, store.PENDING, store.WHOLE)
        live = counted([one.ride for one in signed if one.blind and not one.ride.cancels] + whole_rides(desk, circle))
        check_signable(terms, [one for one in live if ours in one.present], desk.minute)
    record.blind = secrets.token_bytes(HASH)
    store.save(desk.node, record)
    mine = cosign(terms, device, desk.keys.log)
    if isinstance(terms, RideTerms):
        circle_sync.keep(desk, circle, terms, (mine,), record.by)  # of two in the car the second has it whole at once
    else:
        store.add_signatures(desk.node, record.id, [mine])
    logbook.note(desk, CIRCLE_RIDE if record.kind == store.RIDE else CIRCLE_FOUNDING, record.id, record.blind)


def _device_of(desk: Desk, identity: bytes) -> Device:
    try:
        return desk.device_of(identity)
    except RefusedError as wrong:
        wrong.hint = "found it anew, with the points of everybody: lazpool circle create NAME --after CIRCLE"
        raise


def _on_no(desk: Desk, circle: Circle, person: Person, record: Record, reason: str) -> None:
    if record.state != store.PENDING:
        return
    if record.by in desk.identities:
        end(desk, circle, record, store.NO, f"{person.name} says: {reason}"[:200])
        if record.kind == store.BIRTH:
            circle.state = store.GATHERING
            store.save(desk.node, circle)
            if (now := store.person(desk.node, circle.id, person.identity)) is not None:
                now.state = store.GONE
                store.save(desk.node, now)
    elif record.by == person.identity:
        record.state, record.reason = store.NO, reason
        store.save(desk.node, record)


def _on_founding_signed(desk: Desk, circle: Circle, person: Person, record: Record, letter: Letter) -> None:
    body = letter.body
    if not isinstance(body, Signed) or record.state != store.PENDING:
        return
    terms = founding_from(record.terms)
    for one in body.signatures:
        one.check(terms)
    store.add_signatures(desk.node, record.id, body.signatures)
    signatures = store.signatures(desk.node, record.id)
    if not is_whole(terms, [one.identity for one in signatures]):
        return
    enter(desk, circle, record)
    if record.by not in desk.identities:
        tell(desk, circle, store.person(desk.node, circle.id, person.identity) or person, letter)
        return
    for other in store.people(desk.node, circle.id):
        if other.state == store.MEMBER:
            other.push = write(desk, circle, other, Signed(record.id, signatures, ""), How(awaits=True))
            store.save(desk.node, other)
