"""Every known fault, and malformed frames of our own protocols, thrown at a node and a hub of a living town."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
import trio

from lazpool.errors import UnreachableError
from lazpool.records import covers, mail, sync
from lazpool.rules.areas import topic
from lazpool.store import board, own
from lazpool.wire.codec import encode
from lazpool.wire.signing import public_key
from tests.process.rides import AREA, match, offer, request, start_town
from tests.process.strangers import NET, Stranger, stranger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.process.people import People, Person

pytestmark = pytest.mark.process

GROUP = 6
LINES_PER_FAULT = 10
"""Kinds of fault that one attack may cause, each said once a minute; an unguarded host logs up to 15,900 lines."""


@pytest.fixture(scope="module")
def nodes(town: People) -> dict[str, Person]:
    """Run a hub, a driver with an offer, and a passenger."""
    start_town(town, "driver", "passenger")
    offer(town["driver"])
    return town.all


@pytest.fixture(scope="module")
def peer() -> Iterator[Stranger]:
    """Run a peer that sends what a test says."""
    with stranger() as running:
        yield running


def still_matches(nodes: dict[str, Person]) -> None:
    """All processes live, and a new request is published, heard and matched on both sides."""
    mine = request(nodes["passenger"])
    match(nodes["passenger"], mine)
    for person in nodes.values():
        assert person.alive()
    assert match(nodes["driver"], own.posts(nodes["driver"].desk.node)[0].id, mine)


def test_every_fault_at_a_node_and_at_a_hub(nodes: dict[str, Person]) -> None:
    """Thrown in small groups at the driver's node and at the hub: they live, keep matching and say little."""
    from faults import KILLS, PEER, RAW, throw  # noqa: PLC0415 # the path to it is set when this folder's tests begin

    others = [name for name in (*RAW, *PEER) if name not in KILLS]
    groups = [(name,) for name in KILLS]
    groups += [tuple(others[start : start + GROUP]) for start in range(0, len(others), GROUP)]
    where = topic(NET, AREA)

    async def throw_all(names: tuple[str, ...]) -> None:
        async with trio.open_nursery() as nursery:
            for name, target in itertools.product(names, ("hub", "driver")):
                nursery.start_soon(throw, name, nodes[target].address, where)

    for names in groups:
        before = {name: len(nodes[name].log_lines()) for name in ("hub", "driver")}
        trio.run(throw_all, names)
        still_matches(nodes)
        for name, lines in before.items():
            said = nodes[name].log_lines()[lines:]
            assert len(said) <= LINES_PER_FAULT * len(names), (names, said)


SEED = b"\x07" * 32
TAG = public_key(SEED)
LETTER = bytes(512)
HUGE_UINT = 2**64 - 1
MALFORMED = {
    "nothing": b"",
    "garbage": b"\xff" * 300,
    "a map": b"\x81\x01\x02",
    "an unknown kind": encode((99,)),
    "a kind that is no number": encode((b"\x02", TAG, LETTER)),
    "too few fields": encode((2, TAG)),
    "too many fields": encode((2, TAG, LETTER, 0)),
    "a short tag": encode((3, TAG[:31])),
    "a letter of no size": encode((2, TAG, bytes(513))),
    "a time beyond all": encode((1, TAG, HUGE_UINT, bytes(64))),
    "seventeen acknowledged": encode((4, TAG, (bytes(32),) * 17)),
    "not canonical": b"\x92\xcc\x03\xc4\x20" + TAG,
    "deeply nested": b"\x91" * 5000,
    "a hello of another shape": encode((1, NET, 0)),
    "a hello with three hundred areas": encode((1, NET, 0, (AREA,) * 300)),
    "areas that are none": encode((1, NET, 0, (1, 2, 3))),
    "a question without an area": encode((2, b"", 30, bytes(8), (covers.END, bytes(8)))),
    "a question about nothing": encode((3, b"", 30, bytes(8), ())),
    "too many posts": encode((4, ((b"x", b"abc"),) * 129)),
    "sixty kilobytes": bytes(60_000),
}


@pytest.mark.parametrize("target", ["hub", "driver"])
def test_malformed_frames_get_no_answer(nodes: dict[str, Person], peer: Stranger, target: str) -> None:
    """Each is thrown at both protocols five times; there is no answer, the log says little, and the town goes on."""
    node_pk = peer.connect(nodes[target].address)
    before = len(nodes[target].log_lines())
    for protocol, frame in itertools.product((mail.PROTOCOL, sync.PROTOCOL), MALFORMED.values()):
        for _ in range(5):
            with pytest.raises(UnreachableError):
                peer.ask(node_pk, protocol, frame)
    assert len(nodes[target].log_lines()) - before <= 10
    still_matches(nodes)


