"""The board in memory, in the order of sync: read once, then told of each change by the database itself.

Triggers of this connection alone note what its transactions touch, in a table that is rolled back with them. Commits of
other processes are rare on a board: after one, all is read again.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import OrderedDict
from typing import TYPE_CHECKING

from lazpool.records.covers import MINUTE, code_of, start_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from lazpool.store.database import Store

VIEWS = 8
"""Selections of areas kept as they are until the board changes; one for each neighbour that asks at the same time."""
EDITS = 1000
"""So many changes are made to the views one by one; after more they are made anew."""

_STIR = "BEGIN INSERT OR IGNORE INTO stirred"
_TRIGGER = "CREATE TEMP TRIGGER IF NOT EXISTS"
_BOTH = "SELECT expires, id FROM posts WHERE id=new.id UNION ALL SELECT expires, id FROM withdrawn WHERE id=new.id"
_WATCH = (
    "CREATE TEMP TABLE IF NOT EXISTS stirred (expires INTEGER, id BLOB, PRIMARY KEY (expires, id)) WITHOUT ROWID",
    f"{_TRIGGER} place_new AFTER INSERT ON main.post_areas {_STIR} {_BOTH}; END",
    f"{_TRIGGER} place_old AFTER DELETE ON main.post_areas {_STIR} {_BOTH.replace('new', 'old')}; END",
    f"{_TRIGGER} post_old AFTER DELETE ON main.posts {_STIR} VALUES (old.expires, old.id); END",
    f"{_TRIGGER} withdrawal_old AFTER DELETE ON main.withdrawn {_STIR} VALUES (old.expires, old.id); END",
)
_EVERY = "SELECT expires, id FROM posts UNION ALL SELECT expires, id FROM withdrawn"


class Catalogue:
    """Posts and withdrawals by key, with the areas of each as bits of a number."""

    def __init__(self, store: Store) -> None:
        """Begin to watch a board, which must have no transaction open; it is read when first asked for."""
        self.store = store
        self._version = -1
        self._keys: list[bytes] = []
        self._places: dict[bytes, int] = {}
        self._bits: dict[int, int] = {}
        self._views: OrderedDict[tuple[int, ...], list[bytes]] = OrderedDict()
        for statement in _WATCH:
            store.execute(statement)

    def elements(self, areas: tuple[int, ...]) -> list[bytes]:
        """Return what is known in some of these areas, in order: key, and a bit for each of them, the first lowest."""
        self.catch_up()
        if areas not in self._views:
            self._views[areas] = self._select(areas)
            if len(self._views) > VIEWS:
                self._views.popitem(last=False)
        self._views.move_to_end(areas)
        return self._views[areas]

    def catch_up(self) -> None:
        """Take up what was committed since the last time."""
        if self.store.connection.in_transaction:  # what is not committed may still be taken back
            return
        if (version := self.store.version()) != self._version:
            self._read_all()
            self._version = version
        elif stirred := [_key(*row) for row in self.store.execute("SELECT expires, id FROM stirred")]:
            for key in stirred:
                self._take_up(key)
            self._edit_views(stirred)
        else:
            return
        self.store.execute("DELETE FROM stirred")

    def _read_all(self) -> None:
        """Read both tables one after the other: 100,000 posts in eight areas each are joined sooner here than there."""
        self._views.clear()
        places: dict[bytes, int] = {}
        for identifier, area in _tuples(self.store, "SELECT id, area FROM post_areas"):
            places[identifier] = places.get(identifier, 0) | self._bit(area)
        keys = ((_key(expires, one), places.get(one, 0)) for expires, one in _tuples(self.store, _EVERY))
        self._places = {key: known for key, known in keys if known}
        self._keys = sorted(self._places)

    def _take_up(self, key: bytes) -> None:
        places = 0
        for (area,) in self.store.execute("SELECT area FROM post_areas WHERE id=?", (key[MINUTE:],)):
            places |= self._bit(area)
        if places:
            if key not in self._places:
                insort(self._keys, key)
            self._places[key] = places
        elif self._places.pop(key, None):
            del self._keys[bisect_left(self._keys, key)]

    def _bit(self, area: int) -> int:
        return self._bits.setdefault(area, 1 << len(self._bits))

    def _edit_views(self, stirred: list[bytes]) -> None:
        """Bring the views up to date in copies: a conversation may still look at the old ones."""
        if len(stirred) > EDITS:
            self._views.clear()
        for areas, view in self._views.items():
            self._views[areas] = fresh = view.copy()
            mark = self._marker(areas)
            for key in stirred:
                at = bisect_left(fresh, key)
                if at < len(fresh) and fresh[at].startswith(key):
                    del fresh[at]
                if code := mark(self._places.get(key, 0)):
                    fresh.insert(at, key + code)

    def _select(self, areas: tuple[int, ...]) -> list[bytes]:
        mark = self._marker(areas)
        return [key + code for key in self._keys if (code := mark(self._places[key]))]

    def _marker(self, areas: tuple[int, ...]) -> Callable[[int], bytes]:
        """Return a function from all that is known to what stands behind the key, nothing where no area is known."""
        bits = {area: bit for area in areas if (bit := self._bits.get(area))}
        mask = sum(bits.values())
        codes = {0: b""}

        def mark(places: int) -> bytes:
            places &= mask
            if (code := codes.get(places)) is None:
                code = codes[places] = code_of({area for area, bit in bits.items() if places & bit}, areas)
            return code

        return mark


def _tuples(store: Store, sql: str) -> sqlite3.Cursor:
    found = store.execute(sql)
    found.row_factory = None  # plain tuples, which are quicker to make
    return found


def _key(expires: int, identifier: bytes) -> bytes:
    return start_of(expires) + identifier
