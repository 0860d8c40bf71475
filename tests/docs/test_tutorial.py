"""The tutorial is played as it is written: every command in real shells, every line of output compared."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.docs.transcripts import Names, Step, Window, steps

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs/tutorial/first-ride.md"
HOME_IN_PAGE = "/home/you/"
PATIENCE_S = 30.0
READING = {"status", "board", "matches", "deals", "deal", "ledger", "settlements"}
"""Commands that change nothing: looked at again until what the others do has arrived."""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Return the environment of somebody with an empty home folder, a checkout in it and `lazpool` installed."""
    (tmp_path / "lazpool").symlink_to(ROOT, target_is_directory=True)
    programs = tmp_path / "programs"
    programs.mkdir()
    program = programs / "lazpool"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m lazpool "$@"\n', "utf-8")
    program.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LAZPOOL_")}
    return {**kept, "HOME": str(tmp_path), "PATH": f"{programs}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}


@pytest.fixture
def windows(tmp_path: Path, environment: dict[str, str]) -> Iterator[dict[str, Window]]:
    """Return the three windows of the tutorial."""
    opened = {name: Window(tmp_path, environment) for name in ("hub", "ada", "zoe")}
    try:
        yield opened
    finally:
        for window in opened.values():
            window.close()


@pytest.mark.process
def test_tutorial_does_what_it_says(windows: dict[str, Window], tmp_path: Path) -> None:
    """Every command ends well and prints what the page shows, but for ids, times, ports and codes."""
    names = Names()
    played = steps(TUTORIAL)
    assert {step.window for step in played} == set(windows)
    for step in played:
        _play(step, windows[step.window], names, str(tmp_path))
    assert not (tmp_path / "ride").exists()


@pytest.mark.process
def test_transcripts_notice_a_difference(windows: dict[str, Window], tmp_path: Path) -> None:
    """A page that promises something else than what is printed fails; a name that is given twice must be the same."""
    names = Names()
    _play(Step("ada", "echo 0123abcd is 12 EUR", "89abcdef is 12 EUR\n"), windows["ada"], names, str(tmp_path))
    with pytest.raises(AssertionError):
        _play(Step("ada", "echo 0123abcd is 13 EUR", "89abcdef is 12 EUR\n"), windows["ada"], names, str(tmp_path))
    with pytest.raises(AssertionError):
        _play(Step("ada", "echo 0123abce is 12 EUR", "89abcdef is 12 EUR\n"), windows["ada"], names, str(tmp_path))
    with pytest.raises(AssertionError):
        _play(Step("ada", "false", ""), windows["ada"], names, str(tmp_path))


def _play(step: Step, window: Window, names: Names, home: str) -> None:
    promised = step.output.replace(HOME_IN_PAGE, f"{home}/")
    words = step.command.split()
    again = words[0] == "lazpool" and words[1] in READING
    deadline = time.monotonic() + PATIENCE_S
    while True:
        status, printed = window.run(names.spoken(step.command))
        if status == 0 and names.fits(promised, printed):
            break
        assert again, f"{step.command}: status {status}, expected:\n{promised}\nprinted:\n{printed}"
        assert time.monotonic() < deadline, f"{step.command}: expected:\n{promised}\nprinted last:\n{printed}"
        time.sleep(0.25)
    if words[0] == "kill":
        assert window.run("wait -n; echo $?; wait")[1].split() == ["0"], "a stopped node ends with status 0"
