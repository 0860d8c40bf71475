"""Storms in which homes are lost, too: people back up, and come back from any of their backups, at any moment."""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from lazpool.actions import backups, rides, settlements
from lazpool.actions import deals as decisions
from lazpool.actions.tick import tick
from lazpool.errors import NotFoundError, RefusedError
from lazpool.records.settlements import CASH
from lazpool.rules.negotiation import State
from lazpool.store import deals, ledger
from lazpool.store import settlements as settled
from lazpool.wire import vault
from tests.simulation.weather import PEOPLE, Storm, ride, seeded
from tests.simulation.wishes import D, P, WatchedTown
from tests.simulation.witness import Witness

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

STEPS = 110
BACKING_UP, LOSING = 0.06, 0.04
"""How often somebody makes a backup, and how often a home is lost."""
MAX_LOSSES = 4
WORDS = "correct horse battery"
PAIRS = (("ann", "bob"), ("cid", "bob"))


class LossyStorm(Storm):
    """A storm in which homes are lost and restored; `losses` counts them."""

    def __init__(self, root: Path, chance: random.Random) -> None:
        """Open prepared homes, and back each up."""
        super().__init__(root, chance, vanish=True)
        self.losses = 0
        self._files: dict[str, list[Path]] = {name: [] for name in PEOPLE}
        for name in PEOPLE:
            self.back_up(name)

    def back_up(self, name: str) -> None:
        """Keep a backup of somebody's home as it is now."""
        file = self.root / f"{name}.{len(self._files[name])}.backup"
        backups.back_up(self[name], file, WORDS, effort=vault.LEAST)
        self._files[name].append(file)

    def lose(self, name: str) -> None:
        """Let somebody lose the home, and come back from any of their backups."""
        file = self.chance.choice(self._files[name])
        self.close(name)
        shutil.rmtree(self.home(name))
        self._lives[name] += 1
        self.now += 120  # nobody does it in less, and letters are then numbered from this second on
        backups.restore(self.home(name), file, WORDS, clock=self.clock)
        self.open(name)
        self.losses += 1
        self.witness.sees_a_loss(name)

    def hand_over(self, tag: bytes, letter: bytes) -> bool:
        """Give a letter to its reader; a letterbox also takes what nobody can read any more."""
        return self.reader(tag) is None or super().hand_over(tag, letter)

    def step(self, act: Callable[[Storm, str], None]) -> None:
        """Let one thing happen, a loss among them."""
        name = self.chance.choice(PEOPLE)
        if self.chance.random() < BACKING_UP:
            self.back_up(name)
        if self.losses < MAX_LOSSES and self.chance.random() < LOSING:
            self.lose(name)
        super().step(act)

    def calm_down(self, *, rounds: int, seconds: float) -> None:
        """Let the sun shine, and everybody go on, for so long."""
        self.calm = True
        self.fuse.put_out()
        for _ in range(rounds):
            for name in PEOPLE:
                goes_on(self, name)
                self.carry_from(name)
            for _ in range(len(self.bag)):
                self.deliver()
            for name in PEOPLE:
                tick(self[name])
            self.now += seconds

    def meet_again(self) -> None:
        """Let each two agree on one more ride: it is all that somebody needs who has lost every deal with the other."""
        for day, (rider, driver) in enumerate(PAIRS, 10):
            offer = self.offer(driver, day=day)
            self.request(rider, day=day)
            deal = self.propose(rider, offer, None).id
            self.carry_letters()
            decisions.accept(self[driver], deal)
            self.carry_letters()
            rides.done(self[rider], deal)

    def carry_letters(self, rounds: int = 6) -> None:
        """Carry what is due now; somebody may repeat what nobody reads any more."""
        for _ in range(rounds):
            for name in PEOPLE:
                self.carry_from(name)


def play_losses(prepared: Path, root: Path, seed: int) -> int:
    """Let rides, payments and losses take place in a storm, then require that both sides hold the same."""
    shutil.copytree(prepared, root)
    with seeded(seed) as chance, LossyStorm(root, chance) as town:
        for _ in range(STEPS):
            town.step(lives)
        town.calm_down(rounds=20, seconds=1200)
        town.meet_again()
        town.calm_down(rounds=20, seconds=1200)
        town.calm_down(rounds=20, seconds=6 * 24 * 3600)  # each receipt that lapses renews those that count on from it
        town.witness.sees_the_end_after_losses()
        burnt = town.fuse.burnt
    shutil.rmtree(root)
    return burnt


