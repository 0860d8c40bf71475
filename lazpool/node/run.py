"""Running a node in the foreground until it is told to stop; libp2p may fail underneath, the node goes on."""

from __future__ import annotations

import signal
from functools import partial
from typing import TYPE_CHECKING

import trio

from lazpool.actions.tick import tick
from lazpool.errors import LazpoolError, RefusedError
from lazpool.net.network import Network, NetworkCrashedError, open_network
from lazpool.node import hook, hubs, lan, links, mailman, notice, peers, pump, relays, syncing, witnesses
from lazpool.node.ears import Ears
from lazpool.node.presence import hold
from lazpool.node.standing import stand
from lazpool.node.state import Node, log
from lazpool.records import hub_records, mail, sync, where, witnessing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from lazpool.actions.desk import Desk
    from lazpool.actions.standing import Live

    Beside = Callable[[Callable[[], Live]], Awaitable[None]]

TICK_S = 60.0
FIRST_RESTART_S, LAST_RESTART_S = 1.0, 30.0
STEADY_S = 60.0
"""What ran for so long is started again at once; what fails sooner, later and later."""


def run_node(
    desk: Desk,
    *,
    listen: Sequence[str],
    hub: bool = False,
    areas: Sequence[int] = (),
    beside: Beside | None = None,
    lan: bool = False,
) -> None:
    """Run until SIGINT or SIGTERM; RefusedError when a node of this home runs already.

    beside: what else this process does, such as serving a page; it is given a function that tells how the node stands.
    lan: whether others are looked for on this machine's own links.
    """
    with hold(desk.config.lock_file) as lock:
        trio.run(_main, Node(desk, lock, hub, tuple(areas), lan), tuple(listen), beside)


async def _main(node: Node, listen: Sequence[str], beside: Beside | None) -> None:
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_supervise, node, listen)
            nursery.start_soon(_forever, "hook", partial(hook.keep_telling, node))
            if beside is not None:
                nursery.start_soon(_forever, "page", partial(beside, partial(stand, node)))
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
            key = node.desk.keys.node
            async with open_network(
                key, listen, serve=serving.table, check=ears.check, relay=node.hub, admit=node.admits
            ) as network:
                was_open = True
                node.opened_networks += 1
                await _work(node, network, ears, serving)
        except LazpoolError as wrong:
            if not was_open and not isinstance(wrong, NetworkCrashedError):
                raise
            log.error("network failed, starting it again", why=wrong.message, seconds=delay)
        except Exception as fault:  # noqa: BLE001 # the border: whatever fails inside, the node comes back
            log.error("node failed, starting it again", fault=repr(fault), seconds=delay)
        finally:
            node.network = None
        if trio.current_time() - began > STEADY_S:
            delay = FIRST_RESTART_S
        await trio.sleep(delay)
        delay = min(delay * 2, LAST_RESTART_S)


async def _work(node: Node, network: Network, ears: Ears, serving: _Serving) -> None:
    notice.match_all(node)
    node.refresh_own()
    node.hellos.clear()
    node.opened.clear()
    node.circuits = ()
    node.told.clear()
    async with trio.open_nursery() as nursery:
        serving.begin(network, nursery)
        await node.subscribe(network)
        node.network = network
        notice.show(node, network)
        log.info("running", addresses=network.addresses(), hub=node.hub)
        for name, task in _tasks(node, network, ears, nursery).items():
            nursery.start_soon(_forever, name, task)


def _tasks(node: Node, network: Network, ears: Ears, nursery: trio.Nursery) -> dict[str, Callable[[], Awaitable[None]]]:
    return {
        "links": partial(links.keep, node, network),
        "neighbours": partial(links.watch, node, network, nursery),
        "ears": partial(ears.listen, network),
        "outbox": partial(pump.pump, node, network),
        "notice": partial(notice.notice, node, network, nursery),
        "board": partial(notice.keep_up, node, network),
        "clock": partial(_tick, node),
        "ping": partial(links.ping_all, network),
        "relays": partial(relays.keep, node, network),
        "hubs": partial(hubs.keep, node, network),
        "lan": partial(lan.keep, node, network),
        "peers": partial(peers.keep, node, network),
        "sync": partial(links.sync_some, node, network),
        "witnesses": partial(witnesses.keep_asking, node, network),
        "sleep": partial(links.notice_sleep, node, network),
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


async def _tick(node: Node) -> None:
    while True:
        tick(node.desk)
        node.changed_here = True  # plans publish and deals lapse; our own commits are not seen in the version
        await trio.sleep(TICK_S)


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
            where.PROTOCOL: partial(self._answer, relays.serve),
            witnessing.PROTOCOL: partial(self._answer, witnesses.serve),
            hub_records.PROTOCOL: partial(self._answer, hubs.serve),
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
        if not self._node.admits(peer):
            raise RefusedError("not let in")  # in the moment before its connection is closed
        return serve(self._node, self._network, self._nursery, peer, frame)
