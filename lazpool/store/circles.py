"""The circles that we are in or gather, who is in them, and what they signed; in node.db."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from lazpool.records.circles import CoSignature, RideTerms, founding_from, ride_from

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from lazpool.records.circles import FoundingTerms
    from lazpool.store.database import Store

INVITED, JOINING, GATHERING, FOUNDING, FOUNDED, REFUSED, LEFT = (
    *("invited", "joining", "gathering", "founding", "founded"),
    *("refused", "left"),
)
"""States of a circle: we are asked, have said yes, gather it, wait for signatures; it stands; it is over for us."""
BEGUN = {FOUNDED, LEFT}
"""States after its founding: all have signed it."""
OVER = {REFUSED, LEFT}
"""States in which it is over for us."""
ASKS, MEMBER, GONE = "asks", "member", "gone"
"""States of somebody in it: wants to be in it, is in it, has left."""
PENDING, WHOLE, LAPSED, NO = "pending", "whole", "lapsed", "refused"
"""States of a founding or a ride: not everybody has signed yet, or all have; we wait no more; somebody said no."""
RIDE, BIRTH = "ride", "founding"


@dataclass(slots=True, kw_only=True)
class Circle:
    """A circle. id: the nonce. founder, card: who gathers it, and where to write to them until it is founded.

    founding: id of the founding that stands or waits. previous: of the one before. own_tag: of the newest card we gave.
    digest, changed: of all whole rides, and the second since which. reason: why it is over.
    """

    id: bytes
    name: str
    state: str
    founder: bytes
    card: bytes
    founding: bytes = b""
    previous: bytes = b""
    own_tag: bytes = b""
    digest: bytes
    changed: int
    created: int
    reason: str = ""


@dataclass(slots=True, kw_only=True)
class Person:
    """Somebody else in a circle. log: of the device that signs their letters. card_counter: of the card.

    counter: of our newest letter to them. push, ask: of the letters that tell them of whole records and that ask for
    some, while they are unanswered, or 0. day: the last day that is asked for. told: the digest that they told last.
    tried: their and our digests when we last asked them for all. checked: our digest when we last asked unprompted.
    """

    circle: bytes
    identity: bytes
    name: str
    state: str
    log: bytes
    card: bytes
    card_counter: int = 0
    counter: int = 0
    push: int = 0
    ask: int = 0
    day: int = 0
    told: bytes = b""
    tried: bytes = b""
    checked: bytes = b""


@dataclass(slots=True, kw_only=True)
class Record:
    """A founding or a ride. by: who asks for the signatures. letter: by which they asked us. blind: if we signed.

    counters are not kept: letters that ask for signatures are found by their kind. day: 0 for a founding.
    """

    id: bytes
    circle: bytes
    kind: str
    state: str
    terms: bytes
    day: int = 0
    by: bytes
    letter: bytes = b""
    blind: bytes = b""
    reason: str = ""
    at: int

    @property
    def ride(self) -> RideTerms:
        """The terms of a ride."""
        return ride_from(self.terms)

    @property
    def decoded(self) -> FoundingTerms | RideTerms:
        """The terms."""
        return founding_from(self.terms) if self.kind == BIRTH else ride_from(self.terms)


def _saving(table: str, row: type) -> tuple[list[str], str]:
    columns = [field.name for field in fields(row)]
    names, marks = ",".join(f'"{name}"' for name in columns), ",".join("?" * len(columns))
    return columns, f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 # our own names


_SAVE = {
    Circle: _saving("circles", Circle),
    Person: _saving("circle_people", Person),
    Record: _saving("circle_records", Record),
}


def save(db: Store, row: Circle | Person | Record) -> None:
    """Store a row, or what changed in it."""
    columns, sql = _SAVE[type(row)]
    db.execute(sql, [getattr(row, name) for name in columns])


def get(db: Store, identifier: bytes) -> Circle | None:
    """Return one circle."""
    row = db.one("SELECT * FROM circles WHERE id=?", (identifier,))
    return Circle(**_dict(row)) if row else None


def every(db: Store) -> list[Circle]:
    """Return all circles, oldest first."""
    return [Circle(**_dict(row)) for row in db.all("SELECT * FROM circles ORDER BY created, id")]


def remove(db: Store, identifier: bytes) -> None:
    """Forget a circle that was never founded."""
    for sql in ("DELETE FROM circle_people WHERE circle=?", "DELETE FROM circles WHERE id=?"):
        db.execute(sql, (identifier,))
    db.execute("DELETE FROM boxes WHERE deal=?", (identifier,))


def people(db: Store, circle: bytes) -> list[Person]:
    """Return who else is in a circle, by key."""
    return [
        Person(**_dict(row))
        for row in db.all("SELECT * FROM circle_people WHERE circle=? ORDER BY identity", (circle,))
    ]


def drop(db: Store, circle: bytes, identity: bytes) -> None:
    """Forget somebody who was not taken in."""
    db.execute("DELETE FROM circle_people WHERE circle=? AND identity=?", (circle, identity))


def person(db: Store, circle: bytes, identity: bytes) -> Person | None:
    """Return somebody else in a circle."""
    row = db.one("SELECT * FROM circle_people WHERE circle=? AND identity=?", (circle, identity))
    return Person(**_dict(row)) if row else None


def record(db: Store, identifier: bytes) -> Record | None:
    """Return a founding or a ride."""
    row = db.one("SELECT * FROM circle_records WHERE id=?", (identifier,))
    return Record(**_dict(row)) if row else None


def records(db: Store, circle: bytes, kind: str, *states: str) -> list[Record]:
    """Return the foundings or rides of a circle in these states, by day."""
    marks = ",".join("?" * len(states))
    sql = f"SELECT * FROM circle_records WHERE circle=? AND kind=? AND state IN ({marks}) ORDER BY day, at, id"  # noqa: S608 # only marks
    return [Record(**_dict(row)) for row in db.all(sql, (circle, kind, *states))]


def signed(db: Store) -> list[Record]:
    """Return all that we signed."""
    return [Record(**_dict(row)) for row in db.all("SELECT * FROM circle_records WHERE blind<>x'' ORDER BY id")]


def signatures(db: Store, identifier: bytes) -> tuple[CoSignature, ...]:
    """Return the signatures under a founding or a ride, by key."""
    sql = "SELECT identity, log, certificate, signature FROM circle_signatures WHERE record=? ORDER BY identity"
    return tuple(CoSignature(*row) for row in db.all(sql, (identifier,)))


def add_signatures(db: Store, identifier: bytes, found: Iterable[CoSignature]) -> None:
    """Keep signatures that were checked; of one person the first stays."""
    for one in found:
        values = (identifier, one.identity, one.log_pk, one.certificate, one.signature)
        db.execute("INSERT OR IGNORE INTO circle_signatures VALUES (?,?,?,?,?)", values)


def asked(db: Store, identifier: bytes) -> dict[bytes, int]:
    """Return who is asked to sign a founding or a ride, and has not answered, with the counter of the letter."""
    return dict(db.all("SELECT identity, counter FROM circle_asked WHERE record=?", (identifier,)))  # type: ignore[arg-type] # rows are pairs


def ask(db: Store, identifier: bytes, identity: bytes, counter: int) -> None:
    """Note that somebody is asked to sign."""
    db.execute("INSERT OR REPLACE INTO circle_asked VALUES (?,?,?)", (identifier, identity, counter))


def answered(db: Store, identifier: bytes, identity: bytes) -> None:
    """Note that somebody has answered, or is asked no more."""
    db.execute("DELETE FROM circle_asked WHERE record=? AND identity=?", (identifier, identity))


def whole_ids(db: Store, circle: bytes) -> list[tuple[int, bytes]]:
    """Return day and id of the rides of a circle that everybody signed, newest day first."""
    sql = "SELECT day, id FROM circle_records WHERE circle=? AND kind=? AND state=? ORDER BY day DESC, id"
    return [(row[0], row[1]) for row in db.all(sql, (circle, RIDE, WHOLE))]


def _dict(row: sqlite3.Row) -> dict[str, Any]:
    return dict(row)
