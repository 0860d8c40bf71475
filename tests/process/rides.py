"""The moves of a ride, each by the same action that the command line calls, and what must hold after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.actions import books, deals, posts, proposals, rides
from lazpool.records.places import Point
from lazpool.rules.areas import area_of
from lazpool.rules.negotiation import State
from lazpool.store import board, ledger
from lazpool.store import deals as kept
from tests.process.people import People, Person, until

if TYPE_CHECKING:
    from lazpool.store.deals import Deal

GRENOBLE, VOIRON, LYON = Point(45.1885, 5.7245), Point(45.3645, 5.5915), Point(45.7606, 4.8594)
AREAS = tuple(f"{point.lat},{point.lon}" for point in (GRENOBLE, LYON))
AREA = area_of(VOIRON)
DAY = 24 * 60


def offer(
    driver: Person, start: Point = GRENOBLE, end: Point = LYON, *, seats: int = 2, ahead: int = DAY, group: str = ""
) -> bytes:
    """Offer a ride by Voiron; return the id."""
    trip = posts.Trip(start, end, (VOIRON,), driver.desk.minute + ahead, 15, seats, 15, 80, group=group)
    return posts.offer(driver.desk, trip).id


def request(passenger: Person, start: Point = VOIRON, end: Point = LYON, *, ahead: int = DAY, group: str = "") -> bytes:
    """Ask for a ride; return the id."""
    at = passenger.desk.minute + ahead + 25
    wish = posts.Wish(start, end, at, arrive=False, flex=60, seats=1, walk=500, group=group)
    return posts.request(passenger.desk, wish).id


def match(person: Person, mine: bytes, theirs: bytes | None = None) -> board.Match:
    """Wait for a match of an own post, with a certain one of the others or with any."""

    def found() -> board.Match | None:
        matches = board.matches(person.desk.board, mine)
        return next((one for one in matches if theirs in {None, one.theirs}), None)

    return until(f"{person.name} finds a match", found)


def state(person: Person, deal: bytes) -> State | None:
    """Return where a deal stands on somebody's side, None when it is not known there."""
    found = kept.get(person.desk.node, deal)
    return found.state if found else None


def wait_state(person: Person, deal: bytes, wanted: State, wait_s: float = 30) -> Deal:
    """Wait until a deal stands there."""

    def there() -> Deal | None:
        found = kept.get(person.desk.node, deal)
        return found if found and found.state is wanted else None

    return until(f"{person.name}'s deal is {wanted}, not {state(person, deal)}", there, wait_s)


def propose(passenger: Person, mine: bytes, theirs: bytes | None = None, note: str = "") -> bytes:
    """Wait for a match and propose it; return the deal."""
    return proposals.propose(passenger.desk, match(passenger, mine, theirs), note).id


@dataclass(slots=True)
class Ride:
    """Two people and what becomes of their deal; `move` does whatever a person has to do next, once."""

    driver: Person
    passenger: Person
    deal: bytes

    def move(self) -> bool:
        """Let whoever has something to do, do it; tell whether the ride is over on both sides."""
        driver, passenger = state(self.driver, self.deal), state(self.passenger, self.deal)
        if driver is State.RECEIVED:
            deals.accept(self.driver.desk, self.deal)
        if passenger is State.AGREED and driver is State.AGREED:
            rides.enter_code(self.driver.desk, self.deal, rides.show_code(self.passenger.desk, self.deal))
        return (driver, passenger) == (State.RECEIPTED, State.RECEIPTED)

    def finish(self, wait_s: float = 60) -> None:
        """Bring it to its end."""
        until(f"the ride ends; {self}", self.move, wait_s)

    def __str__(self) -> str:
        """Tell where it stands."""
        return f"driver {state(self.driver, self.deal)}, passenger {state(self.passenger, self.deal)}"


def check_books(driver: Person, *passengers: Person, rides_each: int = 1) -> None:
    """Every ledger verifies; each pair has its receipts on both sides, once, and they balance to zero."""
    for person in (driver, *passengers):
        verdict = books.verify(person.desk)
        assert verdict.ok, (person.name, verdict.errors)
    owed = {one.other: one for one in books.balance(driver.desk)}
    assert set(owed) == {passenger.desk.identity for passenger in passengers}
    for passenger in passengers:
        (owes,) = books.balance(passenger.desk)
        mine = owed[passenger.desk.identity]
        assert owes.other == driver.desk.identity
        assert mine.amount > 0
        assert mine.amount + owes.amount == 0
        assert len(ledger.receipts(passenger.desk.node)) == mine.rides == owes.rides == rides_each


def start_town(people: People, *names: str, areas: tuple[str, ...] = AREAS) -> list[Person]:
    """Start a hub and people who joined it, and wait until they are connected."""
    hub, *others = people.add("hub", *names)
    hub.hub(*areas)
    for person in others:
        person.join(hub)
        person.up(wait=False)
    for person in others:
        person.wait_peers()
    return [hub, *others]
