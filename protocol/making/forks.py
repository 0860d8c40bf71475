"""Vectors of fork proofs."""

from __future__ import annotations

from typing import Any

from making.checkpoints import AT, fields_of, statement_id
from making.curve import NET, OTHER_NET, Signer, digest
from making.document import Group, document
from making.logs import LOG, ONE, TWO, entry_id, genesis_payload, later
from making.people import DRIVER, PASSENGER, STRANGER, body
from making.raw import pack
from making.receipts import HEAD, HEAD_2, receipt
from making.settlements import settlement

CHAPTER = "forks.md"
ENTRY, FIRST, SECOND, COUNTED, TREE = range(5)
ID, ID_2 = digest("lz/terms/1", b"one ride"), digest("lz/terms/1", b"another ride")
DRIVES = DRIVER.log


def files() -> dict[str, str]:
    """Return the files of this subject."""
    return {"fork": document("fork proofs", "fork", CHAPTER, _forks())}


def entry(by: Signer = LOG, net: bytes = NET, **changes: Any) -> list[Any]:
    """Return an entry as a statement."""
    data = body(later(**changes))
    return [ENTRY, data, by.sign("entry", entry_id(data), net=net)]


def first(by: Signer = LOG, tag: str = "receipt-init", **changes: Any) -> list[Any]:
    """Return the first half of a receipt as a statement."""
    terms = body(receipt(**changes))
    return [FIRST, terms, by.sign(tag, digest("lz/terms/1", terms))]


def first_paid(**changes: Any) -> list[Any]:
    """Return the first half of a settlement as a statement."""
    terms = body(settlement(**changes))
    return [FIRST, terms, LOG.sign("settle-init", digest("lz/settle/1", terms))]


def second(
    head: bytes, identifier: bytes = ID, seq: int = 9, kind: int = 5, by: Signer = DRIVES, said: Signer = DRIVES
) -> list[Any]:
    """Return the second half of a record as a statement, without its terms."""
    tag = {5: "receipt-resp", 6: "settle-resp"}.get(kind, "receipt-resp")
    signature = by.sign(tag, identifier, said.pk + seq.to_bytes(8, "big") + head)
    return [SECOND, pack([kind, identifier, seq, head]), signature]


def counted(seq: int, head: bytes, **changes: Any) -> list[Any]:
    """Return the second half of a receipt as a statement, with its terms."""
    terms = body(receipt(**changes))
    extra = DRIVES.pk + seq.to_bytes(8, "big") + head
    return [COUNTED, pack([terms, seq, head]), DRIVES.sign("receipt-resp", digest("lz/terms/1", terms), extra)]


def tree(by: Signer = LOG, tag: str = "checkpoint", **changes: Any) -> list[Any]:
    """Return what is stated of a checkpoint as a statement."""
    data = body(fields_of(**{"log": LOG.pk, **changes}))
    return [TREE, data, by.sign(tag, statement_id(data))]


def proof(one: Any, other: Any, log: Signer = LOG, **changes: Any) -> bytes:
    """Return a proof of two statements in their order."""
    fields = {"version": 1, "net": NET, "kind": 13, "log": log.pk}
    return body({**fields, **changes, **dict(zip(("first", "second"), sorted((one, other)), strict=True))})


