"""Pairs of people who ride together again and again, whatever happens to their nodes, and count their letters."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lazpool.actions import deals, proposals
from lazpool.rules.negotiation import State
from lazpool.store import board
from lazpool.store import deals as kept
from tests.process.rides import DAY, Ride, offer, request, state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.process.people import Person

NOTES = 3
"""Notes that each of the two writes in a ride, beside the letters that a ride needs."""
PAUSE_S = 6.0
"""Between two rides of a pair."""


@dataclass(slots=True)
class Pair:
    """Two people. written: every note by reader, deal and text. rides: those that began, the last maybe under way."""

    driver: Person
    passenger: Person
    ending: bool = False
    rides: list[Ride] = field(default_factory=list)
    written: list[tuple[Person, bytes, str]] = field(default_factory=list)
    stage: str = "begins"
    took: dict[str, list[float]] = field(default_factory=dict)
    _since: float = field(default_factory=time.monotonic)

    @property
    def finished(self) -> int:
        """Count the rides that are receipted on both sides."""
        return sum(_is_over(ride) for ride in self.rides)

    def live(self) -> Iterator[None]:
        """Ride until told to end; yields whenever there is nothing to do but wait."""
        while not self.ending:
            yield from self._ride()
            until = time.monotonic() + PAUSE_S
            while time.monotonic() < until and not self.ending:
                yield
        self._enter("done")

    def lost(self) -> list[str]:
        """Return the notes that did not arrive, or more than once."""
        arrived = Counter(
            (reader.name, note["text"])
            for reader, deal in {(reader, deal) for reader, deal, _ in self.written}
            for note in kept.notes(reader.desk.node, deal)
            if not note["mine"]
        )
        return [
            f"{reader.name}: {text!r} arrived {number} times"
            for reader, _, text in self.written
            if (number := arrived[reader.name, text]) != 1
        ]

    def follow(self) -> None:
        """Post for the day after, so that both follow the area whatever was taken back."""
        offer(self.driver, ahead=2 * DAY)
        request(self.passenger, ahead=4 * DAY)

    def _enter(self, stage: str) -> None:
        now = time.monotonic()
        self.took.setdefault(self.stage, []).append(now - self._since)
        self.stage, self._since = stage, now

    def _ride(self) -> Iterator[None]:
        self._enter("posts")
        theirs, mine = offer(self.driver, seats=1), request(self.passenger)
        self._enter("waits for a match")
        while (found := self._match(mine, theirs)) is None:
            yield
        ride = Ride(self.driver, self.passenger, proposals.propose(self.passenger.desk, found).id)
        self.rides.append(ride)
        self._enter("waits for the proposal")
        while state(self.driver, ride.deal) is not State.RECEIVED:
            yield
        deals.accept(self.driver.desk, ride.deal)
        self._enter("waits for the acceptance")
        while state(self.passenger, ride.deal) is not State.AGREED:
            yield
        self._enter("notes")
        for number in range(NOTES):
            self._write(ride.deal, number)
            yield
        self._enter("waits for the receipt")
        while not ride.move():
            yield
        self._enter("rests")

    def _match(self, mine: bytes, theirs: bytes) -> board.Match | None:
        found = board.matches(self.passenger.desk.board, mine)
        return next((one for one in found if one.theirs == theirs), None)

    def _write(self, deal: bytes, number: int) -> None:
        for writer, reader in ((self.driver, self.passenger), (self.passenger, self.driver)):
            text = f"{writer.name} {deal.hex()} {number}"
            deals.add_note(writer.desk, deal, text)
            self.written.append((reader, deal, text))


def _is_over(ride: Ride) -> bool:
    return state(ride.driver, ride.deal) is state(ride.passenger, ride.deal) is State.RECEIPTED
