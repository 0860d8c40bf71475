"""A town in bad weather, from a seed: letters are lost, doubled and overtake each other, and processes die."""

from __future__ import annotations

import random
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from lazpool.actions import confirming, disputes, posts, proposals, rides, settlements
from lazpool.actions import deals as decisions
from lazpool.actions.corrections import CORRECTING, correct
from lazpool.actions.tick import tick
from lazpool.errors import NotFoundError, RefusedError
from lazpool.records.settlements import CASH
from lazpool.rules.negotiation import OPEN, Role, State
from lazpool.store import board, deals, ledger, own
from lazpool.store import settlements as settled
from tests.simulation.wishes import D, P, WatchedTown
from tests.simulation.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lazpool.actions.desk import Desk
    from lazpool.store.deals import Deal
    from lazpool.store.post_office import Outgoing

PEOPLE = ("ann", "bob", "cid")
LOST, UNHEARD, DOUBLED, VANISHED, CRASHING = 0.3, 0.15, 0.3, 0.2, 0.08
"""How often a letter is lost, its receipt is lost, it stays in the bag, it is lost there, and a process dies."""


Act: TypeAlias = "Callable[[Storm, str], None]"
"""What somebody does of their own accord."""


class Storm(WatchedTown):
    """Ann and Cid ride with Bob, tomorrow and the day after, in weather that `chance` decides."""

    def __init__(self, root: Path, chance: random.Random, *, vanish: bool = False) -> None:
        """Open prepared homes. vanish: letterboxes, too, lose letters, which heals only what people go on wanting."""
        super().__init__(root, *PEOPLE)
        self.vanish = vanish
        self.chance = chance
        self.calm = False
        self.bag: list[tuple[bytes, bytes]] = []
        self.witness = Witness(self)

    def transport(self, sender: str, row: Outgoing) -> bool:
        """Put a letter into the bag, or lose it; a sender who hears nothing sends it again."""
        self.witness.sees_sending(sender, row)
        if self.calm:
            return self.hand_over(row.tag, row.data)
        if self.chance.random() < LOST:
            return False
        self.bag.append((row.tag, row.data))
        return self.chance.random() >= UNHEARD

    def deliver(self) -> None:
        """Deliver any letter of the bag; it may stay there for a second time."""
        if self.bag and self.vanish and not self.calm and self.chance.random() < VANISHED:
            self.bag.pop(self.chance.randrange(len(self.bag)))
        if self.bag:
            letter = self.bag.pop(self.chance.randrange(len(self.bag)))
            taken = self.attempt(lambda: self.hand_over(*letter) or self.bag.append(letter))
            if not taken or (not self.calm and self.chance.random() < DOUBLED):
                self.bag.append(letter)

    def step(self, act: Act) -> None:
        """Let one thing happen, or one process die of it."""
        if self.chance.random() < CRASHING:
            self.fuse.light(self.chance.randint(1, 25))
        name = self.chance.choice(PEOPLE)
        match self.chance.randrange(8):
            case 0 | 1:
                self.attempt(lambda: act(self, name))
            case 2 | 3:
                self.attempt(lambda: self.carry_from(name))
            case 4:
                self.attempt(lambda: tick(self[name]))
            case 5:
                self.now += self.chance.choice((1, 3, 60, 900))
            case _:
                self.deliver()
        self.witness.looks()

    def settle(self, act: Act, *, rounds: int = 40) -> None:
        """Let the sun shine until nobody wants anything more and nothing is sent."""
        self.calm = True
        self.fuse.put_out()
        for _ in range(rounds):
            for name in PEOPLE:
                act(self, name)
                self.carry_from(name)
            for _ in range(len(self.bag)):
                self.deliver()
            if self.is_quiet() and not self.bag and not self.is_unsettled():
                return
            self.now += 600
        raise AssertionError(f"never settled: {self.ends()}")

    def is_unsettled(self) -> bool:
        """Tell whether a deal or a settlement still needs somebody."""
        return any(
            deals.open_deals(desk.node)
            or settled.in_state(desk.node, settled.PROPOSED)
            or settled.in_state(desk.node, settled.OFFERED)
            or settled.CORRECTIONS.in_state(desk.node, settled.PROPOSED)
            or settled.CORRECTIONS.in_state(desk.node, settled.OFFERED)
            for desk in self.desks.values()
        )

    def ends(self) -> dict[str, list[str]]:
        """Return where everybody's deals stand."""
        return {name: [f"{one.role} {one.state}" for one in deals.all_deals(self[name].node)] for name in PEOPLE}


@contextmanager
def seeded(seed: int) -> Iterator[random.Random]:
    """Draw keys, ids and codes from a seed, too, so that a schedule can be played again."""
    chance = random.Random(seed)
    before = secrets.token_bytes, secrets.randbelow
    secrets.token_bytes = lambda size=32: random.Random(chance.getrandbits(64)).randbytes(size or 32)
    secrets.randbelow = lambda limit: random.Random(chance.getrandbits(64)).randrange(limit)
    try:
        yield chance
    finally:
        secrets.token_bytes, secrets.randbelow = before


