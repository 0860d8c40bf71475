"""The soak: `make soak`, or `make soak SOAK_MINUTES=120 SOAK_PAIRS=2`. Two hubs and their members ride for a while.

They are killed and started again, sleep, and are cut off from each other, and a hostile peer attacks the hubs and a
node all the time. At the end memory, file handles and tasks must have stayed flat, no letter may be lost, all books
must be right, and all boards equal. Prints a table; status 1 when a bound is broken. SEED chooses the troubles.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from lazpool.actions import books
from lazpool.net.address import node_name
from lazpool.records import sync
from lazpool.rules.areas import topic
from lazpool.store import letterbox, post_office
from lazpool.wire.hashing import network_id
from tests.process.people import NETWORK, ROOT, People, Person, until
from tests.process.rides import AREA, AREAS, check_books
from tests.soak.figures import Life, faults, growth
from tests.soak.pairs import Pair
from tests.soak.troubles import Troubles
from tests.soak.wires import Wires

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MINUTES = float(os.environ.get("SOAK_MINUTES") or 4)
SEED = int(os.environ.get("SEED") or time.time())
PAIRS = int(os.environ.get("SOAK_PAIRS") or 5)
STEADY_PAIRS = PAIRS // 2
"""Pairs of people, and those of them that are never restarted, so that a leak would show; one hub is not, either."""
SAMPLE_S, STEP_S = 2.0, 0.1
END_S = 240.0
"""How long it may take, when all is well again, until everything has arrived."""
MARGIN = 3
"""Minutes to live below which a post is not compared: one side may have dropped it."""


class Watched(Person):
    """Somebody whose node tells how many tasks live in it."""

    @property
    def tasks(self) -> Path:
        """Where it tells that."""
        return self.home.with_suffix(".tasks")

    def program(self) -> tuple[str, ...]:
        """Return what is run to start a node."""
        return (sys.executable, "-m", "tests.soak.watched", str(self.tasks))


class Soak:
    """Everybody, and what is seen of them."""

    def __init__(self, people: People, chance: random.Random) -> None:
        """Make homes."""
        self._chance = chance
        self.hubs = [_home(people, f"hub{number}") for number in (1, 2)]
        self.pairs = [
            Pair(_home(people, f"driver{number}"), _home(people, f"passenger{number}"))
            for number in range(1, PAIRS + 1)
        ]
        self.people = [person for pair in self.pairs for person in (pair.driver, pair.passenger)]
        self.everybody: list[Watched] = [*self.hubs, *self.people]  # type: ignore[list-item] # made above
        self.lives: list[Life] = []
        self._life: dict[str, tuple[int, Life]] = {}
        self.counts: dict[str, int] = {}

    def play(self, minutes: float) -> list[str]:
        """Play it and return what was wrong."""
        ends = {(person.name, hub.name): hub.port for person in self.people for hub in self.hubs}
        ends[self.hubs[1].name, self.hubs[0].name] = self.hubs[0].port
        with Wires(ends) as wires:
            self._start(wires)
            mortal = [*self.hubs[1:], *self.people[2 * STEADY_PAIRS :]]
            troubles = Troubles(self.hubs, self.people, mortal, wires, self._chance)
            attacked = (*self.hubs, self.people[0])
            with _hostile([person.address for person in attacked]):
                self._live(time.monotonic() + minutes * 60, troubles)
            troubles.end()
            self.counts = dict(troubles.counts)
            wrong = [f"{one.name}: was not attacked" for one in attacked if not _noticed_attack(one)] + self._finish()
        return wrong + [fault for life in self.lives for fault in faults(life, minutes * 60)]

    def _start(self, wires: Wires) -> None:
        for hub in self.hubs:
            hub.hub(*AREAS, wait=False)
        for (name, hub_name), wire in wires.all.items():
            hub = next(hub for hub in self.hubs if hub.name == hub_name)
            address = f"/ip4/127.0.0.1/tcp/{wire.port}/p2p/{node_name(hub.desk.node_pk)}"
            next(one for one in self.everybody if one.name == name).join_as(address, hub.desk.node_pk)
        for person in self.people:
            person.up(wait=False)
        for person in self.everybody:
            person.wait_running()
            person.wait_peers()

    def _live(self, end: float, troubles: Troubles) -> None:
        stories = [pair.live() for pair in self.pairs]
        sampled = 0.0
        while (now := time.monotonic()) < end:
            for story in stories:
                next(story, None)
            troubles.step(now)
            if now >= sampled:
                sampled = now + SAMPLE_S
                self._look(now)
            time.sleep(STEP_S)
        self._stories = stories

    def _look(self, now: float) -> None:
        for person in self.everybody:
            if person.process is None or person.process.poll() is not None:
                continue
            pid, life = self._life.get(person.name, (0, Life(person.name)))
            if pid != person.process.pid:
                life = Life(person.name)
                person.tasks.unlink(missing_ok=True)
                self._life[person.name] = person.process.pid, life
                self.lives.append(life)
            life.look(person.process.pid, person.tasks, now)

    def _finish(self) -> list[str]:
        """Let everything come to its end, and return what did not."""
        for pair in self.pairs:
            pair.ending = True
        wrong = []
        deadline = time.monotonic() + END_S
        while any(pair.stage != "done" for pair in self.pairs) and time.monotonic() < deadline:
            for story in self._stories:
                next(story, None)
            time.sleep(STEP_S)
        wrong += [f"{pair.driver.name}: the last ride {pair.stage}" for pair in self.pairs if pair.stage != "done"]
        for person in self.everybody:
            person.alive()
        for pair in self.pairs:
            pair.follow()
        for what, holds in (
            ("a letter is lost", self._lost),
            ("outboxes or hubs hold", self._waiting),
            ("boards differ", self._differ),
        ):
            left = max(5.0, deadline - time.monotonic())
            try:
                until(what, lambda holds=holds: not holds(), left)
            except AssertionError:
                wrong += [f"{what}: {one}" for one in holds()]
        return wrong + self._books()

    def _lost(self) -> list[str]:
        return [one for pair in self.pairs for one in pair.lost()]

    def _waiting(self) -> list[str]:
        due = [f"{one.name}: a letter is repeated" for one in self.everybody if post_office.next_due(one.desk.node)]
        held = {hub.name: letterbox.count_letters(hub.desk.board) for hub in self.hubs}
        return due + [f"{name}: holds {number} letters" for name, number in held.items() if number]

    def _differ(self) -> list[str]:
        boards = {one.name: _board(one) for one in self.everybody}
        whole = set[bytes]().union(*boards.values())
        return [f"{name} lacks {len(whole - ids)} of {len(whole)}" for name, ids in boards.items() if ids != whole]

    def _books(self) -> list[str]:
        wrong = []
        for pair in self.pairs:
            try:
                if pair.rides:
                    check_books(pair.driver, pair.passenger, rides_each=len(pair.rides))
                verdicts = [books.verify(person.desk) for person in (pair.driver, pair.passenger)]
                wrong += [error for verdict in verdicts for error in verdict.errors]
            except AssertionError as broken:
                wrong.append(f"books of {pair.driver.name}: {broken}")
        return wrong


def _noticed_attack(person: Person) -> bool:
    """Tell whether somebody's log tells of frames that were none: an attack that never came would be borne by all."""
    return any("network fault kind=answer" in line for line in person.log_lines())


