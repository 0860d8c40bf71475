"""Vectors of agreements and letters."""

from __future__ import annotations

from typing import Any

from making import curve
from making.bodies import bodies
from making.curve import NET, OTHER_NET, Signer, box_pk, digest
from making.document import Group, document
from making.people import DEAL, DRIVER, OFFER, PASSENGER, STRANGER, Person, agree_id, agreement, body, shown
from making.places import FINER, GRENOBLE
from making.raw import Raw, pack

ABOUT = digest("lz/post/1", b"offer")
READER = box_pk("passenger card")


def files() -> dict[str, str]:
    """Return the files of this subject."""
    return {
        "body": document("bodies of letters", "body", "deals.md", *bodies()),
        "letter": document("letters", "letter", "deals.md", _letters()),
        "agreement": document("agreements", "agreement", "deals.md", _agreements()),
    }


def _halves(terms: bytes, driver: Person = DRIVER, **how: Any) -> dict[str, bytes]:
    """Return the three signatures of an agreement, each honest unless `how` names another key, extra or network."""
    identifier, net = agree_id(terms), how.get("net", NET)
    named = how.get("named", driver.identity.pk + driver.log.pk)
    return {
        "passenger_sig": how.get("passenger", PASSENGER.log).sign(
            how.get("first", "agree-passenger"), identifier, net=net
        ),
        "passenger_device": pack(how.get("passenger_device", PASSENGER.device())),
        "offer_sig": how.get("offer", OFFER).sign("agree-driver", identifier, named, net),
        "bind_sig": how.get("bind", driver.log).sign(
            how.get("second", "agree-bind"), identifier, how.get("offer_pk", OFFER.pk), net
        ),
        "driver_device": pack(how.get("driver_device", driver.device())),
    }


def _agreements() -> Group:
    group = Group("Agreement")
    terms = body(agreement())
    for comment, changes in {
        "an ordinary one": {},
        "a gift, answered and ridden in the same minute": {"amount": 0, "dropoff_at": 29_000_617},
        "everything at its largest": {
            "pickup_at": 2**32 - 1,
            "dropoff_at": 2**32 - 1,
            "seats": 8,
            "distance": 100_000,
            "amount": 2**40 - 1,
            "answer_by": 2**32 - 1,
        },
    }.items():
        fields = agreement(**changes)
        data = body(fields)
        group.valid(comment, terms=data, **_halves(data), id=agree_id(data), fields=shown(fields))
    _bent_terms(group)
    for comment, how in {
        "the passenger's half is by the person, not by the device": {"passenger": PASSENGER.identity},
        "the passenger's half is the driver's, reflected": {"first": "agree-bind"},
        "the driver's half is the passenger's, reflected": {"second": "agree-passenger", "offer_pk": b""},
        "the passenger's device belongs to another person": {
            "passenger": STRANGER.log,
            "passenger_device": STRANGER.device(),
        },
        "the passenger's device is certified by another person": {
            "passenger_device": PASSENGER.device(by=STRANGER.identity)
        },
        "the driver's device is certified by another person": {"driver_device": DRIVER.device(by=STRANGER.identity)},
        "the driver's device is certified in another network": {"driver_device": DRIVER.device(net=OTHER_NET)},
        "the offer's key is another": {"offer": Signer("stranger")},
        "the offer's key named another driver": {"named": STRANGER.identity.pk + STRANGER.log.pk},
        "the driver took another offer": {"offer_pk": Signer("stranger").pk},
        "the driver's half is by another device": {"bind": STRANGER.log},
        "made for another network": {"net": OTHER_NET},
    }.items():
        group.invalid(comment, "signature", terms=terms, **_halves(terms, **how))
    group.invalid(
        "the amount was changed after signing", "signature", terms=body(agreement(amount=835)), **_halves(terms)
    )
    return group


def _bent_terms(group: Group) -> None:
    def add(comment: str, layer: str, data: bytes) -> None:
        group.invalid(comment, layer, terms=data, **_halves(data))

    whole = body(agreement())
    add("more than 512 bytes", "size", pack([bytes(510)]))
    add("a byte after the end", "codec", whole + b"\x00")
    add("the seats as true", "codec", body(agreement(seats=Raw(b"\xc3"))))
    add("the last field is missing", "shape", pack(list(agreement().values())[:-1]))
    add("a third person as one field more", "shape", pack([*agreement().values(), STRANGER.identity.pk]))
    add("version 2", "shape", body(agreement(version=2)))
    add("the kind of a receipt", "shape", body(agreement(kind=5)))
    for comment, changes in {
        "a deal of 15 bytes": {"deal": DEAL[:15]},
        "a pick-up cell of resolution 8": {"pickup": FINER},
        "a drop-off cell of resolution 7": {"dropoff": GRENOBLE.cell},
        "dropped off before picked up": {"dropoff_at": 29_000_616},
        "no seat": {"seats": 0},
        "nine seats": {"seats": 9},
        "more than 10 000 km": {"distance": 100_001},
        "a negative amount": {"amount": -1},
        "an amount of 2^40": {"amount": 2**40},
        "a currency of four letters": {"unit": "EURO"},
        "a deadline after the last minute": {"answer_by": 2**32},
    }.items():
        add(comment, "range", body(agreement(**changes)))


