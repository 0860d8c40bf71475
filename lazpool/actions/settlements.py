"""Settling: the payer's device signs first, the payee's second when its person has confirmed, and both seal it.

One proposal at a time for each payer, payee and unit: so nothing ever counts on one that may lapse. Each function that
begins with `on_` is part of the transaction that remembers its letter.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from lazpool.actions import logbook, rotating
from lazpool.actions.asking import ask, may_be_lost
from lazpool.actions.letters import How, write
from lazpool.actions.moves import NotYetError, checked_note
from lazpool.actions.receipts import debtor_from, unpack_halves
from lazpool.errors import MalformedError, NotFoundError, RefusedError
from lazpool.records.entries import SETTLE_LAPSED, SETTLE_PROPOSED, SETTLE_SEALED
from lazpool.records.halves import Confirmation, Settlement, SettlementRefused
from lazpool.records.receipts import check_first, check_second, sign_first, sign_second
from lazpool.records.settlements import NONCE, SettlementTerms, settlement_from
from lazpool.records.shape import HASH, wire_fields
from lazpool.rules.ledger import SealedReceipt, check_follows, direction
from lazpool.store import deals, devices, forgotten, post_office, rotations
from lazpool.store import settlements as store
from lazpool.store.settlements import LAPSED, OFFERED, PROPOSED, REFUSED, SEALED, Stored
from lazpool.wire.codec import encode

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.records.letters import Letter
    from lazpool.rules.ledger import Direction
    from lazpool.store.deals import Deal

LIFETIME = 30 * 24 * 60
"""Minutes for which the payer's node asks for the payee's half."""
MAX_OFFERED = 16
"""Proposals of one payer that wait for us, at most."""
MAX_REPEATED = 16
"""Halves that are repeated for one letter, at most."""


def settle(desk: Desk, other: bytes, amount: int, unit: str, method: int) -> Stored:
    """As the payer: sign that we have paid `amount` minor units to `other`, and queue it for them to confirm."""
    with desk.node.transaction():
        deal = deals.thread_with(desk.node, other)
        if deal is None:
            hint = "you can settle with whom you have agreed on a ride within the last half year, or settled since"
            raise NotFoundError("there is no way to write to this person any more", hint=hint)
        of = (desk.identity, other, unit)
        if waiting := store.of_direction(desk.node, of, PROPOSED):
            hint = f"wait for the answer, or take it back: lazpool refuse {waiting[0].id.hex()[:8]}"
            raise RefusedError("a settlement with this person is under way", hint=hint, code="under-way")
        stored = _propose(desk, deal, _terms(desk, of, amount, method))
        deals.save(desk.node, deal)
    return stored


def confirm(desk: Desk, settlement_id: bytes) -> Stored:
    """As the payee: sign what the payer has signed, seal it in the log, and answer."""
    with desk.node.transaction():
        stored, deal = find(desk, settlement_id), None
        if stored.state != OFFERED:
            why = "is not for you to confirm" if stored.payer in desk.identities else f"is {stored.state}"
            raise RefusedError(f"this settlement {why}", code="wrong-state")
        terms = settlement_from(stored.terms)
        devices.check_half(desk.node, terms.init_log, terms.init_seq, terms.init_head)
        check_follows(terms, last(desk, direction(terms)))
        half = sign_second(terms, desk.device_of(terms.payee), logbook.position(desk), desk.keys.log)
        stored.second = encode(wire_fields(half))
        move(desk, stored, SEALED, by="us")
        logbook.note(desk, SETTLE_SEALED, stored.id, stored.blind)
        deal = _deal(desk, stored)
        write(desk, deal, Confirmation(half), How(answers=stored.letter))
        deals.save(desk.node, deal)
        end_others(desk, direction(terms))
    return stored


def refuse(desk: Desk, settlement_id: bytes, reason: str = "") -> Stored:
    """As the payee: do not confirm. As the payer: take back what is not confirmed; should it be, it still counts."""
    with desk.node.transaction():
        stored = find(desk, settlement_id)
        if stored.state not in {OFFERED, PROPOSED}:
            raise RefusedError(f"this settlement is {stored.state}", code="wrong-state")
        deal, text = _deal(desk, stored), checked_note(reason)
        if stored.state == PROPOSED:
            lapse(desk, stored, text or "taken back", by="us")
        else:
            move(desk, stored, REFUSED, text, by="us")
        write(desk, deal, SettlementRefused(stored.id, text), How(answers=stored.letter))
        deals.save(desk.node, deal)
    return stored


def find(desk: Desk, settlement_id: bytes) -> Stored:
    """Return a settlement, or raise NotFoundError."""
    stored = store.get(desk.node, settlement_id)
    if stored is None:
        raise NotFoundError("there is no such settlement", hint="lazpool settlements")
    return stored


def on_settlement(desk: Desk, deal: Deal, letter: Letter) -> None:
    """As the payee: check all that can be, and keep it for the person; repeat halves that the payer seems to lack."""
    body = letter.body
    if not isinstance(body, Settlement):
        raise MalformedError("shape", "not a settlement")
    terms = body.settlement
    rotating.check_known(desk, deal, terms.payer, terms.init_log)
    payer = rotations.person(desk.node)(terms.payer)
    if (terms.net, payer) != (desk.net, deal.peer) or terms.payee not in desk.identities:
        raise RefusedError("a settlement between other people, or in another network", code="wrong-terms")
    check_first(terms, body.signature, body.payer)
    devices.check_half(desk.node, terms.init_log, terms.init_seq, terms.init_head)
    if _repeat_halves(desk, deal, terms, letter.id) or store.get(desk.node, terms.id) is not None:
        return
    newest = last(desk, direction(terms))
    if terms.dir_seq > newest[0] + 1 and may_be_lost(desk, deal):  # a payer builds on what is sealed alone
        deals.save(desk.node, deal)
        raise NotYetError("settlements before this one are not here any more")
    try:
        check_follows(terms, newest)
    except RefusedError as wrong:
        write(desk, deal, SettlementRefused(terms.id, wrong.message), How(answers=letter.id))
        return
    if store.count_offered(desk.node, terms.payer) >= MAX_OFFERED:
        raise RefusedError("too many settlements wait for an answer", code="quota")
    stored = stored_from(terms, deal.id, OFFERED, (body.signature, encode(wire_fields(body.payer)), body.blind))
    stored.letter = letter.id
    move(desk, stored, OFFERED, by="them")


def on_confirmation(desk: Desk, deal: Deal, letter: Letter) -> None:
    """As the payer: the settlement is whole, also when its half comes late, as long as it continues the count."""
    body = letter.body
    if not isinstance(body, Confirmation):
        raise MalformedError("shape", "not a confirmation")
    stored = store.get(desk.node, body.half.receipt_id)
    if stored is None and body.half.device.identity == deal.peer:
        ask(desk, deal)  # for what we must have signed before this home was restored
    ours = stored is not None and stored.payer in desk.identities
    if stored is None or not ours or rotations.person(desk.node)(stored.payee) != deal.peer or stored.state == SEALED:
        return
    terms = settlement_from(stored.terms)
    rotating.check_known(desk, deal, body.half.device.identity, body.half.device.log_pk)
    check_second(terms, body.half)
    devices.check_half(desk.node, body.half.device.log_pk, body.half.seq, body.half.head)
    check_follows(terms, last(desk, direction(terms)))
    post_office.answered_one(desk.node, stored.deal, Settlement.KIND, stored.counter)
    stored.second = encode(wire_fields(body.half))
    move(desk, stored, SEALED, by="them")
    logbook.note(desk, SETTLE_SEALED, stored.id, stored.blind)
    end_others(desk, direction(terms))


def on_refused(desk: Desk, deal: Deal, letter: Letter) -> None:
    """As the payer: the payee says no. As the payee: the payer takes it back, unless it is sealed already."""
    body = letter.body
    if not isinstance(body, SettlementRefused):
        raise MalformedError("shape", "not a refusal")
    stored = _of_deal(desk, deal, body.settlement_id)
    if stored is None:
        return
    if stored.state == PROPOSED:
        lapse(desk, stored, f"refused: {body.reason}" if body.reason else "refused", by="them")
    elif stored.state == OFFERED:
        move(desk, stored, REFUSED, f"taken back: {body.reason}" if body.reason else "taken back", by="them")
    elif stored.state == SEALED and stored.payee in desk.identities:
        write(desk, deal, Confirmation(unpack(stored).second), How(answers=letter.id))


def lapse(desk: Desk, stored: Stored, reason: str, *, by: str = "") -> None:
    """As the payer: stop asking for the second half; should it come late, it still counts. by: whose wish it is."""
    post_office.answered_one(desk.node, stored.deal, Settlement.KIND, stored.counter)
    move(desk, stored, LAPSED, reason, by=by)
    logbook.note(desk, SETTLE_LAPSED, stored.id, stored.blind)


def last(desk: Desk, of: Direction) -> tuple[int, int]:
    """Return number and running total of the newest sealed settlement of a direction."""
    sealed = store.of_direction(desk.node, of, SEALED)
    if not sealed:
        return forgotten.base(desk.node, SettlementTerms.KIND, of)
    return sealed[-1].dir_seq, settlement_from(sealed[-1].terms).dir_balance


def end_others(desk: Desk, of: Direction) -> None:
    """End what is proposed in a direction, since another was sealed: it counts on from the one before that."""
    for one in store.of_direction(desk.node, of, OFFERED):
        move(desk, one, REFUSED, "another one was confirmed", by="us")
    for one in store.of_direction(desk.node, of, PROPOSED):
        lapse(desk, one, "an earlier one was confirmed after all", by="them")


def stored_from(terms: SettlementTerms, deal: bytes, state: str, half: tuple[bytes, bytes, bytes]) -> Stored:
    """Return a settlement as it is stored; half: signature, device and blind of the payer's side."""
    first, debtor, blind = half
    return Stored(
        id=terms.id, deal=deal, state=state, terms=terms.body(), first=first, debtor=debtor, blind=blind,
        payer=terms.payer, payee=terms.payee, unit=terms.unit, dir_seq=terms.dir_seq, expires=terms.expires,
    )  # fmt: skip


