"""Does this node reach others, and is it reached? Each hub from its name to its letterbox; nothing is changed.

What only the running node knows it shows in its lock file. Whom it does not reach is called from here, under a key made
for that alone: two hosts of the same key would disturb each other.
"""

from __future__ import annotations

import secrets
import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import trio

from lazpool.actions.checks import Check, fault
from lazpool.errors import LazpoolError, NotRunningError, UnreachableError
from lazpool.net.address import is_global, parse_address
from lazpool.node.presence import look
from lazpool.records import sync
from lazpool.store import hubs, own, peers

if TYPE_CHECKING:
    import sqlite3

    from lazpool.actions.desk import Desk
    from lazpool.net.address import Address
    from lazpool.net.network import Network
    from lazpool.node.presence import Link, Presence

NAME_S, CONNECT_S, CALL_S = 5.0, 5.0, 15.0
_ELSEWHERE = "ask who runs it for its address of today, then join that"


@dataclass(frozen=True, slots=True)
class Called:
    """What came of calling a node. found: it is who it should be. hello: what it then said of itself. why: not."""

    found: bool
    hello: sync.Hello | None = None
    why: str = ""


@dataclass(slots=True)
class _Look:
    """What is looked at: a home, its running node if there is one, and those whom it joined, with what came of each."""

    desk: Desk
    there: Presence | None
    rows: list[sqlite3.Row]
    ways: dict[bytes, list[Check]] = field(default_factory=dict)
    called: dict[bytes, Called] = field(default_factory=dict)

    def link(self, node_pk: bytes) -> Link | None:
        """Return the connection that the running node has to a node."""
        links = self.there.links if self.there else ()
        return next((one for one in links if one.node == node_pk.hex()), None)

    def is_reached(self, node_pk: bytes) -> bool:
        """Tell whether a node was reached, by the running node or from here."""
        called = self.called.get(node_pk)
        return self.link(node_pk) is not None or (called is not None and called.hello is not None)


def check_all(desk: Desk) -> list[Check]:
    """Look at everything that others are needed for."""
    return trio.run(_check_all, desk)


async def _check_all(desk: Desk) -> list[Check]:
    seen = _Look(desk, look(desk.config.lock_file), own.hubs(desk.node))
    async with trio.open_nursery() as nursery:
        for row in seen.rows:
            nursery.start_soon(_find_way, seen, row)
    await _call_all(seen)
    of_hubs = [check for row in seen.rows for check in (*seen.ways[row["node_pk"]], *_of_hub(seen, row))]
    return [*_of_node(seen), *of_hubs, *_of_hubs(seen), _of_lan(seen), _of_peers(seen)]


def _of_node(seen: _Look) -> list[Check]:
    if (there := seen.there) is None:
        down = "your node is not running: nothing leaves, and nothing arrives"
        return [fault("node", NotRunningError(down, hint=f"start it with: {seen.desk.config.start}"))]
    checks = [Check("node", ok=True, detail=f"runs, as a {'hub' if there.hub else 'node'}")]
    if there.peers:
        checks.append(Check("neighbours", ok=True, detail=f"{there.peers} connected"))
    else:
        hint = "join a hub or a colleague: lazpool join ADDRESS" if not seen.rows else "see below why none is reached"
        checks.append(fault("neighbours", UnreachableError("nobody is connected: posts and letters wait", hint=hint)))
    return [*checks, _of_addresses(seen, there)]


def _of_addresses(seen: _Look, there: Presence) -> Check:
    """Say how others reach this node."""
    direct = [one for one in there.addresses if "/p2p-circuit/" not in one]
    by_hubs = len(there.addresses) - len(direct)
    if any(map(is_global, direct)):
        return Check("reached", ok=True, detail="listens on a public address")
    where = "listens in its own network" if direct else "listens nowhere"
    if direct and all(is_local(one) for one in direct):
        where = "listens on this machine alone"
    if by_hubs:
        return Check("reached", ok=True, detail=f"{where}; others reach it by way of {_counted(by_hubs, 'hub')}")
    detail = f"{where}, and no hub lets it be reached by way of it; posts and letters need neither"
    asked = [row for row in seen.rows if (link := seen.link(row["node_pk"])) and link.hub]
    if not asked or there.hub:
        return Check("reached", ok=True, detail=detail)
    hint = "a moment after a start this is normal; else the hub has no room for more: join another one"
    return Check("reached", ok=False, detail=detail, hint=hint, status=1)


