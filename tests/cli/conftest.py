"""Two people with rides behind them."""

from __future__ import annotations

import pytest

from tests.cli.users import TOMORROW, User, ride


@pytest.fixture(scope="module")
def ridden(tmp_path_factory: pytest.TempPathFactory) -> tuple[User, User]:
    """Return a driver and a passenger with two rides behind them."""
    root = tmp_path_factory.mktemp("ridden")
    driver, passenger = User(root / "ada"), User(root / "zoe")
    ride(driver, passenger, TOMORROW, "tomorrow 08:00")
    ride(driver, passenger, "tomorrow 17:30", "tomorrow 18:00")
    return driver, passenger
