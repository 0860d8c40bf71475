"""Vectors of the bodies of letters within a circle."""

from __future__ import annotations

from typing import Any

from making.circles import LETTERBOX, MEMBERS, cosignature, founding, founding_id, ride
from making.people import body
from making.raw import pack

HASH = bytes(range(32))
SALT = bytes(range(8))
ONE = MEMBERS[0]
TERMS, FOUNDING = body(ride()), body(founding())
SIGNED = cosignature(ONE, "lz/turn/1", TERMS)
FIRST = cosignature(ONE, "lz/circle/1", FOUNDING)
INVITE = [HASH[:16], "To work", ONE.identity.pk, *ONE.card()[:2], LETTERBOX]
RECORD = pack([TERMS, [SIGNED]])
WELL: dict[int, tuple[str, list[Any]]] = {
    31: ("nonce name founder box_pk tag_pk letterboxes", INVITE),
    32: ("device card name", [ONE.device(), ONE.card(), "Ada"]),
    33: ("terms signatures", [FOUNDING, [FIRST]]),
    34: ("record signatures reason", [founding_id(FOUNDING), [FIRST], ""]),
    35: ("terms signatures digest", [TERMS, [SIGNED], HASH]),
    36: ("digest first last salt shorts", [HASH, 20_139, 2**22 - 1, SALT, bytes(12)]),
    37: ("counter digest rides more", [7, HASH, [RECORD, RECORD], 0]),
}
ALSO: dict[int, dict[str, list[Any]]] = {
    31: {"nobody holds letters": [*INVITE[:5], b""]},
    34: {"a no": [HASH, [], "I was ill"]},
    36: {"nothing of all days": [HASH, 0, 0, SALT, b""]},
    37: {"nothing": [2**32 - 1, HASH, [], 1]},
}
RANGE: dict[int, dict[str, list[Any]]] = {
    31: {
        "a nonce of 15 bytes": [HASH[:15], *INVITE[1:]],
        "no name": [HASH[:16], "", *INVITE[2:]],
        "letterboxes of 33 bytes": [*INVITE[:5], LETTERBOX + b"\0"],
        "four letterboxes": [*INVITE[:5], bytes(range(128))],
        "one letterbox twice": [*INVITE[:5], LETTERBOX * 2],
    },
    32: {"a name of 65 bytes": [ONE.device(), ONE.card(), "x" * 65]},
    33: {
        "empty terms": [b"", []],
        "terms of 3457 bytes": [bytes(3457), []],
        "one signs twice": [FOUNDING, [FIRST, FIRST]],
        "a signature of 63 bytes": [FOUNDING, [[*FIRST[:3], FIRST[3][1:]]]],
    },
    34: {"an id of 31 bytes": [HASH[1:], [], ""], "501 bytes": [HASH, [], "x" * 501]},
    35: {"terms of 641 bytes": [bytes(641), [], HASH], "a digest of 33 bytes": [TERMS, [], HASH + b"\0"]},
    36: {
        "the last before the first": [HASH, 2, 1, SALT, b""],
        "a day beyond 2^22": [HASH, 0, 2**22, SALT, b""],
        "a salt of 7 bytes": [HASH, 0, 1, SALT[1:], b""],
        "five bytes for a ride": [HASH, 0, 1, SALT, bytes(5)],
        "481 rides": [HASH, 0, 1, SALT, bytes(6 * 481)],
    },
    37: {
        "the counter is 0": [0, HASH, [], 0],
        "the rides as bytes": [1, HASH, b"", 0],
        "an empty ride": [1, HASH, [b""], 0],
        "more than one more": [1, HASH, [], 2],
    },
}
SHAPE: dict[int, dict[str, list[Any]]] = {
    32: {"a card as bytes": [ONE.device(), b"", ""]},
    33: {"a signature without its certificate": [FOUNDING, [[FIRST[0], FIRST[1], FIRST[3]]]]},
}
