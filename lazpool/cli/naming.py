"""Places as people call them: by the name they saved, or by the town; degrees where neither is known."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from lazpool.cli.words import degrees
from lazpool.errors import DamagedError
from lazpool.records.places import Point
from lazpool.store import own
from lazpool.store.gazetteer import open_gazetteer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lazpool.actions.desk import Desk
    from lazpool.store.gazetteer import Gazetteer

SAME_PLACE_KM = 0.05
IN_TOWN_KM = 3.0
"""A post says where it begins and ends to 1.7 km, so what lies no farther from the middle of a town counts as there."""
FAR_KM = 15.0
"""Nobody finds a place by a town that is farther away."""


class Names:
    """The names of places, each looked up once."""

    def __init__(self, desk: Desk, towns: Gazetteer | None) -> None:
        """Read the saved places; towns: None where none are known."""
        self._saved, self._towns = own.places(desk.node), towns
        self._known: dict[Point, str] = {}

    def short(self, where: Point) -> str:
        """Return what to call a place in a list: `home`, `Voreppe`, `5 km from Voreppe` or `45.298,5.637`."""
        if where not in self._known:
            self._known[where] = self.saved(where) or self.town(where) or degrees(where.lat, where.lon)
        return self._known[where]

    def exact(self, where: Point) -> str:
        """Return where a place is to about 100 m, with the town; or the name that it is saved under."""
        town = self.town(where)
        return self.saved(where) or degrees(where.lat, where.lon) + (f" ({town})" if town else "")

    def saved(self, where: Point) -> str | None:
        """Return the name that a place is saved under, if it is."""
        return _saved(self._saved, where)

    def town(self, where: Point) -> str | None:
        """Return the nearest town, with how far it is where that is more than across the town; None beyond 15 km."""
        from lazpool.rules.geo import km  # noqa: PLC0415 # H3, which lists without places do without

        nearest = self._towns.nearest(where, FAR_KM) if self._towns else None
        if nearest is None:
            return None
        away = km(nearest.point, where)
        return nearest.name if away <= IN_TOWN_KM else f"{away:.0f} km from {nearest.name}"

    def ends(self, document: dict[str, object]) -> tuple[str, str]:
        """Return both ends of a trip document."""
        points = (document.get(key) for key in ("from", "to"))
        start, end = (self.short(Point(at["lat"], at["lon"])) if isinstance(at, dict) else "?" for at in points)
        return start, end


def saved_name(desk: Desk, where: Point) -> str | None:
    """Return the name that a place is saved under, if it is."""
    return _saved(own.places(desk.node), where)


def _saved(places: Mapping[str, Point], where: Point) -> str | None:
    from lazpool.rules.geo import km  # noqa: PLC0415 # the same

    return next((name for name, saved in places.items() if km(saved, where) < SAME_PLACE_KM), None)


@contextmanager
def naming(desk: Desk) -> Iterator[Names]:
    """Give names to places for a block.

    Without towns where their list cannot be read: whoever looks at rides wants the rides, and `place search` says why.
    """
    with ExitStack() as stack:
        try:
            towns = stack.enter_context(open_gazetteer(desk.config.towns_file))
        except DamagedError:
            towns = None
        yield Names(desk, towns)
