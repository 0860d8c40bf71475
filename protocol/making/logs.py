"""Vectors of log entries, chains of them, and exported ledgers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from making import checkpoints
from making.curve import NET, OTHER_NET, Signer, digest
from making.document import Group
from making.merkle import flipped, mth
from making.people import PASSENGER, STRANGER, Person, body
from making.raw import Raw, pack

if TYPE_CHECKING:
    from collections.abc import Callable

LOG = PASSENGER.log
ZEROS = bytes(32)
TIME = 1_740_036_600
NEXT_KEY = digest("lz/root/1", Signer("passenger next identity").pk)
ONE, TWO = digest("lz/blind/1", b"one"), digest("lz/blind/1", b"two")
GENESIS, ADDED, REVOKED, ROTATED, PROPOSED, SEALED, LAPSED = 1, 2, 3, 4, 10, 11, 12
SETTLE_PROPOSED, SETTLE_SEALED, SETTLE_LAPSED, CHECKPOINT, RESUMED = 20, 21, 22, 50, 60
OLD_LOG, HUB = Signer("passenger old log"), Signer("hub 1")
CLAIM, DISPUTE, RESOLVED, CORRECT_PROPOSED, CORRECT_SEALED, CORRECT_LAPSED = 13, 30, 31, 40, 41, 42


def genesis_payload(device: list[bytes] | None = None, **changes: Any) -> bytes:
    """Return the payload of a genesis entry with some fields changed."""
    identity, _, certificate = device or PASSENGER.device()
    fields = {"identity": identity, "next": NEXT_KEY, "certificate": certificate, "software": "lazpool 0.1.0"}
    return body({**fields, **changes})


def fields_of(**changes: Any) -> dict[str, Any]:
    """Return the fields of a genesis entry, in order, with some changed."""
    fields = {
        "version": 1,
        "net": NET,
        "kind": GENESIS,
        "log": LOG.pk,
        "seq": 1,
        "prev": ZEROS,
        "time": TIME,
        "payload": genesis_payload(),
    }
    return {**fields, **changes}


def later(**changes: Any) -> dict[str, Any]:
    """Return the fields of a sealed entry somewhere in a log."""
    prev = digest("lz/entry/1", b"before")
    return fields_of(**{"kind": SEALED, "seq": 7, "prev": prev, "payload": pack([ONE]), **changes})


def resumed(**changes: Any) -> dict[str, Any]:
    """Return the fields of an entry that says what its log goes on from."""
    fields = {"kind": RESUMED, "seq": 2, "payload": pack([OLD_LOG.pk, 9, ONE])}
    return later(**{**fields, **changes})


def checkpoint(**changes: Any) -> dict[str, Any]:
    """Return the fields of a checkpoint over the six entries before it."""
    return later(**{"kind": CHECKPOINT, "payload": pack([6, ONE]), **changes})


def signed(packed: bytes, by: Signer = LOG, net: bytes = NET, tag: str = "entry") -> bytes:
    """Return the envelope of a body."""
    return pack([packed, by.sign(tag, entry_id(packed), net=net)])


def entry_id(packed: bytes) -> bytes:
    """Return the id of an entry."""
    return digest("lz/entry/1", packed)


def entries() -> Group:
    """Return the vectors of single entries."""
    group = Group("Entry")
    for comment, fields in {
        "genesis": fields_of(),
        "genesis without a name of the software, at second 0": fields_of(payload=genesis_payload(software=""), time=0),
        "proposed": later(kind=PROPOSED),
        "sealed": later(),
        "lapsed": later(kind=LAPSED),
        "a settlement, proposed": later(kind=SETTLE_PROPOSED),
        "a settlement, sealed": later(kind=SETTLE_SEALED),
        "a settlement, lapsed": later(kind=SETTLE_LAPSED),
        "a device is added": later(kind=ADDED, payload=pack([OLD_LOG.pk])),
        "a device is revoked": later(kind=REVOKED, payload=pack([OLD_LOG.pk, 9, ONE])),
        "a device is revoked of which nothing is known": later(kind=REVOKED, payload=pack([OLD_LOG.pk, 0, ZEROS])),
        "another identity": later(kind=ROTATED, payload=pack([Signer("passenger next identity").pk, TWO])),
        "the founding of a circle": later(kind=70),
        "a ride of a circle": later(kind=71),
        "a checkpoint": checkpoint(),
        "a checkpoint over the genesis alone": checkpoint(seq=2, payload=pack([1, ONE])),
        "a claim": later(kind=CLAIM),
        "a dispute": later(kind=DISPUTE, payload=pack([ONE, 1, TWO])),
        "a dispute for a reason of no name": later(kind=DISPUTE, payload=pack([ONE, 0, TWO])),
        "a claim or dispute, resolved": later(kind=RESOLVED),
        "a correction, proposed": later(kind=CORRECT_PROPOSED),
        "a correction, sealed": later(kind=CORRECT_SEALED),
        "a correction, lapsed": later(kind=CORRECT_LAPSED),
        "resumed": resumed(),
        "resumed from an entry of the largest number": resumed(payload=pack([OLD_LOG.pk, 2**32 - 1, ONE])),
        "everything at its largest": later(seq=2**32 - 1, prev=b"\xff" * 32, time=2**40 - 1),
    }.items():
        data = body(fields)
        shown = {name: value for name, value in fields.items() if name != "version"}
        group.valid(comment, bytes=signed(data), id=entry_id(data), fields=shown)
    _bent_entries(group)
    _bent_payloads(group)
    data, honest = body(later()), signed(body(later()))
    for comment, envelope in {
        "one bit of the signature is flipped": honest[:-1] + bytes([honest[-1] ^ 1]),
        "by another log": signed(data, STRANGER.log),
        "by the person, not by the device": signed(data, PASSENGER.identity),
        "made for another network": signed(data, net=OTHER_NET),
        "with the tag of a receipt": signed(data, tag="receipt-init"),
        "the payload was changed after signing": pack([body(later(payload=pack([TWO]))), honest[-64:]]),
        "the device is certified by another person": _genesis(PASSENGER.device(by=STRANGER.identity)),
        "the device is certified in another network": _genesis(PASSENGER.device(net=OTHER_NET)),
        "the certificate is of another device": _genesis(
            [PASSENGER.identity.pk, b"", STRANGER.device(by=PASSENGER.identity)[2]]
        ),
    }.items():
        group.invalid(comment, "signature", bytes=envelope)
    return group


def _genesis(device: list[bytes]) -> bytes:
    return signed(body(fields_of(payload=genesis_payload(device))))


def _bent_entries(group: Group) -> None:
    data = body(later())
    group.invalid("more than 2048 bytes", "size", bytes=pack([bytes(2048), bytes(64)]))
    group.invalid("a byte after the end", "codec", bytes=signed(data) + b"\0")
    group.invalid("a byte after the body", "codec", bytes=signed(data + b"\0"))
    group.invalid(
        "the number as uint 64", "codec", bytes=signed(body(later(seq=Raw(b"\xcf" + (7).to_bytes(8, "big")))))
    )
    group.invalid("a signature of 65 bytes", "envelope", bytes=pack([data, bytes(65)]))
    group.invalid("a field is missing", "shape", bytes=signed(pack(list(later().values())[:-1])))
    group.invalid("one field more", "shape", bytes=signed(pack([*later().values(), b""])))
    group.invalid("version 2", "shape", bytes=signed(body(later(version=2))))
    for comment, fields in {
        "kind 5, which is none": later(kind=5),
        "a device is added by the first entry": fields_of(kind=ADDED, payload=pack([OLD_LOG.pk])),
        "kind 19, which is none": later(kind=19),
        "kind 23, which is none": later(kind=23),
        "the kind as bytes": later(kind=b"\x0b"),
        "kind 61, which is none": later(kind=61),
        "kind 72, which is none": later(kind=72),
        "kind 51, which is none": later(kind=51),
        "a checkpoint over one entry less than there are": checkpoint(payload=pack([5, ONE])),
        "a checkpoint over itself, too": checkpoint(payload=pack([7, ONE])),
        "resumed, but third": resumed(seq=3),
        "number 0": later(seq=0),
        "number 2^32": later(seq=2**32),
        "the first entry is not the genesis": later(seq=1, prev=ZEROS),
        "a genesis that is not the first": fields_of(seq=2, prev=ONE),
        "a genesis with an entry before": fields_of(prev=ONE),
        "zeros before an entry that is not the first": later(prev=ZEROS),
        "an entry before of 31 bytes": later(prev=ONE[1:]),
        "a negative time": later(time=-1),
        "a time of 2^40": later(time=2**40),
        "a network of 9 bytes": later(net=NET + b"\0"),
    }.items():
        group.invalid(comment, "range", bytes=signed(body(fields)))


def _bent_payloads(group: Group) -> None:
    for comment, layer, fields in (
        ("the payload is no MessagePack", "codec", later(payload=b"\xc1")),
        ("the payload is empty", "codec", later(payload=b"")),
        ("the payload has a byte after the end", "codec", later(payload=pack([ONE]) + b"\0")),
        ("two commitments", "shape", later(payload=pack([ONE, TWO]))),
        ("no commitment", "shape", later(payload=pack([]))),
        ("a genesis with the payload of a receipt", "shape", fields_of(payload=pack([ONE]))),
        ("a receipt with the payload of a genesis", "shape", later(payload=genesis_payload())),
        ("resumed with the payload of a receipt", "shape", resumed(payload=pack([ONE]))),
        ("a receipt with the payload of resumed", "shape", later(payload=resumed()["payload"])),
        ("a device that is added with two keys", "shape", later(kind=ADDED, payload=pack([OLD_LOG.pk, ONE]))),
        ("a device that is added, of 31 bytes", "range", later(kind=ADDED, payload=pack([OLD_LOG.pk[1:]]))),
        ("a device that is revoked, without its last entry", "shape", later(kind=REVOKED, payload=pack([OLD_LOG.pk]))),
        ("revoked after entry 0, with an id", "range", later(kind=REVOKED, payload=pack([OLD_LOG.pk, 0, ONE]))),
        ("revoked after entry 9, with zeros", "range", later(kind=REVOKED, payload=pack([OLD_LOG.pk, 9, ZEROS]))),
        ("another identity without its next", "shape", later(kind=ROTATED, payload=pack([OLD_LOG.pk]))),
        ("another identity of 33 bytes", "range", later(kind=ROTATED, payload=pack([OLD_LOG.pk + b"\0", ONE]))),
        ("a checkpoint with the payload of a receipt", "shape", checkpoint(payload=pack([ONE]))),
        ("a receipt with the payload of a checkpoint", "shape", later(payload=checkpoint()["payload"])),
        ("a checkpoint with a root of 31 bytes", "range", checkpoint(payload=pack([6, ONE[1:]]))),
        ("a checkpoint with its size as bytes", "range", checkpoint(payload=pack([b"\x06", ONE]))),
        ("resumed from a log of 31 bytes", "range", resumed(payload=pack([OLD_LOG.pk[1:], 9, ONE]))),
        ("resumed from entry 0", "range", resumed(payload=pack([OLD_LOG.pk, 0, ONE]))),
        ("resumed from an id of 33 bytes", "range", resumed(payload=pack([OLD_LOG.pk, 9, ONE + b"\0"]))),
        ("a dispute with the payload of a receipt", "shape", later(kind=DISPUTE)),
        ("a claim with the payload of a dispute", "shape", later(kind=CLAIM, payload=pack([ONE, 1, TWO]))),
        ("a dispute for reason 3", "range", later(kind=DISPUTE, payload=pack([ONE, 3, TWO]))),
        ("a dispute in words that are no hash", "range", later(kind=DISPUTE, payload=pack([ONE, 1, b"why"]))),
        ("a commitment of 31 bytes", "range", later(payload=pack([ONE[1:]]))),
        ("a commitment as text", "range", later(payload=pack(["c" * 32]))),
        ("a payload of 1025 bytes", "range", later(payload=bytes(1025))),
        ("the payload as an array", "range", later(payload=[ONE])),
        ("an identity of 31 bytes", "range", fields_of(payload=genesis_payload(identity=bytes(31)))),
        ("a next key of 33 bytes", "range", fields_of(payload=genesis_payload(next=bytes(33)))),
        ("a certificate of 63 bytes", "range", fields_of(payload=genesis_payload(certificate=bytes(63)))),
        ("software of 65 bytes", "range", fields_of(payload=genesis_payload(software="x" * 65))),
    ):
        group.invalid(comment, layer, bytes=signed(body(fields)))


Step = tuple[int, bytes, dict[str, Any]]
PLAIN: list[Step] = [
    *(
        (GENESIS, genesis_payload(), {}),
        (PROPOSED, pack([ONE]), {}),
        (SEALED, pack([ONE]), {}),
        (PROPOSED, pack([TWO]), {}),
    ),
    *((LAPSED, pack([TWO]), {}), (SEALED, pack([TWO]), {})),
]


RESUMES: Step = (RESUMED, pack([OLD_LOG.pk, 9, ONE]), {})


def chain(steps: list[Step], by: Signer = LOG) -> list[bytes]:
    """Return a log; what a step changes is signed, and what follows hangs on it."""
    log: list[bytes] = []
    prev, seq, time = ZEROS, 1, TIME
    for kind, payload, changes in steps:
        fields = fields_of(log=by.pk, kind=kind, seq=seq, prev=prev, time=time, payload=payload)
        fields |= {name: value for name, value in changes.items() if name != "by"}
        data = body(fields)
        log.append(signed(data, changes.get("by", by), fields["net"]))
        prev, seq, time = entry_id(data), fields["seq"] + 1, fields["time"] + 60
    return log


def _checked_log(*roots: Callable[[list[bytes]], bytes]) -> list[bytes]:
    """Return the plain log with a checkpoint after its fourth entry and one at the end, with such roots."""
    steps = PLAIN[:4]
    for more, make in zip((PLAIN[4:], []), (roots[0], roots[-1]), strict=True):
        steps = [*steps, (CHECKPOINT, pack([len(steps), make(ids(chain(steps)))]), {}), *more]
    return chain(steps)


def bent(at: int, **changes: Any) -> list[bytes]:
    """Return the plain log with one entry (counted from 1) changed and signed again."""
    steps = list(PLAIN)
    steps[at - 1] = (*steps[at - 1][:2], changes)
    return chain(steps)


def ids(log: list[bytes]) -> list[bytes]:
    """Return the ids of entries; a body begins after the two or three bytes that say how long it is."""
    return [entry_id(envelope[3 if envelope[1] == 0xC4 else 4 : -66]) for envelope in log]  # noqa: PLR2004 # bin 8


def chains() -> Group:
    """Return the vectors of whole logs."""
    group = Group("Chain", {"net": NET, "log": LOG.pk})
    log = chain(PLAIN)
    group.valid("a log with two receipts, one of them late", entries=log)
    group.valid("the genesis alone", entries=log[:1])
    group.valid("a log that goes on from an older one", entries=chain([PLAIN[0], RESUMES, *PLAIN[1:]]))
    group.valid("two entries in one second", entries=bent(2, time=TIME))
    group.valid("a log with two checkpoints", entries=_checked_log(mth))
    for comment, wrong in {
        "a checkpoint of one entry less": lambda ids: mth(ids[:-1]),
        "a checkpoint with one bit of its root flipped": lambda ids: flipped(mth(ids)),
        "a checkpoint of the same entries in another order": lambda ids: mth([ids[1], ids[0], *ids[2:]]),
    }.items():
        group.invalid(comment, "chain", entries=_checked_log(mth, wrong), at=8)
    stranger = [(GENESIS, genesis_payload(STRANGER.device()), {}), *PLAIN[1:]]
    for comment, at, entries in (
        ("a number is left out", 3, bent(3, seq=4)),
        ("a number comes again", 3, bent(3, seq=2)),
        ("an entry hangs on another than the one before", 3, bent(3, prev=ids(log)[0])),
        ("an entry is missing", 3, [*log[:2], *log[3:]]),
        ("two entries are exchanged", 3, [*log[:2], log[3], log[2], *log[4:]]),
        ("a fork: two entries with one number", 4, [*log[:3], bent(3, payload=pack([TWO]))[2]]),
        ("an entry comes twice", 4, [*log[:3], log[2]]),
        ("the genesis is missing", 1, log[1:]),
        ("the clock ran backwards", 3, bent(3, time=TIME + 59)),
        ("an entry of another log", 3, bent(3, log=STRANGER.log.pk, by=STRANGER.log)),
        ("an entry of another network", 3, bent(3, net=OTHER_NET)),
        ("the log of somebody else", 1, chain(stranger, STRANGER.log)),
    ):
        group.invalid(comment, "chain", entries=entries, at=at)
    group.invalid("an entry by another key", "signature", entries=bent(3, by=STRANGER.log), at=3)
    altered = pack([body(later(seq=3, prev=ids(log)[1], time=TIME + 120, payload=pack([TWO]))), log[2][-64:]])
    group.invalid("a payload was altered", "signature", entries=[*log[:2], altered, *log[3:]], at=3)
    certified = genesis_payload(PASSENGER.device(by=STRANGER.identity))
    group.invalid("the device is certified by another person", "signature", entries=bent(1, payload=certified), at=1)
    group.invalid("an entry of unknown kind", "range", entries=bent(3, kind=19), at=3)
    group.invalid("a second genesis", "range", entries=bent(3, kind=GENESIS, payload=genesis_payload()), at=3)
    return group


Fields = dict[str, Any]


def bundles(
    receipt: Callable[..., Fields],
    halves: Callable[..., dict[str, bytes]],
    settled: Callable[..., dict[str, bytes]],
    corrected: Callable[..., dict[str, bytes]],
) -> Group:
    """Return the vectors of exported ledgers: a passenger's, with two receipts, and some with a settlement."""
    group = Group("Bundle")

    def ledger(
        first: Fields | None = None, second: Fields | None = None, *, seals: str = "12", of: Person = PASSENGER
    ) -> dict[str, Any]:
        """Return the export of somebody's log that seals the receipts whose numbers `seals` lists."""
        steps: list[Step] = [(GENESIS, genesis_payload(of.device()), {})]
        said = []
        for changes in (first or {}, {"dir_seq": 2, "dir_balance": 1668, **(second or {})}):
            head = {"init_seq": len(steps), "init_head": ids(chain(steps))[-1]}
            terms = body(receipt(**{**head, **changes}))
            both = halves(terms)
            said.append({"terms": terms, **both})
            commitment = pack([digest("lz/blind/1", digest("lz/terms/1", terms) + both["blind"])])
            steps.append((PROPOSED, commitment, {}))
            steps += [(SEALED, commitment, {})] * seals.count(str(len(said)))
        return {
            "format": "lazpool-ledger-1",
            "net": NET,
            "complete": True,
            "receipts": said,
            "entries": chain(steps, of.log),
        }

    whole = ledger()
    alone = {name: value for name, value in whole.items() if name != "entries"}
    group.valid("a whole ledger", bundle=whole)
    group.valid("one receipt, without the log", bundle={**alone, "complete": False, "receipts": whole["receipts"][1:]})
    group.valid("one receipt, with the log", bundle={**whole, "complete": False, "receipts": whole["receipts"][:1]})
    group.valid(
        "the first receipt was forgotten, and the count goes on",
        bundle={**whole, "complete": False, "receipts": whole["receipts"][1:]},
    )
    group.valid(
        "in two currencies, each counted by itself", bundle=ledger({"unit": "CHF"}, {"dir_seq": 1, "dir_balance": 834})
    )
    _paid_bundles(group, whole, settled)
    _corrected_bundles(group, whole, corrected)
    _resumed_bundles(group, whole)
    _revoked_bundles(group, whole)
    _checked_bundles(group, whole)
    for comment, layer, bundle in (
        ("another format", "shape", {**whole, "format": "lazpool-ledger-2"}),
        ("no receipts", "shape", {name: value for name, value in whole.items() if name != "receipts"}),
        ("a second half is missing", "codec", {**alone, "receipts": [{**whole["receipts"][0], "resp": b""}]}),
        ("the second halves are exchanged", "signature", {**whole, "receipts": _exchanged(whole["receipts"])}),
        ("of another network than it says", "chain", {**alone, "net": OTHER_NET}),
        ("the log is cut before the last entry", "chain", {**whole, "entries": whole["entries"][:-1]}),
        (
            "the log lacks an entry in the middle",
            "chain",
            {**whole, "entries": [*whole["entries"][:2], *whole["entries"][3:]]},
        ),
        ("the log of somebody whom the receipts do not name", "chain", ledger(of=STRANGER)),
        ("a receipt is sealed twice", "chain", ledger(seals="122")),
        ("a sealed receipt is missing from a complete ledger", "chain", {**whole, "receipts": whole["receipts"][:1]}),
        (
            "another blind",
            "chain",
            {**whole, "receipts": [{**whole["receipts"][0], "blind": ONE}, whole["receipts"][1]]},
        ),
        ("a receipt comes twice", "chain", {**whole, "receipts": [*whole["receipts"], whole["receipts"][1]]}),
        ("a receipt named a head that the log never had", "chain", ledger({"init_head": ONE})),
        ("a receipt named a head beyond the log", "chain", ledger({"init_seq": 99})),
        ("a number of the direction is left out", "chain", ledger(None, {"dir_seq": 3})),
        ("the balance does not add up", "chain", ledger(None, {"dir_balance": 1669})),
    ):
        group.invalid(comment, layer, bundle=bundle)
    return group


