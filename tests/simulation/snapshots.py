"""What a home holds, to compare before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk

TABLES = ("places", "hubs", "posts", "boxes", "deals", "notes", "letters", "entries", "receipts", "settlements")
TABLES += ("corrections", "disputes")
SETTLED = "id, kind, deal, letter_kind, counter, tag, letterboxes, data, awaits, answers, expires"
"""The columns of the outbox that say what is sent; the others say when it is sent next."""


def contents(desk: Desk) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of node.db, without when letters are sent next."""
    rows = {table: desk.node.all(f"SELECT * FROM {table} ORDER BY 1") for table in TABLES}  # noqa: S608 # our names
    rows["outbox"] = desk.node.all(f"SELECT {SETTLED} FROM outbox ORDER BY id")  # noqa: S608 # the same
    return {table: [tuple(row) for row in found] for table, found in rows.items()}
