"""Cost profiles: TOML files, those that come with lazpool beside this module, and one's own in the home."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lazpool.errors import InvalidInputError, MalformedError, NotFoundError
from lazpool.records.posts import MAX_PRICE
from lazpool.records.shape import check_unit
from lazpool.rules.cost import Profile

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from lazpool.config import Config

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_FIGURE = re.compile(r"\d{1,3}(?:\.\d{1,3})?")
_TEXTS, _DAYS = ("title", "unit", "rule", "source"), ("valid_from", "checked")
_FIGURES = ("price", "cap_per_seat", "cap_per_car")
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
    own = config.profiles_folder.glob("*.toml") if config.profiles_folder.is_dir() else ()
    names = {path.name for path in (*_shipped().iterdir(), *own) if path.name.endswith(".toml")}
    return [load(config.profiles_folder, name.removesuffix(".toml")) for name in sorted(names)]


@lru_cache
def load(folder: Path, name: str) -> Profile:
    """Return the profile of that name; NotFoundError where there is none, InvalidInputError naming what is wrong."""
    if not _NAME.fullmatch(name):
        raise InvalidInputError(f"{name!r} is no name of a cost profile", hint="lazpool profiles")
    own, ours = folder / f"{name}.toml", _shipped() / f"{name}.toml"
    file: Traversable = own if own.is_file() else ours
    if not file.is_file():
        raise NotFoundError(f"there is no cost profile {name!r}", hint=f"write {own}, or choose: lazpool profiles")
    try:
        return _profile(name, tomllib.loads(file.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, MalformedError) as wrong:
        raise InvalidInputError(f"cost profile {file}: {wrong}") from wrong


def _shipped() -> Traversable:
    from importlib.resources import files  # noqa: PLC0415 # most commands need no profile

    return files(__name__)


def _profile(name: str, values: dict[str, Any]) -> Profile:
    known = {*_TEXTS, *_FIGURES, *_DAYS}
    if odd := sorted(values.keys() - known):
        raise MalformedError("shape", f"there is no {odd[0]!r}; there are: {', '.join(sorted(known))}")
    if missing := sorted(known - {"cap_per_seat", "cap_per_car"} - values.keys()):
        raise MalformedError("shape", f"{missing[0]} is missing")
    for key in _TEXTS:
        if type(values[key]) is not str:
            raise MalformedError("shape", f"{key} is not text in quotes")
    if values["unit"]:
        check_unit("unit", values["unit"])
    said: dict[str, Any] = {key: values[key] for key in _TEXTS}
    said |= {key: _thousandths(key, values.get(key, "0")) for key in _FIGURES}
    said |= {key: _day(key, values[key]) for key in _DAYS}
    return Profile(name, **said)


def _thousandths(key: str, text: object) -> int:
    """Return an amount per km such as "0.08" in thousandths, exactly: a float would make other money of it."""
    if not isinstance(text, str) or not _FIGURE.fullmatch(text):
        raise MalformedError("shape", f'{key} is not an amount in quotes such as "0.08"')
    whole, _, part = text.partition(".")
    found = int(whole) * _THOUSAND + int(part.ljust(3, "0"))
    if found > MAX_PRICE:
        raise MalformedError("range", f"{key} is more than {MAX_PRICE // _THOUSAND}")
    return found


def _day(key: str, value: object) -> str:
    if type(value) is not date:
        raise MalformedError("shape", f"{key} is not a day such as 2027-01-31")
    return value.isoformat()
