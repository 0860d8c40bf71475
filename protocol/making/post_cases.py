"""What the vectors of posts change in a valid one, by kind: 1 offer, 2 request, 3 withdrawal."""

from __future__ import annotations

from typing import Any

from making.curve import NET, Signer
from making.group_tags import SECRET, post_tag
from making.places import AREAS, EDGE, FINER, GRENOBLE, GRENOBLE_6, LYON, PENTAGON, VOIRON, WIDE, cell
from making.raw import route

SIGNER = Signer("post")
DEPART = 29_000_610
TOP = 2**32 - 1
HUBS = [Signer(name).pk for name in ("hub 1", "hub 2", "hub 3", "hub 4")]
GROUP = post_tag(SECRET, SIGNER.pk)
WAY = [GRENOBLE.centre, VOIRON.centre, LYON.centre]

EVERY: dict[str, dict[str, Any]] = {
    "a network of 7 bytes": {"net": NET[:7]},
    "the network as text": {"net": "lazpool!"},
    "a post key of 31 bytes": {"post_pk": SIGNER.pk[:31]},
}
AUTHOR: dict[str, dict[str, Any]] = {
    "a box key of 33 bytes": {"box_pk": bytes(33)},
    "four letterboxes": {"letterboxes": HUBS},
    "one letterbox twice": {"letterboxes": [HUBS[0], HUBS[0]]},
    "a letterbox of 31 bytes": {"letterboxes": [HUBS[0][:31]]},
    "the letterboxes as bytes": {"letterboxes": HUBS[0]},
    "no seat": {"seats": 0},
    "nine seats": {"seats": 9},
    "the seats as text": {"seats": "1"},
    "flags of 33 bits": {"flags": 2**32},
    "negative flags": {"flags": -1},
    "it expires after the last minute": {"expires": 2**32},
    "a stamp of 17 bytes": {"stamp": bytes(17)},
    "the stamp as text": {"stamp": ""},
    "a tag of a group of 15 bytes": {"group": bytes(15)},
    "a tag of a group of 17 bytes": {"group": bytes(17)},
    "the tag of a group as text": {"group": ""},
}
SIXTEEN = [(GRENOBLE if n % 2 == 0 else LYON).centre for n in range(16)]
VALID: dict[int, dict[str, dict[str, Any]]] = {
    1: {
        "for a closed group": {"group": GROUP},
        "under every condition that has a name": {"flags": 0b1_0000_0000_0011_1111},
        "two vertices": {"route": route(WAY[0], WAY[2]), "minutes": [0, 80]},
        "an end that is coarse by a cell of resolution 6": {"route": route(GRENOBLE_6.centre, *WAY[1:])},
        "everything at its smallest": {
            "letterboxes": [],
            "route": route(WAY[0], WAY[0]),
            "minutes": [0, 0],
            "depart": 0,
            "flex_before": 0,
            "flex_after": 0,
            "max_detour": 0,
            "seats": 1,
            "price": 0,
            "unit": "AAA",
            "flags": 0,
            "expires": 0,
        },
        "everything at its largest": {
            "letterboxes": HUBS[:3],
            "route": route(*WIDE),
            "minutes": [0, *range(2866, 2881)],
            "depart": TOP,
            "flex_before": 720,
            "flex_after": 720,
            "max_detour": 240,
            "seats": 8,
            "price": 100_000,
            "unit": "ZZZ",
            "flags": TOP,
            "expires": TOP,
            "stamp": b"\xff" * 16,
            "group": b"\xff" * 16,
        },
        "it expires before it departs, which the clock judges": {"expires": DEPART - 1},
    },
    2: {
        "for a closed group": {"group": GROUP},
        "cells of resolution 6, window of departure": {
            "cell_from": GRENOBLE_6.cell,
            "cell_to": GRENOBLE_6.cell,
            "by": 0,
        },
        "a cell that is a pentagon": {"cell_to": PENTAGON},
        "everything at its smallest": {
            "letterboxes": [],
            "by": 0,
            "earliest": 0,
            "latest": 0,
            "walk": 0,
            "flags": 0,
            "expires": 0,
        },
        "everything at its largest": {
            "letterboxes": HUBS[:3],
            "earliest": TOP - 2880,
            "latest": TOP,
            "walk": 10_000,
            "seats": 8,
            "flags": TOP,
            "expires": TOP,
            "stamp": b"\xff" * 16,
            "group": b"\xff" * 16,
        },
    },
    3: {
        "of a post that nobody heard": {"post_id": bytes(32)},
        "of a post that dies in the first minute": {"expires": 0},
        "of a post that dies in the last minute": {"expires": TOP},
    },
}
RANGE: dict[int, dict[str, dict[str, Any]]] = {
    1: {
        "an empty route": {"route": b"", "minutes": []},
        "one vertex": {"route": route(WAY[0]), "minutes": [0]},
        "seventeen vertices": {"route": route(*SIXTEEN, WAY[0]), "minutes": [0] * 17},
        "the first vertex is not coarse": {"route": route((45_188, 5_724), *WAY[1:])},
        "the last vertex is not coarse": {"route": route(*WAY[:2], (45_760, 4_859))},
        "a vertex beyond the pole": {"route": route(WAY[0], (90_001, 0), WAY[2])},
        "a vertex beyond the date line": {"route": route(WAY[0], (0, 180_001), WAY[2])},
        "a vertex at 2^700 degrees": {"route": route(WAY[0], (2**700, 0)), "minutes": [0, 1]},
        "a minute less than vertices": {"minutes": [0, 34]},
        "the first minute is not 0": {"minutes": [1, 34, 96]},
        "minutes that fall": {"minutes": [0, 34, 33]},
        "a trip of more than two days": {"minutes": [0, 34, 2881]},
        "a minute as text": {"minutes": [0, "34", 96]},
        "a negative departure": {"depart": -1},
        "departure after the last minute": {"depart": 2**32},
        "flex_before of 721": {"flex_before": 721},
        "flex_after of 721": {"flex_after": 721},
        "a detour of 241": {"max_detour": 241},
        "a price of 100 001": {"price": 100_001},
        "a currency of two letters": {"unit": "EU"},
        "a currency in small letters": {"unit": "eur"},
        "a currency of letters that are not A to Z": {"unit": "\u00c4\u00d6\u00dc"},
        "the currency as bytes": {"unit": b"EUR"},
    },
    2: {
        "a start of resolution 8": {"cell_from": FINER},
        "an end of resolution 4": {"cell_to": AREAS[GRENOBLE.cell]},
        "an edge of a cell": {"cell_from": EDGE},
        "a number that is no cell": {"cell_to": 7},
        "the start as text": {"cell_from": cell(GRENOBLE.cell)},
        "a window of neither departure nor arrival": {"by": 2},
        "a window that ends before it begins": {"latest": DEPART + 59},
        "a window of more than two days": {"latest": DEPART + 60 + 2881},
        "a negative window": {"earliest": -1},
        "a window that ends after the last minute": {"earliest": TOP, "latest": TOP + 1},
        "a walk of 10 001": {"walk": 10_001},
    },
    3: {
        "an id of 31 bytes": {"post_id": bytes(31)},
        "the id as text": {"post_id": "x"},
        "it expires after the last minute": {"expires": TOP + 1},
        "the minute as bytes": {"expires": bytes(4)},
    },
}
LONGER = route(*WAY)[:-1] + bytes([route(*WAY)[-1] | 0x80, 0])
SAME_LON = ((45_914, 5_395), (45_821, 5_395))
OTHER: dict[int, dict[str, tuple[str, dict[str, Any]]]] = {
    1: {
        "the route is cut within a number": ("shape", {"route": route(*WAY)[:-1] + b"\x80"}),
        "the route is text": ("shape", {"route": "way"}),
        "the route has 129 bytes": ("shape", {"route": bytes(129)}),
        "the minutes are bytes": ("shape", {"minutes": bytes([0, 34, 96])}),
        "a number of the route in more bytes than needed": ("codec", {"route": LONGER}),
        "the route lacks its last number, a zero": (
            "shape",
            {"route": route(*SAME_LON)[:-1], "minutes": [0, 9]},
        ),
    },
}
