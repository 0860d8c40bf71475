"""`statement`: a year for oneself, for programs, and as a page that is complete in itself and fits one sheet."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from lazpool.cli.statement_page import MAX_ROWS, ONE_COLUMN, page
from lazpool.rules.evidence import BOTH, CLASSES
from tests.cli.users import GRENOBLE, LYON, VOIRON, User, carry, run

if TYPE_CHECKING:
    from pathlib import Path


CHROMIUM = shutil.which("chromium")
QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--no-pdf-header-footer")
QUIET += ("--disable-background-networking", "--disable-component-update", "--disable-sync")


def year_of(user: User) -> str:
    """Return the year of somebody's rides, which are tomorrow's."""
    return str(user.call("ledger", "show")["records"][-1]["at"][:4])


def test_every_form_says_the_same(ridden: tuple[User, User], tmp_path: Path) -> None:
    """JSON on stdout or in a file, CSV and text have the same rides and sums; a file is written once."""
    driver, passenger = ridden
    year = year_of(passenger)
    said = passenger.call("statement", year)
    assert (said["totals"]["rides"], said["totals"]["days"], said["totals"]["people"]) == (2, 1, 1)
    assert said["totals"]["km"] == said["totals"]["km_ridden"] == sum(one["km"] for one in said["rides"])
    assert {one["evidence"] for one in said["rides"]} == {"mutual signature"}
    assert {one["with"] for one in said["rides"]} == {driver.identity}
    assert [one["rides"] for one in said["months"]] == [2]
    for form in ("json", "csv", "text", "html"):
        out = passenger.call("statement", year, "--format", form, "--out", str(tmp_path / form))
        assert out["bytes"] == (tmp_path / form).stat().st_size
        assert passenger.run("statement", year, "--format", form, "--out", str(tmp_path / form))[0] == 5
    assert json.loads((tmp_path / "json").read_text()) == said
    rows = list(csv.DictReader((tmp_path / "csv").read_text().splitlines()))
    assert [row["receipt"] for row in rows] == [one["receipt"] for one in said["rides"]]
    assert sum(int(row["co2_most_g"]) for row in rows) == said["totals"]["co2_g"]["most"]
    text = (tmp_path / "text").read_text()
    assert "2 on 1 day, with 1 person" in text
    assert said["factors"]["car_source"] in text
    assert passenger.say("statement", year, "--format", "csv").out == (tmp_path / "csv").read_text()


def test_positions_at_the_pick_up(tmp_path: Path) -> None:
    """Both say where they are when they meet, and the code is given: the statements of both have the highest class."""
    driver, passenger = (User(tmp_path / name, zone="UTC") for name in ("ada", "zoe"))
    soon = datetime.now(UTC) + timedelta(minutes=20)
    at, later = (f"{soon + timedelta(minutes=more):%Y-%m-%d %H:%M}" for more in (0, 25))
    driver.call("offer", GRENOBLE, LYON, "--at", at, "--via", VOIRON)
    passenger.call("request", VOIRON, LYON, "--at", later)
    carry(driver, passenger)
    deal = passenger.call("propose", passenger.call("matches")["matches"][0]["id"])["deal"]
    carry(driver, passenger)
    driver.call("accept", deal)
    carry(driver, passenger)
    assert passenger.run("pickup", deal, "--position", "nowhere")[0] == 4
    far = passenger.say("pickup", deal, "--position", LYON)
    assert "does not count" in far.err + far.out
    shown = passenger.call("pickup", deal, "--position", VOIRON)
    assert shown["position"] == {"metres": 0, "counts": True}
    alone = driver.call("pickup", deal, "--position", "45.3650,5.5915")
    assert (alone["state"], alone["position"]["counts"]) == ("agreed", True)
    assert driver.call("pickup", deal, shown["code"], "--position", "45.3651,5.5915")["state"] == "riding"
    carry(driver, passenger)
    year = at[:4]
    for user in (driver, passenger):
        said = user.call("statement", year)
        assert [one["evidence"] for one in said["rides"]] == ["both positions and code"]
        assert said["totals"]["evidence"] == {"mutual signature": 0, "one position": 0, "both positions and code": 1}
        assert "For 1 of 1 both also showed a position" in user.say("statement", year, "--format", "html").out
        assert "both positions and code" in user.say("statement", year).out
        assert "45.36" not in user.say("statement", year, "--format", "html").out
    (row,) = passenger.call("deal", deal)["deals"]
    assert [(one["mine"], one["counts"]) for one in row["positions"]] == [(False, True), (True, True)]
    assert "you 0 m away" in passenger.say("deal", deal).out


def test_nobody_is_named_and_no_money_told(ridden: tuple[User, User]) -> None:
    """Others stand there by their identity, and what the ride cost is nobody's business."""
    driver, passenger = ridden
    assert passenger.call("deals")["deals"][0]["name"] == "Ada"
    for form in ("text", "csv", "html"):
        said = passenger.say("statement", year_of(passenger), "--format", form).out
        assert driver.identity[:8] in said
        assert "Ada" not in said
        assert "EUR" not in said


