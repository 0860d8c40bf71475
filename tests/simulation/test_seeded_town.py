"""A whole town from a seed: offers and requests between Grenoble and Lyon, every deal driven to its end."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from lazpool.actions import books, hearing, posts, proposals, rides
from lazpool.actions import deals as decisions
from lazpool.errors import RefusedError
from lazpool.records.places import Point
from lazpool.rules.negotiation import Role, State
from lazpool.store import board, deals
from tests.simulation.weather import seeded
from tests.simulation.witness import Witness
from tests.town import DAY, GRENOBLE, LYON, VOIRON, Town

if TYPE_CHECKING:
    import random
    from pathlib import Path

PEOPLE, DRIVERS, DAYS = 60, 15, 2
TOWNS = (GRENOBLE, VOIRON, Point(45.5868, 5.2733), Point(45.6135, 5.1486), LYON)
"""From one end of the way to the other, with Bourgoin and L'Isle-d'Abeau."""


class Region(Town):
    """Drivers who go all the way and passengers who go a part of it, on some of the coming days."""

    def __init__(self, root: Path, chance: random.Random) -> None:
        """Create everybody's home and let them post."""
        super().__init__(root, *(f"p{number}" for number in range(PEOPLE)))
        self.chance = chance
        self.drivers, self.riders = list(self.desks)[:DRIVERS], list(self.desks)[DRIVERS:]
        for desk in self.desks.values():
            for store in (desk.node, desk.board):
                store.execute("PRAGMA synchronous=OFF")  # nobody cuts the power here
        for day in range(1, DAYS + 1):
            for name in self.drivers:
                self._offer(name, day)
        for name in self.riders:
            self._request(name, self.chance.randint(1, DAYS))

    def publish(self, name: str) -> None:
        """Let drivers hear requests and riders hear offers; the others need not store what they never use."""
        others = self.riders if name in self.drivers else self.drivers
        for row in self.waiting_posts(name):
            for other in others:
                hearing.hear(self[other], row, 1)

    def near(self, place: Point) -> Point:
        """Return a place within some hundred metres."""
        return Point(place.lat + self.chance.uniform(-0.004, 0.004), place.lon + self.chance.uniform(-0.004, 0.004))

    def _offer(self, name: str, day: int) -> None:
        way = [self.near(place) for place in (TOWNS if self.chance.random() < 0.7 else TOWNS[::-1])]
        at = self.minute + day * DAY + self.chance.randint(0, 60)
        seats, price = self.chance.randint(1, 3), self.chance.choice((0, 60, 80))
        posts.offer(self[name], posts.Trip(way[0], way[-1], tuple(way[1:-1]), at, 20, seats, 25, price))
        self.publish(name)

    def _request(self, name: str, day: int) -> None:
        start, end = sorted(self.chance.sample(range(len(TOWNS)), 2))
        at = self.minute + day * DAY + self.chance.randint(10, 80)
        ends = self.near(TOWNS[start]), self.near(TOWNS[end])
        wish = posts.Wish(*ends, at, arrive=False, flex=75, seats=self.chance.choice((1, 1, 2)), walk=500)
        posts.request(self[name], wish)
        self.publish(name)

    def propose_all(self) -> None:
        """Let every rider propose three of their matches."""
        for name in self.riders:
            found = board.matches(self[name].board)
            for match in self.chance.sample(found, min(3, len(found))):
                proposals.propose(self[name], match)

    def answer_all(self) -> Counter[str]:
        """Let every driver accept whom they can, and decline the others."""
        results: Counter[str] = Counter()
        for name in self.drivers:
            asked = self.deals(name, Role.DRIVER, State.RECEIVED)
            self.chance.shuffle(asked)
            for deal in asked:
                try:
                    decisions.accept(self[name], deal.id)
                    results["accepted"] += 1
                except RefusedError as refused:
                    decisions.decline(self[name], deal.id)
                    results[refused.code] += 1
        return results

    def finish_all(self) -> None:
        """Let most riders say that the ride took place, and some cancel it."""
        for name in self.riders:
            for deal in self.deals(name, Role.PASSENGER, State.AGREED):
                if self.chance.random() < 0.15:
                    decisions.cancel(self[name], deal.id)
                else:
                    rides.done(self[name], deal.id)


def test_town_of_sixty(tmp_path: Path) -> None:
    """No seat is sold twice, every deal ends alike on both sides, ledgers verify, and all balances sum to zero."""
    with seeded(2027) as chance, Region(tmp_path, chance) as town:
        witness = Witness(town)
        town.propose_all()
        town.carry()
        results = town.answer_all()
        town.carry()
        witness.looks()
        town.finish_all()
        town.carry()
        witness.sees_the_end()
        ends = Counter(deal.state for desk in town.desks.values() for deal in deals.all_deals(desk.node))
        owed = sum(row.amount for desk in town.desks.values() for row in books.balance(desk))
        moved = sum(abs(row.amount) for desk in town.desks.values() for row in books.balance(desk))
    assert results["accepted"] >= 20, results
    assert results["full-seats"] > 0, results
    assert ends[State.RECEIPTED] >= 30, ends
    assert ends[State.CANCELLED] > 0, ends
    assert owed == 0
    assert moved > 0
