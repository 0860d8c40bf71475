"""Where the two of a deal said to be at the pick-up: in node.db, one row a side and deal, and nowhere else."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lazpool.store.database import Store


@dataclass(frozen=True, slots=True)
class Shown:
    """A position. mine: 1 if ours; lat, lon: 1/100,000 degree; at: minute; counter: of its letter."""

    deal: bytes
    mine: int
    lat: int
    lon: int
    at: int
    counter: int


def keep(db: Store, shown: Shown) -> None:
    """Keep a position in place of one that an earlier letter gave; one that is overtaken changes nothing."""
    db.execute(
        "INSERT INTO positions VALUES (?,?,?,?,?,?) ON CONFLICT (deal, mine) DO UPDATE SET "
        "lat=excluded.lat, lon=excluded.lon, at=excluded.at, counter=excluded.counter "
        "WHERE excluded.counter>counter",
        astuple(shown),
    )


def of_deal(db: Store, deal: bytes) -> list[Shown]:
    """Return the positions of a deal, the partner's first."""
    return [Shown(*row) for row in db.all("SELECT * FROM positions WHERE deal=? ORDER BY mine", (deal,))]