def ride(town: Storm, name: str) -> None:
    """Let somebody do what brings rides about: propose, accept, board, and no more than that."""
    for match in board.matches(town[name].board):
        if match.role == P and not _is_dealt(town, name, match):
            proposals.propose(town[name], match)
    for deal in deals.open_deals(town[name].node):
        _go_on(town, name, deal)


def anything(town: Storm, name: str) -> None:
    """Let somebody do anything that a person can do, sensible or not, which is refused where it is not possible."""
    chance = town.chance
    desk, known = town[name], deals.all_deals(town[name].node)
    found = board.matches(desk.board)
    try:
        match chance.randrange(14):
            case 0 | 1 if found:
                match = chance.choice(found)
                (proposals.propose if match.role == P else proposals.invite)(desk, match)
            case 2 if known and chance.random() < 0.5:
                decisions.decline(desk, chance.choice(known).id, "no")
            case 3 if known:
                decisions.cancel(desk, chance.choice(known).id, "no")
            case 4 if known:
                rides.done(desk, chance.choice(known).id)
            case 5 if known:
                rides.enter_code(desk, chance.choice(known).id, "123456")
            case 7 | 8 | 9:
                chance.choice((_settle_anything, _disagree_anyhow))(town, desk, known)
            case 6 if chance.random() < 0.1 and (mine := own.posts(desk.node)):
                posts.withdraw(desk, chance.choice(mine).id)
            case _:
                for deal in deals.open_deals(desk.node):
                    _go_on(town, name, deal)
    except (RefusedError, NotFoundError):
        pass


def _settle_anything(town: Storm, desk: Desk, known: list[Deal]) -> None:
    chance = town.chance
    mine, peers = settled.everything(desk.node), sorted({one.peer for one in known if one.peer})
    offered = [one.id for one in mine if one.state == settled.OFFERED]
    match chance.randrange(3):
        case 0 if peers:
            settlements.settle(desk, chance.choice(peers), chance.randint(1, 999), "EUR", CASH)
        case 1 if offered:
            settlements.confirm(desk, chance.choice(offered))
        case 2 if mine:
            settlements.refuse(desk, chance.choice(mine).id, "no")


def _disagree_anyhow(town: Storm, desk: Desk, known: list[Deal]) -> None:
    chance, shelf = town.chance, settled.CORRECTIONS
    records = [one.id for one in (*ledger.receipts(desk.node), *settled.in_state(desk.node, settled.SEALED))]
    mine = shelf.everything(desk.node)
    offered = [one.id for one in mine if one.state == settled.OFFERED]
    match chance.randrange(6):
        case 0 | 1 if records:
            correct(desk, chance.choice(records), chance.randint(0, 999))
        case 2 if offered:
            confirming.confirm(desk, CORRECTING, chance.choice(offered))
        case 3 if mine:
            confirming.refuse(desk, CORRECTING, chance.choice(mine).id, "no")
        case 4 if records:
            disputes.dispute(desk, chance.choice(records), chance.randint(0, 2))
        case 5 if known:
            disputes.claim(desk, chance.choice(known).id)


def finish(town: Storm, name: str) -> None:
    """Let somebody bring to an end what is open: say no to what was asked, say done to what was agreed."""
    desk = town[name]
    for deal in deals.open_deals(desk.node):
        if deal.state in {State.RECEIVED, State.INVITED} and not (deal.role is D and deal.state is State.INVITED):
            decisions.decline(desk, deal.id)
        elif deal.state is State.INVITED:
            decisions.cancel(desk, deal.id)
        elif deal.role is P and deal.state is State.AGREED:
            rides.done(desk, deal.id)
    for one in settled.in_state(desk.node, settled.OFFERED):
        (settlements.confirm if town.chance.random() < 0.5 else settlements.refuse)(desk, one.id)
    for one in settled.CORRECTIONS.in_state(desk.node, settled.OFFERED):
        answer = confirming.confirm if town.chance.random() < 0.5 else confirming.refuse
        try:
            answer(desk, CORRECTING, one.id)
        except RefusedError:  # another correction of that record was sealed meanwhile
            confirming.refuse(desk, CORRECTING, one.id)


def _go_on(town: Storm, name: str, deal: Deal) -> None:
    desk = town[name]
    match deal.role, deal.state:
        case (Role.DRIVER, State.RECEIVED) | (Role.PASSENGER, State.INVITED):
            try:
                decisions.accept(desk, deal.id)
            except RefusedError:
                decisions.decline(desk, deal.id)
        case Role.DRIVER, State.AGREED if town.chance.random() < 0.5:
            rides.enter_code(desk, deal.id, _code(town, deal))
        case Role.PASSENGER, State.AGREED if town.chance.random() < (0.3 if deal.tries < 3 else 1.0):
            rides.done(desk, deal.id)


def _code(town: Storm, deal: Deal) -> str:
    shown = [one.code for desk in town.desks.values() for one in deals.all_deals(desk.node) if one.id == deal.id]
    code = next((code for code in shown if code), "000000")
    return code if town.chance.random() < 0.7 else f"{(int(code) + 1) % 10**6:06d}"


def _is_dealt(town: Storm, name: str, match: board.Match) -> bool:
    alive = OPEN | {State.RECEIPTED}
    known = deals.of_offer(town[name].node, match.theirs, Role.PASSENGER, alive)
    return any(deal.post_id == match.mine for deal in known)
