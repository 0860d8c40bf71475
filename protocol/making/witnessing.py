"""Vectors of the frames by which a node shows a hub its log."""

from __future__ import annotations

from making.checkpoints import AT, fields_of, signed
from making.document import Group, document
from making.people import body
from making.raw import Raw, pack

STATEMENT = signed(body(fields_of()))
HASHES = [bytes([number]) * 32 for number in range(1, 66)]
SIGNATURE = bytes(range(64))


def files() -> dict[str, str]:
    """Return the files of this subject."""
    return {"witness": document("frames of witnesses", "frames", "checkpoints.md", _requests(), _answers())}


def _requests() -> Group:
    group = Group("WitnessRequest")
    for comment, fields in {
        "the first that this hub sees": [STATEMENT, 0, []],
        "with a proof from two entries": [STATEMENT, 2, HASHES[:3]],
        "everything at its largest": [bytes(256), 2**32 - 2, HASHES[:64]],
    }.items():
        names = dict(zip(("statement", "first", "proof"), fields, strict=True))
        group.valid(comment, bytes=pack([1, *fields]), fields=names)
    group.invalid("more than 3072 bytes", "size", bytes=pack([1, bytes(3072), 0, []]))
    group.invalid("a byte after the end", "codec", bytes=pack([1, STATEMENT, 0, []]) + b"\0")
    group.invalid("the kind as uint 8", "codec", bytes=pack([Raw(b"\xcc\x01"), STATEMENT, 0, []]))
    for comment, value in {
        "kind 0": [0, STATEMENT, 0, []],
        "kind 2": [2, STATEMENT, 0, []],
        "the kind as bytes": [b"\1", STATEMENT, 0, []],
        "nothing": [],
        "no proof": [1, STATEMENT, 0],
        "a fifth field": [1, STATEMENT, 0, [], 0],
    }.items():
        group.invalid(comment, "shape", bytes=pack(value))
    for comment, value in {
        "an empty statement": [1, b"", 0, []],
        "a statement of 257 bytes": [1, bytes(257), 0, []],
        "a statement as an array": [1, [STATEMENT], 0, []],
        "from 2^32 - 1 entries": [1, STATEMENT, 2**32 - 1, []],
        "from -1 entries": [1, STATEMENT, -1, []],
        "a proof of 65 hashes": [1, STATEMENT, 2, HASHES],
        "a hash of 31 bytes": [1, STATEMENT, 2, [HASHES[0][1:]]],
        "the proof as bytes": [1, STATEMENT, 2, HASHES[0]],
    }.items():
        group.invalid(comment, "range", bytes=pack(value))
    return group


def _answers() -> Group:
    group = Group("WitnessAnswer")
    for comment, fields in {
        "witnessed": [0, 6, AT, SIGNATURE],
        "witnessed, at its largest": [0, 2**32 - 2, 2**40 - 1, SIGNATURE],
        "a proof from elsewhere is wanted": [1, 4, 0, b""],
        "a quota is used up": [2, 0, 0, b""],
        "it does not go on": [3, 4, 0, b""],
        "no witness": [4, 0, 0, b""],
    }.items():
        names = dict(zip(("status", "seen", "at", "signature"), fields, strict=True))
        group.valid(comment, bytes=pack(fields), fields=names)
    group.invalid("more than 128 bytes", "size", bytes=pack([0, 6, AT, bytes(128)]))
    group.invalid("a byte after the end", "codec", bytes=pack([4, 0, 0, b""]) + b"\0")
    group.invalid("the signature is nil", "codec", bytes=pack([1, 4, 0, Raw(b"\xc0")]))
    group.invalid("no signature field", "shape", bytes=pack([4, 0, 0]))
    group.invalid("a fifth field", "shape", bytes=pack([4, 0, 0, b"", 0]))
    for comment, value in {
        "status 5": [5, 0, 0, b""],
        "a negative status": [-1, 0, 0, b""],
        "the status as bytes": [b"", 0, 0, b""],
        "seen 2^32 - 1 entries": [1, 2**32 - 1, 0, b""],
        "at 2^40": [0, 6, 2**40, SIGNATURE],
        "witnessed without a signature": [0, 6, AT, b""],
        "a signature of 63 bytes": [0, 6, AT, SIGNATURE[1:]],
        "signed, and a proof is wanted": [1, 4, AT, SIGNATURE],
        "the signature as text": [4, 0, 0, ""],
    }.items():
        group.invalid(comment, "range", bytes=pack(value))
    return group
