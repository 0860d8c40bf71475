"""Vectors of turns: what rides make of everybody's points, computed with fractions, and who drives next."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from making.document import Group, document
from making.people import Person

UNIT = 27720
PEOPLE = sorted(Person(f"member {number}").identity.pk for number in range(12))
NAOR = ("12345", "12", "34", "45", "15", "23", "134", "245", "123", "45")
"""Who came on each of ten days, of five people."""


def files() -> dict[str, str]:
    """Return the files of this subject."""
    return {"turns": document("whose turn it is to drive", "turns", "circles.md", _turns())}


def _turns() -> Group:
    group = Group("Turns", {"unit": UNIT})
    _add(group, "nobody has driven yet: the first key", 3, [], "123")
    _add(group, "two people: a half each", 2, [(1, "1", "12")], "12")
    _add(group, "three people, one at home keeps zero", 3, [(1, "1", "12")], "123")
    _add(group, "it does not matter in which order rides are told", 3, [(2, "2", "123"), (1, "1", "12")], "123")
    _add(group, "twelve in two cars at once", 12, [(1, "1", "123456"), (1, "7", "789abc")], "123456789abc")
    _add(group, "even points: who has driven less often", 3, [(1, "1", "12"), (2, "2", "12")], "123")
    even = [(3, "1", "12"), (4, "2", "12"), (5, "3", "13"), (6, "1", "13")]
    _add(
        group, "even points and as many drives: who drove longer ago", 3, [*even, (7, "3", "23"), (8, "2", "23")], "23"
    )
    _add(group, "who is not there is not asked", 3, [(1, "2", "123"), (1, "3", "123")], "23")
    _add(group, "points brought along from before", 3, [(1, "3", "123")], "123", {"1": 9240, "2": -9240})
    _add(group, "five people, ten days, each driven as the rule says", 5, _greedy(5, NAOR), "12345")
    _add(group, "the same ten days twice", 5, _greedy(5, NAOR * 2), "12345")
    return group


def _add(
    group: Group,
    comment: str,
    size: int,
    rides: list[tuple[int, str, str]],
    present: str,
    carried: dict[str, int] | None = None,
) -> None:
    points, order = _stand(size, rides, present, carried or {})
    group.valid(
        comment,
        people=PEOPLE[:size],
        carried=[(carried or {}).get(_name(at), 0) for at in range(size)],
        rides=[{"day": day, "driver": _key(driver), "present": list(map(_key, who))} for day, driver, who in rides],
        present=list(map(_key, present)),
        points=points,
        order=order,
    )


def _stand(
    size: int, rides: list[tuple[int, str, str]], present: str, carried: dict[str, int]
) -> tuple[list[int], list[bytes]]:
    names = [_name(at) for at in range(size)]
    points = {name: Fraction(carried.get(name, 0), UNIT) for name in names}
    for _, driver, who in rides:
        for name in who:
            points[name] += Fraction(len(who) - 1 if name == driver else -1, len(who))
    drives = {name: [day for day, driver, _ in rides if driver == name] for name in names}
    order = sorted(present, key=lambda one: (points[one], len(drives[one]), max(drives[one], default=-1), _key(one)))
    whole = [points[name] * UNIT for name in names]
    return [one.as_integer_ratio()[0] for one in whole], [_key(name) for name in order]


def _greedy(size: int, days: tuple[str, ...]) -> list[Any]:
    rides: list[tuple[int, str, str]] = []
    for day, who in enumerate(days, 1):
        first = _stand(size, rides, who, {})[1][0]
        rides.append((day, _name(PEOPLE.index(first)), who))
    return rides


def _name(at: int) -> str:
    return "123456789abc"[at]


def _key(name: str) -> bytes:
    return PEOPLE["123456789abc".index(name)]
