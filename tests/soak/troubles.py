"""What happens to nodes in a soak, from a seed: they are killed or stopped and started again, sleep, are cut off."""

from __future__ import annotations

import signal
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from tests.process.people import Person
    from tests.soak.wires import Wires

EVERY_S = 4.0
"""Between the beginnings of two troubles; several go on at the same time."""
AWAY_S = (0.0, 8.0)
SLEEP_S = (2.0, 25.0)
CUT_S = (3.0, 40.0)
"""How long it takes until somebody is started again, woken, or joined to the others again: seconds."""


@dataclass(slots=True)
class Troubles:
    """Troubles of all kinds. mortal: who may be ended; all sleep, and every wire is cut now and then."""

    hubs: Sequence[Person]
    people: Sequence[Person]
    mortal: Sequence[Person]
    wires: Wires
    chance: random.Random
    counts: Counter[str] = field(default_factory=Counter)
    _busy: dict[str, tuple[float, Callable[[], None]]] = field(default_factory=dict)
    _next: float = 0.0

    def step(self, now: float) -> None:
        """End the troubles whose time is over, and begin another if it is time."""
        for name, (until, undo) in list(self._busy.items()):
            if now >= until:
                del self._busy[name]
                undo()
        if now >= self._next:
            self._next = now + EVERY_S * self.chance.uniform(0.5, 1.5)
            self.chance.choice((self._kill, self._restart, self._sleep, self._cut_off, self._split))(now)

    def end(self) -> None:
        """Undo all that is going on."""
        for _, undo in self._busy.values():
            undo()
        self._busy.clear()

    def _kill(self, now: float) -> None:
        if victim := self._free(self.mortal):
            victim.kill()
            self._begin("killed", victim.name, now, AWAY_S, lambda: victim.again(wait=False))

    def _restart(self, now: float) -> None:
        if victim := self._free(self.mortal):
            victim.send(signal.SIGTERM)
            self._begin("stopped and started", victim.name, now, AWAY_S, lambda: _again(victim))

    def _sleep(self, now: float) -> None:
        if victim := self._free((*self.people, *self.hubs)):
            victim.send(signal.SIGSTOP)
            self._begin("slept", victim.name, now, SLEEP_S, lambda: victim.send(signal.SIGCONT))

    def _cut_off(self, now: float) -> None:
        """Cut one person, or one hub, off from everybody."""
        victim = self.chance.choice((*self.people, *self.hubs))
        self._cut(now, f"wires of {victim.name}", [ends for ends in self.wires.all if victim.name in ends])

    def _split(self, now: float) -> None:
        """Cut the network in two, each with a hub: each person, and the hubs themselves, lose one."""
        lost = {person.name: self.chance.choice(self.hubs).name for person in self.people}
        hubs = {hub.name for hub in self.hubs}
        self._cut(now, "split", [ends for ends in self.wires.all if lost.get(ends[0]) == ends[1] or hubs >= set(ends)])

    def _cut(self, now: float, name: str, ends: Sequence[tuple[str, str]]) -> None:
        wires = [self.wires.all[one] for one in ends if not self.wires.all[one].is_cut]
        if name in self._busy:
            return
        for wire in wires:
            wire.is_cut = True

        def mend() -> None:
            for wire in wires:
                wire.is_cut = False

        self._begin("cut in two" if name == "split" else "cut off", name, now, CUT_S, mend)

    def _free(self, victims: Sequence[Person]) -> Person | None:
        free = [victim for victim in victims if victim.name not in self._busy]
        return self.chance.choice(free) if free else None

    def _begin(self, what: str, name: str, now: float, how_long: tuple[float, float], undo: Callable[[], None]) -> None:
        self.counts[what] += 1
        self._busy[name] = now + self.chance.uniform(*how_long), undo


def _again(victim: Person) -> None:
    assert victim.process is not None
    status = victim.process.wait(20)
    # One that was still importing knows of no signals yet.
    assert status in {0, -signal.SIGTERM}, f"{victim.name} was told to stop, and ended with {status}"
    victim.process = None
    victim.again(wait=False)