def _paid_bundles(group: Group, whole: Fields, settled: Callable[..., dict[str, bytes]]) -> None:
    """Add the passenger's ledger with a settlement after the two receipts."""

    def paid(kind: int = SETTLE_SEALED, *, says: bool = True, **changes: Any) -> Fields:
        before = [(GENESIS, genesis_payload(PASSENGER.device()), {})]
        for one in whole["receipts"]:
            receipt_id = digest("lz/terms/1", one["terms"])
            commitment = pack([digest("lz/blind/1", receipt_id + one["blind"])])
            before += [(PROPOSED, commitment, {}), (SEALED, commitment, {})]
        head = {"init_seq": len(before), "init_head": ids(chain(before))[-1]}
        made = settled(**{**head, **changes})
        commitment = pack([digest("lz/blind/1", digest("lz/settle/1", made["terms"]) + made["blind"])])
        log = chain([*before, (SETTLE_PROPOSED, commitment, {}), (kind, commitment, {})])
        return {**whole, "settlements": [made] if says else [], "entries": log}

    alone = {"format": "lazpool-ledger-1", "net": NET, "complete": False, "receipts": [], "settlements": [settled()]}
    group.valid("a whole ledger with a settlement", bundle=paid())
    group.valid("one settlement, without the log", bundle=alone)
    for comment, bundle in (
        ("a settlement of another network than it says", {**alone, "net": OTHER_NET}),
        ("a settlement that is sealed as a receipt is", paid(SEALED)),
        ("a settlement that only lapsed", paid(SETTLE_LAPSED)),
        ("a sealed settlement is missing from a complete ledger", paid(says=False)),
        ("the first settlement has number 2", paid(dir_seq=2, dir_balance=1668)),
        ("the first settlement has a total beyond its amount", paid(dir_balance=835)),
        ("a settlement named a head that the log never had", paid(init_head=ONE)),
    ):
        group.invalid(comment, "chain", bundle=bundle)
    receipts = {**alone, "settlements": whole["receipts"][:1]}
    group.invalid("a receipt passed off as a settlement", "shape", bundle=receipts)


