"""The options that set the conditions of a trip, the same for every command that makes offers or requests."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from lazpool.rules.conditions import CONDITIONS, NO_SMOKING, SMOKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lazpool.cli.app import Table
    from lazpool.rules.conditions import Condition

F = TypeVar("F", bound="Callable[..., Any]")
Side = Literal["offer", "request"]

_GROUP = "Only with members of this closed group; see: lazpool group --help."
_NAMED = [one for one in CONDITIONS if one is not NO_SMOKING]


def conditions(side: Side) -> Callable[[F], F]:
    """Add options for every condition and for the group; the function gets them as `flags: int` and `group: str`."""

    def decorate(function: F) -> F:
        @wraps(function)
        def gathered(*args: Any, **values: Any) -> Any:
            group = unicodedata.normalize("NFC", values.pop("group")).strip()
            return function(*args, flags=_gather(values), group=group, **values)

        found: Any = click.option("--group", metavar="NAME", default="", help=_GROUP)(gathered)
        for one in reversed(_NAMED):
            found = _option(one, side)(found)
        return found  # type: ignore[no-any-return] # click's decorators return what they are given

    return decorate


def described(document: Mapping[str, object]) -> str:
    """Return the conditions of a document for people: `luggage, women-only, in Village`."""
    group = document.get("group") or ("another group" if document.get("in_group") else "")
    found = document.get("conditions")
    return ", ".join([*(found if isinstance(found, list) else []), *([f"in {group}"] if group else [])])


def with_conditions(table: Table, documents: Sequence[Mapping[str, object]]) -> Table:
    """Return a table with a column of conditions, one document a row, if any has some."""
    said = [described(one) for one in documents]
    if not any(said):
        return table
    rows = [(*row, text) for row, text in zip(table.rows, said, strict=True)]
    return replace(table, columns=(*table.columns, "conditions"), rows=rows)


def _option(one: Condition, side: Side) -> Callable[[F], F]:
    said = getattr(one, side)
    if one is SMOKING:
        said = f"{said}, or {getattr(NO_SMOKING, side)}"
        return click.option(f"--{one.name}/--{NO_SMOKING.name}", default=None, help=_sentence(said))
    return click.option(f"--{one.name}", is_flag=True, help=_sentence(said))


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _gather(values: dict[str, Any]) -> int:
    """Take the conditions out of what click found, and return them as flags."""
    given = {one: values.pop(one.name.replace("-", "_")) for one in _NAMED}
    flags = sum(one.mask for one, value in given.items() if value)
    return flags | NO_SMOKING.mask if given[SMOKING] is False else flags
