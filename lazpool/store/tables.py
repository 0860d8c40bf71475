"""Data as TOML files: tables that come with lazpool, and one's own in the home, which go before them."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeVar

from lazpool.errors import InvalidInputError, MalformedError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.resources.abc import Traversable
    from pathlib import Path

_T = TypeVar("_T")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


def read(package: str, folder: Path, name: str, make: Callable[[str, dict[str, Any]], _T], *, what: str) -> _T:
    """Return what `make` builds of the table of that name: that of one's own folder, else that of the package.

    NotFoundError where there is none; InvalidInputError, naming the file and what is wrong in it, for one that `make`
    finds MalformedError in.
    """
    if not _NAME.fullmatch(name):
        raise InvalidInputError(f"{name!r} is no name of a {what}", hint="lazpool profiles")
    own = folder / f"{name}.toml"
    file: Traversable = own if own.is_file() else files(package) / f"{name}.toml"
    if not file.is_file():
        raise NotFoundError(f"there is no {what} {name!r}", hint=f"write {own}, or choose: lazpool profiles")
    try:
        return make(name, tomllib.loads(file.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, MalformedError) as wrong:
        raise InvalidInputError(f"{what} {file}: {wrong}") from wrong


def names(package: str, folder: Path) -> list[str]:
    """Return the names of all tables, one's own among them."""
    own = folder.glob("*.toml") if folder.is_dir() else ()
    return sorted({path.name.removesuffix(".toml") for path in (*files(package).iterdir(), *own) if _is_table(path)})


def check_keys(values: dict[str, Any], known: set[str], *, optional: frozenset[str] = frozenset()) -> None:
    """Raise MalformedError for a key that nothing reads, and for one that is missing."""
    if odd := sorted(values.keys() - known):
        raise MalformedError("shape", f"there is no {odd[0]!r}; there are: {', '.join(sorted(known))}")
    if missing := sorted(known - optional - values.keys()):
        raise MalformedError("shape", f"{missing[0]} is missing")


def text(key: str, value: object) -> str:
    """Return a text, or raise MalformedError."""
    if not isinstance(value, str):
        raise MalformedError("shape", f"{key} is not text in quotes")
    return value


def day(key: str, value: object) -> str:
    """Return a day as text, or raise MalformedError."""
    if type(value) is not date:
        raise MalformedError("shape", f"{key} is not a day such as 2027-01-31")
    return value.isoformat()


def _is_table(path: Traversable) -> bool:
    return path.name.endswith(".toml")
