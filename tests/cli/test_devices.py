"""Several machines of one person, as they are typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lazpool.actions.desk import open_desk
from lazpool.store import own
from lazpool.wire.keys import read_key
from tests.cli.users import ROOT, TOMORROW, User, process, ride, run, say

if TYPE_CHECKING:
    from pathlib import Path


class Machine(User):
    """A further machine of somebody."""

    def __init__(self, home: Path, owner: User) -> None:
        """Ask, be certified, accept."""
        self.home = home
        code = self.call("init", "--device")["code"]
        grant = owner.call("device", "add", code, "--name", home.name)["grant"]
        self.identity = self.call("device", "accept", grant, "--zone", "Europe/Paris")["identity"]


@pytest.fixture
def ada(tmp_path: Path) -> User:
    """Return somebody with a home."""
    return User(tmp_path / "ada")


def log_of(user: User) -> str:
    """Return the log that a home writes to."""
    listed: list[dict[str, Any]] = user.call("device", "list")["devices"]
    return str(listed[-1]["log"])


def test_added(ada: User, tmp_path: Path) -> None:
    """The new machine is the same person with another log, has no identity key, and both logs verify."""
    phone = Machine(tmp_path / "phone", ada)
    assert phone.identity == ada.identity == phone.call("id")["identity"]
    assert {one.name for one in (phone.home / "keys").iterdir()} == {"log.key", "node.key", "device.grant", "log.mark"}
    assert [(one["log"], one["name"], one["state"]) for one in ada.call("device", "list")["devices"]] == [
        (log_of(phone), "phone", "added"),
        (log_of(ada), "", "this"),
    ]
    assert phone.call("id")["name"] == "Ada"
    for user in (ada, phone):
        assert user.call("ledger", "verify")["ok"]
        assert user.run("doctor")[0] == 0
    assert [one["kind"] for one in ada.call("ledger", "show", "--log")["entries"]] == ["genesis", "device-added"]
    bundle = tmp_path / "all.json"
    ada.call("ledger", "export", str(bundle))
    seen = process(str(bundle), program=["examples/verify_receipt.py", "--ledger"], cwd=ROOT)
    assert seen.returncode == 0, seen.stdout


def test_it_rides_as_the_person(ada: User, tmp_path: Path) -> None:
    """What the second machine signs names the person, and the partner's ledger shows one balance for both."""
    phone, zoe = Machine(tmp_path / "phone", ada), User(tmp_path / "zoe")
    ride(zoe, phone, TOMORROW, "tomorrow 08:00")
    (owed,) = zoe.call("ledger", "balance")["balances"]
    assert owed["with"] == ada.identity
    for user in (phone, zoe):
        assert user.call("ledger", "verify")["ok"]


def test_what_a_device_cannot(ada: User, tmp_path: Path) -> None:
    """It certifies nobody, makes no paper and no backup, and says where to do it."""
    phone = Machine(tmp_path / "phone", ada)
    code = run(tmp_path / "third", "init", "--device")[1]["code"]
    for words in (
        ("device", "add", code),
        ("key", "paper"),
        ("backup", str(tmp_path / "x"), "--passphrase-file", str(ada.home / "config.toml")),
        ("ledger", "resume", "--yes"),
    ):
        status, document = phone.run(*words)
        assert (status, document["error"]["code"]) == (5, "no-identity"), words
        assert "identity" in document["error"]["hint"]


def test_asked_and_granted_again(ada: User, tmp_path: Path) -> None:
    """Asking again shows the same code, granting again notes nothing twice, and any grant for it will do."""
    home = tmp_path / "phone"
    code = run(home, "init", "--device")[1]["code"]
    assert run(home, "init", "--device")[1]["code"] == code
    typed = code.upper().replace("-", " ")
    first, second = (ada.call("device", "add", one, "--name", "p")["grant"] for one in (code, typed))
    assert first != second, "sealed anew"
    assert len(ada.call("ledger", "show", "--log")["entries"]) == 2
    file = tmp_path / "grant"
    file.write_text(second + "\n")
    assert run(home, "device", "accept", str(file))[0] == 0
    assert run(home, "device", "accept", first)[0] == 4
    assert run(home, "init", "--device")[0] == 5
    assert not (home / "keys" / "request.key").exists()


def test_wrong_codes(ada: User, tmp_path: Path) -> None:
    """A mistyped code, another's grant, a grant of nobody: each is said, and nothing is made of it."""
    home, other = tmp_path / "phone", tmp_path / "other"
    code, foreign = (run(one, "init", "--device")[1]["code"] for one in (home, other))
    swapped = code[:-1] + ("a" if code[-1] != "a" else "b")
    for wrong in (swapped, code[:-9], "lzg1-abc", "", "x" * 10_000, code + "0"):
        status, document = ada.run("device", "add", wrong)
        assert (status, document["error"]["code"]) == (2, "device-code"), wrong
    assert len(ada.call("ledger", "show", "--log")["entries"]) == 1
    grant = ada.call("device", "add", foreign)["grant"]
    for wrong in (grant, grant[:-8], "lzgrant1", "lzgrant1!!", "x", "lzgrant1" + "A" * 7000):
        status, document = run(home, "device", "accept", wrong)
        assert (status, document["error"]["code"]) == (2, "grant"), wrong
    assert not (home / "config.toml").exists()
    assert run(tmp_path / "none", "device", "accept", grant)[0] == 4
    assert run(home, "id")[1]["error"]["code"] == "no-home"
    assert say(home, "init", "--device", "--name", "x").status == 2
    assert ada.run("init", "--device")[0] == 5


def test_crashes_while_accepting(ada: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever accepting dies, the same grant ends it: one log, one genesis, and the asking key is gone."""
    home = tmp_path / "phone"
    code = run(home, "init", "--device")[1]["code"]
    log, grant = read_key(home / "keys", "log"), ada.call("device", "add", code)["grant"]

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    for step in ("devices.keep_grant", "desk.begin_log", "desk.write_config", "devices.open_desk"):
        with monkeypatch.context() as broken:
            broken.setattr(f"lazpool.actions.{step}", die)
            assert run_dying(home, grant) != 0, step
    assert run(home, "device", "accept", grant)[0] == 0
    assert read_key(home / "keys", "log") == log
    assert run(home, "ledger", "verify")[1] == {"ok": True, "entries": 1, "errors": [], "forgotten": 0}


def run_dying(home: Path, grant: str) -> int:
    """Accept a grant in a process that is interrupted; its status."""
    return say(home, "--json", "device", "accept", grant).status


def test_the_hubs_come_along(ada: User, tmp_path: Path) -> None:
    """What the first machine has joined, the second joins, too; and letters reach it under its own name."""
    address = "/ip4/127.0.0.1/tcp/4001/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"
    ada.call("join", address, "--offline")
    phone = Machine(tmp_path / "phone", ada)
    assert phone.call("id")["node"] != ada.call("id")["node"]
    with open_desk(phone.home) as desk:
        assert [row["address"] for row in own.hubs(desk.node)] == [address]
