"""Verify receipts and logs with nothing of lazpool: the text of protocol/, Python and PyNaCl.

    verify_receipt.py FILE...            verify exported ledgers (protocol/receipts.md, "The bundle"), and check this
                                         program against vector files of protocol/vectors: a file says which it is
    verify_receipt.py --ledger FILE...   the same, and whatever is no exported ledger is not valid

Exit status 0 when everything agrees or verifies, 1 when something does not, 2 when the command line is wrong.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent))  # where Python runs isolated, with -I, it leaves this out

import agreement_records as agreements
import circle_records as circles
import closed_groups as groups
import merkle_proofs as merkle
import witness_frames
from strict_bytes import (
    RefusedError,
    between,
    decode,
    device,
    digest,
    envelope,
    fields,
    free_text,
    require,
    sized,
    unseal,
    verify,
    verify_device,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MINUTE, SECOND, AMOUNT, SEQ = (0, 2**32 - 1), (0, 2**40 - 1), (0, 2**40 - 1), (1, 2**32 - 1)
ZEROS = bytes(32)
GENESIS, ADDED, REVOKED, ROTATED, SEALED, SETTLED, CHECKPOINT, RESUMED = 1, 2, 3, 4, 11, 21, 50, 60
CLAIM, DISPUTE, RESOLVED, CORRECTED = 13, 30, 31, 41
KINDS = (GENESIS, ADDED, REVOKED, ROTATED, 10, SEALED, 12, CLAIM, 20, SETTLED, 22, DISPUTE, RESOLVED, 40, CORRECTED, 42)
KINDS += (CHECKPOINT, RESUMED, 70, 71)
ARITY = {GENESIS: 4, REVOKED: 3, ROTATED: 2, CHECKPOINT: 2, RESUMED: 3, DISPUTE: 3}

RECEIPT = [
    *("version", "net", "kind", "ride", "driver", "passenger", "agreement", "start", "length", "distance", "seats"),
    *("amount", "unit", "dir_seq", "dir_balance", "place", "init_role", "init_log", "init_seq", "init_head", "expires"),
]
SIZES = {"net": 8, "ride": 16}
SIZES |= dict.fromkeys(("driver", "passenger", "agreement", "place", "init_log", "init_head"), 32)
BOUNDS = {"start": MINUTE, "length": (0, 2880), "distance": (0, 100_000), "seats": (1, 8), "amount": AMOUNT}
BOUNDS |= {"dir_seq": SEQ, "dir_balance": AMOUNT, "init_role": (1, 1), "init_seq": SEQ, "expires": MINUTE}


def receipt_terms(data: bytes) -> dict[str, Any]:
    """Return the terms of a receipt by name, with their `id`."""
    terms = dict(zip(RECEIPT, fields(data, 768, len(RECEIPT)), strict=True))
    require(terms["version"] == 1 and terms["kind"] == 5, "shape", "no receipt of version 1")
    for name, size in SIZES.items():
        sized(terms[name], size)
    for name, bounds in BOUNDS.items():
        between(terms[name], bounds)
    require(terms["driver"] != terms["passenger"], "range", "one person alone")
    require(terms["start"] % 15 == 0 and terms["length"] % 5 == 0, "range", "times that are not rounded")
    _check_money(terms)
    people = {"debtor": terms["passenger"], "creditor": terms["driver"], "seal": SEALED, "tag": "receipt"}
    return {**terms, **people, "id": digest("lz/terms/1", data)}


SETTLEMENT = [
    *("version", "net", "kind", "nonce", "payer", "payee", "at", "amount", "unit", "method", "dir_seq", "dir_balance"),
    *("init_log", "init_seq", "init_head", "expires"),
]
METHODS = ("cash", "bank", "offset", "forgiven")


def settlement_terms(data: bytes) -> dict[str, Any]:
    """Return the terms of a settlement by name, with their `id`."""
    terms = dict(zip(SETTLEMENT, fields(data, 512, len(SETTLEMENT)), strict=True))
    require(terms["version"] == 1 and terms["kind"] == 6, "shape", "no settlement of version 1")
    for name, size in {"net": 8, "nonce": 16, "payer": 32, "payee": 32, "init_log": 32, "init_head": 32}.items():
        sized(terms[name], size)
    bounds = {"at": MINUTE, "amount": (1, AMOUNT[1]), "method": (0, 3), "dir_seq": SEQ, "dir_balance": AMOUNT}
    for name, bound in {**bounds, "init_seq": SEQ, "expires": MINUTE}.items():
        between(terms[name], bound)
    require(terms["payer"] != terms["payee"], "range", "one person alone")
    _check_money(terms)
    people = {"debtor": terms["payer"], "creditor": terms["payee"], "seal": SETTLED, "tag": "settle"}
    return {**terms, **people, "id": digest("lz/settle/1", data)}


CORRECTION = [
    *("version", "net", "kind", "nonce", "first", "second", "at", "record", "was", "now", "unit", "dir_seq"),
    *("dir_balance", "init_log", "init_seq", "init_head", "expires"),
]


def correction_terms(data: bytes) -> dict[str, Any]:
    """Return the terms of a correction by name, with their `id` and the difference as `amount`."""
    terms = dict(zip(CORRECTION, fields(data, 512, len(CORRECTION)), strict=True))
    require(terms["version"] == 1 and terms["kind"] == 7, "shape", "no correction of version 1")
    sizes = {"net": 8, "nonce": 16, "first": 32, "second": 32, "record": 32, "init_log": 32, "init_head": 32}
    for name, size in sizes.items():
        sized(terms[name], size)
    bounds = {**dict.fromkeys(("was", "now", "dir_balance"), (-AMOUNT[1], AMOUNT[1])), "at": MINUTE, "dir_seq": SEQ}
    for name, bound in {**bounds, "init_seq": SEQ, "expires": MINUTE}.items():
        between(terms[name], bound)
    require(terms["first"] != terms["second"], "range", "one person alone")
    require(terms["was"] * terms["now"] >= 0, "range", "who owes whom is turned around")
    _check_unit(terms)
    people = {"debtor": terms["first"], "creditor": terms["second"], "seal": CORRECTED, "tag": "correct"}
    return {**terms, **people, "amount": terms["now"] - terms["was"], "id": digest("lz/correct/1", data)}


def _check_unit(terms: dict[str, Any]) -> None:
    require(type(terms["unit"]) is str and re.fullmatch("[A-Z]{3}", terms["unit"]) is not None, "range", "no currency")


def _check_money(terms: dict[str, Any]) -> None:
    _check_unit(terms)
    require(terms["dir_balance"] >= terms["amount"], "range", "a balance below the amount")


def receipt(parts: dict[str, str], read: Callable[[bytes], dict[str, Any]] = receipt_terms) -> dict[str, Any]:
    """Verify a receipt or settlement with both halves; return its terms, its commitment and the heads of both logs."""
    raw = {name: bytes.fromhex(parts[name]) for name in ("terms", "init_sig", "init_device", "resp", "blind")}
    terms = read(raw["terms"])
    first = device(decode(raw["init_device"], 512))
    identifier, second, seq, head, signature = fields(raw["resp"], 512, 5)
    half = identifier, device(second), seq, head, signature
    return co_signed(terms, (first, raw["init_sig"]), half, raw["blind"])


Device = tuple[bytes, bytes, bytes]


def co_signed(
    terms: dict[str, Any], by_first: tuple[Device, Any], half: tuple[Any, Device, Any, Any, Any], blind: Any
) -> dict[str, Any]:
    """Verify both halves; return the terms, the commitment and the heads of both logs."""
    (first, init_sig), (identifier, second, seq, head, signature) = by_first, half
    for value, size in ((identifier, 32), (init_sig, 64), (head, 32), (signature, 64), (blind, 32)):
        sized(value, size)
    between(seq, SEQ)
    verify_device(*first, terms["net"])
    require(first[:2] == (terms["debtor"], terms["init_log"]), "signature", "the first is not the debtor")
    verify(first[1], init_sig, f"{terms['tag']}-init", terms["net"], terms["id"])
    verify_device(*second, terms["net"])
    require(identifier == terms["id"] and second[0] == terms["creditor"], "signature", "the second is not the creditor")
    extra = second[1] + seq.to_bytes(8, "big") + head
    verify(second[1], signature, f"{terms['tag']}-resp", terms["net"], terms["id"], extra)
    commitment = digest("lz/blind/1", terms["id"] + blind)
    heads = {terms["init_log"]: (terms["init_seq"], terms["init_head"]), second[1]: (seq, head)}
    owners = {first[1]: first[0], second[1]: second[0]}
    return {**terms, "commitment": commitment, "heads": heads, "owners": owners}


ENTRY = ("version", "net", "kind", "log", "seq", "prev", "time", "payload")


def entry(data: bytes, expected: dict[str, Any] | None = None, before: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """Verify an entry, where `expected` is given also its place in a log; return its fields, `id` and `said`."""
    body, signature = envelope(data, 2048)
    found = entry_body(body)
    if expected is not None:
        for name in ("net", "log", "seq", "prev"):
            require(found[name] == expected[name], "chain", f"another {name}")
        require(found["time"] >= expected["time"], "chain", "older than the one before")
        right = found["kind"] != CHECKPOINT or found["said"][1] == merkle.root([one["id"] for one in before])
        require(right, "chain", "another root than that of the entries before")
    verify(found["log"], signature, "entry", found["net"], found["id"])
    if found["kind"] == GENESIS:
        verify_device(found["said"][0], found["log"], found["said"][2], found["net"])
    return found


def entry_body(body: bytes) -> dict[str, Any]:
    """Read what an entry says, its signature not yet verified."""
    found = dict(zip(ENTRY, fields(body, 2048, len(ENTRY)), strict=True))
    require(found["version"] == 1, "shape", "no entry of version 1")
    sized(found["net"], 8)
    sized(found["log"], 32)
    first = between(found["seq"], SEQ) == 1
    require((sized(found["prev"], 32) == ZEROS) == (found["kind"] == GENESIS) == first, "range", "no such first entry")
    require(type(found["kind"]) is int and found["kind"] in KINDS, "range", "no such kind")
    require(found["kind"] != RESUMED or found["seq"] == 2, "range", "what a log goes on from is not second in it")
    between(found["time"], SECOND)
    require(type(found["payload"]) is bytes and len(found["payload"]) <= 1024, "range", "no payload")
    _check_said(found["kind"], said := fields(found["payload"], 1024, ARITY.get(found["kind"], 1)))
    require(found["kind"] != CHECKPOINT or said[0] == found["seq"] - 1, "range", "not over all entries before")
    return {**found, "id": digest("lz/entry/1", body), "said": said}


def _check_said(kind: int, said: Sequence[Any]) -> None:
    if kind == REVOKED:
        last(said[1], said[2])
    if kind == RESUMED:
        between(said[1], SEQ)
    if kind in {REVOKED, RESUMED}:
        said = said[0], said[2]
    if kind == CHECKPOINT:
        between(said[0], SEQ)
        said = said[1:]
    if kind == DISPUTE:
        between(said[1], (0, 2))
        said = said[0], said[2]
    for value, size in zip(said, (32, 32, 64) if kind == GENESIS else (32, 32), strict=False):
        sized(value, size)
    if kind == GENESIS:
        free_text(said[3], 64)


def last(seq: Any, identifier: Any) -> None:
    """Refuse what cannot be the last entry of a log that counts; 0 and zeros stand for none."""
    between(seq, (0, SEQ[1]))
    require((seq == 0) == (sized(identifier, 32) == ZEROS), "range", "zeros for entry 0, and for no other")


def revocation(data: bytes) -> dict[str, Any]:
    """Verify a revocation; return its fields and `id`."""
    body, signature = envelope(data, 256)
    names = ("version", "net", "kind", "identity", "log", "last_seq", "last_id", "at")
    found = dict(zip(names, fields(body, 256, len(names)), strict=True))
    require(found["version"] == 1 and found["kind"] == 10, "shape", "no revocation of version 1")
    for name, size in {"net": 8, "identity": 32, "log": 32}.items():
        sized(found[name], size)
    last(found["last_seq"], found["last_id"])
    between(found["at"], SECOND)
    found["id"] = digest("lz/revoke/1", body)
    verify(found["identity"], signature, "revoke", found["net"], found["id"])
    return found


def rotation(data: bytes) -> dict[str, Any]:
    """Verify a rotation; return its fields and `id`, and whether the `old` key `agreed`."""
    body, new, old = fields(data, 512, 3)
    require(type(body) is type(new) is type(old) is bytes, "shape", "no rotation")
    require(len(new) == 64 and len(old) in {0, 64}, "shape", "no signatures")
    names = ("version", "net", "kind", "old", "new", "next", "at")
    found = dict(zip(names, fields(body, 512, len(names)), strict=True))
    require(found["version"] == 1 and found["kind"] == 11, "shape", "no rotation of version 1")
    for name, size in {"net": 8, "old": 32, "new": 32, "next": 32}.items():
        sized(found[name], size)
    between(found["at"], SECOND)
    require(found["old"] != found["new"], "range", "the same identity")
    found |= {"id": digest("lz/rotate/1", body), "agreed": bool(old)}
    verify(found["new"], new, "rotate-new", found["net"], found["id"])
    if old:
        verify(found["old"], old, "rotate-old", found["net"], found["id"])
    return found


def chain(entries: list[str], net: bytes, log: bytes) -> list[dict[str, Any]]:
    """Verify a log and return its entries; the refusal of one says its number."""
    found: list[dict[str, Any]] = []
    expected = {"net": net, "log": log, "seq": 1, "prev": ZEROS, "time": 0}
    for number, data in enumerate(entries, 1):
        try:
            found.append(entry(bytes.fromhex(data), expected, found))
        except RefusedError as wrong:
            wrong.at = number
            raise
        expected |= {"seq": found[-1]["seq"] + 1, "prev": found[-1]["id"], "time": found[-1]["time"]}
    return found


def statement(data: bytes) -> dict[str, Any]:
    """Verify what somebody stated of their log; return its fields and `id`."""
    body, signature = envelope(data, 256)
    found = statement_fields(body)
    verify(found["log"], signature, "checkpoint", found["net"], found["id"])
    return found


def statement_fields(body: bytes) -> dict[str, Any]:
    """Return the fields of a statement and its `id`, signature not verified."""
    names = ("version", "net", "kind", "log", "size", "root", "at")
    found = dict(zip(names, fields(body, 256, len(names)), strict=True))
    require(found["version"] == 1 and found["kind"] == 12, "shape", "no statement of version 1")
    for name, size in {"net": 8, "log": 32, "root": 32}.items():
        sized(found[name], size)
    between(found["size"], (1, SEQ[1] - 1))
    between(found["at"], SECOND)
    return {**found, "id": digest("lz/checkpoint/1", body)}


def witness(said: Sequence[Any], stated: dict[str, Any]) -> tuple[bytes, int]:
    """Verify that somebody saw a statement; return who and when."""
    key, at, signature = sized(said[0], 32), between(said[1], SECOND), sized(said[2], 64)
    require(key != stated["log"], "signature", "nobody witnesses their own log")
    verify(key, signature, "witness", stated["net"], stated["id"], key + at.to_bytes(8, "big"))
    return key, at


PROOF = ("version", "net", "terms", "init_sig", "init_cert", "resp", "blind", "owner")
PROOF += ("entry", "path", "checkpoint", "witnesses", "revocations")


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
        require(owners & {one["debtor"], one["creditor"]}, "chain", "a receipt that does not name who has this log")
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


CO_SIGNED = {5: ("receipt", receipt_terms), 6: ("settle", settlement_terms), 7: ("correct", correction_terms)}
DATA = (2048, 768, 128, 832, 256)


def fork(data: bytes) -> dict[str, Any]:
    """Verify a proof that a log was forked (protocol/forks.md); return its key, what it has two of, their number."""
    version, net, kind, log, *both = fields(data, 2560, 6)
    require(version == 1 and kind == 13, "shape", "no fork proof of version 1")
    sized(net, 8)
    sized(log, 32)
    for statement in both:
        require(type(statement) is list and len(statement) == 3, "shape", "no statement")
        between(statement[0], (0, 4))
        require(type(statement[1]) is bytes and 0 < len(statement[1]) <= DATA[statement[0]], "range", "no data")
        sized(statement[2], 64)
    require(both[0] < both[1], "range", "not two statements in their order")
    one, other = (_statement(*statement, net, log) for statement in both)
    trees = [said["tree"] for said in (one, other) if said["tree"] is not None]
    if len(trees) == 2:
        small, large = sorted(trees, key=lambda tree: tree["size"])
        same = small["size"] == large["size"]
        require(small["root"] != large["root"] if same else small["at"] > large["at"], "range", "no contradiction")
        what, number = "checkpoint", small["size"]
    elif not trees and one["seq"] == other["seq"] and one["head"] != other["head"]:
        what, number = "entry", one["seq"]
    else:
        counted = one["counted"] is not None and one["counted"] == other["counted"] and one["id"] != other["id"]
        require(counted, "range", "no contradiction")
        what, number = "number", one["counted"][-1]
    for said in (one, other):
        verify(log, *said["signed"])
    return {"log": log, "what": what, "number": number}


def _statement(form: int, data: bytes, signature: bytes, net: bytes, log: bytes) -> dict[str, Any]:
    """Return what a statement says, and the arguments by which its signature is verified."""
    said: dict[str, Any] = {"seq": 0, "head": b"", "counted": None, "tree": None}
    if form == 4:
        tree = statement_fields(data)
        require((tree["net"], tree["log"]) == (net, log), "range", "another log or network")
        return {**said, "tree": tree, "signed": (signature, "checkpoint", net, tree["id"])}
    if form == 0:
        body = entry_body(data)
        require((body["net"], body["log"]) == (net, log), "range", "another log or network")
        identifier = digest("lz/entry/1", data)
        signed = signature, "entry", net, identifier
        return {**said, "seq": body["seq"], "head": identifier, "signed": signed}
    if form == 2:
        kind, identifier, seq, head = fields(data, 128, 4)
        require(type(kind) is int and kind in CO_SIGNED, "range", "no kind of terms")
        tag, terms = CO_SIGNED[kind][0], {"id": sized(identifier, 32)}
    else:
        raw, seq, head = (data, 1, ZEROS) if form == 1 else fields(data, 832, 3)
        require(type(raw) is bytes and 0 < len(raw) <= 768, "range", "no terms")
        kind = ([*decode(raw, 768), None, None, None])[2]
        require(type(kind) is int and kind in CO_SIGNED, "shape", "no kind of terms")
        tag, terms = CO_SIGNED[kind][0], CO_SIGNED[kind][1](raw)
        require(terms["net"] == net and (form == 3 or terms["init_log"] == log), "range", "another log or network")
    if form == 1:
        said |= {"seq": terms["init_seq"], "head": terms["init_head"]}
        return {**said, "id": terms["id"], "signed": (signature, f"{tag}-init", net, terms["id"])}
    said |= {"seq": between(seq, SEQ), "head": sized(head, 32), "id": terms["id"]}
    extra = log + seq.to_bytes(8, "big") + head
    counted = tuple(terms[name] for name in ("tag", "debtor", "creditor", "unit", "dir_seq")) if form == 3 else None
    return {**said, "counted": counted, "signed": (signature, f"{tag}-resp", net, terms["id"], extra)}


Test = dict[str, Any]


def _is(found: Any, said: str) -> None:
    require(found == bytes.fromhex(said), "said", "something else than the vector says")


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


def _receipt(_: Test, test: Test, read: Callable[[bytes], dict[str, Any]] = receipt_terms) -> None:
    found = receipt(test, read)
    _is(found["id"] + found["commitment"], test["id"] + test["commitment"])


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


def _shown(value: Any) -> Any:
    if isinstance(value, list):
        return [_shown(item) for item in value]
    return value.hex() if isinstance(value, bytes) else value


def _says(found: dict[str, Any], test: Test) -> None:
    """Refuse what has other fields, or another id, than the vector says."""
    said = {name: test[name] for name in ("id",) if name in test} | test.get("fields", {})
    require({name: _shown(found.get(name)) for name in said} == said, "said", "other fields than the vector says")


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


def _circle(read: Callable[[bytes], dict[str, Any]], test: Test) -> None:
    terms = read(bytes.fromhex(test["terms"]))
    circles.signed_by_all(terms, map(bytes.fromhex, test["signatures"]))
    _says(terms, test)


def _counted(_: Test, test: Test) -> None:
    rides = [circles.ride(bytes.fromhex(one)) for one in test["rides"]]
    require([one["id"].hex() for one in circles.counted(rides)] == test["counted"], "said", "other rides count")


def _turns(group: Test, test: Test) -> None:
    standing = circles.points(dict(zip(test["people"], test["carried"], strict=True)), test["rides"])
    found = circles.UNIT, [*standing.values()], circles.order(standing, test["rides"], test["present"])
    require(found == (group["unit"], test["points"], test["order"]), "said", "another's turn")


def _tag(expected: bytes, test: Test) -> None:
    require(expected.hex() == test["tag"], "group", "not by a member")


CHECKS: dict[str, Callable[[Test, Test], object]] = {
    "Codec": lambda group, test: decode(bytes.fromhex(test["bytes"]), group["limit"]),
    "Hash": lambda _, test: _is(digest(test["tag"], bytes.fromhex(test["data"])), test["digest"]),
    "Network": lambda _, test: _is(digest("lz/net/1", test["name"].encode())[:8], test["net8"]),
    "Signature": _signature,
    "Certificate": _certificate,
    "Envelope": _envelope,
    "Entry": lambda _, test: _is(entry(bytes.fromhex(test["bytes"]))["id"], test["id"]),
    "Chain": _chain,
    "Receipt": _receipt,
    "Settlement": lambda group, test: _receipt(group, test, settlement_terms),
    "Revocation": lambda _, test: _is(revocation(bytes.fromhex(test["bytes"]))["id"], test["id"]),
    "Rotation": lambda _, test: _is(rotation(bytes.fromhex(test["bytes"]))["id"], test["id"]),
    "Checkpoint": lambda _, test: _is(statement(bytes.fromhex(test["bytes"]))["id"], test["id"]),
    "Witness": lambda group, test: witness(
        fields(bytes.fromhex(test["bytes"]), 128, 3), statement_fields(bytes.fromhex(group["statement"]))
    ),
    "Proof": lambda _, test: proof(test["proof"]),
    "Fork": _fork,
    "Correction": lambda group, test: _receipt(group, test, correction_terms),
    "MerkleRoot": _root,
    "MerkleInclusion": _inclusion,
    "MerkleConsistency": _consistency,
    "Bundle": lambda _, test: _bundle(test),
    "Seal": lambda group, test: _is(
        unseal(bytes.fromhex(group["box_sk"]), bytes.fromhex(test["bytes"])), test.get("plain", "")
    ),
    "Agreement": _agreement,
    "Founding": lambda _, test: _circle(circles.founding, test),
    "CircleRide": lambda _, test: _circle(circles.ride, test),
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
    "WitnessRequest": lambda _, test: _says(witness_frames.shown(bytes.fromhex(test["bytes"])), test),
    "WitnessAnswer": lambda _, test: _says(witness_frames.answer(bytes.fromhex(test["bytes"])), test),
}


def outcome(check: Callable[[Test, Test], object], group: Test, test: Test) -> str:
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


def run_ledger(path: Path) -> bool:
    """Verify an exported ledger; print what it says, and tell whether it holds."""
    try:
        document = json.loads(path.read_text("utf-8"))
        if type(document) is dict and "proof" in document:
            print(f"{path.name}: {in_words(proof(document))}")
            return True
        receipts = bundle(document)
    except (OSError, RefusedError, ValueError, KeyError, TypeError) as wrong:
        print(f"{path.name}: not valid: {wrong}")
        return False
    for one in receipts:
        print(f"{one['id'].hex()[:16]}: {said(one)}")
    settlements, corrections = (sum(one["seal"] == seal for one in receipts) for seal in (SETTLED, CORRECTED))
    more = f", {settlements} settlements" if settlements else ""
    more += f", {corrections} corrections" if corrections else ""
    print(f"{path.name}: {len(receipts) - settlements - corrections} receipts{more} verified")
    return True


def in_words(one: dict[str, Any]) -> str:
    """Return what a verified proof proves, line by line."""
    sealed, stated = one["entry"], one["statement"]
    lines = [f"{one['id'].hex()[:16]}: {said(one)}", "signed by both: the debtor first, then the creditor"]
    lines.append(f"sealed as entry {sealed['seq']} of the log {sealed['log'].hex()[:16]}, {_when(sealed['time'])}")
    if stated is None:
        return "\n  ".join([*lines, "not under a checkpoint: when it was sealed rests on the word of the log's owner"])
    lines.append(f"under a checkpoint of {stated['size']} entries that the owner states for {_when(stated['at'])}")
    for key, at in one["witnesses"]:
        who = "the other device of the record" if key in one["heads"] else f"{node_name(key)}, key {key.hex()}"
        lines.append(f"witnessed {_when(at)} by {who}")
    if not one["witnesses"]:
        lines.append("witnessed by nobody: the owner could have made another log")
    return "\n  ".join(lines)


def _when(second: int) -> str:
    if second > 253_402_300_799:
        return f"second {second}"
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def node_name(key: bytes) -> str:
    """Return a key as libp2p writes it, since hubs are known by that."""
    digits, number = "", int.from_bytes(bytes.fromhex("002408011220") + key, "big")
    while number:
        number, digit = divmod(number, 58)
        digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"[digit] + digits
    return "1" + digits


def said(one: dict[str, Any]) -> str:
    """Return what a verified record says, in words."""
    debtor, creditor = one["debtor"].hex()[:16], one["creditor"].hex()[:16]
    minor = abs(one["amount"])
    amount = f"{minor // 100}.{minor % 100:02} {one['unit']}"
    if one["seal"] == CORRECTED:
        more = "more" if one["amount"] >= 0 else "less"
        return f"{debtor} owes {creditor} {amount} {more}, by a correction of {one['record'].hex()[:16]}"
    if one["seal"] == SETTLED:
        return f"{debtor} has settled {amount} with {creditor}, {METHODS[one['method']]}{_late(one)}"
    return f"{debtor} owes {creditor} {amount} for {one['distance'] / 10} km{_late(one)}"


def _late(one: dict[str, Any]) -> str:
    devices = ", ".join(log.hex()[:16] for log in one.get("beyond", []))
    return f" (signed after the revocation of {devices}, if its owner is right)" if devices else ""


def main() -> int:
    """Return the exit status."""
    parser = argparse.ArgumentParser(description="Verify receipts and logs with nothing of lazpool.")
    parser.add_argument("--ledger", action="store_true", help="all files must be exported ledgers")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    runs = [run_vectors if not arguments.ledger and has_vectors(path) else run_ledger for path in arguments.files]
    return 1 if [path for run, path in zip(runs, arguments.files, strict=True) if not run(path)] else 0


if __name__ == "__main__":
    sys.exit(main())
