"""A town of two to start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.town import Town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Bob offers two seats and Ann, who asks for one, has heard of it."""
    with Town(tmp_path, "ann", "bob") as town:
        town.offer("bob")
        town.request("ann")
        yield town
