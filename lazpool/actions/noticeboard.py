"""What a hub tells everybody of its board: how many offers and requests, by coarse cell and hour, and nothing else."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from lazpool.records.places import POST_RES, ancestor, cell_at
from lazpool.records.posts import Offer, Request, read_post
from lazpool.store import board

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lazpool.records.places import Point
    from lazpool.store.database import Store

SHOWN_RES = 5
"""H3 cells of 250 km2: a town with the villages around it. Posts say 5 km2, but this is for people who only look."""
FEW = 3
"""A smaller number than this is not said: it would be about somebody."""
HOUR = 60
_AT_ONCE = 500


class Kind(NamedTuple):
    """Offers and requests that are counted together: cell and hour of departure (hours since the epoch, UTC)."""

    cell: int
    hour: int
    kind: int


class Noticeboard:
    """Counts the posts of a board, again and again; each is decoded once, which takes some 50 microseconds."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self._read: dict[bytes, Kind | None] = {}
        self._same: dict[Kind, Kind] = {}

    def count(self, db: Store) -> Counter[Kind]:
        """Return how many posts of each kind are on the board now; those of closed groups are for their members."""
        here = board.post_ids(db)
        known = {one: self._read[one] for one in here if one in self._read}
        fresh = [one for one in here if one not in known]
        self._read, self._same = known, {kind: kind for kind in known.values() if kind}
        for start in range(0, len(fresh), _AT_ONCE):
            self._take(board.envelopes(db, fresh[start : start + _AT_ONCE]))
        return Counter(kind for kind in self._read.values() if kind)

    def _take(self, envelopes: Mapping[bytes, bytes]) -> None:
        for identifier, envelope in envelopes.items():
            post = read_post(envelope)[0].post
            kind = _kind(post) if isinstance(post, Offer | Request) else None
            self._read[identifier] = self._same.setdefault(kind, kind) if kind else None


def shown_cell(point: Point) -> int:
    """Return the shown cell of a place: by way of the cell that a post says, since borders do not coincide."""
    return ancestor(cell_at(point, POST_RES), SHOWN_RES)


def _kind(post: Offer | Request) -> Kind | None:
    if post.group:
        return None
    if isinstance(post, Offer):
        return Kind(shown_cell(post.route[0]), post.depart // HOUR, Offer.KIND)
    return Kind(ancestor(post.cell_from, SHOWN_RES), post.earliest // HOUR, Request.KIND)
