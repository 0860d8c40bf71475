"""Who is connected to whom, and letters that take an odd way."""

from __future__ import annotations

import time

import pytest

from lazpool.actions import deals
from lazpool.records import covers, sync
from lazpool.rules import reconcile
from lazpool.rules.negotiation import State
from lazpool.store import deals as kept
from lazpool.store import letterbox, own
from tests.process.people import People, Person, start_all, until
from tests.process.rides import AREA, AREAS, Ride, check_books, offer, propose, request, start_town, wait_state
from tests.process.strangers import hub_like, stranger, took_it

pytestmark = pytest.mark.process


def test_two_who_dial_each_other_at_once(people: People) -> None:
    """Each joined the other, and both start at the same moment: they are one neighbour to each other, and ride."""
    driver, passenger = people.add("driver", "passenger")
    for person, other in ((driver, passenger), (passenger, driver)):
        person.join_as(f"/ip4/127.0.0.1/tcp/{other.port}/p2p/{other.call('id')['node']}", other.desk.node_pk)
    start_all(driver.up, passenger.up)
    for person in (driver, passenger):
        person.wait_running()
        person.wait_peers()
    offer(driver)
    Ride(driver, passenger, propose(passenger, request(passenger))).finish()
    assert (driver.peers, passenger.peers) == (1, 1)
    check_books(driver, passenger)


def test_a_hub_of_another_network(people: People) -> None:
    """Whoever joined it by mistake is told, once and not at every try, and so is the hub."""
    (hub,) = people.add("hub")
    hub.hub(*AREAS)
    stray = people.take(Person(people.root / "stray", network="elsewhere"))
    stray.join(hub)
    stray.up()
    until("the stray is told", lambda: any("another network" in line for line in stray.log_lines()))
    time.sleep(8)
    for person in (hub, stray):
        assert person.alive()
        assert len(person.log_lines()) <= 6, person.log_lines()


def test_a_person_who_runs_the_hub_rides_too(people: People) -> None:
    """Their letters to members go into their own letterbox, and from there to the members."""
    hub, driver = start_town(people, "driver")
    offer(driver)
    Ride(driver, hub, propose(hub, request(hub))).finish()
    check_books(driver, hub)


def test_what_sync_brings_is_news_to_the_others(people: People) -> None:
    """A post that a hub fetched from one neighbour, who never gossips it, goes on to another, who never asks for it."""
    hub, driver = people.add("hub", "driver")
    hub.hub(*AREAS)
    post = own.post(driver.desk.node, offer(driver))
    assert post is not None

    def has_one_post(frame: bytes) -> bytes:
        asked = sync.read_frame(frame)
        if not isinstance(asked, sync.Question):
            return sync.pack_taken(0)
        element = covers.start_of(post.expires) + post.id + covers.code_of({AREA}, asked.areas)
        if isinstance(asked, sync.GetPosts):
            return sync.pack_posts((sync.Post(post.envelope, (AREA,)),))
        return sync.pack_cover(reconcile.answer(reconcile.View([element], asked.salt), asked.since, asked.cover))

    with stranger() as listener, stranger(hub_like(took_it, has_one_post)) as teller:
        listener.hear(AREA)
        listener.connect(hub.address)
        until("the hub knows the listener", lambda: hub.peers == 1)
        teller.connect(hub.address)
        until("the listener hears the post", lambda: post.envelope in listener.heard)
    assert hub.alive()


def test_details_that_overtake_the_acceptance(people: People) -> None:
    """What came too early stays at the hub, and is taken again within seconds, not with the next round of sync."""
    hub, passenger = start_town(people, "passenger")
    driver = people.take(Person(people.root / "driver", "+33 6 00 00 00 00"))
    driver.join(hub)
    driver.up()
    driver.wait_peers()
    offer(driver)
    deal = propose(passenger, request(passenger))
    wait_state(driver, deal, State.RECEIVED)
    driver.stop()
    deals.accept(driver.desk, deal)
    with driver.desk.node.transaction():
        driver.desk.node.execute(
            "UPDATE outbox SET state='sent', next_at=? WHERE letter_kind=2", (driver.desk.second + 60,)
        )
    driver.again()
    until("the hub holds the details", lambda: letterbox.bytes_held(hub.desk.board) > 0)
    with driver.desk.node.transaction():
        driver.desk.node.execute("UPDATE outbox SET state='pending', next_at=0 WHERE letter_kind=2")
    wait_state(passenger, deal, State.AGREED)
    until("the details are there", lambda: kept.get(passenger.desk.node, deal).peer_contact, 15)
