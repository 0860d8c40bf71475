"""A database file: its durability, its migrations, and what is said when it is not what it should be."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from sqlite_utils import Migrations

from lazpool.errors import BusyError, DamagedError, LazpoolError
from lazpool.store import board_schema, database, node_schema
from lazpool.store.database import Store, explain, open_store
from lazpool.store.node_schema import run_script

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMAS = [node_schema, board_schema]


@pytest.fixture(params=["memory", "disk"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Return a new node.db, in memory and on disk."""
    path = tmp_path / "node.db" if request.param == "disk" else None
    opened = open_store(path, node_schema, synchronous="FULL")
    yield opened
    opened.close()


def two_steps(*, version: int = 2, broken: bool = False) -> Any:
    """Return a schema of two versions; version 1 knows only the first step."""

    def migrations() -> Migrations:
        steps = Migrations("two-steps")

        @steps(name="first")
        def first(db: Any) -> None:
            run_script(db, "CREATE TABLE a (x INTEGER);\nINSERT INTO a VALUES (1);\n")

        if version > 1:

            @steps(name="second")
            def second(db: Any) -> None:
                run_script(db, "ALTER TABLE a ADD COLUMN y INTEGER;\nUPDATE a SET y=x+1;\n")
                if broken:
                    raise sqlite3.OperationalError("disk full")

        return steps

    return SimpleNamespace(APPLICATION_ID=0x1234, VERSION=version, migrations=migrations)


@pytest.mark.parametrize(("schema", "synchronous", "level"), [(node_schema, "FULL", 2), (board_schema, "NORMAL", 1)])
def test_durability(tmp_path: Path, schema: Any, synchronous: str, level: int) -> None:
    """A file is in WAL mode with the durability asked for, when it is new and when it is opened again."""
    for _ in range(2):
        store = open_store(tmp_path / "x.db", schema, synchronous=synchronous)
        assert store.one("PRAGMA journal_mode")[0] == "wal"  # type: ignore[index] # there is a row
        assert store.number("PRAGMA synchronous") == level
        assert store.number("PRAGMA secure_delete") == 1
        assert store.number("PRAGMA application_id") == schema.APPLICATION_ID
        assert store.number("PRAGMA user_version") == schema.VERSION
        store.close()


def test_transaction_is_all_or_nothing(store: Store) -> None:
    """A block that fails leaves nothing, the inner part of it neither; one that does not is there."""

    def fail() -> None:
        with store.transaction():
            store.execute("INSERT INTO places VALUES ('a', 1, 2)")
            with store.transaction():
                store.execute("INSERT INTO places VALUES ('b', 1, 2)")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert store.number("SELECT count(*) FROM places") == 0
    with store.transaction():
        store.execute("INSERT INTO places VALUES ('a', 1, 2)")
    assert store.number("SELECT count(*) FROM places") == 1


def test_types_are_strict(store: Store) -> None:
    """A column holds what it says, so that a mistake shows where it is made."""
    with pytest.raises(sqlite3.IntegrityError):
        store.execute("INSERT INTO places VALUES ('a', 'north', 2)")


def test_version_tells_of_other_processes(tmp_path: Path) -> None:
    """The number changes when somebody else commits, and only then."""
    one, two = (open_store(tmp_path / "node.db", node_schema, synchronous="FULL") for _ in range(2))
    before = one.version()
    one.execute("INSERT INTO places VALUES ('a', 1, 2)")
    assert one.version() == before
    two.execute("INSERT INTO places VALUES ('b', 1, 2)")
    assert one.version() != before
    one.close()
    two.close()


def test_migration_keeps_the_data(tmp_path: Path) -> None:
    """An older file is brought up to date once, with what is in it."""
    open_store(tmp_path / "x.db", two_steps(version=1), synchronous="FULL").close()
    for _ in range(2):
        store = open_store(tmp_path / "x.db", two_steps(), synchronous="FULL")
        assert [tuple(row) for row in store.all("SELECT x, y FROM a")] == [(1, 2)]
        assert store.number("PRAGMA user_version") == 2
        store.close()


