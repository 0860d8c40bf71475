"""Homes made by an earlier version go on: their databases are brought up to date with all that is in them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from lazpool.store import node_schema
from lazpool.store.database import open_store

if TYPE_CHECKING:
    from pathlib import Path


def earlier(stop_before: str) -> Any:
    """Return the schema of node.db as it was before a step."""

    def migrations() -> Any:
        whole = node_schema.migrations()
        return SimpleNamespace(apply=lambda database: whole.apply(database, stop_before=stop_before))

    return SimpleNamespace(APPLICATION_ID=node_schema.APPLICATION_ID, VERSION=1, migrations=migrations)


def test_a_home_from_before_plans(tmp_path: Path) -> None:
    """A database of an earlier version keeps what it has, and can hold plans."""
    old = open_store(tmp_path / "node.db", earlier("plans"), synchronous="FULL")
    old.execute("INSERT INTO places VALUES ('home', 45.0, 5.0)")
    assert not old.one("SELECT 1 FROM sqlite_master WHERE name='plans'")
    old.close()
    new = open_store(tmp_path / "node.db", node_schema, synchronous="FULL")
    assert new.number("PRAGMA user_version") == node_schema.VERSION
    assert new.number("SELECT count(*) FROM places") == 1
    assert new.number("SELECT count(*) FROM plans") == new.number("SELECT count(*) FROM plan_dates") == 0
    new.close()
