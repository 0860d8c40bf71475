"""Another identity in place of one that was stolen or lost: the next key answers the promise in the oldest log.

Each function that begins with `on_` is part of the transaction that remembers its letter.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lazpool.actions import logbook
from lazpool.actions.letters import How, write
from lazpool.actions.moves import NotYetError
from lazpool.errors import MalformedError, RefusedError
from lazpool.records.entries import (
    GENESIS,
    MAX_ENTRY,
    ROTATED,
    check_entry,
    entry_from,
    entry_id,
    genesis_from,
    key_payload,
)
from lazpool.records.key_bodies import MAX_ORIGINS, KeysKnown, Rotate
from lazpool.records.revocations import Rotation, commitment_to, read_rotation, sign_rotation
from lazpool.store import deals, devices, ledger, logs, post_office, rotations
from lazpool.wire.envelope import open_envelope
from lazpool.wire.keys import adopt_identity, load_keys, prepare_identity
from lazpool.wire.signing import public_key

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.records.letters import Letter
    from lazpool.store.deals import Deal


def rotate(desk: Desk) -> Rotation:
    """Let the next identity follow ours, and promise another one; tell everybody one can write to.

    The caller holds the home's lock. The key after next is written aside, then the database commits, then the keys take
    their places: after a crash in between, opening the home ends what was begun.
    """
    desk.check_identity()
    folder, keys = desk.config.keys_folder, desk.keys
    following = prepare_identity(folder)
    terms = Rotation(desk.net, desk.identity, public_key(keys.next_identity), commitment_to(following), desk.second)
    packed = sign_rotation(terms, keys.next_identity, keys.identity)
    with desk.node.transaction():
        certificate = desk.device.certificate
        rotations.add(desk.node, rotations.Known(terms.old, terms.new, packed, certificate, desk.second))
        logbook.add(desk, logbook.head(desk), ROTATED, key_payload(terms.new, terms.next_commitment))
        announce(desk)
    finish(desk)
    return terms


def finish(desk: Desk) -> None:
    """Put the keys of a rotation that has committed into their places."""
    mine = rotations.ours(desk.node)
    if mine and adopt_identity(desk.config.keys_folder, mine[-1].new):
        desk.keys = replace(load_keys(desk.config.keys_folder), log=desk.keys.log)
        desk.forget()


def announce(desk: Desk) -> None:
    """Tell of our rotations those who knew us before; each is repeated until it is answered."""
    for one in rotations.ours(desk.node):
        terms, _ = read_rotation(one.rotation)
        _, peers = devices.told(desk.node, terms.id)
        for deal in deals.threads(desk.node):
            if deal.peer not in peers and deals.first_with(desk.node, deal.peer) * 60 <= one.learned:
                write(desk, deal, Rotate(one.rotation, _origins(desk)), How(awaits=True))
                devices.tell(desk.node, terms.id, deal)
                deals.save(desk.node, deal)


def on_rotate(desk: Desk, deal: Deal, letter: Letter) -> None:
    """As the partner: if the identity that we know promised this one, both are one person from now on."""
    body = letter.body
    if not isinstance(body, Rotate):
        raise MalformedError("shape", "not a rotation")
    terms, _ = read_rotation(body.rotation)
    if terms.net != desk.net or not deal.peer:
        raise RefusedError("a rotation of nobody, or in another network", code="wrong-terms")
    known = rotations.after(desk.node, terms.old)
    if known is None:
        if _promised(desk, terms, body.origins) != terms.reveals:
            raise RefusedError("this identity was never promised by the one that is known", code="not-promised")
        rotations.add(desk.node, rotations.Known(terms.old, terms.new, body.rotation, b"", desk.second))
        rotations.rename(desk.node, terms.old, terms.new)
        deal.peer = terms.new if deal.peer == terms.old else deal.peer
    elif known.new != terms.new:
        raise RefusedError("another identity follows this one already", code="not-promised")
    write(desk, deal, KeysKnown(terms.id), How(answers=letter.id))


def on_known(desk: Desk, deal: Deal, identifier: bytes) -> None:
    """As the owner: the partner knows that it is us."""
    counter = devices.counter(desk.node, identifier, deal.id)
    post_office.answered_one(desk.node, deal.id, Rotate.KIND, counter)


def check_current(desk: Desk, identity: bytes) -> None:
    """Raise RefusedError for an identity that another one has followed: it agrees on nothing more."""
    if rotations.after(desk.node, identity) is not None:
        raise RefusedError("by an identity that its owner has replaced", code="rotated")


def check_known(desk: Desk, deal: Deal, identity: bytes, log: bytes) -> None:
    """Check who signs in a deal: the partner by the identity that we know.

    Raises NotYetError where the device is known and its identity is not: a rotation is on its way. RefusedError for a
    device that only an old identity vouches for.
    """
    if identity == deal.peer:
        return
    if rotations.person(desk.node)(identity) == deal.peer:
        if log != deal.peer_log:
            raise RefusedError("a device that only an identity of before vouches for", code="rotated")
    elif log == deal.peer_log:
        raise NotYetError("by another identity, of which their rotation is still to tell")


def _promised(desk: Desk, terms: Rotation, origins: tuple[bytes, ...]) -> bytes:
    """Return the commitment that the old identity made when we came to know it; empty when the letter lacks it."""
    before = rotations.to(desk.node, terms.old)
    if before is not None:
        return before.next_commitment
    first = rotations.remember_first(desk.node, terms.old)
    if not first:
        raise NotYetError("a rotation of somebody who is not known, or is to come by another rotation")
    for data in origins:
        envelope = open_envelope(data, MAX_ENTRY)
        entry = entry_from(envelope.body)
        check_entry(entry, envelope.signature, entry_id(envelope.body))
        if (entry.kind, entry.net, entry.log_pk) == (GENESIS, desk.net, first):
            genesis = genesis_from(entry)
            if genesis.device.identity == terms.old:
                return genesis.next_commitment
    return b""


def _origins(desk: Desk) -> tuple[bytes, ...]:
    """Return the first entries of our logs, oldest first."""
    firsts = [logs.entries(desk.node, log)[0] for log in logs.every(desk.node)]
    return tuple(one.pack() for one in (*firsts, ledger.entries(desk.node)[0])[:MAX_ORIGINS])
