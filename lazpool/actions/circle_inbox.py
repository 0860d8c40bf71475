"""Letters that came by the card of a circle: who wrote them, whether it is their time, and what acts on them.

Each is acted on in the transaction that remembers it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.actions import circle_founding, circle_letters, circle_signing, circle_sync
from lazpool.actions.moves import NotYetError
from lazpool.errors import RefusedError
from lazpool.records.circle_bodies import Ask, CircleInvitation, Founding, Joining, Ride, Signed, Told
from lazpool.records.deal_bodies import NewCard
from lazpool.store import circles as store

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazpool.actions.desk import Desk
    from lazpool.records.letters import Letter
    from lazpool.store import own
    from lazpool.store.circles import Circle, Person


def act(desk: Desk, box: own.Box, letter: Letter) -> bool:
    """Act on a letter that came by a card of a circle; tell whether it did."""
    circle = store.get(desk.node, box.deal)
    if circle is None:
        return False
    if isinstance(letter.body, Joining):
        circle_founding.on_joining(desk, circle, letter, letter.body)
        return True
    handler = _HANDLERS.get(type(letter.body))
    if handler is None:
        raise RefusedError("a letter that is not of circles", code="wrong-box")
    person = circle_letters.sender(desk, circle, letter)
    handler(desk, circle, person, letter)
    if (now := store.get(desk.node, circle.id)) and (still := store.person(desk.node, circle.id, person.identity)):
        circle_letters.remind(desk, now, still, box)
    return True


def _on_told(desk: Desk, circle: Circle, person: Person, letter: Letter) -> None:
    """Note that our wish to join was heard, or take what we asked for."""
    if circle.state in store.BEGUN:
        circle_sync.on_told(desk, circle, person, letter)
    else:
        circle_letters.stop(desk, circle, person, Joining.KIND, 1)


def _on_ask(desk: Desk, circle: Circle, person: Person, letter: Letter) -> None:
    if circle.state not in store.BEGUN:
        raise NotYetError("a question before the founding")
    circle_sync.on_ask(desk, circle, person, letter)


def _on_ride(desk: Desk, circle: Circle, person: Person, letter: Letter) -> None:
    if circle.state not in store.BEGUN:
        raise NotYetError("a ride before the founding")
    circle_signing.on_ride(desk, circle, person, letter)


_HANDLERS: dict[type, Callable[[Desk, Circle, Person, Letter], None]] = {
    CircleInvitation: circle_founding.on_invited,
    Founding: circle_founding.on_founding,
    Signed: circle_signing.on_signed,
    Ride: _on_ride,
    Ask: _on_ask,
    Told: _on_told,
    NewCard: circle_letters.on_new_card,
}
