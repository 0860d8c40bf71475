"""Light members of a hub: `python tests/bench/crowd.py COUNT LETTERS ADDRESS NET AREA ...`; net in hexadecimal.

Each is a libp2p host of its own with what lazpool's network brings, but no board and no database: it says hello, hears
the gossip of the areas, compares an empty board with the hub's, opens a letterbox, and deposits letters for the next
one, who takes none. Prints `ready` when all have done so, and stays until its input ends.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import AsyncExitStack

import structlog
import trio

from lazpool.errors import UnreachableError
from lazpool.net.network import Network, open_network
from lazpool.records import mail, sync
from lazpool.rules import reconcile
from lazpool.rules.areas import topic
from lazpool.wire.signing import public_key

TAG_SEEDS = 4
"""A tag holds 64 letters, so each member has some."""
TRIES = 5


async def _takes_none(_peer: bytes, _frame: bytes) -> bytes:
    return mail.pack_answer(mail.LATER)


class Member:
    """One of them, connected to the hub, and connected again when that breaks off."""

    def __init__(self, network: Network, address: str) -> None:
        """Be nobody's member yet."""
        self.network, self._address = network, address
        self.seeds = [os.urandom(32) for _ in range(TAG_SEEDS)]

    async def ask(self, protocol: str, frame: bytes) -> bytes:
        """Ask the hub; a few times, since it may be very busy while all come at once."""
        for _ in range(TRIES):
            try:
                hub = await self.network.connect(self._address)
                return await self.network.ask(hub, protocol, frame, timeout_s=60)
            except UnreachableError:
                await trio.sleep(1)
        raise RuntimeError("the hub does not answer")

    async def join(self, net: bytes, areas: tuple[int, ...]) -> None:
        """Say hello, hear the areas, compare an empty board with the hub's, and open the letterbox."""
        hub = await self.network.connect(self._address)
        for area in areas:
            await self.network.subscribe(topic(net, area))
        await self.ask(sync.PROTOCOL, sync.pack_frame(sync.Hello(net, sync.NODE, areas)))
        now = int(time.time()) // 60
        salt = os.urandom(sync.SALT)
        cover = reconcile.Conversation(reconcile.View([], salt), now + 2).ask()
        if cover is not None:
            await self.ask(sync.PROTOCOL, sync.pack_frame(sync.Compare(areas, now + 2, salt, cover)))
        for seed in self.seeds:
            frame = mail.sign_open(seed, now + 24 * 60, letterbox=hub, owner=self.network.node_pk, net=net)
            await self.ask(mail.PROTOCOL, mail.pack_frame(frame))

    async def write_to(self, other: Member, letters: int) -> None:
        """Deposit letters for another member."""
        for number in range(letters):
            put = mail.Put(public_key(other.seeds[number % TAG_SEEDS]), os.urandom(1024))
            status, _ = mail.read_answer(await self.ask(mail.PROTOCOL, mail.pack_frame(put)))
            if status != mail.OK:
                raise RuntimeError(mail.STATUS[status])


async def main(count: int, letters: int, address: str, net: bytes, areas: tuple[int, ...]) -> None:
    """Connect all of them, and stay."""
    async with AsyncExitStack() as stack:
        members = []
        for _ in range(count):
            opened = open_network(os.urandom(32), (), serve={mail.PROTOCOL: _takes_none}, check=lambda *_: True)
            members.append(Member(await stack.enter_async_context(opened), address))
            await members[-1].join(net, areas)
        for number, one in enumerate(members):
            await one.write_to(members[(number + 1) % count], letters)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await trio.to_thread.run_sync(sys.stdin.read)


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    wanted, each, where, network_id, *followed = sys.argv[1:]
    trio.run(main, int(wanted), int(each), where, bytes.fromhex(network_id), tuple(sorted(map(int, followed))))
