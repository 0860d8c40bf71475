"""`lazpool backup`, `restore` and `ledger resume`, as they are typed."""

from __future__ import annotations

import stat
import struct
from typing import TYPE_CHECKING

import pytest

from tests.cli.users import ROOT, User, process, run, say

if TYPE_CHECKING:
    from pathlib import Path

WORDS = "correct horse battery"


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """Return a file with a passphrase."""
    file = tmp_path / "words"
    file.write_text(f"{WORDS}\nnot this line\n")
    return file


def test_there_and_back(
    ridden: tuple[User, User], tmp_path: Path, words: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup by a file's passphrase is restored by the environment's: the same person, two logs, all verified."""
    ada = ridden[0]
    file = tmp_path / "ada.backup"
    made = ada.call("backup", str(file), "--passphrase-file", str(words))
    assert made == {"file": str(file), "identity": ada.identity}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    passes, memory = struct.unpack_from(">IQ", file.read_bytes(), 16)
    assert passes >= 3
    assert memory >= 2**28, "what Argon2id calls moderate, of which tests elsewhere take less"
    monkeypatch.setenv("LAZPOOL_PASSPHRASE", WORDS + "x")
    home = tmp_path / "new"
    status, document = run(home, "restore", str(file))
    assert (status, document["error"]["code"]) == (5, "passphrase")
    assert not home.exists()
    monkeypatch.setenv("LAZPOOL_PASSPHRASE", WORDS)
    assert run(home, "restore", str(file)) == (0, made)
    assert run(home, "id")[1]["identity"] == ada.identity
    assert run(home, "ledger", "balance") == run(ada.home, "ledger", "balance")
    old, new = (run(one, "ledger", "show", "--log")[1]["entries"] for one in (ada.home, home))
    assert new[: len(old)] == old
    assert [one["kind"] for one in new[len(old) :]] == ["genesis", "resumed"]
    assert new[-1]["log"] != old[-1]["log"]
    verdict = run(home, "ledger", "verify")[1]
    assert (verdict["ok"], verdict["entries"]) == (True, len(new))
    assert run(home, "doctor")[0] == 0
    assert "goes on from the log above" in say(home, "ledger", "show", "--log").out
    bundle = tmp_path / "all.json"
    run(home, "ledger", "export", str(bundle))
    seen = process(str(bundle), program=["examples/verify_receipt.py", "--ledger"], cwd=ROOT)
    assert seen.returncode == 0, seen.stdout
    assert run(home, "restore", str(file))[0] == 5


def test_what_is_refused(tmp_path: Path, words: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No passphrase, a short one, a file that is there, one that is not, one that is no backup: each by its status."""
    ada = User(tmp_path / "ada")
    file = tmp_path / "ada.backup"
    monkeypatch.delenv("LAZPOOL_PASSPHRASE", raising=False)
    assert ada.run("backup", str(file))[0] == 2
    monkeypatch.setenv("LAZPOOL_PASSPHRASE", "short")
    assert ada.run("backup", str(file))[0] == 2
    assert not file.exists()
    assert ada.run("backup", str(words), "--passphrase-file", str(words))[0] == 5
    assert words.read_text().startswith(WORDS)
    assert ada.run("backup", str(tmp_path / "no" / "x"), "--passphrase-file", str(words))[0] == 1
    assert ada.run("backup", str(file), "--passphrase-file", str(tmp_path / "none"))[0] == 1
    monkeypatch.setenv("LAZPOOL_PASSPHRASE", WORDS)
    assert run(tmp_path / "new", "restore", str(tmp_path / "none"))[0] == 4
    assert run(tmp_path / "new", "restore", str(words))[0] == 7
    assert not (tmp_path / "new").exists()


def test_a_new_log_is_begun_by_hand(tmp_path: Path) -> None:
    """A home whose mark does not fit is found by the doctor, and goes on after `ledger resume`."""
    ada = User(tmp_path / "ada")
    mark = ada.home / "keys" / "log.mark"
    mark.write_text(mark.read_text().replace('"seq": 1', '"seq": 3'))
    status, document = ada.run("doctor")
    assert status == 5
    (fault,) = [one for one in document["checks"] if not one["ok"]]
    assert fault["name"] == "log"
    assert "ledger resume" in fault["hint"]
    said = ada.call("ledger", "resume", "--yes")
    assert said["seq"] == 1
    assert said["log"] != said["old_log"]
    assert ada.run("doctor")[0] == 0
    assert ada.call("ledger", "verify")["entries"] == 3


def test_asking_for_what_is_lost(ridden: tuple[User, User]) -> None:
    """`ledger recover` asks everybody, or one; --look asks nobody; somebody unknown is a clear error."""
    ada = ridden[0]
    assert run(ada.home, "ledger", "recover", "--look") == (0, {"recoveries": []})
    assert "Nobody was asked" in say(ada.home, "ledger", "recover", "--look").out
    (asked,) = run(ada.home, "ledger", "recover")[1]["recoveries"]
    assert (asked["with"], asked["state"], asked["found"]) == (ridden[1].identity, "asked", 0)
    assert "asks until they answer" in say(ada.home, "ledger", "recover", ridden[1].identity[:8]).out
    assert run(ada.home, "ledger", "recover", "Nobody")[0] == 4
