"""Neighbours of the local network: who is heard there is dialled, slowly, and met like anybody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from lazpool.errors import UnreachableError
from lazpool.net.lan import Lan
from lazpool.net.pace import Quotas
from lazpool.node.state import log, say

if TYPE_CHECKING:
    from lazpool.net.lan import Heard
    from lazpool.net.network import Network
    from lazpool.node.state import Node

LOOK_S = 1.0
NEIGHBOURS = 16
"""With so many of those heard connected, no more are dialled; gossip needs fewer."""
DIALS_RATE, DIALS_BURST = 0.5, 10.0
"""Dials a second, and at once: whatever is said in the local network, it cannot make us knock more often."""
DIALS_PER_IP_RATE, DIALS_PER_IP_BURST = 0.1, 4.0
"""The same of one machine."""
YIELD_S = 3.0
"""Of two who hear each other the one with the smaller key dials; the other waits so long, in case it cannot."""
FIRST_RETRY_S, LAST_RETRY_S = 5.0, 300.0
TRIES = 8
"""Fruitless dials after which a node is forgotten until it is heard again."""
_UNDER_WAY = float("inf")
"""When one is due that is being dialled."""


async def keep(node: Node, network: Network) -> None:
    """Find others on our own links, and stay connected with them, for as long as the node runs."""
    if not node.lan:
        await trio.sleep_forever()
    lan = Lan(network.node_pk, node.desk.net, network.addresses)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(lan.run)
        await _Dialler(node, network, lan, nursery).run()


class _Dialler:
    """When who is dialled. `_due`: trio time before which a node is not dialled again, and how often that failed."""

    def __init__(self, node: Node, network: Network, lan: Lan, nursery: trio.Nursery) -> None:
        self._node, self._network, self._lan, self._nursery = node, network, lan, nursery
        self._due: dict[bytes, tuple[float, int]] = {}
        self._dials, self._dials_of_ip = Quotas(DIALS_RATE, DIALS_BURST), Quotas(DIALS_PER_IP_RATE, DIALS_PER_IP_BURST)

    async def run(self) -> None:
        while True:
            with trio.move_on_after(LOOK_S):
                await self._lan.news.wait()
            self._lan.news = trio.Event()
            self._node.lan_heard = len(self._lan.heard)
            self._look(trio.current_time())

    def _look(self, now: float) -> None:
        """Dial whoever is due; nobody is dialled twice at the same time."""
        self._due = {node_pk: due for node_pk, due in self._due.items() if node_pk in self._lan.heard}
        connected = set(self._network.peers())
        there = len(connected & self._lan.heard.keys()) + sum(due == _UNDER_WAY for due, _ in self._due.values())
        for node_pk, heard in list(self._lan.heard.items()):
            if heard.until < now:
                self._lan.forget(node_pk)
            elif node_pk in connected:
                self._due[node_pk] = now + FIRST_RETRY_S, 0
            elif self._is_due(node_pk, now) and there < NEIGHBOURS and self._may_knock(heard, now):
                there += 1
                self._due[node_pk] = _UNDER_WAY, self._due[node_pk][1]
                self._nursery.start_soon(self._dial, node_pk, heard)

    def _may_knock(self, heard: Heard, now: float) -> bool:
        if not self._dials_of_ip.take(heard.ip, now):
            return False
        if not self._dials.take(0, now):
            self._dials_of_ip.charge(heard.ip, now, -1)  # or who waits for others' dials would then wait for its own
            return False
        return True

    def _is_due(self, node_pk: bytes, now: float) -> bool:
        first = now if self._network.node_pk < node_pk else now + YIELD_S
        return self._due.setdefault(node_pk, (first, 0))[0] <= now

    async def _dial(self, node_pk: bytes, heard: Heard) -> None:
        failed = self._due[node_pk][1] + 1
        try:
            await self._network.connect(heard.address.text)
        except UnreachableError as wrong:
            say("lan", "a node of the local network is not reached", address=heard.address.text, why=wrong.message)
            pause = min(FIRST_RETRY_S * 2 ** (failed - 1), LAST_RETRY_S)
            if failed >= TRIES:
                self._lan.forget(node_pk)
        else:
            log.info("found in the local network", peer=node_pk.hex()[:12])
            pause, failed = FIRST_RETRY_S, 0
        self._due[node_pk] = trio.current_time() + pause, failed
