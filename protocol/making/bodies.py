"""Vectors of the bodies of letters, one group a kind."""

from __future__ import annotations

from typing import Any

from making import circle_bodies
from making.curve import Signer
from making.devices import revocation, revoked, rotated, rotation
from making.document import Group
from making.people import DRIVER, PASSENGER, agreement, body
from making.posts import post
from making.raw import Raw, pack

SIGNATURE, HASH = bytes(range(64)), bytes(range(32))
TERMS = body(agreement())
NEAR = [4_518_850, 572_450, 4_576_060, -18_000_000]
IBAN = "DE89370400440532013000"
DEVICE, CARD = PASSENGER.device(), PASSENGER.card()
RECORD = [5, TERMS, SIGNATURE, b"device", b"second", HASH]
REVOCATION = revoked(body(revocation()))


def _row(kind: int, side: int, unit: str, seq: int, identifier: bytes = HASH) -> list[Any]:
    """Return a row of the books of two people, under the identities that they have."""
    return [kind, side, unit, seq, identifier, PASSENGER.identity.pk, DRIVER.identity.pk]


WELL: dict[int, tuple[str, list[Any]]] = {
    1: (
        "terms signature passenger card name note flags member max_delay",
        [TERMS, SIGNATURE, DEVICE, CARD, "Ada", "gr\u00fcn\nzwei", 4, b"", 10],
    ),
    2: (
        "agreement_id offer_signature bind_signature driver card name",
        [HASH, SIGNATURE, SIGNATURE, DRIVER.device(), DRIVER.card(), "Ben"],
    ),
    3: ("text", ["I am full."]),
    4: ("text", [""]),
    5: ("text", ["x" * 500]),
    6: ("places contact spots iban", [NEAR, "+33 4 76 00 00 00", ["Gare", ""], IBAN]),
    7: ("code", ["014159"]),
    8: ("counter tries_left", [7, 2]),
    9: ("terms signature passenger blind", [TERMS, SIGNATURE, DEVICE, HASH]),
    10: ("receipt_id device seq head signature", [HASH, DRIVER.device(), 9, HASH, SIGNATURE]),
    11: ("receipt_id reason", [HASH, "wrong amount"]),
    12: ("offer note", [post(1), ""]),
    13: ("terms signature payer blind", [TERMS, SIGNATURE, DEVICE, HASH]),
    14: ("receipt_id device seq head signature", [HASH, DRIVER.device(), 9, HASH, SIGNATURE]),
    15: ("settlement_id reason", [HASH, "it was four"]),
    16: ("card", [CARD]),
    17: ("pickups", [[30_001_445, 30_002_885]]),
    18: ("more offers", [1, [HASH, HASH[::-1]]]),
    19: (
        "asks origin rows",
        [
            1,
            b"genesis",
            [_row(5, 0, "EUR", 7), _row(5, 1, "EUR", 1, HASH[::-1]), _row(6, 0, "CHF", 2**32 - 1)],
        ],
    ),
    20: ("more records", [1, [RECORD, [6, *RECORD[1:]]]]),
    26: ("revocation device card", [REVOCATION, DEVICE, CARD]),
    27: ("rotation origins", [rotated(body(rotation())), [bytes(300), bytes(340)]]),
    28: ("id", [HASH]),
    **circle_bodies.WELL,
    29: ("statement device first proof", [b"statement", DEVICE, 6, [HASH, HASH[::-1]]]),
    30: ("statement_id seen device at signature", [HASH, 8, DRIVER.device(), 1_740_036_960, SIGNATURE]),
    22: ("proof", [b"proof"]),
    23: ("reference reason text blind", [HASH, 1, "it was half the way", HASH[::-1]]),
    24: ("terms signature proposer blind", [TERMS, SIGNATURE, DEVICE, HASH]),
    25: ("reference text", [HASH, "found the note"]),
    38: ("lat lon at", [4_536_450, 559_150, 30_001_450]),
    39: ("counter", [7]),
}
ALSO: dict[int, dict[str, list[Any]]] = {
    1: {
        "a card without letterboxes": [b"t", SIGNATURE, DEVICE, [*CARD[:2], []], "", "", 0, b"", 0],
        "by a member of a closed group, under every flag": [*WELL[1][1][:6], 2**32 - 1, b"\xff" * 16, 240],
    },
    6: {
        "no places": [[], "", [], ""],
        "the poles": [[9_000_000, 18_000_000, -9_000_000, -18_000_000], "", [], ""],
        "no names": [NEAR, "", [], ""],
    },
    8: {"no tries left": [2**32 - 1, 0]},
    27: {"no origin": [rotated(body(rotation()), old=None), []]},
    17: {"thirteen dates": [list(range(1, 14))]},
    18: {"nothing now": [1, []], "a no": [0, []]},
    19: {
        "empty books, and no first entry": [1, b"", []],
        "corrections": [1, b"", [_row(7, 0, "EUR", 1)]],
        "24 directions, told only": [0, bytes(512), [_row(5, 0, f"A{a}{b}", 1) for a in "ABCDEF" for b in "ABCD"]],
        "one direction under two identities": [1, b"", [_row(5, 0, "EUR", 1), [5, 0, "EUR", 1, HASH, HASH, HASH]]],
    },
    20: {"nothing": [0, []], "eight records": [1, [[5, b"t", SIGNATURE, b"d", b"s", HASH]] * 8]},
    **circle_bodies.ALSO,
    29: {
        "the first that this witness sees": [b"s" * 256, DEVICE, 0, []],
        "the longest proof": [b"s", DEVICE, 2**32 - 2, [HASH] * 64],
    },
    38: {"the south pole": [-9_000_000, 18_000_000, 0], "the date line": [0, -18_000_000, 2**32 - 1]},
    30: {"a proof from elsewhere is wanted": [HASH, 2**32 - 2, DRIVER.device(), 0, b""]},
}
REST = ["", "", 0, b"", 10]
_ONE_KEY = [CARD[0], CARD[1], [CARD[0], CARD[0]]]
RANGE: dict[int, dict[str, list[Any]]] = {
    1: {
        "empty terms": [b"", *WELL[1][1][1:]],
        "terms of 513 bytes": [bytes(513), *WELL[1][1][1:]],
        "the terms as an array": [[1], *WELL[1][1][1:]],
        "a signature of 65 bytes": [TERMS, SIGNATURE + b"\0", *WELL[1][1][2:]],
        "a device with a certificate of 63 bytes": [TERMS, SIGNATURE, [*DEVICE[:2], SIGNATURE[1:]], *WELL[1][1][3:]],
        "a card with one letterbox twice": [TERMS, SIGNATURE, DEVICE, _ONE_KEY, *REST],
        "a name of 65 bytes": [TERMS, SIGNATURE, DEVICE, CARD, "x" * 65, *REST[1:]],
        "a name of 33 letters of two bytes": [TERMS, SIGNATURE, DEVICE, CARD, "\u00e9" * 33, *REST[1:]],
        "a name that clears the screen": [TERMS, SIGNATURE, DEVICE, CARD, "\x1b[2J", *REST[1:]],
        "a name with the control character U+0085": [TERMS, SIGNATURE, DEVICE, CARD, "a\u0085", *REST[1:]],
        "a note of 501 bytes": [TERMS, SIGNATURE, DEVICE, CARD, "", "x" * 501, *REST[2:]],
        "the name as bytes": [TERMS, SIGNATURE, DEVICE, CARD, b"Ada", *REST[1:]],
        "flags of 33 bits": [*WELL[1][1][:6], 2**32, b"", 10],
        "negative flags": [*WELL[1][1][:6], -1, b"", 10],
        "the flags as text": [*WELL[1][1][:6], "", b"", 10],
        "a tag of a group of 15 bytes": [*WELL[1][1][:7], bytes(15), 10],
        "a tag of a group of 17 bytes": [*WELL[1][1][:7], bytes(17), 10],
        "the tag of a group as text": [*WELL[1][1][:7], "", 10],
        "241 minutes of delay": [*WELL[1][1][:8], 241],
        "the delay as text": [*WELL[1][1][:8], ""],
    },
    2: {"an id of 31 bytes": [HASH[1:], *WELL[2][1][1:]], "a signature as text": [HASH, "x", *WELL[2][1][2:]]},
    3: {"501 bytes": ["x" * 501], "the text as bytes": [b"x"]},
    4: {"501 bytes": ["x" * 501]},
    5: {"501 bytes": ["x" * 501], "a zero": ["\0"]},
    6: {
        "one place": [NEAR[:2], "", [], ""],
        "three places": [[*NEAR, 0, 0], "", [], ""],
        "beyond the pole": [[9_000_001, 0, 0, 0], "", [], ""],
        "beyond the date line": [[0, 0, 0, -18_000_001], "", [], ""],
        "the places as bytes": [bytes(4), "", [], ""],
        "a contact of 65 bytes": [[], "1" * 65, [], ""],
        "one name": [NEAR, "", ["Gare"], ""],
        "names of no places": [[], "", ["Gare", ""], ""],
        "an account whose check digits are wrong": [[], "", [], IBAN[:-1] + "1"],
        "an account in groups": [[], "", [], "DE89 3704 0044 0532 0130 00"],
        "an account in small letters": [[], "", [], IBAN.lower()],
        "an account of 35 letters and digits": [[], "", [], "DE89" + "0" * 31],
        "the account as bytes": [[], "", [], b""],
        "a name of 65 bytes": [NEAR, "", ["", "x" * 65], ""],
        "a name with a line that goes back": [NEAR, "", ["\r", ""], ""],
    },
    7: {
        "five digits": ["01415"],
        "seven digits": ["0141592"],
        "a letter": ["01415x"],
        "digits that are not 0 to 9": ["\u0660\u0661\u0662\u0663\u0664\u0665"],
        "the code as a number": [14159],
    },
    8: {"the counter is 0": [0, 1], "four tries left": [1, 4], "-1 tries left": [1, -1]},
    9: {"terms of 769 bytes": [bytes(769), *WELL[9][1][1:]], "a blind of 31 bytes": [*WELL[9][1][:3], HASH[1:]]},
    10: {
        "the number 0": [HASH, DRIVER.device(), 0, HASH, SIGNATURE],
        "a head of 31 bytes": [HASH, DRIVER.device(), 9, HASH[1:], SIGNATURE],
        "a signature of 63 bytes": [HASH, DRIVER.device(), 9, HASH, SIGNATURE[1:]],
        "the signature as a number": [HASH, DRIVER.device(), 9, HASH, 7],
    },
    11: {"an id of 33 bytes": [HASH + b"\0", ""], "501 bytes": [HASH, "x" * 501]},
    12: {"an empty offer": [b"", ""], "an offer of 513 bytes": [bytes(513), ""]},
    17: {
        "no date": [[]],
        "fourteen dates": [list(range(1, 15))],
        "a date twice": [[7, 7]],
        "not in order": [[8, 7]],
        "the minute 0": [[0]],
        "a minute as text": [["7"]],
        "the dates as bytes": [b"7"],
    },
    18: {
        "fourteen offers": [1, [bytes([number]) * 32 for number in range(14)]],
        "an offer twice": [1, [HASH, HASH]],
        "an id of 31 bytes": [1, [HASH[1:]]],
        "the offers as bytes": [1, HASH],
        "more than one more": [2, []],
    },
    19: {
        "asks twice": [2, b"", []],
        "the question as text": ["1", b"", []],
        "a direction twice": [1, b"", [_row(5, 0, "EUR", 7), _row(5, 0, "EUR", 8)]],
        "25 directions": [1, b"", [_row(5, 0, f"A{a}{b}", 1) for a in "ABCDE" for b in "ABCDE"]],
        "the kind of an agreement": [1, b"", [_row(4, 0, "EUR", 7)]],
        "a third side": [1, b"", [_row(5, 2, "EUR", 7)]],
        "a currency of two letters": [1, b"", [_row(5, 0, "EU", 7)]],
        "number 0": [1, b"", [_row(5, 0, "EUR", 0)]],
        "number 2^32": [1, b"", [_row(5, 0, "EUR", 2**32)]],
        "an id of 31 bytes": [1, b"", [_row(5, 0, "EUR", 7, HASH[1:])]],
        "an identity of 31 bytes": [1, b"", [[*_row(5, 0, "EUR", 7)[:5], HASH[1:], HASH]]],
        "an identity as text": [1, b"", [[*_row(5, 0, "EUR", 7)[:6], "x" * 32]]],
        "a first entry of 513 bytes": [1, bytes(513), []],
        "the first entry as text": [1, "", []],
    },
    20: {
        "more than one more": [2, [RECORD]],
        "nine records": [0, [[5, b"t", SIGNATURE, b"d", b"s", HASH]] * 9],
        "the kind of an agreement": [0, [[4, *RECORD[1:]]]],
        "empty terms": [0, [[5, b"", *RECORD[2:]]]],
        "terms of 769 bytes": [0, [[5, bytes(769), *RECORD[2:]]]],
        "a signature of 63 bytes": [0, [[5, TERMS, SIGNATURE[1:], *RECORD[3:]]]],
        "a device of 513 bytes": [0, [[*RECORD[:3], bytes(513), *RECORD[4:]]]],
        "no second half": [0, [[*RECORD[:4], b"", HASH]]],
        "a blind of 33 bytes": [0, [[*RECORD[:5], HASH + b"\0"]]],
    },
    13: {
        "empty terms": [b"", *WELL[13][1][1:]],
        "terms of 513 bytes": [bytes(513), *WELL[13][1][1:]],
        "a blind of 33 bytes": [*WELL[13][1][:3], HASH + b"\0"],
    },
    14: {
        "the number 0": [HASH, DRIVER.device(), 0, HASH, SIGNATURE],
        "an id of 31 bytes": [HASH[1:], *WELL[14][1][1:]],
    },
    26: {"no revocation": [b"", DEVICE, CARD], "a revocation of 257 bytes": [bytes(257), DEVICE, CARD]},
    27: {
        "no rotation": [b"", []],
        "a rotation of 513 bytes": [bytes(513), []],
        "seven origins": [bytes(9), [bytes(9)] * 7],
        "an origin of 513 bytes": [bytes(9), [bytes(513)]],
        "an empty origin": [bytes(9), [b""]],
        "the origins as bytes": [bytes(9), bytes(9)],
    },
    28: {"an id of 31 bytes": [HASH[1:]], "the id as text": ["x" * 32]},
    15: {"an id of 33 bytes": [HASH + b"\0", ""], "501 bytes": [HASH, "x" * 501]},
    29: {
        "an empty statement": [b"", DEVICE, 6, []],
        "a statement of 257 bytes": [bytes(257), DEVICE, 6, []],
        "from 2^32 - 1 entries": [b"s", DEVICE, 2**32 - 1, []],
        "from -1 entries": [b"s", DEVICE, -1, []],
        "a proof of 65 hashes": [b"s", DEVICE, 6, [HASH] * 65],
        "a hash of 31 bytes": [b"s", DEVICE, 6, [HASH[1:]]],
        "the proof as bytes": [b"s", DEVICE, 6, HASH],
        "a device with a certificate of 63 bytes": [b"s", [*DEVICE[:2], SIGNATURE[1:]], 6, []],
    },
    30: {
        "an id of 31 bytes": [HASH[1:], 8, DEVICE, 7, SIGNATURE],
        "nothing seen": [HASH, 0, DEVICE, 7, b""],
        "a time of 2^40": [HASH, 8, DEVICE, 2**40, SIGNATURE],
        "a signature of 63 bytes": [HASH, 8, DEVICE, 7, SIGNATURE[1:]],
        "the signature as a number": [HASH, 8, DEVICE, 7, 7],
    },
    23: {
        "an id of 31 bytes": [HASH[1:], 1, "", HASH],
        "reason 4": [HASH, 4, "", HASH],
        "501 bytes": [HASH, 1, "x" * 501, HASH],
        "a blind of 33 bytes": [HASH, 1, "", HASH + b"\0"],
    },
    24: {
        "empty terms": [b"", *WELL[24][1][1:]],
        "terms of 513 bytes": [bytes(513), *WELL[24][1][1:]],
        "a blind of 33 bytes": [*WELL[24][1][:3], HASH + b"\0"],
    },
    25: {"an id of 33 bytes": [HASH + b"\0", ""], "501 bytes": [HASH, "x" * 501]},
    38: {
        "beyond the pole": [9_000_001, 0, 7],
        "beyond the date line": [0, -18_000_001, 7],
        "the minute 2^32": [0, 0, 2**32],
        "the minute -1": [0, 0, -1],
        "degrees as text": ["45.36", 0, 7],
    },
    39: {"the counter is 0": [0], "the counter 2^32": [2**32], "the counter as text": ["7"]},
    22: {"no proof": [b""], "a proof of 2561 bytes": [bytes(2561)]},
    16: {"a card with one letterbox twice": [_ONE_KEY], "a card whose tag has 31 bytes": [[CARD[0], CARD[1][1:], []]]},
    **circle_bodies.RANGE,
}
SHAPE: dict[int, dict[str, list[Any]]] = {
    1: {
        "a device without certificate": [TERMS, SIGNATURE, DEVICE[:2], CARD, *REST],
        "a device as bytes": [TERMS, SIGNATURE, b"", CARD, *REST],
    },
    2: {"a card with a fourth field": [HASH, SIGNATURE, SIGNATURE, DEVICE, [*CARD, 0], ""]},
    26: {"a device without certificate": [REVOCATION, DEVICE[:2], CARD], "no card": [REVOCATION, DEVICE, b""]},
    16: {"a card with a fourth field": [[*CARD, 0]], "a card as bytes": [b""]},
    19: {
        "the rows as bytes": [1, b"", b""],
        "a row of six fields": [1, b"", [_row(5, 0, "EUR", 7)[:6]]],
        "a row as bytes": [1, b"", [b""]],
    },
    20: {"the records as bytes": [0, b""], "a record of five fields": [0, [RECORD[:5]]], "a record as text": [0, [""]]},
    29: {"a device as bytes": [b"s", b"", 6, []]},
    10: {"a device with a fourth field": [HASH, [*DEVICE, Signer("x").pk], 9, HASH, SIGNATURE]},
    **circle_bodies.SHAPE,
}


def bodies() -> list[Group]:
    """Return the groups of all kinds."""
    return [_group(kind) for kind in WELL]


def _group(kind: int) -> Group:
    names, fields = WELL[kind]
    group = Group("Body", {"kind": kind})
    for comment, values in {"an ordinary one": fields, **ALSO.get(kind, {})}.items():
        group.valid(comment, bytes=pack(values), fields=dict(zip(names.split(), values, strict=True)))
    if kind == 1:
        group.invalid("more than 4047 bytes", "size", bytes=pack([bytes(4047)]))
    group.invalid("a byte after the end", "codec", bytes=pack(fields) + b"\0")
    group.invalid("the first field as nil", "codec", bytes=pack([Raw(b"\xc0"), *fields[1:]]))
    group.invalid("one field more", "shape", bytes=pack([*fields, ""]))
    group.invalid("no field", "shape", bytes=pack([]))
    for layer, cases in (("shape", SHAPE), ("range", RANGE)):
        for comment, values in cases.get(kind, {}).items():
            group.invalid(comment, layer, bytes=pack(values))
    return group
