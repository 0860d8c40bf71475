"""Vectors of circles: foundings and rides with their signatures, which rides count, invitation codes."""

from __future__ import annotations

from typing import Any

from making.curve import NET, OTHER_NET, Signer, digest
from making.document import Group, document
from making.group_tags import encoded
from making.people import STRANGER, Person, body, shown
from making.raw import pack

CHAPTER = "circles.md"
MEMBERS = sorted((Person(f"member {number}") for number in range(12)), key=lambda one: one.identity.pk)
LETTERBOX = Signer("hub 1").pk
AT = 29_000_000
DAY = AT // 1440
KEYS = [one.identity.pk for one in MEMBERS]
BEFORE = digest("lz/circle/1", b"before")


def files() -> dict[str, str]:
    """Return the files of this subject."""
    groups = (_foundings(), _rides(), _counted(), _codes())
    return {"circle": document("foundings and rides of circles", "circle", CHAPTER, *groups)}


def member(person: Person, carry: int = 0, **changes: Any) -> list[Any]:
    """Return how a founding names somebody."""
    box, tag, _ = person.card()
    fields = {"identity": person.identity.pk, "name": person.name, "box": box, "tag": tag, "at": LETTERBOX}
    return [*{**fields, **changes}.values(), carry]


def founding(size: int = 3, **changes: Any) -> dict[str, Any]:
    """Return the fields of a founding by name, in order, with some changed."""
    fields = {
        "version": 1,
        "net": NET,
        "kind": 8,
        "nonce": digest("lz/post/1", b"circle")[:16],
        "name": "To work",
        "previous": b"",
        "members": [member(one) for one in MEMBERS[:size]],
        "at": AT,
    }
    return {**fields, **changes}


def founding_id(terms: bytes) -> bytes:
    """Return the id of a founding."""
    return digest("lz/circle/1", terms)


CIRCLE = founding_id(body(founding()))


def ride(**changes: Any) -> dict[str, Any]:
    """Return the fields of a ride by name, in order, with some changed."""
    fields = {
        "version": 1,
        "net": NET,
        "kind": 9,
        "circle": CIRCLE,
        "day": DAY,
        "leg": 1,
        "driver": KEYS[1],
        "present": KEYS[:3],
        "nonce": digest("lz/post/1", b"ride")[:16],
        "at": AT,
        "cancels": b"",
    }
    return {**fields, **changes}


def cosignature(person: Person, tag: str, terms: bytes, **how: Any) -> list[bytes]:
    """Return one person's signature under terms, honest but for what `how` bends."""
    device = how.get("device") or person.device()
    signature = how.get("by", person.log).sign(how.get("role", "circle"), digest(tag, terms), net=how.get("net", NET))
    return [*device, signature]


def _signed(tag: str, terms: bytes, people: list[Person], **bent: Any) -> list[bytes]:
    return [pack(cosignature(one, tag, terms, **(bent if at == 1 else {}))) for at, one in enumerate(people)]


