"""What the program writes for others: the proof of one record and the exported ledger.

From protocol/checkpoints.md and receipts.md. A part of verify_receipt.py, which imports nothing of lazpool.
"""

from __future__ import annotations

import base64
from typing import Any

import merkle_proofs as merkle
from cosigned_records import (
    CORRECTED,
    SEALED,
    SETTLED,
    co_signed,
    correction_terms,
    receipt,
    receipt_terms,
    settlement_terms,
)
from log_records import (
    CHECKPOINT,
    CLAIM,
    DISPUTE,
    GENESIS,
    RESOLVED,
    RESUMED,
    ROTATED,
    chain,
    entry,
    revocation,
    statement,
    witness,
)
from strict_bytes import SEQ, decode, device, fields, require, sized, verify_device

PROOF = [
    *("version", "net", "terms", "init_sig", "init_cert", "resp", "blind", "owner"),
    *("entry", "path", "checkpoint", "witnesses", "revocations"),
]


def proof(document: dict[str, Any]) -> dict[str, Any]:
    """Verify the proof of one record; return the record, with its `entry`, `statement` and `witnesses`."""
    require(document.get("format") == "lazpool-proof-1" and type(document.get("proof")) is str, "shape", "no proof")
    found = dict(zip(PROOF, fields(_base64(document["proof"]), 8192, len(PROOF)), strict=True))
    require(found["version"] == 1, "shape", "no proof of version 1")
    _check_shapes(found)
    one = _record(found)
    require(one["net"] == sized(found["net"], 8), "chain", "a record of another network")
    sealed = entry(found["entry"])
    right = (one["net"], one["seal"], one["commitment"]) == (sealed["net"], sealed["kind"], sealed["said"][0])
    require(right, "chain", "an entry that seals something else")
    _note_revoked([one], [revocation(each) for each in found["revocations"]], one["net"])
    _check_owner(one, sealed, found["owner"])
    if not found["checkpoint"]:
        return {**one, "entry": sealed, "statement": None, "witnesses": []}
    stated = statement(found["checkpoint"])
    same = (stated["net"], stated["log"]) == (sealed["net"], sealed["log"])
    require(same, "chain", "a checkpoint of another log")
    leads_to = merkle.included(sealed["id"], sealed["seq"] - 1, stated["size"], found["path"])
    require(leads_to == stated["root"], "proof", "the path does not lead to the root")
    seen = [witness(said, stated) for said in found["witnesses"]]
    return {**one, "entry": sealed, "statement": stated, "witnesses": seen}


def _base64(text: str) -> bytes:
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        data = b""
    require(base64.urlsafe_b64encode(data).decode().rstrip("=") == text, "codec", "not base64url without padding")
    return data


def _check_shapes(found: dict[str, Any]) -> None:
    sized(found["net"], 8)
    for name in ("terms", "entry", "checkpoint"):
        require(type(found[name]) is bytes, "range", f"the {name} is not bytes")
    for name, most in {"resp": 5, "owner": 3, "path": 64, "witnesses": 8, "revocations": 2}.items():
        require(type(found[name]) is list and len(found[name]) <= most, "range", f"the {name} is too long, or no array")
    require(len(found["resp"]) == 5, "shape", "no second half")
    require(all(type(one) is bytes for one in found["revocations"]), "range", "a revocation that is none")
    for step in found["path"]:
        sized(step, 32)
    good = all(type(said) is list and len(said) == 3 for said in found["witnesses"])
    require(good, "shape", "a witness that is none")
    keys = [sized(said[0], 32) for said in found["witnesses"]]
    require(len(set(keys)) == len(keys), "range", "a witness twice")
    alone = not found["path"] and not found["witnesses"]
    require(bool(found["checkpoint"]) or alone, "shape", "a path or witnesses without a checkpoint")


def _record(found: dict[str, Any]) -> dict[str, Any]:
    paid = decode(found["terms"], 768)[2:3] == [6]
    terms = (settlement_terms if paid else receipt_terms)(found["terms"])
    log, certificate, seq, head, signature = found["resp"]
    first = device([terms["debtor"], terms["init_log"], found["init_cert"]])
    second = device([terms["creditor"], log, certificate])
    return co_signed(terms, (first, found["init_sig"]), (terms["id"], second, seq, head, signature), found["blind"])


def _check_owner(one: dict[str, Any], sealed: dict[str, Any], owner: list[Any]) -> None:
    """Refuse a log that is of neither of the two; one that the record does not name comes with its certificate."""
    if not owner:
        require(sealed["log"] in one["heads"], "chain", "the log of somebody else")
        return
    identity, log, certificate = device(owner)
    right = log == sealed["log"] and log not in one["heads"] and identity in {one["debtor"], one["creditor"]}
    require(right, "chain", "the log of somebody else")
    verify_device(identity, log, certificate, one["net"])


