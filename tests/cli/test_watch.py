"""Watching at the command line, and the hook's settings."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from lazpool.config import load_config
from tests.cli.users import GRENOBLE, LYON, ROOT, TOMORROW, VOIRON, User, carry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OFFER = ("offer", GRENOBLE, LYON, "--at", TOMORROW, "--via", VOIRON, "--flex", "60")
REQUEST = ("request", VOIRON, LYON, "--at", TOMORROW, "--flex", "90")


@pytest.fixture
def ann(tmp_path: Path) -> User:
    """Return somebody who rides."""
    return User(tmp_path / "ann")


@pytest.fixture
def bob(tmp_path: Path) -> User:
    """Return somebody who drives."""
    return User(tmp_path / "bob")


@pytest.fixture
def watching(ann: User) -> Iterator[subprocess.Popen[str]]:
    """Return Ann's `watch` as a process that has begun to watch."""
    command = [sys.executable, "-m", "lazpool", "--home", str(ann.home), "watch"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, bufsize=1
    ) as process:
        assert process.stderr
        assert "Watching" in process.stderr.readline()
        yield process
        process.kill()


def lines(user: User, *words: str) -> list[dict[str, Any]]:
    """Return the documents that `watch` prints."""
    said = user.say("--json", "watch", *words)
    assert said.status == 0, said
    return [json.loads(line) for line in said.out.splitlines()]


def propose(ann: User, bob: User) -> str:
    """Let Ann propose a ride to Bob; returns the deal."""
    bob.call(*OFFER)
    ann.call(*REQUEST)
    carry(ann, bob)
    deal = ann.call("propose", ann.call("matches")["matches"][0]["id"], "--note", "two\nsuitcases")["deal"]
    carry(ann, bob)
    return str(deal)


def test_all_that_there_is(ann: User, bob: User) -> None:
    """With --all each side gets what happened, as one document a line, whose keys are those of the lists."""
    deal = propose(ann, bob)
    found = lines(bob, "--all", "--for", "0.1")
    assert [one["event"] for one in found] == ["match", "deal"]
    assert (found[1]["change"], found[1]["ours"], found[1]["id"]) == ("received", False, deal)
    assert found[1]["note"] == "two\nsuitcases"
    assert found[1]["deal"]["name"] == "Ann"
    listed = bob.call("matches")["matches"][0]
    assert {key: found[0]["match"][key] for key in ("id", "mine", "theirs", "share", "pickup_at")} == {
        key: listed[key] for key in ("id", "mine", "theirs", "share", "pickup_at")
    }
    said = bob.say("watch", "--all", "--count", "2").out.splitlines()
    assert len(said) == 2
    assert "A passenger proposes a ride: Ride of " in said[1]
    assert f'they write: "two suitcases"; lazpool deal {deal[:8]}' in said[1]


def test_what_is_chosen(ann: User, bob: User) -> None:
    """--kind, --count and --since choose; without them nothing old is shown."""
    deal = propose(ann, bob)
    assert lines(ann, "--for", "0.1") == []
    assert [one["event"] for one in lines(ann, "--all", "--kind", "match", "--for", "0.1")] == ["match"]
    assert [one["change"] for one in lines(ann, "--all", "--kind", "deal", "--count", "1")] == ["proposed"]
    assert len(lines(ann, "--since", "2026-01-01T00:00", "--for", "0.1")) == 2
    bob.call("accept", deal)
    assert [one["ours"] for one in lines(bob, "--all", "--kind", "deal", "--for", "0.1")] == [False, True]
    for words in (("--all", "--since", "2026-01-01T00:00"), ("--since", "tomorrow 07:40"), ("--count", "0")):
        status, document = ann.run("watch", *words)
        assert (status, document["error"]["code"]) == (2, "usage")


def test_a_match_comes_as_it_happens(ann: User, bob: User, watching: subprocess.Popen[str]) -> None:
    """A line appears when another process commits, and Ctrl-C ends it with status 0."""
    bob.call(*OFFER)
    ann.call(*REQUEST)
    carry(ann, bob)
    assert watching.stdout
    assert "New match: a driver for you: Pick-up" in watching.stdout.readline()
    watching.send_signal(signal.SIGINT)
    assert watching.wait(20) == 0


def test_it_ends_when_it_is_told_to(watching: subprocess.Popen[str]) -> None:
    """SIGTERM ends it with status 0."""
    watching.terminate()
    assert watching.wait(20) == 0


def test_it_ends_when_nobody_reads(watching: subprocess.Popen[str]) -> None:
    """A closed pipe ends it with status 0, though nothing happens that it could print."""
    assert watching.stdout
    watching.stdout.close()
    assert watching.wait(20) == 0


def hooked(user: User, text: str) -> None:
    """Write a hook into somebody's settings."""
    file = user.home / "config.toml"
    file.write_text(f"{file.read_text()}\n{text}\n")


