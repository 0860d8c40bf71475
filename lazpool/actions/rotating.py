"""Another identity in place of one that was stolen or lost: the next key answers the promise in the oldest log.

Each function that begins with `on_` is part of the transaction that remembers its letter.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from lazpool.actions import asking, logbook
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
from lazpool.records.grants import pack_standing
from lazpool.records.key_bodies import MAX_ORIGINS, KeysKnown, Rotate
from lazpool.records.people import Device, certify
from lazpool.records.revocations import Rotation, commitment_to, read_rotation, sign_rotation
from lazpool.store import deals, devices, ledger, logs, node_schema, post_office, rotations
from lazpool.store.database import open_store
from lazpool.wire.envelope import open_envelope
from lazpool.wire.keys import (
    adopt_identity,
    keep_grant,
    keep_next_identity,
    load_keys,
    next_identity,
    prepare_identity,
    says_who,
)
from lazpool.wire.signing import public_key

if TYPE_CHECKING:
    from pathlib import Path

    from lazpool.actions.desk import Desk
    from lazpool.config import Config
    from lazpool.records.entries import Genesis
    from lazpool.records.letters import Letter
    from lazpool.store.deals import Deal


def rotate(desk: Desk, following: bytes = b"") -> Rotation:
    """Let the next identity follow ours, and promise another one; tell everybody one can write to.

    following: the seed of the next identity, where this machine does not hold it. Without the key of the old identity
    the next one signs alone. The caller holds the home's lock. The key after next is written aside, then the database
    commits, then the keys take their places: after a crash in between, opening the home ends what was begun.
    """
    folder, keys = desk.config.keys_folder, desk.keys
    following = _promised_key(folder, following, desk.next_commitment)
    keep_next_identity(folder, following)
    after = prepare_identity(folder)
    terms = Rotation(desk.net, desk.identity, public_key(following), commitment_to(after), desk.second)
    packed = sign_rotation(terms, following, keys.identity)
    own = certify(following, desk.device.log_pk, desk.net).certificate
    known = rotations.Known(terms.old, terms.new, packed, desk.device.certificate, desk.second, own)
    with desk.node.transaction():
        rotations.add(desk.node, known)
        logbook.add(desk, logbook.head(desk), ROTATED, key_payload(terms.new, terms.next_commitment))
        announce(desk)
    finish(desk)
    return terms


def stand_without(config: Config, following: bytes = b"") -> None:
    """Let a home whose identity key, or the next, is lost stand like a device that was added: it takes the next key.

    following: the seed of the next identity, where this machine does not hold it. What such a device keeps of its grant
    is in our own first entry, or beside our newest rotation.
    """
    if says_who(config.keys_folder):
        return
    with closing(open_store(config.node_file, node_schema, synchronous="FULL")) as node:
        entries, mine = ledger.entries(node), rotations.ours(node)
        if not entries:
            raise RefusedError("this home has no log", hint="lazpool restore --paper", code="no-log")
        genesis = genesis_from(entry_from(entries[0].body))
    device, commitment = genesis.device, genesis.next_commitment
    if mine and mine[-1].new != device.identity:
        terms, _ = read_rotation(mine[-1].rotation)
        device, commitment = Device(terms.new, device.log_pk, mine[-1].own), terms.next_commitment
    _promised_key(config.keys_folder, following, commitment)
    keep_grant(config.keys_folder, pack_standing(device, commitment))


def _promised_key(folder: Path, typed: bytes, commitment: bytes) -> bytes:
    """Return the seed of the next identity, from here or as it was typed, if it is the one that was promised."""
    seed = typed or next_identity(folder)
    if not seed:
        hint = "type part 2 of your paper key: lazpool key rotate --paper"
        raise RefusedError("this machine does not hold your next identity key", hint=hint, code="no-identity")
    if commitment_to(seed) != commitment:
        hint = "part 2 of the newest paper key is"
        raise RefusedError("this is not the key that your log has promised", hint=hint, code="not-promised")
    return seed


def finish(desk: Desk) -> None:
    """Put the keys of a rotation that has committed into their places."""
    mine = rotations.ours(desk.node)
    if mine and adopt_identity(desk.config.keys_folder, mine[-1].new):
        desk.keys = replace(load_keys(desk.config.keys_folder), log=desk.keys.log)
        desk.forget()


def announce(desk: Desk) -> None:
    """Tell of our rotations everybody one can write to, and again whoever is met with a new device."""
    if mine := rotations.ours(desk.node):
        for deal in deals.threads(desk.node):
            _tell_next(desk, deal, mine)


def _tell_next(desk: Desk, deal: Deal, mine: list[rotations.Known]) -> None:
    """Tell a partner of our oldest rotation that they have not heard of, repeated until they answer.

    Where they have not answered by an older deal they may have forgotten that, or lost it: then by this one instead.
    """
    for one in mine:
        terms, _ = read_rotation(one.rotation)
        heard = devices.heard(desk.node, terms.id, deal.peer_log)
        if heard:
            continue
        waiting = devices.unanswered(desk.node, terms.id, deal.peer)
        if deal.id not in waiting:
            for other, counter in waiting.items():
                post_office.answered_one(desk.node, other, Rotate.KIND, counter)
            write(desk, deal, Rotate(one.rotation, _origins(desk)), How(awaits=True))
            devices.tell(desk.node, terms.id, deal)
            deals.save(desk.node, deal)
        return


def on_rotate(desk: Desk, deal: Deal, letter: Letter) -> None:
    """As the partner: if the identity that we know promised this one, both are one person from now on.

    Where that person is new to us, or lost with an older home, what their logs promise is believed.
    """
    body = letter.body
    if not isinstance(body, Rotate):
        raise MalformedError("shape", "not a rotation")
    terms, _ = read_rotation(body.rotation)
    if terms.net != desk.net or not deal.peer:
        raise RefusedError("a rotation of nobody, or in another network", code="wrong-terms")
    known = rotations.after(desk.node, terms.old)
    if known is None:
        _link(desk, deal, terms, body)
    elif known.new != terms.new:
        raise RefusedError("another identity follows this one already", code="not-promised")
    write(desk, deal, KeysKnown(terms.id), How(answers=letter.id))


def _link(desk: Desk, deal: Deal, terms: Rotation, body: Rotate) -> None:
    promised, is_known = _promised(desk, terms, body.origins)
    if promised != terms.reveals:
        if is_known:
            raise RefusedError("this identity was never promised by the one that is known", code="not-promised")
        return  # whom we never knew, and who cannot show it: there is nothing that it would change
    rotations.add(desk.node, rotations.Known(terms.old, terms.new, body.rotation, b"", desk.second))
    rotations.rename(desk.node, terms.old, terms.new)
    deal.peer = terms.new if deal.peer == terms.old else deal.peer
    asking.show(desk, deal)  # of books under that identity, too


def on_origin(desk: Desk, deal: Deal, origin: bytes) -> None:
    """As the partner: keep what somebody's first entry promises, so that a later rotation needs no witness of it."""
    if not origin or not deal.peer_log:
        return
    genesis = _genesis(desk, origin)
    if genesis is not None and (genesis.device.identity, genesis.device.log_pk) == (deal.peer, deal.peer_log):
        rotations.keep_promise(desk.node, deal.peer, deal.peer_log, genesis.next_commitment)


