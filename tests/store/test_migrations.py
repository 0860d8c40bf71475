"""Homes made by an earlier version: they are brought up to date, and keep what can go on."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from sqlite_utils import Database

from lazpool.records.places import Point
from lazpool.records.posts import sign_post
from lazpool.rules.negotiation import State
from lazpool.rules.outline import Outline, outline
from lazpool.store import (
    alerts,
    board,
    board_schema,
    deals,
    groups,
    ledger,
    logs,
    node_schema,
    own,
    post_office,
    settlements,
    ways,
)
from lazpool.store.database import open_store
from tests.rules.town import GRENOBLE, LYON, VOIRON, offer

if TYPE_CHECKING:
    from pathlib import Path


def before(step: str, path: Path, schema: Any, version: int) -> sqlite3.Connection:
    """Return a database as it was before a step of the migrations."""
    connection = sqlite3.connect(path, isolation_level=None)
    schema.migrations().apply(Database(connection), stop_before=step)
    connection.execute(f"PRAGMA application_id={schema.APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={version}")
    return connection


def test_a_home_from_before_plans(tmp_path: Path) -> None:
    """A database of an earlier version keeps what it has, and can hold plans."""
    old = before("plans", tmp_path / "node.db", node_schema, 2)
    old.execute("INSERT INTO places VALUES ('home', 45.0, 5.0)")
    assert not old.execute("SELECT 1 FROM sqlite_master WHERE name='plans'").fetchone()
    old.close()
    new = open_store(tmp_path / "node.db", node_schema, synchronous="FULL")
    assert new.number("PRAGMA user_version") == node_schema.VERSION
    assert new.number("SELECT count(*) FROM places") == 1
    assert new.number("SELECT count(*) FROM plans") == new.number("SELECT count(*) FROM plan_dates") == 0
    new.close()


def test_rides_outlive_the_posts_of_the_first_format(tmp_path: Path) -> None:
    """Posts without a field for groups are gone, proposals about them lapse, agreed rides and places stay."""
    old = before("groups", tmp_path / "node.db", node_schema, 3)
    old.execute("INSERT INTO places (name, lat, lon) VALUES ('home', 1, 2)")
    old.execute("INSERT INTO posts VALUES (x'01', 1, x'90', 'live', 1, 2, 3, 4, 5, 6, 7)")
    columns = [row[1:3] for row in old.execute("PRAGMA table_info(deals)")]
    for number, state in enumerate(("agreed", "received", "proposed", "receipted")):
        values = {name: {"BLOB": b"", "TEXT": "", "INTEGER": 0, "REAL": 0.0}[kind] for name, kind in columns}
        values |= {"id": bytes([number]), "state": state, "role": "driver"}
        marks = ",".join("?" * len(columns))
        old.execute(f"INSERT INTO deals VALUES ({marks})", [values[name] for name, _ in columns])  # noqa: S608 # marks
    old.close()
    new = open_store(tmp_path / "node.db", node_schema, synchronous="FULL")
    assert own.all_posts(new) == []
    assert set(own.places(new)) == {"home"}
    states = [(deal.state, deal.flags) for deal in deals.all_deals(new)]
    assert states == [(State.AGREED, 0), (State.LAPSED, 0), (State.LAPSED, 0), (State.RECEIPTED, 0)]
    assert groups.every(new) == []
    assert post_office.waiting(new) == 0
    new.close()


def test_a_board_of_the_first_format_begins_anew(tmp_path: Path) -> None:
    """What was heard in the first format is dropped; the board fills again by sync."""
    old = before("groups", tmp_path / "board.db", board_schema, 1)
    old.execute("INSERT INTO posts VALUES (x'01', 1, x'90', x'02', 5, 6, 7, 0)")
    old.execute("INSERT INTO post_areas VALUES (1, x'01')")
    old.close()
    new = open_store(tmp_path / "board.db", board_schema, synchronous="NORMAL")
    assert board.posts(new) == []
    assert board.count_area(new, 1) == 0
    new.close()


def test_detours_of_before_are_estimates(tmp_path: Path) -> None:
    """A deal of an earlier version keeps its minutes, which roads never confirmed."""
    old = before("detours", tmp_path / "node.db", node_schema, 8)
    columns = [row[1:3] for row in old.execute("PRAGMA table_info(deals)")]
    values = {name: {"BLOB": b"", "TEXT": "", "INTEGER": 0, "REAL": 4.5}[kind] for name, kind in columns}
    values |= {"id": b"1", "state": "agreed", "role": "driver"}
    marks = ",".join("?" * len(columns))
    old.execute(f"INSERT INTO deals VALUES ({marks})", [values[name] for name, _ in columns])  # noqa: S608 # marks
    old.close()
    new = open_store(tmp_path / "node.db", node_schema, synchronous="FULL")
    assert [(deal.detour, deal.estimated) for deal in deals.all_deals(new)] == [(4.5, 1)]
    new.close()


@pytest.mark.parametrize("schema", [node_schema, board_schema])
def test_the_version_counts_the_steps(schema: Any) -> None:
    """A step that is added raises the version, or an existing home would never take it."""
    assert len(schema.migrations().pending(Database(memory=True))) == schema.VERSION


def test_a_home_from_before_roads(tmp_path: Path) -> None:
    """A database of an earlier version keeps its posts, none of which follows roads, and can hold those that do."""
    old = before("roads", tmp_path / "node.db", node_schema, 4)
    old.execute("INSERT INTO posts VALUES (x'01', 1, x'', 'live', 45.0, 5.0, 45.5, 5.0, 1, 2, 0)")
    old.close()
    new = open_store(tmp_path / "node.db", node_schema, synchronous="FULL")
    assert new.number("SELECT count(*) FROM posts") == 1
    assert ways.way_of(new, b"\x01") is None
    passed = ((2.0, Point(45.25, 5.125)), (2.5, Point(-45.5, -5.0)))
    ways.add_way(new, b"\x02", passed)
    ways.add_way(new, b"\x03", ())
    assert ways.way_of(new, b"\x02") == passed
    assert ways.way_of(new, b"\x03") == ()
    new.close()


def test_a_home_with_riders_from_before_their_stops_were_ordered(tmp_path: Path) -> None:
    """Who has a seat keeps it on the same legs, with an order of stops in which nobody gets out before getting in."""
    old = before("riders", tmp_path / "node.db", node_schema, 5)
    columns = [row[1:3] for row in old.execute("PRAGMA table_info(deals)")]
    for number, legs in enumerate(("0,0", "1,12", "", "1,1")):
        values = {name: {"BLOB": b"", "TEXT": "", "INTEGER": 0, "REAL": 0.0}[kind] for name, kind in columns}
        values |= {"id": bytes([number]), "state": "agreed", "role": "driver", "legs": legs}
        marks = ",".join("?" * len(columns))
        old.execute(f"INSERT INTO deals VALUES ({marks})", [values[name] for name, _ in columns])  # noqa: S608 # marks
    old.close()
    new = open_store(tmp_path / "node.db", node_schema, synchronous="FULL")
    first, long, without, last = deals.all_deals(new)
    assert (without.pickup_pos, without.dropoff_pos) == (0, 0)
    assert int(first.pickup_pos) == 0 < first.pickup_pos < first.dropoff_pos < 1 < long.pickup_pos < last.pickup_pos
    assert last.pickup_pos < last.dropoff_pos < 2
    assert int(long.dropoff_pos) == 12
    new.close()


def test_a_home_from_before_walks(tmp_path: Path) -> None:
    """Where passengers stand is taken from their posts; proposals of the earlier format lapse."""
    old = before("walks", tmp_path / "node.db", node_schema, 7)
    old.execute("INSERT INTO posts VALUES (x'0a', 2, x'', 'live', 45.0, 5.0, 45.5, 5.25, 1, 2, 0)")
    columns = [row[1:3] for row in old.execute("PRAGMA table_info(deals)")]
    for number, state in enumerate(("agreed", "proposed")):
        values = {name: {"BLOB": b"", "TEXT": "", "INTEGER": 0, "REAL": 0.0}[kind] for name, kind in columns}
        values |= {"id": bytes([number]), "state": state, "role": "passenger", "post_id": b"\x0a"}
        marks = ",".join("?" * len(columns))
        old.execute(f"INSERT INTO deals VALUES ({marks})", [values[name] for name, _ in columns])  # noqa: S608 # marks
    old.close()
    new = open_store(tmp_path / "node.db", node_schema, synchronous="FULL")
    kept, lapsed = deals.all_deals(new)
    assert kept.own_places == lapsed.own_places == "45.00000 5.00000 45.50000 5.25000"
    assert (kept.state, lapsed.state) == (State.AGREED, State.LAPSED)
    new.close()


def test_matches_from_before_walks_stay(tmp_path: Path) -> None:
    """A match of an earlier version is one at the passenger's own ends."""
    old = before("walks", tmp_path / "board.db", board_schema, 3)
    columns = {
        row[1]: {"BLOB": b"m", "TEXT": "", "INTEGER": 7, "REAL": 0.5}[row[2]]
        for row in old.execute("PRAGMA table_info(matches)")
    }
    old.execute(f"INSERT INTO matches VALUES ({','.join('?' * len(columns))})", [*columns.values()])  # noqa: S608 # marks
    old.close()
    new = open_store(tmp_path / "board.db", board_schema, synchronous="NORMAL")
    (kept,) = board.matches(new)
    assert board.match(new, b"m") == kept
    assert (kept.walk, kept.delay, kept.pickup_spot, kept.dropoff_place) == (7, 0, "", "")
    new.close()


