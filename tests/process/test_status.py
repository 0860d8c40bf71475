"""Starting and stopping: what `status` says is never stale, and a signal ends a node in time whatever it is doing."""

from __future__ import annotations

import random
import signal
import socket
import statistics
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lazpool.actions import deals
from lazpool.net.address import node_name
from lazpool.node.presence import hold, look
from lazpool.records import mail
from lazpool.store import deals as kept
from tests.process.people import People, Person, until
from tests.process.rides import Ride, match, offer, propose, request, start_town
from tests.process.strangers import stranger

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.process

STOP_S = 5.0
SIGNALS = (signal.SIGTERM, signal.SIGINT)


def test_a_killed_node_does_not_seem_to_run(people: People) -> None:
    """`running` is true with an address while the node runs, and false at once after SIGKILL; it can start again."""
    (person,) = people.add("somebody")
    assert person.call("status")["running"] is False
    person.up()
    status = person.call("status")
    assert (status["running"], len(status["addresses"])) == (True, 1)
    person.kill()
    status = person.call("status")
    assert (status["running"], status["addresses"], status["peers"]) == (False, [], 0)
    person.again()
    assert person.call("status")["running"] is True


def test_a_second_node_of_the_same_home_is_refused(people: People) -> None:
    """It ends with status 5 and a reason, and the first one goes on."""
    (person,) = people.add("somebody")
    person.up()
    refused = person.call("up", "--listen", "/ip4/127.0.0.1/tcp/0", status=5)
    assert refused["error"]["code"] == "running"
    assert person.alive()


def test_looking_does_not_keep_a_node_from_starting(tmp_path: Path) -> None:
    """Whoever asks for the status over and over never makes a start fail."""
    lock, stop = tmp_path / "node.lock", threading.Event()

    def look_on() -> None:
        while not stop.is_set():
            look(lock)

    watchers = [threading.Thread(target=look_on) for _ in range(3)]
    for watcher in watchers:
        watcher.start()
    try:
        for _ in range(100):
            with hold(lock):
                assert look(lock) is not None
    finally:
        stop.set()
        for watcher in watchers:
            watcher.join()


def stops(person: Person, number: signal.Signals) -> None:
    """Stop a node by a signal: in time, with status 0 and no traceback."""
    status, seconds = person.stop(number)
    assert (status, seconds < STOP_S) == (0, True), (status, seconds)
    assert "Traceback" not in person.log.read_text()
    assert person.call("status")["running"] is False


@contextmanager
def black_hole() -> Iterator[int]:
    """Listen on a port, take every call and say nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("number", SIGNALS)
def test_it_stops_while_hubs_are_unreachable_and_dials_hang(people: People, number: signal.Signals) -> None:
    """One joined hub refuses calls, one takes them and is silent, and letters and posts wait to leave."""
    (person,) = people.add("somebody")
    with black_hole() as port:
        for where, key in ((port, b"\x01" * 32), (1, b"\x02" * 32)):
            person.join_as(f"/ip4/127.0.0.1/tcp/{where}/p2p/{node_name(key)}", key)
        offer(person)
        person.up()
        time.sleep(1)
        stops(person, number)


@pytest.mark.parametrize("number", SIGNALS)
def test_it_stops_while_its_hub_sleeps(people: People, number: signal.Signals) -> None:
    """The hub stands still with questions of ours unanswered."""
    hub, person = start_town(people, "somebody")
    hub.send(signal.SIGSTOP)
    for _ in range(20):
        offer(person)
    time.sleep(1)
    stops(person, number)
    hub.send(signal.SIGCONT)


def test_it_stops_under_a_flood(people: People) -> None:
    """A neighbour asks as fast as it can; both the hub and the node end in time."""
    hub, person = start_town(people, "somebody")
    with stranger() as flooder, stranger() as other:
        for peer, target in ((flooder, hub), (other, person)):
            node_pk = peer.connect(target.address)
            threading.Thread(target=flood, args=(peer, node_pk), daemon=True).start()
        time.sleep(1)
        stops(person, signal.SIGTERM)
        stops(hub, signal.SIGINT)


def flood(peer: object, node_pk: bytes) -> None:
    """Ask until nobody answers."""
    frames = [mail.pack_frame(mail.Fetch(random.randbytes(32))) for _ in range(500)]
    try:
        while True:
            peer.ask_many(node_pk, mail.PROTOCOL, frames)  # type: ignore[attr-defined]
    except BaseException:  # noqa: BLE001 # the target stopped, which is what the test is about
        return


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="tells from /proc when a process minds signals")
@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("pause", [0.0, 0.5])
def test_it_stops_while_it_starts(people: People, pause: float, number: signal.Signals) -> None:
    """A signal in the second that the import of libp2p takes ends it, too, with status 0 and no traceback."""
    (person,) = people.add("somebody")
    person.up(wait=False)
    until("signals are minded", lambda: minds(person))
    time.sleep(pause)
    stops(person, number)


def minds(person: Person) -> bool:
    """Tell whether the process has a handler for SIGTERM."""
    assert person.process is not None
    status = Path(f"/proc/{person.process.pid}/status").read_text()
    caught = next(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(caught >> (signal.SIGTERM - 1) & 1)


def test_commits_are_noticed_at_once(people: People) -> None:
    """A note written by another process is with the partner, by way of the hub, within half a second."""
    _, driver, passenger = start_town(people, "driver", "passenger")
    theirs, mine = offer(driver), request(passenger)
    match(passenger, mine, theirs)
    deal = propose(passenger, mine, theirs)
    Ride(driver, passenger, deal).finish()
    took = [note_takes(driver, passenger, deal, number) for number in range(10)]
    assert statistics.median(took) < 0.5, took


def note_takes(writer: Person, reader: Person, deal: bytes, number: int) -> float:
    """Return the seconds from the commit of a note to its arrival in the reader's database."""
    before = len(kept.notes(reader.desk.node, deal))
    deals.add_note(writer.desk, deal, f"note {number}")
    start = time.monotonic()
    until("the note is there", lambda: len(kept.notes(reader.desk.node, deal)) > before)
    return time.monotonic() - start


def test_afterwards_there_is_silence(people: People) -> None:
    """When a ride is over nothing is due any more, and seconds later no row was tried again and no letter is held."""
    hub, driver, passenger = start_town(people, "driver", "passenger")
    theirs, mine = offer(driver), request(passenger)
    Ride(driver, passenger, propose(passenger, mine, theirs)).finish()
    for person in (driver, passenger):
        until(f"{person.name} has nothing due", lambda person=person: next_due(person) is None)
    before = [attempts(person) for person in (driver, passenger)]
    time.sleep(6)
    assert [attempts(person) for person in (driver, passenger)] == before
    assert [next_due(person) for person in (driver, passenger)] == [None, None]
    assert hub.desk.board.number("SELECT count(*) FROM held") == 0
    for person in (hub, driver, passenger):
        assert len(person.log_lines()) < 15, person.log_lines()


def next_due(person: Person) -> int | None:
    """Return when somebody's outbox has something to send."""
    return person.desk.node.one("SELECT min(next_at) FROM outbox WHERE next_at < 1 << 60")[0]


def attempts(person: Person) -> int:
    """Count how often somebody's node sent anything."""
    return person.desk.node.number("SELECT sum(attempts) FROM outbox")
