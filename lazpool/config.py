"""Settings: a TOML file in the home, the environment and the platform's directories become one frozen Config."""

from __future__ import annotations

import json
import os
import re
import tomllib
from dataclasses import dataclass, field, fields
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lazpool.errors import InvalidInputError, NoHomeError, RefusedError
from lazpool.hub import Hub, hub_of

FILE = "config.toml"
DEFAULT_NETWORK = "lazpool"
MAX_STAMP_BITS = 24
MAX_HUBS = 6
MAX_PLAN_DAYS = 13
"""Posts live at most 14 days, and outlive their trip."""
_IBAN, _IBAN_MODULUS = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}"), 97
EVENTS = ("match", "deal", "circle", "settlement")
MAX_HOOK_S = 600.0
_SCRIPT = re.compile(r"-[a-z]*c|-e")
"""Arguments after which shells, Python and Perl take a program."""
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_APART = {"home", "hook", "hub"}
"""What stands in no line of its own in the settings."""
_WORDS: dict[type, str] = {str: "text in quotes", int: "a whole number", bool: "true or false"}


@dataclass(frozen=True, slots=True)
class Hook:
    """A program of the user's that the running node starts when something happened.

    command: the program and its arguments, in which `{title}` and the like are replaced. events: of which kinds it is
    told. timeout: seconds after which it is ended.
    """

    PLACEHOLDERS: ClassVar[tuple[str, ...]] = ("title", "body", "event", "id", "count")
    command: tuple[str, ...]
    events: tuple[str, ...] = EVENTS
    timeout: float = 10.0

    def __post_init__(self) -> None:
        """Refuse what could never be run, and what would never be filled in."""
        if not self.command or not self.command[0] or _PLACEHOLDER.search(self.command[0]):
            raise _wrong_hook("command", "names no program", 'command = ["notify-send", "{title}", "{body}"]')
        if any(_SCRIPT.fullmatch(flag) and _PLACEHOLDER.search(word) for flag, word in pairwise(self.command)):
            hint = 'write "$LAZPOOL_BODY" there, with the quotes: names and notes of strangers are no part of a program'
            raise _wrong_hook("command", "has a placeholder inside a script", hint)
        if any("\0" in word for word in self.command):
            raise _wrong_hook("command", "has a zero in it", "arguments of programs cannot hold one")
        for name in (name for word in self.command for name in _PLACEHOLDER.findall(word)):
            if name not in self.PLACEHOLDERS:
                known = ", ".join(f"{{{one}}}" for one in self.PLACEHOLDERS)
                raise _wrong_hook("command", f"has {{{name}}}, which nothing fills in", f"there are: {known}")
        if not self.events or not set(self.events) <= set(EVENTS):
            raise _wrong_hook("events", "is not a list of kinds of events", f"there are: {', '.join(EVENTS)}")
        if not 0 < self.timeout <= MAX_HOOK_S:
            raise _wrong_hook("timeout", f"is not from 0 to {MAX_HOOK_S:.0f} seconds", "timeout = 10")


@dataclass(frozen=True, slots=True)
class Config:
    """What a home is set to.

    home: its folder. network: only nodes of the same network hear each other. name, contact, iban: told to a partner in
    a sealed letter, never in public. zone: IANA name, for times typed without one. unit: currency code of prices.
    profile: name of the cost profile. plan_days: how many days ahead the posts of a plan are published.
    stamp: bits of work on each post, see `lazpool offer --stamp`; one more takes twice as long.
    countries: codes such as `FR CH` of those whose towns `place update` makes known by name.
    hubs: with how many hubs the node keeps a connection; those that its owner did not join it finds itself.
    hub_witness: whether hubs are asked to witness our log; see docs/explanation/architecture.md.
    lan: whether nodes on the links of this machine are looked for, and told of this one.
    roads: folder of the road extract, empty for the one in the home. hook: a program that is told what happens.
    hub: who runs this hub, and how much it holds.
    """

    home: Path
    network: str = DEFAULT_NETWORK
    name: str = ""
    contact: str = ""
    iban: str = ""
    zone: str = "UTC"
    unit: str = "EUR"
    profile: str = "plain"
    plan_days: int = 7
    stamp: int = 8
    countries: str = ""
    hubs: int = 3
    roads: str = ""
    hub_witness: bool = False
    lan: bool = True
    hook: Hook | None = None
    hub: Hub = field(default_factory=Hub)

    def __post_init__(self) -> None:
        """Refuse a zone that does not exist, and days that posts cannot live."""
        check_zone(self.zone)
        if self.iban and not is_iban(plain_iban(self.iban)):
            raise InvalidInputError(f"iban: {self.iban!r} is not one", hint="look for a letter or digit that is wrong")
        if not 1 <= self.plan_days <= MAX_PLAN_DAYS:
            hint = "it is for how many days ahead plans publish their posts"
            raise InvalidInputError(f"plan_days is not from 1 to {MAX_PLAN_DAYS}", hint=hint)

        if not 0 <= self.hubs <= MAX_HUBS:
            hint = "it is with how many hubs the node keeps a connection; 0 for those alone that you joined"
            raise InvalidInputError(f"hubs is not from 0 to {MAX_HUBS}", hint=hint)
        if not 0 <= self.stamp <= MAX_STAMP_BITS:
            hint = "each bit doubles the time that a post takes; 8 are done at once"
            raise InvalidInputError(f"stamp is not from 0 to {MAX_STAMP_BITS}", hint=hint)

    @property
    def start(self) -> str:
        """The command that starts this home's node: one with a setting of a hub is one."""
        return "lazpool up" if self.hub == Hub() else "lazpool hub run"

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
    def profiles_folder(self) -> Path:
        """Where cost profiles of one's own are."""
        return self.home / "profiles"

    @property
    def lock_file(self) -> Path:
        """Held by the running node; tells where it listens."""
        return self.home / "node.lock"


