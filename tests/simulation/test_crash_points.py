"""The process may die at any write of either side, and every story ends once, alike on both sides.

Exhaustive: each point before and after each write and commit, one run each, until a run comes through without a crash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.simulation.losses import prepare_lost, recover_at
from tests.simulation.wishes import CORRECTIONS, SETTLEMENTS, STORIES, crash_at, prepare_ridden, prepare_two

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return homes in which an offer and a request have met."""
    root = tmp_path_factory.mktemp("prepared")
    prepare_two(root)
    return root


@pytest.mark.parametrize("name", STORIES)
def test_every_crash_point(prepared: Path, tmp_path: Path, name: str) -> None:
    """Whichever write of whichever side a process dies at, the deal goes on by itself and ends once, on both sides."""
    point = 1
    while crash_at(prepared, tmp_path / "run", STORIES[name], point):
        point += 1
    assert point > 40, "there were hardly any points to crash at"


@pytest.fixture(scope="module")
def ridden(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return homes of two who have shared a ride."""
    root = tmp_path_factory.mktemp("ridden")
    prepare_ridden(root)
    return root


def test_crashes_while_records_come_back(tmp_path: Path) -> None:
    """Whichever write a process dies at while a restored home gets back what it lost, all of it comes back, once.

    Every fourth point; the campaign takes all of them.
    """
    prepare_lost(tmp_path / "lost")
    point = 1
    while recover_at(tmp_path / "lost", tmp_path / "run", point):
        point += 4
    assert point > 40, "there were hardly any points to crash at"


@pytest.mark.parametrize("name", SETTLEMENTS)
def test_every_crash_point_of_a_settlement(ridden: Path, tmp_path: Path, name: str) -> None:
    """Whichever write of whichever side a process dies at, a settlement ends once and alike on both sides."""
    point = 1
    while crash_at(ridden, tmp_path / "run", SETTLEMENTS[name], point):
        point += 1
    assert point > 30, "there were hardly any points to crash at"


@pytest.mark.parametrize("name", CORRECTIONS)
def test_every_crash_point_of_a_correction(ridden: Path, tmp_path: Path, name: str) -> None:
    """Whichever write of whichever side a process dies at, a correction counts once and alike on both sides."""
    point = 1
    while crash_at(ridden, tmp_path / "run", CORRECTIONS[name], point):
        point += 1
    assert point > 30, "there were hardly any points to crash at"
