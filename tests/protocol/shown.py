"""Records as vectors show them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from lazpool.records import sync

CELLS = {"cell_from", "cell_to", "pickup", "dropoff", "area", "areas"}


def shown(record: Any) -> dict[str, Any]:
    """Return a record's fields as vectors show them."""
    return {field.name: shown_value(field.name, getattr(record, field.name)) for field in fields(record)}


def shown_value(name: str, value: Any) -> Any:
    """Return the value of a field of some name as vectors show it."""
    if isinstance(value, sync.Post):
        return [value.envelope.hex(), shown_value("areas", value.areas)]
    if isinstance(value, tuple):
        return [shown_value(name, item) for item in value]
    if isinstance(value, bytes):
        return value.hex()
    if hasattr(value, "__dataclass_fields__"):
        return [shown_value("", getattr(value, field.name)) for field in fields(value)]
    return f"{value:x}" if name in CELLS else value