def ask_anew(desk: Desk, deal: Deal, stored: Stored) -> None:
    """As the payer: ask for the second half in a letter of this device, or give it up where the first counts no more.

    The caller saves the deal.
    """
    terms = settlement_from(stored.terms)
    try:
        devices.check_half(desk.node, terms.init_log, terms.init_seq, terms.init_head)
    except RefusedError:
        lapse(desk, stored, "the device that signed it was revoked")
        return
    post_office.answered_one(desk.node, stored.deal, Settlement.KIND, stored.counter)
    body = Settlement(stored.terms, stored.first, debtor_from(stored.debtor), stored.blind)
    write(desk, deal, body, How(awaits=True))
    stored.counter = deal.counter
    store.save(desk.node, stored)


def move(desk: Desk, stored: Stored, state: str, reason: str = "", *, by: str) -> None:
    """Let a settlement begin or go on; by: "us", "them" or nobody."""
    stored.state, stored.reason, stored.by, stored.changed = state, reason, by, desk.minute
    store.save(desk.node, stored)


def unpack(stored: Stored) -> SealedReceipt:
    """Return a sealed settlement from its stored bytes, or raise MalformedError."""
    debtor, half = unpack_halves(stored.debtor, stored.second)
    return SealedReceipt(settlement_from(stored.terms), stored.first, debtor, half, stored.blind)