def _checked_bundles(group: Group, whole: Fields) -> None:
    """Add the passenger's ledger with a checkpoint at the end, as it was stated and witnessed."""
    before = whole["entries"]
    root, seq = mth(ids(before)), len(before)
    said = {"kind": CHECKPOINT, "seq": seq + 1, "prev": ids(before)[-1], "time": TIME + 900}
    log = [*before, signed(body(fields_of(**said, payload=pack([seq, root]))))]
    good = {"log": LOG.pk, "size": seq, "root": root, "at": TIME + 900}

    def bundle(by: Signer = HUB, **changes: Any) -> Fields:
        stated = body(checkpoints.fields_of(**{**good, **changes}))
        shown = {"statement": checkpoints.signed(stated), "witnesses": [pack(checkpoints.witness(stated, by))]}
        return {**whole, "entries": log, "checkpoints": [shown]}

    group.valid("a ledger with a checkpoint", bundle=bundle())
    group.valid("a checkpoint in the log alone", bundle={**whole, "entries": log})
    forged = bundle()["checkpoints"][0]
    for comment, layer, wrong in (
        ("a statement of another size than the log's", "chain", bundle(size=seq - 1)),
        ("a statement of another root than the log's", "chain", bundle(root=ONE)),
        ("a statement of another time than the log's", "chain", bundle(at=TIME)),
        ("a statement without the log", "chain", {**bundle(), "entries": [], "complete": False}),
        ("the log witnesses itself", "signature", bundle(LOG)),
        (
            "the witness of another statement",
            "signature",
            {**bundle(), "checkpoints": [{**forged, "witnesses": bundle(at=TIME)["checkpoints"][0]["witnesses"]}]},
        ),
    ):
        group.invalid(comment, layer, bundle=wrong)


