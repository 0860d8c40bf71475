"""A command starts fast: what it does not need is not imported."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.cli.users import GRENOBLE, LYON, ROOT, TOMORROW, User

if TYPE_CHECKING:
    from pathlib import Path

NETWORK = {"trio", "libp2p", "multiaddr", "structlog"}
HEAVY = NETWORK | {"sqlite_utils", "rich", "humanize", "tzlocal"}
UNWANTED = {
    ("--json", "board"): HEAVY | {"h3", "decimal", "platformdirs"},
    ("--json", "posts"): HEAVY,
    ("--json", "deals"): HEAVY,
    ("--json", "matches"): HEAVY | {"h3"},
    ("--json", "ledger", "verify"): HEAVY,
    ("--json", "offer", GRENOBLE, LYON, "--at", TOMORROW): HEAVY,
    ("board",): HEAVY - {"rich"},
    ("--help",): NETWORK | {"rich"},
}
_SPY = """
import json, sys
from lazpool.cli.main import cli
try:
    cli.main(sys.argv[1:])
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


@pytest.mark.parametrize("words", UNWANTED, ids=" ".join)
def test_what_a_command_does_not_import(tmp_path: Path, words: tuple[str, ...]) -> None:
    """No command but `up` and `hub run` imports trio or libp2p, and each leaves out what it does not need."""
    home = User(tmp_path / "ada").home
    done = subprocess.run(
        [sys.executable, "-c", _SPY, "--home", str(home), *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stderr.splitlines()[-1]))
    assert not UNWANTED[words] & loaded


def test_rich_is_imported_by_one_module() -> None:
    """Who wants to know how tables are drawn looks in one place."""
    importers = set()
    for path in (ROOT / "lazpool").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            importers |= {path.name for name in names if name.split(".")[0] == "rich"}
    assert importers == {"tables.py"}
