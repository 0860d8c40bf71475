"""Hearing posts and fork proofs: judged as gossip brings them; posts are stored and matched in batches."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, TypeVar

import trio

from lazpool.actions import forks, hearing
from lazpool.net.limits import FORK_BURST, FORK_RATE, FORKS_BURST, FORKS_RATE
from lazpool.net.pace import Quotas
from lazpool.node.state import say
from lazpool.rules.admission import Judgement
from lazpool.rules.areas import fork_topic, parse_topic
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

AREA_RATE, AREA_BURST = 100.0, 4000.0
ALL_RATE, ALL_BURST = 300.0, 8000.0
"""Messages looked at in one area and in all, a second and at once, where one forwarder may send 200 a second
(net/limits.py): however many flood, an area and a node stay within what they can do. 100,000 posts a week are 0.2."""


class Ears:
    """The gossip side of admission. What was accepted waits in `_heard` between the judgement and the storing."""

    def __init__(self, node: Node) -> None:
        """Listen for a node."""
        self._node = node
        self._heard: OrderedDict[bytes, tuple[SignedPost, tuple[int]]] = OrderedDict()
        self._passed: OrderedDict[tuple[bytes, int], None] = OrderedDict()
        self._spent, self._all_spent = Quotas(FORK_RATE, FORK_BURST), Quotas(FORKS_RATE, FORKS_BURST)
        self._in_area = Quotas(AREA_RATE, AREA_BURST)
        self._in_all = Quotas(ALL_RATE, ALL_BURST)

    def check(self, topic: str, data: bytes, forwarder: bytes) -> bool | None:
        """Tell whether a message is kept and passed on: once an area, if it is valid. None: it is of no use here.

        One that sync brought before gossip is still passed on: the neighbours behind us may lack it.
        """
        if topic == fork_topic(self._node.desk.net):
            return self._check_fork(data, forwarder)
        where = parse_topic(topic)
        if where is None or where[0] != self._node.desk.net or not self._is_affordable(where[1]):
            return None
        verdict, area = hearing.judge(self._node.desk, data), where[1]
        if verdict.judgement is Judgement.REJECT:
            return False
        if verdict.signed is None or not (verdict.accepted or verdict.reason == "known"):
            return None
        if not (hearing.is_of(verdict.signed, area) and self._is_first((verdict.signed.id, area))):
            return None
        if verdict.accepted:
            _put(self._heard, data, (verdict.signed, (area,)), WAITING)
        else:
            board.add_areas(self._node.desk.board, verdict.signed.id, (area,))
        return True

    def _check_fork(self, data: bytes, forwarder: bytes) -> bool | None:
        """Keep a fork proof, and pass it on if it was news; each costs two signatures, so they are counted."""
        heard = forks.hear(self._node.desk, data, lambda: self._may_cost(forwarder))
        if heard.judgement is Judgement.ACCEPT and heard.fork is not None:
            say("fork", "a log was forked", log=heard.fork.log_pk.hex()[:12])
        return {Judgement.ACCEPT: True, Judgement.IGNORE: None, Judgement.REJECT: False}[heard.judgement]

    def _may_cost(self, forwarder: bytes) -> bool:
        now = trio.current_time()
        return self._spent.take(forwarder, now) and self._all_spent.take(b"", now)

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

    def _is_affordable(self, area: int) -> bool:
        """Tell whether a message can still be looked at, in its area and in all; sync brings what is dropped."""
        now = trio.current_time()
        if self._in_area.take(area, now) and self._in_all.take("all", now):
            return True
        say("gossip too much", "more posts than can be looked at; sync will bring the rest", area=f"{area:x}")
        return False

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
