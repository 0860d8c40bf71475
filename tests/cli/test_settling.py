"""Settling at the command line: who owes pays and says so, the other confirms, and both see the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.scanner import scanned
from tests.cli.test_export import verify
from tests.cli.users import TOMORROW, User, carry, ride

if TYPE_CHECKING:
    from pathlib import Path


def balance(user: User) -> int:
    """Return what the other owes somebody."""
    return int(user.call("ledger", "balance")["balances"][0]["share"]["amount"])


def answer(payer: User, payee: User, word: str, *more: str) -> str:
    """Let the payee answer what waits; return the state on the payer's side afterwards."""
    carry(payer, payee)
    waiting = next(one for one in payee.call("settlements")["settlements"] if one["state"] == "offered")
    payee.call(word, waiting["id"][:8], *more)
    carry(payer, payee)
    return str(payer.call("settlements")["settlements"][-1]["state"])


def test_paid_in_parts(ridden: tuple[User, User], tmp_path: Path) -> None:
    """A part, a refused one, the rest: both ledgers hold, are even, and the proof verifies without lazpool."""
    ada, zoe = ridden
    owed = balance(ada)
    said = zoe.call("settle", "Ada", "5", "--method", "bank")
    assert said["state"] == "proposed"
    assert balance(zoe) == -owed
    assert answer(zoe, ada, "confirm") == "sealed"
    assert (balance(ada), balance(zoe)) == (owed - 500, 500 - owed)
    zoe.call("settle", ada.identity[:8], "all")
    assert answer(zoe, ada, "refuse", "--reason", "it was less") == "lapsed"
    assert "it was less" in zoe.say("settlements").out
    zoe.call("settle", "ada", "ALL")
    assert answer(zoe, ada, "confirm") == "sealed"
    assert (balance(ada), balance(zoe)) == (0, 0)
    for user in ridden:
        assert user.call("ledger", "verify")["ok"]
    file = tmp_path / "paid.json"
    assert ada.call("ledger", "export", str(file), "--receipt", said["settlement"])["records"] == 1
    done = verify(file)
    assert done.returncode == 0, done.stdout
    assert "has settled 5.00 EUR with" in done.stdout
    assert "bank" in done.stdout
    ada.call("ledger", "export", str(tmp_path / "all.json"))
    assert "2 receipts, 2 settlements verified" in verify(tmp_path / "all.json").stdout


def test_what_is_paid_twice_is_owed_back(ridden: tuple[User, User]) -> None:
    """Paying more than is owed is possible, and a person is told first what it means."""
    ada, zoe = ridden
    before = balance(ada)
    assert zoe.run("settle", "Ada", "all")[0] == (5 if before <= 0 else 0)
    zoe.call("settle", "Ada", "1.50", "--yes")
    assert zoe.run("settle", "Ada", "1")[0] == 5
    assert answer(zoe, ada, "confirm") == "sealed"
    assert balance(zoe) == 150 - before
    ada.call("settle", "Zoe", "1.50", "--method", "offset")
    assert answer(ada, zoe, "confirm") == "sealed"
    assert balance(ada) == before


def test_what_people_read(ridden: tuple[User, User]) -> None:
    """Lists say who paid whom, how, and what to type next."""
    ada, zoe = ridden
    zoe.call("settle", "Ada", "2", "--unit", "chf")
    carry(zoe, ada)
    assert "1 to confirm or refuse" in ada.say("ledger", "balance").out
    offered = ada.say("settlements").out
    assert "from Zoe" in offered
    assert "confirm, refuse" in offered
    assert "2.00 CHF" in offered
    mine = [one for one in zoe.call("settlements")["settlements"] if one["state"] == "proposed"]
    assert zoe.call("refuse", mine[0]["id"]) == {"settlement": mine[0]["id"], "state": "lapsed"}
    carry(zoe, ada)
    shown = zoe.say("ledger", "show", "--with", "Ada").out
    assert "you rode with Ada" in shown
    assert "you paid Ada" in shown
    assert "by rides" in zoe.say("ledger", "balance").out
    kinds = {one["kind"] for one in zoe.call("ledger", "show")["entries"]}
    assert {"settle-proposed", "settle-lapsed"} <= kinds
    assert json.dumps(zoe.call("settlements"))


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("settle", "Nobody", "5"), 4),
        (("settle", "", "5"), 2),
        (("settle", "Ada", "0"), 2),
        (("settle", "Ada", "-5"), 2),
        (("settle", "Ada", "5.001"), 2),
        (("settle", "Ada", "nan"), 2),
        (("settle", "Ada", "1e99"), 2),
        (("settle", "Ada", "5", "--unit", "EURO"), 2),
        (("settle", "Ada", "5", "--method", "bitcoin"), 2),
        (("confirm", "00000000"), 4),
        (("refuse", "00"), 2),
    ],
)
def test_bad_input(ridden: tuple[User, User], words: tuple[str, ...], status: int) -> None:
    """What makes no sense is a usage error, and who or what is not known is not found."""
    assert ridden[1].run(*words)[0] == status


def test_a_code_for_the_bank(tmp_path: Path) -> None:
    """The driver's account is told in a sealed letter once agreed; the passenger's bank reads it from the code."""
    ada, zoe = User(tmp_path / "ada"), User(tmp_path / "zoe")
    file = ada.home / "config.toml"
    file.write_text(file.read_text().replace('iban = ""', 'iban = "de89 3704 0044 0532 0130 00"'))
    ride(ada, zoe, TOMORROW, "tomorrow 08:00")
    file.write_text(file.read_text().replace("de89 3704 0044 0532 0130 00", ""))
    said = zoe.say("settle", "Ada", "5", "--method", "bank", "--qr").out
    (read,) = scanned(said)
    service, version, _, identification, _, name, account, amount, _, _, text, *_ = read.splitlines()
    assert (service, version, identification) == ("BCD", "002", "SCT")
    assert (name, account, amount) == ("Ada", "DE89370400440532013000", "EUR5")
    assert text.startswith("lazpool ")
    zoe.call("refuse", zoe.call("settlements")["settlements"][0]["id"])
    assert zoe.run("settle", "Ada", "5", "--qr")[0] == 2
    assert zoe.run("settle", "Ada", "5", "--method", "bank", "--qr", "--unit", "CHF")[0] == 5
    assert ada.run("settle", "Zoe", "5", "--method", "bank", "--qr")[0] == 5
    assert ada.run("settle", "Zoe", "5", "--method", "bank", "--qr", "--iban", "DE89370400440532013001")[0] == 2
    assert ada.run("settle", "Zoe", "5", "--method", "bank", "--qr", "--iban", "DE89370400440532013000")[0] == 0
    carry(ada, zoe)
    zoe.call("confirm", zoe.call("settlements")["settlements"][-1]["id"])
    carry(ada, zoe)
    assert ada.run("settle", "Zoe", "10995116277.75")[0] == 2, "more than the total can hold"
    file.write_text(file.read_text().replace('iban = ""', 'iban = "DE00"'))
    assert ada.run("deals")[0] == 2


def test_the_driver_cannot_confirm_for_the_payer(ridden: tuple[User, User]) -> None:
    """Only the payee confirms; who is owed is told that the other one settles."""
    ada, zoe = ridden
    before = balance(ada)
    mine = zoe.call("settle", "Ada", "1", "--yes")["settlement"]
    assert zoe.run("confirm", mine)[0] == 5
    zoe.call("refuse", mine)
    carry(zoe, ada)
    assert balance(ada) == before
