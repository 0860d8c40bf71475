"""The hook of a running node: one program at a time, each thing told once, and no harm whatever the program does."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import structlog
import trio

from lazpool.actions import events
from lazpool.config import Hook
from lazpool.node import hook as hooks
from lazpool.store import board
from tests.town import Town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lazpool.actions.desk import Desk

RECORD = 'cat >> told; printf "%s\\n" "$LAZPOOL_EVENT $LAZPOOL_COUNT $1" >> said'


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """Return Ann and Bob, and a hook that looks often."""
    for name, seconds in (("LOOK_S", 0.01), ("GATHER_S", 0.05), ("PAUSE_S", 0.02)):
        monkeypatch.setattr(hooks, name, seconds)
    with Town(tmp_path, "ann", "bob") as made:
        for desk in made.desks.values():
            events.begin_telling(desk)
        yield made


def hooked(desk: Desk, script: str = RECORD, **changes: Any) -> Any:
    """Return a node whose hook is a script of the shell, which gets the title as its argument."""
    found = Hook(command=("sh", "-c", script, "hook", "{title}"), **changes)
    desk.config = replace(desk.config, hook=found)
    return SimpleNamespace(desk=desk)


async def run_until(node: Any, condition: Any, *, still_s: float = 0.0) -> None:
    """Run the hook until a condition holds, and for some time after it to see that nothing more comes."""
    with trio.fail_after(30):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(hooks.keep_telling, node)
            while not condition():  # noqa: ASYNC110 # another process brings it about
                await trio.sleep(0.01)
            await trio.sleep(still_s)
            nursery.cancel_scope.cancel()


def said(desk: Desk) -> list[str]:
    """Return what the programs were told, a line each."""
    file = desk.config.home / "said"
    return file.read_text().splitlines() if file.exists() else []


def documents(desk: Desk) -> list[dict[str, Any]]:
    """Return the documents that the programs read."""
    return [json.loads(line) for line in (desk.config.home / "told").read_text().splitlines()]


def is_told(desk: Desk) -> bool:
    """Tell whether nothing is left to tell."""
    return not events.untold(desk, events.EVENTS)


async def test_it_is_told(town: Town) -> None:
    """The program gets title, environment and document of what happened."""
    town.offer("bob")
    town.request("ann")
    node = hooked(town["ann"])
    await run_until(node, lambda: is_told(node.desk))
    assert said(node.desk) == ["match 1 New match: a driver for you"]
    (document,) = documents(node.desk)
    assert document["event"] == "match"
    assert document["match"]["role"] == "passenger"
    assert document["id"] == document["match"]["id"] == board.matches(node.desk.board)[0].id.hex()


async def test_a_burst_starts_few_programs(town: Town) -> None:
    """Five hundred matches while a slow program runs are one more program, never two at once."""
    town.offer("bob")
    mine = town.request("ann")
    script = f"mkdir running || echo two >> said; sleep 0.3; {RECORD}; rmdir running"
    node = hooked(town["ann"], script)
    (pattern,) = board.matches(node.desk.board, mine)

    def flood() -> None:
        with node.desk.board.transaction():
            for number in range(500):
                board.add_match(node.desk.board, replace(pattern, id=number.to_bytes(16, "big")))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(run_until, node, lambda: is_told(node.desk))
        while not (node.desk.config.home / "running").exists():  # noqa: ASYNC110 # another process makes it
            await trio.sleep(0.005)
        flood()
    assert said(node.desk) == ["match 1 New match: a driver for you", "match 500 500 new matches"]


async def test_what_came_while_it_ran_is_not_lost(town: Town) -> None:
    """A proposal that comes while the program tells of another one is told next."""
    town.offer("bob")
    town.request("ann")
    town.propose("ann")
    town.carry()
    node = hooked(town["bob"], f"touch running; sleep 0.2; {RECORD}", events=("deal",))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(run_until, node, lambda: len(said(node.desk)) == 2)
        while not (node.desk.config.home / "running").exists():  # noqa: ASYNC110 # another process makes it
            await trio.sleep(0.005)
        town.propose("ann", mine=town.request("ann"))
        town.carry()
    assert {line.split(" ", 2)[2] for line in said(node.desk)} == {"A passenger proposes a ride"}


@pytest.mark.parametrize(
    ("script", "changes"),
    [("exit 3", {}), ("echo no network; exit 1", {}), ("sleep 60", {"timeout": 0.1}), ("kill -9 $$", {})],
)
async def test_a_failing_program_does_no_harm(town: Town, script: str, changes: dict[str, Any]) -> None:
    """It is said in the log once, however often it fails; each thing is tried once, and the hook goes on."""
    town.offer("bob")
    node = hooked(town["ann"], f"echo ran >> tries; {script}", **changes)
    with structlog.testing.capture_logs() as logs:
        for number in range(3):
            town.request("ann")
            await run_until(node, lambda: is_told(node.desk))
            assert changes or (node.desk.config.home / "tries").read_text().count("ran") == number + 1
    # a hook that runs again, as after a restart, says it again; within one run it is said once
    assert [one["event"] for one in logs] == ["the hook failed; it is not told again of this"] * 3


async def test_a_fault_is_said_once_and_so_is_its_end(town: Town) -> None:
    """Within one run a fault is one line of the log, and that it works again another."""
    town.offer("bob")
    node = hooked(town["ann"], "echo ran >> tries; test -e good")
    home = node.desk.config.home

    def tries() -> int:
        return (home / "tries").read_text().count("ran") if (home / "tries").exists() else 0

    async def plot(nursery: trio.Nursery) -> None:
        for number in (1, 2, 3):
            if number == 3:
                (home / "good").touch()
            town.request("ann")
            while tries() < number or not is_told(node.desk):  # noqa: ASYNC110 # another process brings it about
                await trio.sleep(0.01)
        nursery.cancel_scope.cancel()

    with structlog.testing.capture_logs() as logs, trio.fail_after(30):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(hooks.keep_telling, node)
            nursery.start_soon(plot, nursery)
    assert [one["event"] for one in logs] == ["the hook failed; it is not told again of this", "the hook works again"]


async def test_output_goes_to_the_log(town: Town) -> None:
    """What the program says can be read in the node's log."""
    town.offer("bob")
    town.request("ann")
    node = hooked(town["ann"], "echo sent")
    with structlog.testing.capture_logs() as logs:
        await run_until(node, lambda: is_told(node.desk))
    assert [(one["event"], one["output"]) for one in logs] == [("hook", "sent")]


