"""The verifier of examples/, which is a third implementation and knows nothing of lazpool."""

from __future__ import annotations

import ast
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazpool.errors import MalformedError
from lazpool.wire.codec import decode
from tests.protocol.vectors import FILES, Vector, vectors
from tests.records.values import mutated

if TYPE_CHECKING:
    from types import ModuleType

EXAMPLES = Path(__file__).parents[2] / "examples"
ALONE = """
import runpy, sys
sys.modules["lazpool"] = None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Python that cannot import lazpool, even where it is installed."""
KNOWN = {"codec", "hash", "signature", "certificate", "envelope", "entry", "chain", "receipt", "settlement", "bundle"}
KNOWN |= {"merkle", "checkpoint", "proof", "fork", "correction", "revocation", "rotation"}
BUNDLES = [vector for vector in vectors() if vector.group["type"] == "Bundle"]
BYTES = [one.raw("bytes") for one in vectors() if len(one.test.get("bytes", "")) < 2000 and "bytes" in one.test]


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the verifier in a Python of its own, isolated and without lazpool."""
    command = [sys.executable, "-I", "-c", ALONE, str(EXAMPLES / "verify_receipt.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def strict_bytes() -> ModuleType:
    """Load the verifier's reader of bytes."""
    spec = importlib.util.spec_from_file_location("strict_bytes", EXAMPLES / "strict_bytes.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


STRICT = strict_bytes()


def test_it_agrees_with_the_vectors() -> None:
    """Every vector of the bytes, receipts and logs has the outcome that the vector says; none of those is skipped."""
    done = run(*FILES)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {path.stem for path in FILES} >= KNOWN
    assert len(done.stdout.splitlines()) == len(FILES)
    for line in done.stdout.splitlines():
        name, counts = line.split(": ")
        assert "0 failed" in counts
        if name.removesuffix(".json") in KNOWN:
            assert counts.endswith("0 skipped")
            assert not counts.startswith("0 passed")


def test_it_disagrees_with_a_false_vector(tmp_path: Path) -> None:
    """A vector that says the wrong thing is found: valid instead of invalid, or another layer."""
    document = json.loads(next(path for path in FILES if path.stem == "receipt").read_text("ascii"))
    tests = document["testGroups"][0]["tests"]
    tests[-1]["layer"] = "seal"
    (tmp_path / "false.json").write_text(json.dumps(document))
    done = run(tmp_path / "false.json")
    assert done.returncode == 1
    assert "not seal" in done.stdout
    tests[-1].pop("layer")
    tests[-2]["terms"] = tests[0]["terms"]
    (tmp_path / "false.json").write_text(json.dumps(document))
    assert "1 failed" in run(tmp_path / "false.json").stdout


@pytest.mark.parametrize("name", ["verify_receipt.py", "strict_bytes.py", "merkle_proofs.py"])
def test_it_imports_nothing_of_lazpool(name: str) -> None:
    """Its imports are Python's own, PyNaCl and its own other files."""
    tree = ast.parse((EXAMPLES / name).read_text("utf-8"))
    roots = {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    roots |= {str(node.module).split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert roots - sys.stdlib_module_names <= {"nacl", "msgpack", "strict_bytes", "merkle_proofs"}


def test_it_reads_exported_ledgers(tmp_path: Path) -> None:
    """A valid export verifies and is told in words; with an invalid one among them the status is 1."""
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(next(one.test["bundle"] for one in BUNDLES if one.test["result"] == "valid")))
    bad.write_text(json.dumps(next(one.test["bundle"] for one in BUNDLES if one.test["result"] == "invalid")))
    done = run("--ledger", good)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "8.34 EUR" in done.stdout
    assert "2 receipts verified" in done.stdout
    done = run("--ledger", good, bad, tmp_path / "missing.json")
    assert done.returncode == 1
    assert done.stdout.count("not valid") == 2
    assert not done.stderr


def test_the_command_line_is_checked() -> None:
    """Without a file there is nothing to do, which is status 2."""
    assert run().returncode == 2


@given(data=st.data())
@settings(deadline=None, max_examples=600)
def test_two_decoders_agree(data: st.DataObject) -> None:
    """On mutated bytes of any record, the reader byte by byte and lazpool's codec agree: same value, or same layer."""
    changed = data.draw(mutated(data.draw(st.sampled_from(BYTES))))
    assert _theirs(changed) == _ours(changed)


@pytest.mark.parametrize("vector", [one for one in vectors() if one.file == "codec"], ids=str)
def test_two_decoders_agree_on_vectors(vector: Vector) -> None:
    """The same for every vector of the codec."""
    assert _theirs(vector.raw("bytes")) == _ours(vector.raw("bytes"))


def _theirs(data: bytes) -> Any:
    try:
        return STRICT.decode(data, 1000)
    except STRICT.RefusedError as wrong:
        return wrong.layer


def _ours(data: bytes) -> Any:
    def listed(value: Any) -> Any:
        return [listed(item) for item in value] if isinstance(value, tuple) else value

    try:
        return listed(decode(data, 1000))
    except MalformedError as wrong:
        return wrong.layer
