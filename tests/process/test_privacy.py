"""What a hub gets to know: every byte that reaches it and that it stores during a whole ride, searched."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from libp2p.pubsub.pb import rpc_pb2

from lazpool.actions import deals, groups, rides
from lazpool.records import mail
from lazpool.records.places import Point
from lazpool.records.posts import Offer, Request, Withdrawal, read_post
from lazpool.rules.negotiation import State
from lazpool.store import deals as kept
from lazpool.store import letterbox, own
from lazpool.wire.seal import SIZES
from lazpool.wire.signing import public_key
from tests.process import recording
from tests.process.needles import found, named, of_key, of_pair, of_place, of_secret, of_text
from tests.process.people import People, Person, until
from tests.process.rides import AREAS, Ride, check_books, match, offer, propose, request, wait_state

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process

HOME, WORK = Point(45.188529, 5.724524), Point(45.760537, 4.859012)
DOOR, DESK = Point(45.366123, 5.588734), Point(45.761234, 4.857891)
GROUP = "Village of Sassenage"
NOTES = ("I carry a cello, sorry", "Blue Zoe, parked at the bakery", "Running two minutes late")
SHORTEST, SHORT = 4, 5
"""Needles of fewer bytes prove nothing; those of fewer than SHORT turn up in random bytes once in a while, so they are
searched where these are few: in gossip, and in requests with the sealed letters taken out."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the hub saw. hay: all of it, by where it lay. plain: the part of it that is not random."""

    secrets: dict[str, bytes]
    authors: dict[str, bytes]
    messages: list[bytes]
    letters: list[bytes]
    hay: dict[str, bytes]
    plain: dict[str, bytes]
    still_held: int


class RecordingHub(Person):
    """A hub that writes down all that reaches it."""

    def program(self) -> tuple[str, ...]:
        """Return the recording program."""
        return (sys.executable, "-m", "tests.process.recording", str(self.folder))

    @property
    def folder(self) -> Path:
        """Where the recording is."""
        return self.home.with_suffix(".recording")


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """Share a ride through a recording hub with everything that can be said in it, and collect what the hub has."""
    with People(tmp_path_factory.mktemp("privacy")) as people:
        hub = people.take(RecordingHub(people.root / "hub"))
        hub.hub(*AREAS)
        driver, passenger = (
            people.take(Person(people.root / name, contact))
            for name, contact in (("zébulon", "+33 6 12 34 56 78"), ("ophélie", "ophelie@example.org"))
        )
        for person in (driver, passenger):
            person.join(hub)
            person.up(wait=False)
        for person in (driver, passenger):
            until("they know it as a hub", lambda one=person: own.hubs(one.desk.node)[0]["role"] == "hub")
        deal = share_talkatively(driver, passenger)
        until("the hub holds no letter", lambda: letterbox.bytes_held(hub.desk.board) == 0)
        held = letterbox.bytes_held(hub.desk.board)
        secrets, authors = secrets_of(driver, passenger, deal), {}
        for person in (driver, passenger):
            authors |= named(f"node key of {person.name}", of_key(person.desk.node_pk))
            assert person.stop()[0] == 0
        hub.close_desk()
        assert hub.stop()[0] == 0
        return collect(hub, secrets, authors, held)


def share_talkatively(driver: Person, passenger: Person) -> bytes:
    """Share a ride of a group in which everything is said that can be: notes, details, a wrong code, the right one."""
    groups.join(passenger.desk, groups.code_of(driver.desk, groups.create(driver.desk, GROUP)))
    theirs, mine = offer(driver, HOME, WORK, group=GROUP), request(passenger, DOOR, DESK, group=GROUP)
    match(passenger, mine, theirs)
    deal = propose(passenger, mine, theirs, NOTES[0])
    wait_state(driver, deal, State.RECEIVED)
    deals.accept(driver.desk, deal)
    wait_state(passenger, deal, State.AGREED)
    deals.add_note(driver.desk, deal, NOTES[1])
    deals.add_note(passenger.desk, deal, NOTES[2])
    for person in (driver, passenger):
        until(f"{person.name} knows whom to call", lambda person=person: knows_partner(person, deal))
    until("the notes are there", lambda: all(len(kept.notes(one.desk.node, deal)) == 3 for one in (driver, passenger)))
    code = rides.show_code(passenger.desk, deal)
    rides.enter_code(driver.desk, deal, "000000" if code != "000000" else "111111")
    until("the wrong code is refused", lambda: "wrong" in kept.get(driver.desk.node, deal).reason)
    Ride(driver, passenger, deal).finish()
    check_books(driver, passenger)
    return deal


def knows_partner(person: Person, deal: bytes) -> bool:
    """Tell whether the exact details of the partner have arrived."""
    known = kept.get(person.desk.node, deal)
    return bool(known and known.peer_contact and (known.peer_places or known.role == "passenger"))


