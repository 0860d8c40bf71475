"""Posts heard from others and the matches among them, in board.db."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from lazpool.records.posts import Offer, Request, SignedPost, Withdrawal
from lazpool.rules.stamps import standing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from lazpool.rules.outline import Outline
    from lazpool.store.database import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A post of ours and one of theirs that fit; role: ours. Minutes, metres, units of 100 m, minor units, grams.

    delay: minutes to those aboard. *_spot, *_place: name and "lat lon" of the meeting place to walk to, or empty.
    """

    id: bytes
    role: str
    mine: bytes
    theirs: bytes
    depart: int
    pickup_at: int
    dropoff_at: int
    detour: float
    walk: int
    distance: int
    share: int
    unit: str
    co2: int
    estimated: int
    expires: int
    found: int
    delay: int = 0
    pickup_spot: str = ""
    pickup_place: str = ""
    dropoff_spot: str = ""
    dropoff_place: str = ""


_COLUMNS = [field.name for field in fields(Match)]
_KNOWN = (
    "SELECT 1 FROM posts WHERE id=?1 UNION ALL SELECT 1 FROM withdrawn WHERE id=?1 "
    "UNION ALL SELECT 1 FROM withdrawn WHERE post_id=?1 AND post_pk=?2"
)
_AREA = "INSERT OR IGNORE INTO post_areas VALUES (?,?,?)"
_OWN = b"\xff"
"""The standing of our own posts: none is higher."""
_ADD = f"INSERT OR IGNORE INTO posts VALUES ({','.join('?' * 24)})"  # noqa: S608 # only marks
_BOUNDS = {  # of what rules.outline.may_meet says, for the rows of a kind and mine, the part about times and boxes
    Offer.KIND: "first<=:last AND last>=:first AND south<=:south AND north>=:north AND west<=:west AND east>=:east",
    Request.KIND: "first<=:last AND last>=:first AND south>=:south AND north<=:north AND west>=:west AND east<=:east",
}
# The part about ends: p and q are squares of how far the first ends are apart, and the last, r is what both distances
# may come to together. It says sqrt(p) + sqrt(q) <= r without roots, which not every SQLite can draw.
_P, _Q = (f"({'+'.join(f'({one}-:{one})*({one}-:{one})' for one in axes)})" for axes in ("xyz", "uvw"))
_R = "(spare+:spare)"
_T = f"({_R}*{_R}-{_P}-{_Q})"
_ENDS = f"{_R}>=0 AND {_T}>=0 AND 4.0*{_P}*{_Q}<=1.0*{_T}*{_T}"
_CELLS = """SELECT json_extract(value, '$[0]') AS there, json_extract(value, '$[1]') AS since FROM json_each(:cells)"""
_MATCH = f"INSERT OR IGNORE INTO matches ({','.join(_COLUMNS)}) VALUES ({','.join('?' * len(_COLUMNS))})"  # noqa: S608 # our names


def is_known(db: Store, signed: SignedPost) -> bool:
    """Tell whether a post or withdrawal is on the board, or was withdrawn by its author."""
    return db.one(_KNOWN, (signed.id, signed.post.post_pk)) is not None


def add(db: Store, heard: Sequence[tuple[SignedPost, Outline, Iterable[int]]], *, now: int) -> None:
    """Put others' posts on the board, each with its outline and areas, in one go; `now` in minutes."""
    rows = [(*_row(signed, now), 0, *outlined, _standing(signed)) for signed, outlined, _ in heard]
    db.connection.executemany(_ADD, rows)
    _add_areas(db, [(signed.id, areas, _standing(signed)) for signed, _, areas in heard])


def add_own(db: Store, signed: SignedPost, areas: Iterable[int], *, now: int) -> None:
    """Put a post of ours on the board, where others get it but no match is looked for; `now` in minutes."""
    db.execute(_ADD, (*_row(signed, now), 1, *[None] * 15, _OWN))
    _add_areas(db, [(signed.id, areas, _OWN)])


def _add_areas(db: Store, heard: Iterable[tuple[bytes, Iterable[int], bytes]]) -> None:
    rows = [(identifier, area, rank) for identifier, areas, rank in heard for area in areas]
    db.connection.executemany(_AREA, rows)


def _standing(signed: SignedPost) -> bytes:
    return standing(signed.id, signed.post.expires)


