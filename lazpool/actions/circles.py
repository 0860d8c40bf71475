"""Closed groups: make one, join one by its code, leave one."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from lazpool.actions.plans import trip_of
from lazpool.actions.posts import withdraw
from lazpool.errors import NotFoundError, RefusedError
from lazpool.records.groups import SECRET, Circle, from_code, to_code
from lazpool.records.posts import Withdrawal, read_post
from lazpool.store import groups, own, plans

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk

MAX_GROUPS = 64
"""Each costs a hash for every post of a group that is heard and might fit."""


def create(desk: Desk, name: str) -> Circle:
    """Make a group with a new secret."""
    return _keep(desk, Circle(name, secrets.token_bytes(SECRET)))


def join(desk: Desk, code: str, name: str = "") -> Circle:
    """Join the group that a code invites to; name: call it otherwise here."""
    circle = from_code(code, desk.net)
    return _keep(desk, Circle(name or circle.name, circle.secret))


def leave(desk: Desk, name: str) -> int:
    """Forget a group; return how many of our live posts were for it, which are withdrawn: nobody could answer them."""
    with desk.node.transaction():
        ours = posts_of(desk, find(desk, name))
        for identifier in ours:
            withdraw(desk, identifier)
        groups.remove(desk.node, name)
    return len(ours)


def find(desk: Desk, name: str) -> Circle:
    """Return a group of ours, or raise NotFoundError."""
    circle = groups.get(desk.node, name)
    if circle is None:
        raise NotFoundError(f"you are in no group {name!r}", hint="lazpool group list")
    return circle


def code_of(desk: Desk, circle: Circle) -> str:
    """Return the invitation code of a group."""
    return to_code(circle, desk.net)


def posts_of(desk: Desk, circle: Circle) -> list[bytes]:
    """Return the ids of our live posts in a group."""
    live = [read_post(one.envelope)[0] for one in own.posts(desk.node)]
    trips = [(one.id, one.post) for one in live if not isinstance(one.post, Withdrawal)]
    return [identifier for identifier, post in trips if groups.of_post(desk.node, post) == circle]


def plans_of(desk: Desk, circle: Circle) -> int:
    """Return how many of our plans are for a group; once we have left it, they publish nothing more."""
    return sum(trip_of(plan).group == circle.name for plan in plans.plans(desk.node))


def _keep(desk: Desk, circle: Circle) -> Circle:
    with desk.node.transaction():
        known = [one.circle for one in groups.every(desk.node)]
        for one in known:
            if one.secret == circle.secret:
                raise RefusedError(f"you are in this group already; you call it {one.name!r}", code="known-group")
            if one.name == circle.name:
                hint = "call it otherwise: lazpool group join CODE --as NAME"
                raise RefusedError(f"you are in another group {circle.name!r} already", hint=hint, code="known-name")
        if len(known) >= MAX_GROUPS:
            raise RefusedError(f"you are in {MAX_GROUPS} groups already", hint="lazpool group leave NAME", code="quota")
        groups.add(desk.node, circle, desk.minute)
    return circle
