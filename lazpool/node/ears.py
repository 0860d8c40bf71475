"""Hearing posts: judged as gossip brings them, stored and matched in batches."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, TypeVar

import trio

from lazpool.actions import hearing
from lazpool.rules.areas import parse_topic
from lazpool.store import board

if TYPE_CHECKING:
    from lazpool.net.network import Network
    from lazpool.node.state import Node
    from lazpool.records.posts import SignedPost

_K = TypeVar("_K")
_V = TypeVar("_V")

BATCH = 256
WAITING = 4096
"""How many accepted posts may wait to be stored; what the network's queue dropped is forgotten here, too."""
PASSED_ON = 65_536
"""How many posts are remembered as passed on; a replay under a new gossip key goes no further."""


class Ears:
    """The gossip side of admission. What was accepted waits in `_heard` between the judgement and the storing."""

    def __init__(self, node: Node) -> None:
        """Listen for a node."""
        self._node = node
        self._heard: OrderedDict[bytes, tuple[SignedPost, int]] = OrderedDict()
        self._passed: OrderedDict[tuple[bytes, int], None] = OrderedDict()

    def check(self, topic: str, data: bytes) -> bool:
        """Tell whether a message is kept and passed on: once an area, if it is valid.

        One that sync brought before gossip is still passed on: the neighbours behind us may lack it.
        """
        where = parse_topic(topic)
        if where is None or where[0] != self._node.desk.net:
            return False
        verdict, area = hearing.judge(self._node.desk, data), where[1]
        if verdict.signed is None or not (verdict.accepted or verdict.reason == "known"):
            return False
        if not (hearing.is_of(verdict.signed, area) and self._is_first((verdict.signed.id, area))):
            return False
        if verdict.accepted:
            _put(self._heard, data, (verdict.signed, area), WAITING)
        else:
            board.add_area(self._node.desk.board, verdict.signed.id, area)
        return True

    async def listen(self, network: Network) -> None:
        """Store what was heard, many at a time where much comes at once."""
        while True:
            batch = [(await network.posts.receive())[1]]
            while len(batch) < BATCH:
                try:
                    batch.append(network.posts.receive_nowait()[1])
                except trio.WouldBlock:
                    break
            heard = [self._heard.pop(data) for data in batch if data in self._heard]
            self._node.note_matches(hearing.store_heard(self._node.desk, heard, self._node.own))

    def _is_first(self, key: tuple[bytes, int]) -> bool:
        if key in self._passed:
            return False
        _put(self._passed, key, None, PASSED_ON)
        return True


def _put(memory: OrderedDict[_K, _V], key: _K, value: _V, most: int) -> None:
    """Remember something, and forget the oldest beyond `most`."""
    memory[key] = value
    if len(memory) > most:
        memory.popitem(last=False)