def bundle(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Verify an exported ledger and return its receipts and settlements."""
    names = {"format", "net", "complete", "receipts"}
    require(type(document) is dict and names <= document.keys(), "shape", "no export")
    require(document["format"] == "lazpool-ledger-1", "shape", "no export of version 1")
    receipts = [receipt(parts) for parts in document["receipts"]]
    receipts += [receipt(parts, settlement_terms) for parts in document.get("settlements", [])]
    receipts += [receipt(parts, correction_terms) for parts in document.get("corrections", [])]
    net = bytes.fromhex(document["net"])
    require(all(one["net"] == net for one in receipts), "chain", "a receipt of another network")
    _note_revoked(receipts, [revocation(bytes.fromhex(one)) for one in document.get("revocations", [])], net)
    if document["complete"]:
        check_counts(receipts)
        check_corrected(receipts)
    require(bool(document.get("entries")) or not document.get("checkpoints"), "chain", "statements without the log")
    if document.get("entries"):
        logs = [
            chain(log, net, entry(bytes.fromhex(log[0]))["log"])
            for log in [*document.get("old_logs", []), document["entries"]]
        ]
        check_links(logs)
        check_statements(document.get("checkpoints", []), logs)
        check_ended(logs)
        check_logs(logs, receipts, complete=document["complete"])
    return receipts


def _note_revoked(receipts: list[dict[str, Any]], revoked: list[dict[str, Any]], net: bytes) -> None:
    """Note of each record which of its halves are beyond a revocation; refuse those that say nothing of these logs."""
    for one in revoked:
        require(one["net"] == net, "chain", "a revocation of another network")
        for record in receipts:
            seq, head = record["heads"].get(one["log"], (0, b""))
            if one["identity"] == record["owners"].get(one["log"]):
                beyond = seq > one["last_seq"] or (seq == one["last_seq"] and head != one["last_id"])
                record["beyond"] = [*record.get("beyond", []), *([one["log"]] if beyond else [])]


def check_links(logs: list[list[dict[str, Any]]]) -> None:
    """Refuse logs, oldest first, that are not one person's, or do not each go on from the end of the one before."""
    end, person = None, logs[0][0]["said"][0]
    for log in logs:
        said = tuple(log[1]["said"]) if len(log) > 1 and log[1]["kind"] == RESUMED else None
        require(said == end, "chain", "a log that does not go on from the one before")
        require(log[0]["said"][0] == person, "chain", "a log of somebody else")
        person = next((one["said"][0] for one in reversed(log) if one["kind"] == ROTATED), person)
        end = log[-1]["log"], log[-1]["seq"], log[-1]["id"]


def check_statements(shown: list[dict[str, Any]], logs: list[list[dict[str, Any]]]) -> None:
    """Refuse statements of checkpoints that the logs do not have, and witnesses who did not sign them."""
    known = {(one["log"], *one["said"], one["time"]) for log in logs for one in log if one["kind"] == CHECKPOINT}
    for one in shown:
        stated = statement(bytes.fromhex(one["statement"]))
        there = (stated["log"], stated["size"], stated["root"], stated["at"]) in known
        require(there, "chain", "a statement of what the log does not have")
        for said in one["witnesses"]:
            witness(fields(bytes.fromhex(said), 128, 3), stated)


def check_logs(logs: list[list[dict[str, Any]]], receipts: list[dict[str, Any]], *, complete: bool) -> None:
    """Refuse records that the logs do not seal once, or that saw another head of one than it has.

    Beyond its last entry an old log may have gone on, where nobody has it any more; the newest may not.
    """
    seals = {SEALED, SETTLED, CORRECTED}
    sealed = [(one["kind"], one["said"][0]) for log in logs for one in log if one["kind"] in seals]
    owners = {one["said"][0] for log in logs for one in log if one["kind"] in {GENESIS, ROTATED}}
    heads = {log[0]["log"]: {one["seq"]: one["id"] for one in log} for log in logs}
    ends = {log[0]["log"]: log[-1]["seq"] for log in logs[:-1]}
    for one in receipts:
        require(
            sealed.count((one["seal"], one["commitment"])) == 1, "chain", "a receipt that is not sealed exactly once"
        )
        require(
            not owners.isdisjoint({one["debtor"], one["creditor"]}),
            "chain",
            "a receipt that does not name who has this log",
        )
        for log, (seq, head) in one["heads"].items():
            is_known = log in heads and seq <= ends.get(log, SEQ[1])
            require(not is_known or heads[log].get(seq) == head, "chain", "a head that the log does not have")
    require(not complete or len(sealed) == len({one["id"] for one in receipts}), "chain", "a sealed receipt is missing")


def check_ended(logs: list[list[dict[str, Any]]]) -> None:
    """Refuse an end of a claim or dispute that no entry before it began."""
    begun = set()
    for one in (one for log in logs for one in log):
        if one["kind"] in {CLAIM, DISPUTE}:
            begun.add(one["said"][0])
        elif one["kind"] == RESOLVED:
            require(one["said"][0] in begun, "chain", "the end of a dispute that nobody began")
            begun.discard(one["said"][0])


def check_corrected(receipts: list[dict[str, Any]]) -> None:
    """Refuse a correction whose record is not there, or is of other people or in another currency."""
    known = {one["id"]: {one["debtor"], one["creditor"], one["unit"]} for one in receipts if one["tag"] != "correct"}
    for one in receipts:
        mine = {one["debtor"], one["creditor"], one["unit"]}
        require(one["tag"] != "correct" or known.get(one["record"]) == mine, "chain", "a correction of no such record")


def check_counts(receipts: list[dict[str, Any]]) -> None:
    """Refuse receipts, or settlements, of a direction that are not numbered and summed without a gap."""
    last: dict[tuple[Any, ...], tuple[int, int]] = {}
    for one in sorted(receipts, key=lambda one: one["dir_seq"]):
        direction = one["tag"], one["debtor"], one["creditor"], one["unit"]
        seq, balance = last.get(direction, (0, 0))
        require(
            one["dir_seq"] == seq + 1 and one["dir_balance"] == balance + one["amount"], "chain", "a gap in the count"
        )
        last[direction] = one["dir_seq"], one["dir_balance"]