@pytest.mark.parametrize(
    ("table", "key", "why"),
    [
        ("hook = 3", "hook", "not a table"),
        ("[hook]", "command", "names no program"),
        ("[hook]\ncommand = []", "command", "names no program"),
        ("[hook]\ncommand = ['']", "command", "names no program"),
        ("[hook]\ncommand = 'notify-send {title}'", "command", "not a list of texts"),
        ("[hook]\ncommand = ['x', 3]", "command", "not a list of texts"),
        ("[hook]\ncommand = ['x', '{tile}']", "command", "{tile}"),
        ("[hook]\ncommand = ['sh', '-c', 'echo {body}']", "command", "inside a script"),
        ("[hook]\ncommand = ['env', 'bash', '-lc', 'x {title}']", "command", "inside a script"),
        ("[hook]\ncommand = ['{title}']", "command", "names no program"),
        ("[hook]\ncommand = ['x', \"a\\u0000b\"]", "command", "zero"),
        ("[hook]\ncommand = ['x']\nevents = 'match'", "events", "not a list of texts"),
        ("[hook]\ncommand = ['x']\nevents = []", "events", "not a list of kinds"),
        ("[hook]\ncommand = ['x']\nevents = ['matches']", "events", "not a list of kinds"),
        ("[hook]\ncommand = ['x']\ntimeout = 0", "timeout", "not from 0"),
        ("[hook]\ncommand = ['x']\ntimeout = 601", "timeout", "not from 0"),
        ("[hook]\ncommand = ['x']\ntimeout = nan", "timeout", "not from 0"),
        ("[hook]\ncommand = ['x']\ntimeout = '10'", "timeout", "not a number"),
        ("[hook]\ncommand = ['x']\ntimeout = true", "timeout", "not a number"),
        ("[hook]\ncommand = ['x']\nshell = true", "shell", "no setting"),
    ],
)
def test_a_wrong_hook_is_a_clear_error(ann: User, table: str, key: str, why: str) -> None:
    """The error names the file and the key, and there is a hint; never a traceback."""
    hooked(ann, table)
    status, document = ann.run("status")
    error = document["error"]
    assert (status, error["code"]) == (2, "usage")
    assert "config.toml" in error["message"]
    assert key in error["message"]
    assert why in error["message"]
    assert error["hint"]


def test_a_hook_is_tried(ann: User) -> None:
    """`hook test` runs the program once and shows what it says; a failing one ends with status 1 and its words."""
    status, document = ann.run("hook", "test")
    assert (status, document["error"]["code"]) == (4, "not-found")
    hooked(ann, "[hook]\ncommand = ['sh', '-c', 'echo \"$1\" for $LAZPOOL_EVENT in $LAZPOOL_HOME', 'x', '{title}']")
    assert ann.call("hook", "test")["output"] == f"Test of lazpool for test in {ann.home}\n"
    assert ann.say("hook", "test").out == f"Test of lazpool for test in {ann.home}\n"
    file = ann.home / "config.toml"
    file.write_text(file.read_text().replace("echo", "echo no network; exit 7; echo"))
    status, document = ann.run("hook", "test")
    assert (status, document["error"]["code"]) == (1, "hook-failed")
    assert "status 7" in document["error"]["message"]
    assert "no network" in document["error"]["message"]


def test_a_setting_is_changed_above_the_hook(ann: User) -> None:
    """A setting that is written by a command does not end up in the hook's table."""
    from lazpool.config import change_setting  # noqa: PLC0415 # here only

    hooked(ann, "[hook]\ncommand = ['x']\ntimeout = 5")
    file = ann.home / "config.toml"
    file.write_text("".join(one for one in file.read_text().splitlines(keepends=True) if "countries" not in one))
    change_setting(ann.home, "countries", "FR")
    change_setting(ann.home, "countries", "FR CH")
    config = load_config(ann.home)
    assert config.countries == "FR CH"
    assert config.hook is not None
    assert config.hook.timeout == 5
    assert file.read_text().count("countries") == 1


def test_a_running_node_tells_the_hook(ann: User, bob: User) -> None:
    """A running node tells the hook of what a command in another process found."""
    hooked(ann, "[hook]\ncommand = ['sh', '-c', 'echo \"$1\" >> told', 'x', '{title}']")
    bob.call(*OFFER)
    carry(ann, bob)
    command = [sys.executable, "-m", "lazpool", "--home", str(ann.home), "up", "--listen", "/ip4/127.0.0.1/tcp/0"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=ROOT) as node:
        try:
            assert node.stderr
            while "running" not in node.stderr.readline():
                assert node.poll() is None
            drain = threading.Thread(target=node.stderr.read)
            drain.start()
            ann.call(*REQUEST)
            told = ann.home / "told"
            for _ in range(600):
                if told.exists():
                    break
                threading.Event().wait(0.05)
            assert told.read_text() == "New match: a driver for you\n"
        finally:
            node.terminate()
            assert node.wait(20) == 0
            drain.join(10)
