"""Vectors of posts and routes."""

from __future__ import annotations

from typing import Any

from making.curve import NET, OTHER_NET, Signer, box_pk, digest
from making.document import Group, document
from making.places import GRENOBLE, LYON, cell
from making.post_cases import AUTHOR, DEPART, EVERY, HUBS, LONGER, OTHER, RANGE, SIGNER, VALID, WAY
from making.raw import Raw, pack, route, varint

OFFER, REQUEST, WITHDRAWAL = 1, 2, 3
NAMES = {
    1: "version net kind post_pk box_pk letterboxes route minutes depart flex_before flex_after max_detour seats price "
    "unit flags expires stamp group",
    2: "version net kind post_pk box_pk letterboxes cell_from cell_to by earliest latest walk seats flags expires "
    "stamp group",
    3: "version net kind post_pk post_id expires",
}
KIND = {1: "offer", 2: "request", 3: "withdrawal"}
CELLS = {"cell_from", "cell_to"}


def files() -> dict[str, str]:
    """Return the files of this subject."""
    return {
        "post": document("offers, requests and withdrawals", "post", "posts.md", *map(_posts, (1, 2, 3))),
        "work": document("work of ids", "work", "posts.md", _work()),
        "route": document("routes of offers", "route", "posts.md", _routes()),
    }


def base(kind: int, /, **changes: Any) -> dict[str, Any]:
    """Return the fields of a valid post by name, in order, with some changed."""
    head = {"version": 1, "net": NET, "kind": kind, "post_pk": SIGNER.pk}
    author = {"box_pk": box_pk("post box"), "letterboxes": HUBS[:1]}
    tail = {"flags": 4, "expires": DEPART + 600, "stamp": b"", "group": b""}
    if kind == OFFER:
        way = {"route": route(*WAY), "minutes": [0, 34, 96], "depart": DEPART, "flex_before": 10, "flex_after": 20}
        fields = {**head, **author, **way, "max_detour": 15, "seats": 3, "price": 80, "unit": "EUR", **tail}
    elif kind == REQUEST:
        ends = {"cell_from": GRENOBLE.cell, "cell_to": LYON.cell}
        when = {"by": 1, "earliest": DEPART + 60, "latest": DEPART + 120}
        fields = {**head, **author, **ends, **when, "walk": 800, "seats": 1, **tail}
    else:
        fields = {**head, "post_id": digest("lz/post/1", pack(list(base(1).values()))), "expires": DEPART + 600}
    return {**fields, **changes}


def envelope(body: bytes, signer: Signer = SIGNER, net: bytes = NET, tag: str = "post") -> bytes:
    """Return a body with a signature that holds, whatever the body is."""
    return pack([body, signer.sign(tag, digest("lz/post/1", body), net=net)])


def post(kind: int, /, **changes: Any) -> bytes:
    """Return the envelope of a post with some fields changed."""
    return envelope(pack(list(base(kind, **changes).values())))


def _shown(kind: int, fields: dict[str, Any]) -> dict[str, Any]:
    if " ".join(fields) != NAMES[kind]:
        raise AssertionError("the fields must stand in the order of the wire")
    return {
        name: cell(value) if name in CELLS else value
        for name, value in fields.items()
        if name not in {"version", "kind"}
    }


def _posts(kind: int) -> Group:
    group = Group("Post", {"kind": KIND[kind]})
    for comment, changes in {"an ordinary one": {}, **VALID[kind]}.items():
        fields = base(kind, **changes)
        body = pack(list(fields.values()))
        group.valid(comment, bytes=envelope(body), id=digest("lz/post/1", body), fields=_shown(kind, fields))
    _bent_bytes(group, kind)
    _bent_shape(group, kind)
    common = {} if kind == WITHDRAWAL else AUTHOR
    for comment, changes in {**EVERY, **common, **RANGE[kind]}.items():
        group.invalid(comment, "range", bytes=post(kind, **changes))
    for comment, (layer, changes) in OTHER.get(kind, {}).items():
        group.invalid(comment, layer, bytes=post(kind, **changes))
    _bent_signature(group, kind)
    return group