def test_a_board_from_before_ends_is_outlined_anew(tmp_path: Path) -> None:
    """What was heard before outlines had ends and whole measures has them afterwards."""
    heard = sign_post(offer(GRENOBLE, VOIRON, LYON), b"s" * 32)
    old = before("ends", tmp_path / "board.db", board_schema, 4)
    old.execute(
        "INSERT INTO posts VALUES (?,1,?,x'02',5,6,7,0, 1,2,3,4,5,6,7,x'00')",
        (heard.id, heard.envelope),
    )
    old.close()
    new = open_store(tmp_path / "board.db", board_schema, synchronous="NORMAL")
    (row,) = board.posts(new)
    assert Outline(*(row[name] for name in Outline._fields)) == outline(offer(GRENOBLE, VOIRON, LYON))
    new.close()


def test_a_home_from_before_backups(tmp_path: Path) -> None:
    """A database of an earlier version keeps its log, has no older one, and can close it."""
    old = before("logs", tmp_path / "node.db", node_schema, 12)
    old.execute("INSERT INTO entries VALUES (1, x'0a', x'0b', x'0c')")
    old.close()
    new = open_store(tmp_path / "node.db", node_schema, synchronous="FULL")
    assert logs.every(new) == []
    assert ledger.index(new) == [(1, b"\x0a")]
    logs.retire(new, b"log", b"seed", 7)
    assert (logs.every(new), ledger.index(new), logs.index(new, b"log")) == ([b"log"], [], [(1, b"\x0a")])
    new.close()


def test_settlements_from_before_alerts_are_no_news(tmp_path: Path) -> None:
    """A settlement of an earlier version stays as it is and is told of only once it moves."""
    old = before("settlement_alerts", tmp_path / "node.db", node_schema, 19)
    kinds = {row[1]: row[2] for row in old.execute("PRAGMA table_info(settlements)")}
    values = {name: {"BLOB": b"s", "TEXT": "offered", "INTEGER": 7}[kind] for name, kind in kinds.items()}
    marks = ",".join("?" * len(values))
    old.execute(f"INSERT INTO settlements VALUES ({marks})", [*values.values()])  # noqa: S608 # marks
    old.close()
    new = open_store(tmp_path / "node.db", node_schema, synchronous="FULL")
    (kept,) = settlements.everything(new)
    assert (kept.state, kept.by, kept.changed, alerts.moves(new, 0)) == ("offered", "", 0, [])
    kept.state, kept.by, kept.changed = settlements.SEALED, "us", 9
    settlements.save(new, kept)
    assert [(one.settlement, one.state, one.by, one.at) for one in alerts.moves(new, 0)] == [(b"s", "sealed", "us", 9)]
    new.close()