def test_well_made_frames_give_a_stranger_nothing(nodes: dict[str, Person], peer: Stranger) -> None:
    """Letters to unknown tags, and opening, fetching and acknowledging what is somebody else's, are refused."""
    hub, passenger = nodes["hub"], nodes["passenger"]
    theirs = own.boxes(passenger.desk.node)[0].tag
    node_pk = peer.connect(hub.address)
    assert peer.mail(node_pk, mail.Put(TAG, LETTER)) == mail.UNKNOWN_TAG
    assert peer.mail(node_pk, mail.Fetch(TAG)) == mail.NOT_YOURS
    assert peer.mail(node_pk, mail.Fetch(theirs)) == mail.NOT_YOURS
    assert peer.mail(node_pk, mail.Acknowledge(theirs, (bytes(32),))) == mail.NOT_YOURS
    at_another_hub = mail.sign_open(SEED, 30_000_000, letterbox=bytes(32), owner=peer.node_pk, net=NET)
    for_somebody_else = mail.sign_open(SEED, 30_000_000, letterbox=node_pk, owner=bytes(32), net=NET)
    in_another_network = mail.sign_open(SEED, 30_000_000, letterbox=node_pk, owner=peer.node_pk, net=bytes(8))
    not_theirs = mail.Open(theirs, 30_000_000, at_another_hub.signature)
    for frame in (at_another_hub, for_somebody_else, in_another_network, not_theirs):
        with pytest.raises(UnreachableError):
            peer.mail(node_pk, frame)
    assert hub.desk.board.one("SELECT 1 FROM tags WHERE tag=?", (TAG,)) is None


def test_a_node_holds_no_letters_for_others(nodes: dict[str, Person], peer: Stranger) -> None:
    """It is no hub, and says so."""
    node_pk = peer.connect(nodes["driver"].address)
    assert peer.mail(node_pk, mail.Put(TAG, LETTER)) == mail.NOT_SERVED
    assert peer.mail(node_pk, mail.Fetch(TAG)) == mail.NOT_SERVED


def test_a_thousand_letters_that_cannot_be_read(nodes: dict[str, Person], peer: Stranger) -> None:
    """Everybody knows the tag of a post; what strangers put there is dropped, said once, and costs nobody a match."""
    driver = nodes["driver"]
    tag = own.boxes(driver.desk.node)[0].tag
    before = len(driver.log_lines())
    node_pk = peer.connect(driver.address)
    frames = [mail.pack_frame(mail.Put(tag, number.to_bytes(2, "big") * 256)) for number in range(1000)]
    assert peer.ask_many(node_pk, mail.PROTOCOL, frames) == 1000
    said = [line for line in driver.log_lines()[before:] if "letter" in line or "fault" in line]  # it may still begin
    assert len(said) <= 3, said
    still_matches(nodes)


def test_a_hub_holds_only_so_many_for_one_tag(nodes: dict[str, Person], peer: Stranger) -> None:
    """A stranger fills the letterbox of one post up to its quota; other people's letters still come through."""
    hub = nodes["hub"]
    node_pk = peer.connect(hub.address)
    opening = mail.sign_open(SEED, 40_000_000, letterbox=node_pk, owner=peer.node_pk, net=NET)
    assert peer.mail(node_pk, opening) == mail.OK
    statuses = [peer.mail(node_pk, mail.Put(TAG, number.to_bytes(2, "big") * 256)) for number in range(100)]
    assert statuses.count(mail.OK) == statuses.index(mail.FULL) == 64
    still_matches(nodes)


def test_visitors_fill_no_log(nodes: dict[str, Person]) -> None:
    """Strangers who come and go all the time are mentioned once a minute, and so is each fault that they leave."""
    before = len(nodes["hub"].log_lines())
    with stranger() as visitor:
        for _ in range(20):
            visitor.close(visitor.connect(nodes["hub"].address))
    said = nodes["hub"].log_lines()[before:]
    assert len(said) <= 8, said  # they come and they go; each broke off somewhere; or a minute began meanwhile


def test_a_hello_with_many_areas_leaves_room_for_others(people: People) -> None:
    """A hub without a list of areas follows its members'; one who names as many as fit does not keep others out."""
    hub, driver, passenger = start_town(people, "driver", "passenger", areas=())
    with stranger() as greedy:
        node_pk = greedy.connect(hub.address)
        for start in (0, 256):
            greedy.ask(node_pk, sync.PROTOCOL, sync.pack_frame(sync.Hello(NET, sync.NODE, many_areas(start))))
        theirs, mine = offer(driver), request(passenger)
        assert match(passenger, mine, theirs)
        assert board.get(hub.desk.board, theirs) is not None


def many_areas(start: int) -> tuple[int, ...]:
    """Return as many areas as a hello holds, far away."""
    import h3.api.basic_int as h3  # noqa: PLC0415 # only here

    disk = sorted(h3.grid_disk(h3.latlng_to_cell(-20, 130, 4), 14))
    return tuple(disk[start : start + sync.MAX_AREAS])
