"""A town whose people's processes die at a chosen write: before it, or after the commit and before anything is sent."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

from tests.town import Town

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from lazpool.store.post_office import Outgoing

READS = ("SELECT", "PRAGMA")


class Crash(BaseException):
    """A process dies. No `except Exception` may catch it, as none catches SIGKILL."""

    def __init__(self, name: str) -> None:
        """Say whose process it was."""
        super().__init__(name)
        self.name = name


class Fuse:
    """Counts the points at which a process can die, and lets it die at those it was lit for."""

    def __init__(self) -> None:
        """Begin without a crash to come."""
        self.count = 0
        self.burnt = 0
        self._points: list[int] = []

    def light(self, *after: int) -> None:
        """Choose the point that comes so many points from now, the next so many after that, and so on."""
        self._points = list(accumulate(after, initial=self.count))[1:]

    def put_out(self) -> None:
        """Let nobody die any more."""
        self._points = []

    def pass_by(self, name: str) -> None:
        """Pass one point, or die at it."""
        self.count += 1
        if self._points and self.count >= self._points[0]:
            del self._points[0]
            self.burnt += 1
            raise Crash(name)


class Watched:
    """A connection of SQLite that dies by the fuse, and then does nothing more, not even a rollback."""

    def __init__(self, inner: sqlite3.Connection, name: str, fuse: Fuse) -> None:
        """Watch a connection of that person."""
        self._inner, self._name, self._fuse = inner, name, fuse
        self._dead = False

    @property
    def in_transaction(self) -> bool:
        """Tell whether a transaction is open; a dead process has none to roll back."""
        return self._inner.in_transaction and not self._dead

    @property
    def total_changes(self) -> int:
        """Return how many rows were changed by this connection."""
        return self._inner.total_changes

    def execute(self, sql: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        """Run a statement, unless the process dies before or after it."""
        return self._run(self._inner.execute, sql, values)

    def executemany(self, sql: str, values: Sequence[Sequence[object]]) -> sqlite3.Cursor:
        """Run a statement several times; it counts as one point."""
        return self._run(self._inner.executemany, sql, values)

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()

    def _run(self, run: Callable[..., sqlite3.Cursor], sql: str, values: Any) -> sqlite3.Cursor:
        if sql.startswith(READS):
            return run(sql, values)
        self._pass_by()
        cursor = run(sql, values)
        if not self._inner.in_transaction:  # something is committed now
            self._pass_by()
        return cursor

    def _pass_by(self) -> None:
        if self._dead:
            raise Crash(self._name)
        try:
            self._fuse.pass_by(self._name)
        except Crash:
            self._dead = True
            raise


class FragileTown(Town):
    """A town in which processes die; who died starts again, and whoever talked to them sees a broken connection."""

    def __init__(self, root: Path, *names: str) -> None:
        """Create or open the homes."""
        self.fuse = Fuse()
        super().__init__(root, *names)

    def open(self, name: str) -> None:
        """Open a home under watch."""
        super().open(name)
        desk = self.desks[name]
        for store in (desk.node, desk.board):
            store.execute("PRAGMA synchronous=OFF")  # a process that dies loses nothing by it, and it is much faster
            store.connection = Watched(store.connection, name, self.fuse)  # type: ignore[assignment] # what a store uses

    def attempt(self, action: Callable[[], object]) -> bool:
        """Do something; tell whether nobody died of it. Who did is started again."""
        try:
            action()
        except Crash as crash:
            self.kill(crash.name)
            return False
        return True

    def transport(self, sender: str, row: Outgoing) -> bool:
        """Bring a letter to its reader; when the reader's process dies of it, the sender sees that."""
        try:
            return super().transport(sender, row)
        except Crash as crash:
            if crash.name == sender:
                raise
            self.kill(crash.name)
            return False
