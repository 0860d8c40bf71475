"""Cost profiles: those that come with lazpool say where they are from, and wrong ones are refused by name."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from lazpool.config import Config
from lazpool.errors import InvalidInputError, NotFoundError
from lazpool.rules.cost import share
from lazpool.store import profiles

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
title = "Our village"
unit = "CHF"
price = "0.05"
cap_per_seat = "0.2"
rule = "As we agreed in the pub."
source = "minutes of 3 May"
valid_from = 2026-05-03
checked = 2026-05-03
"""


def test_those_that_come_with_lazpool(tmp_path: Path) -> None:
    """Each says rule, source and days; usual prices are below the cap; only the plain one has no country and no cap."""
    found = {one.name: one for one in profiles.every(Config(tmp_path))}
    assert set(found) == {"at", "de", "fr", "gb", "plain"}
    for one in found.values():
        assert one.title
        assert one.rule
        assert one.source
        assert date.fromisoformat(one.valid_from) <= date.fromisoformat(one.checked)
        if one.name != "plain":
            assert 0 < one.price < one.cap_per_seat <= one.cap_per_car
            assert one.unit == ("GBP" if one.name == "gb" else "EUR")
    assert found["plain"].most("EUR", 1000, 1) is None


def test_caps_count_as_shares_do(tmp_path: Path) -> None:
    """What is exactly at the cap is not above it; several seats together are bounded by what the trip costs."""
    france = profiles.load(tmp_path, "fr")
    for distance in (1, 7, 333, 1043, 9999):
        assert france.most("EUR", distance, 1) == share(318, distance, 1)
        assert france.most("EUR", distance, 3) == share(636, distance, 1)
    assert france.most("CHF", 1000, 1) is None


def test_ones_own(tmp_path: Path) -> None:
    """A file in the home is a profile, and goes before one of the same name."""
    config = Config(tmp_path, profile="village", unit="CHF")
    config.profiles_folder.mkdir()
    (config.profiles_folder / "village.toml").write_text(GOOD)
    (config.profiles_folder / "fr.toml").write_text(GOOD)
    assert profiles.usual_price(config) == 50
    assert profiles.chosen(config).most("CHF", 100, 2) == 400
    assert {one.title for one in profiles.every(config) if one.name in {"fr", "village"}} == {"Our village"}
    with pytest.raises(InvalidInputError, match="is in CHF, your unit is EUR"):
        profiles.usual_price(Config(tmp_path, profile="village"))


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('price = "0.05"', "price = 0.05", "price"),
        ('price = "0.05"', 'price = "-1"', "price"),
        ('price = "0.05"', 'price = "0.0001"', "price"),
        ('price = "0.05"', 'price = "999"', "price"),
        ('unit = "CHF"', 'unit = "francs"', "unit"),
        ('unit = "CHF"', "unit = 5", "unit"),
        ('rule = "As we agreed in the pub."', "", "rule"),
        ("checked = 2026-05-03", 'checked = "today"', "checked"),
        ('title = "Our village"', 'title = "Our village"\ncap = "1"', "cap"),
        ('title = "Our village"', "title =", "village"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    """A profile that is not right is refused as a whole, and the message says which key."""
    (tmp_path / "village.toml").write_text(GOOD.replace(old, new))
    with pytest.raises(InvalidInputError, match=named):
        profiles.load(tmp_path, "village")


@pytest.mark.parametrize("name", ["nowhere", "../keys", "FR", ""])
def test_unknown_names(tmp_path: Path, name: str) -> None:
    """A name that is none leads nowhere, least of all out of the folder."""
    with pytest.raises((InvalidInputError, NotFoundError)):
        profiles.load(tmp_path, name)


def test_tolls_and_parking(tmp_path: Path) -> None:
    """A profile says whether they may be shared beside its cap, or does not say; another word is wrong."""
    found = {one.name: one.besides for one in profiles.every(Config(tmp_path))}
    assert found == {"at": (), "de": (), "fr": ("tolls", "parking"), "gb": (), "plain": ()}
    (tmp_path / "village.toml").write_text(f'{GOOD}tolls = "besides"\nparking = "within"\n')
    assert profiles.load(tmp_path, "village").besides == ("tolls",)
    (tmp_path / "hamlet.toml").write_text(f'{GOOD}tolls = "maybe"\n')
    with pytest.raises(InvalidInputError, match="tolls is none of: besides, within, not said"):
        profiles.load(tmp_path, "hamlet")