def _foundings() -> Group:
    group = Group("Founding")
    tag = "lz/circle/1"

    def add(comment: str, layer: str, fields: dict[str, Any], people: list[Person] | None = None, **bent: Any) -> None:
        terms = body(fields)
        signatures = _signed(tag, terms, MEMBERS[:3] if people is None else people, **bent)
        if layer:
            group.invalid(comment, layer, terms=terms, signatures=signatures)
        else:
            group.valid(comment, terms=terms, signatures=signatures, id=digest(tag, terms), fields=shown(fields))

    add("of three", "", founding())
    add("of two", "", founding(2), MEMBERS[:2])
    add("of twelve", "", founding(12), MEMBERS)
    carried = [member(MEMBERS[0], -9240), member(MEMBERS[1], 9241), member(MEMBERS[2], -1)]
    add("in the place of another, with points brought along", "", founding(previous=BEFORE, members=carried))
    add("one field more", "shape", {**founding(), "more": 0})
    bent = [member(one) for one in MEMBERS[:3]]
    for comment, layer, changes in (
        ("version 2", "shape", {"version": 2}),
        ("the kind of a ride", "shape", {"kind": 9}),
        ("a member with a seventh field", "shape", {"members": [[*one, 0] for one in bent]}),
        ("a nonce of 15 bytes", "range", {"nonce": bytes(15)}),
        ("no name", "range", {"name": ""}),
        ("alone", "range", {"members": [member(MEMBERS[0])]}),
        ("not in the order of the keys", "range", {"members": [member(one) for one in reversed(MEMBERS[:3])]}),
        ("one member twice", "range", {"members": [member(MEMBERS[0])] * 2}),
        ("thirteen", "range", {"members": [member(one) for one in [*MEMBERS, STRANGER]]}),
        ("points that do not add up", "range", {"previous": BEFORE, "members": [*carried[:2], bent[2]]}),
        ("points that come from nowhere", "range", {"members": carried}),
        ("previous of 31 bytes", "range", {"previous": BEFORE[1:]}),
        ("letterboxes of 31 bytes", "range", {"members": [member(one, at=LETTERBOX[1:]) for one in MEMBERS[:3]]}),
        ("a letterbox twice", "range", {"members": [member(one, at=LETTERBOX * 2) for one in MEMBERS[:3]]}),
        ("a name that turns the line around", "range", {"name": "\u202eTo work"}),
        ("a name with a space that is none", "range", {"name": "To\u00a0work"}),
    ):
        add(comment, layer, founding(**changes))
    _bent(add, founding())
    return group


def _rides() -> Group:
    group = Group("CircleRide", {"circle": CIRCLE})
    tag = "lz/turn/1"

    def add(comment: str, layer: str, fields: dict[str, Any], people: list[Person] | None = None, **bent: Any) -> None:
        terms = body(fields)
        signatures = _signed(tag, terms, MEMBERS[:3] if people is None else people, **bent)
        if layer:
            group.invalid(comment, layer, terms=terms, signatures=signatures)
        else:
            group.valid(comment, terms=terms, signatures=signatures, id=digest(tag, terms), fields=shown(fields))

    add("three in the car", "", ride())
    add("two in the car, the ninth ride of the day before", "", ride(day=DAY - 1, leg=9, present=KEYS[:2]), MEMBERS[:2])
    add("twelve in the car", "", ride(present=KEYS), MEMBERS)
    add("takes another back", "", ride(cancels=digest(tag, b"wrong")))
    add("recorded a month later", "", ride(day=DAY - 31))
    add("of tomorrow, where it is tomorrow already", "", ride(day=DAY + 1))
    for comment, layer, changes in (
        ("version 2", "shape", {"version": 2}),
        ("the kind of a founding", "shape", {"kind": 8}),
        ("recorded 32 days later", "range", {"day": DAY - 32}),
        ("of the day after tomorrow", "range", {"day": DAY + 2}),
        ("ride 0 of the day", "range", {"leg": 0}),
        ("ride 10 of the day", "range", {"leg": 10}),
        ("a driver who was not in the car", "range", {"driver": KEYS[5]}),
        ("alone", "range", {"present": KEYS[1:2]}),
        ("not in the order of the keys", "range", {"present": KEYS[2::-1]}),
        ("somebody twice", "range", {"present": [KEYS[1], KEYS[1]]}),
        ("present as bytes", "range", {"present": KEYS[1]}),
        ("takes back 31 bytes", "range", {"cancels": CIRCLE[1:]}),
        ("a nonce of 17 bytes", "range", {"nonce": bytes(17)}),
    ):
        add(comment, layer, ride(**changes))
    _bent(add, ride())
    return group


def _bent(add: Any, fields: dict[str, Any]) -> None:
    """Add what is not signed as it must be, the rest being right."""
    second = MEMBERS[1]
    add("one has not signed", "signature", fields, MEMBERS[:2])
    add("a third signs, too", "signature", fields, [*MEMBERS[:3], STRANGER])
    add("one signs twice", "range", fields, [*MEMBERS[:3], MEMBERS[2]])
    add("a third signs for one", "signature", fields, [MEMBERS[0], STRANGER, MEMBERS[2]])
    add("by the person's key, not the device's", "signature", fields, by=second.identity)
    add("by another member's device", "signature", fields, by=MEMBERS[0].log)
    add("the device is certified by another person", "signature", fields, device=second.device(by=MEMBERS[0].identity))
    add("made for another network", "signature", fields, net=OTHER_NET)
    add("signed as an entry", "signature", fields, role="entry")


