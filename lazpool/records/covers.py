"""Covers: what one board says of its elements, range by range, so that another finds what differs.

An element is a key of 36 bytes, (expires, id), and the areas it is known in. How covers are made and answered is
rules/reconcile.py; in which frames they travel, records/sync.py. The format is protocol/sync.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from lazpool.errors import MalformedError
from lazpool.records.shape import HASH, wrong

if TYPE_CHECKING:
    from collections.abc import Container

    from lazpool.wire.codec import Value

MAX_PARTS = 1024
"""Parts of one cover."""
SHORT = 8
RANGE_TAG, SHORT_TAG = "lz/range/1", "lz/short/1"
MINUTE = 4
KEY = MINUTE + HASH
"""Bytes of an element's key: the minute it expires, most significant byte first, and its id."""
SKIP, LIST = 0, 1
"""What a part may say beside a fingerprint and a list: nothing, and that a list is wanted."""
END = b"\xff" * MINUTE
"""A bound above every key: no post expires then."""


class Part(NamedTuple):
    """What is said of a range, which begins where the part before ends, up to `upper`, not included.

    says: SKIP, LIST, a fingerprint of 8 bytes, or a list of short names of 8 bytes each.
    """

    upper: bytes
    says: int | bytes | tuple[bytes, ...]


Cover: TypeAlias = "tuple[Part, ...]"


def start_of(minute: int) -> bytes:
    """Return the bound below every key that expires at a minute or later."""
    return minute.to_bytes(MINUTE, "big")


def code_of(known: Container[int], areas: tuple[int, ...]) -> bytes:
    """Return what stands behind the key in an element: a bit for each area compared, set if it is known there."""
    number = sum(1 << at for at, area in enumerate(areas) if area in known)
    return number.to_bytes(-(-len(areas) // 8), "big")


def areas_of_element(element: bytes, areas: tuple[int, ...]) -> tuple[int, ...]:
    """Return in which of the areas compared an element is known."""
    number = int.from_bytes(element[KEY:], "big")
    return tuple(area for at, area in enumerate(areas) if number >> at & 1)


def check_cover(cover: Cover, since: int, least: int = 1) -> None:
    """Check that bounds rise, and that each part says something that a part can say."""
    if not least <= len(cover) <= MAX_PARTS:
        raise wrong("cover", f"not {least} to {MAX_PARTS} parts")
    lower = start_of(since)
    for upper, says in cover:
        if type(upper) is not bytes or len(upper) > KEY or upper <= lower:
            raise wrong("cover", "bounds that do not rise")
        lower = upper
        if type(says) is int and says not in {SKIP, LIST}:
            raise wrong("cover", f"no part says {says}")
        if type(says) is bytes and len(says) != SHORT:
            raise wrong("cover", f"a fingerprint not of {SHORT} bytes")


def flat_cover(cover: Cover) -> tuple[Value, ...]:
    """Return a cover as it stands on the wire: bound, what is said, bound, and so on."""
    items: list[Value] = []
    for upper, says in cover:
        items += [upper, (b"".join(says),) if isinstance(says, tuple) else says]
    return tuple(items)


def parts_of(items: tuple[Value, ...]) -> Cover:
    """Return the cover that stands on the wire; check_cover looks at what its parts say."""
    if type(items) is not tuple or len(items) % 2:
        raise MalformedError("shape", "a cover without its last part")
    return tuple(Part(upper, _says(says)) for upper, says in zip(items[::2], items[1::2], strict=True))  # type: ignore[arg-type] # check_cover looks at it


def _says(value: Value) -> int | bytes | tuple[bytes, ...]:
    if type(value) is int or type(value) is bytes:
        return value
    if type(value) is not tuple or len(value) != 1 or type(value[0]) is not bytes or len(value[0]) % SHORT:
        raise MalformedError("shape", "neither a mark, a fingerprint nor a list")
    names = value[0]
    return tuple(names[at : at + SHORT] for at in range(0, len(names), SHORT))