def _row(signed: SignedPost, now: int) -> tuple[object, ...]:
    post = signed.post
    if isinstance(post, Withdrawal):
        raise TypeError("a withdrawal takes a post off the board")
    depart = post.depart if isinstance(post, Offer) else post.earliest
    return (signed.id, post.KIND, signed.envelope, post.post_pk, depart, post.expires, now)


def add_areas(db: Store, identifier: bytes, areas: Iterable[int]) -> None:
    """Note that what is on the board was heard in other areas, too."""
    here = "SELECT expires, own FROM posts WHERE id=?1 UNION ALL SELECT expires, 0 FROM withdrawn WHERE id=?1"
    if (row := db.one(here, (identifier,))) is not None:
        _add_areas(db, [(identifier, areas, _OWN if row[1] else standing(identifier, row[0]))])


def weakest(db: Store, area: int | None = None) -> tuple[bytes, bytes] | None:
    """Return standing and id of what goes first in an area, or of the post that does on the whole board."""
    if area is None:
        row = db.one("SELECT standing, id FROM posts ORDER BY standing LIMIT 1")
    else:
        row = db.one("SELECT standing, id FROM post_areas WHERE area=? ORDER BY standing LIMIT 1", (area,))
    return (row[0], row[1]) if row else None


def evict(db: Store, identifier: bytes, area: int | None = None) -> None:
    """Take a post or withdrawal out of an area, or off the board; one that is in no area is nowhere."""
    if area is not None:
        db.execute("DELETE FROM post_areas WHERE id=? AND area=?", (identifier, area))
        if db.one("SELECT 1 FROM post_areas WHERE id=?", (identifier,)) is not None:
            return
    db.execute("DELETE FROM matches WHERE theirs=?", (identifier,))
    db.execute("DELETE FROM posts WHERE id=?", (identifier,))
    db.execute("DELETE FROM withdrawn WHERE id=?", (identifier,))


def withdraw(db: Store, signed: SignedPost, areas: Iterable[int]) -> None:
    """Keep a withdrawal for these areas and those of its post, and take the post off if it is here by the same key.

    For a post that never was here it is kept, too: it silences only what its own key has signed.
    """
    post = signed.post
    if not isinstance(post, Withdrawal):
        raise TypeError("only a withdrawal takes a post off the board")
    values = (signed.id, post.post_id, post.post_pk, signed.envelope, post.expires)
    db.execute("INSERT OR IGNORE INTO withdrawn VALUES (?,?,?,?,?)", values)
    _add_areas(db, [(signed.id, areas, _standing(signed))])
    if db.one("SELECT 1 FROM posts WHERE id=? AND post_pk=?", (post.post_id, post.post_pk)) is not None:
        areas_too = "INSERT OR IGNORE INTO post_areas SELECT ?, area, ? FROM post_areas WHERE id=?"
        db.execute(areas_too, (signed.id, _standing(signed), post.post_id))
        db.execute("DELETE FROM posts WHERE id=?", (post.post_id,))
        db.execute("DELETE FROM matches WHERE mine=?1 OR theirs=?1", (post.post_id,))


def get(db: Store, identifier: bytes) -> sqlite3.Row | None:
    """Return a post's row: id, kind, envelope, post_pk, depart, expires, heard, own."""
    return db.one("SELECT * FROM posts WHERE id=?", (identifier,))


def posts(db: Store, *, kind: int | None = None, own: bool | None = None) -> list[sqlite3.Row]:
    """Return the posts on the board, soonest departure first."""
    sql = "SELECT * FROM posts WHERE (? IS NULL OR kind=?) AND (? IS NULL OR own=?) ORDER BY depart, id"
    return db.all(sql, (kind, kind, own, own))