def is_local(address: str) -> bool:
    """Tell whether only this machine can dial that."""
    return address.startswith(("/ip4/127.", "/ip6/::1/"))


async def _find_way(seen: _Look, row: sqlite3.Row) -> None:
    """Look up the name of a joined node, and whether anything answers at its address."""
    address = parse_address(row["address"])
    first = address.relay or address
    kind, host, port = _end(first)
    checks = seen.ways[row["node_pk"]] = list[Check]()
    if kind.startswith("dns"):
        checks.append(await _look_up(f"{host}:{port} name", host))
    if all(one.ok for one in checks):
        checks.append(await _knock(f"{host}:{port} port", host, port))


async def _look_up(name: str, host: str) -> Check:
    hint = f"is this machine online? if other names work, {_ELSEWHERE}"
    try:
        with trio.fail_after(NAME_S):
            found = await trio.socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, trio.TooSlowError) as wrong:
        return fault(name, UnreachableError(f"is not known: {wrong or 'no answer'}", hint=hint))
    there = sorted({str(one[4][0]) for one in found})
    return Check(name, ok=True, detail=f"is known: {', '.join(there[:4])}")


async def _knock(name: str, host: str, port: int) -> Check:
    try:
        with trio.fail_after(CONNECT_S):
            stream = await trio.open_tcp_stream(host, port)
    except (OSError, trio.TooSlowError) as wrong:
        hint = f"is it running, and does a firewall let port {port} through? else {_ELSEWHERE}"
        why = "no answer" if isinstance(wrong, trio.TooSlowError) else "refused or no way there"
        return fault(name, UnreachableError(f"is not reached: {why}", hint=hint))
    await stream.aclose()
    return Check(name, ok=True, detail="is open")


async def _call_all(seen: _Look) -> None:
    """Call those to whom the running node, if there is one, has no connection, and whose port is open."""
    todo = [row for row in seen.rows if seen.link(row["node_pk"]) is None and seen.ways[row["node_pk"]][-1].ok]
    if not todo:
        return
    import structlog  # noqa: PLC0415 # only here anything is logged

    from lazpool.net.network import open_network  # noqa: PLC0415 # libp2p takes a second to import

    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())  # faults of others are what is told here
    async with (
        open_network(secrets.token_bytes(32), (), serve={}, check=lambda *_: None) as network,
        trio.open_nursery() as nursery,
    ):
        for row in todo:
            nursery.start_soon(_call, seen, network, row)


async def _call(seen: _Look, network: Network, row: sqlite3.Row) -> None:
    node_pk, found = row["node_pk"], False
    try:
        with trio.fail_after(CALL_S):
            await network.connect(row["address"])
            found = True
            ours = sync.Hello(seen.desk.net, sync.NODE, ())
            hello = sync.read_hello(await network.ask(node_pk, sync.PROTOCOL, sync.pack_frame(ours)))
            seen.called[node_pk] = Called(found, hello)
    except (LazpoolError, trio.TooSlowError) as wrong:
        seen.called[node_pk] = Called(found, why=getattr(wrong, "message", "") or "no answer in time")


def _of_hub(seen: _Look, row: sqlite3.Row) -> list[Check]:
    """Say who answers at an address, and whether it serves us."""
    node_pk = row["node_pk"]
    _, host, port = _end(parse_address(row["address"]))
    name = f"{host}:{port}"
    if link := seen.link(node_pk):
        there = Check(f"{name} node", ok=True, detail="is the right node, connected, and answers")
        return [there, *_of_letters(seen, f"{name} letters", link)]
    called = seen.called.get(node_pk)
    return [] if called is None else [_of_called(seen, f"{name} node", called)]  # its port is closed, which was said


