"""What the page is made of: taken from the databases in a thread of its own, every few seconds at most."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.actions.noticeboard import FEW, SHOWN_RES, Kind, Noticeboard, shown_cell
from lazpool.errors import DamagedError
from lazpool.records.places import boundary, parts
from lazpool.records.posts import Offer
from lazpool.rules.areas import area_of_cell
from lazpool.store.database import reading
from lazpool.store.gazetteer import open_gazetteer

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from lazpool.config import Config
    from lazpool.records.towns import Town

MAX_DRAWN = 24
"""Areas that are shown: the busiest, seven cells each. So a page has a size, wherever members come from."""
TOWNS = 300
DAY = 24


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The board at a minute. cells: those that are shown. towns: in them, the largest first; source: whose list."""

    minute: int
    counts: Counter[Kind]
    cells: tuple[int, ...]
    towns: tuple[Town, ...]
    source: str = ""

    @property
    def hours(self) -> range:
        """The next 24 hours, as hours since the epoch, beginning with this one."""
        return range(self.minute // 60, self.minute // 60 + DAY)

    def by_cell(self, hours: Container[int]) -> dict[int, tuple[int, int]]:
        """Return offers and requests of each cell where there are any."""
        return _sums((one.cell, one, number) for one, number in self.counts.items() if one.hour in hours)

    def by_hour(self) -> dict[int, tuple[int, int]]:
        """Return offers and requests of each hour, of whatever cell."""
        return _sums((one.hour, one, number) for one, number in self.counts.items())

    def totals(self) -> tuple[int, int]:
        """Return offers and requests that are still to come."""
        return _sums((0, one, number) for one, number in self.counts.items()).get(0, (0, 0))


def take(config: Config, board: Noticeboard, areas: Iterable[int], minute: int) -> Snapshot:
    """Read the board and count what begins in the areas from this hour on."""
    with reading(config.board_file) as db:
        counted = board.count(db)
    here = set(areas)
    counts = Counter({one: n for one, n in counted.items() if one.hour >= minute // 60 and _area(one) in here})
    weight: Counter[int] = Counter()
    for one, number in counts.items():
        weight[_area(one)] += number
    drawn = sorted(sorted(here), key=lambda area: -weight[area])[:MAX_DRAWN]
    cells = tuple(cell for area in sorted(drawn) for cell in parts(area, SHOWN_RES))
    shown = Counter({one: number for one, number in counts.items() if one.cell in set(cells)})
    return Snapshot(minute, shown, cells, *_towns(config, cells))


def is_few(pair: tuple[int, int]) -> bool:
    """Tell whether offers and requests together are so few that they are about somebody."""
    return 0 < sum(pair) < FEW


def _area(one: Kind) -> int:
    return area_of_cell(one.cell)


def _sums(rows: Iterable[tuple[int, Kind, int]]) -> dict[int, tuple[int, int]]:
    found: dict[int, tuple[int, int]] = {}
    for key, one, number in rows:
        offers, requests = found.get(key, (0, 0))
        is_offer = one.kind == Offer.KIND
        found[key] = (offers + number * is_offer, requests + number * (not is_offer))
    return found


def _towns(config: Config, cells: tuple[int, ...]) -> tuple[tuple[Town, ...], str]:
    """Return the towns in the cells, the largest first, and whose list it is; none where none is installed."""
    if not cells:
        return (), ""
    corners = [corner for cell in cells for corner in boundary(cell)]
    lats, lons = [one.lat for one in corners], [one.lon for one in corners]
    try:
        with open_gazetteer(config.towns_file) as gazetteer:
            if gazetteer is None:
                return (), ""
            found = gazetteer.inside(min(lats), max(lats), min(lons), max(lons), TOWNS)
            here = set(cells)
            towns = tuple(town for town in found if shown_cell(town.point) in here)
            return towns, gazetteer.about().get("attribution", "")
    except DamagedError:
        return (), ""
