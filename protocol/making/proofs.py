"""Vectors of portable proofs: one record, its seal in a log, and the checkpoint over it with witnesses."""

from __future__ import annotations

import base64
from typing import Any

from making import logs
from making.checkpoints import fields_of as statement_fields
from making.checkpoints import signed as stated
from making.checkpoints import witness
from making.curve import NET, OTHER_NET, Signer, digest
from making.devices import revocation, revoked
from making.document import Group, document
from making.merkle import ENTRIES, flipped, mth, path
from making.people import DRIVER, PASSENGER, STRANGER, body
from making.raw import Raw, pack
from making.receipts import halves, receipt
from making.settlements import both, settlement

HUB = Signer("hub 1")
SIZE = 5
NEW_LOG = Signer("passenger new log")


def files() -> dict[str, str]:
    """Return the files of this subject."""
    return {"proof": document("portable proofs", "proof", "checkpoints.md", _proofs())}


def seal(kind: int, commitment: bytes, by: Signer = PASSENGER.log) -> tuple[bytes, dict[str, Any]]:
    """Return the entry, number 3 of a log, that seals a record, and what changed to make it so."""
    changes = {"log": by.pk, "seq": 3, "kind": kind, "payload": pack([commitment])}
    return logs.signed(body(logs.later(**changes)), by), changes


def parts(**how: Any) -> dict[str, Any]:
    """Return the parts of a proof in order, honest but for what `how` bends: those of the passenger's first ride."""
    terms = how.get("made", body(receipt()))
    halve, tag, kind = how.get("of", (halves, "lz/terms/1", logs.SEALED))
    made = halve(terms)
    blind = how.get("says_blind", made["blind"])
    log: Signer = how.get("log", PASSENGER.log)
    commitment = digest("lz/blind/1", digest(tag, terms) + made["blind"])
    entry, _ = seal(how.get("seals", kind), commitment, log)
    index = how.get("index", 2)
    leaves = [*ENTRIES[:index], logs.entry_id(_body_of(entry)), *ENTRIES[index + 1 : SIZE]]
    statement = body(statement_fields(**{"log": log.pk, "size": SIZE, "root": mth(leaves), **how.get("states", {})}))
    second = DRIVER.device()
    found = {
        "version": 1,
        "net": NET,
        "terms": terms,
        "init_sig": made["init_sig"],
        "init_cert": PASSENGER.device()[2],
        "resp": [second[1], second[2], 9, _head(made), made["resp"][-64:]],
        "blind": blind,
        "owner": [],
        "entry": entry,
        "path": path(index, leaves),
        "checkpoint": stated(statement, how.get("states_by", log)),
        "witnesses": [witness(statement, one) for one in how.get("by", (HUB, DRIVER.log))],
        "revocations": [],
    }
    return {**found, **{name: value for name, value in how.items() if name in found}}


def _head(made: dict[str, bytes]) -> bytes:
    return made["resp"][-64 - 2 - 32 : -64 - 2]


def _body_of(envelope: bytes) -> bytes:
    return envelope[3 if envelope[1] == 0xC4 else 4 : -66]  # noqa: PLR2004 # bin 8


def written(packed: bytes, **changes: Any) -> dict[str, Any]:
    """Return what is in the file."""
    text = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    return {"format": "lazpool-proof-1", "proof": text, **changes}


def proof(**how: Any) -> dict[str, Any]:
    """Return a proof as a file, with what `how` bends."""
    return written(body(parts(**how)))


def _new_log(by: Signer = PASSENGER.identity) -> list[bytes]:
    certificate = by.sign("dev", digest("lz/dev/1", NEW_LOG.pk))
    return [PASSENGER.identity.pk, NEW_LOG.pk, certificate]