def _home(people: People, name: str) -> Watched:
    person = Watched(people.root / name)
    people.take(person)
    return person


def _board(person: Person) -> set[bytes]:
    sql = (
        "SELECT p.id FROM posts p JOIN post_areas a ON a.id=p.id WHERE a.area=?1 AND p.expires>?2 "
        "UNION SELECT w.id FROM withdrawn w JOIN post_areas a ON a.id=w.id WHERE a.area=?1 AND w.expires>?2"
    )
    return {row[0] for row in person.desk.board.all(sql, (AREA, person.desk.minute + MARGIN))}


@contextmanager
def _hostile(addresses: Sequence[str]) -> Iterator[None]:
    where = topic(network_id(NETWORK), AREA)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.soak.hostile", where, *addresses],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), "PROTOCOL": sync.PROTOCOL},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        assert process.poll() is None, "the hostile peer ended by itself"
        process.kill()
        process.wait()


def _show(soak: Soak, wrong: list[str]) -> None:
    table = Table(title=f"soak of {MINUTES:g} minutes, SEED={SEED}")
    for column in ("process", "lived", "memory MB", "file handles", "tasks"):
        table.add_column(column, justify="left" if column == "process" else "right")
    for life in sorted(soak.lives, key=lambda one: -one.seconds)[:14]:
        if life.samples:
            cells = [f"{before:.0f} -> {after:.0f}" for _, before, after, _ in growth(life)]
            table.add_row(life.name, f"{life.seconds:.0f} s", *cells)
    console = Console(width=None if sys.stdout.isatty() else 110)
    console.print(table)
    rides, notes = sum(len(pair.rides) for pair in soak.pairs), sum(len(pair.written) for pair in soak.pairs)
    console.print(f"{rides} rides, {notes} notes; {', '.join(f'{n} {what}' for what, n in soak.counts.items())}")
    for stage in ("waits for a match", "waits for the proposal", "waits for the acceptance", "waits for the receipt"):
        took = sorted(seconds for pair in soak.pairs for seconds in pair.took.get(stage, []))
        if took:
            console.print(f"{stage}: half within {took[len(took) // 2]:.1f} s, all within {took[-1]:.1f} s")
    for one in wrong:
        console.print(f"[red]broken[/red]: {one}", soft_wrap=True)
    console.print("all bounds hold" if not wrong else f"{len(wrong)} bounds broken")


def main() -> int:
    """Run it; keep the homes and logs when something broke."""
    root = Path(tempfile.mkdtemp(prefix="lazpool-soak-"))
    sys.stdout.write(f"SEED={SEED}, {MINUTES:g} minutes, in {root}\n")
    sys.stdout.flush()
    with People(root) as people:
        soak = Soak(people, random.Random(SEED))
        wrong = soak.play(MINUTES)
        _show(soak, wrong)
    if not wrong:
        shutil.rmtree(root, ignore_errors=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
