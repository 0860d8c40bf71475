"""Cost profiles: TOML files, those that come with lazpool beside this module, and one's own in the home."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lazpool.errors import InvalidInputError, MalformedError
from lazpool.records.posts import MAX_PRICE
from lazpool.records.shape import check_unit
from lazpool.rules.cost import Profile
from lazpool.store import tables

if TYPE_CHECKING:
    from pathlib import Path

    from lazpool.config import Config

_FIGURE = re.compile(r"\d{1,3}(?:\.\d{1,3})?")
_TEXTS, _DAYS = ("title", "unit", "rule", "source"), ("valid_from", "checked")
_FIGURES = ("price", "cap_per_seat", "cap_per_car")
_EXTRAS = ("tolls", "parking")
_THOUSAND = 1000


def chosen(config: Config) -> Profile:
    """Return the profile of the settings."""
    return load(config.profiles_folder, config.profile)


def usual_price(config: Config) -> int:
    """Return the price of the profile in thousandths per km and seat, if it counts in the currency of the settings."""
    profile = chosen(config)
    if profile.unit not in {"", config.unit}:
        hint = f'say --price, or set unit = "{profile.unit}" in config.toml'
        raise InvalidInputError(f"profile {profile.name} is in {profile.unit}, your unit is {config.unit}", hint=hint)
    return profile.price


def every(config: Config) -> list[Profile]:
    """Return all profiles, one's own in place of those that come with lazpool."""
    folder = config.profiles_folder
    return [load(folder, name) for name in tables.names(__name__, folder)]


@lru_cache
def load(folder: Path, name: str) -> Profile:
    """Return the profile of that name; NotFoundError where there is none, InvalidInputError naming what is wrong."""
    return tables.read(__name__, folder, name, _profile, what="cost profile")


def _profile(name: str, values: dict[str, Any]) -> Profile:
    optional = frozenset({"cap_per_seat", "cap_per_car", *_EXTRAS})
    tables.check_keys(values, {*_TEXTS, *_FIGURES, *_DAYS, *_EXTRAS}, optional=optional)
    said: dict[str, Any] = {key: tables.text(key, values[key]) for key in _TEXTS}
    if said["unit"]:
        check_unit("unit", said["unit"])
    said |= {key: _thousandths(key, values.get(key, "0")) for key in _FIGURES}
    said |= {key: tables.day(key, values[key]) for key in _DAYS}
    said |= {key: _standing(key, values[key]) for key in _EXTRAS if key in values}
    return Profile(name, **said)


def _standing(key: str, value: object) -> str:
    if value not in Profile.STANDINGS:
        raise MalformedError("shape", f"{key} is none of: {', '.join(Profile.STANDINGS)}")
    return str(value)


def _thousandths(key: str, text: object) -> int:
    """Return an amount per km such as "0.08" in thousandths, exactly: a float would make other money of it."""
    if not isinstance(text, str) or not _FIGURE.fullmatch(text):
        raise MalformedError("shape", f'{key} is not an amount in quotes such as "0.08"')
    whole, _, part = text.partition(".")
    found = int(whole) * _THOUSAND + int(part.ljust(3, "0"))
    if found > MAX_PRICE:
        raise MalformedError("range", f"{key} is more than {MAX_PRICE // _THOUSAND}")
    return found