def secrets_of(driver: Person, passenger: Person, deal: bytes) -> dict[str, bytes]:
    """Return everything that the hub may not have, in every encoding."""
    needles: dict[str, bytes] = {}
    for name, place in {"home": HOME, "work": WORK, "door": DOOR, "desk": DESK}.items():
        needles |= named(name, of_place(place)) | named(name, of_pair(place))
    for person in (driver, passenger):
        keys = person.desk.keys
        for name, seed in {"identity": keys.identity, "next": keys.next_identity, "log": keys.log}.items():
            needles |= named(f"{name} key of {person.name}", of_key(public_key(seed)))
            needles |= named(f"{name} seed of {person.name}", of_key(seed))
        needles |= named(f"name of {person.name}", of_text(person.desk.config.name))
        needles |= named(f"contact of {person.name}", of_text(person.desk.config.contact))
    for note in NOTES:
        needles |= named(note, of_text(note))
    circle = groups.find(driver.desk, GROUP)
    needles |= named("group", of_text(GROUP)) | named("secret of the group", of_secret(circle.secret))
    needles |= named("code of the group", of_text(groups.code_of(driver.desk, circle)[:16]))
    needles |= named("code", of_text(kept.get(passenger.desk.node, deal).code))
    return {name: needle for name, needle in needles.items() if len(needle) >= SHORTEST}


def collect(hub: RecordingHub, secrets: dict[str, bytes], authors: dict[str, bytes], held: int) -> Evidence:
    """Read what the hub recorded and stored."""
    stored = [path for path in hub.home.rglob("*") if path.is_file() and path.parent.name != "keys"]
    recorded = sorted(hub.folder.iterdir())
    hay = {path.name: path.read_bytes() for path in (*stored, *recorded, hub.log)}
    frames = recording.read(hub.folder / "frames-lazpool-mail-1")
    puts = [frame.letter for frame in map(mail.read_frame, frames) if isinstance(frame, mail.Put)]
    plain = {name: data for name, data in hay.items() if name.startswith(("frames", "gossip"))}
    for letter in puts:
        plain = {name: data.replace(letter, b"") for name, data in plain.items()}
    return Evidence(secrets, authors, recording.read(hub.folder / "gossip"), puts, hay, plain, held)


def test_the_recording_is_whole(evidence: Evidence) -> None:
    """It holds both posts as gossip, every kind of letter, streams of both people, and what the hub stored."""
    posts = [read_post(rpc_pb2.Message.FromString(one).data)[0].post for one in evidence.messages]
    assert {Offer, Request} <= {type(post) for post in posts} <= {Offer, Request, Withdrawal}
    assert len(set(evidence.letters)) >= 10
    assert {"board.db", "node.db", "node.lock", "hub.log"} <= set(evidence.hay)
    streams = b"".join(data for name, data in evidence.hay.items() if name.startswith("stream-"))
    for part in (*evidence.messages, *evidence.letters):
        assert part[-200:] in streams
    assert all(needle in streams for name, needle in evidence.authors.items() if name.endswith("raw"))


def test_a_hub_learns_nothing_of_the_two(evidence: Evidence) -> None:
    """No exact place, identity or log key, name, note, number, code or group is in anything that it got or stored."""
    long = {name: needle for name, needle in evidence.secrets.items() if len(needle) >= SHORT}
    assert found(long, evidence.hay) == []
    assert found(evidence.secrets, evidence.plain) == []


def test_gossip_does_not_say_who_posts(evidence: Evidence) -> None:
    """No message carries the node key of either author in any form, and no two are signed by the same key."""
    assert found(evidence.authors, {str(number): one for number, one in enumerate(evidence.messages)}) == []
    signed_by = {rpc_pb2.Message.FromString(one).data: set[bytes]() for one in evidence.messages}
    for one in map(rpc_pb2.Message.FromString, evidence.messages):
        signed_by[one.data].add(one.from_id)
    keys = list(signed_by.values())
    assert len(set().union(*keys)) == sum(map(len, keys))


def test_letters_have_only_the_padded_sizes_and_are_forgotten(evidence: Evidence) -> None:
    """The size of a letter tells as good as nothing, and after the ride the letterbox is empty."""
    assert {len(letter) for letter in evidence.letters} <= set(SIZES)
    assert evidence.still_held == 0


def test_the_search_would_find_it(evidence: Evidence) -> None:
    """Each needle, planted in the middle of what the hub has, is found: the search is not blind."""
    for name, needle in evidence.secrets.items():
        hay = evidence.hay if len(needle) >= SHORT else evidence.plain
        where, data = max(hay.items(), key=lambda item: len(item[1]))
        planted = data[: len(data) // 2] + needle + data[len(data) // 2 :]
        assert f"{name} in {where}" in found({name: needle}, {where: planted})
    assert found(evidence.authors, evidence.hay) != []  # as a neighbour, the hub knows both nodes
