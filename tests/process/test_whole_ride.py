"""Whole rides between real processes: through a hub, and between two colleagues alone."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from lazpool.rules.negotiation import State
from tests.process.people import People, Person, start_all, until
from tests.process.rides import (
    Ride,
    check_books,
    offer,
    propose,
    request,
    start_town,
    wait_state,
)

pytestmark = pytest.mark.process


def test_two_passengers_share_one_car_leg_by_leg(people: People) -> None:
    """One rides from Voiron to Lyon, one from Grenoble to Voiron, on one seat: each pair ends with its own receipt."""
    _, driver, far, near = start_town(people, "driver", "far", "near")
    driver.call(
        "offer", "45.1885,5.7245", "45.7606,4.8594", "--at", at(7, 30), "--seats", "1", "--via", "45.3645,5.5915"
    )
    far.call("request", "45.3645,5.5915", "45.7606,4.8594", "--at", at(7, 50), "--flex", "30")
    near.call("request", "45.1885,5.7245", "45.3645,5.5915", "--at", at(7, 30), "--flex", "15")
    for passenger in (far, near):
        share_by_command(driver, passenger)
    balances = {one["with"]: one["share"]["amount"] for one in driver.call("ledger", "balance")["balances"]}
    for passenger in (far, near):
        (owes,) = passenger.call("ledger", "balance")["balances"]
        assert (owes["with"], owes["share"]["amount"]) == (driver.identity, -balances.pop(passenger.identity))
    assert not balances
    for person, entries in ((driver, 3), (far, 3), (near, 3)):
        verdict = person.call("ledger", "verify")
        assert (verdict["ok"], verdict["entries"], verdict["errors"]) == (True, entries, [])
        until(f"{person.name}'s outbox is empty", lambda person=person: person.call("status")["outbox"] == 0)
        assert person.stop()[0] == 0


def share_by_command(driver: Person, passenger: Person) -> None:
    """Bring one passenger from a match to a receipt by the command line alone."""
    match = until(f"{passenger.name} finds a match", lambda: passenger.call("matches")["matches"])[0]
    deal = passenger.call("propose", match["id"], "--note", "by the station")["deal"]
    until_state(driver, deal, "received")
    assert driver.call("accept", deal)["state"] == "agreed"
    assert until_state(passenger, deal, "agreed")["with"] == driver.identity
    driver.call("pickup", deal, passenger.call("pickup", deal)["code"])
    for person in (driver, passenger):
        until_state(person, deal, "receipted")


def until_state(person: Person, deal: str, state: str) -> dict[str, Any]:
    """Wait until somebody's deal stands there; return it."""

    def there() -> dict[str, Any] | None:
        deals = person.call("deals")["deals"]
        return next((one for one in deals if (one["id"], one["state"]) == (deal, state)), None)

    return until(f"{person.name}'s deal is {state}", there)


def at(hour: int, minute: int) -> str:
    """Return a time of tomorrow as it is typed."""
    day = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
    return f"{day}T{hour:02}:{minute:02}"


def colleagues(people: People, dialler: str) -> tuple[Person, Person]:
    """Start two people who know nobody else; one joined the other's address."""
    driver, passenger = people.add("driver", "passenger")
    start_all(driver.up, passenger.up)
    for person in (driver, passenger):
        person.wait_running()
    caller, called = (driver, passenger) if dialler == "driver" else (passenger, driver)
    caller.join(called)
    for person in (driver, passenger):
        person.wait_peers()
    return driver, passenger


@pytest.mark.parametrize("first", ["offer", "request"])
@pytest.mark.parametrize("dialler", ["driver", "passenger"])
def test_two_colleagues_need_no_hub(people: People, dialler: str, first: str) -> None:
    """Whoever joined whose address and whoever posted first: they match, agree, ride and sign."""
    driver, passenger = colleagues(people, dialler)
    if first == "offer":
        offer(driver)
    wish = request(passenger)
    if first == "request":
        offer(driver)
    Ride(driver, passenger, propose(passenger, wish)).finish()
    check_books(driver, passenger)


def test_colleagues_who_posted_before_they_met(people: People) -> None:
    """Posts of both from before they were connected, and before they ran, are found when they meet."""
    driver, passenger = people.add("driver", "passenger")
    offer(driver)
    wish = request(passenger)
    start_all(driver.up, passenger.up)
    driver.wait_running()
    passenger.join(driver)
    deal = propose(passenger, wish)
    wait_state(driver, deal, State.RECEIVED)
    Ride(driver, passenger, deal).finish()
    check_books(driver, passenger)
