"""How many posts the board still takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lazpool.records.posts import Withdrawal
from lazpool.rules.stamps import standing
from lazpool.store import board

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lazpool.actions.desk import Desk
    from lazpool.records.posts import SignedPost
    from lazpool.store.database import Store

MAX_BOARD = 200_000
MAX_AREA = 20_000
"""Posts and withdrawals on a board, and in one area of it; beyond that the weakest goes."""
RECOUNT_S = 60
"""Counting walks an index, milliseconds on a full board; room that others make in between is found this late."""


@dataclass(slots=True)
class Room:
    """The places left on a board and in its areas, as counted at a second, less those taken since."""

    store: Store
    counted: int
    left: int
    areas: dict[int, int] = field(default_factory=dict)

    def take(self, signed: SignedPost, areas: Iterable[int]) -> tuple[int, ...]:
        """Take a place on the board, and one in each area where there is one or a weaker post makes room; return these.

        A withdrawal whose post is here takes that one's places.
        """
        rank = standing(signed.id, signed.post.expires)
        if isinstance(signed.post, Withdrawal):
            row = board.get(self.store, signed.post.post_id)
            if row is not None and row["post_pk"] == signed.post.post_pk:
                return tuple(areas)
        if self.left <= 0 and not self._make_room(rank, None):
            return ()
        there = tuple(area for area in areas if self._left_in(area) > 0 or self._make_room(rank, area))
        for area in there:
            self.areas[area] -= 1
        self.left -= bool(there)
        return there

    def price(self, areas: Iterable[int]) -> int:
        """Return the bits of work with which a post stays in all of these areas now; 0 where there is room."""
        full = [area for area in areas if self._left_in(area) <= 0] + ([None] if self.left <= 0 else [])
        lowest = (board.weakest(self.store, area) for area in full)
        return max((one[0][0] + 1 for one in lowest if one), default=0)

    def _left_in(self, area: int) -> int:
        if area not in self.areas:
            self.areas[area] = MAX_AREA - board.count_area(self.store, area)
        return self.areas[area]

    def _make_room(self, rank: bytes, area: int | None) -> bool:
        """Let the weakest go, if it is weaker."""
        weakest = board.weakest(self.store, area)
        if weakest is None or weakest[0] >= rank:
            return False
        board.evict(self.store, weakest[1], area)
        if area is None:
            self.left += 1
        else:
            self.areas[area] += 1
        return True


def room(desk: Desk) -> Room:
    """Return the room on the board, counted anew where that was long ago."""
    known = desk.room
    if known is None or known.store is not desk.board or not 0 <= desk.second - known.counted < RECOUNT_S:
        used = board.count(desk.board) + board.count_withdrawn(desk.board)
        most = min(MAX_BOARD, desk.config.hub.posts)
        known = desk.room = Room(desk.board, desk.second, most - used)
    return known
