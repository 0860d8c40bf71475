"""`lazpool key rotate` and `device revoke`, as they are typed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from lazpool.cli.main import cli
from tests.cli.test_devices import Machine
from tests.cli.users import ROOT, TOMORROW, User, carry, process, ride

if TYPE_CHECKING:
    from pathlib import Path


def test_a_new_identity(tmp_path: Path) -> None:
    """The partner sees one person under the new identity, exports of both verify, and the paper is another."""
    ada, zoe = User(tmp_path / "ada"), User(tmp_path / "zoe")
    ride(ada, zoe, TOMORROW, "tomorrow 08:00")
    words = ada.call("key", "paper")["parts"]
    said = ada.call("key", "rotate", "--yes")
    assert (said["old"], said["told"]) == (ada.identity, 1)
    assert said["identity"] == ada.call("id")["identity"] != ada.identity
    carry(ada, zoe)
    (owed,) = zoe.call("ledger", "balance")["balances"]
    assert (owed["with"], owed["name"]) == (said["identity"], "Ada")
    new = ada.call("key", "paper")["parts"]
    assert new[0] == words[1]
    assert new[1] not in words
    ride(ada, zoe, "tomorrow 17:30", "tomorrow 18:00")
    paid = zoe.call("settle", "Ada", "all")["settlement"]
    carry(ada, zoe)
    ada.call("confirm", paid)
    carry(ada, zoe)
    assert [one["share"]["amount"] for one in zoe.call("ledger", "balance")["balances"]] == [0]
    ada.call("ledger", "resume", "--yes")
    for user in (ada, zoe):
        assert user.call("ledger", "verify")["ok"]
        assert user.run("doctor")[0] == 0
        file = tmp_path / f"{user.home.name}.json"
        user.call("ledger", "export", str(file))
        seen = process(str(file), program=["examples/verify_receipt.py", "--ledger"], cwd=ROOT)
        assert seen.returncode == 0, seen.stdout


def test_revoked_by_name(tmp_path: Path) -> None:
    """A further machine is revoked by its name, once; it is listed so, and others are asked for by their logs."""
    ada = User(tmp_path / "ada")
    Machine(tmp_path / "phone", ada)
    assert ada.run("device", "revoke", "tablet", "--yes")[0] == 4
    said = ada.call("device", "revoke", "Phone", "--yes")
    assert (said["last"], said["told"]) == (0, 0)
    assert [one["state"] for one in ada.call("device", "list")["devices"]] == ["revoked", "this"]
    again = ada.run("device", "revoke", said["log"][:8], "--yes")
    assert (again[0], again[1]["error"]["code"]) == (5, "revoked")
    this = ada.call("device", "list")["devices"][-1]["log"]
    assert ada.run("device", "revoke", this, "--yes")[1]["error"]["code"] == "own-log"
    kinds = [one["kind"] for one in ada.call("ledger", "show", "--log")["entries"]]
    assert kinds == ["genesis", "device-added", "device-revoked"]


def rotate_by_paper(home: Path, words: list[str], *more: str) -> tuple[int, dict[str, Any]]:
    """Type part 2 of a paper key on stdin."""
    typed = " ".join(words)
    result = CliRunner().invoke(cli, ["--home", str(home), "--json", "key", "rotate", "--yes", *more], input=typed)
    return result.exit_code, json.loads(result.stdout)


def test_the_identity_key_is_lost(tmp_path: Path) -> None:
    """Its file is gone: the hint names the way, the next key alone goes it, and the partner sees the same person."""
    ada, zoe = User(tmp_path / "ada"), User(tmp_path / "zoe")
    ride(ada, zoe, TOMORROW, "tomorrow 08:00")
    (ada.home / "keys" / "identity.key").unlink()
    status, refused = ada.run("id")
    assert status != 0
    assert "lazpool key rotate" in refused["error"]["hint"]
    said = ada.call("key", "rotate", "--yes")
    assert said["old"] == ada.identity
    carry(ada, zoe)
    assert [one["with"] for one in zoe.call("ledger", "balance")["balances"]] == [said["identity"]]
    assert (ada.call("id")["identity"], ada.run("doctor")[0]) == (said["identity"], 0)
    file = tmp_path / "all.json"
    ada.call("ledger", "export", str(file))
    seen = process(str(file), program=["examples/verify_receipt.py", "--ledger"], cwd=ROOT)
    assert seen.returncode == 0, seen.stdout


def test_the_next_key_is_lost(tmp_path: Path) -> None:
    """Its file is gone: the hint names the paper, part 2 of which makes the home whole again."""
    ada = User(tmp_path / "ada")
    before = ada.identity
    _, second = (part.split() for part in ada.call("key", "paper")["parts"])
    (ada.home / "keys" / "next_identity.key").unlink()
    status, refused = ada.run("id")
    assert (status, "lazpool key rotate --paper" in refused["error"]["hint"]) == (4, True)
    assert ada.run("key", "rotate", "--yes")[1]["error"]["code"] == "no-identity"
    status, said = rotate_by_paper(ada.home, second, "--paper")
    assert (status, said["old"]) == (0, before)
    assert (ada.call("id")["identity"], ada.run("doctor")[0]) == (said["identity"], 0)


def test_a_further_machine_becomes_the_one_of_the_identity(tmp_path: Path) -> None:
    """All that is left is a telephone and the paper: part 2 makes it the machine of the next identity."""
    ada, zoe = User(tmp_path / "ada"), User(tmp_path / "zoe")
    phone = Machine(tmp_path / "phone", ada)
    ride(phone, zoe, TOMORROW, "tomorrow 08:00")
    first, second = (part.split() for part in ada.call("key", "paper")["parts"])
    assert phone.run("key", "rotate", "--yes")[1]["error"]["code"] == "no-identity"
    for words, code in ((first, "not-promised"), (second[:23], "words"), ([*second[:23], "zzz"], "words")):
        status, refused = rotate_by_paper(phone.home, words, "--paper")
        assert (status, refused["error"]["code"]) == (5 if code == "not-promised" else 2, code)
    status, said = rotate_by_paper(phone.home, second, "--paper")
    assert (status, said["old"], said["told"]) == (0, ada.identity, 1)
    assert not (phone.home / "keys" / "device.grant").exists()
    carry(phone, zoe)
    assert [one["with"] for one in zoe.call("ledger", "balance")["balances"]] == [said["identity"]]
    assert phone.call("key", "paper")["identity"] == said["identity"]
    assert phone.call("ledger", "verify")["ok"]
    assert phone.run("doctor")[0] == 0
