"""Towns with rides behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lazpool.actions import deals as decisions
from lazpool.actions import rides
from tests.town import Town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def agreed(tmp_path: Path) -> Iterator[tuple[Town, bytes]]:
    """Ann and Bob have agreed on a ride; the town and the deal's id."""
    with Town(tmp_path, "ann", "bob") as town:
        town.offer("bob")
        town.request("ann")
        yield town, town.agree()


@pytest.fixture
def proposed(tmp_path: Path) -> Iterator[tuple[Town, bytes]]:
    """Ann has proposed a ride to Bob, who has not answered yet; the town and the deal's id."""
    with Town(tmp_path, "ann", "bob") as town:
        town.offer("bob")
        town.request("ann")
        deal = town.propose("ann").id
        town.carry()
        yield town, deal


@pytest.fixture
def ridden(tmp_path: Path) -> Iterator[Town]:
    """Ann rode with Bob twice, and a third ride was cancelled after she had signed."""
    with Town(tmp_path, "ann", "bob") as town:
        for day in (1, 2, 3):
            offer = town.offer("bob", day=day)
            town.request("ann", day=day)
            deal = town.propose("ann", offer)
            town.carry()
            decisions.accept(town["bob"], deal.id)
            town.carry()
            rides.done(town["ann"], deal.id)
            if day == 3:
                decisions.cancel(town["bob"], deal.id)
            town.carry()
        yield town