def plain_iban(text: str) -> str:
    """Return an account number as typed, in groups or small letters, as it is stored."""
    return "".join(text.split()).upper()


def is_iban(text: str) -> bool:
    """Tell whether an account number has the form of ISO 13616 and its check digits hold; empty is none."""
    if not _IBAN.fullmatch(text):
        return False
    return int("".join(str(int(sign, 36)) for sign in text[4:] + text[:4])) % _IBAN_MODULUS == 1


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
    hook, hub = values.pop("hook", None), values.pop("hub", {})
    return Config(home, **_known(values), hook=None if hook is None else _hook(hook), hub=hub_of(hub))


def write_config(config: Config) -> None:
    """Write the settings of a new home; RefusedError when it has some already."""
    names = [one.name for one in fields(config) if one.name not in _APART]
    lines = [f"{name} = {json.dumps(getattr(config, name))}" for name in names]
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
    end = next((number for number, old in enumerate(lines) if old.lstrip().startswith("[")), len(lines))  # of settings
    places = [number for number, old in enumerate(lines[:end]) if old.partition("=")[0].strip() == name]
    at = places[0] if places else end
    lines[at : at + len(places[:1])] = [line]
    aside = file.with_name(f"{FILE}.{os.getpid()}.new")
    try:
        aside.write_text("\n".join(lines) + "\n", encoding="utf-8")
        aside.replace(file)
    finally:
        aside.unlink(missing_ok=True)


def _known(values: dict[str, object]) -> dict[str, Any]:
    kinds = {one.name: type(one.default) for one in fields(Config) if one.name not in _APART}
    for name, value in values.items():
        if name not in kinds:
            hint = f"settings: {', '.join(sorted(kinds))}, [hook], [hub]"
            raise InvalidInputError(f"{FILE}: there is no setting {name!r}", hint=hint)
        if type(value) is not kinds[name]:
            raise InvalidInputError(f"{FILE}: {name} is not {_WORDS[kinds[name]]}")
    return values


def _hook(table: object) -> Hook:
    """Return the [hook] of the settings, or raise InvalidInputError naming the key that is wrong."""
    if not isinstance(table, dict):
        raise InvalidInputError(f"{FILE}: hook is not a table", hint="write [hook] on a line of its own")
    for name in table:
        if name not in {"command", "events", "timeout"}:
            raise _wrong_hook(name, "is no setting of it", "settings: command, events, timeout")
    for name in ("command", "events"):
        words = table.get(name, [] if name == "command" else list(EVENTS))
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise _wrong_hook(name, "is not a list of texts", f'{name} = ["...", "..."]; there is no shell in between')
    if type(table.get("timeout", 0)) not in {int, float}:
        raise _wrong_hook("timeout", "is not a number of seconds", "timeout = 10")
    lists = {name: tuple(table[name]) for name in ("command", "events") if name in table}
    return Hook(**{"command": (), **table, **lists})


def _wrong_hook(name: str, why: str, hint: str) -> InvalidInputError:
    return InvalidInputError(f"{FILE}: [hook] {name} {why}", hint=hint)
