"""Vectors of the frames of mail and sync."""

from __future__ import annotations

from typing import Any

from making.curve import NET, OTHER_NET, Signer
from making.document import Group, document
from making.places import AREAS, COARSER, GRENOBLE, LYON, PENTAGON, cell
from making.raw import Raw, pack

TAG, OWNER, LETTERBOX = Signer("passenger tag"), Signer("passenger node"), Signer("hub 1")
UNTIL = 29_020_000
LETTER = b"\x5a" * 512
NAME = bytes(range(32))
AREA = AREAS[GRENOBLE.cell]


def files() -> dict[str, str]:
    """Return the files of this subject."""
    return {
        "mail": document("frames of mail", "frames", "mail.md", _requests(), _answers()),
        "open": document("opening a letterbox", "open", "mail.md", _open()),
        "sync": document("frames of sync", "frames", "sync.md", _sync(), _ids(), _posts()),
    }


def _open_signature(*, letterbox: Signer = LETTERBOX, owner: Signer = OWNER, until: int = UNTIL, **how: Any) -> bytes:
    extra = letterbox.pk + owner.pk + until.to_bytes(8, "big")
    return how.get("by", TAG).sign(how.get("tag", "open"), TAG.pk, extra, how.get("net", NET))


def _requests() -> Group:
    group = Group("MailRequest")
    signature = _open_signature()
    for size in (512, 1024, 2048, 4096):
        letter = b"\x5a" * size
        group.valid(
            f"put a letter of {size} bytes", bytes=pack([2, TAG.pk, letter]), fields={"tag": TAG.pk, "letter": letter}
        )
    group.valid(
        "open",
        bytes=pack([1, TAG.pk, UNTIL, signature]),
        fields={"tag": TAG.pk, "until": UNTIL, "signature": signature},
    )
    group.valid("fetch", bytes=pack([3, TAG.pk]), fields={"tag": TAG.pk})
    for count in (0, 1, 16):
        fields = {"tag": TAG.pk, "letters": [NAME] * count}
        group.valid(f"acknowledge {count}", bytes=pack([4, TAG.pk, [NAME] * count]), fields=fields)
    group.invalid("more than 4352 bytes", "size", bytes=pack([2, TAG.pk, bytes(4352)]))
    group.invalid("a byte after the end", "codec", bytes=pack([3, TAG.pk]) + b"\x00")
    for comment, value in {
        "kind 0": [0, TAG.pk],
        "kind 5": [5, TAG.pk],
        "the kind as bytes": [b"\x03", TAG.pk],
        "nothing": [],
        "a fetch of two tags": [3, TAG.pk, TAG.pk],
        "an open without signature": [1, TAG.pk, UNTIL],
    }.items():
        group.invalid(comment, "shape", bytes=pack(value))
    for comment, value in {
        "a tag of 31 bytes": [3, TAG.pk[:31]],
        "a tag as text": [3, "t"],
        "a letter of 513 bytes": [2, TAG.pk, LETTER + b"\x00"],
        "an empty letter": [2, TAG.pk, b""],
        "a letter as an array": [2, TAG.pk, [LETTER]],
        "open beyond the last minute": [1, TAG.pk, 2**32, signature],
        "open with a signature of 63 bytes": [1, TAG.pk, UNTIL, signature[:63]],
        "acknowledge 17": [4, TAG.pk, [NAME] * 17],
        "acknowledge a name of 31 bytes": [4, TAG.pk, [NAME[:31]]],
        "acknowledge a name alone, not in an array": [4, TAG.pk, NAME],
    }.items():
        group.invalid(comment, "range", bytes=pack(value))
    return group


def _answers() -> Group:
    group = Group("MailAnswer")
    for status in range(6):
        group.valid(f"status {status}", bytes=pack([status, []]), fields={"status": status, "letters": []})
    for count in (1, 16):
        letters = [LETTER] * count
        group.valid(f"letters: {count}", bytes=pack([0, letters]), fields={"status": 0, "letters": letters})
    group.invalid("more than 73 728 bytes", "size", bytes=pack([0, [bytes(4096)] * 18]))
    group.invalid("the letters are nil", "codec", bytes=pack([0, Raw(b"\xc0")]))
    for comment, value in {
        "status 6": [6, []],
        "a negative status": [-1, []],
        "no letters": [0],
        "seventeen letters": [0, [LETTER] * 17],
        "a letter of 500 bytes": [0, [bytes(500)]],
        "a letter as text": [0, ["x" * 512]],
        "a letter alone, not in an array": [0, LETTER],
    }.items():
        group.invalid(comment, "shape", bytes=pack(value))
    return group


