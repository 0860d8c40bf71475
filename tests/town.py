"""A small town in one process: real desks with real databases and letters, and a postman in place of the network.

The postman carries what the outboxes hold between commits, as the running node does, so that loss, repetition and
crashes can be played from a seed.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from lazpool.actions import hearing, inbox, matches, posts
from lazpool.actions.desk import Desk, create_home, open_desk
from lazpool.config import Config
from lazpool.records.places import Point
from lazpool.store import board, post_office

if TYPE_CHECKING:
    from pathlib import Path

GRENOBLE, VOIRON, LYON = Point(45.1885, 5.7245), Point(45.3645, 5.5915), Point(45.7606, 4.8594)
START = 1_800_000_000
DAY = 24 * 60


class Town:
    """People by name, one clock for all, and what they sent each other."""

    def __init__(self, root: Path, *names: str) -> None:
        self.now = float(START)
        self.root, self.stack = root, ExitStack()
        self.desks: dict[str, Desk] = {}
        for name in names:
            home = root / name
            create_home(Config(home, network="town", name=name.title()), clock=self.clock)
            self.open(name)

    def clock(self) -> float:
        return self.now

    @property
    def minute(self) -> int:
        return int(self.now) // 60

    def __getitem__(self, name: str) -> Desk:
        return self.desks[name]

    def open(self, name: str) -> None:
        """Open a home, as a process does that starts."""
        self.desks[name] = self.stack.enter_context(open_desk(self.root / name, clock=self.clock))

    def __enter__(self) -> Town:
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def offer(
        self, name: str, *, seats: int = 2, start: Point = GRENOBLE, end: Point = LYON, detour: int = 15
    ) -> bytes:
        """Offer a ride for tomorrow by Voiron and let everybody hear of it."""
        trip = posts.Trip(start, end, (VOIRON,), self.minute + DAY, 15, seats, detour, 80)
        return self.gossip(name, posts.offer(self[name], trip).envelope)

    def request(self, name: str, start: Point = VOIRON, end: Point = LYON, *, seats: int = 1) -> bytes:
        """Ask for a ride for tomorrow and let everybody hear of it."""
        wish = posts.Wish(start, end, self.minute + DAY + 25, arrive=False, flex=60, seats=seats, walk=500)
        return self.gossip(name, posts.request(self[name], wish).envelope)

    def gossip(self, author: str, envelope: bytes) -> bytes:
        """Let everybody but the author hear a post; returns its id."""
        identifier = b""
        for name, desk in self.desks.items():
            if name != author:
                verdict = hearing.hear(desk, envelope, 1)
                identifier = verdict.signed.id if verdict.signed else b""
        return identifier

    def match(self, name: str, theirs: bytes | None = None) -> board.Match:
        """Return somebody's (only) match, or the one with a given post."""
        found = [one for one in board.matches(self[name].board) if theirs in {None, one.theirs}]
        assert len(found) == 1, found
        return found[0]

    def carry(self, *, rounds: int = 12) -> None:
        """Carry letters until nobody has any that is due."""
        for _ in range(rounds):
            if not sum(self.carry_from(name) for name in self.desks):
                return
        raise AssertionError("letters never come to an end")

    def carry_from(self, name: str) -> int:
        """Carry the letters of one person that are due now; return how many."""
        desk = self[name]
        due = [row for row in post_office.due(desk.node, desk.second) if row.kind == post_office.LETTER]
        for row in due:
            for other in self.desks.values():
                outcome, _ = inbox.receive(other, row.tag, row.data)
                if outcome is not inbox.Outcome.DROPPED:
                    break
            post_office.delivered(desk.node, row, desk.second)
        return len(due)


__all__ = ["GRENOBLE", "LYON", "VOIRON", "Town", "matches"]