def letter(packed: bytes, **how: Any) -> tuple[bytes, bytes]:
    """Return the id and the plain text of a letter, honest but for what `how` bends."""
    kind, deal, counter = how.get("kind", 5), how.get("deal", DEAL), how.get("counter", 3)
    sender = how.get("sender", DRIVER.log)
    identifier = digest("lz/letter/1", pack([kind, deal, counter, packed]))
    extra = how.get("says", sender.pk) + how.get("reader", READER) + how.get("about", ABOUT)
    signature = how.get("by", sender).sign(how.get("tag", "letter"), identifier, extra, how.get("net", NET))
    fields = [kind, deal, counter, packed, how.get("says", sender.pk), signature]
    return identifier, how.get("write", pack)(how.get("fields", lambda fields: fields)(fields))


def _letters() -> Group:
    group = Group("Letter", {"net": NET, "box_sk": curve.seed("passenger card"), "about": ABOUT})
    note = pack(["See you at the bakery."])

    def add(comment: str, layer: str, packed: bytes = note, **how: Any) -> None:
        group.invalid(comment, layer, bytes=curve.sealed(letter(packed, **how)[1], READER, size=how.get("size", 512)))

    for comment, packed, how in (
        ("a note", note, {}),
        ("a note in a larger letter than needed", note, {"size": 1024}),
        ("the largest counter", note, {"counter": 2**32 - 1}),
        ("the code at the car", pack(["014159"]), {"kind": 7}),
    ):
        identifier, plain = letter(packed, **how)
        fields = {
            "kind": how.get("kind", 5),
            "deal": DEAL,
            "counter": how.get("counter", 3),
            "sender": DRIVER.log.pk,
            "body": packed,
        }
        group.valid(comment, bytes=curve.sealed(plain, READER, size=how.get("size", 512)), id=identifier, fields=fields)
    whole = curve.sealed(letter(note)[1], READER)
    group.invalid("one byte less", "size", bytes=whole[:-1])
    group.invalid("sealed to another key", "seal", bytes=curve.sealed(letter(note)[1], box_pk("stranger card")))
    add("a byte after the end", "codec", write=lambda fields: pack(fields) + b"\x00")
    add("a byte after the end of the body", "codec", note + b"\x00")
    add("the body is a map", "codec", b"\x80")
    add("the body is not in bytes but in the array itself", "shape", fields=lambda f: [*f[:3], ["x"], *f[4:]])
    add("a field is missing", "shape", fields=lambda fields: fields[:-1])
    add("kind 13, which no letter has", "shape", kind=13)
    add("kind 0, which no letter has", "shape", kind=0)
    add("the kind as bytes", "shape", kind=b"\x05")
    add("the body of another kind", "shape", kind=6)
    add("a signature of 63 bytes", "shape", fields=lambda fields: [*fields[:-1], fields[-1][:63]])
    add("the signature as text", "shape", fields=lambda fields: [*fields[:-1], "x"])
    add("a note of 501 bytes", "range", pack(["x" * 501]), size=1024)
    add("a deal of 15 bytes", "range", deal=DEAL[:15])
    add("the counter is 0", "range", counter=0)
    add("the counter is 2^32", "range", counter=2**32)
    add("the counter as text", "range", counter="3")
    add("a sender of 31 bytes", "range", says=DRIVER.log.pk[:31])
    add("signed by another key than the sender's", "signature", by=STRANGER.log)
    add("signed for another reader, and sealed again", "signature", reader=box_pk("stranger card"))
    add("about another post", "signature", about=digest("lz/post/1", b"another offer"))
    add("made for another network", "signature", net=OTHER_NET)
    add("with the tag of a post", "signature", tag="post")
    add("the counter was changed after signing", "signature", fields=lambda fields: [*fields[:2], 4, *fields[3:]])
    add(
        "the text was changed after signing",
        "signature",
        fields=lambda fields: [*fields[:3], pack(["no"]), *fields[4:]],
    )
    add("shown as another's: the sender was changed", "signature", fields=lambda f: [*f[:4], STRANGER.log.pk, f[5]])
    return group
