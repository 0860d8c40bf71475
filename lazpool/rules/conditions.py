"""Conditions of a ride, as the bits of a post's flags: who or what comes along, and how one travels.

A need that a request carries must be met by the offer; a mutual condition holds for both sides or for neither. Nothing
here says who somebody is: `women-only` is a condition that one may set. The bits are protocol/posts.md.
"""

from __future__ import annotations

from dataclasses import dataclass

NEEDS = 0x0000FFFF
"""Bits of which each one that a request carries must be on the offer too."""
MUTUAL = 0xFFFF0000
"""Bits that both sides carry, or neither."""
_BITS = 32


@dataclass(frozen=True, slots=True)
class Condition:
    """One bit of the flags: its number, its name, and what it means on a request and on an offer."""

    bit: int
    name: str
    request: str
    offer: str

    @property
    def mask(self) -> int:
        """The bit as a number."""
        return 1 << self.bit


WHEELCHAIR = Condition(0, "wheelchair", "a place for a wheelchair is needed", "there is a place for a wheelchair")
CHILD_SEAT = Condition(1, "child-seat", "a child seat is needed", "there is a child seat")
LUGGAGE = Condition(2, "luggage", "there is large luggage", "there is room for large luggage")
PETS = Condition(3, "pets", "a pet comes along", "pets may come along")
BICYCLE = Condition(4, "bicycle", "a bicycle comes along", "there is room for a bicycle")
SMOKING = Condition(5, "smoking", "smoking must be allowed", "smoking is allowed")
NO_SMOKING = Condition(6, "no-smoking", "nobody may smoke", "nobody smokes")
WOMEN_ONLY = Condition(16, "women-only", "women only", "women only")
CONDITIONS = (WHEELCHAIR, CHILD_SEAT, LUGGAGE, PETS, BICYCLE, SMOKING, NO_SMOKING, WOMEN_ONLY)
OPPOSED = SMOKING.mask | NO_SMOKING.mask
"""Bits of which a post carries at most one; with both it fits nothing, or it would fit everybody."""


def compatible(offer: int, request: int) -> bool:
    """Tell whether two posts' flags let them share a ride."""
    if OPPOSED in (offer & OPPOSED, request & OPPOSED):
        return False
    return not unmet(offer, request)


def unmet(offer: int, request: int) -> int:
    """Return the bits that keep two posts' flags from sharing a ride: needs not met, and what only one side demands."""
    return request & NEEDS & ~offer | (request ^ offer) & MUTUAL


def names(flags: int) -> list[str]:
    """Return the conditions that flags carry, in the order of the bits; one that has no name yet is `bit-9`."""
    known = {condition.bit: condition.name for condition in CONDITIONS}
    return [known.get(bit, f"bit-{bit}") for bit in range(_BITS) if flags >> bit & 1]
