"""How many posts the board still takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lazpool.store import board

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.store.database import Store

MAX_BOARD = 200_000
MAX_AREA = 20_000
"""Posts on a board, and in one area of it; beyond that new ones are ignored until some expire."""
RECOUNT_S = 60
"""Counting walks an index, milliseconds on a full board; room that others make in between is found this late."""


@dataclass(slots=True)
class Room:
    """The places left on a board and in its areas, as counted at a second, less those taken since."""

    store: Store
    counted: int
    left: int
    areas: dict[int, int] = field(default_factory=dict)

    def take(self, area: int) -> bool:
        """Take one place in an area, if there is one."""
        if area not in self.areas:
            self.areas[area] = MAX_AREA - board.count_area(self.store, area)
        if min(self.left, self.areas[area]) <= 0:
            return False
        self.left -= 1
        self.areas[area] -= 1
        return True


def room(desk: Desk) -> Room:
    """Return the room on the board, counted anew where that was long ago."""
    known = desk.room
    if known is None or known.store is not desk.board or not 0 <= desk.second - known.counted < RECOUNT_S:
        known = desk.room = Room(desk.board, desk.second, MAX_BOARD - board.count(desk.board))
    return known