def _proofs() -> Group:
    group = Group("Proof")
    paid = {"made": body(settlement()), "of": (both, "lz/settle/1", logs.SETTLE_SEALED)}
    unseen: dict[str, Any] = {"path": [], "checkpoint": b"", "witnesses": []}
    for comment, how in {
        "a ride, under a checkpoint with two witnesses": {},
        "a ride, under a checkpoint without a witness": {"by": ()},
        "a ride, not under a checkpoint yet": unseen,
        "a settlement": paid,
        "in the log of the driver": {"log": DRIVER.log, "by": (HUB, PASSENGER.log)},
        "a ride, after which the passenger's device was revoked": {"revocations": [_revoked()]},
        "in the log of another device of the passenger": {"log": NEW_LOG, "owner": _new_log()},
    }.items():
        group.valid(comment, proof=proof(**how))
    good = parts()
    for comment, layer, file in (
        ("another format", "shape", written(body(good), format="lazpool-proof-2")),
        ("no proof", "shape", {"format": "lazpool-proof-1"}),
        ("base64 with a sign that is none", "codec", {**proof(), "proof": proof()["proof"][:-4] + "!!!!"}),
        (
            "base64 with padding",
            "codec",
            written(body(good), proof=base64.urlsafe_b64encode(body(good)).decode() + "="),
        ),
        ("more than 8192 bytes", "size", written(pack([bytes(8192)]))),
        ("a byte after the end", "codec", written(body(good) + b"\0")),
        ("a field is missing", "shape", written(pack(list(good.values())[:-1]))),
        ("one field more", "shape", written(pack([*good.values(), 0]))),
        ("version 2", "shape", proof(version=2)),
        ("the terms of an agreement", "shape", proof(terms=body(receipt(kind=4)))),
        ("the network as a number", "range", proof(net=Raw(b"\x07"))),
        ("a second half without head", "shape", proof(resp=good["resp"][:3])),
        ("a certificate of 63 bytes", "range", proof(init_cert=good["init_cert"][1:])),
        ("a blind of 31 bytes", "range", proof(blind=good["blind"][1:])),
        ("a step of 31 bytes", "range", proof(path=[good["path"][0][1:], *good["path"][1:]])),
        ("a path of 65 steps", "range", proof(path=[good["path"][0]] * 65)),
        ("three revocations", "range", proof(revocations=[_revoked()] * 3)),
        ("a revocation as an array", "range", proof(revocations=[[]])),
        ("a path without a checkpoint", "shape", proof(checkpoint=b"", witnesses=[])),
        ("witnesses without a checkpoint", "shape", proof(checkpoint=b"", path=[])),
        ("nine witnesses", "range", proof(by=[Signer(f"hub {number}") for number in range(9)])),
        ("a witness without signature", "shape", proof(witnesses=[good["witnesses"][0][:2]])),
    ):
        group.invalid(comment, layer, proof=file)
    _untrue(group, good)
    return group


def _untrue(group: Group, good: dict[str, Any]) -> None:
    other = body(receipt(ride=bytes(16)))
    for comment, layer, how in (
        ("of another network than it says", "chain", {"net": OTHER_NET}),
        ("the first half is of another ride", "signature", {"init_sig": halves(other)["init_sig"]}),
        ("the first signer is certified by another person", "signature", _certified(STRANGER.identity)),
        ("the second half is of another ride", "signature", _second(other)),
        ("another blind", "chain", {"says_blind": ENTRIES[0]}),
        ("the entry only says that it was proposed", "chain", {"seals": logs.PROPOSED}),
        ("a ride that is sealed as a settlement is", "chain", {"seals": logs.SETTLE_SEALED}),
        ("the entry is by another key than its log's", "signature", _forged(good)),
        ("the log of a stranger", "chain", {"log": STRANGER.log}),
        ("the log of a stranger, who says so", "chain", {"log": STRANGER.log, "owner": STRANGER.device()}),
        ("the log of a device that a stranger certified", "signature", _device_of(STRANGER.identity)),
        ("the certificate of another device than the log's", "chain", {"owner": _new_log()}),
        ("a checkpoint of another log", "chain", {"states": {"log": DRIVER.log.pk}, "states_by": DRIVER.log, "by": ()}),
        ("a checkpoint by another key than the log's", "signature", {"states_by": DRIVER.log}),
        ("a checkpoint of another network", "chain", {"checkpoint": _elsewhere(), "by": ()}),
        ("a checkpoint from before the entry", "proof", {"states": {"size": 2}}),
        ("a checkpoint with another root", "proof", {"states": {"root": ENTRIES[0]}}),
        ("the entry stands at another place of the tree", "proof", {"index": 3}),
        ("one bit of the path is flipped", "proof", {"path": [flipped(good["path"][0]), *good["path"][1:]]}),
        ("a step of the path is missing", "proof", {"path": good["path"][1:]}),
        ("a revocation of another network", "chain", {"revocations": [_revoked(OTHER_NET)]}),
        ("a revocation by another person", "signature", {"revocations": [_revoked(by=STRANGER.identity)]}),
        ("the owner of the log as a witness", "signature", {"by": (PASSENGER.log,)}),
        ("one witness twice", "range", {"by": (HUB, HUB)}),
        ("a witness of another checkpoint", "signature", {"witnesses": [witness(b"another", HUB)]}),
    ):
        group.invalid(comment, layer, proof=proof(**how))


def _revoked(net: bytes = NET, by: Signer = PASSENGER.identity) -> bytes:
    terms = body(revocation(net=net, identity=PASSENGER.identity.pk, log=PASSENGER.log.pk, last_seq=9))
    return revoked(terms, by, net=net)


def _certified(by: Signer) -> dict[str, Any]:
    return {"init_cert": PASSENGER.device(by=by)[2]}


def _second(terms: bytes) -> dict[str, Any]:
    second = DRIVER.device()
    return {"resp": [second[1], second[2], 9, _head(halves(terms)), halves(terms)["resp"][-64:]]}


def _forged(good: dict[str, Any]) -> dict[str, Any]:
    return {"entry": logs.signed(_body_of(good["entry"]), STRANGER.log)}


def _device_of(by: Signer) -> dict[str, Any]:
    return {"log": NEW_LOG, "owner": _new_log(by)}


def _elsewhere() -> bytes:
    fields = statement_fields(net=OTHER_NET, size=SIZE)
    return stated(body(fields), net=OTHER_NET)
