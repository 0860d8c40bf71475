"""Running a node in the foreground until it is told to stop; libp2p may fail underneath, the node goes on."""

from __future__ import annotations

import os
import signal
from functools import partial
from typing import TYPE_CHECKING

import trio

from lazpool.actions import hearing
from lazpool.actions.desk import renew_board
from lazpool.actions.matches import match_own
from lazpool.actions.tick import tick
from lazpool.errors import LazpoolError
from lazpool.net.network import Network, NetworkCrashedError, open_network
from lazpool.node import links, mailman, pump, syncing
from lazpool.node.ears import Ears
from lazpool.node.presence import Presence, hold
from lazpool.node.state import Node, log
from lazpool.records import mail, sync
from lazpool.store import own

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from lazpool.actions.desk import Desk

NOTICE_S = 0.05
"""How often the database is asked whether another process committed; one pragma of some microseconds."""
TICK_S = 60.0
TELL_S = 1.0
"""How long letters wait for neighbours to hear of new tags; one that hangs must not hold them up."""
FIRST_RESTART_S, LAST_RESTART_S = 1.0, 30.0
STEADY_S = 60.0
"""What ran for so long is started again at once; what fails sooner, later and later."""


def run_node(desk: Desk, *, listen: Sequence[str], hub: bool = False, areas: Sequence[int] = ()) -> None:
    """Run until SIGINT or SIGTERM; RefusedError when a node of this home runs already."""
    with hold(desk.config.lock_file) as lock:
        trio.run(_main, Node(desk, lock, hub, tuple(areas)), tuple(listen))


async def _main(node: Node, listen: Sequence[str]) -> None:
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_supervise, node, listen)
            async for _ in signals:
                log.info("stopping")
                nursery.cancel_scope.cancel()


async def _supervise(node: Node, listen: Sequence[str]) -> None:
    """Open the network again whenever it fails; what cannot even be opened the first time is an error."""
    delay, was_open = FIRST_RESTART_S, False
    while True:
        began = trio.current_time()
        try:
            ears = Ears(node)
            serving = _Serving(node)
            async with open_network(node.desk.keys.node, listen, serve=serving.table, check=ears.check) as network:
                was_open = True
                await _work(node, network, ears, serving)
        except LazpoolError as wrong:
            if not was_open and not isinstance(wrong, NetworkCrashedError):
                raise
            log.error("network failed, starting it again", why=wrong.message, seconds=delay)
        except Exception as fault:  # noqa: BLE001 # the border: whatever fails inside, the node comes back
            log.error("node failed, starting it again", fault=repr(fault), seconds=delay)
        if trio.current_time() - began > STEADY_S:
            delay = FIRST_RESTART_S
        await trio.sleep(delay)
        delay = min(delay * 2, LAST_RESTART_S)


async def _work(node: Node, network: Network, ears: Ears, serving: _Serving) -> None:
    _match_own(node)
    node.refresh_own()
    node.hellos.clear()
    node.opened.clear()
    async with trio.open_nursery() as nursery:
        serving.begin(network, nursery)
        await node.subscribe(network)
        _show(node, network)
        log.info("running", addresses=network.addresses(), hub=node.hub)
        for name, task in _tasks(node, network, ears, nursery).items():
            nursery.start_soon(_forever, name, task)


def _match_own(node: Node) -> None:
    hearing.show_own(node.desk)
    for post in own.posts(node.desk.node):
        match_own(node.desk, post)


def _tasks(node: Node, network: Network, ears: Ears, nursery: trio.Nursery) -> dict[str, Callable[[], Awaitable[None]]]:
    return {
        "links": partial(links.keep, node, network),
        "neighbours": partial(links.watch, node, network, nursery),
        "ears": partial(ears.listen, network),
        "outbox": partial(pump.pump, node, network),
        "notice": partial(_notice, node, network, nursery),
        "clock": partial(_tick, node),
        "ping": partial(links.ping_all, network),
        "sync": partial(links.sync_some, node, network),
    }


async def _forever(name: str, task: Callable[[], Awaitable[None]]) -> None:
    """Run a task, and again after a fault in it: a supervised border, so that one fault never ends the others."""
    while True:
        try:
            await task()
        except trio.Cancelled:
            raise
        except Exception as fault:  # noqa: BLE001 # the border: said in the log, and the task begins again
            log.error("task failed, starting it again", task=name, fault=repr(fault))
        await trio.sleep(FIRST_RESTART_S)


async def _notice(node: Node, network: Network, nursery: trio.Nursery) -> None:
    """Notice commits of other processes, and keep what they see of us up to date."""
    version = -1
    while True:
        _show(node, network)
        if renew_board(node.desk):
            await _begin_board(node, network)
        if (now := node.desk.node.version()) != version or node.changed_here:
            version, node.changed_here = now, False
            await _take_up(node, network, nursery)
        await trio.sleep(NOTICE_S)


async def _begin_board(node: Node, network: Network) -> None:
    """Fill a new board: whoever comes back to us tells what it knows, and opens its tags again if we are a hub."""
    log.warning("the board was deleted; it is made anew")
    _match_own(node)
    for peer in network.peers():
        await network.close_peer(peer)


async def _take_up(node: Node, network: Network, nursery: trio.Nursery) -> None:
    """Follow what changed: neighbours hear of new areas and new tags, the outbox is carried out."""
    node.links_bell.ring()
    hearing.show_own(node.desk)
    fresh_areas = node.refresh_own()
    if fresh_areas:
        await node.subscribe(network)
    tags = {box.tag for box in own.boxes(node.desk.node)}
    if fresh_areas or any(tags - opened for opened in node.opened.values()):
        nursery.start_soon(_tell, node, network)
    else:
        node.outbox_bell.ring()


async def _tell(node: Node, network: Network) -> None:
    """Open new tags at the hubs before letters go out that invite answers to them."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_ring_later, node)
        await links.greet_all(node, network)
        nursery.cancel_scope.cancel()
    node.outbox_bell.ring()


async def _ring_later(node: Node) -> None:
    await trio.sleep(TELL_S)
    node.outbox_bell.ring()


async def _tick(node: Node) -> None:
    while True:
        tick(node.desk)
        node.refresh_own()
        await trio.sleep(TICK_S)


def _show(node: Node, network: Network) -> None:
    node.lock.show(Presence(os.getpid(), node.hub, tuple(network.addresses()), len(network.peers())))


class _Serving:
    """The protocols we answer. The network calls them as soon as it is open, so they begin before it is known."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._ready = trio.Event()
        self._network: Network | None = None
        self._nursery: trio.Nursery | None = None
        self.table = {
            mail.PROTOCOL: partial(self._answer, mailman.serve),
            sync.PROTOCOL: partial(self._answer, syncing.serve),
        }

    def begin(self, network: Network, nursery: trio.Nursery) -> None:
        """Start answering."""
        self._network, self._nursery = network, nursery
        self._ready.set()

    async def _answer(
        self, serve: Callable[[Node, Network, trio.Nursery, bytes, bytes], bytes], peer: bytes, frame: bytes
    ) -> bytes:
        await self._ready.wait()
        if self._network is None or self._nursery is None:
            raise NetworkCrashedError("the network is gone")
        return serve(self._node, self._network, self._nursery, peer, frame)