def _corrected_bundles(group: Group, whole: Fields, corrected: Callable[..., dict[str, bytes]]) -> None:
    """Add the passenger's ledger with a dispute about the first receipt, and its correction."""
    record = digest("lz/terms/1", whole["receipts"][0]["terms"])

    def ledger(kind: int = CORRECT_SEALED, *, says: bool = True, ends: bytes = TWO, **changes: Any) -> Fields:
        steps: list[Step] = [(GENESIS, genesis_payload(PASSENGER.device()), {})]
        for one in whole["receipts"]:
            commitment = pack([digest("lz/blind/1", digest("lz/terms/1", one["terms"]) + one["blind"])])
            steps += [(PROPOSED, commitment, {}), (SEALED, commitment, {})]
        steps.append((DISPUTE, pack([TWO, 1, ONE]), {}))
        head = {"init_seq": len(steps), "init_head": ids(chain(steps))[-1]}
        made = corrected(**{"record": record, **head, **changes})
        commitment = pack([digest("lz/blind/1", digest("lz/correct/1", made["terms"]) + made["blind"])])
        steps += [(CORRECT_PROPOSED, commitment, {}), (kind, commitment, {}), (RESOLVED, pack([ends]), {})]
        return {**whole, "corrections": [made] if says else [], "entries": chain(steps)}

    alone = {**whole, "complete": False, "receipts": whole["receipts"][:1], "corrections": [corrected(record=record)]}
    alone.pop("entries")
    group.valid("a whole ledger with a correction", bundle=ledger())
    group.valid("one receipt with its correction, without the log", bundle=alone)
    for comment, bundle in (
        ("a correction of another network than it says", {**alone, "receipts": [], "net": OTHER_NET}),
        ("a correction that is sealed as a settlement is", ledger(SETTLE_SEALED)),
        ("a correction that only lapsed", ledger(CORRECT_LAPSED)),
        ("a sealed correction is missing from a complete ledger", ledger(says=False)),
        ("the first correction has number 2", ledger(dir_seq=2)),
        ("the first correction has a total beyond its difference", ledger(dir_balance=-418)),
        ("a correction of a receipt that is not there", ledger(record=ONE)),
        ("a correction in another currency than the receipt", ledger(unit="CHF")),
        ("a correction named a head that the log never had", ledger(init_head=ONE)),
        ("a dispute is resolved that nobody began", ledger(ends=ONE)),
    ):
        group.invalid(comment, "chain", bundle=bundle)


