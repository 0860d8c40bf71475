"""The demonstration: it ends well, or says which step failed; in both cases nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from lazpool.cli import demo_cast, demo_sight, demo_story
from lazpool.cli.demo_cast import DemoFailedError, Person
from lazpool.cli.match_words import explanation
from tests.cli.users import ROOT, process, run

if TYPE_CHECKING:
    from pathlib import Path


def running_in(folder: Path) -> list[psutil.Process]:
    """Return the processes that have a home below a folder."""
    return [one for one in psutil.process_iter(["cmdline"]) if str(folder) in " ".join(one.info["cmdline"] or ())]


@pytest.mark.process
def test_the_whole_story(tmp_path: Path) -> None:
    """Two legs of one seat, zero between every two people, a hub that knows nothing; no process and no file remain."""
    done = process("--json", "demo", env={"TMPDIR": str(tmp_path)})
    assert done.returncode == 0, done.stdout + done.stderr
    story = json.loads(done.stdout)
    assert story["ok"]
    assert [deal["legs"] for deal in story["deals"]] == [[0, 0], [1, 1]]
    assert [match["role"] for match in story["matches"]] == ["passenger", "passenger"]
    told = dict(explanation(story["explained"]))
    assert set(told) > demo_story.EXPLAINED
    assert story["deals"][1]["share"] == story["explained"]["ride"]["share"]
    assert all(balance["owed"]["amount"] > 0 for balance in story["balances"])
    private = [row for row in story["knowledge"] if "public" not in row["what"]]
    assert {row["Village"] for row in private} == {"-"}
    unknown = [(row["about"], row["what"]) for row in private if row["Ada"] == "-"]
    assert unknown == [("Paul", "exact address")]  # he walks to where he is met
    assert story["explained"]["ride"]["pickup"]["spot"] == "Voiron station"
    assert story["matches"][1]["walk_m"] > 0
    assert list(tmp_path.iterdir()) == []
    assert running_in(tmp_path) == []


@pytest.mark.process
def test_a_story_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that cannot start: the step and the end of its log are said, and everything is cleared away."""
    monkeypatch.setattr(demo_story, "LOOPBACK", "/ip4/203.0.113.1/tcp/0")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    status, document = run(tmp_path, "demo")
    assert status == 1
    error = document["error"]
    assert error["code"] == "demo-failed"
    assert error["message"].startswith("step 1, four homes")
    assert "the last lines of" in error["message"]
    assert list(tmp_path.iterdir()) == []
    assert running_in(tmp_path) == []


@pytest.mark.process
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_impatient_reader(tmp_path: Path, sent: signal.Signals) -> None:
    """Ctrl-C and SIGTERM end the nodes, too."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    running = subprocess.Popen([sys.executable, "-m", "lazpool", "demo"], env=environment, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 20
    while len(running_in(tmp_path)) < 4 and time.monotonic() < deadline:
        time.sleep(0.05)
    running.send_signal(sent)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert b"Traceback" not in said
    assert running_in(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_process_is_noted_before_an_interrupt(sent: signal.Signals) -> None:
    """A signal that comes while a process is being started is acted on when the process is known, not before."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    steps: list[str] = []

    def start() -> None:
        with demo_cast.uninterrupted():
            signal.raise_signal(sent)
            steps.append("noted")

    try:
        with pytest.raises(KeyboardInterrupt):
            start()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert steps == ["noted"]


def test_a_leak_would_be_seen(tmp_path: Path) -> None:
    """The search behind `who knows what` finds a key in a home, and a hub that holds one fails the story."""
    people = [Person(name, "x", tmp_path / name) for name in ("Hub", "Ada", "Zoe", "Paul")]
    for person in people:
        person.home.mkdir()
    hub, ada, zoe, paul = people
    zoe.facts = {"identity key": demo_sight.key_fact("ab" * 32)}
    (ada.home / "node.db").write_bytes(b"before" + b"\xab" * 32 + b"after")
    demo_sight.check(demo_sight.knowledge(people), hub, ada, [zoe, paul])
    for other in (hub, paul):
        (other.home / "board.db").write_bytes(b"\xab" * 32)
        with pytest.raises(DemoFailedError, match=f"{other.name} learnt Zoe's identity key"):
            demo_sight.check(demo_sight.knowledge(people), hub, ada, [zoe, paul])
        (other.home / "board.db").unlink()
    zoe.facts = {demo_sight.ADDRESS: zoe.facts["identity key"]}
    demo_sight.check(demo_sight.knowledge(people), hub, ada, [zoe, paul])
    with pytest.raises(DemoFailedError, match="Ada learnt Zoe's exact address"):
        demo_sight.check(demo_sight.knowledge(people), hub, ada, [zoe, paul], ["Zoe"])
