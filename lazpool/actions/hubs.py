"""Hubs that describe themselves: what is kept of what others tell, what is told on, and what we say as a hub."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from lazpool.errors import RefusedError
from lazpool.records.hub_records import (
    DAY_S,
    MAX_ADDRESSES,
    MAX_AREAS,
    MAX_KNOWN,
    MAX_TOLD,
    MEMBERS,
    OPEN,
    SHORT,
    Ask,
    HubRecord,
    SignedHub,
    check_hub,
    read_hub,
    sign_hub,
)
from lazpool.store import doors, hubs, own

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lazpool.actions.desk import Desk

MAX_HUBS, MAX_OF_TELLER = MAX_KNOWN, 64
"""Hubs that are kept, and those of them that one neighbour told of."""
HOLDS_DAYS, INVITE_DAYS = 14, 90
"""For how long what we say of ourselves holds: as it is told to others, and in an invitation unless that is said."""
RENEW_S = DAY_S
"""How old a record of ours gets before it is made anew."""


def ask(desk: Desk) -> Ask:
    """Return the question for hubs that we do not know."""
    return Ask(desk.net, tuple(one[:SHORT] for one in hubs.ids(desk.board)[:MAX_KNOWN]))


def hear(desk: Desk, envelope: bytes, teller: bytes) -> HubRecord | None:
    """Keep what a hub says of itself, which a neighbour told; return it if that is news.

    Raises MalformedError for what no honest neighbour tells.
    """
    signed, signature = read_hub(envelope)
    record = signed.record
    if record.net != desk.net or record.node_pk == desk.node_pk or not record.holds(desk.second):
        return None
    if not record.may_be_passed_on or record.node_pk in blocked(desk):
        return None
    known = hubs.made_of(desk.board, record.node_pk)
    if known is not None and known >= record.made:
        return None
    check_hub(signed, signature)
    with desk.board.transaction():
        if known is None and not _make_room(desk, teller):
            return None
        hubs.put(desk.board, signed, teller)
    return record


def tell(desk: Desk, asked: Ask, *, hub: bool, is_told: Callable[[HubRecord], bool]) -> tuple[bytes, ...]:
    """Return the records that a neighbour does not know: our own where we are a hub, then some of the others.

    is_told: which of those may be handed on.
    """
    if asked.net != desk.net:
        return ()
    known = set(asked.known)
    found = [one for one in hubs.every(desk.board) if one.record.id[:SHORT] not in known]
    ours = [one for one in found if one.node_pk == desk.node_pk and hub]
    others = [one for one in found if one.node_pk != desk.node_pk and _is_fit(desk, one.record) and is_told(one.record)]
    random.shuffle(others)  # so that in time each is told, whoever asks
    return tuple(one.signed.envelope for one in (*ours, *others)[:MAX_TOLD])


def describe(desk: Desk, addresses: Sequence[str], areas: Iterable[int], days: int = HOLDS_DAYS) -> SignedHub:
    """Return what this hub says of itself from now on, for some days; addresses: without its name at the end."""
    return sign_hub(_description(desk, addresses, areas, days), desk.keys.node)


def announce(desk: Desk, addresses: Sequence[str], areas: Iterable[int]) -> SignedHub:
    """Keep what this hub says of itself up to date, and return it: made anew when it changed, and once a day."""
    fresh, kept = _description(desk, addresses, areas, HOLDS_DAYS), hubs.get(desk.board, desk.node_pk)
    if kept is not None and _says(kept.record) == _says(fresh) and 0 <= fresh.made - kept.record.made < RENEW_S:
        return kept.signed
    signed = sign_hub(fresh, desk.keys.node)
    with desk.board.transaction():
        hubs.put(desk.board, signed, desk.node_pk)
    return signed


def invitation(desk: Desk, areas: Iterable[int], days: int = INVITE_DAYS) -> SignedHub:
    """Return an invitation to this hub; areas: those it serves where it has not run yet.

    Raises RefusedError when it is not known where the hub can be reached.
    """
    told, running = desk.config.hub.address, hubs.get(desk.board, desk.node_pk)
    if running is not None:
        known = [one for one in running.record.addresses if one != told]
        return describe(desk, [*([told] if told else []), *known], running.record.areas, days)
    if not told:
        hint = 'start it with: lazpool hub run; or say address = "/dns4/..." in [hub] of config.toml'
        raise RefusedError("it is not known where this hub can be reached", hint=hint, code="no-address")
    return describe(desk, [told], areas, days)


def blocked(desk: Desk) -> set[bytes]:
    """Return the nodes that the owner blocked."""
    return {one.node_pk for one in doors.doors(desk.node) if one.side == doors.BLOCKED}


def _description(desk: Desk, addresses: Sequence[str], areas: Iterable[int], days: int) -> HubRecord:
    hub, now = desk.config.hub, desk.second
    where = (tuple(sorted(areas)[:MAX_AREAS]), tuple(addresses[:MAX_ADDRESSES]))
    entry = MEMBERS if hub.members_only else OPEN
    said = (hub.name, hub.operator, hub.rules)
    return HubRecord(desk.net, desk.node_pk, now, now + days * DAY_S, *said, *where, entry)


def _is_fit(desk: Desk, record: HubRecord) -> bool:
    return record.may_be_passed_on and record.holds(desk.second) and record.node_pk not in blocked(desk)


def _says(record: HubRecord) -> tuple[object, ...]:
    return record.name, record.operator, record.rules, record.areas, record.addresses, record.entry


def _make_room(desk: Desk, teller: bytes) -> bool:
    """Forget one hub of whoever told of most, if there is no room; tell whether there is some now.

    Who floods pushes out what they told themselves. Hubs that were met, or joined, stay.
    """
    hubs.expire(desk.board, desk.second)
    if hubs.count_of(desk.board, teller) >= MAX_OF_TELLER:
        return _forget_one(desk, teller)
    if hubs.count(desk.board) >= MAX_HUBS:
        return _forget_one(desk, hubs.loudest(desk.board))
    return True


def _forget_one(desk: Desk, teller: bytes) -> bool:
    kept = {desk.node_pk, *(row["node_pk"] for row in own.hubs(desk.node))}
    for node_pk in hubs.of_teller(desk.board, teller):
        if node_pk not in kept:
            hubs.drop(desk.board, node_pk)
            return True
    return False
