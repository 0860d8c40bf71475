"""Towns with a circle: gathered, founded and driven by whoever a test wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.actions import circle_founding, circle_signing, circles
from lazpool.store import circles as store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazpool.store.circles import Circle, Record
    from tests.town import Town

NAME = "To work"


def circle_of(town: Town, name: str) -> Circle:
    """Return somebody's newest circle."""
    return store.every(town[name].node)[-1]


def gather(town: Town, founder: str, others: Sequence[str], previous: Circle | None = None) -> Circle:
    """Let somebody gather a circle, whom the others join by its code."""
    circle = circle_founding.create(town[founder], NAME, previous)
    code = circle_founding.invitation(town[founder], circle).code(town[founder].net)
    for name in others:
        circle_founding.join(town[name], circle_founding.invited(town[name], code))
    town.carry()
    return circle


def found(town: Town, founder: str, others: Sequence[str], previous: Circle | None = None) -> None:
    """Let a circle be founded and signed by all."""
    gather(town, founder, others, previous)
    found_gathered(town, founder, others)


def found_gathered(town: Town, founder: str, others: Sequence[str]) -> None:
    """Let a circle that others joined be founded and signed by all."""
    circle_founding.found(town[founder], circle_of(town, founder))
    town.carry()
    for name in others:
        sign_all(town, name)
    town.carry()


def sign_all(town: Town, name: str) -> int:
    """Let somebody sign all that waits for them; return how much."""
    waiting = pending(town, name)
    for record in waiting:
        circle_signing.sign(town[name], record.id)
    return len(waiting)


def pending(town: Town, name: str) -> list[Record]:
    """Return what waits for somebody's signature."""
    node = town[name].node
    kinds = (store.BIRTH, store.RIDE)
    found = [
        one
        for circle in store.every(node)
        for kind in kinds
        for one in store.records(node, circle.id, kind, store.PENDING)
    ]
    return [one for one in found if not one.blind]


def ride(town: Town, by: str, driver: str, present: Sequence[str], *, ago: int = 0, leg: int = 1) -> Record:
    """Let somebody record a ride of so many days ago, which waits for the others."""
    day = town.minute // (24 * 60) - ago
    keys = [town[name].identity for name in present]
    return circle_signing.record_ride(town[by], circle_of(town, by), town[driver].identity, keys, day, leg)


def share(town: Town, driver: str, present: Sequence[str], *, ago: int = 0, leg: int = 1) -> Record:
    """Let a ride be recorded by its driver, and signed by all."""
    record = ride(town, driver, driver, present, ago=ago, leg=leg)
    town.carry()
    for name in present:
        sign_all(town, name)
    town.carry()
    return record


def points(town: Town, name: str) -> dict[str, int]:
    """Return everybody's points as somebody's node counts them."""
    names = {desk.identity: one for one, desk in town.desks.items()}
    return {names[one]: standing.points for one, standing in circles.stand(town[name], circle_of(town, name)).items()}
