"""Deals in node.db: one row a deal, on each side its own."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from lazpool.rules.negotiation import OPEN, SEATED, Role, State

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from lazpool.store.database import Store


@dataclass(slots=True, kw_only=True)
class Deal:
    """A deal as one side knows it; empty bytes and text stand for what is not known yet.

    offer: the envelope. post_id: our own post behind it. about: the post that our letters are about. own_tag: the tag
    of the newest card we gave. peer*: the other person; peer_card: where to write to them; card_counter: counter of the
    letter it came in; peer_iban: told for transfers. detour: minutes it costs (driver), by road unless `estimated`.
    legs: the legs of the route that the passenger's seat takes, "i,j", pickup_pos, dropoff_pos: where their stops stand
    in the order of stops (driver; see rules/itinerary.py). max_delay: minutes by which pick-up and drop-off may be
    later than agreed. own_places: where we meet, as in peer_places (passenger). pickup_spot, dropoff_spot: names of
    meeting places. counter: letters sent. boarding: the counter of the letter with the newest code that was not refused
    (driver), or was right (passenger). series: the id of the first deal of the same ride on several dates. by: who
    ended it, "us" or "them". depart, ends, answer_by, created and changed: minutes. flags: the request's conditions.
    """

    id: bytes
    role: Role
    state: State
    offer_id: bytes
    offer: bytes
    post_id: bytes = b""
    about: bytes = b""
    own_tag: bytes = b""
    terms: bytes = b""
    passenger_sig: bytes = b""
    offer_sig: bytes = b""
    bind_sig: bytes = b""
    peer: bytes = b""
    peer_log: bytes = b""
    peer_cert: bytes = b""
    peer_card: bytes = b""
    peer_name: str = ""
    peer_contact: str = ""
    peer_iban: str = ""
    peer_places: str = ""
    legs: str = ""
    detour: float = 0.0
    pickup_pos: float = 0.0
    dropoff_pos: float = 0.0
    max_delay: int = 0
    own_places: str = ""
    pickup_spot: str = ""
    dropoff_spot: str = ""
    code: str = ""
    tries: int = 0
    counter: int = 0
    card_counter: int = 0
    boarding: int = 0
    series: bytes = b""
    reason: str = ""
    by: str = ""
    depart: int
    ends: int
    answer_by: int
    created: int
    changed: int
    flags: int = 0
    estimated: int = 1


_COLUMNS = [field.name for field in fields(Deal)]
_INSERT = f"INSERT INTO deals ({','.join(_COLUMNS)}) VALUES ({','.join('?' * len(_COLUMNS))})"  # noqa: S608 # our own names
_UPDATE = f"UPDATE deals SET {','.join(f'{name}=?' for name in _COLUMNS)} WHERE id=?"  # noqa: S608 # the same

_KNOWN = sorted({State.AGREED, State.RIDING, State.RECEIPTED, State.CANCELLED, State.CLAIMED})
"""States in which each side knows who the other is."""
_THREADS = (
    "FROM deals d JOIN boxes b ON b.tag=d.own_tag WHERE length(d.peer_log)>0 "
    f"AND d.state IN ({','.join('?' * len(_KNOWN))})"
)


def add(db: Store, deal: Deal) -> None:
    """Store a new deal."""
    db.execute(_INSERT, _values(deal))


def save(db: Store, deal: Deal) -> None:
    """Store what changed in a deal."""
    db.execute(_UPDATE, [*_values(deal), deal.id])


def put(db: Store, deal: Deal) -> None:
    """Store a deal, new or not."""
    (save if get(db, deal.id) else add)(db, deal)


def count_open(db: Store, post_id: bytes) -> int:
    """Count the open deals behind one of our posts."""
    marks = ",".join("?" * len(OPEN))
    sql = f"SELECT count(*) FROM deals WHERE post_id=? AND state IN ({marks})"  # noqa: S608 # only marks
    return db.number(sql, (post_id, *sorted(OPEN)))


def get(db: Store, identifier: bytes) -> Deal | None:
    """Return one deal."""
    row = db.one("SELECT * FROM deals WHERE id=?", (identifier,))
    return _deal(row) if row else None


def all_deals(db: Store) -> list[Deal]:
    """Return every deal, oldest first."""
    return [_deal(row) for row in db.all("SELECT * FROM deals ORDER BY created, rowid")]


def of_series(db: Store, series: bytes) -> list[Deal]:
    """Return the deals of a series, soonest departure first."""
    sql = "SELECT * FROM deals WHERE series=? AND series<>x'' ORDER BY depart, rowid"
    return [_deal(row) for row in db.all(sql, (series,))]


def of_offer(db: Store, offer_id: bytes, role: Role, states: Iterable[State]) -> list[Deal]:
    """Return our deals in that role about an offer, in any of the states."""
    wanted = sorted(states)
    marks = ",".join("?" * len(wanted))
    sql = f"SELECT * FROM deals WHERE offer_id=? AND role=? AND state IN ({marks}) ORDER BY created, id"  # noqa: S608 # only marks
    return [_deal(row) for row in db.all(sql, (offer_id, role, *wanted))]


def of_post(db: Store, post_id: bytes) -> list[Deal]:
    """Return the deals behind one of our posts, oldest first."""
    return [_deal(row) for row in db.all("SELECT * FROM deals WHERE post_id=? ORDER BY created, rowid", (post_id,))]


def seated(db: Store, offer_id: bytes) -> list[Deal]:
    """Return the deals whose passengers have a seat in the trip of our offer, whichever post it was agreed on."""
    trip = db.all(
        "SELECT post FROM renewals WHERE first=(SELECT coalesce(max(first), ?1) FROM renewals WHERE post=?1) "
        "UNION SELECT coalesce(max(first), ?1) FROM renewals WHERE post=?1",
        (offer_id,),
    )
    found = [deal for row in trip for deal in of_offer(db, row[0], Role.DRIVER, SEATED)]
    return [deal for deal in found if deal.legs]  # a ride whose receipt alone came back took a seat that nobody knows


def open_deals(db: Store) -> list[Deal]:
    """Return the deals that still need somebody or something."""
    marks = ",".join("?" * len(OPEN))
    return [_deal(row) for row in db.all(f"SELECT * FROM deals WHERE state IN ({marks})", sorted(OPEN))]  # noqa: S608 # only marks


def thread_with(db: Store, peer: bytes) -> Deal | None:
    """Return the deal by whose cards a person is written to: the newest with them in which they can answer us.

    Both sides find the same one, since it is the terms that say when a ride ends.
    """
    return next(iter(threads_with(db, peer, most=1)), None)


def threads_with(db: Store, peer: bytes, most: int) -> list[Deal]:
    """Return the deals by which a person can be written to, newest first."""
    sql = f"SELECT d.* {_THREADS} AND d.peer=? ORDER BY d.ends DESC, d.id LIMIT ?"
    return [_deal(row) for row in db.all(sql, (*_KNOWN, peer, most))]


def peers(db: Store) -> list[bytes]:
    """Return everybody whom we can write to."""
    return [row[0] for row in db.all(f"SELECT DISTINCT d.peer {_THREADS} ORDER BY d.peer", _KNOWN)]


def first_with(db: Store, peer: bytes) -> int:
    """Return the minute of the first deal with a person."""
    return db.number("SELECT min(created) FROM deals WHERE peer=?", (peer,))


def threads(db: Store) -> list[Deal]:
    """Return for each person the deal by whose cards they are written to."""
    return [deal for peer in peers(db) if (deal := thread_with(db, peer)) is not None]


def open_under(db: Store, log: bytes) -> list[Deal]:
    """Return the open deals that were made under an old log, whose partner can be written to."""
    marks = ",".join("?" * len(OPEN))
    sql = (
        f"SELECT * FROM deals WHERE length(peer_log)>0 AND length(peer_card)>0 AND state IN ({marks}) "  # noqa: S608 # marks
        "AND id IN (SELECT deal FROM deal_logs WHERE log=?) ORDER BY created, id"
    )
    return [_deal(row) for row in db.all(sql, (*sorted(OPEN), log))]


def newest_threads(db: Store, most: int) -> list[Deal]:
    """Return by which deals the people are written to with whom we rode last, one deal a person."""
    newest = f"SELECT d.peer, max(d.ends) AS ends {_THREADS} AND d.state=? GROUP BY d.peer"
    sql = f"SELECT peer FROM ({newest}) ORDER BY ends DESC, peer LIMIT ?"  # noqa: S608 # our own names
    rows = db.all(sql, (*_KNOWN, State.RECEIPTED, most))
    found = [thread_with(db, row["peer"]) for row in rows]
    return [deal for deal in found if deal is not None]


def closing_threads(db: Store, before: int, since: int) -> list[bytes]:
    """Return the newest deal with each person, if our card in it expires before a minute and it ended since another."""
    newest = f"SELECT d.id, b.expires, max(d.ends) AS ends {_THREADS} GROUP BY d.peer"
    sql = f"SELECT id FROM ({newest}) WHERE expires<? AND ends>=?"  # noqa: S608 # our own names
    return [row[0] for row in db.all(sql, (*_KNOWN, before, since))]


def add_note(db: Store, deal: bytes, text: str, *, mine: bool, now: int) -> None:
    """Keep a message of a deal."""
    db.execute("INSERT INTO notes (deal, mine, text, at) VALUES (?,?,?,?)", (deal, int(mine), text, now))


def notes(db: Store, deal: bytes) -> list[sqlite3.Row]:
    """Return the messages of a deal, oldest first: mine, text, at."""
    return db.all("SELECT * FROM notes WHERE deal=? ORDER BY id", (deal,))


def _values(deal: Deal) -> list[object]:
    return [getattr(deal, name) for name in _COLUMNS]


def _deal(row: sqlite3.Row) -> Deal:
    values = dict(row)
    return Deal(**{**values, "role": Role(values["role"]), "state": State(values["state"])})