def _forks() -> Group:
    group = Group("Fork")
    one, other = entry(), entry(payload=pack([TWO]))
    begun = [entry(kind=1, seq=1, prev=bytes(32), payload=genesis_payload(software=name)) for name in ("a", "b")]
    paid, both = first_paid(init_seq=4, init_head=ONE), (second(HEAD), second(HEAD_2, ID_2))
    drove, more = counted(9, HEAD), counted(10, HEAD_2, seats=2)
    for comment, statements, number in (
        ("two entries", (one, other), 7),
        ("two entries that hang on different ones before", (one, entry(prev=ONE)), 7),
        ("two first entries", begun, 1),
        ("an entry, and the first half of a receipt", (one, first(init_seq=7)), 7),
        ("the first halves of a receipt and of a settlement", (first(), paid), 4),
    ):
        group.valid(comment, bytes=proof(*statements), log=LOG.pk, what="entry", number=number)
    rewritten, shrunk = tree(root=HEAD), tree(size=5, at=AT + 1)
    for comment, statements in (("two checkpoints", (tree(), rewritten)), ("a smaller log, later", (tree(), shrunk))):
        number = 6 if statements[1] is rewritten else 5
        group.valid(comment, bytes=proof(*statements), log=LOG.pk, what="checkpoint", number=number)
    for comment, statements, what, number in (
        ("two second halves", both, "entry", 9),
        ("the second halves of a receipt and of a settlement", (both[0], second(HEAD_2, kind=6)), "entry", 9),
        ("a second half signed twice, with different heads", (both[0], second(HEAD_2)), "entry", 9),
        ("two receipts with one number", (drove, more), "number", 1),
        ("two receipts with one number, under one head", (drove, counted(9, HEAD, seats=2)), "number", 1),
    ):
        group.valid(comment, bytes=proof(*statements, DRIVES), log=DRIVES.pk, what=what, number=number)
    _bent_proofs(group, one, other)
    _no_contradictions(group, one, other)
    altered = [SECOND, pack([5, ID, 9, HEAD_2]), both[0][2]]
    changed = {"payload": pack([TWO])}
    for comment, data in (
        ("a checkpoint by another key", proof(tree(), tree(by=STRANGER.log, root=HEAD))),
        ("a checkpoint signed as an entry is", proof(tree(), tree(tag="entry", root=HEAD))),
        ("an entry by another key", proof(one, entry(by=STRANGER.log, **changed))),
        ("an entry signed for another network", proof(one, entry(net=OTHER_NET, **changed))),
        ("a first half by another key", proof(one, first(by=STRANGER.log, init_seq=7))),
        ("a first half signed as a second one is", proof(one, first(tag="receipt-resp", init_seq=7))),
        ("a second half by another key", proof(both[0], second(HEAD_2, by=STRANGER.log), DRIVES)),
        ("second halves of another log", proof(*both, PASSENGER.log)),
        ("a second half under another head than it signed", proof(both[0], altered, DRIVES)),
    ):
        group.invalid(comment, "signature", bytes=data)
    return group


def _bent_proofs(group: Group, one: list[Any], other: list[Any]) -> None:
    ordered = sorted((one, other))
    head = [1, NET, 13, LOG.pk]
    large = [ENTRY, bytes(2000), bytes(64)], [ENTRY, bytes(600), bytes(64)]
    for comment, layer, data in (
        ("more than 2560 bytes", "size", proof(*large)),
        ("a byte after the end", "codec", proof(one, other) + b"\0"),
        ("version 2", "shape", proof(one, other, version=2)),
        ("the kind of a settlement", "shape", proof(one, other, kind=6)),
        ("a third statement", "shape", pack([*head, *ordered, one])),
        ("a statement that is no array", "shape", pack([*head, b"", one])),
        ("a statement of four fields", "shape", proof([*one, 0], other)),
        ("a half of no known kind", "range", proof(second(HEAD), second(HEAD_2, kind=4), DRIVES)),
        ("a form that is not known", "range", proof(one, [5, *other[1:]])),
        ("a checkpoint of 257 bytes", "range", proof(one, [TREE, bytes(257), other[2]])),
        ("a signature of 63 bytes", "range", proof(one, [*other[:2], other[2][1:]])),
        ("a log of 31 bytes", "range", pack([*head[:3], LOG.pk[1:], *ordered])),
        ("the statements in the other order", "range", pack([*head, *reversed(ordered)])),
        ("one statement twice", "range", proof(one, one)),
    ):
        group.invalid(comment, layer, bytes=data)


def _no_contradictions(group: Group, one: list[Any], other: list[Any]) -> None:
    drove, said = counted(9, HEAD), second(HEAD)
    strangers, next_ride = {"passenger": STRANGER.identity.pk}, {"dir_seq": 2, "dir_balance": 1668}
    for comment, data in (
        ("two entries with different numbers", proof(one, entry(seq=8))),
        ("a log that grew", proof(tree(), tree(size=7, at=AT + 1))),
        ("one checkpoint, stated twice", proof(tree(), tree(at=AT + 1))),
        ("a checkpoint of another log", proof(tree(), tree(log=STRANGER.log.pk, by=STRANGER.log, root=HEAD))),
        ("a checkpoint, and an entry", proof(tree(), one)),
        ("two statements that agree", proof(said, second(HEAD, ID_2), DRIVES)),
        ("first halves with one number: the first of them lapsed", proof(first(), first(seats=2, init_seq=6))),
        ("receipts with different numbers", proof(drove, counted(10, HEAD_2, **next_ride), DRIVES)),
        ("receipts with one number of different directions", proof(drove, counted(10, HEAD_2, **strangers), DRIVES)),
        ("entries of another log than the proof says", proof(one, other, STRANGER.log)),
        ("one entry of another log", proof(one, entry(log=STRANGER.log.pk, by=STRANGER.log))),
        ("entries of another network than the proof says", proof(one, other, net=OTHER_NET)),
    ):
        group.invalid(comment, "range", bytes=data)
