"""Neighbours remembered across restarts: who has lost every hub comes back through somebody met before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lazpool.store import own, peers
from tests.process.people import until

if TYPE_CHECKING:
    from tests.process.people import People, Person

pytestmark = pytest.mark.process


def remembers(person: Person, other: Person) -> bool:
    """Tell whether somebody remembers another, at the address on which that one listens."""
    return (other.desk.node_pk, other.address) in [(one.node_pk, one.address) for one in peers.every(person.desk.node)]


def leave(person: Person, other: Person) -> None:
    """Have somebody leave another for good."""
    db = person.desk.node
    with db.transaction():
        own.drop_hub(db, other.desk.node_pk)
        own.set_left(db, other.desk.node_pk, person.desk.minute)


def test_an_only_hub_dies_while_a_node_is_off(people: People) -> None:
    """Ann never joined Bob, he came to her. With her only hub gone for good she finds him, who waits for nobody."""
    hub, ann, bob = people.add("hub", "ann", "bob")
    hub.hub("45.1885,5.7245")
    ann.up()
    until("the hub listens", lambda: hub.alive() and hub.address)
    ann.join(hub)
    bob.join(ann)
    bob.up()
    until("ann remembers bob and her hub", lambda: remembers(ann, bob) and remembers(ann, hub))
    ann.stop()
    hub.kill()
    leave(bob, ann)
    until("bob is alone", lambda: bob.alive() and bob.peers == 0)
    ann.again()
    ann.wait_peers()
    bob.wait_peers()
    assert any("found again" in line for line in ann.log_lines())
    assert not any("found again" in line for line in bob.log_lines())
