"""Joining a hub or another node, and leaving it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.actions import hubs as telling
from lazpool.actions.letterboxes import HUB
from lazpool.errors import NotFoundError, RefusedError
from lazpool.records.posts import Offer, Request, read_post
from lazpool.store import hubs, own

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazpool.actions.desk import Desk
    from lazpool.records.hub_records import SignedHub


def join(desk: Desk, address: str, node_pk: bytes) -> None:
    """Remember a node to keep a connection with, at its newest address; a running node connects at once."""
    _check_other(desk, node_pk)
    with desk.node.transaction():
        own.add_hub(desk.node, address, node_pk, desk.minute)
        own.set_left(desk.node, node_pk, None)


def check_invite(desk: Desk, signed: SignedHub) -> None:
    """Raise RefusedError for an invitation that nobody can follow from here, with what to do about it."""
    record = signed.record
    if record.net != desk.net:
        hint = f"this home is of {desk.config.network!r}: make another one with lazpool init --network NAME, and --home"
        raise RefusedError("this invitation is to a hub of another network", hint=hint, code="other-network")
    if record.until <= desk.second:
        raise RefusedError("this invitation has expired", hint="ask whoever runs the hub for a new one", code="expired")
    if not record.holds(desk.second):
        hint = "look whether the clock of this machine is right"
        raise RefusedError("this invitation is from the future", hint=hint, code="wrong-clock")
    _check_other(desk, record.node_pk)
    if record.node_pk in telling.blocked(desk):
        hint = "take the block back first: lazpool hub remove NODE"
        raise RefusedError("you have blocked this hub", hint=hint, code="blocked")


def join_invited(desk: Desk, signed: SignedHub, addresses: Sequence[str]) -> None:
    """Remember the hub of an invitation that was checked; addresses: full ones, the best first."""
    check_invite(desk, signed)
    node_pk = signed.record.node_pk
    made = hubs.made_of(desk.board, node_pk)
    if made is None or made < signed.record.made:
        with desk.board.transaction():
            hubs.put(desk.board, signed, b"")
    with desk.node.transaction():
        own.add_hub(desk.node, addresses[0], node_pk, desk.minute, role=HUB)
        own.remember_addresses(desk.node, node_pk, list(addresses))
        own.set_left(desk.node, node_pk, None)


def leave(desk: Desk, node_pk: bytes) -> None:
    """Keep no connection with a joined node any more; a running node parts at once, and does not join it by itself."""
    with desk.node.transaction():
        if all(row["node_pk"] != node_pk for row in own.hubs(desk.node)):
            raise NotFoundError("that node is not joined", hint="lazpool status shows which are")
        own.drop_hub(desk.node, node_pk)
        own.set_left(desk.node, node_pk, desk.minute)


def letterbox_of(desk: Desk, node_pk: bytes) -> int:
    """Count our live posts that name a node as one of those that hold their letters."""
    posts = [read_post(one.envelope)[0].post for one in own.posts(desk.node)]
    return sum(node_pk in one.letterboxes for one in posts if isinstance(one, Offer | Request))


def _check_other(desk: Desk, node_pk: bytes) -> None:
    if node_pk == desk.node_pk:
        raise RefusedError("that is this node's own address", code="own-address")
