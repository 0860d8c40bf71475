"""The judgement of the soak: a leak is noticed, a flat line and a short life are not taken for one."""

from __future__ import annotations

import pytest

from tests.soak.figures import FILES_MORE, MB_AN_HOUR, MB_MORE, MB_MOST, TASKS_MORE, Life, Sample, faults

HOUR = 3600


def life(
    *, memory: float = 0.0, files: float = 0.0, tasks: float = 0.0, seconds: int = HOUR, warming: float = 0.0
) -> Life:
    """Return a life in which things grow by so much an hour; `warming`: megabytes that the first tenth takes."""
    return Life("node", [
        Sample(
            at, 110 + memory * at / HOUR + warming * min(1, at * 10 / seconds),
            20 + int(files * at / HOUR), 60 + int(tasks * at / HOUR),
        )
        for at in range(0, seconds, 5)
    ])  # fmt: skip


def test_a_flat_line_breaks_nothing() -> None:
    """Not after an hour, not after two, and not when the first minutes take memory for good."""
    for one in (life(), life(seconds=2 * HOUR), life(warming=40)):
        assert faults(one, one.seconds) == []


@pytest.mark.parametrize(
    ("leak", "what"),
    [
        ({"memory": 2 * (MB_MORE + MB_AN_HOUR) + 2}, "memory"),
        ({"files": 2 * FILES_MORE + 4}, "file handles"),
        ({"tasks": 2 * TASKS_MORE + 4}, "tasks"),
    ],
)
def test_a_leak_is_noticed(leak: dict[str, float], what: str) -> None:
    """Of memory, file handles and tasks, each alone, when it grows by twice the allowance an hour."""
    (said,) = faults(life(**leak), HOUR)
    assert said.startswith(f"node: {what} grew")


def test_a_slow_leak_of_memory_is_noticed_in_a_long_soak() -> None:
    """What hides in an hour's allowance does not hide in eight."""
    slow = 2 * MB_AN_HOUR
    assert not faults(life(memory=slow), HOUR)
    assert faults(life(memory=slow, seconds=8 * HOUR), 8 * HOUR)


def test_a_short_life_is_held_to_the_ceilings_alone() -> None:
    """A process that was restarted is not judged by how it warmed up; but nothing may be too large at any moment."""
    short = life(memory=500, seconds=HOUR // 10)
    assert faults(short, HOUR) == []
    (said,) = faults(life(warming=MB_MOST, seconds=HOUR // 10), HOUR)
    assert "more than" in said
