"""Hubs that describe themselves: telling of ours, learning of others, and keeping several that serve our areas.

What the owner joined stays joined. What a node joins by itself it may also drop: one that was never met where it said
that it is, that turns out to be no hub, or that was away for a day.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import trio

from lazpool.actions import hubs as telling
from lazpool.actions.letterboxes import HUB as HUB_ROLE
from lazpool.errors import LazpoolError
from lazpool.net.address import is_global, node_name, own_addresses
from lazpool.node.relays import may_dial
from lazpool.node.state import log, say
from lazpool.records import hub_records
from lazpool.records.sync import HUB
from lazpool.rules.hubs import Choice, choose, serves
from lazpool.store import hubs, own

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lazpool.actions.desk import Desk
    from lazpool.net.network import Network
    from lazpool.node.state import Node
    from lazpool.records.hub_records import HubRecord

LOOK_S = 2.0
ASK_EVERY_S, ASK_AGAIN_S = 600.0, 60.0
"""How often a neighbour is asked for hubs, and one that did not answer."""
ASKED_AT_ONCE = 8
AWAY_S = 20.0
"""How long a hub may be out of reach until another one takes its place; it is dialled on."""
GIVE_UP_S = 60.0
"""How long a hub that we chose has to be met."""
LEAVE_ALONE_S, TRY_AGAIN_S = 6 * 3600.0, 300.0
"""For how long one that was not met is left alone, and for how long if nobody at all could be reached then."""
FORGET_MINUTES = 24 * 60
"""How long one that we chose, and that was met, may be away: letters may wait there."""
MAX_FOUND = 6


@dataclass(slots=True)
class Memory:
    """What the keeping of hubs remembers while a node runs, all in trio's time.

    seen: when a joined node was last connected, or began to be watched. tried: when we chose a hub that is still to be
    met. lonely: when nobody was connected. alone: until when a hub is not chosen again. joined: as of the last look.
    """

    seen: dict[bytes, float] = field(default_factory=dict)
    tried: dict[bytes, float] = field(default_factory=dict)
    alone: dict[bytes, float] = field(default_factory=dict)
    lonely: float = float("-inf")
    joined: set[bytes] = field(default_factory=set)


async def keep(node: Node, network: Network) -> None:
    """Describe this hub, ask neighbours for others, and keep several, for as long as the node runs."""
    memory = Memory()
    while True:
        try:
            if node.hub:
                announce(node, network)
            await ask_some(node, network)
            await look(node, network, memory)
        except (LazpoolError, sqlite3.Error) as wrong:  # another process may hold the database for long
            log.debug("hubs not looked at", why=str(wrong))
        await trio.sleep(LOOK_S)


def serve(node: Node, network: Network, _nursery: trio.Nursery, peer: bytes, data: bytes) -> bytes:
    """Answer who asks for hubs, as often as is honest; MalformedError for what is no frame."""
    asked = hub_records.read_ask(data)
    if not node.hub_asks.take(peer, trio.current_time()):
        return hub_records.pack_told(())
    public = _is_public(node, network)
    told = telling.tell(node.desk, asked, hub=node.hub, is_told=lambda record: not public or _is_anywhere(record))
    return hub_records.pack_told(told)


def announce(node: Node, network: Network) -> None:
    """Keep up to date what this hub says of itself, and the invitation that its page shows."""
    if not (addresses := _our_addresses(node, network)):
        return
    kept = hubs.made_of(node.desk.board, node.desk.node_pk)
    signed = telling.announce(node.desk, addresses, node.fixed_areas)
    if signed.record.made != kept or not node.invite:
        node.invite = hub_records.to_invite(telling.invitation(node.desk, ()).envelope)


async def ask_some(node: Node, network: Network) -> None:
    """Ask those neighbours for hubs whose turn it is."""
    now = trio.current_time()
    node.hub_turns = {peer: turn for peer, turn in node.hub_turns.items() if turn > now}  # also of who went meanwhile
    due = [peer for peer in network.peers() if peer in node.hellos and peer not in node.hub_turns]
    async with trio.open_nursery() as nursery:
        for peer in due[:ASKED_AT_ONCE]:
            nursery.start_soon(ask, node, network, peer)


async def ask(node: Node, network: Network, peer: bytes) -> None:
    """Ask a neighbour for hubs that we do not know."""
    node.hub_turns[peer] = trio.current_time() + ASK_AGAIN_S
    try:
        frame = hub_records.pack_ask(telling.ask(node.desk))
        for envelope in hub_records.read_told(await network.ask(peer, hub_records.PROTOCOL, frame)):
            if record := telling.hear(node.desk, envelope, peer):
                _note(node, record)
    except LazpoolError as wrong:
        log.debug("neighbour did not tell of hubs", peer=peer.hex()[:12], why=wrong.message)
        return
    node.hub_turns[peer] = trio.current_time() + ASK_EVERY_S
    if (hello := node.hellos.get(peer)) and hello.role == HUB:
        with node.desk.board.transaction():
            hubs.note_met(node.desk.board, peer, node.desk.minute)


async def look(node: Node, network: Network, memory: Memory) -> None:
    """Note which joined nodes are there, drop hubs of our choice that are of no use, and choose others."""
    rows, peers, now = own.hubs(node.desk.node), set(network.peers()), trio.current_time()
    joined = {row["node_pk"] for row in rows}
    for left in memory.joined - joined:
        await network.close_peer(left)
    memory.joined = joined
    if not peers:
        memory.lonely = now
    for row in rows:
        _note_presence(node, memory, row, is_there=row["node_pk"] in peers)
        if row["found"] and _is_useless(node, memory, row):
            _drop(node, memory, row["node_pk"])
    if _add(node, network, memory):
        node.links_bell.ring()


def _note_presence(node: Node, memory: Memory, row: sqlite3.Row, *, is_there: bool) -> None:
    now, node_pk = trio.current_time(), row["node_pk"]
    since = memory.seen.setdefault(node_pk, now)
    if is_there:
        memory.seen[node_pk] = now
        memory.tried.pop(node_pk, None)
    is_gone = not is_there and now - since > AWAY_S
    if (is_there or is_gone) and is_gone != (row["gone"] > 0):
        with node.desk.node.transaction():
            own.set_hub_gone(node.desk.node, node_pk, node.desk.minute if is_gone else 0)


def _is_useless(node: Node, memory: Memory, row: sqlite3.Row) -> bool:
    """Tell whether a hub of our choice is not where it said, is none, is away for a day, or was blocked."""
    now, node_pk = trio.current_time(), row["node_pk"]
    hello = node.hellos.get(node_pk)
    unmet = now - memory.tried.get(node_pk, now) > GIVE_UP_S
    away = row["gone"] and node.desk.minute - row["gone"] > FORGET_MINUTES
    if not (unmet or away or (hello and hello.role != HUB) or node_pk in telling.blocked(node.desk)):
        return False
    nobody = memory.lonely > memory.tried.get(node_pk, now)
    memory.alone[node_pk] = now + (TRY_AGAIN_S if unmet and nobody else LEAVE_ALONE_S)
    return True


def _drop(node: Node, memory: Memory, node_pk: bytes) -> None:
    with node.desk.node.transaction():
        own.drop_hub(node.desk.node, node_pk)
    memory.tried.pop(node_pk, None)
    memory.seen.pop(node_pk, None)
    say("hub dropped", "hub given up", hub=node_name(node_pk))


def _add(node: Node, network: Network, memory: Memory) -> bool:
    """Join hubs until there are as many as are wanted; tell whether one was joined."""
    desk, want, now = node.desk, node.desk.config.hubs, trio.current_time()
    if not want or (node.hub and desk.config.hub.members_only):
        return False
    rows = [row for row in own.hubs(desk.node) if row["role"] in {HUB_ROLE, own.UNKNOWN_ROLE}]
    known = {one.node_pk: one.record for one in hubs.every(desk.board)}
    joined = {row["node_pk"]: _choice(row["node_pk"], row["address"], known.get(row["node_pk"])) for row in rows}
    areas = _areas(node, joined.values())
    here = [one for pk, one in joined.items() if now - memory.seen.get(pk, now) <= AWAY_S]
    kept = [one for one in here if serves(one, areas)]
    if len(kept) >= want or not areas:
        return False
    barred = {desk.node_pk, *memory.joined, *own.left(desk.node), *telling.blocked(desk)}
    barred |= {node_pk for node_pk, until in memory.alone.items() if until > now}
    choices = [_choice(pk, one.addresses[0], one) for pk, one in known.items() if _may_choose(desk, one, barred)]
    added = choose(choices, kept, areas, desk.node_pk, want)
    spare = [pk for pk, one in joined.items() if not serves(one, areas)]
    return sum(_join(node, network, memory, known[one.node_pk], spare) for one in added) > 0


def _areas(node: Node, joined: Iterable[Choice]) -> set[int]:
    """Return where hubs are wanted: where we ride, or while nothing is posted, where the joined hubs serve."""
    return node.areas or {area for one in joined for area in one.areas}


def _join(node: Node, network: Network, memory: Memory, record: HubRecord, spare: Sequence[bytes]) -> bool:
    """Join a hub that was chosen; one that has no address to be dialled at is left alone.

    spare: those that serve where we do not ride any more.
    """
    now, node_pk = trio.current_time(), record.node_pk
    ways = [one.text for one in own_addresses(node_pk, record.addresses) if may_dial(one, network)]
    if not ways:
        memory.alone[node_pk] = now + LEAVE_ALONE_S
        return False
    _make_room(node, memory, spare)
    with node.desk.node.transaction():
        own.add_hub(node.desk.node, ways[0], node_pk, node.desk.minute, found=True)
        own.remember_addresses(node.desk.node, node_pk, ways)
    memory.tried[node_pk] = memory.seen[node_pk] = now
    memory.joined.add(node_pk)  # or it would not be parted with when it is left before the next look
    log.info("hub found", hub=node_name(node_pk), name=record.name, operator=record.operator)
    return True


def _make_room(node: Node, memory: Memory, spare: Sequence[bytes]) -> None:
    """Drop one hub of our choice, if there are too many: the one that was away for longest, or else a spare one."""
    found = [row for row in own.hubs(node.desk.node) if row["found"]]
    away = sorted((row for row in found if row["gone"]), key=lambda row: int(row["gone"]))
    useless = [*away, *(row for row in found if row["node_pk"] in spare)]
    if len(found) >= MAX_FOUND and useless:
        _drop(node, memory, useless[0]["node_pk"])


def _may_choose(desk: Desk, record: HubRecord, barred: set[bytes]) -> bool:
    return record.node_pk not in barred and record.holds(desk.second) and record.entry == hub_records.OPEN


def _choice(node_pk: bytes, address: str, record: HubRecord | None) -> Choice:
    """Return a hub as it is chosen by; the address was perhaps never looked at."""
    host = "/".join(address.split("/")[1:3])
    return Choice(node_pk, record.operator if record else "", host, frozenset(record.areas if record else ()))


def _note(node: Node, record: HubRecord) -> None:
    if any(row["node_pk"] == record.node_pk for row in own.hubs(node.desk.node)):
        hint = f"lazpool hub show {node_name(record.node_pk)}"
        log.info("a hub describes itself", name=record.name, operator=record.operator, more=hint)


def _our_addresses(node: Node, network: Network) -> list[str]:
    """Return where this hub says that it is: where anybody can dial it, else where those of its own network can."""
    ours = network.addresses()
    everywhere = [one for one in ours if is_global(one)]
    nearby = [one for one in ours if "/127.0.0.1/" not in one and "/::1/" not in one]
    told = node.desk.config.hub.address
    found = everywhere if told or everywhere else nearby or ours
    plain = [one.partition("/p2p/")[0] for one in found]
    return list(dict.fromkeys([*([told] if told else []), *plain]))


def _is_public(node: Node, network: Network) -> bool:
    return bool(node.desk.config.hub.address) or any(map(is_global, network.addresses()))


def _is_anywhere(record: HubRecord) -> bool:
    """Tell whether a hub can be dialled from everywhere: addresses of somebody's own network are no use elsewhere."""
    return any(is_global(one.text) for one in own_addresses(record.node_pk, record.addresses))
