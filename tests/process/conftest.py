"""Lets the tests of this folder throw the faults of tests/net, which are scripts too and so no package."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.process.people import People

if TYPE_CHECKING:
    from collections.abc import Iterator

sys.path.insert(0, str(Path(__file__).parent.parent / "net"))


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    """Return a folder of homes; whatever runs there ends with the test."""
    with People(tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    """Return the same, for all tests of a module."""
    with People(tmp_path_factory.mktemp("town")) as running:
        yield running
