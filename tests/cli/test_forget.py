"""`lazpool forget`, as it is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cli.test_export import verify
from tests.cli.test_settling import answer, balance
from tests.cli.users import User, run, say

if TYPE_CHECKING:
    from pathlib import Path


def test_forgetting_somebody(ridden: tuple[User, User], tmp_path: Path) -> None:
    """Refused while something is owed; then all is gone but the log, which verifies and says how much was forgotten."""
    ada, zoe = ridden
    status, document = run(ada.home, "forget", "Zoe")
    assert (status, document["error"]["code"]) == (5, "debts")
    assert run(ada.home, "forget", "Nobody")[0] == 4
    assert run(ada.home, "ledger", "verify")[1]["forgotten"] == 0
    zoe.call("settle", "Ada", "all")
    assert answer(zoe, ada, "confirm") == "sealed"
    said = ada.say("forget", "Zoe", "--yes")
    assert "forgot Zoe: 2 rides, 1 settlement, 2 deals" in said.out
    assert "no longer prove" in said.err
    assert "Backups and exports" in said.err
    assert "3 commitments whose receipts were forgotten" in say(ada.home, "ledger", "verify").out
    assert ada.call("deals")["deals"] == ada.call("ledger", "balance")["balances"] == []
    assert run(ada.home, "doctor")[0] == 0
    ada.call("ledger", "export", str(tmp_path / "all.json"))
    assert verify(tmp_path / "all.json").returncode == 0
    assert balance(zoe) == 0
