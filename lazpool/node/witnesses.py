"""Hubs as witnesses: as a hub, signing what members show of their logs; as a member who wants it, showing ours."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import trio

from lazpool.actions import checkpoints
from lazpool.actions import witnessing as judging
from lazpool.errors import LazpoolError, RefusedError
from lazpool.node.state import log, say
from lazpool.records import witnessing
from lazpool.records.checkpoints import Witness
from lazpool.records.sync import HUB
from lazpool.records.witnessing import Answer, Show
from lazpool.store import checkpoints as store
from lazpool.store import own

if TYPE_CHECKING:
    from lazpool.net.network import Network
    from lazpool.node.state import Node
    from lazpool.store.checkpoints import Own

LOOK_S = 10.0
"""How often we look whether a hub has something to witness."""


def serve(node: Node, _network: Network, _nursery: trio.Nursery, peer: bytes, data: bytes) -> bytes:
    """Answer a frame of the witness protocol; MalformedError for what is none."""
    frame = witnessing.read_frame(data)
    return witnessing.pack_answer(_judge(node, peer, frame) if node.hub else Answer(witnessing.NOT_SERVED))


async def keep_asking(node: Node, network: Network) -> None:
    """Show the newest checkpoint of our log to the hubs that we joined and that lack it, if that is wanted."""
    while True:
        if node.desk.config.hub_witness:
            await ask_all(node, network)
        await trio.sleep(LOOK_S)


async def ask_all(node: Node, network: Network) -> None:
    """Ask each connected hub that lacks our newest checkpoint."""
    made = store.newest(node.desk.node, node.desk.device.log_pk)
    joined = {row["node_pk"] for row in own.hubs(node.desk.node) if not row["found"]}
    for hub in network.peers():
        hello = node.hellos.get(hub)
        if made is None or hub not in joined or hello is None or hello.role != HUB:
            continue
        if not store.is_witnessed(node.desk.node, made.id, hub):
            try:
                await _ask(node, network, hub, made)
            except (LazpoolError, sqlite3.Error) as wrong:
                log.debug("hub did not witness", hub=hub.hex()[:12], why=str(wrong))


def _judge(node: Node, peer: bytes, frame: Show) -> Answer:
    desk = node.desk
    try:
        with desk.node.transaction():
            found = judging.judge(desk, peer, judging.Asked(frame.statement, frame.first, frame.proof), desk.keys.node)
    except RefusedError as wrong:
        say(f"not witnessed {wrong.message}", "not witnessed", why=wrong.message)
        return Answer(witnessing.CONFLICT)
    if found.verdict == witnessing.CONFLICT:
        say("log does not go on", "a log does not go on from what was seen of it", peer=peer.hex()[:12])
    signed = (found.witness.at, found.witness.signature) if found.witness else (0, b"")
    return Answer(found.verdict, found.seen, *signed)


async def _ask(node: Node, network: Network, hub: bytes, made: Own) -> None:
    """Show a checkpoint with the proof from what this hub has signed; once more when it stands elsewhere."""
    first = store.witnessed_by(node.desk.node, made.log, hub)
    for _ in range(2):
        frame = Show(made.statement, first, checkpoints.proof_from(node.desk, made, first))
        data = await network.ask(hub, witnessing.PROTOCOL, witnessing.pack_frame(frame))
        answer = witnessing.read_answer(data)
        if answer.status == witnessing.ELSEWHERE and 0 < answer.seen < made.size:
            first = answer.seen
            continue
        break
    if answer.status != witnessing.OK:
        why = witnessing.STATUS[answer.status]
        say(f"not witnessed {hub.hex()} {why}", "hub did not witness", hub=hub.hex()[:12], why=why)
        return
    with node.desk.node.transaction():
        witness = Witness(hub, answer.at, answer.signature)
        checkpoints.add_witness(node.desk, made, witness, store.HUB, hub)
    log.info("hub has witnessed", hub=hub.hex()[:12], entries=made.size)
