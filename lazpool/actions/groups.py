"""Closed groups: make one, join one by its code, leave one."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from lazpool.actions.plans import trip_of
from lazpool.actions.posts import withdraw
from lazpool.errors import NotFoundError, RefusedError
from lazpool.records.groups import SECRET, ClosedGroup, from_code, to_code
from lazpool.records.posts import Withdrawal, read_post
from lazpool.store import groups as store
from lazpool.store import own, plans

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk

MAX_GROUPS = 64
"""Each costs a hash for every post of a group that is heard and might fit."""


def create(desk: Desk, name: str) -> ClosedGroup:
    """Make a group with a new secret."""
    return _keep(desk, ClosedGroup(name, secrets.token_bytes(SECRET)))


def join(desk: Desk, code: str, name: str = "") -> ClosedGroup:
    """Join the group that a code invites to; name: call it otherwise here."""
    closed = from_code(code, desk.net)
    return _keep(desk, ClosedGroup(name or closed.name, closed.secret))


def leave(desk: Desk, name: str) -> int:
    """Forget a group; return how many of our live posts were for it, which are withdrawn: nobody could answer them."""
    with desk.node.transaction():
        ours = posts_of(desk, find(desk, name))
        for identifier in ours:
            withdraw(desk, identifier)
        store.remove(desk.node, name)
    return len(ours)


def find(desk: Desk, name: str) -> ClosedGroup:
    """Return a group of ours, or raise NotFoundError."""
    closed = store.get(desk.node, name)
    if closed is None:
        raise NotFoundError(f"you are in no group {name!r}", hint="lazpool group list")
    return closed


def code_of(desk: Desk, closed: ClosedGroup) -> str:
    """Return the invitation code of a group."""
    return to_code(closed, desk.net)


def posts_of(desk: Desk, closed: ClosedGroup) -> list[bytes]:
    """Return the ids of our live posts in a group."""
    live = [read_post(one.envelope)[0] for one in own.posts(desk.node)]
    trips = [(one.id, one.post) for one in live if not isinstance(one.post, Withdrawal)]
    return [identifier for identifier, post in trips if store.of_post(desk.node, post) == closed]


def plans_of(desk: Desk, closed: ClosedGroup) -> int:
    """Return how many of our plans are for a group; once we have left it, they publish nothing more."""
    return sum(trip_of(plan).group == closed.name for plan in plans.plans(desk.node))


def _keep(desk: Desk, closed: ClosedGroup) -> ClosedGroup:
    with desk.node.transaction():
        known = [one.closed for one in store.every(desk.node)]
        for one in known:
            if one.secret == closed.secret:
                raise RefusedError(f"you are in this group already; you call it {one.name!r}", code="known-group")
            if one.name == closed.name:
                hint = "call it otherwise: lazpool group join CODE --as NAME"
                raise RefusedError(f"you are in another group {closed.name!r} already", hint=hint, code="known-name")
        if len(known) >= MAX_GROUPS:
            raise RefusedError(f"you are in {MAX_GROUPS} groups already", hint="lazpool group leave NAME", code="quota")
        store.add(desk.node, closed, desk.minute)
    return closed