def _resumed_bundles(group: Group, whole: Fields) -> None:
    """Add the passenger's ledger after the loss of the device: the second receipt is sealed in the new log."""
    old = whole["entries"][:-1]
    new_log = Signer("passenger new log")
    device, strangers = (
        [one.identity.pk, new_log.pk, one.identity.sign("dev", digest("lz/dev/1", new_log.pk), net=NET)]
        for one in (PASSENGER, STRANGER)
    )
    said = [digest("lz/terms/1", one["terms"]) + one["blind"] for one in whole["receipts"]]
    seal: Step = (SEALED, pack([digest("lz/blind/1", said[1])]), {})

    _recovered_bundles(group, whole, new_log, genesis_payload(device))

    def bundle(origin: list[Any] | None, genesis: bytes = genesis_payload(device), *more: Step) -> Fields:
        resumes: list[Step] = [] if origin is None else [(RESUMED, pack(origin), {})]
        log = chain([(GENESIS, genesis, {}), *resumes, seal, *more], new_log)
        return {**whole, "old_logs": [old], "entries": log}

    end = [LOG.pk, len(old), ids(old)[-1]]
    good = bundle(end)
    group.valid("a ledger of two logs", bundle=good)
    following = Signer("passenger next identity")
    by_next = [following.pk, new_log.pk, following.sign("dev", digest("lz/dev/1", new_log.pk), net=NET)]
    rotates: Step = (ROTATED, pack([following.pk, TWO]), {})
    before = chain([*steps_of(old, whole), rotates])
    end_after = [LOG.pk, len(before), ids(before)[-1]]
    rotated = {**bundle(end_after, genesis_payload(by_next)), "old_logs": [before]}
    group.valid("a new log of the identity that the old one rotated to", bundle=rotated)
    for comment, wrong in (
        ("a new log of the identity before the rotation", {**bundle(end_after), "old_logs": [before]}),
        ("a new log of an identity that was never rotated to", bundle(end, genesis_payload(by_next))),
        ("the old log is missing", {name: value for name, value in good.items() if name != "old_logs"}),
        ("the new log does not say what it goes on from", bundle(None)),
        ("the new log goes on from an entry before the last", bundle([LOG.pk, len(old) - 1, ids(old)[-2]])),
        ("the new log goes on from another log", bundle([OLD_LOG.pk, len(old), ids(old)[-1]])),
        ("the new log is of somebody else", bundle(end, genesis_payload(strangers))),
        ("a receipt is sealed in both logs", {**good, "old_logs": [whole["entries"]]}),
        ("a receipt is sealed twice in the new log", bundle(end, genesis_payload(device), seal)),
    ):
        group.invalid(comment, "chain", bundle=wrong)


