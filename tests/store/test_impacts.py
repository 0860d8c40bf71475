"""Tables of emissions: those that come with lazpool say where they are from, and wrong ones are refused by name."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from lazpool.config import Config
from lazpool.errors import InvalidInputError, NotFoundError
from lazpool.rules.cost import CO2_G_PER_KM
from lazpool.rules.impact import Ride, saving
from lazpool.store import impacts

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
title = "Our valley"
car = 120
car_source = "our garage"
transit = 30.5
transit_source = "the bus company"
checked = 2026-05-03
[[cases]]
name = "alone"
drove = 1
transit = 0
induced = 0
kept = 1
source = "assumed"
"""


@pytest.mark.parametrize("name", ["plain", "fr"])
def test_those_that_come_with_lazpool(tmp_path: Path, name: str) -> None:
    """Each figure has a source; short and long rides have a case with rebound or the counterfactual, below the top."""
    found = impacts.load(tmp_path, name)
    assert found.title
    assert found.car_source
    assert found.transit_source
    assert date.fromisoformat(found.checked)
    assert all(case.source for case in found.cases)
    for distance in (10, 799, 800, 5000):
        saved = saving(Ride(distance, 1), found)
        assert 0 < saved.least < saved.most / 2, "nobody is told the upper bound alone"
        assert saved.most == round(found.car * distance / 10)


def test_where_no_country_is_known_a_car_is_that_of_matches(tmp_path: Path) -> None:
    """What a match calls saved at most is not another figure in the statement of a plain home."""
    assert impacts.chosen(Config(tmp_path)).car == CO2_G_PER_KM


def test_which_is_chosen(tmp_path: Path) -> None:
    """The table of the profile; that of no country where it has none; one's own before either."""
    assert impacts.chosen(Config(tmp_path, profile="fr")).name == "fr"
    assert impacts.chosen(Config(tmp_path, profile="gb")).name == "plain"
    (tmp_path / "impacts").mkdir()
    (tmp_path / "impacts" / "gb.toml").write_text(GOOD)
    found = impacts.chosen(Config(tmp_path, profile="gb"))
    assert (found.title, found.car, found.transit) == ("Our valley", 120, 30.5)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("car = 120", 'car = "120"', "car"),
        ("car = 120", "car = true", "car"),
        ("car = 120", "car = -1", "car"),
        ("car = 120", "car = nan", "car"),
        ("car = 120", "", "car is missing"),
        ('title = "Our valley"', "title = 5", "title"),
        ("checked = 2026-05-03", 'checked = "today"', "checked"),
        ("drove = 1", "drove = 1.1", "drove"),
        ("drove = 1\ntransit = 0", "drove = 0.6\ntransit = 0.6", "more than 1"),
        ("kept = 1", "kept = 1\nlost = 0", "lost"),
        ("kept = 1", "kept = 1\nto_km = 80", "no case is about rides of 80 km"),
        ("kept = 1", "kept = 1\nfrom_km = 1", "no case is about rides of 0 km"),
        ("[[cases]]", "[cases]", "cases"),
        ("title =", "title", "gb"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    """A table that is not right is refused as a whole, and the message says which key."""
    (tmp_path / "gb.toml").write_text(GOOD.replace(old, new))
    with pytest.raises(InvalidInputError, match=named):
        impacts.load(tmp_path, "gb")


def test_unknown_names(tmp_path: Path) -> None:
    """A name that is none leads nowhere, least of all out of the folder."""
    with pytest.raises(InvalidInputError):
        impacts.load(tmp_path, "../keys")
    with pytest.raises(NotFoundError):
        impacts.load(tmp_path, "nowhere")
