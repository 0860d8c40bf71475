"""Gathering a circle and founding it: one invites, the others join, and it stands once all have signed who is in it.

Each function that begins with `on_` is part of the transaction that remembers its letter.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from lazpool.actions import circle_letters, circle_signing
from lazpool.actions.circle_letters import me, new_card, own_card, stop, write
from lazpool.actions.circles import stand
from lazpool.actions.letters import How, pack_card, unpack_card
from lazpool.actions.letters import write as write_in_deal
from lazpool.errors import MalformedError, NotFoundError, RefusedError
from lazpool.records.circle_bodies import CircleInvitation, Founding, Joining, Signed
from lazpool.records.circles import (
    MAX_MEMBERS,
    NONCE,
    FoundingTerms,
    Invite,
    Member,
    about,
    digest_of,
    invite_from,
    packed_letterboxes,
    thread,
)
from lazpool.records.groups import check_group_name
from lazpool.rules import circles as rules
from lazpool.store import circles as store
from lazpool.store import deals
from lazpool.store.rotations import identities_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from lazpool.actions.desk import Desk
    from lazpool.records.letters import Letter
    from lazpool.store.circles import Circle, Person
    from lazpool.store.deals import Deal

MAX_CIRCLES = 32
MAX_INVITED = 16
"""Circles that we are in, and invitations that wait for us, at most."""


def create(desk: Desk, name: str, previous: Circle | None = None) -> Circle:
    """Begin to gather a circle; previous: the founded one of ours that it is to take the place of."""
    check_group_name(name)
    with desk.node.transaction():
        _room(desk)
        circle = store.Circle(
            id=secrets.token_bytes(NONCE), name=name, state=store.GATHERING, founder=desk.identity, card=b"",
            previous=previous.founding if previous else b"", digest=digest_of(()), changed=desk.second,
            created=desk.minute,
        )  # fmt: skip
        new_card(desk, circle)
        store.save(desk.node, circle)
    return circle


def invitation(desk: Desk, circle: Circle) -> Invite:
    """Return what invites people to a circle that we gather."""
    if circle.state != store.GATHERING:
        hint = "who is in a founded circle stays as it is; for other people: lazpool circle create NAME --after CIRCLE"
        raise RefusedError(f"this circle is {circle.state}: nobody can join it now", hint=hint, code="wrong-state")
    card = own_card(desk, circle)
    return Invite(circle.id, circle.name, me(desk, circle), card.box_pk, card.tag_pk, packed_letterboxes(card))


def invite(desk: Desk, circle: Circle, other: bytes) -> None:
    """Invite somebody whom we shared a ride with, or who is in the circle before this one, by a sealed letter."""
    with desk.node.transaction():
        body = CircleInvitation(invitation(desk, circle))
        deal = deals.thread_with(desk.node, other)
        if deal is not None:
            write_in_deal(desk, deal, body)
            deals.save(desk.node, deal)
            return
        for one in store.every(desk.node):
            as_now = one.founding and me(desk, one) == circle.founder  # by another identity they would not know us
            if as_now and (person := store.person(desk.node, one.id, other)) is not None:
                write(desk, one, person, body)
                return
    hint = "give them the code that `lazpool circle invite CIRCLE` prints"
    raise NotFoundError("there is no way to write to this person", hint=hint)


def invited(desk: Desk, code: str) -> Circle:
    """Keep the invitation of a code, to be joined."""
    with desk.node.transaction():
        return _keep_invitation(desk, invite_from(code, desk.net))


def join(desk: Desk, circle: Circle) -> Circle:
    """Say yes to an invitation: who gathers the circle hears who we are and where we are written to."""
    with desk.node.transaction():
        if circle.state != store.INVITED:
            raise RefusedError(f"this circle is {circle.state}", code="wrong-state")
        _room(desk)
        founder = store.Person(
            circle=circle.id, identity=circle.founder, name="", state=store.MEMBER, log=b"", card=circle.card
        )
        circle.state = store.JOINING
        body = Joining(desk.device, new_card(desk, circle), desk.config.name)
        write(desk, circle, founder, body, How(awaits=True))
        store.save(desk.node, circle)
    return circle


def found(desk: Desk, circle: Circle, without: Collection[bytes] = ()) -> FoundingTerms:
    """Found a circle of ourselves and those who joined: sign who is in it, and ask each of them to sign the same."""
    with desk.node.transaction():
        if circle.state != store.GATHERING:
            raise RefusedError(f"this circle is {circle.state}", code="wrong-state")
        joined = [one for one in store.people(desk.node, circle.id) if one.state == store.ASKS]
        joined = [one for one in joined if one.identity not in without]
        if not joined:
            raise RefusedError("nobody has joined yet", hint="lazpool circle invite", code="nobody")
        terms = _terms(desk, circle, joined)
        record = store.Record(
            id=terms.id, circle=circle.id, kind=store.BIRTH, state=store.PENDING, terms=terms.body(),
            by=me(desk, circle), at=terms.at,
        )  # fmt: skip
        circle.state, circle.founding = store.FOUNDING, terms.id
        store.save(desk.node, circle)
        store.save(desk.node, record)
        circle_signing.ask(desk, circle, record, [one.identity for one in joined])
    return terms


def on_invitation(desk: Desk, deal: Deal, letter: Letter) -> None:
    """Keep the invitation of a partner."""
    if isinstance(letter.body, CircleInvitation) and letter.body.invite.founder == deal.peer:
        _keep_invitation(desk, letter.body.invite)


def on_invited(desk: Desk, _circle: Circle, person: Person, letter: Letter) -> None:
    """Keep the invitation of somebody in another circle of ours."""
    if isinstance(letter.body, CircleInvitation) and letter.body.invite.founder == person.identity:
        _keep_invitation(desk, letter.body.invite)


def on_joining(desk: Desk, circle: Circle, letter: Letter, body: Joining) -> None:
    """As who gathers the circle: note who wants to be in it, or say that it is too late."""
    body.device.check(desk.net)
    identity = body.device.identity
    if letter.sender != body.device.log_pk or letter.deal != thread(circle.id, identity, me(desk, circle)):
        raise MalformedError("signature", "somebody else joins for them")
    if circle.founder not in desk.identities or identity in desk.identities:
        raise RefusedError("we do not gather this circle", code="wrong-box")
    known = store.person(desk.node, circle.id, identity)
    if known is None and circle.state == store.GATHERING:
        if len(store.people(desk.node, circle.id)) >= MAX_MEMBERS - 1:
            raise RefusedError("a circle has at most twelve people", code="quota")
        known = store.Person(
            circle=circle.id, identity=identity, name=body.name, state=store.ASKS, log=letter.sender,
            card=pack_card(body.card),
        )  # fmt: skip
    if known is not None:
        known.state = store.ASKS if circle.state == store.GATHERING else known.state
        circle_letters.tell(desk, circle, known, letter)
        return
    stranger = store.Person(
        circle=circle.id, identity=identity, name="", state=store.GONE, log=letter.sender, card=pack_card(body.card)
    )
    write(desk, circle, stranger, Signed(about(circle.id), (), "founded already"), How(answers=letter.id))
    store.drop(desk.node, circle.id, identity)


def on_founding(desk: Desk, circle: Circle, person: Person, letter: Letter) -> None:
    """As who joined: check that the founding is the one we were invited to, and keep it for our person."""
    body = letter.body
    if not isinstance(body, Founding):
        raise MalformedError("shape", "not a founding")
    terms = body.founding
    if (terms.net, terms.nonce, person.identity) != (desk.net, circle.id, circle.founder):
        raise RefusedError("not the circle that we were invited to", code="wrong-terms")
    for one in body.signatures:
        one.check(terms)
    if letter.sender not in [one.log_pk for one in body.signatures if one.identity == circle.founder]:
        raise MalformedError("signature", "who gathers the circle has not signed its founding")
    card = own_card(desk, circle)
    if (card.box_pk, card.tag_pk) not in [
        (one.box_pk, one.tag_pk) for one in terms.members if one.identity in desk.identities
    ]:
        raise RefusedError("the founding says something else about us", code="wrong-terms")
    if circle.state not in {store.JOINING, store.FOUNDING}:
        raise RefusedError(f"this circle is {circle.state}", code="wrong-state")
    for old in store.records(desk.node, circle.id, store.BIRTH, store.PENDING):
        if old.id != terms.id:
            store.save(desk.node, replace(old, state=store.NO, reason="another founding took its place"))
    if store.record(desk.node, terms.id) is None:
        record = store.Record(
            id=terms.id, circle=circle.id, kind=store.BIRTH, state=store.PENDING, terms=body.terms,
            by=circle.founder, letter=letter.id, at=terms.at,
        )  # fmt: skip
        store.save(desk.node, record)
        store.add_signatures(desk.node, terms.id, body.signatures)
        circle.founding, circle.state, circle.name = terms.id, store.JOINING, terms.name
        store.save(desk.node, circle)
    stop(desk, circle, person, Joining.KIND, 1)


def _keep_invitation(desk: Desk, said: Invite) -> Circle:
    known = store.get(desk.node, said.nonce)
    if known is not None:
        return known
    if len([one for one in store.every(desk.node) if one.state == store.INVITED]) >= MAX_INVITED:
        raise RefusedError("too many invitations wait for an answer", hint="lazpool circle list", code="quota")
    circle = store.Circle(
        id=said.nonce, name=said.name, state=store.INVITED, founder=said.founder, card=pack_card(said.card),
        digest=digest_of(()), changed=desk.second, created=desk.minute,
    )  # fmt: skip
    store.save(desk.node, circle)
    return circle


def _terms(desk: Desk, circle: Circle, joined: list[Person]) -> FoundingTerms:
    ours = me(desk, circle)
    carried = _carried(desk, circle, [ours, *(one.identity for one in joined)])
    cards = {one.identity: (one.name, unpack_card(one.card)) for one in joined}
    cards[ours] = desk.config.name, own_card(desk, circle)
    found = [
        Member(identity, name, card.box_pk, card.tag_pk, packed_letterboxes(card), carried.get(identity, 0))
        for identity, (name, card) in sorted(cards.items())
    ]
    return FoundingTerms(desk.net, circle.id, circle.name, circle.previous, tuple(found), desk.minute)


def _carried(desk: Desk, circle: Circle, people: Collection[bytes]) -> dict[bytes, int]:
    """Return what people bring along from the circle before, of which those who leave have their points shared out."""
    before = next((one for one in store.every(desk.node) if circle.previous and one.founding == circle.previous), None)
    if before is None:
        return {}
    points = {identity: one.points for identity, one in stand(desk, before).items()}
    staying = {one: key for one in people for key in identities_of(desk.node, one) if key in points}
    carried = rules.carried_over(points, list(staying.values()))
    return {one: carried[key] for one, key in staying.items()}


def _room(desk: Desk) -> None:
    mine = [one for one in store.every(desk.node) if one.state not in {store.INVITED, *store.OVER}]
    if len(mine) >= MAX_CIRCLES:
        raise RefusedError(f"you are in {MAX_CIRCLES} circles already", hint="lazpool circle leave", code="quota")
