"""What the tasks of a running node share."""

from __future__ import annotations

import time
from collections import OrderedDict
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
import trio

from lazpool.actions.detours import measure_matches
from lazpool.actions.doors import Guests, guests
from lazpool.actions.matches import heard_in, own_live
from lazpool.net.pace import Quotas
from lazpool.net.throttle import Throttle
from lazpool.records.sync import HUB, MAX_AREAS, NODE, Hello
from lazpool.rules.areas import fork_topic, topic
from lazpool.store import own
from lazpool.store.catalogue import Catalogue

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from lazpool.actions.desk import Desk
    from lazpool.actions.standpoint import Standpoint
    from lazpool.net.network import Network
    from lazpool.node.presence import Lock

log = structlog.get_logger("lazpool")
_said = Throttle()

WORK_RATE, WORK_BURST = 200_000.0, 4_000_000.0
"""Elements of the board hashed for one neighbour, a second and at once: two hundredths of a core, and forty comparisons
of 100,000 posts. Beyond that it is told nothing for a while."""
GIFT_RATE, GIFT_BURST = 200.0, 4000.0
"""Posts taken that one neighbour found missing here; the rest is fetched when we ask."""


HUB_ASK_RATE, HUB_ASK_BURST = 1 / 60, 8.0
"""How often one neighbour is told of hubs; honest ones ask every ten minutes."""


def say(kind: str, event: str, **values: object) -> None:
    """Log what strangers can bring about as often as they like: once a minute and kind, with a count of the rest."""
    unsaid = _said.allow(kind)
    if unsaid is not None:
        log.info(event, **values, **({"unsaid": unsaid} if unsaid else {}))


class Bell:
    """Wakes the tasks that wait for it; a ring between two waits is not lost."""

    def __init__(self) -> None:
        """Begin silent."""
        self._event = trio.Event()

    def ring(self) -> None:
        """Wake everybody who waits now, or the next who does."""
        self._event.set()

    async def wait(self, most_s: float) -> None:
        """Wait for a ring, at most so many seconds."""
        with trio.move_on_after(most_s):
            await self._event.wait()
        self._event = trio.Event()


@dataclass(slots=True)
class Node:
    """A running node. `areas` only grows: libp2p loses messages after an unsubscribe. own: our live posts, decoded.

    hellos: what neighbours said of themselves. opened: the tags open at each hub. early: tags with a letter that came
    too early. mute: letterboxes that did not answer the last time. told: the hello that each neighbour heard of us, and
    when. work, gifts: what neighbours may have us do in a sync. refused: keys of posts not taken, with areas and time.
    circuits: our addresses by way of hubs. lan: whether others are looked for on our own links; lan_heard: how many
    nodes were heard there. guests: whom a hub lets in. hub_asks: how often neighbours may ask for hubs; hub_turns: when
    each is asked next. invite: to this hub. network: the open one. began: of this process, in seconds of its clock.
    """

    desk: Desk
    lock: Lock
    hub: bool
    fixed_areas: tuple[int, ...]
    lan: bool = False
    outbox_bell: Bell = field(default_factory=Bell)
    links_bell: Bell = field(default_factory=Bell)
    woke_bell: Bell = field(default_factory=Bell)
    areas: set[int] = field(default_factory=set)
    own: list[Standpoint] = field(default_factory=list)
    hellos: dict[bytes, Hello] = field(default_factory=dict)
    opened: dict[bytes, set[bytes]] = field(default_factory=dict)
    early: set[bytes] = field(default_factory=set)
    mute: set[bytes] = field(default_factory=set)
    told: dict[bytes, tuple[Hello, float]] = field(default_factory=dict)
    work: Quotas = field(default_factory=lambda: Quotas(WORK_RATE, WORK_BURST))
    gifts: Quotas = field(default_factory=lambda: Quotas(GIFT_RATE, GIFT_BURST))
    refused: OrderedDict[bytes, tuple[tuple[int, ...], float]] = field(default_factory=OrderedDict)
    circuits: tuple[str, ...] = ()
    guests: Guests = field(default_factory=Guests)
    hub_asks: Quotas = field(default_factory=lambda: Quotas(HUB_ASK_RATE, HUB_ASK_BURST))
    hub_turns: dict[bytes, float] = field(default_factory=dict)
    invite: str = ""
    network: Network | None = None
    lan_heard: int = 0
    sync_rounds: int = 0
    opened_networks: int = 0
    began: float = field(default_factory=time.monotonic)
    changed_here: bool = False
    _catalogue: Catalogue | None = None
    _turns: dict[bytes, trio.Lock] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Follow the areas that a hub was told to serve."""
        self.areas.update(self.fixed_areas[:MAX_AREAS])
        self.guests = guests(self.desk)

    def admits(self, peer: bytes) -> bool:
        """Tell whether a peer may be connected; only hubs choose."""
        return not self.hub or self.guests.admits(peer)

    def hello(self) -> Hello:
        """Return what we say to a neighbour."""
        return Hello(self.desk.net, HUB if self.hub else NODE, tuple(sorted(self.areas)))

    def catalogue(self) -> Catalogue:
        """Return what is on the board, in the order of sync."""
        if self._catalogue is None or self._catalogue.store is not self.desk.board:
            self._catalogue = Catalogue(self.desk.board)
        return self._catalogue

    @asynccontextmanager
    async def turn(self, peer: bytes) -> AsyncIterator[None]:
        """Wait until no other task of ours compares boards with a neighbour."""
        lock = self._turns.setdefault(peer, trio.Lock())
        try:
            async with lock:
                yield
        finally:
            if not lock.statistics().tasks_waiting:
                self._turns.pop(peer, None)

    def forget(self, peer: bytes) -> None:
        """Forget what was said to and by a neighbour that is gone."""
        for memory in (self.hellos, self.opened, self.told):
            memory.pop(peer, None)

    def refresh_own(self) -> bool:
        """Read our live posts again and follow their areas; tell whether an area is new."""
        self.own = own_live(self.desk)
        return self.follow({area for one in self.own for area in heard_in(one.signed.post)})

    def note_matches(self, count: int) -> None:
        """Measure new matches on roads, and log how many there are."""
        if count:
            measure_matches(self.desk, own.posts(self.desk.node))
            say("matches", "matches found", count=count)

    def follow(self, areas: set[int]) -> bool:
        """Add areas, as many as fit; tell whether one is new."""
        fresh = sorted(areas - self.areas)[: MAX_AREAS - len(self.areas)]
        self.areas.update(fresh)
        return bool(fresh)

    async def subscribe(self, network: Network) -> None:
        """Hear every area that we follow, and of forks."""
        await network.subscribe(fork_topic(self.desk.net))
        for area in sorted(self.areas):
            await network.subscribe(topic(self.desk.net, area))
