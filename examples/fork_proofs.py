"""Proofs that a log was forked, from protocol/forks.md.

A part of verify_receipt.py, which imports nothing of lazpool.
"""

from __future__ import annotations

from typing import Any

from cosigned_records import correction_terms, receipt_terms, settlement_terms
from log_records import ZEROS, entry_body, statement_fields
from strict_bytes import SEQ, between, decode, digest, fields, require, sized, verify

CO_SIGNED = {5: ("receipt", receipt_terms), 6: ("settle", settlement_terms), 7: ("correct", correction_terms)}
DATA = (2048, 768, 128, 832, 256)


def fork(proof: bytes) -> dict[str, Any]:
    """Verify a proof that a log was forked (protocol/forks.md); return its key, what it has two of, their number."""
    version, net, kind, log, *both = fields(proof, 2560, 6)
    require(version == 1 and kind == 13, "shape", "no fork proof of version 1")
    sized(net, 8)
    sized(log, 32)
    for one in both:
        _check_parts(one)
    require(both[0] < both[1], "range", "not two statements in their order")
    one, other = (_statement(form, data, signature, net, log) for form, data, signature in both)
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


def _check_parts(statement: Any) -> None:
    require(type(statement) is list and len(statement) == 3, "shape", "no statement")
    form = between(statement[0], (0, 4))
    require(type(statement[1]) is bytes and 0 < len(statement[1]) <= DATA[form], "range", "no data")
    sized(statement[2], 64)


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
