"""How a hub stands: what its process knows at this moment, and what its databases hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.records.posts import Offer, Request
from lazpool.store import board, letterbox, post_office

if TYPE_CHECKING:
    from lazpool.store.database import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What only the running process knows. The counts go on from its start.

    ready: whether its network is open. address, invite: by which members join. areas: those it follows. places,
    circuits: of its relay, given and under way. sync_rounds: with neighbours. dropped_posts: heard and lost, because it
    was too busy. faults: of neighbours and connections. restarts: of the network inside the process.
    """

    ready: bool
    uptime_s: float
    address: str = ""
    invite: str = ""
    areas: tuple[int, ...] = ()
    peers: int = 0
    places: int = 0
    circuits: int = 0
    sync_rounds: int = 0
    dropped_posts: int = 0
    faults: int = 0
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class Held:
    """What the databases of a hub hold. tags: letterboxes open, of so many owners. outbox: what waits to leave."""

    offers: int
    requests: int
    withdrawn: int
    letters: int
    letter_bytes: int
    tags: int
    owners: int
    outbox: int


def held(board_db: Store, node_db: Store) -> Held:
    """Count what is held."""
    kinds = board.count_kinds(board_db)
    return Held(
        kinds.get(Offer.KIND, 0),
        kinds.get(Request.KIND, 0),
        board.count_withdrawn(board_db),
        letterbox.count_letters(board_db),
        letterbox.bytes_held(board_db),
        letterbox.count_tags(board_db),
        letterbox.count_owners(board_db),
        post_office.waiting(node_db),
    )
