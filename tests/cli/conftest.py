"""Two people with rides behind them."""

from __future__ import annotations

import pytest

from tests.cli.users import GRENOBLE, LYON, TOMORROW, VOIRON, User, carry


@pytest.fixture(scope="module")
def ridden(tmp_path_factory: pytest.TempPathFactory) -> tuple[User, User]:
    """Return a driver and a passenger with two rides behind them."""
    root = tmp_path_factory.mktemp("ridden")
    driver, passenger = User(root / "ada"), User(root / "zoe")
    for at, later in ((TOMORROW, "tomorrow 08:00"), ("tomorrow 17:30", "tomorrow 18:00")):
        driver.call("offer", GRENOBLE, LYON, "--at", at, "--via", VOIRON, "--price", "0.08")
        passenger.call("request", VOIRON, LYON, "--at", later)
        carry(driver, passenger)
        match = next(one["id"] for one in passenger.call("matches")["matches"] if one["deal"] is None)
        deal = passenger.call("propose", match)["deal"]
        carry(driver, passenger)
        driver.call("accept", deal)
        carry(driver, passenger)
        passenger.call("done", deal)
        carry(driver, passenger)
    return driver, passenger
