"""Terminal manners: NO_COLOR, narrow screens, prompts only where somebody can answer, and strangers' words."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from lazpool.cli.app import App, Table, clean
from tests.cli.users import GRENOBLE, LYON, ROOT, TOMORROW, VOIRON, User, carry, process

if TYPE_CHECKING:
    from pathlib import Path

TIMEOUT_S = 20


@pytest.fixture
def pair(tmp_path: Path) -> tuple[User, User, str]:
    """Return a driver, a passenger and the driver's agreed deal."""
    driver, passenger = User(tmp_path / "ada"), User(tmp_path / "zoe")
    driver.call("offer", GRENOBLE, LYON, "--at", TOMORROW, "--via", VOIRON)
    passenger.call("request", VOIRON, LYON, "--at", "tomorrow 08:00")
    carry(driver, passenger)
    passenger.call("propose", passenger.call("matches")["matches"][0]["id"])
    carry(driver, passenger)
    deal = driver.call("deals")["deals"][0]["id"]
    driver.call("accept", deal)
    return driver, passenger, deal


def on_terminal(user: User, *words: str, answer: str = "", **extra: str) -> tuple[int, str]:
    """Run a command on a terminal of its own, type an answer; its status and all that the screen showed."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", **extra}
    if "NO_COLOR" not in extra:
        environment.pop("NO_COLOR", None)
    command = [sys.executable, "-m", "lazpool", "--home", str(user.home), *words]
    running = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    os.write(ours, answer.encode())
    try:
        shown = _read(ours)
        return running.wait(TIMEOUT_S), shown
    finally:
        running.kill()
        running.wait()
        os.close(ours)


def _read(terminal: int) -> str:
    shown, deadline = b"", time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.2)[0]:
            continue
        try:
            part = os.read(terminal, 4096)
        except OSError:  # so Linux says that the other end is closed
            break
        if not part:
            break
        shown += part
    return shown.decode(errors="replace")


def test_an_agreed_ride_is_not_cancelled_by_a_slip(pair: tuple[User, User, str]) -> None:
    """On a terminal `cancel` and `withdraw` ask first; no means that nothing happens."""
    driver, _, deal = pair
    post = driver.call("posts")["posts"][0]["id"]
    for words in (("cancel", deal), ("withdraw", post)):
        status, shown = on_terminal(driver, *words, answer="n\n")
        assert status == 1
        assert "[y/N]" in shown
        assert "nothing was changed" in shown
    assert driver.state(deal) == "agreed"
    status, shown = on_terminal(driver, "cancel", deal, "--yes")
    assert (status, "[y/N]" in shown) == (0, False)
    assert driver.state(deal) == "cancelled"


def test_yes_is_an_answer(pair: tuple[User, User, str]) -> None:
    """Yes goes on."""
    driver, _, deal = pair
    assert on_terminal(driver, "cancel", deal, answer="y\n")[0] == 0
    assert driver.state(deal) == "cancelled"


def test_paying_more_than_is_owed_is_asked_first(pair: tuple[User, User, str]) -> None:
    """On a terminal `settle` says what stands between the two, and no means that nothing happens."""
    driver, _, _ = pair
    status, shown = on_terminal(driver, "settle", "Zoe", "5", answer="n\n")
    assert status == 1
    assert "You owe Zoe nothing; Zoe would owe you." in shown
    assert driver.call("settlements")["settlements"] == []
    assert on_terminal(driver, "settle", "Zoe", "5", answer="y\n")[0] == 0
    assert driver.call("settlements")["settlements"][0]["state"] == "proposed"


def test_colours_only_where_wanted(pair: tuple[User, User, str]) -> None:
    """A terminal may get colours, with NO_COLOR and in a pipe there are none; a narrow one still gets every number."""
    driver, passenger, deal = pair
    assert "\x1b[" in on_terminal(passenger, "matches")[1]
    assert "\x1b[3" not in on_terminal(passenger, "matches", NO_COLOR="1")[1]
    piped = process("--home", str(driver.home), "deals")
    assert "\x1b" not in piped.stdout
    assert deal[:8] in piped.stdout


@pytest.mark.parametrize("columns", [30, 80, 200])
def test_any_width_of_screen(pair: tuple[User, User, str], columns: int) -> None:
    """Lists fit the screen, and every id and amount stays in one piece; where columns do not fit, fields get lines."""
    _, passenger, _ = pair
    deal, match = passenger.call("deals")["deals"][0], passenger.call("matches")["matches"][0]
    share = f"{deal['share']['amount'] / 100:.2f} EUR"
    for words, wanted in (("deals", (deal["id"][:8], share)), ("matches", (match["id"][:8], "proposed", "~"))):
        status, shown = on_terminal(passenger, words, COLUMNS=str(columns), NO_COLOR="1")
        assert status == 0
        lines = re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines()
        assert max(map(len, lines)) <= columns
        assert all(any(one in line for line in lines) for one in wanted)
        if columns > 30:
            assert any(all(one in line for one in wanted) for line in lines)


def test_json_on_a_terminal_is_indented(pair: tuple[User, User, str]) -> None:
    """People who look at JSON get it in lines, programs on one line."""
    driver, _, _ = pair
    assert on_terminal(driver, "--json", "posts")[1].count("\n") > 5
    assert process("--home", str(driver.home), "--json", "posts").stdout.count("\n") == 1


def test_strangers_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Escape sequences and text that runs backwards are shown as what they are: no text."""
    assert clean("a\x1b[2Jb\u202ec\n") == "a\N{REPLACEMENT CHARACTER}[2Jb\N{REPLACEMENT CHARACTER}c\n"
    App().show({}, Table(("name",), [("[bold]a\x1b[2J\nb",)], ""))
    assert "[bold]a\N{REPLACEMENT CHARACTER}[2J b" in capsys.readouterr().out
