"""The schema of board.db: what was heard from others. WAL, synchronous=NORMAL; it may be deleted and heals by sync."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.store.node_schema import run_script

if TYPE_CHECKING:
    import sqlite3

    from sqlite_utils import Database, Migrations

APPLICATION_ID = 0x4C5A4231
VERSION = 9

_FIRST = """
CREATE TABLE posts (
    id BLOB PRIMARY KEY, kind INTEGER NOT NULL, envelope BLOB NOT NULL, post_pk BLOB NOT NULL, depart INTEGER NOT NULL,
    expires INTEGER NOT NULL, heard INTEGER NOT NULL, own INTEGER NOT NULL
) STRICT;

CREATE TABLE post_areas (
    area INTEGER NOT NULL, id BLOB NOT NULL, PRIMARY KEY (area, id)
) STRICT, WITHOUT ROWID;

-- Posts that their authors took back, kept until the post would have expired.
CREATE TABLE withdrawn (
    post_id BLOB PRIMARY KEY, id BLOB NOT NULL UNIQUE, envelope BLOB NOT NULL, expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE matches (
    id BLOB PRIMARY KEY, role TEXT NOT NULL, mine BLOB NOT NULL, theirs BLOB NOT NULL, depart INTEGER NOT NULL,
    pickup_at INTEGER NOT NULL, dropoff_at INTEGER NOT NULL, detour REAL NOT NULL, walk INTEGER NOT NULL,
    distance INTEGER NOT NULL, share INTEGER NOT NULL, unit TEXT NOT NULL, co2 INTEGER NOT NULL,
    estimated INTEGER NOT NULL, expires INTEGER NOT NULL, found INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Letters held for others: tags that their owners opened here, and what was deposited.
CREATE TABLE tags (
    tag BLOB PRIMARY KEY, owner BLOB NOT NULL, until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tags_owner ON tags (owner);

CREATE TABLE held (
    id BLOB NOT NULL, tag BLOB NOT NULL, depositor BLOB NOT NULL, letter BLOB NOT NULL, at INTEGER NOT NULL,
    expires INTEGER NOT NULL, PRIMARY KEY (tag, id)
) STRICT;
CREATE INDEX held_depositor ON held (depositor, at);
"""

# Posts have another format since groups; the board fills again by sync.
_GROUPS = """
DELETE FROM posts;
DELETE FROM post_areas;
DELETE FROM withdrawn;
DELETE FROM matches;
"""

# How posts of others are found; see rules/outline.py. Our own ones have no cell, so nobody finds them here.
_OUTLINES = """
ALTER TABLE posts ADD COLUMN cell INTEGER;
ALTER TABLE posts ADD COLUMN first INTEGER;
ALTER TABLE posts ADD COLUMN last INTEGER;
ALTER TABLE posts ADD COLUMN south INTEGER;
ALTER TABLE posts ADD COLUMN north INTEGER;
ALTER TABLE posts ADD COLUMN west INTEGER;
ALTER TABLE posts ADD COLUMN east INTEGER;
ALTER TABLE posts ADD COLUMN shape BLOB;
CREATE INDEX posts_outline ON posts (kind, cell, first, last, south, north, west, east) WHERE own=0;
"""

_WALKS = """
ALTER TABLE matches ADD COLUMN delay INTEGER NOT NULL DEFAULT 0;
ALTER TABLE matches ADD COLUMN pickup_spot TEXT NOT NULL DEFAULT '';
ALTER TABLE matches ADD COLUMN pickup_place TEXT NOT NULL DEFAULT '';
ALTER TABLE matches ADD COLUMN dropoff_spot TEXT NOT NULL DEFAULT '';
ALTER TABLE matches ADD COLUMN dropoff_place TEXT NOT NULL DEFAULT '';
"""

# Whatever is compared is in the index, and only what may match is read from the table.
_ENDS = """
ALTER TABLE posts ADD COLUMN x INTEGER;
ALTER TABLE posts ADD COLUMN y INTEGER;
ALTER TABLE posts ADD COLUMN z INTEGER;
ALTER TABLE posts ADD COLUMN u INTEGER;
ALTER TABLE posts ADD COLUMN v INTEGER;
ALTER TABLE posts ADD COLUMN w INTEGER;
ALTER TABLE posts ADD COLUMN spare INTEGER;
DROP INDEX posts_outline;
"""
_INDEX = """
CREATE INDEX posts_outline ON posts (kind, cell, first, last, south, north, west, east, x, y, z, u, v, w, spare)
WHERE own=0;
"""
_FORKS = "CREATE TABLE forks (log BLOB PRIMARY KEY, proof BLOB NOT NULL, at INTEGER NOT NULL) STRICT"

# Withdrawals have another format: they say when, and are kept for posts that were never here. What was in post_areas of
# posts that are gone goes with them, without a search through all areas. The other indices are for housekeeping.
_SETS = """
DROP TABLE withdrawn;
CREATE TABLE withdrawn (
    id BLOB PRIMARY KEY, post_id BLOB NOT NULL, post_pk BLOB NOT NULL, envelope BLOB NOT NULL, expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX withdrawn_post ON withdrawn (post_id, post_pk);
ALTER TABLE post_areas RENAME TO old_areas;
CREATE TABLE post_areas (
    id BLOB NOT NULL, area INTEGER NOT NULL, PRIMARY KEY (id, area)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO post_areas SELECT id, area FROM old_areas WHERE id IN (SELECT id FROM posts);
DROP TABLE old_areas;
CREATE INDEX post_areas_area ON post_areas (area);
CREATE INDEX posts_expires ON posts (expires, id);
CREATE INDEX withdrawn_expires ON withdrawn (expires);
CREATE TRIGGER post_gone AFTER DELETE ON posts BEGIN DELETE FROM post_areas WHERE id=old.id; END;
CREATE TRIGGER withdrawal_gone AFTER DELETE ON withdrawn BEGIN DELETE FROM post_areas WHERE id=old.id; END;
"""

# Who stays on a full board, rules/stamps.py; x'ff' for our own.
_STAMPS = """
ALTER TABLE posts ADD COLUMN standing BLOB NOT NULL DEFAULT x'ff';
ALTER TABLE post_areas ADD COLUMN standing BLOB NOT NULL DEFAULT x'ff';
DROP INDEX post_areas_area;
CREATE INDEX post_areas_standing ON post_areas (area, standing);
CREATE INDEX posts_standing ON posts (standing);
"""

# What hubs say of themselves; the own one of a hub, too. teller: the node that brought it, empty for an invitation and
# for our own. met: the minute at which it last turned out to be a hub, 0 for never.
_HUB_RECORDS = """
CREATE TABLE hub_records (
    node_pk BLOB PRIMARY KEY, id BLOB NOT NULL, envelope BLOB NOT NULL, made INTEGER NOT NULL, until INTEGER NOT NULL,
    teller BLOB NOT NULL, met INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX hub_records_teller ON hub_records (teller, made);
"""


def migrations() -> Migrations:
    """Return the migrations of board.db, in order."""
    from sqlite_utils import Migrations  # noqa: PLC0415 # see database._apply

    steps = Migrations("lazpool-board")

    @steps(name="first")
    def first(database: Database) -> None:
        run_script(database, _FIRST)

    @steps(name="groups")
    def groups(database: Database) -> None:
        run_script(database, _GROUPS)

    @steps(name="outlines")
    def outlines(database: Database) -> None:
        run_script(database, _OUTLINES)

    @steps(name="walks")
    def walks(database: Database) -> None:
        run_script(database, _WALKS)

    @steps(name="ends")
    def ends(database: Database) -> None:
        run_script(database, _ENDS)
        _outline_all(database.conn)
        run_script(database, _INDEX)

    @steps(name="sets")
    def sets(database: Database) -> None:
        run_script(database, _SETS)

    @steps(name="stamps")
    def stamps(database: Database) -> None:
        run_script(database, _STAMPS)
        _rank_all(database.conn)

    @steps(name="forks")
    def forks(database: Database) -> None:
        run_script(database, _FORKS)

    @steps(name="hub_records")
    def hub_records(database: Database) -> None:
        run_script(database, _HUB_RECORDS)

    return steps


def _outline_all(connection: sqlite3.Connection) -> None:
    """Outline what an older board holds; a full one takes some seconds, once."""
    from lazpool.records.posts import read_post  # noqa: PLC0415 # H3, which a current board does without
    from lazpool.rules.outline import Outline, outline  # noqa: PLC0415 # the same

    rows = connection.execute("SELECT rowid, envelope FROM posts WHERE own=0").fetchall()
    outlines = ((*outline(read_post(envelope)[0].post), rowid) for rowid, envelope in rows)  # type: ignore[arg-type] # no withdrawals
    values = ",".join(f"{name}=?" for name in Outline._fields)
    connection.executemany(f"UPDATE posts SET {values} WHERE rowid=?", outlines)  # noqa: S608 # our names


def _rank_all(connection: sqlite3.Connection) -> None:
    """Rank what an older board holds of others' posts."""
    from lazpool.rules.stamps import standing  # noqa: PLC0415 # a current board does without

    rows = connection.execute("SELECT id, expires FROM posts WHERE own=0").fetchall()
    ranks = [(standing(identifier, expires), identifier) for identifier, expires in rows]
    connection.executemany("UPDATE posts SET standing=? WHERE id=?", ranks)
    connection.executemany("UPDATE post_areas SET standing=? WHERE id=?", ranks)