def test_failed_migration_leaves_the_old_file(tmp_path: Path) -> None:
    """A migration that fails halfway changes nothing, and succeeds later."""
    open_store(tmp_path / "x.db", two_steps(version=1), synchronous="FULL").close()
    with pytest.raises(LazpoolError, match="disk full"):
        open_store(tmp_path / "x.db", two_steps(broken=True), synchronous="FULL")
    old = open_store(tmp_path / "x.db", two_steps(version=1), synchronous="FULL")
    assert [tuple(row) for row in old.all("SELECT * FROM a")] == [(1,)]
    old.close()
    new = open_store(tmp_path / "x.db", two_steps(), synchronous="FULL")
    assert new.number("SELECT y FROM a") == 2
    new.close()


def test_several_processes_make_the_same_file(tmp_path: Path) -> None:
    """Processes that open a new file at the same time all find it made once."""
    code = (
        "import sys; from pathlib import Path; from lazpool.store import node_schema;"
        "from lazpool.store.database import open_store;"
        "open_store(Path(sys.argv[1]), node_schema, synchronous='FULL').close()"
    )
    started = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "node.db")]) for _ in range(4)]
    assert [process.wait(30) for process in started] == [0] * 4


def test_newer_version_is_refused(tmp_path: Path) -> None:
    """A file of a newer lazpool is left alone, with the hint to upgrade."""
    open_store(tmp_path / "x.db", two_steps(), synchronous="FULL").close()
    with pytest.raises(DamagedError, match="newer lazpool") as refused:
        open_store(tmp_path / "x.db", two_steps(version=1), synchronous="FULL")
    assert "upgrade" in refused.value.hint
    assert refused.value.status == 7


@pytest.mark.parametrize("schema", SCHEMAS)
def test_foreign_database_is_refused_and_left_alone(tmp_path: Path, schema: Any) -> None:
    """A database of another program is neither used nor changed."""
    path = tmp_path / "x.db"
    with sqlite3.connect(path) as foreign:
        foreign.execute("CREATE TABLE music (title TEXT)")
    foreign.close()
    before = path.read_bytes()
    with pytest.raises(DamagedError, match="not a lazpool database"):
        open_store(path, schema, synchronous="FULL")
    assert path.read_bytes() == before


def test_other_kind_of_lazpool_database_is_refused(tmp_path: Path) -> None:
    """A board put in the place of a node's database is noticed."""
    open_store(tmp_path / "x.db", board_schema, synchronous="NORMAL").close()
    with pytest.raises(DamagedError, match="not a lazpool database of this kind"):
        open_store(tmp_path / "x.db", node_schema, synchronous="FULL")


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to be none" * 50, os.urandom(8192)])
def test_damaged_file_is_reported(tmp_path: Path, content: bytes) -> None:
    """A file that is no database is reported with status 7."""
    (tmp_path / "x.db").write_bytes(content)
    with pytest.raises(DamagedError) as refused:
        open_store(tmp_path / "x.db", node_schema, synchronous="FULL")
    assert (refused.value.status, refused.value.code) == (7, "damaged")


def test_folder_that_is_not_there(tmp_path: Path) -> None:
    """A path that cannot be opened says so and what to check."""
    with pytest.raises(LazpoolError, match="unable to open") as refused:
        open_store(tmp_path / "nowhere" / "x.db", node_schema, synchronous="FULL")
    assert refused.value.status == 1
    assert "permissions" in refused.value.hint


def test_busy_database_waits_and_then_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever finds the file locked waits for a while; after that it is a clear error, not a traceback."""
    monkeypatch.setattr(database, "BUSY_S", 0.2)
    holder, waiter = (open_store(tmp_path / "node.db", node_schema, synchronous="FULL") for _ in range(2))
    with holder.transaction():
        began = time.monotonic()
        with pytest.raises(sqlite3.OperationalError) as refused, waiter.transaction():
            pytest.fail("two writers at once")
        assert time.monotonic() - began >= 0.15
    error = explain(refused.value)
    assert isinstance(error, BusyError)
    assert error.hint
    with waiter.transaction():
        waiter.execute("INSERT INTO places VALUES ('a', 1, 2)")
    holder.close()
    waiter.close()


def test_locked_new_file_is_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that another process keeps locked while it is to be made is busy, not damaged."""
    monkeypatch.setattr(database, "BUSY_S", 0.2)
    holder = sqlite3.connect(tmp_path / "node.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(BusyError):
        open_store(tmp_path / "node.db", node_schema, synchronous="FULL")
    holder.close()
