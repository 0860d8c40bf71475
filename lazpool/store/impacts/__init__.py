"""What rides spare the air, as data: TOML files, those that come with lazpool beside this module, and one's own.

One's own are `impacts/NAME.toml` in the home. The name is that of the cost profile; where no table has it, that of no
country is taken.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lazpool.errors import MalformedError
from lazpool.rules.impact import Case, Factors
from lazpool.store import tables

if TYPE_CHECKING:
    from pathlib import Path

    from lazpool.config import Config

DEFAULT = "plain"
_FIGURES, _TEXTS = ("car", "transit"), ("title", "car_source", "transit_source")
_PARTS, _SPAN = ("drove", "transit", "induced", "kept"), ("from_km", "to_km")
_MOST_G = 10_000


def chosen(config: Config) -> Factors:
    """Return the factors of the profile of the settings."""
    folder = config.home / "impacts"
    return load(folder, config.profile if config.profile in tables.names(__name__, folder) else DEFAULT)


@lru_cache
def load(folder: Path, name: str) -> Factors:
    """Return the factors of that name; NotFoundError where there are none, InvalidInputError naming what is wrong."""
    return tables.read(__name__, folder, name, _factors, what="table of emissions")


def _factors(name: str, values: dict[str, Any]) -> Factors:
    tables.check_keys(values, {*_TEXTS, *_FIGURES, "checked", "cases"})
    if not isinstance(values["cases"], list) or not all(isinstance(case, dict) for case in values["cases"]):
        raise MalformedError("shape", "cases are not tables headed [[cases]]")
    said: dict[str, Any] = {key: tables.text(key, values[key]) for key in _TEXTS}
    said |= {key: _number(key, values[key], _MOST_G) for key in _FIGURES}
    cases = tuple(_case(case) for case in values["cases"])
    _check_whole(cases)
    return Factors(name, checked=tables.day("checked", values["checked"]), cases=cases, **said)


def _case(values: dict[str, Any]) -> Case:
    tables.check_keys(values, {"name", "source", *_PARTS, *_SPAN}, optional=frozenset(_SPAN))
    parts = {key: _number(key, values[key], 1) for key in _PARTS}
    if parts["drove"] + parts["transit"] > 1:
        raise MalformedError("range", f"case {values['name']!r}: drove and transit are more than 1 together")
    span = {"from_km": _number("from_km", values.get("from_km", 0), math.inf)}
    span["to_km"] = _number("to_km", values.get("to_km", math.inf), math.inf)
    name, source = (tables.text(key, values[key]) for key in ("name", "source"))
    return Case(name=name, source=source, **parts, **span)


def _check_whole(cases: tuple[Case, ...]) -> None:
    """Raise MalformedError unless some case is about rides of every length."""
    for km in (0.0, *(case.to_km for case in cases if case.to_km < math.inf)):
        if not any(case.from_km <= km < case.to_km for case in cases):
            raise MalformedError("shape", f"no case is about rides of {km:g} km")


def _number(key: str, value: object, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise MalformedError("shape", f"{key} is not a number from 0 to {most:g}")
    return float(value)
