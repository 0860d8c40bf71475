"""People at the command line, in this process, and a postman in place of the network between them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from lazpool.actions import hearing, inbox
from lazpool.actions.desk import open_desk
from lazpool.cli.main import cli
from lazpool.store import own, post_office

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazpool.actions.desk import Desk

ROOT = Path(__file__).parent.parent.parent
GRENOBLE, VOIRON, LYON = "45.1885,5.7245", "45.3645,5.5915", "45.7606,4.8594"
TOMORROW = "tomorrow 07:30"


@dataclass(frozen=True)
class Said:
    """What a command printed for a person, and its status."""

    status: int
    out: str
    err: str


class User:
    """One person's home."""

    def __init__(self, home: Path, *, zone: str = "Europe/Paris") -> None:
        """Make the home by `init`."""
        self.home = home
        self.identity = self.call("init", "--name", home.name.title(), "--zone", zone)["identity"]

    def run(self, *words: str) -> tuple[int, dict[str, Any]]:
        """Run a command with --json; its status and the one document it printed."""
        return run(self.home, *words)

    def call(self, *words: str) -> dict[str, Any]:
        """Run a command that must succeed."""
        status, document = self.run(*words)
        assert status == 0, document
        return document

    def say(self, *words: str) -> Said:
        """Run a command as a person does."""
        return say(self.home, *words)

    def state(self, deal: str) -> str:
        """Return the state of a deal."""
        return next(one["state"] for one in self.call("deals")["deals"] if one["id"] == deal)


def run(home: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """Run a command with --json in a home; its status and the one document on stdout."""
    said = say(home, "--json", *words)
    assert "Traceback" not in said.err
    return said.status, json.loads(said.out)


def say(home: Path, *words: str) -> Said:
    """Run a command in a home."""
    result = CliRunner().invoke(cli, ["--home", str(home), *words])
    return Said(result.exit_code, result.stdout, result.stderr)


def process(*words: str, **ways: Any) -> subprocess.CompletedProcess[str]:
    """Run the program as a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **ways.pop("env", {})}
    command: Sequence[str] = [sys.executable, *ways.pop("program", ["-m", "lazpool"]), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=180, check=False, env=environment, **ways)


def carry(*users: User) -> None:
    """Carry posts and letters between people until nobody has any that is due."""
    with ExitStack() as stack:
        desks = [stack.enter_context(open_desk(user.home)) for user in users]
        for _ in range(12):
            if not sum(_carry_from(desk, desks) for desk in desks):
                return
    raise AssertionError("letters never come to an end")


def ride(driver: User, passenger: User, at: str, later: str) -> None:
    """Let two people share a ride by Voiron, up to the receipt; `later`: when the passenger wants to leave."""
    driver.call("offer", GRENOBLE, LYON, "--at", at, "--via", VOIRON, "--price", "0.08")
    passenger.call("request", VOIRON, LYON, "--at", later)
    carry(driver, passenger)
    match = next(one["id"] for one in passenger.call("matches")["matches"] if one["deal"] is None)
    deal = passenger.call("propose", match)["deal"]
    carry(driver, passenger)
    driver.call("accept", deal)
    carry(driver, passenger)
    passenger.call("done", deal)
    carry(driver, passenger)


def _carry_from(desk: Desk, desks: list[Desk]) -> int:
    due = post_office.due(desk.node, desk.second)
    for row in due:
        for other in desks:
            if row.kind == post_office.POST and other is not desk:
                hearing.hear(other, row.data, 1)
            elif row.kind == post_office.LETTER and own.box(other.node, row.tag):
                inbox.receive(other, row.tag, row.data)
        post_office.delivered(desk.node, row, desk.second)
    return len(due)
