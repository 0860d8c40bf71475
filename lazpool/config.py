"""Settings: a TOML file in the home, the environment and the platform's directories become one frozen Config."""

from __future__ import annotations

import json
import os
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lazpool.errors import InvalidInputError, NoHomeError, RefusedError

FILE = "config.toml"
DEFAULT_NETWORK = "lazpool"
MAX_PLAN_DAYS = 13
"""Posts live at most 14 days, and outlive their trip."""
_WORDS: dict[type, str] = {str: "text in quotes", int: "a whole number"}


@dataclass(frozen=True, slots=True)
class Config:
    """What a home is set to.

    home: its folder. network: only nodes of the same network hear each other. name, contact: told to a partner in a
    sealed letter, never in public. zone: IANA name, for times typed without one. unit: currency code of prices.
    plan_days: how many days ahead the posts of a plan are published.
    countries: codes such as `FR CH` of those whose towns `place update` makes known by name.
    roads: folder of the road extract, empty for the one in the home.
    """

    home: Path
    network: str = DEFAULT_NETWORK
    name: str = ""
    contact: str = ""
    zone: str = "UTC"
    unit: str = "EUR"
    plan_days: int = 7
    countries: str = ""
    roads: str = ""

    def __post_init__(self) -> None:
        """Refuse a zone that does not exist, and days that posts cannot live."""
        check_zone(self.zone)
        if not 1 <= self.plan_days <= MAX_PLAN_DAYS:
            hint = "it is for how many days ahead plans publish their posts"
            raise InvalidInputError(f"plan_days is not from 1 to {MAX_PLAN_DAYS}", hint=hint)

    @property
    def keys_folder(self) -> Path:
        """Where the key files are."""
        return self.home / "keys"

    @property
    def node_file(self) -> Path:
        """The database of everything that is ours."""
        return self.home / "node.db"

    @property
    def board_file(self) -> Path:
        """The database of what was heard; may be deleted at any time."""
        return self.home / "board.db"

    @property
    def towns_file(self) -> Path:
        """The towns known by name; may be deleted, and is built anew by `place update`."""
        return self.home / "places.db"

    @property
    def roads_folder(self) -> Path:
        """Where the road extract is; several homes of a machine may share one."""
        return Path(self.roads).expanduser() if self.roads else self.home / "roads"

    @property
    def lock_file(self) -> Path:
        """Held by the running node; tells where it listens."""
        return self.home / "node.lock"


def check_zone(name: str) -> str:
    """Return the name of a time zone, or raise InvalidInputError when there is none of that name."""
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = "use an IANA name such as Europe/Paris"
        raise InvalidInputError(f"there is no time zone {name!r}", hint=hint) from None


def default_home() -> Path:
    """Return LAZPOOL_HOME, or the platform's data directory."""
    if home := os.environ.get("LAZPOOL_HOME"):
        return Path(home)
    import platformdirs  # noqa: PLC0415 # only needed without LAZPOOL_HOME, and a command should start fast

    return Path(platformdirs.user_data_dir("lazpool"))


def load_config(home: Path) -> Config:
    """Read the settings of an existing home, or raise NoHomeError."""
    try:
        with (home / FILE).open("rb") as file:
            values = tomllib.load(file)
    except FileNotFoundError:
        raise NoHomeError(f"there is no lazpool home at {home}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise InvalidInputError(f"{home / FILE} is not valid TOML: {wrong}") from wrong
    return Config(home, **_known(values))


def write_config(config: Config) -> None:
    """Write the settings of a new home; RefusedError when it has some already."""
    lines = [f"{field.name} = {json.dumps(getattr(config, field.name))}" for field in fields(config)[1:]]
    try:
        with (config.home / FILE).open("x", encoding="utf-8") as file:
            file.write(
                "# Settings of this lazpool home; see docs/reference/configuration.md\n" + "\n".join(lines) + "\n"
            )
    except FileExistsError:
        raise RefusedError(f"{config.home} is a lazpool home already", code="home-exists") from None


def change_setting(home: Path, name: str, value: str) -> None:
    """Set one value in the settings of a home, leaving everything else in the file as it is."""
    file = home / FILE
    lines, line = file.read_text(encoding="utf-8").splitlines(), f"{name} = {json.dumps(value)}"
    places = [number for number, old in enumerate(lines) if old.partition("=")[0].strip() == name]
    at = places[0] if places else len(lines)
    lines[at : at + 1] = [line]
    aside = file.with_name(f"{FILE}.{os.getpid()}.new")
    try:
        aside.write_text("\n".join(lines) + "\n", encoding="utf-8")
        aside.replace(file)
    finally:
        aside.unlink(missing_ok=True)


def _known(values: dict[str, object]) -> dict[str, Any]:
    kinds = {field.name: type(field.default) for field in fields(Config) if field.name != "home"}
    for name, value in values.items():
        if name not in kinds:
            hint = f"settings: {', '.join(sorted(kinds))}"
            raise InvalidInputError(f"{FILE}: there is no setting {name!r}", hint=hint)
        if type(value) is not kinds[name]:
            raise InvalidInputError(f"{FILE}: {name} is not {_WORDS[kinds[name]]}")
    return values
