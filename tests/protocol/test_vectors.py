"""Every vector, against lazpool's own readers."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from lazpool.errors import MalformedError
from lazpool.records.corrections import correction_from
from lazpool.records.entries import ROTATED, entry_from, keys_of
from lazpool.records.settlements import settlement_from
from lazpool.rules.replay import check_counts, verify_chain, verify_links, verify_receipts
from lazpool.wire.envelope import open_envelope
from tests.protocol.readers import READERS, sealed_receipt
from tests.protocol.vectors import FILES, PROTOCOL, Vector, vectors

if TYPE_CHECKING:
    from pathlib import Path

    from lazpool.records.entries import Entry

VECTORS = [vector for vector in vectors() if vector.group["type"] not in {"Bundle", "Proof"}]
VALID = [vector for vector in VECTORS if vector.test["result"] == "valid"]
INVALID = [vector for vector in VECTORS if vector.test["result"] == "invalid"]
BUNDLES = [one for one in vectors() if one.group["type"] == "Bundle" and one.test["result"] == "valid"]


@cache
def schemas() -> dict[str, Any]:
    """Return all schemas by name."""
    return {path.name: json.loads(path.read_text("ascii")) for path in (PROTOCOL / "schemas").glob("*.json")}


def validator(name: str) -> Draft202012Validator:
    """Return the validator of a schema, which may name others."""
    registry = Registry().with_resources([(key, Resource.from_contents(value)) for key, value in schemas().items()])
    return Draft202012Validator(schemas()[name], registry=registry)


@pytest.mark.parametrize("vector", VALID, ids=str)
def test_valid_ones_are_read(vector: Vector) -> None:
    """A valid vector is read, says the fields given beside it, and writes to the same bytes."""
    for name, value in READERS[vector.group["type"]](vector).items():
        assert value == vector.test[name], name


@pytest.mark.parametrize("vector", INVALID, ids=str)
def test_invalid_ones_are_refused(vector: Vector) -> None:
    """An invalid vector is refused by MalformedError of its layer, and by no other check."""
    with pytest.raises(MalformedError) as refusal:
        READERS[vector.group["type"]](vector)
    if "layer" in vector.test:
        assert refusal.value.layer == vector.test["layer"], refusal.value.message


@pytest.mark.parametrize("vector", BUNDLES, ids=str)
def test_exports_agree_with_the_ledger(vector: Vector) -> None:
    """What a valid export says is also what lazpool's own ledger holds to be right."""
    bundle = vector.test["bundle"]
    receipts = [sealed_receipt(one) for one in bundle["receipts"]]
    receipts += [sealed_receipt(one, settlement_from) for one in bundle.get("settlements", [])]
    receipts += [sealed_receipt(one, correction_from) for one in bundle.get("corrections", [])]
    for receipt in receipts:
        receipt.check()
    if "entries" not in bundle:
        return
    chains = [_chain(log, bundle["net"]) for log in [*bundle.get("old_logs", []), bundle["entries"]]]
    entries = [entry for chain in chains for entry in chain]
    debtor = receipts[0].terms.debtor
    newest = next((keys_of(entry)[0] for entry in reversed(entries) if entry.kind == ROTATED), debtor)
    assert not verify_links(chains, newest)
    if bundle["complete"]:
        assert not verify_receipts(entries, receipts) + check_counts([receipt.terms for receipt in receipts])


def _chain(log: list[str], net: str) -> list[Entry]:
    envelopes = [open_envelope(bytes.fromhex(one), 2048) for one in log]
    owner = entry_from(envelopes[0].body).log_pk
    entries, errors = verify_chain(envelopes, net=bytes.fromhex(net), log_pk=owner)
    assert not errors
    return entries


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_files_fit_their_schema(path: Path) -> None:
    """A vector file fits the schema that it names, and is not larger or smaller than it says."""
    document = json.loads(path.read_text("ascii"))
    validator(document["schema"]).validate(document)
    tests = [test for group in document["testGroups"] for test in group["tests"]]
    assert [test["tcId"] for test in tests] == list(range(1, document["numberOfTests"] + 1))
    for group in document["testGroups"]:
        comments = [test["comment"] for test in group["tests"]]
        assert path.stem == "topic" or len(set(comments)) == len(comments), "one vector, one reason"


@pytest.mark.parametrize("name", sorted(schemas()))
def test_schemas_are_schemas(name: str) -> None:
    """A schema is valid by itself, and is used by a vector file or by another schema."""
    Draft202012Validator.check_schema(schemas()[name])
    used = {json.loads(path.read_text("ascii"))["schema"] for path in FILES}
    assert name in used | {"common.json", "ledger.json"}


@pytest.mark.parametrize("vector", BUNDLES, ids=str)
def test_exports_fit_their_schema(vector: Vector) -> None:
    """A valid export fits the schema of exports."""
    validator("ledger.json").validate(vector.test["bundle"])


def test_a_schema_refuses() -> None:
    """The schemas are not empty: an invalid vector without its layer, and one with an unknown field, are refused."""
    document = json.loads((PROTOCOL / "vectors" / "route.json").read_text("ascii"))
    assert validator("route.json").is_valid(document)
    last = document["testGroups"][0]["tests"][-1]
    layer = last.pop("layer")
    assert not validator("route.json").is_valid(document)
    last.update(layer=layer, more=1)
    assert not validator("route.json").is_valid(document)
    last.pop("more")
    last["layer"] = "weather"
    assert not validator("route.json").is_valid(document)


def test_every_chapter_names_its_vectors() -> None:
    """Each vector file is named by the chapter that it proves, and each file that a chapter names exists."""
    for path in FILES:
        chapter = json.loads(path.read_text("ascii"))["chapter"]
        assert f"vectors/{path.name})" in (PROTOCOL / chapter).read_text("utf-8")
        assert f"vectors/{path.name})" in (PROTOCOL / "README.md").read_text("utf-8")