def test_years_and_people_without_rides(ridden: tuple[User, User]) -> None:
    """A year without rides is said to have none, in every form; a person nobody knows is not found."""
    passenger = ridden[1]
    assert passenger.say("statement", "2001").out == "No rides in 2001 that both have signed for.\n"
    assert passenger.call("statement", "2001")["totals"]["rides"] == 0
    assert "none that both have signed for" in passenger.say("statement", "2001", "--format", "html").out
    assert passenger.call("statement", year_of(passenger), "--with", "Ada")["totals"]["rides"] == 2
    assert passenger.run("statement", year_of(passenger), "--with", "Nobody")[0] == 4
    assert passenger.run("statement", "27")[0] == 2
    assert passenger.run("statement", "last")[0] == 2


def test_a_damaged_receipt_makes_no_statement(ridden: tuple[User, User], tmp_path: Path) -> None:
    """What does not hold is reported with the status for damage, and no file is written."""
    home = tmp_path / "home"
    shutil.copytree(ridden[1].home, home)
    with closing(sqlite3.connect(home / "node.db")) as file, file:
        file.execute("UPDATE receipts SET second=first")
    status, said = run(home, "statement", year_of(ridden[1]), "--out", str(tmp_path / "x"))
    assert (status, said["error"]["code"]) == (7, "damaged")
    assert not (tmp_path / "x").exists()


class Page(HTMLParser):
    """What a page refers to, and whether its tags are closed."""

    def __init__(self, text: str) -> None:
        """Read a page."""
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag; none may refer to anything."""
        self.tags.add(tag)
        assert not {name for name, _ in attrs} & {"src", "href", "srcset", "action", "data"}
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the newest tag."""
        assert self.open.pop() == tag


def whole_of(rides: int, name: str = "Zoe") -> dict[str, Any]:
    """Return the document of a year of long and short rides."""
    one = {"role": "passenger", "with": "ab" * 32, "evidence": BOTH, "code": True, "receipt": "cd" * 32}
    one |= {"km": 1093.4, "seats": 2, "passenger_km": 2186.8, "co2_g": {"least": -1234, "most": 164_010}}
    sums = {
        "rides": rides,
        "days": rides,
        "people": 40,
        "codes": 3,
        "evidence": dict.fromkeys(CLASSES, rides),
        "co2_g": {"least": -1234, "most": 9_164_010},
    }
    sums |= {"km_driven": 1093.4, "km_ridden": 11093.4, "passenger_km": 21868.0}
    case = {"name": "alone", "source": "s" * 200, "from_km": 0, "to_km": 80}
    basis = {"title": "x", "checked": "2026-11-27", "car_g_per_km": 193.2, "car_source": "c" * 200}
    basis |= {"transit_g_per_km": 24.8, "transit_source": "t" * 120, "cases": [case] * 3}
    every = [{"date": f"2027-12-{day % 28 + 1:02d}", **one} for day in range(rides)]
    months = [{"month": f"2027-{month:02d}", **sums} for month in range(1, 13)]
    head = {"year": 2027, "name": name, "identity": "ef" * 32, "totals": sums, "waiting": 0}
    return {**head, "rides": every, "months": months, "factors": basis}


@pytest.mark.parametrize("rides", [0, 1, ONE_COLUMN, ONE_COLUMN + 1, MAX_ROWS, MAX_ROWS + 1])
def test_a_page_of_its_own(rides: int) -> None:
    """The page is well formed, refers to nothing, and forbids its reader to fetch anything; names cannot break it."""
    text = page(whole_of(rides, '</title><script>alert(1)</script> & "Zoe"'))
    read = Page(text)
    assert read.open == []
    assert "script" not in read.tags
    assert "default-src 'none'" in text
    assert not re.search(r"https?:|url\(|@import|//", text)
    assert text.count("cdcdcdcd") == (rides if rides <= MAX_ROWS else 0)


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_one_sheet(tmp_path: Path) -> None:
    """Printed by a browser, the page is one sheet of A4, with the widest rides and as many as it lists."""
    (tmp_path / "page.html").write_text(page(whole_of(MAX_ROWS)), "utf-8")
    command = [
        str(CHROMIUM),
        *QUIET,
        f"--user-data-dir={tmp_path / 'browser'}",
        f"--print-to-pdf={tmp_path / 'page.pdf'}",
    ]
    environment = {**os.environ, "HOME": str(tmp_path)}
    done = subprocess.run(
        [*command, f"file://{tmp_path / 'page.html'}"], capture_output=True, timeout=120, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert len(re.findall(rb"/Type /Page\b", (tmp_path / "page.pdf").read_bytes())) == 1