def _recovered_bundles(group: Group, whole: Fields, new_log: Signer, genesis: bytes) -> None:
    """Add ledgers whose records came back from the partner after the device, and its log, were lost."""
    said = [digest("lz/terms/1", one["terms"]) + one["blind"] for one in whole["receipts"]]
    seals: list[Step] = [(SEALED, pack([digest("lz/blind/1", one)]), {}) for one in said]
    log = whole["entries"]

    def bundle(known: int, *then: Step, old: list[bytes] = log) -> Fields:
        """Return the export of a home that was restored when `known` entries of its log were backed up."""
        origin = [LOG.pk, known, ids(old)[known - 1]]
        new = chain([(GENESIS, genesis, {}), (RESUMED, pack(origin), {}), *then], new_log)
        return {**whole, "old_logs": [old[:known]], "entries": new}

    nothing = {**whole, "entries": chain([(GENESIS, genesis, {}), *seals], new_log)}
    strangers = chain([(GENESIS, genesis_payload(STRANGER.device()), {}), *seals], STRANGER.log)
    group.valid("a receipt that came back: its proposal and its seal are lost", bundle=bundle(3, seals[1]))
    group.valid("two that came back: all but the genesis is lost", bundle=bundle(1, *seals))
    group.valid("two that came back: the old log is lost, only the identity is left", bundle=nothing)
    forked = chain([PLAIN[0], (PROPOSED, pack([ONE]), {}), (LAPSED, pack([ONE]), {})])
    other = Signer("passenger other log")
    certificate = PASSENGER.identity.sign("dev", digest("lz/dev/1", other.pk), net=NET)
    copied = chain([(GENESIS, genesis_payload([PASSENGER.identity.pk, other.pk, certificate]), {}), *seals], other)
    for comment, wrong in (
        ("a receipt that came back is sealed twice", bundle(3, seals[1], seals[1])),
        ("a receipt that came back although it was sealed before", bundle(3, *seals)),
        ("a receipt that came back shows a head that the old log does not have", bundle(3, *seals, old=forked)),
        ("two that came back to somebody else", {**nothing, "entries": strangers}),
        ("a log that went on from a copy is shown beside another", {**nothing, "old_logs": [copied]}),
    ):
        group.invalid(comment, "chain", bundle=wrong)


