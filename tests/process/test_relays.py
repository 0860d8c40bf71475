"""People whose nodes nobody can dial: found by way of hubs, whichever of them lives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lazpool.net.address import parse_address
from lazpool.store import own
from tests.process.namespaces import Host, running, star
from tests.process.people import until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.process.people import People, Person

pytestmark = pytest.mark.process


def by_way_of(person: Person, hub: Person) -> str | None:
    """Return the address of somebody by way of a hub, None while there is none."""
    there = person.presence
    found = [parse_address(text) for text in (there.addresses if there else ())]
    return next((one.text for one in found if one.relay and one.relay.node_pk == hub.desk.node_pk), None)


def told_by(speaker: Person, listener: Person) -> list[str]:
    """Return where somebody has told another that they are."""
    return own.addresses_of(listener.desk.node, speaker.desk.node_pk)


def test_two_who_cannot_be_dialled_stay_neighbours_while_one_hub_lives(people: People) -> None:
    """Ann and Bob listen nowhere; Bob finds Ann by way of one hub, and of the other when that one is dead.

    A hub that comes back gives Ann a place again.
    """
    north, south = people.add("north", "south")
    ann, bob = people.add("ann", "bob")
    north.hub()
    south.hub()
    for one in (ann, bob):
        one.join(north)
        one.join(south)
        one.up_unreachable()
    first = until("ann has a place at north", lambda: by_way_of(ann, north))
    until("ann has a place at south", lambda: by_way_of(ann, south))
    bob.call("join", first)
    bob.wait_peers(3)
    ann.wait_peers(3)
    until("ann has told bob of south", lambda: by_way_of(ann, south) in told_by(ann, bob))
    north.kill()
    until("ann has lost her place", lambda: by_way_of(ann, north) is None)
    until("bob is with ann by way of south", lambda: bob.alive() and bob.peers == 2 and ann.peers == 2)
    north.again()
    until("ann has her place at north again", lambda: by_way_of(ann, north))


def test_a_circuit_becomes_a_direct_connection_where_one_can_be_dialled(people: People) -> None:
    """Cid, who listens, dials Ann by way of the hub; she then dials him, and the hub carries nothing any more."""
    hub, ann, cid = people.add("hub", "ann", "cid")
    hub.hub()
    for one in (ann, cid):
        one.join(hub)
    ann.up_unreachable()
    cid.up()
    cid.call("join", until("ann has a place", lambda: by_way_of(ann, hub)))
    until("they are connected directly", lambda: any("connected directly" in line for line in ann.log_lines()))
    hub.stop()
    until("they are alone", lambda: ann.alive() and ann.peers == 1 and cid.peers == 1)


def test_two_behind_different_routers_are_neighbours_by_way_of_the_hub(tmp_path: Path, people: People) -> None:
    """Ann and Bob live in networks without a way between them; each reaches the hub, and through it the other."""
    with star(2) as (middle, left, right):
        hub, ann, bob = Host(tmp_path / "hub", middle), Host(tmp_path / "ann", left), Host(tmp_path / "bob", right)
        for host in (hub, ann, bob):
            people.take(host)
        hub.hub("45.1885,5.7245")
        running(hub, "10.77.1.")
        for number, host in enumerate((ann, bob), 1):
            host.join_as(hub.address_in(f"10.77.{number}.1/"), hub.desk.node_pk)
            host.up()
        where = until("ann has a place", lambda: by_way_of(ann, hub))
        bob.call("join", where.replace("10.77.1.1", "10.77.2.1"))  # the hub has another address for each
        bob.wait_peers(2)
        ann.wait_peers(2)
        assert not any("connected directly" in line for line in (*ann.log_lines(), *bob.log_lines()))
        for host in (ann, bob):
            host.kill()
