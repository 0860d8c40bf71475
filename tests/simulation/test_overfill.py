"""An offer cannot be overfilled, however many accept at once, and a freed seat is sold again."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from lazpool.actions import deals as decisions
from lazpool.actions import proposals
from lazpool.errors import RefusedError
from lazpool.records.agreements import agreement_from
from lazpool.records.places import Point
from lazpool.rules.negotiation import Role, State
from lazpool.store import own
from tests.simulation.witness import Witness
from tests.town import GRENOBLE, LYON, VOIRON, Town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RIDERS = ("ann", "cid", "dan", "eve", "fay")
ACCEPT = """
import sys
from pathlib import Path
from lazpool.actions.deals import accept
from lazpool.actions.desk import open_desk
from lazpool.errors import RefusedError
home, now, *deals = sys.argv[1:]
with open_desk(Path(home), clock=lambda: float(now)) as desk:
    print("ready", flush=True)
    sys.stdin.readline()
    for deal in deals:
        try:
            accept(desk, bytes.fromhex(deal))
        except RefusedError as refused:
            print(refused.code)
        else:
            print("accepted")
"""


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Town]:
    """Five passengers ask Bob for his two seats, all the way, at the same time."""
    with Town(tmp_path, "bob", *RIDERS) as town:
        town.offer("bob", seats=2)
        for name in RIDERS:
            town.request(name)
            town.propose(name)
        town.carry()
        assert len(town.deals("bob", Role.DRIVER, State.RECEIVED)) == len(RIDERS)
        yield town


def accept_all(town: Town) -> Counter[str]:
    """Let Bob accept whoever asks; return how often that was possible, and why not."""
    results: Counter[str] = Counter()
    for deal in town.deals("bob", Role.DRIVER, State.RECEIVED):
        try:
            decisions.accept(town["bob"], deal.id)
        except RefusedError as refused:
            results[refused.code] += 1
        else:
            results["accepted"] += 1
    return results


def test_two_seats_for_five(asked: Town) -> None:
    """Two are accepted, three are refused for want of a seat, and stay open to be declined."""
    assert accept_all(asked) == {"accepted": 2, "full-seats": 3}
    asked.carry()
    Witness(asked).looks()
    agreed = [name for name in RIDERS if asked.deals(name, Role.PASSENGER, State.AGREED)]
    assert len(agreed) == 2
    assert len(asked.deals("bob", Role.DRIVER, State.RECEIVED)) == 3


def test_freed_seat_is_sold_again(asked: Town) -> None:
    """When one who was accepted cancels, one more can be accepted, and only one."""
    accept_all(asked)
    asked.carry()
    (leaver, *_) = [name for name in RIDERS if asked.deals(name, Role.PASSENGER, State.AGREED)]
    decisions.cancel(asked[leaver], asked.deals(leaver, Role.PASSENGER, State.AGREED)[0].id)
    asked.carry()
    assert accept_all(asked) == {"accepted": 1, "full-seats": 2}
    Witness(asked).looks()


def test_seats_count_by_leg(tmp_path: Path) -> None:
    """Whoever leaves at Voiron makes room for somebody who gets in there; nobody else fits."""
    with Town(tmp_path, "bob", *RIDERS) as town:
        town.offer("bob", seats=1)
        ends = {"ann": (GRENOBLE, VOIRON), "cid": (VOIRON, LYON), "dan": (GRENOBLE, LYON), "eve": (VOIRON, LYON)}
        results: Counter[str] = Counter()
        for name, (start, end) in ends.items():
            town.request(name, start, end)
            town.propose(name)
            town.carry()
            results += accept_all(town)
            town.carry()
        Witness(town).looks()
        taken = {agreement_from(deal.terms).passenger for deal in town.deals("bob", Role.DRIVER, State.AGREED)}
        assert taken == {town["ann"].identity, town["cid"].identity}
        assert results["accepted"] == 2


def test_processes_accept_at_once(asked: Town) -> None:
    """Five processes that accept at the same moment on the same home sell two seats between them."""
    ids = [deal.id.hex() for deal in asked.deals("bob", Role.DRIVER, State.RECEIVED)]
    command = [sys.executable, "-c", ACCEPT, str(asked.home("bob")), str(asked.now)]
    turns = [ids[n:] + ids[:n] for n in range(len(ids))]
    started = [
        subprocess.Popen([*command, *turn], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for turn in turns
    ]
    try:
        for process in started:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
        for process in started:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        results = Counter(line for process in started for line in process.communicate(timeout=30)[0].split())
    finally:
        for process in started:
            process.kill()
            process.communicate()
    assert [process.returncode for process in started] == [0] * 5
    assert results["accepted"] == 2
    assert set(results) == {"accepted", "full-seats", "wrong-state"}
    asked.carry()
    Witness(asked).looks()
    assert sum(bool(asked.deals(name, Role.PASSENGER, State.AGREED)) for name in RIDERS) == 2


def test_who_has_no_room_is_not_invited(tmp_path: Path) -> None:
    """An offer of one seat that is taken from Voiron on invites nobody for that part, but still who leaves there."""
    with Town(tmp_path, "bob", "ann", "cid", "dan") as town:
        offer = town.offer("bob", seats=1)
        late, early = town.request("cid", VOIRON, LYON), town.request("dan", GRENOBLE, VOIRON)
        town.request("ann", VOIRON, LYON)
        town.propose("ann")
        town.carry()
        accept_all(town)
        with pytest.raises(RefusedError, match="leave no room: seats"):
            proposals.invite(town["bob"], town.match("bob", late, offer))
        assert proposals.invite(town["bob"], town.match("bob", early, offer)).state is State.INVITED


def test_nobody_is_delayed_beyond_what_was_agreed(tmp_path: Path) -> None:
    """With a seat left and detour to spare, who would make somebody aboard too late is refused for that reason."""
    with Town(tmp_path, "bob", "ann", "cid") as town:
        town.offer("bob", seats=3, detour=60)
        for name, start, flex in (("ann", VOIRON, 60), ("cid", Point(45.62, 5.60), 240)):
            town.request(name, start, LYON, flex=flex)
            town.propose(name)
            town.carry()
        first, second = sorted(town.deals("bob", Role.DRIVER, State.RECEIVED), key=lambda deal: deal.peer_name)
        decisions.accept(town["bob"], first.id)
        with pytest.raises(RefusedError) as refused:
            decisions.accept(town["bob"], second.id)
        assert refused.value.code == "full-delay"
        town.carry()
        Witness(town).looks()


def test_an_offer_goes_when_no_part_of_a_leg_is_free(tmp_path: Path) -> None:
    """A seat that is free on half of a leg keeps the offer public; who takes that half ends it."""
    voreppe = Point(45.2978, 5.6376)
    with Town(tmp_path, "bob", "ann", "cid") as town:
        offer = town.offer("bob", seats=1)
        for name, start, end, state in (("cid", voreppe, LYON, own.LIVE), ("ann", GRENOBLE, voreppe, own.TAKEN)):
            town.request(name, start, end)
            town.propose(name)
            town.carry()
            assert accept_all(town)["accepted"] == 1
            town.later(minutes=1)
            kept = own.post(town["bob"].node, offer)
            assert kept is not None
            assert kept.state == state