def on_known(desk: Desk, deal: Deal, identifier: bytes) -> None:
    """As the owner: the partner knows that it is us; they may hear of the next one."""
    counter = devices.counter(desk.node, identifier, deal.id)
    post_office.answered_one(desk.node, deal.id, Rotate.KIND, counter)
    mine = rotations.ours(desk.node)
    if identifier in {read_rotation(one.rotation)[0].id for one in mine}:
        _tell_next(desk, deal, mine)
        asking.show(desk, deal)  # of books under the identity that they know now


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


def _promised(desk: Desk, terms: Rotation, origins: tuple[bytes, ...]) -> tuple[bytes, bool]:
    """Return the commitment that the old identity made, and whether we know that identity.

    It is the one that was made when we came to know it; of somebody whom we do not know, any that promises this one.
    """
    if (before := rotations.to(desk.node, terms.old)) is not None:
        return before.next_commitment, True
    first = rotations.remember_first(desk.node, terms.old)
    if first and (told := rotations.promise(desk.node, terms.old)):
        return told, True
    made = [one for data in origins if (one := _genesis(desk, data)) and one.device.identity == terms.old]
    if first:
        return next((one.next_commitment for one in made if one.device.log_pk == first), b""), True
    return next((terms.reveals for one in made if one.next_commitment == terms.reveals), b""), False


def _genesis(desk: Desk, data: bytes) -> Genesis | None:
    """Return what the first entry of a log in this network says, None for other entries; MalformedError if forged."""
    envelope = open_envelope(data, MAX_ENTRY)
    entry = entry_from(envelope.body)
    check_entry(entry, envelope.signature, entry_id(envelope.body))
    return genesis_from(entry) if (entry.kind, entry.net) == (GENESIS, desk.net) else None


def _origins(desk: Desk) -> tuple[bytes, ...]:
    """Return the first entries of our logs, oldest first."""
    firsts = [logs.entries(desk.node, log)[0] for log in logs.every(desk.node)]
    return tuple(one.pack() for one in (*firsts, ledger.entries(desk.node)[0])[:MAX_ORIGINS])
