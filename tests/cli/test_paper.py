"""`lazpool key paper` and `restore --paper`, as they are typed."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from lazpool.actions import papers
from lazpool.cli.main import cli
from lazpool.config import Config
from lazpool.wire.keys import load_keys
from tests.cli.scanner import scanned
from tests.cli.users import User, process, run, say

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def ada(tmp_path: Path) -> User:
    """Return somebody with a home."""
    return User(tmp_path / "ada")


def words_of(ada: User) -> str:
    """Return the words on somebody's paper."""
    return " ".join(ada.call("key", "paper")["parts"])


def back(home: Path, words: str, *more: str) -> tuple[int, str]:
    """Restore a home from words on stdin; status and stdout with stderr."""
    result = CliRunner().invoke(cli, ["--home", str(home), "restore", "--paper", *more], input=words)
    return result.exit_code, result.output


def test_there_and_back(ada: User, tmp_path: Path) -> None:
    """The words make a home of the same person, with the same next key and with another log and node."""
    home = tmp_path / "new"
    assert back(home, words_of(ada), "--name", "Ada")[0] == 0
    old, new = (load_keys(one / "keys") for one in (ada.home, home))
    assert (old.identity, old.next_identity) == (new.identity, new.next_identity)
    assert not {old.log, old.node} & {new.log, new.node}
    assert run(home, "id")[1]["identity"] == ada.identity
    (entry,) = run(home, "ledger", "show", "--log")[1]["entries"]
    assert entry["kind"] == "genesis"
    assert run(home, "ledger", "verify")[1]["ok"]
    assert run(home, "doctor")[0] == 0


@pytest.mark.parametrize("suffix", [".txt", ".html"])
def test_a_file_to_print(ada: User, tmp_path: Path, suffix: str) -> None:
    """A file holds every word, whose it is and in which network; only its owner reads it, and none is replaced."""
    file = tmp_path / f"paper{suffix}"
    assert ada.call("key", "paper", "--out", str(file))["file"] == str(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text("utf-8")
    assert ada.identity in text
    assert "network lazpool" in text
    for word in words_of(ada).split():
        assert word in text
    assert text.count("<svg" if suffix == ".html" else "Part ") == 2
    status, document = ada.run("key", "paper", "--out", str(file))
    assert (status, document["error"]["code"]) == (5, "exists")
    assert file.read_text("utf-8") == text


def test_words_that_are_wrong(ada: User, tmp_path: Path) -> None:
    """A wrong word is named with its part, a wrong order is noticed, and no home is left behind."""
    home, words = tmp_path / "new", words_of(ada).split()
    for typed, said in (
        (words[:24], "24 words"),
        ([*words[:30], "carz", *words[31:]], "part 2: word 7, 'carz'"),
        ([*words[:24], *words[:24]], "both parts are the same"),
        ([*words[1:24], words[0], *words[24:]], "part 1: "),
        ([], "0 words"),
    ):
        status, output = back(home, " ".join(typed))
        assert status == 2, output
        assert said in output
        assert not home.exists()
    assert back(ada.home, " ".join(words))[0] == 5
    assert say(home, "restore").status == say(home, "restore", "x", "--paper").status == 2
    assert say(home, "restore", "x", "--network", "y").status == 2
    assert ada.say("key", "paper", "--out", str(tmp_path / "paper.pdf")).status == 2
    assert ada.say("key", "paper", "--out", str(tmp_path / "no" / "paper.txt")).status == 1


def test_a_crash_while_restoring(ada: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At whichever step it fails, no home is left, and the same words make it the next time."""
    home, words = tmp_path / "new", words_of(ada).split()
    for step in ("write_config", "begin_log", "create_keys"):
        with monkeypatch.context() as broken:
            broken.setattr(f"lazpool.actions.desk.{step}", lambda *_: (_ for _ in ()).throw(OSError("power")))
            with pytest.raises(OSError, match="power"):
                papers.restore_paper(Config(home), words)
        assert not home.exists()
    assert back(home, " ".join(words))[0] == 0


def test_as_a_process(ada: User, tmp_path: Path) -> None:
    """Another process prints it for a terminal, QR codes included, and one more restores from a pipe."""
    said = process("--home", str(ada.home), "key", "paper")
    assert said.returncode == 0, said.stderr
    assert " ".join(scanned(said.stdout)) == words_of(ada)
    assert "is you" in said.stderr
    again = process("--home", str(tmp_path / "new"), "restore", "--paper", input=words_of(ada))
    assert again.stdout.strip() == ada.identity, again.stderr
