"""Vectors of what hubs say of themselves, of the frames in which it travels, and of invitations."""

from __future__ import annotations

import base64
from typing import Any

from making.curve import NET, OTHER_NET, Signer, digest
from making.document import Group, document
from making.people import body
from making.raw import Raw, pack

CHAPTER = "hubs.md"
HUB, OTHER = Signer("hub 1"), Signer("hub 2")
GRENOBLE, BESIDE, LYON = 0x841F903FFFFFFFF, 0x841F93BFFFFFFFF, 0x841F9EDFFFFFFFF
DAY = 86_400
MADE = 1_740_036_600
ADDRESS = "/dns4/hub.example.org/tcp/4001"
MOST = 2560


def files() -> dict[str, str]:
    """Return the files of this subject."""
    return {
        "hub": document("what hubs say of themselves", "hub", CHAPTER, _records(), _invites()),
        "hubs": document("hubs that a node knows", "frames", CHAPTER, _questions(), _answers()),
    }


def packed(*areas: int) -> bytes:
    """Return areas as they travel: bits 33 to 51 of each cell."""
    return b"".join((area >> 33 & (1 << 19) - 1).to_bytes(3, "big") for area in areas)


def record(**changes: Any) -> dict[str, Any]:
    """Return the fields of a record by name, in order, with some changed."""
    fields = {
        "version": 1,
        "net": NET,
        "kind": 15,
        "node_pk": HUB.pk,
        "made": MADE,
        "until": MADE + 14 * DAY,
        "name": "Valley hub",
        "operator": "The town hall of Crolles",
        "rules": "Be on time.\nNo smoking.",
        "areas": packed(GRENOBLE, BESIDE),
        "addresses": [ADDRESS],
        "entry": 0,
    }
    return {**fields, **changes}


def signed(terms: bytes, by: Signer = HUB, **how: Any) -> bytes:
    """Return the envelope of a record."""
    return pack([terms, by.sign(how.get("tag", "hub"), digest("lz/hub/1", terms), net=how.get("net", NET))])


def shown(fields: dict[str, Any], *areas: int) -> dict[str, Any]:
    """Return fields as the vectors show them."""
    said = {name: value for name, value in fields.items() if name not in {"version", "kind"}}
    return {**said, "areas": [f"{area:x}" for area in areas]}


def _records() -> Group:
    group = Group("HubRecord")
    for comment, changes, areas in (
        ("a hub that serves two areas", {}, (GRENOBLE, BESIDE)),
        ("one that serves its members, and says nothing of itself",
         {"name": "", "operator": "", "rules": "", "areas": b""}, ()),
        ("one that lets in those alone whom it knows, at three addresses",
         {"entry": 1, "addresses": [ADDRESS, "/ip6/2001:db8::1/tcp/4001", "x" * 128]}, (GRENOBLE, BESIDE)),
        ("as much text as there may be, for as long as it may hold",
         {"name": "n" * 120, "operator": "o" * 240, "rules": "\u00e9" * 600, "until": MADE + 400 * DAY},
         (GRENOBLE, BESIDE)),
        ("for one second, at the end of time", {"made": 2**40 - 2, "until": 2**40 - 1}, (GRENOBLE, BESIDE)),
    ):  # fmt: skip
        fields = record(**changes)
        terms = body(fields)
        group.valid(comment, bytes=signed(terms), id=digest("lz/hub/1", terms), fields=shown(fields, *areas))
    honest = body(record())
    group.invalid("more than 2560 bytes", "size", bytes=pack([bytes(MOST - 64), bytes(64)]))
    group.invalid("a byte after the end", "codec", bytes=signed(honest) + b"\0")
    group.invalid("the entry in two bytes", "codec", bytes=signed(body(record(entry=Raw(b"\xcc\x00")))))
    group.invalid("a name that is not in NFC", "codec", bytes=signed(body(record(name="e\u0301"))))
    group.invalid("a signature of 63 bytes", "envelope", bytes=pack([honest, bytes(63)]))
    group.invalid("a field is missing", "shape", bytes=signed(pack(list(record().values())[:-1])))
    group.invalid("a field too many", "shape", bytes=signed(pack([*record().values(), 0])))
    group.invalid("the kind of a fork proof", "shape", bytes=signed(body(record(kind=13))))
    group.invalid("version 2", "shape", bytes=signed(body(record(version=2))))
    group.invalid("areas of 5 bytes", "shape", bytes=signed(body(record(areas=packed(GRENOBLE, BESIDE)[1:]))))
    for comment, changes in {
        "a network of 7 bytes": {"net": NET[:7]},
        "a hub of 31 bytes": {"node_pk": HUB.pk[1:]},
        "made before time": {"made": -1},
        "a second of 2^40": {"until": 2**40, "made": 2**40 - 1},
        "it ends when it begins": {"until": MADE},
        "for 400 days and a second": {"until": MADE + 400 * DAY + 1},
        "a name of 121 bytes": {"name": "n" * 121},
        "a name of two lines": {"name": "Valley\nhub"},
        "an operator of 241 bytes": {"operator": "o" * 241},
        "an operator of two lines": {"operator": "Crolles\nBernin"},
        "rules of 1201 bytes": {"rules": "r" * 1201},
        "an escape, which is no text": {"rules": "\x1b[31m"},
        "areas that fall": {"areas": packed(BESIDE, GRENOBLE)},
        "the same area twice": {"areas": packed(GRENOBLE, GRENOBLE)},
        "an area that is no cell": {"areas": b"\xff\xff\xff"},
        "129 areas": {"areas": packed(*_many(129))},
        "no address": {"addresses": []},
        "four addresses": {"addresses": [ADDRESS] * 4},
        "an address of 129 bytes": {"addresses": ["x" * 129]},
        "an address in bytes": {"addresses": [ADDRESS.encode()]},
        "an entry that is neither": {"entry": 2},
    }.items():
        group.invalid(comment, "range", bytes=signed(body(record(**changes))))
    for comment, envelope in {
        "by another hub": signed(honest, OTHER),
        "made for another network": signed(honest, net=OTHER_NET),
        "with the tag of a witness": signed(honest, tag="witness"),
        "its name was changed": pack([body(record(name="Village hub")), signed(honest)[-64:]]),
    }.items():
        group.invalid(comment, "signature", bytes=envelope)
    return group


