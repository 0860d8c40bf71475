"""What takes effect when a second person confirms it: settlements and corrections.

The first signs, the second's device when its person has confirmed, and both seal it. One proposal at a time for each
first, second and unit: so nothing ever counts on one that may lapse. Each function that begins with `on_` is part of
the transaction that remembers its letter.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.actions import forks, logbook, rotating
from lazpool.actions.asking import may_be_lost
from lazpool.actions.letters import How, write
from lazpool.actions.moves import NotYetError, checked_note
from lazpool.actions.receipts import debtor_from
from lazpool.actions.subjects import deal_of, find, last, move, stored_from, unpack
from lazpool.errors import RefusedError
from lazpool.records.cosigned import terms_from
from lazpool.records.halves import Confirmation, SettlementRefused
from lazpool.records.receipts import check_first, check_second, sign_first, sign_second
from lazpool.records.shape import HASH, wire_fields
from lazpool.rules.ledger import check_follows, direction
from lazpool.store import deals, devices, post_office, rotations
from lazpool.store.settlements import LAPSED, OFFERED, PROPOSED, REFUSED, SEALED, Stored
from lazpool.wire.codec import encode

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.actions.subjects import Subject
    from lazpool.records.letters import Letter
    from lazpool.records.people import Device
    from lazpool.rules.ledger import Direction, Terms
    from lazpool.store.deals import Deal

LIFETIME = 30 * 24 * 60
"""Minutes for which the first's node asks for the second half."""
MAX_OFFERED = 16
"""Proposals of one person that wait for us, at most."""
MAX_REPEATED = 16
"""Halves that are repeated for one letter, at most."""


def propose(desk: Desk, subject: Subject, deal: Deal, terms: Terms) -> Stored:
    """As the first: sign terms, note it, and queue it for the other to confirm; the caller saves the deal."""
    signature, blind = sign_first(terms, desk.keys.log), secrets.token_bytes(HASH)
    stored = stored_from(terms, deal.id, PROPOSED, (signature, encode(wire_fields(desk.device)), blind))
    logbook.note(desk, subject.kinds[0], stored.id, blind)
    write(desk, deal, subject.letter(stored.terms, signature, desk.device, blind), How(awaits=True))
    stored.counter = deal.counter
    move(desk, subject, stored, PROPOSED, by="us")
    return stored


def confirm(desk: Desk, subject: Subject, identifier: bytes) -> Stored:
    """As the second: sign what the first has signed, seal it in the log, and answer."""
    with desk.node.transaction():
        stored = find(desk, subject, identifier)
        if stored.state != OFFERED:
            why = "is not for you to confirm" if stored.payer in desk.identities else f"is {stored.state}"
            raise RefusedError(f"this {subject.name} {why}", code="wrong-state")
        terms = terms_from(stored.terms)
        forks.check_log(desk, terms.init_log)
        devices.check_half(desk.node, terms.init_log, terms.init_seq, terms.init_head)
        subject.check(desk, terms)
        check_follows(terms, last(desk, subject, direction(terms)))
        half = sign_second(terms, desk.device_of(terms.creditor), logbook.position(desk), desk.keys.log)
        stored.second = encode(wire_fields(half))
        _seal(desk, subject, stored, by="us")
        deal = deal_of(desk, stored)
        write(desk, deal, Confirmation(half), How(answers=stored.letter))
        deals.save(desk.node, deal)
        end_others(desk, subject, direction(terms))
    return stored


def refuse(desk: Desk, subject: Subject, identifier: bytes, reason: str = "") -> Stored:
    """As the second: do not confirm. As the first: take back what is not confirmed; should it be, it still counts."""
    with desk.node.transaction():
        stored = find(desk, subject, identifier)
        if stored.state not in {OFFERED, PROPOSED}:
            raise RefusedError(f"this {subject.name} is {stored.state}", code="wrong-state")
        deal, text = deal_of(desk, stored), checked_note(reason)
        if stored.state == PROPOSED:
            lapse(desk, subject, stored, text or "taken back", by="us")
        else:
            move(desk, subject, stored, REFUSED, text, by="us")
        write(desk, deal, SettlementRefused(stored.id, text), How(answers=stored.letter))
        deals.save(desk.node, deal)
    return stored


