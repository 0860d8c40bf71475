"""Ids by their first hex digits, as people type them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from lazpool.store.database import Store

Table: TypeAlias = Literal[
    "posts", "deals", "matches", "plans", "withdrawn", "receipts", "settlements", "corrections", "circle_records"
]
MOST = 8
"""How many candidates are worth showing; one more is returned, so that the caller sees there are others."""


def starting_with(db: Store, table: Table, digits: str) -> list[bytes]:
    """Return the ids in a table that begin with these hex digits, at most MOST + 1."""
    column = "post_id" if table == "withdrawn" else "id"  # the post that was withdrawn, not the withdrawal
    sql = f"SELECT {column} FROM {table} WHERE substr(hex({column}), 1, ?) = ? ORDER BY 1 LIMIT ?"  # noqa: S608 # our names
    return [row[0] for row in db.all(sql, (len(digits), digits.upper(), MOST + 1))]