def near(
    db: Store, kind: int, cells: Iterable[tuple[int, int]] | None, mine: Outline
) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield id, envelope and shape of others' posts of a kind whose times, boxes and ends allow a match with mine.

    cells: where to look, each with the earliest `first` there, as rules.outline.cells_near says; None for everywhere.
    All cells go into one statement: to begin one takes longer than to look into a cell.
    """
    sql = f"own=0 AND kind=:kind AND {_BOUNDS[kind]} AND {_ENDS}"
    values: dict[str, object] = {**mine._asdict(), "kind": kind, "shape": None}
    if cells is None:
        sql = f"SELECT id, envelope, shape FROM posts WHERE {sql}"  # noqa: S608 # our words
    else:
        values["cells"] = json.dumps(list(cells))
        sql = f"SELECT id, envelope, shape FROM ({_CELLS}) CROSS JOIN posts WHERE {sql} AND cell=there AND first>=since"  # noqa: S608 # our words
    found = db.connection.execute(sql, values)
    found.row_factory = None  # plain tuples, which are quicker to make
    yield from found


def post_ids(db: Store) -> list[bytes]:
    """Return the ids of all posts on the board."""
    return [row[0] for row in db.all("SELECT id FROM posts")]


def withdrawn(db: Store) -> list[bytes]:
    """Return the ids of the posts that were withdrawn and would not have expired yet."""
    return [row[0] for row in db.all("SELECT post_id FROM withdrawn")]


def count_withdrawn(db: Store) -> int:
    """Count the withdrawals on the board."""
    return db.number("SELECT count(*) FROM withdrawn")


def count(db: Store) -> int:
    """Count the posts on the board."""
    return db.number("SELECT count(*) FROM posts")


def count_kinds(db: Store) -> dict[int, int]:
    """Count the posts on the board by kind."""
    return dict(tuple(row) for row in db.all("SELECT kind, count(*) FROM posts GROUP BY kind"))


def count_areas(db: Store) -> list[tuple[int, int]]:
    """Return each area that has posts or withdrawals with how many, the busiest first."""
    sql = "SELECT area, count(*) FROM post_areas GROUP BY area ORDER BY 2 DESC, 1"
    return [(row[0], row[1]) for row in db.all(sql)]


def count_area(db: Store, area: int) -> int:
    """Count the posts and withdrawals of an area."""
    return db.number("SELECT count(*) FROM post_areas WHERE area=?", (area,))


def envelopes(db: Store, wanted: Iterable[bytes]) -> dict[bytes, bytes]:
    """Return the envelopes of those posts and withdrawals that are here, by id."""
    sql = "SELECT envelope FROM posts WHERE id=?1 UNION ALL SELECT envelope FROM withdrawn WHERE id=?1"
    found = ((one, db.one(sql, (one,))) for one in wanted)
    return {one: row[0] for one, row in found if row is not None}


def expire(db: Store, minute: int) -> int:
    """Delete what expired before that minute; return how many posts."""
    db.execute("DELETE FROM matches WHERE expires<?", (minute,))
    db.execute("DELETE FROM withdrawn WHERE expires<?", (minute,))
    return db.execute("DELETE FROM posts WHERE expires<?", (minute,)).rowcount


def add_match(db: Store, match: Match) -> bool:
    """Store a match; return whether it is new."""
    return db.execute(_MATCH, [getattr(match, name) for name in _COLUMNS]).rowcount > 0


def matches(db: Store, mine: bytes | None = None) -> list[Match]:
    """Return the matches, of one own post or of all, the least detour first."""
    sql = "SELECT * FROM matches WHERE ? IS NULL OR mine=? ORDER BY depart, detour"
    return [Match(**dict(row)) for row in db.all(sql, (mine, mine))]


def match(db: Store, identifier: bytes) -> Match | None:
    """Return one match."""
    row = db.one("SELECT * FROM matches WHERE id=?", (identifier,))
    return Match(**dict(row)) if row else None


def forget_matches(db: Store, mine: bytes) -> None:
    """Forget the matches of an own post."""
    db.execute("DELETE FROM matches WHERE mine=?", (mine,))


def best_matches(db: Store, mine: bytes, most: int) -> list[Match]:
    """Return the matches of an own post with the least detour."""
    sql = "SELECT * FROM matches WHERE mine=? ORDER BY detour, id LIMIT ?"
    return [Match(**dict(row)) for row in db.all(sql, (mine, most))]


def set_detour(db: Store, identifier: bytes, minutes: float) -> None:
    """Note the detour of a match as it is by road."""
    db.execute("UPDATE matches SET detour=?, estimated=0 WHERE id=?", (minutes, identifier))


def kind_name(kind: int) -> str:
    """Return the word for a kind of post."""
    return {Offer.KIND: "offer", Request.KIND: "request"}.get(kind, "withdrawal")
