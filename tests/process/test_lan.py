"""Two nodes find each other with no hub and no address told, and share a ride: on loopback, and on a wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.process.namespaces import Host, star
from tests.process.people import Person, until
from tests.process.rides import Ride, check_books, offer, propose, request

if TYPE_CHECKING:
    from pathlib import Path

    from tests.process.people import People

pytestmark = pytest.mark.process


class Neighbour(Person):
    """Somebody who looks for others on loopback, where a node would by itself look for nobody."""

    def listens_on(self) -> tuple[str, ...]:
        """Return the options that say so."""
        return (*super().listens_on(), "--lan")


def share_a_ride(driver: Person, passenger: Person) -> None:
    """Wait until they are connected, and bring a ride to its receipt on both sides."""
    for person in (driver, passenger):
        person.wait_peers()
    theirs, mine = offer(driver), request(passenger)
    Ride(driver, passenger, propose(passenger, mine, theirs)).finish()
    check_books(driver, passenger)


def test_two_on_loopback_share_a_ride_and_find_each_other_again(tmp_path: Path, people: People) -> None:
    """Nobody has joined anybody. One of another network is heard and not met, and one who comes back is met again."""
    network = f"lan-{tmp_path.parent.name}"
    driver, passenger = (people.take(Neighbour(tmp_path / name, network=network)) for name in ("driver", "passenger"))
    stranger = people.take(Neighbour(tmp_path / "stranger", network=f"{network}-2"))
    for person in (driver, passenger, stranger):
        person.up(wait=False)
    share_a_ride(driver, passenger)
    passenger.stop()
    until("the driver is alone", lambda: driver.peers == 0)
    passenger.again()
    passenger.wait_peers()
    until("the driver has met them again", lambda: driver.peers == 1)
    assert stranger.peers == 0


def test_two_laptops_on_one_link(tmp_path: Path, people: People) -> None:
    """Two hosts with a wire between them, started as anybody starts a node; one with `lan = false` finds nobody."""
    with star(1) as spaces:
        driver, passenger, silent = (
            people.take(Host(tmp_path / name, space))
            for name, space in zip(("driver", "passenger", "silent"), (*spaces, spaces[0]), strict=True)
        )
        switch_off(silent)
        for host in (driver, passenger, silent):
            host.up(wait=False)
        share_a_ride(driver, passenger)
        assert (driver.peers, silent.peers) == (1, 0)
        for host in (driver, passenger, silent):
            host.kill()


def switch_off(host: Host) -> None:
    """Switch it off as the documentation says."""
    file = host.home / "config.toml"
    file.write_text(file.read_text().replace("lan = true", "lan = false"))
