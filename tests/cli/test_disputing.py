"""Disagreeing at the command line: dispute, correct, claim, and what people read of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cli.test_settling import balance
from tests.cli.users import User, carry

if TYPE_CHECKING:
    from pathlib import Path


def test_disputed_and_corrected(ridden: tuple[User, User], tmp_path: Path) -> None:
    """Both see a dispute and what it waits for; the correction moves both balances, in every list and export."""
    ada, zoe = ridden
    before = balance(ada)
    record = next(one for one in ada.call("ledger", "show")["records"] if one["kind"] == "ride")
    was = abs(record["share"]["amount"])
    zoe.call("dispute", record["id"][:8], "--reason", "wrong-amount", "--text", "half the way")
    assert zoe.run("dispute", record["id"][:8])[0] == 5
    carry(ada, zoe)
    assert "half the way" in ada.say("disputes").out
    deal = record["deal"][:8]
    assert "they dispute it: wrong amount" in ada.say("deal", deal).out
    assert ada.call("deal", deal)["deals"][0]["disputes"][0]["reason"] == "wrong-amount"
    said = ada.call("correct", record["id"][:8], f"{(was - 10) / 100:.2f}")
    carry(ada, zoe)
    assert (balance(ada), zoe.call("disputes")["corrections"][0]["state"]) == (before, "offered")
    assert "to confirm or refuse: lazpool disputes" in zoe.say("ledger", "balance").out
    zoe.call("confirm", said["correction"][:8])
    carry(ada, zoe)
    assert balance(ada) == before - 10 == -balance(zoe)
    assert [one["ended"] for one in zoe.call("disputes")["disputes"]] == ["corrected"]
    assert "you corrected" in ada.say("ledger", "show").out
    assert "Ada corrected" in zoe.say("ledger", "show", "--log").out
    for form in ("csv", "hledger", "json"):
        file = tmp_path / f"out.{form}"
        ada.call("ledger", "export", str(file), "--format", form)
        assert "correction" in file.read_text()
    for user in ridden:
        assert user.call("ledger", "verify")["ok"]
    assert "No fork is known" in ada.say("forks").out
    assert ada.call("forks") == {"forks": [], "doubts": []}


def test_what_cannot_be(ridden: tuple[User, User]) -> None:
    """Errors name what is wrong and what to type."""
    ada, _ = ridden
    record = [one for one in ada.call("ledger", "show")["records"] if one["kind"] == "ride"][-1]
    amount = f"{abs(record['share']['amount']) / 100:.2f}"
    assert ada.run("correct", record["id"][:8], amount)[0] == 5
    assert ada.run("dispute", record["id"][:8], "--end")[0] == 4
    assert ada.run("correct", "ffffffff", "1")[0] == 4
    assert ada.run("claim", record["deal"][:8])[0] == 5