def _of_called(seen: _Look, name: str, called: Called) -> Check:
    """Say what a node answered to a stranger."""
    if not called.found:
        hint = f"another program or another node is there now: {_ELSEWHERE}"
        return fault(name, UnreachableError(f"is not the node that you joined: {called.why}", hint=hint))
    if called.hello is None:
        hint = "it may let in members alone, or be of another version: ask who runs it"
        why = f"is the right node, but does not answer a stranger: {called.why}"
        return fault(name, UnreachableError(why, hint=hint))
    if called.hello.net != seen.desk.net:
        hint = f"yours is {seen.desk.config.network!r}: you cannot meet there; leave it, or use a home of its network"
        return fault(name, UnreachableError("is the right node, but of another network", hint=hint))
    if seen.there is None:
        return Check(name, ok=True, detail="is the right node, and answers; its letterbox shows while your node runs")
    hint = "wait a minute; if it stays so, it may have blocked your node: ask who runs it"
    return fault(name, UnreachableError("answers, but your node is not connected to it", hint=hint))


def _of_letters(seen: _Look, name: str, link: Link) -> list[Check]:
    wanted = len(own.boxes(seen.desk.node))
    if not link.hub or not wanted:
        return []
    if link.tags >= wanted:
        return [Check(name, ok=True, detail=f"holds letters for all {wanted} letterboxes of yours")]
    hint = "a moment after a new post this is normal; else it is full or busy: join another hub"
    detail = f"holds letters for {link.tags} of {wanted} letterboxes of yours"
    return [Check(name, ok=False, detail=detail, hint=hint, status=6)]


def _of_hubs(seen: _Look) -> list[Check]:
    """Say whether there is more than one hub, and of different people."""
    joined = [row["node_pk"] for row in seen.rows]
    if not joined:
        alone = "none joined: letters travel only while you and the others run"
        if seen.there and seen.there.hub:
            alone = "no other joined: what is posted here reaches other hubs only by members of both"
        return [Check("hubs", ok=True, detail=alone)]
    reached = [node_pk for node_pk in joined if seen.is_reached(node_pk)]
    if not reached:
        hint = "join another one: lazpool join ADDRESS"
        return [fault("hubs", UnreachableError(f"none of {len(joined)} joined nodes is reached", hint=hint))]
    known = {one.node_pk: one.record.operator for one in hubs.every(seen.desk.board)}
    operators = {known[node_pk] for node_pk in reached if known.get(node_pk)}
    advice = "" if len(reached) > 1 else "; with a second one, of other people, you depend on nobody"
    told = f", of {_counted(len(operators), 'known operator')}" if operators else ""
    return [Check("hubs", ok=True, detail=f"reached: {len(reached)} of {len(joined)} joined{told}{advice}")]


def _of_lan(seen: _Look) -> Check:
    if seen.there is None:
        says = "will be looked for" if seen.desk.config.lan else "are not looked for: lan = false in config.toml"
        return Check("local network", ok=True, detail=f"nodes {says}")
    if not seen.there.lan:
        return Check("local network", ok=True, detail=f"nodes are not looked for: {_why_no_lan(seen.there)}")
    return Check("local network", ok=True, detail=f"nodes are looked for; {seen.there.heard} heard")


def _why_no_lan(there: Presence) -> str:
    if there.hub:
        return "a hub is to be told to: lazpool hub run --lan"
    if all(is_local(one) for one in there.addresses if "/p2p-circuit/" not in one):
        return "nobody there could dial this one"
    return "switched off"


def _of_peers(seen: _Look) -> Check:
    known = peers.every(seen.desk.node)
    if not known:
        return Check("remembered", ok=True, detail="no good neighbours yet")
    last = time.strftime("%Y-%m-%d", time.gmtime(max(one.seen for one in known) * 60))
    return Check("remembered", ok=True, detail=f"{len(known)} good neighbours, the last seen {last}")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _end(address: Address) -> tuple[str, str, int]:
    """Return kind, host and port of what is dialled first."""
    _, kind, host, _, port, *_ = address.text.split("/")
    return kind, host, int(port)
