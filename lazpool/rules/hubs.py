"""Which hubs a node keeps: several that serve where it rides, of different operators as far as that is known."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Choice:
    """A hub as it is chosen by. operator: what it says, empty for nothing. host: of its best address.

    areas: those it serves, none where it serves what its members follow.
    """

    node_pk: bytes
    operator: str
    host: str
    areas: frozenset[int]

    @property
    def hands(self) -> set[str]:
        """In whose hands it is, as far as anybody says: two hubs with one in common are not independent."""
        operator = " ".join(self.operator.casefold().split())
        return {f"host {self.host}", *([f"operator {operator}"] if operator else [])}


def choose(
    known: Iterable[Choice], kept: Sequence[Choice], areas: Collection[int], us: bytes, want: int
) -> list[Choice]:
    """Return which of the known hubs a node connects to besides those that it keeps, so that it has `want`.

    First those in other hands than all before, then those that say that they serve our areas; among equals each node
    has an order of its own, so that nodes spread. One that says it serves none of our areas is left out.
    """
    there = {one.node_pk for one in kept}
    taken = {hand for one in kept for hand in one.hands}
    left = [one for one in known if one.node_pk not in there and serves(one, areas)]
    found: list[Choice] = []
    while left and len(kept) + len(found) < want:
        best = min(left, key=lambda one: (len(one.hands & taken), not one.areas & set(areas), _turn(us, one)))
        left.remove(best)
        found.append(best)
        taken |= best.hands
    return found


def serves(hub: Choice, areas: Collection[int]) -> bool:
    """Tell whether a hub serves some of our areas, or does not say which it does."""
    return not hub.areas or bool(hub.areas & set(areas))


def _turn(us: bytes, hub: Choice) -> bytes:
    """Return where a hub stands in our own order; rendezvous hashing."""
    return hashlib.blake2b(us + hub.node_pk, digest_size=16).digest()
