"""Hubs, people and files that are away for a while: what was written meanwhile arrives when they are back."""

from __future__ import annotations

import signal
import time

import pytest

from lazpool.actions import deals
from lazpool.rules.negotiation import State
from lazpool.store import board, letterbox, own, post_office
from lazpool.store import deals as kept
from tests.process.people import People, Person, until
from tests.process.rides import (
    AREAS,
    Ride,
    check_books,
    match,
    offer,
    propose,
    request,
    start_town,
    wait_state,
)

pytestmark = pytest.mark.process


def test_letters_written_while_the_hub_is_down(people: People) -> None:
    """Both nodes run, the hub does not; what they write leaves when it is back on the same port."""
    hub, driver, passenger = start_town(people, "driver", "passenger")
    theirs, mine = offer(driver), request(passenger)
    found = match(passenger, mine, theirs)
    passenger.wait_sent()
    hub.kill()
    until("the hub is missed", lambda: passenger.peers == driver.peers == 0)
    deal = propose(passenger, found.mine, found.theirs)
    late = request(passenger, ahead=25 * 60)
    time.sleep(3)
    assert post_office.waiting(passenger.desk.node) == 2
    hub.again()
    ride = Ride(driver, passenger, deal)
    ride.finish()
    check_books(driver, passenger)
    until("the late request is on the hub's board", lambda: board.get(hub.desk.board, late) is not None)


def test_a_passenger_who_is_away_when_the_driver_accepts(people: People) -> None:
    """The hub holds the acceptance; it is delivered on return, and forgotten by the hub."""
    hub, driver, passenger = start_town(people, "driver", "passenger")
    theirs, mine = offer(driver), request(passenger)
    deal = propose(passenger, mine, theirs)
    wait_state(driver, deal, State.RECEIVED)
    passenger.wait_sent()
    passenger.kill()
    deals.accept(driver.desk, deal)
    until("the hub holds the acceptance", lambda: letterbox.bytes_held(hub.desk.board) > 0)
    driver.stop()
    passenger.again()
    wait_state(passenger, deal, State.AGREED)
    until("the hub forgot it", lambda: letterbox.bytes_held(hub.desk.board) == 0 or driver.process is None)
    driver.again()
    Ride(driver, passenger, deal).finish()
    check_books(driver, passenger)
    until("the hub holds nothing", lambda: letterbox.bytes_held(hub.desk.board) == 0)


def notes(person: Person, deal: bytes) -> list[str]:
    """Return what somebody has been written."""
    return [note["text"] for note in kept.notes(person.desk.node, deal) if not note["mine"]]


def test_a_hub_that_is_gone_for_good_with_a_letter(people: People) -> None:
    """The first hub takes a letter and never comes back; the other one gets it, also by a sender that was killed.

    The reader, who was away all the time, gets it there although the sender is off by then.
    """
    hub, driver, passenger = start_town(people, "driver", "passenger")
    (other,) = people.add("other")
    other.hub(*AREAS)
    for person in (driver, passenger):
        person.join(other)
        person.wait_peers(2)
    for person in (driver, passenger):
        until("both are known as hubs", lambda p=person: [row["role"] for row in own.hubs(p.desk.node)] == ["hub"] * 2)
    deal = propose(passenger, request(passenger), offer(driver))
    wait_state(driver, deal, State.RECEIVED)
    deals.accept(driver.desk, deal)
    wait_state(passenger, deal, State.AGREED)
    until("nothing is repeated", lambda: post_office.next_due(driver.desk.node) is None)
    passenger.kill()
    deals.add_note(driver.desk, deal, "by the fountain")
    until("the first hub holds it", lambda: letterbox.bytes_held(hub.desk.board) > 0)
    hub.kill()
    driver.kill()
    driver.again()
    until("the other one holds it", lambda: letterbox.bytes_held(other.desk.board) > 0)
    driver.stop()
    passenger.again()
    until("the note is there", lambda: notes(passenger, deal) == ["by the fountain"])