def _propose(desk: Desk, deal: Deal, terms: SettlementTerms) -> Stored:
    signature, blind = sign_first(terms, desk.keys.log), secrets.token_bytes(HASH)
    stored = stored_from(terms, deal.id, PROPOSED, (signature, encode(wire_fields(desk.device)), blind))
    logbook.note(desk, SETTLE_PROPOSED, stored.id, blind)
    write(desk, deal, Settlement(stored.terms, signature, desk.device, blind), How(awaits=True))
    stored.counter = deal.counter
    move(desk, stored, PROPOSED, by="us")
    return stored


def _terms(desk: Desk, of: Direction, amount: int, method: int) -> SettlementTerms:
    payer, payee, unit = of
    seq, balance = last(desk, of)
    return SettlementTerms(
        *(desk.net, secrets.token_bytes(NONCE), payer, payee, desk.minute, amount, unit, method),
        *(seq + 1, balance + amount, desk.device.log_pk, *logbook.position(desk), desk.minute + LIFETIME),
    )


def _repeat_halves(desk: Desk, deal: Deal, terms: SettlementTerms, letter_id: bytes) -> bool:
    """Send the halves that a payer lacks who proposes a number that is sealed; tell whether there are any."""
    lost = store.sealed_from(desk.node, direction(terms), terms.dir_seq, MAX_REPEATED)
    for stored in lost:
        write(desk, deal, Confirmation(unpack(stored).second), How(answers=letter_id))
    return bool(lost)


def _deal(desk: Desk, stored: Stored) -> Deal:
    deal = deals.get(desk.node, stored.deal)
    if deal is None:
        raise NotFoundError("the deal by which it came is gone")
    return deal


def _of_deal(desk: Desk, deal: Deal, settlement_id: bytes) -> Stored | None:
    stored = store.get(desk.node, settlement_id)
    return stored if stored is not None and stored.deal == deal.id else None
