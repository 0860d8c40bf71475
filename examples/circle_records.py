"""Circles, from protocol/circles.md: foundings and rides, which rides count, and whose turn it is.

A part of verify_receipt.py, which imports nothing of lazpool.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from closed_groups import code_content, printable
from strict_bytes import (
    MINUTE,
    between,
    device,
    digest,
    fields,
    free_text,
    named,
    require,
    sized,
    verify,
    verify_device,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

UNIT = 27720
CARRY = -(2**32 - 1), 2**32 - 1
DAY = 24 * 60
NEVER = -1

FOUNDING = ("version", "net", "kind", "nonce", "name", "previous", "members", "at")
RIDE = ("version", "net", "kind", "circle", "day", "leg", "driver", "present", "nonce", "at", "cancels")
INVITE = ("nonce", "name", "founder", "box_pk", "tag_pk", "letterboxes")


def founding(data: bytes) -> dict[str, Any]:
    """Return the terms of a founding by name, with their `id` and the `people` who must sign."""
    terms = named(data, 3456, FOUNDING, 8, "founding")
    members = terms["members"]
    require(type(members) is list, "range", "no members")
    require(all(type(one) is list and len(one) == 6 for one in members), "shape", "no member")
    sized(terms["net"], 8)
    sized(terms["nonce"], 16)
    printable(terms["name"], 32)
    _empty_or_id(terms["previous"])
    between(terms["at"], MINUTE)
    for one in members:
        _check_member(*one)
    people = _check_people([one[0] for one in members])
    carried = [one[5] for one in members]
    require(sum(carried) == 0, "range", "points that do not add up")
    require(terms["previous"] != b"" or not any(carried), "range", "points that come from nowhere")
    return {**terms, "id": digest("lz/circle/1", data), "people": people}


def _check_member(identity: Any, name: Any, box_pk: Any, tag_pk: Any, letterboxes: Any, carry: Any) -> None:
    sized(identity, 32)
    free_text(name, 64)
    _check_card(box_pk, tag_pk, letterboxes)
    between(carry, CARRY)


def _check_card(box_pk: Any, tag_pk: Any, letterboxes: Any) -> None:
    sized(box_pk, 32)
    sized(tag_pk, 32)
    require(type(letterboxes) is bytes and len(letterboxes) in {0, 32, 64, 96}, "range", "no keys of letterboxes")
    keys = [letterboxes[at : at + 32] for at in range(0, len(letterboxes), 32)]
    require(len(set(keys)) == len(keys), "range", "a letterbox twice")


def _check_people(keys: Any) -> list[bytes]:
    require(type(keys) is list and 2 <= len(keys) <= 12, "range", "not 2 to 12 people")
    for key in keys:
        sized(key, 32)
    require(sorted(set(keys)) == keys, "range", "not in the order of their keys, or one twice")
    return list(keys)


def _empty_or_id(value: Any) -> None:
    require(type(value) is bytes and len(value) in {0, 32}, "range", "neither empty nor an id")


def ride(data: bytes) -> dict[str, Any]:
    """Return the terms of a ride by name, with their `id` and the `people` who must sign."""
    terms = named(data, 640, RIDE, 9, "ride")
    for name, size in {"net": 8, "circle": 32, "driver": 32, "nonce": 16}.items():
        sized(terms[name], size)
    today = between(terms["at"], MINUTE) // DAY
    between(terms["day"], (max(0, today - 31), today + 1))
    between(terms["leg"], (1, 9))
    people = _check_people(terms["present"])
    require(terms["driver"] in people, "range", "a driver who was not in the car")
    _empty_or_id(terms["cancels"])
    return {**terms, "id": digest("lz/turn/1", data), "people": people}


def signed_by_all(terms: dict[str, Any], signatures: Iterable[bytes]) -> None:
    """Refuse signatures that do not hold, are by somebody else, or are not by everybody."""
    found = [fields(one, 256, 4) for one in signatures]
    devices = [device(one[:3]) for one in found]
    signers = [identity for identity, _, _ in devices]
    require(len(set(signers)) == len(signers), "range", "signed twice")
    require(sorted(signers) == terms["people"], "signature", "not signed by each of them")
    for (identity, log, certificate), one in zip(devices, found, strict=True):
        verify_device(identity, log, certificate, terms["net"])
        verify(log, sized(one[3], 64), "circle", terms["net"], terms["id"])


def counted(rides: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rides that count, of whole ones of one circle, by day, leg and id."""
    same = ("circle", "day", "leg", "driver", "present")
    cancelled = [(one["cancels"], [one[name] for name in same]) for one in rides if one["cancels"]]
    count: list[dict[str, Any]] = []
    busy: set[tuple[Any, ...]] = set()
    for one in sorted(rides, key=lambda one: one["id"]):
        if one["cancels"] or (one["id"], [one[name] for name in same]) in cancelled:
            continue
        here = {(one["circle"], one["day"], one["leg"], person) for person in one["people"]}
        if not here & busy:
            count.append(one)
            busy |= here
    return sorted(count, key=lambda one: (one["day"], one["leg"], one["id"]))


def points(carried: dict[bytes, int], rides: Iterable[dict[str, Any]]) -> dict[bytes, int]:
    """Return everybody's points after these rides."""
    found = dict(carried)
    for one in rides:
        for person in one["present"]:
            found[person] -= UNIT // len(one["present"])
        found[one["driver"]] += UNIT
    return found


def order(standing: dict[bytes, int], rides: Sequence[dict[str, Any]], present: Iterable[bytes]) -> list[bytes]:
    """Return who of those present drives first, and who if not."""
    days = {person: [one["day"] for one in rides if one["driver"] == person] for person in standing}
    return sorted(present, key=lambda one: (standing[one], len(days[one]), max(days[one], default=NEVER), one))


def invitation(code: str, net: bytes) -> dict[str, Any]:
    """Return the invitation to a circle that a code carries, by name."""
    content = code_content("lzc1", code, net, 700)
    invite = dict(zip(INVITE, fields(content, 320, len(INVITE)), strict=True))
    sized(invite["nonce"], 16)
    printable(invite["name"], 32)
    sized(invite["founder"], 32)
    _check_card(invite["box_pk"], invite["tag_pk"], invite["letterboxes"])
    return invite
