"""The shape of a vector file: Wycheproof's, with bytes in hex."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Group:
    """Tests with common inputs."""

    type: str
    inputs: dict[str, Any] = field(default_factory=dict)
    tests: list[dict[str, Any]] = field(default_factory=list)

    def valid(self, comment: str, **fields: Any) -> None:
        """Add what a reader must accept."""
        self.tests.append({"comment": comment, **fields, "result": "valid"})

    def invalid(self, comment: str, layer: str, **fields: Any) -> None:
        """Add what a reader must refuse, for the one reason that the comment names, by that layer."""
        self.tests.append({"comment": comment, **fields, "result": "invalid", "layer": layer})


def document(subject: str, schema: str, chapter: str, *groups: Group) -> str:
    """Return the text of a vector file; tests are numbered from 1 through all groups."""
    numbered, number = [], 0
    for group in groups:
        tests = []
        for test in group.tests:
            number += 1
            tests.append({"tcId": number, **test})
        numbered.append({"type": group.type, **group.inputs, "tests": tests})
    head = {"subject": subject, "schema": f"{schema}.json", "chapter": chapter, "numberOfTests": number}
    return json.dumps(_plain({**head, "testGroups": numbered}), indent=1, ensure_ascii=True) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
