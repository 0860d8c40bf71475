"""`ledger export`: what is written verifies without lazpool, and bookkeepers' programs read it."""

from __future__ import annotations

import csv
import json
import shutil
import stat
import subprocess
import sys
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.cli.users import ROOT, carry

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.users import User

VERIFIER = ROOT / "examples" / "verify_receipt.py"


def verify(*files: Path) -> subprocess.CompletedProcess[str]:
    """Run the verifier, which imports nothing of lazpool."""
    command = [sys.executable, "-I", str(VERIFIER), *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def receipts(user: User) -> list[str]:
    """Return the ids of somebody's sealed receipts."""
    return [one["receipt"] for one in user.call("ledger", "show")["entries"] if one["kind"] == "sealed"]


def test_one_receipt_verifies_anywhere(ridden: tuple[User, User], tmp_path: Path) -> None:
    """Both write a small file about a ride; it verifies, and one changed letter makes it void."""
    wanted, files = receipts(ridden[0])[0], []
    for user in ridden:
        files.append(tmp_path / f"{user.home.name}.json")
        said = user.call("ledger", "export", str(files[-1]), "--receipt", wanted[:8])
        assert (said["records"], said["bytes"]) == (1, files[-1].stat().st_size)
        assert said["bytes"] < 1536
        assert (said["checkpoint"], said["witnesses"]) == (0, 0)
    done = verify(*files)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(" owes ") == 2
    assert done.stdout.count("not under a checkpoint") == 2
    document = json.loads(files[0].read_text())
    text, middle = document["proof"], len(document["proof"]) // 2
    document["proof"] = text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1 :]
    files[0].write_text(json.dumps(document))
    assert verify(files[0]).returncode == 1


def test_a_checkpoint_on_demand(ridden: tuple[User, User], tmp_path: Path) -> None:
    """What was sealed is under it at once, witnessed or not; a second time there is nothing new."""
    user, file = ridden[0], tmp_path / "proof.json"
    made = user.call("ledger", "checkpoint")
    assert (made["new"], made["witnesses"]) == (True, 0)
    again = user.call("ledger", "checkpoint")
    assert (again["new"], again["checkpoint"]) == (False, made["checkpoint"])
    said = user.call("ledger", "export", str(file), "--receipt", receipts(user)[0][:8])
    assert (said["checkpoint"], said["bytes"] < 2048) == (made["checkpoint"], True)
    done = verify(file)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"under a checkpoint of {made['checkpoint']} entries" in done.stdout
    assert "witnessed by nobody" in done.stdout
    shown = user.call("ledger", "show")["entries"][-1]
    assert (shown["kind"], shown["size"], shown["witnesses"]) == ("checkpoint", made["checkpoint"], 0)
    assert "witnessed by 0" in user.say("ledger", "show", "--log").out
    carry(*ridden)
    assert "witnessed by 1" in user.say("ledger", "show", "--log").out
    said = user.call("ledger", "export", str(file), "--receipt", receipts(user)[0][:8], "--force")
    assert (said["witnesses"], said["bytes"] < 2048) == (1, True)
    assert "by the other device of the record" in verify(file).stdout
    whole = tmp_path / "whole.json"
    user.call("ledger", "export", str(whole))
    assert len(json.loads(whole.read_text())["checkpoints"]) == 1
    assert verify(whole).returncode == 0


