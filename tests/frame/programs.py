"""Small programs that stand in for those of a machine, for the tests of the frame."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]


def program(path: Path, script: str) -> Path:
    """Write an executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    path.chmod(0o755)
    return path