class Homes(WatchedTown):
    """Ann and Bob in good weather, one of whom loses the home; a letterbox takes what nobody can read any more."""

    def __init__(self, root: Path) -> None:
        """Make their homes."""
        super().__init__(root, "ann", "bob")
        self.witness = Witness(self)

    def hand_over(self, tag: bytes, letter: bytes) -> bool:
        """Give a letter to its reader, if there is one."""
        return self.reader(tag) is None or super().hand_over(tag, letter)

    def ride(self, day: int) -> None:
        """Let Ann ride with Bob, some days from now."""
        offer = self.offer("bob", day=day)
        self.request("ann", day=day)
        deal = self.propose("ann", offer).id
        self.carry()
        decisions.accept(self["bob"], deal)
        self.carry()
        rides.done(self["ann"], deal)
        self.carry()

    def come_back(self, file: Path) -> None:
        """Restore Ann's home from a backup."""
        self.close("ann")
        self._lives["ann"] += 1
        backups.restore(self.home("ann"), file, WORDS, clock=self.clock)
        self.open("ann")
        self.witness.sees_a_loss("ann")


def prepare_lost(root: Path) -> None:
    """Make homes of which Ann's was backed up after the first of seven rides and a payment, and then lost."""
    root.mkdir(exist_ok=True)
    with Homes(root) as town:
        town.ride(1)
        backups.back_up(town["ann"], root / "ann.backup", WORDS, effort=vault.LEAST)
        for day in range(2, 8):
            town.ride(day)
        made = settlements.settle(town["ann"], town["bob"].identity, 100, "EUR", CASH)
        town.carry()
        settlements.confirm(town["bob"], made.id)
        town.carry()
        town.come_back(root / "ann.backup")


def recover_at(prepared: Path, root: Path, *points: int) -> int:
    """Let Ann get back what she lost, with a crash at each of the points; return how many came about."""
    shutil.copytree(prepared, root)
    shutil.rmtree(root / "ann.0")
    (root / "ann.1").rename(root / "ann.0")
    with Homes(root) as town:
        town.fuse.light(*points)
        for _ in range(40):
            town.attempt(lambda: town.carry_from("ann"))
            town.attempt(lambda: town.carry_from("bob"))
            town.now += 900
            town.witness.looks()
        town.witness.sees_the_end_after_losses()
        assert len(ledger.receipts(town["ann"].node)) == 7
    shutil.rmtree(root)
    return town.fuse.burnt


def play_recovery(root: Path) -> None:
    """Let Ann come back from one backup twice, and ride before her question is answered."""
    root.mkdir(exist_ok=True)
    with Homes(root) as town:
        town.ride(1)
        file = root / "ann.backup"
        backups.back_up(town["ann"], file, WORDS, effort=vault.LEAST)
        for day in range(2, 8):
            town.ride(day)
        for day in (8, 9):
            town.now += 60
            town.come_back(file)
            town.witness.looks()
            for row in town.pick_up("ann"):
                town.witness.sees_sending("ann", row)
            town.ride(day)
        for _ in range(20):
            town.carry()
            town.now += 900
            town.witness.looks()
        town.witness.sees_the_end_after_losses()
        assert len(ledger.receipts(town["ann"].node)) == 9, "what is lost did not come back"


def lives(town: Storm, name: str) -> None:
    """Let somebody do what brings rides about, and pay now and then; a restored home may have to wait."""
    desk, chance = town[name], town.chance
    with suppress(RefusedError):
        ride(town, name)
    peers = sorted({one.peer for one in deals.all_deals(desk.node) if one.peer})
    if peers and chance.random() < 0.2:
        with suppress(RefusedError, NotFoundError):
            settlements.settle(desk, chance.choice(peers), chance.randint(1, 99), "EUR", CASH)
    goes_on(town, name)


def goes_on(town: Storm, name: str) -> None:
    """Let somebody answer what waits for them."""
    desk = town[name]
    for one in settled.in_state(desk.node, settled.OFFERED):
        try:
            settlements.confirm(desk, one.id)
        except RefusedError:
            with suppress(RefusedError):  # another one of that direction was confirmed just now
                settlements.refuse(desk, one.id, "no")
    for deal in deals.open_deals(desk.node):
        with suppress(RefusedError):
            if (deal.role, deal.state) == (D, State.RECEIVED):
                decisions.accept(desk, deal.id)
            elif (deal.role, deal.state) == (P, State.AGREED) and town.calm:
                rides.done(desk, deal.id)