def test_the_whole_ledger_verifies(ridden: tuple[User, User], tmp_path: Path) -> None:
    """Without options the file is the whole ledger with its log, complete."""
    for user in ridden:
        file = tmp_path / f"{user.home.name}.json"
        assert user.call("ledger", "export", str(file))["records"] == 2
        done = verify(file)
        assert done.returncode == 0, done.stdout + done.stderr
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_is_not_replaced_unasked(ridden: tuple[User, User], tmp_path: Path) -> None:
    """A file that is there stays as it is, unless --force says otherwise; no draft is left behind."""
    file = tmp_path / "kept.json"
    file.write_text("mine")
    assert ridden[0].run("ledger", "export", str(file))[0] == 5
    assert file.read_text() == "mine"
    assert ridden[0].run("ledger", "export", str(file), "--force")[0] == 0
    assert verify(file).returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["kept.json"]
    assert ridden[0].run("ledger", "export", str(tmp_path / "nowhere" / "x.json"))[0] == 1


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("--receipt", "00000000"), 4),
        (("--receipt", "00"), 2),
        (("--since", "2027-01-01"), 2),
        (("--all-witnesses",), 2),
        (("--format", "csv", "--receipt", "00000000"), 2),
        (("--format", "csv", "--with", "Nobody"), 4),
        (("--format", "csv", "--since", "2027-02-30"), 2),
    ],
)
def test_what_cannot_be_exported(
    ridden: tuple[User, User], tmp_path: Path, words: tuple[str, ...], status: int
) -> None:
    """Ids and people that nobody knows are not found, and what makes no sense is a usage error; nothing is written."""
    file = tmp_path / "none"
    assert ridden[0].run("ledger", "export", str(file), *words)[0] == status
    assert not file.exists()


def test_tables_and_documents_add_up(ridden: tuple[User, User], tmp_path: Path) -> None:
    """A table and a document say of each ride when, with whom, how far and how much, from either side."""
    driver, passenger = ridden
    for user, sign, other in ((driver, 1, passenger), (passenger, -1, driver)):
        user.call("ledger", "export", str(tmp_path / f"{sign}.csv"), "--format", "csv")
        user.call("ledger", "export", str(tmp_path / f"{sign}.json"), "--format", "json")
        rows = list(csv.DictReader((tmp_path / f"{sign}.csv").read_text().splitlines()))
        lines = json.loads((tmp_path / f"{sign}.json").read_text())["lines"]
        balance = user.call("ledger", "balance")["balances"][0]["share"]["amount"]
        assert [row["with"] for row in rows] == [other.identity] * 2
        assert sum(round(float(row["amount"]) * 100) for row in rows) == balance
        assert sum(line["share"]["amount"] for line in lines) == balance
        assert balance * sign > 0
        assert {row["id"] for row in rows} == set(receipts(user))


def test_days_and_people_are_chosen(ridden: tuple[User, User], tmp_path: Path) -> None:
    """Both days are included; a filter that fits nothing leaves an empty table."""
    driver, passenger = ridden
    tomorrow = date.today() + timedelta(days=1)  # noqa: DTZ011 # the zone of the homes is close enough to ours
    wide = ("--since", str(tomorrow - timedelta(days=1)), "--until", str(tomorrow + timedelta(days=1)))
    counts = [
        passenger.call("ledger", "export", str(tmp_path / "rides.csv"), "--format", "csv", "--force", *words)["records"]
        for words in (
            ("--with", "ada"),
            ("--with", driver.identity[:8]),
            wide,
            ("--since", str(tomorrow + timedelta(days=2))),
        )
    ]
    assert counts == [2, 2, 2, 0]
    assert len(passenger.call("ledger", "show", "--with", "Ada")["entries"]) == 4
    assert passenger.call("ledger", "show", "--until", "2020-01-01")["entries"] == []


@pytest.mark.skipif(shutil.which("hledger") is None, reason="hledger is not installed")
def test_hledger_reads_the_journal(ridden: tuple[User, User], tmp_path: Path) -> None:
    """A bookkeeper's program accepts the journal, and comes to the same balance."""
    passenger = ridden[1]
    file = tmp_path / "rides.journal"
    passenger.call("ledger", "export", str(file), "--format", "hledger")
    subprocess.run(["hledger", "-f", str(file), "check"], check=True, timeout=60)
    command = ["hledger", "-f", str(file), "balance", "Assets:Carpool", "-O", "csv", "--flat", "--no-total"]
    told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    row = next(row for row in csv.reader(told.splitlines()) if row[0].startswith("Assets:Carpool:Ada-"))
    owed = passenger.call("ledger", "balance")["balances"][0]["share"]["amount"]
    assert row[1] == f"{owed / 100:.2f} EUR"
