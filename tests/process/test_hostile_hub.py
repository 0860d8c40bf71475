"""Hubs that lie, lose, refuse or keep silent: with one honest hub beside them everything still arrives."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from lazpool.actions import proposals
from lazpool.records import sync
from lazpool.rules.negotiation import State
from lazpool.store import own
from tests.process.people import People, Person, until
from tests.process.rides import Ride, check_books, match, offer, propose, request, start_town, wait_state
from tests.process.strangers import Answer, Stranger, hub_like, is_full, never, nonsense, stranger, took_it

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.process


def prefer(person: Person, bad: Stranger) -> None:
    """Let somebody join a hub that stands before all others in the letterboxes of new posts and cards."""
    person.join_as(bad.address, bad.node_pk)
    with person.desk.node.transaction():
        own.set_hub_role(person.desk.node, bad.node_pk, "hub")
    until("the hub is met", lambda: any(protocol == sync.PROTOCOL for protocol, _ in bad.asked))


@pytest.mark.parametrize("letters", [took_it, is_full, nonsense, never])
def test_a_bad_hub_loses_no_deal(people: People, letters: Answer) -> None:
    """The first letterbox of both people says it took the letters and drops them, or refuses, babbles, or is silent."""
    _, driver, passenger = start_town(people, "driver", "passenger")
    with stranger(hub_like(letters)) as bad:
        for person in (driver, passenger):
            prefer(person, bad)
        theirs, mine = offer(driver), request(passenger)
        Ride(driver, passenger, propose(passenger, mine, theirs)).finish(90)
        assert bad.letters() > 0
    check_books(driver, passenger)
    for person in (driver, passenger):
        assert len(person.log_lines()) < 40


def test_a_silent_hub_delays_no_other_letter(people: People) -> None:
    """While a letter waits ten seconds for a hub that says nothing, one by another hub arrives within a second."""
    _, driver, passenger = start_town(people, "driver", "passenger")
    (other,) = people.add("other")
    with stranger(hub_like(never)) as bad:
        other.join_as(bad.address, bad.node_pk)
        other.up()
        slow = offer(other)
        quick, mine = offer(driver), request(passenger)
        passenger.join_as(bad.address, bad.node_pk)
        passenger.join(other)  # so that the slow offer is heard
        found = match(passenger, mine, slow), match(passenger, mine, quick)
        proposals.propose(passenger.desk, found[0])
        until("the silent hub is asked", lambda: bad.letters() > 0)
        start = time.monotonic()
        wait_state(driver, proposals.propose(passenger.desk, found[1]).id, State.RECEIVED)
        assert time.monotonic() - start < 2


def rising() -> Callable[[bytes], bytes]:
    """Return answers that list ids without end, each list higher than the last, and hold none of the posts."""
    number = 0

    def answer(frame: bytes) -> bytes:
        nonlocal number
        if isinstance(sync.read_frame(frame), sync.ListIds):
            number += sync.IDS
            return sync.pack_list(tuple(one.to_bytes(32, "big") for one in range(number - sync.IDS + 1, number + 1)))
        return sync.pack_list(())

    return answer


def backwards(frame: bytes) -> bytes:
    """List ids in the wrong order."""
    if isinstance(sync.read_frame(frame), sync.ListIds):
        return sync.pack_list((b"\x02" * 32, b"\x01" * 32))
    return sync.pack_list((b"no envelope",))


@pytest.mark.parametrize("posts", [rising(), backwards, nonsense, never])
def test_a_bad_board_hides_no_post(people: People, posts: Answer) -> None:
    """A neighbour whose lists never end, run backwards, are nonsense or never come; others' posts are found."""
    _, driver, passenger = start_town(people, "driver", "passenger")
    with stranger(hub_like(took_it, posts)) as bad:
        for person in (driver, passenger):
            prefer(person, bad)
        theirs, mine = offer(driver), request(passenger)
        assert match(passenger, mine, theirs).theirs == theirs
        until("the bad board was asked", lambda: any(protocol == sync.PROTOCOL for protocol, _ in bad.asked[2:]))
    for person in (driver, passenger):
        assert person.alive()
        assert len(person.log_lines()) < 40
