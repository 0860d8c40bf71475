"""What we do with a circle: where everybody in it stands, how we leave it, and what it needs from day to day.

Gathering and founding one is circle_founding; signing its rides circle_signing; letters that come in circle_inbox.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.actions import circle_letters, circle_signing, circle_sync
from lazpool.actions.circle_letters import me, stop, write
from lazpool.actions.letters import How
from lazpool.errors import RefusedError
from lazpool.records.circle_bodies import Joining, Ride, Signed
from lazpool.records.circles import about, founding_from
from lazpool.rules import circles as rules
from lazpool.rules.turns import standings
from lazpool.store import circles as store

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.rules.turns import Standing
    from lazpool.store.circles import Circle


def leave(desk: Desk, circle: Circle) -> None:
    """Take part no more: the others are told; what was signed stays signed. An invitation is forgotten."""
    with desk.node.transaction():
        if circle.state == store.FOUNDED:
            circle.state = store.LEFT
            store.save(desk.node, circle)
            for person in store.people(desk.node, circle.id):
                if person.state == store.MEMBER:
                    for kind in (Ride.KIND, Signed.KIND):
                        stop(desk, circle, person, kind, person.push)
                    person.push = write(desk, circle, person, Signed(circle.founding, (), "left"), How(awaits=True))
                    store.save(desk.node, person)
            for record in store.records(desk.node, circle.id, store.RIDE, store.PENDING):
                if record.by in desk.identities:
                    circle_signing.end(desk, circle, record, store.NO, "the member who recorded it left")
        elif circle.state in {store.INVITED, store.GATHERING, store.JOINING, *store.OVER}:
            for person in store.people(desk.node, circle.id):
                stop(desk, circle, person, Joining.KIND, 1)
                if circle.state == store.GATHERING and person.log:
                    write(desk, circle, person, Signed(about(circle.id), (), "the circle is not founded"))
            store.remove(desk.node, circle.id)
        else:
            raise RefusedError("the founding is under way", hint="lazpool circle refuse ID", code="wrong-state")


def members(desk: Desk, circle: Circle) -> dict[bytes, str]:
    """Return who is in a circle and what they call themselves, ourselves included."""
    found = {one.identity: one.name for one in store.people(desk.node, circle.id)}
    return {me(desk, circle): desk.config.name, **found} if circle.state != store.INVITED else found


def stand(desk: Desk, circle: Circle) -> dict[bytes, Standing]:
    """Return where every member stands after all rides that count."""
    record = store.record(desk.node, circle.founding)
    if record is None or record.state != store.WHOLE:
        raise RefusedError(f"this circle is {circle.state}: not everybody has signed yet", code="wrong-state")
    terms = founding_from(record.terms)
    counted = rules.counted(circle_signing.whole_rides(desk, circle))
    return standings(terms.signers, rules.drives(counted), terms.carried)


def tick(desk: Desk) -> None:
    """Lapse what nobody signed, compare a day after the last change, and renew cards."""
    for circle in store.every(desk.node):
        if circle.state in store.BEGUN:
            circle_signing.lapse(desk, circle)
            with desk.node.transaction():
                circle_sync.compare(desk, circle)
        if circle.own_tag and circle.state not in store.OVER:
            circle_letters.renew(desk, circle)
