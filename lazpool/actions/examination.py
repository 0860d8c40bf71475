"""Examining a home: is everything there, private, whole and in time? Nothing is changed; no fault hides another."""

from __future__ import annotations

import platform
import shutil
import sqlite3
import stat
import time
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING

from lazpool import __version__
from lazpool.actions import books, forks, logbook
from lazpool.actions.checks import Check, look
from lazpool.actions.desk import Desk
from lazpool.config import FILE, Config, load_config
from lazpool.errors import DamagedError, LazpoolError, UnsafeKeysError
from lazpool.store import board_schema, ledger, logs, node_schema
from lazpool.store.database import explain, open_store
from lazpool.wire.keys import load_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Any

    from lazpool.store.database import Store

ROOM = 200_000_000
"""Bytes that should be free: a full board takes about as much, and a full disk loses rides."""
LEAST_SQLITE = (3, 37)
"""STRICT tables."""


def examine(home: Path, *, clock: Callable[[], float] = time.time) -> list[Check]:
    """Look at everything that a home needs; NoHomeError when there is none."""
    if not (home / FILE).exists():
        load_config(home)  # says what to do
    return [
        look("settings", lambda: _settings(home)),
        look("folder", lambda: _folder(home)),
        look("keys", lambda: _keys(Config(home))),
        look("node.db", lambda: _database(Config(home).node_file, node_schema)),
        look("board.db", lambda: _board(Config(home))),
        look("ledger", lambda: _ledger(home, clock)),
        look("log", lambda: _log(home, clock)),
        look("forks", lambda: _forks(home, clock)),
        look("clock", lambda: _clock(home, clock)),
        look("disk", lambda: _disk(home)),
        look("versions", _versions),
    ]


def _settings(home: Path) -> str:
    config = load_config(home)
    return f"network {config.network}, times in {config.zone}, prices in {config.unit}"


def _folder(home: Path) -> str:
    mode = stat.S_IMODE(home.stat().st_mode)
    if mode & 0o077:
        raise UnsafeKeysError(f"{home} has mode {mode:04o}: other people can look in", hint=f"chmod 700 {home}")
    return f"{home}, for you alone"


def _keys(config: Config) -> str:
    load_keys(config.keys_folder)
    return "all there, for you alone"


def _database(path: Path, schema: Any) -> str:
    with _opened(path, schema) as store:
        found = [row[0] for row in store.all("PRAGMA quick_check(3)")]
        if found != ["ok"]:
            raise DamagedError(f"{path}: {'; '.join(found)}", hint="restore it from a backup")
        rows = sum(store.number(f'SELECT count(*) FROM "{name}"') for name in _tables(store))  # noqa: S608 # own names
    return f"whole, {rows} rows, {path.stat().st_size / 1e6:.1f} MB"


def _tables(store: Store) -> list[str]:
    sql = "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite%'"
    return [row[0] for row in store.all(sql)]


def _board(config: Config) -> str:
    if not config.board_file.exists():
        return "not there yet; it is made when needed"
    try:
        return _database(config.board_file, board_schema)
    except DamagedError as wrong:
        hint = f"stop the node and delete {config.board_file}: it heals by itself"
        raise DamagedError(wrong.message, hint=hint) from wrong


def _ledger(home: Path, clock: Callable[[], float]) -> str:
    with _desk(home, clock) as desk:
        verdict = books.verify(desk)
    if not verdict.ok:
        raise DamagedError("; ".join(verdict.errors[:3]), hint="lazpool ledger verify")
    return f"{verdict.entries} entries hold"


def _log(home: Path, clock: Callable[[], float]) -> str:
    with _desk(home, clock) as desk:
        newest, old = ledger.newest(desk.node), len(logs.every(desk.node))
        if newest is None:
            raise DamagedError("the log is empty", hint="restore it from a backup")
        logbook.check(desk, newest)
    return f"goes on here, after entry {newest.seq}" + (f"; {old} older" if old else "")


def _forks(home: Path, clock: Callable[[], float]) -> str:
    """Say whose logs were forked of those people whom we had to do with; our own is the business of the look before."""
    with _desk(home, clock) as desk:
        found = [one for one in forks.known(desk) if not one.ours]
    names = ", ".join(sorted({one.name or one.log.hex()[:8] for one in found}))
    return f"{names}: their log was forked, see lazpool forks" if found else "none known among your partners"


def _clock(home: Path, clock: Callable[[], float]) -> str:
    with _desk(home, clock) as desk:
        head = ledger.head(desk.node)
    behind = (head.time if head else 0) - int(clock())
    if behind > 0:
        hint = "set the clock: a computer without a battery for it starts in the past"
        raise LazpoolError(f"{behind} s behind your own last signature", hint=hint)
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(clock()))


def _disk(home: Path) -> str:
    free = shutil.disk_usage(home).free
    if free < ROOM:
        raise LazpoolError(f"{free / 1e6:.0f} MB free, {ROOM / 1e6:.0f} MB are wanted", hint="make room on this disk")
    return f"{free / 1e9:.1f} GB free"


def _versions() -> str:
    if sqlite3.sqlite_version_info < LEAST_SQLITE:
        raise LazpoolError(f"SQLite {sqlite3.sqlite_version} is too old", hint="use a newer Python")
    ours = [f"lazpool {__version__}", f"Python {platform.python_version()}", f"SQLite {sqlite3.sqlite_version}"]
    return ", ".join([*ours, *(f"{name} {version(name)}" for name in ("libp2p", "pynacl", "h3"))])


@contextmanager
def _desk(home: Path, clock: Callable[[], float]) -> Iterator[Desk]:
    """Open what the ledger is in; the board may be missing or damaged."""
    config = load_config(home)
    with _opened(config.node_file, node_schema) as node:
        board = open_store(None, board_schema, synchronous="NORMAL")
        try:
            yield Desk(config, load_keys(config.keys_folder), node, board, clock)
        finally:
            board.close()


@contextmanager
def _opened(path: Path, schema: Any) -> Iterator[Store]:
    if not path.exists():  # opening would make an empty one
        raise DamagedError(f"{path} is missing", hint="restore it from a backup")
    store = open_store(path, schema, synchronous="NORMAL")
    try:
        yield store
    except sqlite3.Error as wrong:
        raise explain(wrong, str(path)) from wrong
    finally:
        store.close()