def _open() -> Group:
    group = Group("Open", {"net": NET, "letterbox": LETTERBOX.pk, "owner": OWNER.pk})

    def frame(signature: bytes, until: int = UNTIL) -> bytes:
        return pack([1, TAG.pk, until, signature])

    group.valid("for this letterbox and this owner", bytes=frame(_open_signature()))
    for comment, data in {
        "for another letterbox": frame(_open_signature(letterbox=Signer("hub 2"))),
        "by another node": frame(_open_signature(owner=Signer("stranger node"))),
        "letterbox and owner exchanged": frame(_open_signature(letterbox=OWNER, owner=LETTERBOX)),
        "until a minute later": frame(_open_signature(), UNTIL + 1),
        "by another key than the tag's": frame(_open_signature(by=Signer("stranger tag"))),
        "with the tag of a letter": frame(_open_signature(tag="letter")),
        "for another network": frame(_open_signature(net=OTHER_NET)),
    }.items():
        group.invalid(comment, "signature", bytes=data)
    return group


def _sync() -> Group:
    group = Group("SyncRequest")
    for comment, role, areas in (
        ("hello of a node", 0, [AREA]),
        ("hello of a hub that names no area", 1, []),
        ("hello with 256 areas", 0, [AREA] * 256),
        ("hello with an area around a pentagon", 0, [AREAS[PENTAGON]]),
    ):
        fields = {"net": NET, "role": role, "areas": [cell(area) for area in areas]}
        group.valid(comment, bytes=pack([1, NET, role, areas]), fields=fields)
    group.valid(
        "list from the beginning", bytes=pack([2, AREA, bytes(32)]), fields={"area": cell(AREA), "after": bytes(32)}
    )
    for count in (1, 64):
        group.valid(f"get {count}", bytes=pack([3, [NAME] * count]), fields={"ids": [NAME] * count})
    group.invalid("more than 8192 bytes", "size", bytes=pack([3, [bytes(32)] * 242]))
    group.invalid("the area as a float", "codec", bytes=pack([2, Raw(b"\xcb" + bytes(8)), bytes(32)]))
    for comment, value in {
        "kind 4": [4, NAME],
        "the kind as text": ["1", NET, 0, []],
        "nothing": [],
        "hello without areas": [1, NET, 0],
    }.items():
        group.invalid(comment, "shape", bytes=pack(value))
    for comment, value in {
        "hello of role 2": [1, NET, 2, []],
        "hello with a network of 9 bytes": [1, NET + b"\x00", 0, []],
        "hello with 257 areas": [1, NET, 0, [AREA] * 257],
        "hello with an area of resolution 7": [1, NET, 0, [LYON.cell]],
        "list of an area of resolution 3": [2, COARSER, bytes(32)],
        "list after 31 bytes": [2, AREA, bytes(31)],
        "get nothing": [3, []],
        "get 65": [3, [NAME] * 65],
        "get an id of 33 bytes": [3, [NAME + b"\x00"]],
        "get an id alone, not in an array": [3, NAME],
    }.items():
        group.invalid(comment, "range", bytes=pack(value))
    return group


def _ids() -> Group:
    group = Group("SyncIds")
    for count in (0, 1, 1024):
        group.valid(f"ids: {count}", bytes=pack([NAME] * count), fields={"items": [NAME] * count})
    group.invalid("more than 65 536 bytes", "size", bytes=pack([bytes(65_536)]))
    for comment, value in {
        "1025 ids": [NAME] * 1025,
        "an id of 31 bytes": [NAME[1:]],
        "an id as text": ["i" * 32],
    }.items():
        group.invalid(comment, "shape", bytes=pack(value))
    return group


def _posts() -> Group:
    group = Group("SyncPosts")
    for count in (0, 64):
        group.valid(
            f"envelopes: {count}, not yet looked at", bytes=pack([b"x"] * count), fields={"items": [b"x"] * count}
        )
    group.valid("an envelope of 512 bytes", bytes=pack([bytes(512)]), fields={"items": [bytes(512)]})
    for comment, value in {
        "65 envelopes": [b"x"] * 65,
        "an envelope of 513 bytes": [bytes(513)],
        "an empty envelope": [b""],
        "an envelope as an array": [[b"", bytes(64)]],
    }.items():
        group.invalid(comment, "shape", bytes=pack(value))
    return group
