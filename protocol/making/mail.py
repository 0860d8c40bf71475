"""Vectors of the frames of mail."""

from __future__ import annotations

from typing import Any

from making.curve import NET, OTHER_NET, Signer
from making.document import Group, document
from making.raw import Raw, pack

TAG, OWNER, LETTERBOX = Signer("passenger tag"), Signer("passenger node"), Signer("hub 1")
UNTIL = 29_020_000
LETTER = b"\x5a" * 512
NAME = bytes(range(32))


def files() -> dict[str, str]:
    """Return the files of this subject."""
    return {
        "mail": document("frames of mail", "frames", "mail.md", _requests(), _answers()),
        "open": document("opening a letterbox", "open", "mail.md", _open()),
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
