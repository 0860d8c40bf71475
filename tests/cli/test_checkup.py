"""`lazpool doctor`: it finds what is wrong with a home, all of it, and says what to do."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING

import pytest

from lazpool.actions import examination
from tests.cli.users import User, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def ada(tmp_path: Path) -> User:
    """Make a home."""
    return User(tmp_path / "ada")


def faults(user: User) -> tuple[int, dict[str, str]]:
    """Return the status of the doctor, and the hint for each thing that is wrong."""
    status, document = user.run("doctor")
    assert ("error" in document) == (status != 0)
    return status, {one["name"]: one["hint"] for one in document["checks"] if not one["ok"]}


def test_a_healthy_home(ada: User) -> None:
    """Nothing is wrong, and each line says what was looked at."""
    assert faults(ada) == (0, {})
    said = ada.say("doctor")
    assert said.status == 0
    for what in ("keys", "node.db", "board.db", "ledger", "clock", "disk", "libp2p 0."):
        assert what in said.out


def test_no_home(tmp_path: Path) -> None:
    """There is nothing to examine, and what makes a home is said."""
    status, document = run(tmp_path / "nowhere", "doctor")
    assert status == 4
    assert "lazpool init" in document["error"]["hint"]


def cut(path: Path) -> None:
    """Damage a database in the middle."""
    data = bytearray(path.read_bytes())
    data[4096 : 4096 + 512] = b"\xff" * 512
    path.write_bytes(data)


def forge(home: Path) -> None:
    """Change a signed entry."""
    with sqlite3.connect(home / "node.db") as db:
        db.execute("UPDATE entries SET signature = zeroblob(64)")
    db.close()


@pytest.mark.parametrize(
    ("harm", "status", "found"),
    [
        (lambda home: (home / "keys" / "log.key").chmod(0o644), 5, {"keys": "chmod", "ledger": "chmod"}),
        (lambda home: (home / "keys" / "node.key").unlink(), 4, {"keys": "backup"}),
        (lambda home: home.chmod(0o755), 5, {"folder": "chmod 700"}),
        (lambda home: (home / "node.db").write_bytes(b"no database" * 99), 7, {"node.db": "", "ledger": ""}),
        (lambda home: (home / "node.db").unlink(), 7, {"node.db": "backup"}),
        (lambda home: cut(home / "board.db"), 7, {"board.db": "delete"}),
        (forge, 7, {"ledger": "lazpool ledger verify"}),
        (lambda home: (home / "config.toml").write_text("zone = 'Mars/Base'"), 2, {"settings": "IANA"}),
    ],
    ids=["open key", "lost key", "open folder", "no database", "lost database", "torn board", "forged", "zone"],
)
def test_what_is_wrong(ada: User, harm: Callable[[Path], object], status: int, found: dict[str, str]) -> None:
    """Each harm is found with its cure, whatever else is whole, and the worst makes the status; nothing is mended."""
    harm(ada.home)
    got, hints = faults(ada)
    assert got == status
    for name, hint in found.items():
        assert hint in hints[name]
    assert faults(ada) == (got, hints)
    assert "disk" not in hints


def test_a_clock_in_the_past(ada: User) -> None:
    """A computer that woke up in an earlier year is told so: it must not sign."""
    checks = examination.examine(ada.home, clock=lambda: time.time() - 86_400)
    assert [one.name for one in checks if not one.ok] == ["clock"]


def test_a_full_disk_and_an_old_library(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both are said with what is wanted, and neither hides what else was looked at."""
    monkeypatch.setattr(examination, "ROOM", 10**18)
    monkeypatch.setattr(examination, "LEAST_SQLITE", (99, 0))
    status, hints = faults(ada)
    assert status == 1
    assert set(hints) == {"disk", "versions"}
    assert "room" in hints["disk"]
    assert "newer Python" in hints["versions"]
