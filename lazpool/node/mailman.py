"""Carrying letters: depositing ours, collecting what hubs hold for us, and holding letters where we are a hub."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import trio

from lazpool.actions import inbox, letterbox
from lazpool.errors import LazpoolError
from lazpool.node.state import log, say
from lazpool.records import mail
from lazpool.records.sync import HUB
from lazpool.store import letterbox as held
from lazpool.store import own

if TYPE_CHECKING:
    from lazpool.net.network import Network
    from lazpool.node.state import Node
    from lazpool.store.post_office import Outgoing

FETCH_AGAIN_S = (1.0, 5.0)
"""How long after a letter that came too early its tag is asked for again."""
FETCHES = letterbox.MAX_LETTERS_OF_TAG // mail.BATCH + 1
"""Questions for one tag in a round: as many as an honest hub has letters for, so that no other can keep us asking."""


async def deliver(node: Node, network: Network, row: Outgoing) -> bool:
    """Bring a letter to the first of its letterboxes that takes it; tell whether one did.

    A repeat begins with another one: the letterbox that took the letter the last time may have lost it. One that gave
    no answer the last time is asked last: waiting for it takes ten seconds.
    """
    first = row.attempts % max(1, len(row.letterboxes))
    in_turn = row.letterboxes[first:] + row.letterboxes[:first]
    for letterbox_pk in sorted(in_turn, key=node.mute.__contains__):
        try:
            status = await _put(node, network, letterbox_pk, mail.Put(row.tag, row.data))
        except LazpoolError as wrong:
            node.mute.add(letterbox_pk)
            log.debug("letterbox not reached", hub=letterbox_pk.hex()[:12], why=wrong.message)
            continue
        node.mute.discard(letterbox_pk)
        if status == mail.OK:
            return True
        log.debug("letterbox refused", hub=letterbox_pk.hex()[:12], why=mail.STATUS[status])
    return False


async def collect(node: Node, network: Network, hub: bytes, *, everything: bool = False) -> None:
    """Open our tags at a hub, those it does not know yet, and fetch what it holds for them."""
    if not _is_hub(node, hub):
        return
    opened = node.opened.setdefault(hub, set())
    for box in own.boxes(node.desk.node):
        fresh = box.tag not in opened
        if fresh and not await _open(node, network, hub, box):
            continue
        opened.add(box.tag)
        if (fresh or everything) and not await _fetch(node, network, hub, box.tag):
            opened.discard(box.tag)  # the hub has lost its book of tags: open this one again in the next round


def serve(node: Node, network: Network, nursery: trio.Nursery, peer: bytes, data: bytes) -> bytes:
    """Answer a frame of the mail protocol; MalformedError for what is none."""
    frame = mail.read_frame(data)
    if isinstance(frame, mail.Put) and own.box(node.desk.node, frame.tag) is not None:
        status = take(node, frame.tag, frame.letter)
        if status == mail.LATER and _is_hub(node, peer):
            nursery.start_soon(_fetch_later, node, network, peer, frame.tag)
        return mail.pack_answer(status)
    if not node.hub:
        return mail.pack_answer(mail.NOT_SERVED)
    match frame:
        case mail.Open():
            return mail.pack_answer(letterbox.open_tag(node.desk, peer, frame))
        case mail.Put():
            status = letterbox.deposit(node.desk, peer, frame)
            if status == mail.OK:
                nursery.start_soon(_push, node, network, frame)
            return mail.pack_answer(status)
        case mail.Fetch():
            return mail.pack_answer(*letterbox.fetch(node.desk, peer, frame))
        case mail.Acknowledge():
            return mail.pack_answer(letterbox.acknowledge(node.desk, peer, frame))


def take(node: Node, tag: bytes, letter: bytes) -> int:
    """Act on a letter of ours; returns a status of the mail protocol."""
    outcome, why = inbox.receive(node.desk, tag, letter)
    node.changed_here = True  # our own commits are not seen in the database's version, so say it
    if outcome is inbox.Outcome.DROPPED:
        say(f"letter dropped {why}", "letter dropped", why=why)
    return mail.LATER if outcome is inbox.Outcome.LATER else mail.OK


async def _put(node: Node, network: Network, letterbox_pk: bytes, frame: mail.Put) -> int:
    if letterbox_pk != network.node_pk:
        status, _ = mail.read_answer(await network.ask(letterbox_pk, mail.PROTOCOL, mail.pack_frame(frame)))
        return status
    if not node.hub:
        return mail.NOT_SERVED
    status = letterbox.deposit(node.desk, network.node_pk, frame)  # a hub's own person writes to a member
    if status == mail.OK:
        await _push(node, network, frame)
    return status


async def _open(node: Node, network: Network, hub: bytes, box: own.Box) -> bool:
    frame = mail.sign_open(box.tag_seed, box.expires, letterbox=hub, owner=network.node_pk, net=node.desk.net)
    status, _ = mail.read_answer(await network.ask(hub, mail.PROTOCOL, mail.pack_frame(frame)))
    if status != mail.OK:
        why = mail.STATUS[status]
        say(f"not held {hub.hex()} {why}", "hub does not hold our letters", hub=hub.hex()[:12], why=why)
    return status == mail.OK


async def _fetch(node: Node, network: Network, hub: bytes, tag: bytes) -> bool:
    """Take what a hub holds for a tag; return False when the hub does not know the tag as ours."""
    for _ in range(FETCHES):
        answer = await network.ask(hub, mail.PROTOCOL, mail.pack_frame(mail.Fetch(tag)))
        status, letters = mail.read_answer(answer)
        if status == mail.NOT_YOURS:
            return False
        done = tuple(mail.letter_key(one) for one in letters if take(node, tag, one) == mail.OK)
        if done:
            await network.ask(hub, mail.PROTOCOL, mail.pack_frame(mail.Acknowledge(tag, done)))
        if len(letters) < mail.BATCH or len(done) < len(letters):
            break
    return True


async def _fetch_later(node: Node, network: Network, hub: bytes, tag: bytes) -> None:
    """Take again what a hub pushed too early: the letter before it was a little slower."""
    if tag in node.early:
        return
    node.early.add(tag)
    try:
        for pause in FETCH_AGAIN_S:
            await trio.sleep(pause)
            await _fetch(node, network, hub, tag)
    except (LazpoolError, sqlite3.Error) as wrong:
        log.debug("hub not reached", hub=hub.hex()[:12], why=str(wrong))
    finally:
        node.early.discard(tag)


def _is_hub(node: Node, peer: bytes) -> bool:
    hello = node.hellos.get(peer)
    return hello is not None and hello.role == HUB


async def _push(node: Node, network: Network, frame: mail.Put) -> None:
    """Bring a letter that we hold to its owner at once, if connected; else it waits for the owner's fetch."""
    owner = held.owner_of(node.desk.board, frame.tag)
    if owner is None or owner not in network.peers():
        return
    try:
        status, _ = mail.read_answer(await network.ask(owner, mail.PROTOCOL, mail.pack_frame(frame)))
        if status == mail.OK:
            letterbox.acknowledge(node.desk, owner, mail.Acknowledge(frame.tag, (mail.letter_key(frame.letter),)))
    except (LazpoolError, sqlite3.Error) as wrong:
        log.debug("owner not reached", why=str(wrong))
