"""What processes hold, sampled; and the judgement whether it stays flat.

A process that lived long enough is judged by the medians of two quarters of its life: the second, after it has warmed
up, and the last. Between them memory may grow by a little that caches take, and no faster than a slope; file handles
and tasks may not grow beyond what a moment's connections explain. Every process is held to a ceiling.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Final

import psutil

if TYPE_CHECKING:
    from pathlib import Path

LONG: Final = 0.5
"""Part of a soak that a process has to live to be judged by how it grew."""
MB_MORE: Final = 6.0
MB_AN_HOUR: Final = 4.0
"""Growth of memory between the two quarters: so much, and so much more for each hour that lies between them."""
FILES_MORE: Final = 10
TASKS_MORE: Final = 40
"""The same of file handles and of tasks, however long it took: a leak grows with every connection or letter."""
MB_MOST, FILES_MOST, TASKS_MOST = 220.0, 200, 1500
"""Ceilings, at any moment."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a process held at a second: megabytes, file handles, tasks."""

    at: float
    memory: float
    files: int
    tasks: int


@dataclass(slots=True)
class Life:
    """A process from its start to its end."""

    name: str
    samples: list[Sample] = field(default_factory=list)
    last_tasks: Counter[str] = field(default_factory=Counter)

    @property
    def seconds(self) -> float:
        """How long it was watched."""
        return self.samples[-1].at - self.samples[0].at if self.samples else 0.0

    def quarter(self, number: int) -> list[Sample]:
        """Return the samples of a quarter of its life, 0 to 3."""
        began, part = self.samples[0].at, self.seconds / 4
        return [one for one in self.samples if number * part <= one.at - began <= (number + 1) * part]

    def look(self, pid: int, tasks: Path, at: float) -> None:
        """Take a sample; nothing happens when the process is just ending."""
        try:
            process = psutil.Process(pid)
            with process.oneshot():
                memory, files = process.memory_info().rss / 1e6, process.num_fds()
            self.last_tasks = Counter(json.loads(tasks.read_text()))
        except (psutil.Error, OSError):
            return
        self.samples.append(Sample(at, memory, files, self.last_tasks.total()))


def faults(life: Life, soak_s: float) -> list[str]:
    """Return which bounds a process broke, in words."""
    found = [
        f"{life.name}: {what} {most:.0f}, more than {ceiling:.0f}"
        for what, most, ceiling in _most(life)
        if most > ceiling
    ]
    if life.seconds < LONG * soak_s:
        return found
    return found + [
        f"{life.name}: {what} grew from {before:.0f} to {after:.0f}, by more than {allowed:.0f}"
        for what, before, after, allowed in growth(life)
        if after - before > allowed
    ]


def growth(life: Life) -> list[tuple[str, float, float, float]]:
    """Return what is measured, its medians in the second and last quarter, and by how much it may grow."""
    before, after = life.quarter(1), life.quarter(3)
    megabytes = MB_MORE + MB_AN_HOUR * life.seconds / 2 / 3600
    rows = (
        ("memory", [one.memory for one in before], [one.memory for one in after], megabytes),
        ("file handles", [one.files for one in before], [one.files for one in after], float(FILES_MORE)),
        ("tasks", [one.tasks for one in before], [one.tasks for one in after], float(TASKS_MORE)),
    )
    return [(what, median(first), median(last), more) for what, first, last, more in rows if first and last]


def _most(life: Life) -> list[tuple[str, float, float]]:
    if not life.samples:
        return []
    return [
        ("memory", max(one.memory for one in life.samples), MB_MOST),
        ("file handles", max(one.files for one in life.samples), FILES_MOST),
        ("tasks", max(one.tasks for one in life.samples), TASKS_MOST),
    ]
