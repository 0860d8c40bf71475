"""Vectors of sync: its frames, and the hashes of a comparison."""

from __future__ import annotations

import hashlib
from typing import Any

from making.curve import NET, digest
from making.document import Group, document
from making.places import AREAS, COARSER, GRENOBLE, LYON, PENTAGON, VOIRON, cell
from making.raw import Raw, pack

CHAPTER = "sync.md"
AREA = AREAS[GRENOBLE.cell]
RISING = sorted(set(AREAS.values()))
SALT = bytes(range(8))
SINCE = 29_000_000
MINUTE = SINCE.to_bytes(4, "big")
LATER = (SINCE + 60).to_bytes(4, "big")
END = b"\xff" * 4
NAME = bytes(range(8))


def files() -> dict[str, str]:
    """Return the files of this subject."""
    return {
        "sync": document("frames of sync", "frames", CHAPTER, _requests(), _covers(), _posts(), _taken()),
        "range": document("hashes of a comparison", "range", CHAPTER, _ranges()),
    }


def packed(areas: list[int]) -> bytes:
    """Return 3 bytes for each area: base cell and four digits."""
    return b"".join((area >> 33 & 0x7FFFF).to_bytes(3, "big") for area in areas)


def _question(kind: int, cover: Any, *, areas: Any = None, since: Any = SINCE, salt: Any = SALT) -> bytes:
    return pack([kind, packed([AREA]) if areas is None else areas, since, salt, cover])


def _fields(cover: list[Any], areas: list[int]) -> dict[str, Any]:
    return {"areas": [cell(area) for area in areas], "since": SINCE, "salt": SALT, "cover": cover}


COVERS: dict[str, list[Any]] = {
    "one fingerprint of everything": [END, NAME],
    "nothing, then a list is wanted": [LATER, 0, LATER + b"\x80", 1],
    "bounds of all lengths": [MINUTE + b"\x00", 0, MINUTE + bytes(31) + b"\x01", NAME, LATER, 0],
    "a list of nothing": [END, [b""]],
    "a list of two": [END, [NAME + NAME[::-1]]],
    "1024 parts": [item for n in range(1024) for item in (MINUTE + n.to_bytes(2, "big") + b"\x01", 0)],
}
BAD_COVERS: dict[str, tuple[str, list[Any]]] = {
    "an odd number of items": ("shape", [END]),
    "a mark of 2": ("range", [END, 2]),
    "a negative mark": ("range", [END, -1]),
    "a fingerprint of 7 bytes": ("range", [END, NAME[1:]]),
    "a fingerprint of 9 bytes": ("range", [END, NAME + b"\x00"]),
    "a fingerprint as text": ("shape", [END, "x" * 8]),
    "a list of 12 bytes": ("shape", [END, [NAME + NAME[:4]]]),
    "a list of names that are items": ("shape", [END, [NAME, NAME]]),
    "a list without its bytes": ("shape", [END, []]),
    "the same bound twice": ("range", [LATER, 0, LATER, 0]),
    "bounds that fall": ("range", [END, 0, LATER, 0]),
    "a bound where everything begins": ("range", [MINUTE, 0]),
    "a bound of 37 bytes": ("range", [LATER + bytes(33), 0]),
    "a bound as a number": ("range", [7, 0]),
    "1025 parts": ("range", [item for n in range(1025) for item in (MINUTE + n.to_bytes(2, "big") + b"\x01", 0)]),
}


def _shown(cover: list[Any]) -> list[Any]:
    return [[bound, _says(says)] for bound, says in zip(cover[::2], cover[1::2], strict=True)]


def _says(says: Any) -> Any:
    if not isinstance(says, list):
        return says
    return [says[0][at : at + 8] for at in range(0, len(says[0]), 8)]


