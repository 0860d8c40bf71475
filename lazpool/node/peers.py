"""Good neighbours are remembered, and sought again when there are too few: after a start, or when hubs have died.

What is remembered is told to nobody. Hubs do not take part: their members come to them.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import trio

from lazpool.actions.hubs import blocked
from lazpool.errors import LazpoolError, UnreachableError
from lazpool.net.address import own_addresses
from lazpool.node.relays import may_dial
from lazpool.node.state import log
from lazpool.records import where
from lazpool.store import own, peers

if TYPE_CHECKING:
    from lazpool.net.network import Network
    from lazpool.node.state import Node
    from lazpool.store.peers import Peer

LOOK_S = 2.0
GOOD_S = 10.0
"""A connection that lasted so long, to one who answers our questions, was a good one."""
SEEN_S = 3600.0
"""How often is noted that a neighbour is still there."""
ENOUGH = 3
"""With fewer neighbours, others are sought."""
FIRST_S = 5.0
"""What those that were joined have, after a start and between two dials, before anybody else is sought."""
FIRST_RETRY_S, LAST_RETRY_S = 30.0, 3600.0


async def keep(node: Node, network: Network) -> None:
    """Remember good neighbours and seek them again, for as long as the node runs."""
    if node.hub:
        await trio.sleep_forever()
    with node.desk.node.transaction():
        peers.forget_old(node.desk.node, node.desk.minute)
    memory = _Memory(node, network)
    await trio.sleep(LOOK_S)
    while True:
        try:
            await memory.learn()
            await memory.seek()
        except sqlite3.Error as wrong:  # another process may hold the database for long
            log.debug("neighbours not looked at", why=str(wrong))
        await trio.sleep(LOOK_S)


class _Memory:
    """Trio times: `_since` when a neighbour came, `_noted` when it was noted, `_due` before which it is not dialled.

    `_due` also has the next pause, in seconds. `_next`: when somebody may be dialled.
    """

    def __init__(self, node: Node, network: Network) -> None:
        self._node, self._network = node, network
        self._since: dict[bytes, float] = {}
        self._noted: dict[bytes, float] = {}
        self._due: dict[bytes, tuple[float, float]] = {}
        self._next = trio.current_time() + FIRST_S

    async def learn(self) -> None:
        """Note those neighbours that have lasted, and those that are still there."""
        now, there = trio.current_time(), self._network.peers()
        self._since = {peer: self._since.get(peer, now) for peer in there}
        self._noted = {peer: at for peer, at in self._noted.items() if peer in self._since}
        for peer in there:
            lasted = peer in self._node.hellos and now - self._since[peer] >= GOOD_S
            if lasted and now - self._noted.get(peer, float("-inf")) >= SEEN_S:
                await self._note(peer, new=peer not in self._noted)
                self._noted[peer] = now

    async def seek(self) -> None:
        """Dial the most promising one, if neighbours are too few and somebody is due."""
        now = trio.current_time()
        if len(self._network.peers()) >= ENOUGH or now < self._next:
            return
        due = [one for one in self._strangers() if self._due.get(one.node_pk, (0.0, 0.0))[0] <= now]
        if due:
            await self._dial(due[0])
            self._next = trio.current_time() + FIRST_S

    def _strangers(self) -> list[Peer]:
        """Return those remembered who are not there, and are not dialled already or left by the owner."""
        db = self._node.desk.node
        kept = {row["node_pk"] for row in own.hubs(db)} | own.left(db) | blocked(self._node.desk)
        kept |= set(self._network.peers())
        return [one for one in peers.every(db) if one.node_pk not in kept]

    async def _dial(self, peer: Peer) -> None:
        pause = self._due.get(peer.node_pk, (0.0, 0.0))[1] or FIRST_RETRY_S
        try:
            await self._network.connect(peer.address)
        except UnreachableError as wrong:
            log.debug("a neighbour of earlier is not reached", address=peer.address, why=wrong.message)
            # Without any neighbour it is perhaps this machine that has no network.
            if self._network.peers():
                with self._node.desk.node.transaction():
                    peers.note_failed(self._node.desk.node, peer.node_pk)
        else:
            log.info("a neighbour of earlier is found again", peer=peer.node_pk.hex()[:12])
            pause = FIRST_RETRY_S / 2
        self._due[peer.node_pk] = trio.current_time() + pause, min(pause * 2, LAST_RETRY_S)

    async def _note(self, peer: bytes, *, new: bool) -> None:
        node, minute = self._node, self._node.desk.minute
        address = await self._address(peer) if new else ""
        with node.desk.node.transaction():
            if address:
                peers.note_good(node.desk.node, peer, address, minute)
            else:
                peers.note_seen(node.desk.node, peer, minute)

    async def _address(self, peer: bytes) -> str:
        """Return where a neighbour can be dialled: where we did, or the first it tells of at the IP it came from."""
        dialled, ip = self._network.ends(peer)
        if dialled or not ip:
            return dialled
        try:
            frame = where.pack(where.Where(self._node.desk.net, ()))  # we ask, and tell nothing of ourselves
            said = where.read(await self._network.ask(peer, where.PROTOCOL, frame))
        except LazpoolError as wrong:
            log.debug("neighbour did not tell where it is", peer=peer.hex()[:12], why=wrong.message)
            return ""
        plain = [text.partition("/p2p/")[0] for text in said.addresses if "/p2p-circuit" not in text]
        found = [one for one in own_addresses(peer, plain) if may_dial(one, self._network)]
        return next((one.text for one in found if one.text.split("/")[2] == ip), "")
