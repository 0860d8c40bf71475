"""The page on alerts: every example works, with a program of that name that writes down what it gets."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lazpool.actions.alerts import alert
from lazpool.actions.desk import open_desk
from lazpool.actions.events import EVENTS, DealChange, Feed
from lazpool.config import load_config
from lazpool.node.hook import run_hook
from tests.docs.pages import ROOT
from tests.town import Town

if TYPE_CHECKING:
    from pathlib import Path

    from lazpool.actions.alerts import Alert

EXAMPLES = re.findall(
    r"^```toml\n(.*?)^```$", (ROOT / "docs/how-to/alerts.md").read_text("utf-8"), re.DOTALL | re.MULTILINE
)
NAMES = ("notify-send", "msmtp", "curl")
FAKE = """#!/bin/sh
for word in "$@"; do printf '%s\\n' "$word"; done > "$LAZPOOL_HOME/{name}.words"
cat > "$LAZPOOL_HOME/{name}.read"
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put programs of these names first on PATH, each of which writes down its arguments and what it reads."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in NAMES:
        (folder / name).write_text(FAKE.replace("{name}", name))
        (folder / name).chmod(0o700)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


@pytest.fixture
def town(tmp_path: Path) -> Town:
    """Return Ann, who proposes to Bob."""
    with Town(tmp_path, "ann", "bob") as made:
        made.offer("bob")
        made.request("ann")
        made.propose("ann")
        made.carry()
        return made


def alerted(home: Path, name: str, note: str) -> Alert:
    """Return what Bob is told of Ann's proposal, under a name and with a note of her choice."""
    with open_desk(home) as desk:
        event = next(one for one in Feed(desk, EVENTS, 0).take() if isinstance(one, DealChange))
        return alert(desk, replace(event, deal=replace(event.deal, peer_name=name), note=note))


def test_each_of_them_is_tried() -> None:
    """There is one example for each program."""
    assert [name for text in EXAMPLES for name in NAMES if name in text] == list(NAMES)


@pytest.mark.usefixtures("programs")
@pytest.mark.parametrize("number", range(len(NAMES)))
@pytest.mark.parametrize(
    ("who", "note"),
    [
        ("Ann", "two suitcases"),
        ("--icon=/etc/passwd", "$(touch hacked) `touch hacked` \"; touch hacked; '"),
        ("é", "<b>\n"),
    ],
)
async def test_an_example_works(town: Town, number: int, who: str, note: str) -> None:
    """The program named in the example gets title and body whole, whoever wrote what; nothing else is run."""
    home, name = town.home("bob"), NAMES[number]
    file = home / "config.toml"
    file.write_text(f"{file.read_text()}\n{EXAMPLES[number]}")
    hook = load_config(home).hook
    assert hook is not None
    assert tomllib.loads(EXAMPLES[number])["hook"]["command"][0] in {name, "sh"}
    told = alerted(home, who, note)
    with open_desk(home) as desk:
        outcome = await run_hook(desk, hook, told)
    assert outcome.ok, outcome
    words = (home / f"{name}.words").read_text().splitlines()
    read = (home / f"{name}.read").read_text()
    if name == "notify-send":
        assert words == ["--app-name=lazpool", told.title, told.body]
    elif name == "curl":
        assert f"Title: {told.title}" in words
        assert words[words.index("--data-raw") + 1] == told.body
        assert words[-1].startswith("https://")
    else:
        assert words == ["ada@example.org"]
        head, _, body = read.partition("\n\n")
        assert head.splitlines()[:2] == ["To: ada@example.org", f"Subject: {told.title}"]
        assert body == f"{told.body}\n"
    assert not list(home.rglob("hacked"))