@dataclass(frozen=True, slots=True)
class Offer:
    """A first half as it came: terms, signature, who signed, the blind, and the letter it came by."""

    terms: Terms
    signature: bytes
    device: Device
    blind: bytes
    letter: Letter


def on_offer(desk: Desk, subject: Subject, deal: Deal, offer: Offer) -> None:
    """As the second: check all that can be, and keep it for the person; repeat halves that the first seems to lack.

    What cannot be confirmed is refused, and the first hears why.
    """
    terms = offer.terms
    rotating.check_known(desk, deal, terms.debtor, terms.init_log)
    first = rotations.person(desk.node)(terms.debtor)
    if (terms.net, first) != (desk.net, deal.peer) or terms.creditor not in desk.identities:
        raise RefusedError(f"a {subject.name} between other people, or in another network", code="wrong-terms")
    check_first(terms, offer.signature, offer.device)
    devices.check_half(desk.node, terms.init_log, terms.init_seq, terms.init_head)
    if _repeat_halves(desk, subject, deal, offer) or subject.shelf.get(desk.node, terms.id) is not None:
        return
    newest = last(desk, subject, direction(terms))
    if terms.dir_seq > newest[0] + 1 and may_be_lost(desk, deal):  # a first signer builds on what is sealed alone
        deals.save(desk.node, deal)
        raise NotYetError(f"{subject.name}s before this one are not here any more")
    try:
        forks.check_log(desk, terms.init_log)
        check_follows(terms, newest)
        subject.check(desk, terms)
    except RefusedError as wrong:
        write(desk, deal, SettlementRefused(terms.id, wrong.message), How(answers=offer.letter.id))
        return
    if subject.shelf.count_offered(desk.node, terms.debtor) >= MAX_OFFERED:
        raise RefusedError(f"too many {subject.name}s wait for an answer", code="quota")
    stored = stored_from(terms, deal.id, OFFERED, (offer.signature, encode(wire_fields(offer.device)), offer.blind))
    stored.letter = offer.letter.id
    move(desk, subject, stored, OFFERED, by="them")


def on_confirmation(desk: Desk, subject: Subject, deal: Deal, body: Confirmation) -> None:
    """As the first: the record is whole, also when its half comes late, as long as it continues the count."""
    stored = subject.shelf.get(desk.node, body.half.receipt_id)
    ours = stored is not None and stored.payer in desk.identities
    if stored is None or not ours or rotations.person(desk.node)(stored.payee) != deal.peer or stored.state == SEALED:
        return
    terms = terms_from(stored.terms)
    rotating.check_known(desk, deal, body.half.device.identity, body.half.device.log_pk)
    check_second(terms, body.half)
    devices.check_half(desk.node, body.half.device.log_pk, body.half.seq, body.half.head)
    check_follows(terms, last(desk, subject, direction(terms)))
    post_office.answered_one(desk.node, stored.deal, subject.letter_kind, stored.counter)
    stored.second = encode(wire_fields(body.half))
    _seal(desk, subject, stored, by="them")
    end_others(desk, subject, direction(terms))


def on_refused(desk: Desk, subject: Subject, deal: Deal, letter: Letter, body: SettlementRefused) -> None:
    """As the first: the second says no. As the second: the first takes it back, unless it is sealed already."""
    stored = _of_deal(desk, subject, deal, body.settlement_id)
    if stored is None:
        return
    if stored.state == PROPOSED:
        lapse(desk, subject, stored, f"refused: {body.reason}" if body.reason else "refused", by="them")
    elif stored.state == OFFERED:
        reason = f"taken back: {body.reason}" if body.reason else "taken back"
        move(desk, subject, stored, REFUSED, reason, by="them")
    elif stored.state == SEALED and stored.payee in desk.identities:
        write(desk, deal, Confirmation(unpack(stored).second), How(answers=letter.id))


