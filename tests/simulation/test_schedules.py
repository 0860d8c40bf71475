"""Seeded storms: letters lost, doubled and reordered, processes dying; all ends well, and alike on both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.simulation.losses import play_losses
from tests.simulation.schedules import play_anything, play_rides, prepare

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SEEDS = range(1, 21)
LOSSES = range(1, 5)
"""The campaign plays many more: make campaign."""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return homes with matches to begin with."""
    root = tmp_path_factory.mktemp("prepared") / "homes"
    prepare(root)
    return root


@pytest.mark.parametrize("play", [play_rides, play_anything])
def test_storms(prepared: Path, tmp_path: Path, play: Callable[[Path, Path, int], int]) -> None:
    """Rides that people want end with receipts on both sides; whatever else they do ends alike on both sides."""
    crashes = sum(play(prepared, tmp_path / str(seed), seed) for seed in SEEDS)
    assert crashes > len(SEEDS), "the storm was too mild to show anything"


def test_storms_with_losses(prepared: Path, tmp_path: Path) -> None:
    """Homes come back from any backup at any moment, and meet what they signed later: both sides end with the same."""
    assert sum(play_losses(prepared, tmp_path / str(seed), seed) for seed in LOSSES) > 0
