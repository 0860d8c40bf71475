"""Hubs that lie, lose, refuse or keep silent: with one honest hub beside them everything still arrives."""

from __future__ import annotations

import os
import time

import pytest

from lazpool.actions import deals, proposals
from lazpool.records import covers, mail, sync
from lazpool.rules.negotiation import State
from lazpool.store import deals as kept
from lazpool.store import own
from tests.process.people import People, Person, until
from tests.process.rides import AREA, Ride, check_books, match, offer, propose, request, start_town, wait_state
from tests.process.strangers import Answer, Stranger, hub_like, is_full, never, nonsense, stranger, took_it

pytestmark = pytest.mark.process


def prefer(person: Person, bad: Stranger) -> None:
    """Let somebody join a hub that stands before all others in the letterboxes of new posts and cards."""
    person.join_as(bad.address, bad.node_pk)
    with person.desk.node.transaction():
        own.set_hub_role(person.desk.node, bad.node_pk, "hub")
    until("the hub is met", lambda: any(protocol == sync.PROTOCOL for protocol, _ in bad.asked))


def foreign(frame: bytes) -> bytes:
    """Say that all is well, keep nothing, and have letters for everybody that nobody ever wrote, without end."""
    if isinstance(mail.read_frame(frame), mail.Fetch):
        return mail.pack_answer(mail.OK, tuple(os.urandom(512) for _ in range(mail.BATCH)))
    return took_it(frame)


@pytest.mark.parametrize("letters", [took_it, is_full, nonsense, never, foreign])
def test_a_bad_hub_loses_no_letter(people: People, letters: Answer) -> None:
    """The first letterbox of both people says it took the letters and drops them, or refuses, babbles, or is silent.

    The deal comes to its end, and what the two write beside it arrives, once.
    """
    _, driver, passenger = start_town(people, "driver", "passenger")
    with stranger(hub_like(letters)) as bad:
        for person in (driver, passenger):
            prefer(person, bad)
        theirs, mine = offer(driver), request(passenger)
        ride = Ride(driver, passenger, propose(passenger, mine, theirs))
        wait_state(driver, ride.deal, State.RECEIVED)
        deals.accept(driver.desk, ride.deal)
        wait_state(passenger, ride.deal, State.AGREED, 60)
        for person in (driver, passenger):
            deals.add_note(person.desk, ride.deal, f"a note of {person.name}")
        ride.finish(90)
        until("the notes are there", lambda: notes(driver, ride.deal) and notes(passenger, ride.deal))
        assert notes(passenger, ride.deal) == ["a note of driver"]
        assert notes(driver, ride.deal) == ["a note of passenger"]
        assert bad.letters() > 0
    check_books(driver, passenger)
    for person in (driver, passenger):
        assert len(person.log_lines()) < 40


def notes(person: Person, deal: bytes) -> list[str]:
    """Return what somebody has been written."""
    return [note["text"] for note in kept.notes(person.desk.node, deal) if not note["mine"]]


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


def narrowing(frame: bytes) -> bytes:
    """Say of every range that it differs, in narrower ones, and list elements that never come."""
    asked = sync.read_frame(frame)
    if not isinstance(asked, sync.Compare):
        return sync.pack_posts(())
    said, lower = list[covers.Part](), covers.start_of(asked.since)
    for upper, says in asked.cover[:300]:
        if says == covers.LIST:
            said.append(covers.Part(upper, tuple(number.to_bytes(8, "big") for number in range(20))))
        elif says == covers.SKIP:
            said.append(covers.Part(upper, covers.SKIP))
        else:
            said += [covers.Part(lower + b"\x00", b"differs!"), covers.Part(upper, b"differs!")]
        lower = upper
    return sync.pack_cover(tuple(said))


def backwards(frame: bytes) -> bytes:
    """Answer with bounds that fall."""
    if isinstance(sync.read_frame(frame), sync.Compare):
        return sync.pack_cover((covers.Part(covers.END, b"differs!"), covers.Part(b"\xf0", b"differs!")))
    return sync.pack_posts(())


def promising(frame: bytes) -> bytes:
    """List whatever is asked as there, and bring posts that are none."""
    asked = sync.read_frame(frame)
    if isinstance(asked, sync.Compare):
        return sync.pack_cover((covers.Part(covers.END, tuple(number.to_bytes(8, "big") for number in range(4096))),))
    return sync.pack_posts((sync.Post(b"no envelope", (AREA,)),))


@pytest.mark.parametrize("posts", [narrowing, backwards, promising, nonsense, never])
def test_a_bad_board_hides_no_post(people: People, posts: Answer) -> None:
    """Answers never end, run backwards, promise too much, are nonsense or never come; others' posts are found."""
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
