"""The [hub] table of config.toml: who runs a hub, what it serves, and how much it holds."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, fields
from typing import Any

from lazpool.errors import InvalidInputError

MAX_NAME, MAX_OPERATOR, MAX_RULES = 120, 240, 1200
"""Bytes of UTF-8: what a hub says of itself fits into an invitation."""
MAX_PLACES = 50
_BIND = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})")
_ADDRESS = re.compile(r"/(?:ip4|ip6|dns|dns4|dns6)/[^/\s]+/tcp/\d{1,5}")
_PORTS = 65536
_WORDS: dict[type, str] = {
    str: "text in quotes",
    int: "a whole number",
    bool: "true or false",
    tuple: "a list of texts",
}
_HINTS = {
    "web": 'web = "127.0.0.1:8080"',
    "address": 'address = "/dns4/hub.example.org/tcp/4001", as members reach it',
    "areas": 'areas = ["45.1885,5.7245"], at most 50 places, each for 120 km around it',
    "posts": "from 1000 to 200000",
    "letters_mb": "from 1 to 512",
}


@dataclass(frozen=True, slots=True)
class Hub:
    """What a hub is set to. All of it is public but the limits.

    name, operator, rules: told on its page, in invitations and to other nodes. web: HOST:PORT of that page, empty for
    none. address: where members reach it, empty for an address of the machine's own. areas: places around which it
    serves; none, and it serves what its members follow. posts, letters_mb: how many posts, and megabytes of letters, it
    holds at most. members_only: it lets in those whom it was told to allow, and nobody else.
    """

    name: str = ""
    operator: str = ""
    rules: str = ""
    web: str = ""
    address: str = ""
    areas: tuple[str, ...] = ()
    posts: int = 200_000
    letters_mb: int = 512
    members_only: bool = False

    def __post_init__(self) -> None:
        """Refuse what could not be served."""
        for name, most in (("name", MAX_NAME), ("operator", MAX_OPERATOR), ("rules", MAX_RULES)):
            text = getattr(self, name)
            if len(text.encode()) > most:
                raise _wrong(name, f"is longer than {most} bytes")
            if not all(sign.isprintable() or (sign == "\n" and name == "rules") for sign in text):
                raise _wrong(name, "has signs in it that nobody can see")
        if self.web:
            bind_of(self.web)
        if self.address and not _ADDRESS.fullmatch(self.address):
            raise _wrong("address", "is no address of a node without its name")
        if len(self.areas) > MAX_PLACES:
            raise _wrong("areas", f"names more than {MAX_PLACES} places")
        if not 1000 <= self.posts <= 200_000:  # noqa: PLR2004 # as the hint says
            raise _wrong("posts", "is out of range")
        if not 1 <= self.letters_mb <= 512:  # noqa: PLR2004 # the same
            raise _wrong("letters_mb", "is out of range")


def bind_of(text: str) -> tuple[str, int]:
    """Return host and port of `HOST:PORT`, such as 127.0.0.1:8080 or [::1]:8080."""
    found = _BIND.fullmatch(text.strip())
    if found is None or int(found[3]) >= _PORTS:
        raise InvalidInputError(f"{text!r} is not HOST:PORT", hint="such as 127.0.0.1:8080, or [::1]:8080")
    return found[1] or found[2], int(found[3])


def hub_of(table: object) -> Hub:
    """Return the [hub] of the settings, or raise InvalidInputError naming the key that is wrong."""
    if not isinstance(table, dict):
        raise InvalidInputError("config.toml: hub is not a table", hint="write [hub] on a line of its own")
    kinds = {field.name: type(field.default) for field in fields(Hub)}
    values: dict[str, Any] = {}
    for name, value in table.items():
        if name not in kinds:
            raise _wrong(name, "is no setting of it", f"settings: {', '.join(kinds)}")
        read = tuple(value) if isinstance(value, list) and all(isinstance(one, str) for one in value) else value
        if type(read) is not kinds[name]:
            raise _wrong(name, f"is not {_WORDS[kinds[name]]}")
        values[name] = unicodedata.normalize("NFC", read).strip() if isinstance(read, str) else read
    return Hub(**values)


def _wrong(name: str, why: str, hint: str = "") -> InvalidInputError:
    return InvalidInputError(f"config.toml: [hub] {name} {why}", hint=hint or _HINTS.get(name, ""))
