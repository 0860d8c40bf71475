"""Revoking a device: said once by the identity, told to everybody one can write to, and heeded by who hears of it.

What a partner had sealed before it heard stays sealed: a debtor could otherwise revoke a debt. Each function that
begins with `on_` is part of the transaction that remembers its letter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.actions import asking, logbook, receipts, rotating
from lazpool.actions.confirming import ask_anew
from lazpool.actions.corrections import SUBJECTS
from lazpool.actions.letters import UNANSWERED, How, new_card, take_card, write
from lazpool.actions.subjects import unpack
from lazpool.errors import MalformedError, NotFoundError, RefusedError
from lazpool.records.entries import DEVICE_REVOKED, Revoked
from lazpool.records.halves import Receipt
from lazpool.records.key_bodies import KeysKnown, Revoke
from lazpool.records.receipts import receipt_from
from lazpool.records.revocations import NOTHING, Revocation, read_revocation, sign_revocation
from lazpool.rules.negotiation import State
from lazpool.store import deals, devices, ledger, logs, post_office, rotations
from lazpool.store import settlements as settled

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.records.letters import Letter
    from lazpool.store.deals import Deal
    from lazpool.store.ledger import StoredReceipt


def revoke(desk: Desk, log: bytes, last: int | None = None) -> Revocation:
    """Revoke a log of ours: what it signed counts up to entry `last`, or up to the newest that is known here."""
    desk.check_identity()
    if log == desk.device.log_pk:
        hint = "begin another one first: lazpool ledger resume"
        raise RefusedError("that is the log of this machine, which signs now", hint=hint, code="own-log")
    with desk.node.transaction():
        if (known := devices.revocation(desk.node, log)) is not None:
            raise RefusedError(f"it was revoked already, after entry {known.last_seq}", code="revoked")
        terms = Revocation(desk.net, desk.identity, log, *_last(desk, log, last), desk.second)
        devices.revoke(desk.node, terms, sign_revocation(terms, desk.keys.identity), desk.second)
        said = Revoked(log, terms.last_seq, terms.last_id)
        logbook.add(desk, logbook.head(desk), DEVICE_REVOKED, said.payload())
        announce(desk)
    return terms


def announce(desk: Desk) -> None:
    """Tell of our revocations those who have not been told; each is repeated until it is answered."""
    for envelope in _ours(desk):
        terms = read_revocation(envelope)
        for deal in _readers(desk, terms):
            body = Revoke(envelope, desk.device, new_card(desk, deal))
            write(desk, deal, body, How(awaits=True, seed=desk.keys.log))
            devices.tell(desk.node, terms.id, deal)
            deals.save(desk.node, deal)


def on_revoke(desk: Desk, deal: Deal, letter: Letter) -> None:
    """As the partner: heed it from now on, and go on with the device that tells of it."""
    body = letter.body
    if not isinstance(body, Revoke):
        raise MalformedError("shape", "not a revocation")
    terms, device = read_revocation(body.revocation), body.device
    device.check(desk.net)
    person = rotations.person(desk.node)
    if not deal.peer or (terms.net, person(terms.identity), device.identity) != (desk.net, deal.peer, deal.peer):
        raise RefusedError("a revocation by somebody else, or in another network", code="wrong-terms")
    if device.log_pk != letter.sender or device.log_pk == terms.log:
        raise RefusedError("a revocation by a device that is another than it says", code="wrong-sender")
    devices.check_log(desk.node, device.log_pk)
    devices.revoke(desk.node, terms, body.revocation, desk.second)
    rotations.remember_first(desk.node, deal.peer)
    if devices.revocation(desk.node, deal.peer_log) is not None:
        deal.peer_log, deal.peer_cert = device.log_pk, device.certificate
    if deal.peer_log == device.log_pk:
        take_card(deal, letter, body.card)
    write(desk, deal, KeysKnown(terms.id), How(answers=letter.id))


def on_known(desk: Desk, deal: Deal, letter: Letter) -> None:
    """As the owner: the partner knows, so this deal goes on by this device; what it signs for is asked for by it."""
    if not isinstance(letter.body, KeysKnown):
        raise MalformedError("shape", "not an answer about keys")
    identifier = letter.body.id
    if not devices.answered(desk.node, identifier, deal.id):
        return
    rotating.on_known(desk, deal, identifier)
    if identifier not in {read_revocation(one).id for one in _ours(desk)}:
        return
    told = devices.counter(desk.node, identifier, deal.id)
    post_office.answered_one(desk.node, deal.id, Revoke.KIND, told)
    post_office.give_up(desk.node, deal.id, [one.KIND for one in UNANSWERED], told)
    logs.leave(desk.node, deal.id)
    asking.again(desk, deal)  # what they had sealed until then is all that there will be
    for stored in ledger.of_deal(desk.node, deal.id, ledger.PROPOSED):
        _ask_by_this(desk, deal, stored)
    for subject in SUBJECTS:
        for offered in subject.shelf.in_state(desk.node, settled.PROPOSED):
            if offered.deal == deal.id:
                ask_anew(desk, subject, deal, offered)


def _ask_by_this(desk: Desk, deal: Deal, stored: StoredReceipt) -> None:
    """Ask for a second half in a letter of this device; where the first half counts no more, sign another."""
    terms = receipt_from(stored.terms)
    known = devices.revocation(desk.node, terms.init_log)
    if known is None or not known.is_beyond(terms.init_seq, terms.init_head):
        post_office.answered(desk.node, deal.id, (Receipt.KIND,))
        body = Receipt(stored.terms, stored.first, receipts.debtor_from(stored.debtor), stored.blind)
        write(desk, deal, body, How(awaits=True))
        return
    receipts.lapse(desk, stored)
    if deal.state is State.RIDING:
        receipts.sign_receipt(desk, deal)


def _ours(desk: Desk) -> list[bytes]:
    return [one for identity in sorted(desk.identities) for one in devices.revocations(desk.node, identity)]


def _readers(desk: Desk, terms: Revocation) -> list[Deal]:
    """Return the deals in which a revocation is still to be told: one with each person, and those under that log."""
    told, peers = devices.told(desk.node, terms.id)
    found = {deal.id: deal for deal in deals.threads(desk.node) if deal.peer not in peers}
    found |= {deal.id: deal for deal in deals.open_under(desk.node, terms.log) if deal.id not in told}
    return list(found.values())


def _last(desk: Desk, log: bytes, last: int | None) -> tuple[int, bytes]:
    seen = dict(logs.index(desk.node, log)) | _shown(desk, log)
    if not seen and log not in {one.log for one in devices.every(desk.node)}:
        raise NotFoundError("that is no log of yours", hint="lazpool device list")
    if last is None:
        last = max(seen, default=0)
    if last and last not in seen:
        hint = f"known here is entry {max(seen, default=0)}; leave --last out for the newest"
        raise NotFoundError(f"entry {last} of that log is not known here", hint=hint)
    return last, seen.get(last, NOTHING)


def _shown(desk: Desk, log: bytes) -> dict[int, bytes]:
    """Return the entries of a log that records show which both have signed."""
    rides = [receipts.unpack(one) for one in ledger.receipts(desk.node)]
    shelves = (settled.SETTLEMENTS, settled.CORRECTIONS)
    agreed = [unpack(one) for shelf in shelves for one in shelf.in_state(desk.node, settled.SEALED)]
    return {seq: head for one in (*rides, *agreed) for owner, seq, head in one.heads if owner == log}
