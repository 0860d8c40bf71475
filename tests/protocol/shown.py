"""Records as vectors show them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

CELLS = {"cell_from", "cell_to", "pickup", "dropoff", "area", "areas"}


def shown(record: Any) -> dict[str, Any]:
    """Return a record's fields as vectors show them."""
    return {field.name: _shown(field.name, getattr(record, field.name)) for field in fields(record)}


def _shown(name: str, value: Any) -> Any:
    if isinstance(value, tuple):
        return [_shown(name, item) for item in value]
    if isinstance(value, bytes):
        return value.hex()
    if hasattr(value, "__dataclass_fields__"):
        return [_shown("", getattr(value, field.name)) for field in fields(value)]
    return f"{value:x}" if name in CELLS else value
