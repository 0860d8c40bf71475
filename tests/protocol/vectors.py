"""Reading the vector files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

PROTOCOL = Path(__file__).parents[2] / "protocol"
FILES = sorted((PROTOCOL / "vectors").glob("*.json"))


@dataclass(frozen=True)
class Vector:
    """One test of a group of a file; bytes in hex are read by `raw`."""

    file: str
    group: dict[str, Any]
    test: dict[str, Any]

    def raw(self, name: str) -> bytes:
        """Return a field of the test, or else of the group, as bytes."""
        return bytes.fromhex(self.test[name] if name in self.test else self.group[name])

    def __str__(self) -> str:
        """Return how pytest names it."""
        return f"{self.file}-{self.test['tcId']}-{self.test['comment']}"


def vectors() -> Iterator[Vector]:
    """Return all tests of all files."""
    for path in FILES:
        for group in json.loads(path.read_text("ascii"))["testGroups"]:
            for test in group["tests"]:
                yield Vector(path.stem, group, test)
