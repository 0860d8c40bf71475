"""A small town in one process: real desks with real databases and letters, and a postman in place of the network.

The postman carries what the outboxes hold between commits, as the running node does, so that loss, repetition and
crashes can be played from a seed.
"""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from lazpool.actions import deals as decisions
from lazpool.actions import forks, hearing, inbox, posts, proposals, rides
from lazpool.actions.desk import Desk, create_home, open_desk
from lazpool.actions.tick import tick
from lazpool.config import Config
from lazpool.records.places import Point
from lazpool.store import board, deals, own, post_office

if TYPE_CHECKING:
    from pathlib import Path

    from lazpool.rules.negotiation import Role, State
    from lazpool.store.deals import Deal
    from lazpool.store.post_office import Outgoing

GRENOBLE, VOIRON, LYON = Point(45.1885, 5.7245), Point(45.3645, 5.5915), Point(45.7606, 4.8594)
START = 1_800_000_000
"""The second at which every town begins."""
DAY = 24 * 60
"""Minutes."""


class Town:
    """People by name, one clock for all, and what they send each other."""

    def __init__(self, root: Path, *names: str) -> None:
        """Open a home for each name, a new one where there is none."""
        self.now = float(START)
        self.root = root
        self.desks: dict[str, Desk] = {}
        self._open: dict[str, ExitStack] = {}
        self._lives: dict[str, int] = {}
        for name in names:
            if not self.home(name).exists():
                create_home(Config(self.home(name), network="town", name=name.title()), clock=self.clock)
            self.open(name)

    def __enter__(self) -> Self:
        """Nothing is to be done."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close every home."""
        for stack in self._open.values():
            stack.close()

    def __getitem__(self, name: str) -> Desk:
        """Return the open desk of a person."""
        return self.desks[name]

    def clock(self) -> float:
        """Return now, in seconds since the epoch; everybody's clock."""
        return self.now

    @property
    def minute(self) -> int:
        """Now, in minutes."""
        return int(self.now) // 60

    # Homes

    def home(self, name: str) -> Path:
        """Return the folder that a person's home is in during this life of their node."""
        return self.root / f"{name}.{self._lives.setdefault(name, 0)}"

    def open(self, name: str) -> None:
        """Open a home, as a process does that starts."""
        self._open[name] = stack = ExitStack()
        self.desks[name] = stack.enter_context(open_desk(self.home(name), clock=self.clock))

    def close(self, name: str) -> None:
        """Close a home in good order."""
        self._open[name].close()

    def restart(self, name: str) -> None:
        """Close a home in good order and open it again."""
        self.close(name)
        self.open(name)

    def kill(self, name: str) -> None:
        """End a person's process as SIGKILL does: what is on the disk now is what is there afterwards."""
        here = self.home(name)
        self._lives[name] += 1
        shutil.copytree(here, self.home(name))  # before the connections are closed, which would tidy up
        self._open[name].close()
        self.open(name)

    def writes(self, name: str) -> object:
        """Return something that differs whenever somebody's databases may have changed."""
        return self._lives[name], self[name].node.connection.total_changes

    # Posts

    def offer(
        self, name: str, *, seats: int = 2, start: Point = GRENOBLE, end: Point = LYON, detour: int = 15, day: int = 1
    ) -> bytes:
        """Offer a ride by Voiron in `day` days, let everybody hear of it, and return the offer's id."""
        trip = posts.Trip(start, end, (VOIRON,), self.minute + day * DAY, 15, seats, detour, 80)
        identifier = posts.offer(self[name], trip).id
        self.publish(name)
        return identifier

    def request(
        self, name: str, start: Point = VOIRON, end: Point = LYON, *, seats: int = 1, day: int = 1, flex: int = 60
    ) -> bytes:
        """Ask for a ride in `day` days, let everybody hear of it, and return the request's id."""
        at = self.minute + day * DAY + 25
        wish = posts.Wish(start, end, at, arrive=False, flex=flex, seats=seats, walk=500)
        identifier = posts.request(self[name], wish).id
        self.publish(name)
        return identifier

    def publish(self, name: str) -> None:
        """Let everybody hear the posts that wait in somebody's outbox."""
        for envelope in self.waiting_posts(name):
            self._gossip(name, envelope)
        for proof in self._waiting(name, post_office.FORK):
            for other, desk in self.desks.items():
                if other != name:
                    forks.hear(desk, proof, lambda: True)

    def waiting_posts(self, name: str) -> list[bytes]:
        """Take the posts that wait in somebody's outbox."""
        return self._waiting(name, post_office.POST)

    def _waiting(self, name: str, kind: str) -> list[bytes]:
        desk = self[name]
        due = [row for row in post_office.due(desk.node, desk.second) if row.kind == kind]
        for row in due:
            post_office.delivered(desk.node, row, desk.second)
        return [row.data for row in due]

    def _gossip(self, author: str, envelope: bytes) -> None:
        hearing.show_withdrawal(self[author], envelope)
        for name, desk in self.desks.items():
            if name != author:
                hearing.hear(desk, envelope, 1)

    # Decisions

    def match(self, name: str, theirs: bytes | None = None, mine: bytes | None = None) -> board.Match:
        """Return somebody's only match, among those with a given post of theirs or of ours."""
        found = board.matches(self[name].board, mine)
        (only,) = [one for one in found if theirs in {None, one.theirs}]
        return only

    def propose(self, name: str, theirs: bytes | None = None, mine: bytes | None = None) -> Deal:
        """Propose the ride of somebody's match."""
        return proposals.propose(self[name], self.match(name, theirs, mine))

    def agree(self, passenger: str = "ann", driver: str = "bob") -> bytes:
        """Let two people with one match agree; returns the deal's id."""
        deal = self.propose(passenger)
        self.carry()
        decisions.accept(self[driver], deal.id)
        self.carry()
        return deal.id

    def board_car(self, deal_id: bytes, passenger: str = "ann", driver: str = "bob") -> None:
        """Let the driver enter the code that the passenger shows."""
        rides.enter_code(self[driver], deal_id, rides.show_code(self[passenger], deal_id))

    def deal(self, name: str, deal_id: bytes) -> Deal:
        """Return one side of a deal."""
        deal = deals.get(self[name].node, deal_id)
        assert deal is not None, f"{name} has no such deal"
        return deal

    def state(self, name: str, deal_id: bytes) -> State | None:
        """Return where a deal stands on one side."""
        deal = deals.get(self[name].node, deal_id)
        return deal.state if deal else None

    def deals(self, name: str, role: Role, *states: State) -> list[Deal]:
        """Return somebody's deals in a role and in some states."""
        return [one for one in deals.all_deals(self[name].node) if one.role is role and one.state in states]

    # Letters

    def carry(self, *, rounds: int = 12) -> None:
        """Carry letters until nobody has any that is due."""
        for _ in range(rounds):
            if not sum([self.carry_from(name) for name in self.desks]):
                return
        raise AssertionError("letters never come to an end")

    def carry_from(self, name: str) -> int:
        """Carry the letters of one person that are due now; return how many."""
        desk = self[name]
        self.publish(name)
        due = [row for row in post_office.due(desk.node, desk.second) if row.kind == post_office.LETTER]
        for row in due:
            taken = self.transport(name, row)
            with desk.node.transaction():
                (post_office.delivered if taken else post_office.failed)(desk.node, row, desk.second)
        return len(due)

    def transport(self, sender: str, row: Outgoing) -> bool:  # noqa: ARG002 # towns with weather ask who sent it
        """Bring a letter to its reader; tell whether it was taken."""
        return self.hand_over(row.tag, row.data)

    def pick_up(self, name: str) -> list[Outgoing]:
        """Take the letters of one person that are due out of the outbox without delivering them."""
        desk = self[name]
        due = [row for row in post_office.due(desk.node, desk.second) if row.kind == post_office.LETTER]
        for row in due:
            post_office.delivered(desk.node, row, desk.second)
        return due

    def hand_over(self, tag: bytes, letter: bytes) -> bool:
        """Give a letter to whoever has the tag; tell whether it was taken, which one that came too early is not."""
        reader = self.reader(tag)
        if reader is None:
            return False
        outcome, _ = inbox.receive(self[reader], tag, letter)
        return outcome is not inbox.Outcome.LATER

    def reader(self, tag: bytes) -> str | None:
        """Return who holds the keys of a tag."""
        return next((name for name, desk in self.desks.items() if own.box(desk.node, tag)), None)

    def is_quiet(self) -> bool:
        """Tell whether nobody has anything to send, now or later."""
        return all(post_office.next_due(desk.node) is None for desk in self.desks.values())

    def later(self, *, days: float = 0, minutes: float = 0) -> None:
        """Let time pass and everybody's housekeeping run."""
        self.now += 60 * (days * DAY + minutes)
        for desk in self.desks.values():
            tick(desk)
