"""A circle in bad weather: letters lost, doubled, late, members away, processes dying; all come to the same points."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from lazpool.actions import books, circle_signing
from lazpool.actions.tick import tick
from lazpool.errors import RefusedError
from lazpool.store import circles as store
from tests.circle_town import circle_of, found, pending, points
from tests.simulation.weather import PEOPLE, Storm, seeded
from tests.simulation.wishes import WatchedTown
from tests.simulation.witness import Witness
from tests.town import DAY, Town

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lazpool.store.post_office import Outgoing

STEPS, SEEDS = 200, range(1, 5)
"""The campaign plays many more: make campaign."""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make homes of three who have founded a circle."""
    root = tmp_path_factory.mktemp("circle")
    prepare_circle(root)
    return root


def prepare_circle(root: Path) -> None:
    """Let three found a circle."""
    with seeded(0), Town(root, *PEOPLE) as town:
        found(town, "ann", ["bob", "cid"])


class Commuters(Storm):
    """A storm in which somebody is away for days."""

    away = ""

    def transport(self, sender: str, row: Outgoing) -> bool:
        """Lose what is for, or by, who is away."""
        if not self.calm and self.away in {sender, self.reader(row.tag)}:
            return False
        return super().transport(sender, row)


def whatever(town: Storm, name: str) -> None:
    """Let somebody do anything that a person can do with a circle, sensible or not; days pass, and some go away."""
    chance, desk = town.chance, town[name]
    try:
        match chance.randrange(12):
            case 0 | 1 | 2 | 3:
                record(town, name)
            case 4 if waiting := pending(town, name):
                circle_signing.refuse(desk, chance.choice(waiting).id, "no")
            case 5 if whole := store.records(desk.node, circle_of(town, name).id, store.RIDE, store.WHOLE):
                circle_signing.take_back(desk, chance.choice(whole))
            case 6:
                town.now += 60 * DAY * chance.choice((0.3, 1, 2))
            case 7:
                town.away = chance.choice((*PEOPLE, ""))  # type: ignore[attr-defined] # of commuters
            case _:
                sign(town, name)
    except RefusedError:
        pass


def record(town: Storm, name: str) -> None:
    """Let somebody record a ride of today, or of the day before."""
    others = [one for one in PEOPLE if one != name]
    present = [name, *town.chance.sample(others, town.chance.randint(1, 2))]
    keys = [town[one].identity for one in present]
    day, leg = town.minute // DAY - town.chance.randint(0, 1), town.chance.randint(1, 2)
    circle_signing.record_ride(town[name], circle_of(town, name), town.chance.choice(keys), keys, day, leg)


def sign(town: Storm, name: str) -> None:
    """Let somebody sign what waits, where their node lets them."""
    for one in pending(town, name):
        try:
            circle_signing.sign(town[name], one.id)
        except RefusedError:
            circle_signing.refuse(town[name], one.id, "twice")


def settle(town: Storm) -> None:
    """Let the sun shine for some days: everybody answers, and nodes compare what they have."""
    town.calm = True
    town.fuse.put_out()
    for day in range(60):
        for name in PEOPLE:
            if day < 20:
                sign(town, name)
            town.carry_from(name)
            tick(town[name])
        for _ in range(len(town.bag)):
            town.deliver()
        if day > 45 and town.is_quiet() and not town.bag:
            return
        town.now += 60 * DAY / 2
    raise AssertionError("they never stop talking")


def play_circle(prepared: Path, root: Path, seed: int) -> int:
    """Let a circle live through a storm; return how many rides everybody has in the end."""
    shutil.copytree(prepared, root)
    with seeded(seed) as chance, Commuters(root, chance) as town:
        for _ in range(STEPS):
            town.step(whatever)
        settle(town)
        town.witness.sees_the_end()
        town.witness.asks_another()
        circles = [circle_of(town, name) for name in PEOPLE]
        assert len({one.digest for one in circles}) == 1, f"seed {seed}: they have not the same rides"
        known = [points(town, name) for name in PEOPLE]
        assert known[0] == known[1] == known[2], f"seed {seed}"
        assert sum(known[0].values()) == 0
        for name, circle in zip(PEOPLE, circles, strict=True):
            assert books.verify(town[name]).ok, f"seed {seed}: {books.verify(town[name]).errors}"
            assert not store.records(town[name].node, circle.id, store.RIDE, store.PENDING)
        rides = len(circle_signing.whole_rides(town["ann"], circles[0]))
    shutil.rmtree(root)
    return rides


def test_all_come_to_the_same_points(prepared: Path, tmp_path: Path) -> None:
    """Whatever becomes of letters, members and processes: the same rides and points, whole ledgers, and silence."""
    rides = _play_all(prepared, tmp_path)
    assert min(rides) > 0
    assert sum(rides) > 3 * len(SEEDS), "the storm let hardly any ride happen"


def forgets_digests(patch: pytest.MonkeyPatch) -> None:
    """Never ask whoever has something else."""
    patch.setattr("lazpool.actions.circle_sync._ask", lambda *_: None)


def counts_at_once(patch: pytest.MonkeyPatch) -> None:
    """Take a ride for whole that only some have signed."""
    patch.setattr("lazpool.actions.circle_sync.is_whole", lambda _terms, signers: len(signers) > 1)


@pytest.mark.parametrize("plant", [forgets_digests, counts_at_once], ids=lambda one: one.__name__)
def test_planted_bug_is_caught(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], None]
) -> None:
    """The storms that pass without a bug fail with it."""
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        _play_all(prepared, tmp_path)


def _play_all(prepared: Path, root: Path) -> list[int]:
    return [play_circle(prepared, root / str(seed), seed) for seed in SEEDS]


def test_every_crash_point_of_a_ride(prepared: Path, tmp_path: Path) -> None:
    """Whichever write of whichever member a process dies at, a ride that all sign counts once for everybody."""
    point = 1
    while _crash_at(prepared, tmp_path / "run", point):
        point += 13
    assert point > 100, "there were hardly any points to crash at"


def _crash_at(prepared: Path, root: Path, point: int) -> int:
    """Record and sign a ride with a crash so many points from now; return how many processes died."""
    shutil.copytree(prepared, root)
    with WatchedTown(root, *PEOPLE) as town:
        town.witness = Witness(town)
        town.fuse.light(point)
        keys = [town[name].identity for name in PEOPLE]
        for _ in range(12):
            if not store.records(town["ann"].node, circle_of(town, "ann").id, store.RIDE, store.PENDING, store.WHOLE):
                town.attempt(
                    lambda: circle_signing.record_ride(
                        town["ann"], circle_of(town, "ann"), keys[1], keys, town.minute // DAY
                    )
                )
            for name in PEOPLE:
                for one in pending(town, name):
                    town.attempt(lambda name=name, one=one: circle_signing.sign(town[name], one.id))  # type: ignore[misc] # bound at once
                town.attempt(lambda name=name: town.carry_from(name))  # type: ignore[misc] # the same
            town.witness.looks()
            town.now += 600
        assert len({circle_of(town, name).digest for name in PEOPLE}) == 1
        assert [len(circle_signing.whole_rides(town[name], circle_of(town, name))) for name in PEOPLE] == [1, 1, 1]
        assert points(town, "ann") == points(town, "bob") == points(town, "cid")
        assert all(books.verify(town[name]).ok for name in PEOPLE)
        assert town.is_quiet()
        burnt = town.fuse.burnt
    shutil.rmtree(root)
    return burnt