def _many(number: int) -> list[int]:
    """Return cells of resolution 4 beside each other, rising: of one base cell, all that the last digits name."""
    head = 0x841_0000_0000_0000 | GRENOBLE & 0x7F << 45
    cells = []
    for at in range(number):
        digits = [at // 343 % 7, at // 49 % 7, at // 7 % 7, at % 7]
        path = sum(digit << 45 - 3 * (place + 1) for place, digit in enumerate(digits))
        cells.append(head & ~((1 << 45) - 1) | path | (1 << 33) - 1)
    return cells


def _invites() -> Group:
    group = Group("HubInvite")
    fields = record()
    envelope = signed(body(fields))
    digits = base64.b32encode(envelope).decode().rstrip("=")
    told = {"id": digest("lz/hub/1", body(fields))}
    group.valid("in small letters", invite="lazpool:hub/" + digits.lower(), **told)
    group.valid("in capitals, as a QR code has it", invite="LAZPOOL:HUB/" + digits, **told)
    broken = "\n ".join([digits[at : at + 60] for at in range(0, len(digits), 60)])
    group.valid("broken by a mail program", invite=f" lazpool:hub/\n{broken}\n", **told)
    for comment, layer, text in (
        ("more than 5000 characters", "size", "lazpool:hub/" + digits + " " * 5000),
        ("without what it begins with", "shape", digits),
        ("the beginning of something else", "shape", "lazpool:ride/" + digits),
        ("a digit 1, which base 32 has not", "codec", "lazpool:hub/1" + digits[1:]),
        ("cut", "codec", "lazpool:hub/" + digits[:-8]),
        ("with padding", "codec", "lazpool:hub/" + digits + "="),
        ("nothing but the beginning", "codec", "lazpool:hub/"),
        ("one letter was mistyped", "signature", "lazpool:hub/" + digits[:-20] + _next(digits[-20]) + digits[-19:]),
    ):
        group.invalid(comment, layer, invite=text)
    return group


def _next(digit: str) -> str:
    return "B" if digit == "A" else "A"


def _questions() -> Group:
    group = Group("HubsAsk")
    names = [digest("lz/hub/1", bytes([at]))[:8] for at in range(256)]
    for comment, known in (("who knows none", []), ("who knows two", names[:2]), ("who knows 256", names)):
        group.valid(comment, bytes=pack([1, NET, b"".join(known)]), fields={"net": NET, "known": known})
    for comment, (layer, frame) in {
        "257 ids": ("range", [1, NET, bytes(8 * 257)]),
        "a network of 9 bytes": ("range", [1, NET + b"\0", b""]),
        "ids of 7 bytes": ("shape", [1, NET, bytes(7)]),
        "ids in an array": ("shape", [1, NET, []]),
        "of another kind": ("shape", [2, NET, b""]),
        "a field too many": ("shape", [1, NET, b"", 0]),
        "a field too few": ("shape", [1, NET]),
    }.items():
        group.invalid(comment, layer, bytes=pack(frame))
    group.invalid("the kind in two bytes", "codec", bytes=pack([Raw(b"\xcc\x01"), NET, b""]))
    group.invalid("more bytes than a question may have", "size", bytes=pack([1, NET, bytes(4096)]))
    return group


def _answers() -> Group:
    group = Group("HubsTold")
    honest = signed(body(record()))
    for comment, records in (
        ("nothing", []),
        ("one record", [honest]),
        ("sixteen, and what they say is not looked at yet", [bytes(MOST)] * 16),
    ):
        group.valid(comment, bytes=pack(records), fields={"records": records})
    group.invalid("seventeen records", "range", bytes=pack([honest] * 17))
    group.invalid("a record of 2561 bytes", "range", bytes=pack([bytes(MOST + 1)]))
    group.invalid("a record without bytes", "range", bytes=pack([b""]))
    group.invalid("a record that is no bytes", "range", bytes=pack([0]))
    group.invalid("a byte after the end", "codec", bytes=pack([honest]) + b"\0")
    group.invalid("more bytes than an answer may have", "size", bytes=pack([bytes(MOST)] * 17))
    return group
