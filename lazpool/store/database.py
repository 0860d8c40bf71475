"""One SQLite file: opened with the right durability, migrated, and used in short immediate transactions."""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lazpool.errors import BusyError, DamagedError, LazpoolError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

BUSY_S = 5.0
"""How long a command waits for another one's transaction; these take milliseconds."""
WAL_TRIES, WAL_TRY_S = 100, 0.05
"""The same for a change of the journal."""

CHECKPOINT_PAGES = {"NORMAL": 4000, "FULL": 200}
"""The log between two checkpoints, in pages of 4 kB. NORMAL syncs only there: four times fewer than by default.
FULL syncs at every commit, which takes several times longer where that makes the log's file longer: it stays short."""
CACHE_KIB = 16_000
"""Memory for pages, taken as they are touched: what a board of 100,000 posts writes to. By default it is 2 MB, and
storing a post there takes half as long again."""


class Store:
    """A connection in autocommit mode, with immediate transactions and plain SQL."""

    def __init__(self, connection: sqlite3.Connection, path: Path | None = None) -> None:
        """Take over an open, migrated connection to a file."""
        self.connection = connection
        self._path, self._file = path, _file_at(path)
        self._then: list[Callable[[], None]] = []

    def is_gone(self) -> bool:
        """Tell whether the file was deleted or replaced since; what is written here is then seen by nobody else."""
        return _file_at(self._path) != self._file

    def execute(self, sql: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        """Run one statement."""
        return self.connection.execute(sql, values)

    def all(self, sql: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        """Return all rows."""
        return self.connection.execute(sql, values).fetchall()

    def one(self, sql: str, values: Sequence[object] = ()) -> sqlite3.Row | None:
        """Return the first row, or None."""
        row: sqlite3.Row | None = self.connection.execute(sql, values).fetchone()
        return row

    def number(self, sql: str, values: Sequence[object] = ()) -> int:
        """Return the first column of the first row as an integer, 0 when there is none."""
        row = self.one(sql, values)
        return int(row[0] or 0) if row else 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run a block in one transaction that takes the write lock first.

        A deferred transaction that reads and then writes fails when another process wrote in between; an immediate
        one waits its turn instead. A block inside a block belongs to the outer one.
        """
        if self.connection.in_transaction:
            yield
        else:
            self._then = []
            with _immediate(self.connection):
                yield
            for act in self._then:
                act()

    def once_committed(self, act: Callable[[], None]) -> None:
        """Do something when the transaction that runs has committed, and nothing when it does not."""
        self._then.append(act)

    def version(self) -> int:
        """Return a number that changes when another process commits."""
        return self.number("PRAGMA data_version")

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


@contextmanager
def _immediate(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def open_store(path: Path | None, schema: Any, *, synchronous: str) -> Store:
    """Open or create a database file (None: in memory) of a schema module; DamagedError when it is another's.

    synchronous: FULL for what must survive a power cut, NORMAL for what heals by itself.
    """
    try:
        connection = sqlite3.connect(path or ":memory:", timeout=BUSY_S, isolation_level=None)
    except sqlite3.Error as wrong:
        raise explain(wrong, str(path)) from wrong
    connection.row_factory = sqlite3.Row
    try:
        connection.execute(f"PRAGMA busy_timeout={int(BUSY_S * 1000)}")
        _migrate(connection, schema, str(path))
        connection.execute(f"PRAGMA synchronous={synchronous}")
        connection.execute("PRAGMA secure_delete=ON")  # deleted keys are overwritten; not every build does so by itself
        connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES[synchronous]}")
    except sqlite3.Error as wrong:
        connection.close()
        raise explain(wrong, str(path)) from wrong
    except LazpoolError:
        connection.close()
        raise
    return Store(connection, path)


@contextmanager
def reading(path: Path) -> Iterator[Store]:
    """Open a database that is there for a block, only to read in it: from a thread, or from another process."""
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", timeout=BUSY_S, uri=True)
    except sqlite3.Error as wrong:
        raise explain(wrong, str(path)) from wrong
    connection.row_factory = sqlite3.Row
    try:
        yield Store(connection, path)
    except sqlite3.Error as wrong:
        raise explain(wrong, str(path)) from wrong
    finally:
        connection.close()


def _file_at(path: Path | None) -> tuple[int, int]:
    """Return what tells a file from another of the same name, zeros where there is none."""
    try:
        status = path.stat() if path else None
    except FileNotFoundError:
        status = None
    return (status.st_dev, status.st_ino) if status else (0, 0)


def explain(error: sqlite3.Error, path: str = "the database") -> LazpoolError:
    """Return what a person can do about an error of SQLite."""
    if isinstance(error, sqlite3.OperationalError):
        text = str(error)
        if "locked" in text or "busy" in text:
            return BusyError(f"{path} is locked by another process")
        return LazpoolError(f"{path}: {text}", hint="check the disk and the folder's permissions")
    return DamagedError(f"{path} is damaged or no lazpool database: {error}", hint="restore it from a backup")


def _migrate(connection: sqlite3.Connection, schema: Any, path: str) -> None:
    if _is_current(connection, schema, path):
        return
    _use_wal(connection)
    with _immediate(connection):  # a second process that opens the same new file waits here, and finds it done
        if not _is_current(connection, schema, path):
            _apply(connection, schema)


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch a new file to the write-ahead log; another process may be at it, and SQLite waits for nobody there."""
    for _ in range(WAL_TRIES):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            time.sleep(WAL_TRY_S)
        else:
            return
    connection.execute("PRAGMA journal_mode=WAL")


def _is_current(connection: sqlite3.Connection, schema: Any, path: str) -> bool:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application == schema.APPLICATION_ID and version > schema.VERSION:
        raise DamagedError(f"{path} was written by a newer lazpool", hint="upgrade lazpool")
    if application != schema.APPLICATION_ID and connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise DamagedError(f"{path} is not a lazpool database of this kind", hint="move it away and try again")
    return bool(application == schema.APPLICATION_ID and version == schema.VERSION)


def _apply(connection: sqlite3.Connection, schema: Any) -> None:
    # Imported late: a command on a current database has nothing to migrate, and this import costs a third of its time.
    from sqlite_utils import Database  # noqa: PLC0415

    database = Database(connection, recursive_triggers=False, execute_plugins=False)
    schema.migrations().apply(database)
    connection.execute(f"PRAGMA application_id={schema.APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={schema.VERSION}")