def lapse(desk: Desk, subject: Subject, stored: Stored, reason: str, *, by: str = "") -> None:
    """As the first: stop asking for the second half; should it come late, it still counts. by: whose wish it is."""
    post_office.answered_one(desk.node, stored.deal, subject.letter_kind, stored.counter)
    move(desk, subject, stored, LAPSED, reason, by=by)
    logbook.note(desk, subject.kinds[2], stored.id, stored.blind)


def end_others(desk: Desk, subject: Subject, of: Direction) -> None:
    """End what is proposed in a direction, since another was sealed: it counts on from the one before that."""
    for one in subject.shelf.of_direction(desk.node, of, OFFERED):
        move(desk, subject, one, REFUSED, "another one was confirmed", by="us")
    for one in subject.shelf.of_direction(desk.node, of, PROPOSED):
        lapse(desk, subject, one, "an earlier one was confirmed after all", by="them")


def seal_recovered(desk: Desk, subject: Subject, stored: Stored, *, by: str) -> None:
    """Seal a record whose two halves came back from the partner."""
    if stored.state == PROPOSED:
        post_office.answered_one(desk.node, stored.deal, subject.letter_kind, stored.counter)
    _seal(desk, subject, stored, by=by)
    end_others(desk, subject, direction(terms_from(stored.terms)))


def lapse_late(desk: Desk, subject: Subject) -> None:
    """Stop asking for what nobody confirmed in time, each in a transaction of its own."""
    late = [one for one in subject.shelf.in_state(desk.node, PROPOSED) if one.expires < desk.minute]
    for one in late:
        with desk.node.transaction():
            now = find(desk, subject, one.id)
            if now.state == PROPOSED:
                lapse(desk, subject, now, "nobody confirmed it in time")


def ask_anew(desk: Desk, subject: Subject, deal: Deal, stored: Stored) -> None:
    """As the first: ask for the second half in a letter of this device, or give it up where the first counts no more.

    The caller saves the deal.
    """
    terms = terms_from(stored.terms)
    try:
        devices.check_half(desk.node, terms.init_log, terms.init_seq, terms.init_head)
    except RefusedError:
        lapse(desk, subject, stored, "the device that signed it was revoked")
        return
    post_office.answered_one(desk.node, stored.deal, subject.letter_kind, stored.counter)
    body = subject.letter(stored.terms, stored.first, debtor_from(stored.debtor), stored.blind)
    write(desk, deal, body, How(awaits=True))
    stored.counter = deal.counter
    subject.shelf.save(desk.node, stored)


def _seal(desk: Desk, subject: Subject, stored: Stored, *, by: str) -> None:
    move(desk, subject, stored, SEALED, by=by)
    logbook.note(desk, subject.kinds[1], stored.id, stored.blind)
    subject.sealed(desk, terms_from(stored.terms))


def _repeat_halves(desk: Desk, subject: Subject, deal: Deal, offer: Offer) -> bool:
    """Send the halves that the first lacks who proposes a number that is sealed; tell whether there are any."""
    lost = subject.shelf.sealed_from(desk.node, direction(offer.terms), offer.terms.dir_seq, MAX_REPEATED)
    for stored in lost:
        about = deal if stored.deal == deal.id else deal_of(desk, stored)
        write(desk, about, Confirmation(unpack(stored).second), How(answers=offer.letter.id))
        deals.save(desk.node, about)
    return bool(lost)


def _of_deal(desk: Desk, subject: Subject, deal: Deal, identifier: bytes) -> Stored | None:
    stored = subject.shelf.get(desk.node, identifier)
    return stored if stored is not None and stored.deal == deal.id else None