def test_a_reader_who_sleeps_has_the_letter_on_waking(people: People) -> None:
    """The lid is shut when the note is written; it is read seconds after the lid is open, and once."""
    hub, driver, passenger = start_town(people, "driver", "passenger")
    deal = propose(passenger, request(passenger), offer(driver))
    wait_state(driver, deal, State.RECEIVED)
    deals.accept(driver.desk, deal)
    wait_state(passenger, deal, State.AGREED)
    until("nothing is repeated", lambda: post_office.next_due(driver.desk.node) is None)
    passenger.send(signal.SIGSTOP)
    try:
        deals.add_note(driver.desk, deal, "by the fountain")
        until("the hub holds it", lambda: letterbox.bytes_held(hub.desk.board) > 0)
        until("the sleeper is missed", lambda: hub.peers == 1)
    finally:
        passenger.send(signal.SIGCONT)
    until("the note is there", lambda: notes(passenger, deal))
    until("the sender knows, and is silent", lambda: post_office.next_due(driver.desk.node) is None)
    assert notes(passenger, deal) == ["by the fountain"]
    until("the hub holds nothing", lambda: letterbox.bytes_held(hub.desk.board) == 0)


def forget_board(person: Person) -> None:
    """Delete what somebody heard and holds, as a person does with a file manager."""
    person.close_desk()
    for file in person.home.glob("board.db*"):
        file.unlink()


def test_a_hub_that_lost_its_board_while_it_was_down(people: People) -> None:
    """Tags are opened again, the letter that it held is repeated, and posts come back by sync."""
    hub, driver, passenger = start_town(people, "driver", "passenger")
    theirs, mine = offer(driver), request(passenger)
    match(passenger, mine, theirs)
    until("the driver's tag is open", lambda: letterbox.tags_of(hub.desk.board, driver.desk.node_pk))
    driver.stop()
    deal = propose(passenger, mine, theirs)
    until("the hub holds the proposal", lambda: letterbox.bytes_held(hub.desk.board) > 0)
    hub.kill()
    forget_board(hub)
    hub.again()
    until("the request is back", lambda: board.get(hub.desk.board, mine) is not None)
    driver.again()
    until("the offer is back", lambda: board.get(hub.desk.board, theirs) is not None)
    ride = Ride(driver, passenger, deal)
    ride.finish()
    check_books(driver, passenger)


def test_a_hub_made_again_of_its_keys_and_settings(people: People) -> None:
    """Nothing else was copied: members find it where it was, posts come back, and a ride goes by way of it."""
    hub, driver, passenger = start_town(people, "driver", "passenger")
    theirs, mine = offer(driver), request(passenger)
    match(passenger, mine, theirs)
    hub.kill()
    hub.close_desk()
    for file in hub.home.iterdir():
        if file.name not in {"keys", "config.toml"}:
            file.unlink()
    hub.again()
    until("both posts are back", lambda: board.count(hub.desk.board) == 2)
    Ride(driver, passenger, propose(passenger, mine, theirs)).finish()
    check_books(driver, passenger)


@pytest.mark.parametrize("who", ["hub", "passenger"])
def test_a_board_deleted_under_a_running_node(people: People, who: str) -> None:
    """The node makes a new one, and posts, matches and tags are in it again without a restart."""
    hub, driver, passenger = start_town(people, "driver", "passenger")
    theirs, mine = offer(driver), request(passenger)
    match(passenger, mine, theirs)
    until("the hub heard both", lambda: board.count(hub.desk.board) == 2)
    forget_board(people[who])
    until("the file is there again", (people[who].home / "board.db").exists)
    until("both posts are back", lambda: board.count(people[who].desk.board) == 2)
    Ride(driver, passenger, propose(passenger, mine, theirs)).finish()
    check_books(driver, passenger)
    assert people[who].alive()


def test_an_address_that_changes_and_changes_back(people: People) -> None:
    """A colleague's laptop moves to another port and back; joining its new address each time is enough."""
    driver, passenger = people.add("driver", "passenger")
    driver.up()
    home, office = driver.port, driver.port + 1
    passenger.up()
    for port in (home, office, home):
        if port != driver.port:
            driver.stop()
            driver.port = port
            driver.again()
        passenger.join(driver)
        passenger.wait_peers()
