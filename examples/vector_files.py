"""The files of protocol/vectors: how each kind of test in them is checked.

A part of verify_receipt.py, which imports nothing of lazpool.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import agreement_records as agreements
import circle_records as circles
import closed_groups as groups
import merkle_proofs as merkle
import witness_frames
from cosigned_records import correction_terms, receipt, receipt_terms, settlement_terms
from fork_proofs import fork
from ledger_files import bundle, proof
from log_records import chain, entry, revocation, rotation, statement, statement_fields, witness
from strict_bytes import (
    RefusedError,
    decode,
    device,
    digest,
    envelope,
    fields,
    require,
    unseal,
    verify,
    verify_device,
)

if TYPE_CHECKING:
    from pathlib import Path

Test = dict[str, Any]
Check = Callable[[Test, Test], object]


def _is(found: Any, said: str) -> None:
    require(found == bytes.fromhex(said), "said", "something else than the vector says")


def _shown(value: Any) -> Any:
    if isinstance(value, list):
        return [_shown(item) for item in value]
    return value.hex() if isinstance(value, bytes) else value


def _says(found: dict[str, Any], test: Test) -> None:
    """Refuse what has other fields, another id or another commitment than the vector says."""
    said = {name: test[name] for name in ("id", "commitment") if name in test} | test.get("fields", {})
    require({name: _shown(found.get(name)) for name in said} == said, "said", "other fields than the vector says")


def _reading(read: Callable[[bytes], dict[str, Any]]) -> Check:
    """Return the check of records that are read and verified by themselves."""
    return lambda _, test: _says(read(bytes.fromhex(test["bytes"])), test)


def _co_signed(read: Callable[[bytes], dict[str, Any]]) -> Check:
    return lambda _, test: _says(receipt(test, read), test)


def _circle(read: Callable[[bytes], dict[str, Any]]) -> Check:
    def check(_: Test, test: Test) -> None:
        terms = read(bytes.fromhex(test["terms"]))
        circles.signed_by_all(terms, map(bytes.fromhex, test["signatures"]))
        _says(terms, test)

    return check


def _envelope(group: Test, test: Test) -> None:
    body, signature = envelope(bytes.fromhex(test["bytes"]), group["limit"])
    _is(body + signature, test["body"] + test["signature"])


def _signature(group: Test, test: Test) -> None:
    key, signature, net, identifier, extra = map(
        bytes.fromhex, (test["key"], test["signature"], group["net"], test["id"], test["extra"])
    )
    verify(key, signature, group["tag"], net, identifier, extra, rule=group["rule"])


def _certificate(group: Test, test: Test) -> None:
    verify_device(*map(bytes.fromhex, (group["identity"], test["log"], test["certificate"], group["net"])))


def _fork(_: Test, test: Test) -> None:
    found = fork(bytes.fromhex(test["bytes"]))
    _is(found["log"], test["log"])
    require((found["what"], found["number"]) == (test["what"], test["number"]), "said", "another fork")


def _chain(group: Test, test: Test) -> None:
    try:
        chain(test["entries"], bytes.fromhex(group["net"]), bytes.fromhex(group["log"]))
    except RefusedError as wrong:
        require(wrong.at == test.get("at"), "said", f"entry {wrong.at} was refused, not {test.get('at')}")
        raise


def _root(_: Test, test: Test) -> None:
    require(merkle.root([*map(bytes.fromhex, test["leaves"])]).hex() == test["root"], "proof", "another root")


def _inclusion(_: Test, test: Test) -> None:
    path = [*map(bytes.fromhex, test["path"])]
    found = merkle.included(bytes.fromhex(test["leaf"]), test["index"], test["size"], path)
    require(found.hex() == test["root"], "proof", "another root")


def _consistency(_: Test, test: Test) -> None:
    proof = [*map(bytes.fromhex, test["proof"])]
    older, newer = merkle.grown(test["first"], test["second"], bytes.fromhex(test["first_root"]), proof)
    require((older.hex(), newer.hex()) == (test["first_root"], test["second_root"]), "proof", "another root")


def _bundle(test: Test) -> None:
    late = [one["id"].hex() for one in bundle(test["bundle"]) if one.get("beyond")]
    require(late == test.get("beyond", []), "said", "other halves are beyond a revocation than the vector says")


def _agreement(_: Test, test: Test) -> None:
    names = ("passenger_sig", "offer_sig", "bind_sig")
    passenger, offer, bind = (bytes.fromhex(test[name]) for name in names)
    by_passenger, by_driver = (
        device(decode(bytes.fromhex(test[f"{who}_device"]), 512)) for who in ("passenger", "driver")
    )
    terms = agreements.agreement_terms(bytes.fromhex(test["terms"]))
    agreements.check_passenger(terms, passenger, by_passenger)
    agreements.check_driver(terms, offer, bind, by_driver)
    cells = {name: f"{terms[name]:x}" for name in ("pickup", "dropoff")}
    _says({**terms, **cells}, test)


def _counted(_: Test, test: Test) -> None:
    rides = [circles.ride(bytes.fromhex(one)) for one in test["rides"]]
    require([one["id"].hex() for one in circles.counted(rides)] == test["counted"], "said", "other rides count")


def _turns(group: Test, test: Test) -> None:
    standing = circles.points(dict(zip(test["people"], test["carried"], strict=True)), test["rides"])
    found = circles.UNIT, [*standing.values()], circles.order(standing, test["rides"], test["present"])
    require(found == (group["unit"], test["points"], test["order"]), "said", "another's turn")


def _tag(expected: bytes, test: Test) -> None:
    require(expected.hex() == test["tag"], "group", "not by a member")


CHECKS: dict[str, Check] = {
    "Codec": lambda group, test: decode(bytes.fromhex(test["bytes"]), group["limit"]),
    "Hash": lambda _, test: _is(digest(test["tag"], bytes.fromhex(test["data"])), test["digest"]),
    "Network": lambda _, test: _is(digest("lz/net/1", test["name"].encode())[:8], test["net8"]),
    "Signature": _signature,
    "Certificate": _certificate,
    "Envelope": _envelope,
    "Entry": _reading(entry),
    "Chain": _chain,
    "Receipt": _co_signed(receipt_terms),
    "Settlement": _co_signed(settlement_terms),
    "Revocation": _reading(revocation),
    "Rotation": _reading(rotation),
    "Checkpoint": _reading(statement),
    "Witness": lambda group, test: witness(
        fields(bytes.fromhex(test["bytes"]), 128, 3), statement_fields(bytes.fromhex(group["statement"]))
    ),
    "Proof": lambda _, test: proof(test["proof"]),
    "Fork": _fork,
    "Correction": _co_signed(correction_terms),
    "MerkleRoot": _root,
    "MerkleInclusion": _inclusion,
    "MerkleConsistency": _consistency,
    "Bundle": lambda _, test: _bundle(test),
    "Seal": lambda group, test: _is(
        unseal(bytes.fromhex(group["box_sk"]), bytes.fromhex(test["bytes"])), test.get("plain", "")
    ),
    "Agreement": _agreement,
    "Founding": _circle(circles.founding),
    "CircleRide": _circle(circles.ride),
    "CircleCounted": _counted,
    "CircleCode": lambda group, test: _says(circles.invitation(test["code"], bytes.fromhex(group["net"])), test),
    "Turns": _turns,
    "GroupPost": lambda group, test: _tag(
        groups.post_tag(*map(bytes.fromhex, (group["secret"], group["net"], test["post_pk"]))), test
    ),
    "GroupMember": lambda group, test: _tag(
        groups.member_tag(*map(bytes.fromhex, (group["secret"], test["agreement"]))), test
    ),
    "GroupCode": lambda group, test: _says(groups.group(test["code"], bytes.fromhex(group["net"])), test),
    "WitnessRequest": _reading(witness_frames.shown),
    "WitnessAnswer": _reading(witness_frames.answer),
}


def outcome(check: Check, group: Test, test: Test) -> str:
    """Return "valid", or the layer that refused."""
    try:
        check(group, test)
    except RefusedError as wrong:
        return wrong.layer
    return "valid"


def run_vectors(path: Path) -> bool:
    """Check every test of a vector file; print the counts, and tell whether all that could be checked agreed."""
    passed, failed, skipped = 0, 0, 0
    for group in json.loads(path.read_text("ascii"))["testGroups"]:
        check = CHECKS.get(group["type"])
        for test in group["tests"]:
            expected = test.get("layer", "valid")
            if check is None:
                skipped += 1
            elif (found := outcome(check, group, test)) == expected:
                passed += 1
            else:
                failed += 1
                print(f"{path.name} {test['tcId']} ({test['comment']}): {found}, not {expected}")
    print(f"{path.name}: {passed} passed, {failed} failed, {skipped} skipped")
    return failed == 0


def has_vectors(path: Path) -> bool:
    """Tell whether a file is one of vectors."""
    try:
        document = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return type(document) is dict and "testGroups" in document