async def test_a_node_that_is_stopped_while_telling_tells_again(town: Town) -> None:
    """What was being told when the node ended is told by the next one: rather twice than never."""
    town.offer("bob")
    town.request("ann")
    node = hooked(town["ann"], "echo began >> said; sleep 60")
    await run_until(node, lambda: said(node.desk) == ["began"])
    assert not is_told(node.desk)
    again = hooked(town["ann"])
    await run_until(again, lambda: is_told(again.desk))
    assert len(said(again.desk)) == 2
    await run_until(again, lambda: True, still_s=0.2)
    assert len(said(again.desk)) == 2


async def test_without_a_hook_nothing_is_remembered(town: Town) -> None:
    """A node without a hook does not even look."""
    town.offer("bob")
    town.request("ann")
    await run_until(SimpleNamespace(desk=town["ann"]), lambda: True, still_s=0.1)
    assert not is_told(town["ann"])


def test_the_pace_of_alerts() -> None:
    """What comes without end is told of ever more seldom, at most every ten minutes; after some quiet, soon again."""
    pace, now, times = hooks.Pace(hooks.MOST_PAUSE_S["match"]), 1000.0, list[float]()
    while now < 1000 + 3600:
        if pace.may(now):
            pace.told(now)
            times.append(now)
        now += 0.5
    pauses = [after - before for before, after in pairwise(times)]
    assert pauses[:4] == [5, 10, 20, 40]
    assert max(pauses) == 600
    assert len(times) < 15
    now += 2000
    assert pace.may(now)
    pace.told(now)
    assert not pace.may(now + 4)
    assert pace.may(now + 5)


def test_placeholders_are_filled_once() -> None:
    """What is filled in is not looked at again, and braces that are none of ours stay."""
    alert = SimpleNamespace(title="{body}", body="x", id="ab", document={"event": "match", "count": 2})
    filled = [hooks._filled(word, alert) for word in ("{title}", "a{body}b{count}", '{"x": 1}', "{", "{}", "{title")]  # type: ignore[arg-type] # enough of an alert
    assert filled == ["{body}", "axb2", '{"x": 1}', "{", "{}", "{title"]
