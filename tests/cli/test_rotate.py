"""`lazpool key rotate` and `device revoke`, as they are typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