def _bent_bytes(group: Group, kind: int) -> None:
    body = pack(list(base(kind).values()))
    group.invalid("one byte more than 512", "size", bytes=pack([body.ljust(513 - 69, b"\0"), bytes(64)]))
    group.invalid("a byte after the envelope", "codec", bytes=post(kind) + b"\x00")
    group.invalid("a byte after the body", "codec", bytes=envelope(body + b"\x00"))
    group.invalid("the kind as uint 8", "codec", bytes=post(kind, kind=Raw(bytes([0xCC, kind]))))
    group.invalid("the version as true", "codec", bytes=post(kind, version=Raw(b"\xc3")))
    group.invalid("the post key as nil", "codec", bytes=post(kind, post_pk=Raw(b"\xc0")))
    group.invalid("the body is a map", "codec", bytes=envelope(b"\x81\x01\x02"))
    group.invalid("the envelope has a signature of 63 bytes", "envelope", bytes=pack([body, bytes(63)]))
    group.invalid("no envelope, the body alone", "envelope", bytes=body)


def _bent_shape(group: Group, kind: int) -> None:
    fields = list(base(kind).values())
    group.invalid("the body is empty", "shape", bytes=envelope(pack([])))
    group.invalid("the last field is missing", "shape", bytes=envelope(pack(fields[:-1])))
    group.invalid("one field more", "shape", bytes=envelope(pack([*fields, 0])))
    group.invalid("version 0", "shape", bytes=post(kind, version=0))
    group.invalid("version 2", "shape", bytes=post(kind, version=2))
    group.invalid("kind 4, which is no post", "shape", bytes=post(kind, kind=4))
    group.invalid("the kind of another post", "shape", bytes=post(kind, kind=kind % 3 + 1))
    group.invalid("the kind as text", "shape", bytes=post(kind, kind=str(kind)))


def _bent_signature(group: Group, kind: int) -> None:
    body = pack(list(base(kind).values()))
    honest = envelope(body)
    for comment, data in {
        "one bit of the signature is flipped": honest[:-1] + bytes([honest[-1] ^ 1]),
        "signed by another key": envelope(body, Signer("stranger")),
        "signed for another network": envelope(body, net=OTHER_NET),
        "signed with the tag of a letter": envelope(body, tag="letter"),
        "the signature of another body": pack([body, pack_signature(post(kind, post_pk=Signer("stranger").pk))]),
    }.items():
        group.invalid(comment, "signature", bytes=data)


def pack_signature(data: bytes) -> bytes:
    """Return the signature of an envelope."""
    return data[-64:]


def _work() -> Group:
    group = Group("Work")
    odd = digest("lz/post/1", b"some post")[:-1] + b"\x01"
    for comment, name, work in (
        ("an odd id", odd, 0),
        ("one bit", odd[:-1] + b"\x02", 1),
        ("seven bits", odd[:-1] + b"\x80", 7),
        ("a byte of zeros", odd[:-2] + b"\x01\x00", 8),
        ("zeros in front do not count", bytes(8) + odd[8:], 0),
        ("all zeros", bytes(32), 256),
    ):
        group.valid(comment, id=name, work=work)
    mined, number = b"", 0
    while not mined or int.from_bytes(mined, "big") % 2**12:
        body = pack(list(base(2, stamp=number.to_bytes(8, "big")).values()))
        mined, number = digest("lz/post/1", body), number + 1
    bits = int.from_bytes(mined, "big")
    group.valid("a request stamped for 12 bits", bytes=envelope(body), id=mined, work=(bits & -bits).bit_length() - 1)
    return group


def _routes() -> Group:
    group = Group("Route")
    for comment, vertices in {
        "no vertex": [],
        "the origin": [(0, 0)],
        "the corners of the globe": [(90_000, 180_000), (-90_000, -180_000)],
        "Grenoble, Voiron, Lyon": WAY,
        "one step each way": [(1, 1), (0, 0), (-1, -1)],
        "numbers of one byte and of two": [(63, -64), (127, -129)],
    }.items():
        group.valid(comment, bytes=route(*vertices), vertices=vertices)
    group.invalid("cut within a number", "shape", bytes=route(*WAY)[:-1] + b"\x80")
    group.invalid("more than 128 bytes", "shape", bytes=bytes(129))
    group.invalid("a latitude without its longitude", "shape", bytes=route(*WAY) + varint(0))
    group.invalid("a number in more bytes than needed", "codec", bytes=LONGER)
    group.invalid("zero in two bytes", "codec", bytes=varint(0) + b"\x80\x00")
    group.invalid("north of the pole", "range", bytes=varint(90_001) + varint(0))
    group.invalid("west of the date line", "range", bytes=varint(0) + varint(-180_001))
    return group
