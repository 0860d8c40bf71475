"""The generator of vectors: deterministic, without lazpool, and a check that names what differs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.protocol.vectors import FILES, PROTOCOL

if TYPE_CHECKING:
    from pathlib import Path

ALONE = """
import runpy, sys
sys.modules["lazpool"] = None
sys.path.insert(0, sys.argv[1])
sys.argv = sys.argv[2:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of protocol/ that may be changed."""
    return shutil.copytree(PROTOCOL, tmp_path / "protocol", ignore=shutil.ignore_patterns("__pycache__"))


def generate(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the generator of a folder in a Python that cannot import lazpool."""
    command = [sys.executable, "-I", "-B", "-c", ALONE, str(folder), str(folder / "generate.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_vectors_are_what_the_generator_makes() -> None:
    """What is committed is what comes out, to the byte."""
    done = generate(PROTOCOL, "--check")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_change_is_named(copy: Path) -> None:
    """A file that was edited, one that is gone and one that nothing makes are named, and nothing is written."""
    (copy / "vectors" / "post.json").write_text("{}")
    (copy / "vectors" / "seal.json").unlink()
    (copy / "vectors" / "more.json").write_text("{}")
    done = generate(copy, "--check")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "more.json: nothing makes this file",
        "post.json: differs",
        "seal.json: missing",
    ]
    assert (copy / "vectors" / "post.json").read_text() == "{}"


def test_writing_heals(copy: Path) -> None:
    """Without --check all files are made from nothing, the same as those that are committed."""
    shutil.rmtree(copy / "vectors")
    assert generate(copy).returncode == 0
    for path in FILES:
        assert (copy / "vectors" / path.name).read_bytes() == path.read_bytes()