def _counted() -> Group:
    group = Group("CircleCounted")
    morning, copy = ride(), ride(nonce=bytes(16))
    low, high = sorted((morning, copy), key=lambda one: digest("lz/turn/1", body(one)))
    evening = ride(leg=2, driver=KEYS[0])
    others = ride(driver=KEYS[4], present=KEYS[3:6])
    overlap = ride(driver=KEYS[2], present=KEYS[2:4], nonce=bytes(15) + b"\1")
    back = ride(cancels=_id(morning), nonce=bytes(15) + b"\2")
    back_low = {**low, "cancels": _id(low), "nonce": bytes(15) + b"\3"}
    other_driver = ride(cancels=_id(morning), driver=KEYS[0], nonce=bytes(15) + b"\4")
    back_back = ride(cancels=_id(back), nonce=bytes(15) + b"\5")
    row = _in_a_row()
    for comment, rides, kept in (
        ("nothing", [], []),
        ("there and back", [morning, evening], [morning, evening]),
        ("two cars", [morning, others], [morning, others]),
        ("recorded twice: the lower id", [high, low], [low]),
        ("nobody is in two cars: the lower id", [morning, overlap], [min(morning, overlap, key=_id)]),
        ("nobody is in two cars, but a car that does not count is none", row, [row[0], row[2]]),
        ("taken back", [back, morning], []),
        ("taken back, so the copy counts", [high, low, back_low], [high]),
        ("who takes it back names another driver, so it stays", [morning, other_driver], [morning]),
        ("who takes back what nobody knows gives no points", [ride(cancels=BEFORE)], []),
        ("taking back is not taken back", [morning, back, back_back], []),
    ):
        ids = [_id(one) for one in sorted(kept, key=lambda one: (one["day"], one["leg"], _id(one)))]
        group.valid(comment, rides=[body(one) for one in rides], counted=ids)
    return group


def _in_a_row() -> list[dict[str, Any]]:
    """Return three cars of one morning in the order of their ids, of which the second shares somebody with each."""
    pairs = KEYS[:2], KEYS[1:3], KEYS[2:4]
    tries = ([ride(driver=two[0], present=two, nonce=bytes([n]) * 16) for two in pairs] for n in range(256))
    return next(three for three in tries if sorted(three, key=_id) == three)


def _id(fields: dict[str, Any]) -> bytes:
    return digest("lz/turn/1", body(fields))


def _codes() -> Group:
    group = Group("CircleCode", {"net": NET})
    nonce, one = digest("lz/post/1", b"circle")[:16], MEMBERS[0]
    fields = {
        "nonce": nonce,
        "name": "To work",
        "founder": one.identity.pk,
        "box_pk": one.card()[0],
        "tag_pk": one.card()[1],
        "letterboxes": LETTERBOX,
    }
    honest = encoded("lzc1", pack(list(fields.values())), NET)
    group.valid("as it is made", code=honest, fields=fields)
    group.valid("in capitals, with spaces", code=f" {honest.upper()[:40]} {honest.upper()[40:]}\n", fields=fields)
    group.invalid("more than 700 characters", "size", code=honest + " " * 700)
    group.invalid("one digit is another", "shape", code=honest[:10] + ("b" if honest[10] == "a" else "a") + honest[11:])
    group.invalid("the code of a closed group", "shape", code="lzg1" + honest[4:])
    group.invalid("for another network", "shape", code=encoded("lzc1", pack(list(fields.values())), OTHER_NET))
    group.invalid("a field is missing", "shape", code=encoded("lzc1", pack(list(fields.values())[:-1]), NET))
    group.invalid("no name", "range", code=encoded("lzc1", pack([nonce, "", *list(fields.values())[2:]]), NET))
    long = {**fields, "letterboxes": LETTERBOX * 6}
    group.invalid("more than 320 bytes", "size", code=encoded("lzc1", pack(list(long.values())), NET))
    return group
