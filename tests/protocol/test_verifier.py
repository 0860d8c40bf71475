"""The verifier of examples/, which is a third implementation and knows nothing of lazpool."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h3.api.basic_int as h3
import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazpool.errors import MalformedError
from lazpool.records.agreements import agreement_from
from lazpool.records.circles import founding_from, ride_from
from lazpool.records.places import MEETING_RES
from lazpool.wire.codec import decode
from tests.protocol.vectors import FILES, Vector, vectors
from tests.records.values import mutated, retyped

if TYPE_CHECKING:
    from collections.abc import Callable
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
KNOWN |= {"agreement", "circle", "turns", "group", "seal", "witness"}
PARTS = {path.stem for path in EXAMPLES.glob("*.py")}
BUNDLES = [vector for vector in vectors() if vector.group["type"] == "Bundle"]
BYTES = [one.raw("bytes") for one in vectors() if len(one.test.get("bytes", "")) < 2000 and "bytes" in one.test]


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the verifier in a Python of its own, isolated and without lazpool."""
    command = [sys.executable, "-I", "-c", ALONE, str(EXAMPLES / "verify_receipt.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def part(name: str) -> ModuleType:
    """Load a file of the verifier."""
    sys.path.insert(0, str(EXAMPLES))
    try:
        return import_module(name)
    finally:
        sys.path.pop(0)


STRICT, AGREEMENTS, CIRCLES = part("strict_bytes"), part("agreement_records"), part("circle_records")
TERMS = {
    "Agreement": (AGREEMENTS.agreement_terms, agreement_from),
    "Founding": (CIRCLES.founding, founding_from),
    "CircleRide": (CIRCLES.ride, ride_from),
}
"""How the verifier and lazpool read the same bytes."""
SIGNED = [one for one in vectors() if one.group["type"] in TERMS and one.test["result"] == "valid"]


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


@pytest.mark.parametrize("name", sorted(PARTS))
def test_it_imports_nothing_of_lazpool(name: str) -> None:
    """Its imports are Python's own, PyNaCl and its own other files."""
    tree = ast.parse((EXAMPLES / f"{name}.py").read_text("utf-8"))
    roots = {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    roots |= {str(node.module).split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert roots - sys.stdlib_module_names <= {"nacl", *PARTS}


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


@given(data=st.data())
@settings(deadline=None, max_examples=600)
def test_two_readers_of_terms_agree(data: st.DataObject) -> None:
    """On altered terms of an agreement or a circle the verifier and lazpool agree: both read it, or the same layer."""
    signed = data.draw(st.sampled_from(SIGNED))
    theirs, ours = TERMS[signed.group["type"]]
    raw = signed.raw("terms")
    another = msgpack.packb(retyped(data.draw, decode(raw, len(raw)))) if data.draw(st.booleans()) else b""
    changed = another or data.draw(mutated(raw))
    assert _layer(theirs, changed) == _layer(ours, changed)


@given(data=st.data())
@settings(deadline=None, max_examples=300)
def test_two_readers_of_cells_agree(data: st.DataObject) -> None:
    """The verifier reads the bits of a cell as H3 does, also those of pentagons, and of what is none."""
    base = data.draw(st.integers(0, 127) | st.sampled_from(sorted(AGREEMENTS.PENTAGONS)))
    digits = [*data.draw(st.lists(st.sampled_from([0, 0, *range(8)]), min_size=9, max_size=9)), *[7] * 6]
    cell = int(f"10001001{base:07b}" + "".join(f"{digit:03b}" for digit in digits), 2)
    cell ^= data.draw(st.just(0) | st.integers(0, 63).map(lambda bit: 1 << bit))
    ours = cell < 2**63 and h3.is_valid_cell(cell) and h3.get_resolution(cell) == MEETING_RES
    assert AGREEMENTS.is_cell(cell, MEETING_RES) == ours


def _layer(read: Callable[[bytes], Any], data: bytes) -> str:
    try:
        read(data)
    except (STRICT.RefusedError, MalformedError) as wrong:
        return str(wrong.layer)
    return "valid"


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