def _requests() -> Group:
    group = Group("SyncRequest")
    for comment, role, areas in (
        ("hello of a node", 0, [AREA]),
        ("hello of a hub that names no area", 1, []),
        ("hello with 256 areas", 0, [AREA] * 256),
        ("hello with an area around a pentagon", 0, [AREAS[PENTAGON]]),
    ):
        fields = {"net": NET, "role": role, "areas": [cell(area) for area in areas]}
        group.valid(comment, bytes=pack([1, NET, role, areas]), fields=fields)
    for comment, cover in COVERS.items():
        group.valid(f"compare: {comment}", bytes=_question(2, cover), fields=_fields(_shown(cover), [AREA]))
    group.valid(
        "compare all areas that the vectors name, around a pentagon too",
        bytes=_question(2, [END, NAME], areas=packed(RISING)),
        fields=_fields([[END, NAME]], RISING),
    )
    group.valid("get two", bytes=_question(3, [END, [NAME * 2]]), fields=_fields([[END, [NAME, NAME]]], [AREA]))
    for count in (1, 128):
        shown = {"posts": [[b"x", [cell(AREA)]]] * count}
        group.valid(f"give {count}", bytes=pack([4, [[b"x", packed([AREA])]] * count]), fields=shown)
    group.invalid("more than 65 536 bytes", "size", bytes=pack([4, [[bytes(512), packed([AREA])]] * 127]) + bytes(512))
    group.invalid("the salt as nil", "codec", bytes=_question(2, [END, NAME], salt=Raw(b"\xc0")))
    for comment, value in {
        "kind 5": [5, NAME],
        "the kind as text": ["1", NET, 0, []],
        "nothing": [],
        "hello without areas": [1, NET, 0],
        "a question without its cover": [2, packed([AREA]), SINCE, SALT],
        "areas of 4 bytes": [2, packed([AREA]) + b"\x00", SINCE, SALT, [END, NAME]],
        "areas as numbers": [2, [AREA], SINCE, SALT, [END, NAME]],
        "given posts without areas": [4, [[b"x"]]],
        "given envelopes alone": [4, [b"x"]],
    }.items():
        group.invalid(comment, "shape", bytes=pack(value))
    for comment, value in {
        "hello of role 2": [1, NET, 2, []],
        "hello with a network of 9 bytes": [1, NET + b"\x00", 0, []],
        "hello with 257 areas": [1, NET, 0, [AREA] * 257],
        "hello with an area of resolution 7": [1, NET, 0, [LYON.cell]],
        "hello with an area of resolution 3": [1, NET, 0, [COARSER]],
        "give nothing": [4, []],
        "give 129": [4, [[b"x", packed([AREA])]] * 129],
        "give an empty envelope": [4, [[b"", packed([AREA])]]],
        "give an envelope of 513 bytes": [4, [[bytes(513), packed([AREA])]]],
        "give a post of no area": [4, [[b"x", b""]]],
    }.items():
        group.invalid(comment, "range", bytes=pack(value))
    for comment, question in {
        "a question about no area": _question(2, [END, NAME], areas=b""),
        "areas that fall": _question(2, [END, NAME], areas=packed(RISING[::-1])),
        "an area twice": _question(2, [END, NAME], areas=packed([AREA, AREA])),
        "an area that is no cell": _question(2, [END, NAME], areas=b"\x07\xff\xff"),
        "an area of more than 19 bits": _question(2, [END, NAME], areas=b"\xff\xff\xff"),
        "a salt of 7 bytes": _question(2, [END, NAME], salt=SALT[1:]),
        "since after the last minute": _question(2, [END, NAME], since=2**32),
        "a question about nothing": _question(2, []),
    }.items():
        group.invalid(comment, "range", bytes=question)
    for comment, (layer, cover) in BAD_COVERS.items():
        group.invalid(f"compare: {comment}", layer, bytes=_question(2, cover))
    return group


def _covers() -> Group:
    group = Group("SyncCover", {"since": SINCE})
    for comment, cover in {"no answer for now": [], **COVERS}.items():
        group.valid(comment, bytes=pack(cover), fields={"cover": _shown(cover)})
    for comment, (layer, cover) in BAD_COVERS.items():
        group.invalid(comment, layer, bytes=pack(cover))
    group.invalid("more than 65 536 bytes", "size", bytes=pack([END, [bytes(65_536)]]))
    return group


def _posts() -> Group:
    group = Group("SyncPosts")
    for count in (0, 1, 128):
        shown = {"posts": [[b"x", [cell(AREA)]]] * count}
        group.valid(f"posts: {count}, not yet looked at", bytes=pack([[b"x", packed([AREA])]] * count), fields=shown)
    for comment, layer, value in (
        ("129 posts", "range", [[b"x", packed([AREA])]] * 129),
        ("an envelope of 513 bytes", "range", [[bytes(513), packed([AREA])]]),
        ("an envelope as text", "range", [["x", packed([AREA])]]),
        ("areas as text", "shape", [[b"x", "abc"]]),
        ("three items", "shape", [[b"x", packed([AREA]), 0]]),
    ):
        group.invalid(comment, layer, bytes=pack(value))
    return group


def _taken() -> Group:
    group = Group("SyncTaken")
    for count in (0, 128):
        group.valid(f"{count} were taken", bytes=pack([count]), fields={"count": count})
    for comment, value in {"129": [129], "less than nothing": [-1], "two counts": [1, 1], "bytes": [b"\x01"]}.items():
        group.invalid(comment, "shape", bytes=pack(value))
    return group


def _element(expires: int, name: bytes, known: list[int], areas: list[int]) -> bytes:
    number = sum(1 << at for at, area in enumerate(areas) if area in known)
    return expires.to_bytes(4, "big") + name + number.to_bytes((len(areas) + 7) // 8, "big")


def _keyed(tag: str, data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=8, key=SALT, person=tag.encode()).digest()


def _ranges() -> Group:
    group = Group("Range", {"salt": SALT})
    names = [digest("lz/post/1", b"post %d" % number) for number in range(5)]
    grenoble, voiron, lyon = AREA, AREAS[VOIRON.cell], AREAS[LYON.cell]
    some = [(SINCE + 7 * n % 3, name, [grenoble, lyon] if n % 2 else [grenoble]) for n, name in enumerate(names)]
    three = sorted([grenoble, voiron, lyon])
    for comment, areas, known in (
        ("nothing", [grenoble], []),
        ("one post", [grenoble], some[:1]),
        ("five in one area", [grenoble], some),
        ("five in three areas, none of them in one", three, some),
        ("what is known in no area that is compared does not count", [lyon], some),
        ("nine areas, which are two bytes", RISING, some),
    ):
        elements = sorted(_element(*one, areas) for one in known if set(one[2]) & set(areas))
        group.valid(
            comment,
            areas=[cell(area) for area in areas],
            posts=[{"expires": at, "id": name, "areas": [cell(one) for one in where]} for at, name, where in known],
            elements=elements,
            fingerprint=_keyed("lz/range/1", b"".join(elements)),
            shorts=[_keyed("lz/short/1", element) for element in elements],
        )
    return group