def _revoked_bundles(group: Group, whole: Fields) -> None:
    """Add the passenger's ledger with revocations: of both receipts' logs, and of none of them."""

    def revoked(seq: int, head: bytes, log: bytes = LOG.pk, by: Signer = PASSENGER.identity, net: bytes = NET) -> bytes:
        terms = pack([1, net, 10, by.pk, log, seq, head, TIME])
        return pack([terms, by.sign("revoke", digest("lz/revoke/1", terms), net=net)])

    heads = ids(whole["entries"])
    second = digest("lz/terms/1", whole["receipts"][1]["terms"])
    both = [digest("lz/terms/1", one["terms"]) for one in whole["receipts"]]
    for comment, one, beyond in (
        ("revoked after the last half", revoked(3, heads[2]), []),
        ("revoked between two halves", revoked(1, heads[0]), [second]),
        ("revoked, of which nothing is known", revoked(0, ZEROS), both),
        ("revoked after the newest entry that the last half shows, but another", revoked(3, ONE), [second]),
        ("a revocation of a log of nobody here", revoked(0, ZEROS, OLD_LOG.pk), []),
        ("a revocation by somebody who did not certify the log", revoked(0, ZEROS, by=STRANGER.identity), []),
    ):
        more = {"beyond": beyond} if beyond else {}
        group.valid(comment, bundle={**whole, "revocations": [one]}, **more)
    altered = revoked(1, heads[0])[:-1] + b"\0"
    group.invalid("a revocation that is altered", "signature", bundle={**whole, "revocations": [altered]})
    foreign = revoked(1, heads[0], net=OTHER_NET)
    group.invalid("a revocation of another network", "chain", bundle={**whole, "revocations": [foreign]})


def steps_of(log: list[bytes], whole: Fields) -> list[Step]:
    """Return the steps of the passenger's log in a whole ledger, as far as a log of that length goes."""
    said = [digest("lz/terms/1", one["terms"]) + one["blind"] for one in whole["receipts"]]
    steps: list[Step] = [(GENESIS, genesis_payload(PASSENGER.device()), {})]
    for one in said:
        commitment = pack([digest("lz/blind/1", one)])
        steps += [(PROPOSED, commitment, {}), (SEALED, commitment, {})]
    return steps[: len(log)]


def _exchanged(receipts: list[dict[str, bytes]]) -> list[dict[str, bytes]]:
    first, second = receipts
    return [{**first, "resp": second["resp"]}, {**second, "resp": first["resp"]}]
