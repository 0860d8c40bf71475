"""Hubs that know each other, and nodes that keep several of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lazpool.store import board, hubs, letterbox, own
from tests.process.people import until
from tests.process.rides import offer

if TYPE_CHECKING:
    from tests.process.people import People, Person

pytestmark = pytest.mark.process
GRENOBLE = "45.1885,5.7245"


def describe(hub: Person, name: str, operator: str, more: str = "") -> None:
    """Let a hub say who it is."""
    with (hub.home / "config.toml").open("a") as file:
        file.write(f'[hub]\nname = "{name}"\noperator = "{operator}"\nrules = "Be on time."\n{more}')


def knows(person: Person, *others: Person) -> bool:
    """Tell whether somebody knows hubs by what they say of themselves."""
    return all(hubs.get(person.desk.board, other.desk.node_pk) for other in others)


def joined(person: Person) -> set[bytes]:
    """Return the nodes that somebody keeps a connection with."""
    return {row["node_pk"] for row in own.hubs(person.desk.node)}


def test_a_node_finds_other_hubs_by_its_first_and_goes_on_when_that_dies(people: People) -> None:
    """Ann joins one hub by its address, and learns its rules; of two others her node keeps the one of other people.

    Within a minute of her first hub's death the other is with her, too, and her posts go there. What she blocks or
    leaves is parted with, and not taken again, though nobody else is there.
    """
    north, south, twin, ann = people.add("north", "south", "twin", "ann")
    for hub, operator in ((north, "Crolles"), (south, "Bernin"), (twin, "crolles ")):
        describe(hub, f"Hub {hub.name}", operator)
    north.hub(GRENOBLE)
    for hub in (south, twin):
        hub.join(north)
        hub.hub(GRENOBLE, wait=False)
    keep(ann, 2)
    until("north knows all hubs", lambda: north.alive() and knows(north, south, twin))
    ann.join(north)
    offer(ann)
    ann.up()
    until("ann keeps two hubs", lambda: ann.alive() and joined(ann) == keys(north, south) and ann.peers == 2)
    told = {one["name"]: (one["rules"], one["found"]) for one in ann.call("status")["hubs"]}
    assert told == {"Hub north": ("Be on time.", False), "Hub south": ("Be on time.", True)}
    north.kill()
    until("ann keeps two that live", lambda: ann.alive() and joined(ann) == keys(north, south, twin), 60)
    until("ann is with both", lambda: ann.peers == 2)
    post = own.post(ann.desk.node, offer(ann, ahead=90))
    assert post is not None
    until("the post is at both", lambda: all(post.id in board.post_ids(hub.desk.board) for hub in (south, twin)))
    ann.call("leave", "Hub twin")
    ann.call("hub", "block", south.call("id")["node"])
    until("ann parted with both", lambda: ann.alive() and joined(ann) == keys(north) and ann.peers == 0)


def test_an_invitation_brings_a_newcomer_to_a_running_hub(people: People) -> None:
    """One line and one command; the next start is enough to be there, and a letterbox is open for the first post."""
    hub, ann = people.add("hub", "ann")
    describe(hub, "Valley hub", "Crolles")
    hub.hub(GRENOBLE)
    until("the hub says where it is", lambda: hub.alive() and knows(hub, hub))
    said = ann.call("join", hub.call("hub", "invite")["invite"], "--yes")
    assert (said["name"], said["operator"], said["rules"]) == ("Valley hub", "Crolles", "Be on time.")
    offer(ann)
    ann.up()
    until("ann is there", lambda: ann.alive() and ann.peers == hub.peers == 1)
    until("her letterbox is open", lambda: letterbox.tags_of(hub.desk.board, ann.desk.node_pk))
    assert [row["found"] for row in own.hubs(ann.desk.node)] == [0]


def keys(*hubs: Person) -> set[bytes]:
    """Return the keys of some nodes."""
    return {hub.desk.node_pk for hub in hubs}


def keep(person: Person, hubs: int) -> None:
    """Let a node keep so many hubs."""
    file = person.home / "config.toml"
    file.write_text(file.read_text().replace("hubs = 3\n", f"hubs = {hubs}\n"))
