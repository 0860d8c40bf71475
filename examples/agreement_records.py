"""Agreements, from protocol/deals.md, and the cells of H3 in them, from h3geo.org.

A part of verify_receipt.py, which imports nothing of lazpool. The bits of a cell are read here.
"""

from __future__ import annotations

from typing import Any

from strict_bytes import (
    AMOUNT,
    DISTANCE,
    MINUTE,
    Device,
    check,
    currency,
    digest,
    named,
    require,
    verify,
    verify_device,
)

PENTAGONS = {4, 14, 24, 38, 49, 58, 63, 72, 83, 97, 107, 117}

AGREEMENT = [
    *("version", "net", "kind", "deal", "offer_id", "offer_pk", "passenger", "pickup", "dropoff"),
    *("pickup_at", "dropoff_at", "seats", "distance", "amount", "unit", "answer_by"),
]
SIZES = {"net": 8, "deal": 16, "offer_id": 32, "offer_pk": 32, "passenger": 32}
BOUNDS = {"pickup_at": MINUTE, "dropoff_at": MINUTE, "seats": (1, 8), "distance": DISTANCE, "amount": AMOUNT}
BOUNDS |= {"answer_by": MINUTE}


def agreement_terms(data: bytes) -> dict[str, Any]:
    """Return the terms of an agreement by name, with their `id`."""
    terms = named(data, 512, AGREEMENT, 4, "agreement")
    check(terms, SIZES, BOUNDS)
    for name in ("pickup", "dropoff"):
        require(is_cell(terms[name], 9), "range", f"the {name} is no cell of resolution 9")
    require(terms["pickup_at"] <= terms["dropoff_at"], "range", "dropped off before picked up")
    currency(terms["unit"])
    return {**terms, "id": digest("lz/agree/1", data)}


def is_cell(value: Any, resolution: int) -> bool:
    """Tell whether that is the index of an H3 cell of a resolution.

    From the highest bit: 0, the mode of cells in 4 bits, three zeros, the resolution in 4, the base cell in 7, and
    15 digits of 3 bits, which are 7 beyond the resolution. In the 12 pentagons the first digit that is not 0 is not 1.
    """
    if type(value) is not int or not 0 <= value < 2**63 or value >> 52 != 0x080 + resolution:
        return False
    digits = [value >> 3 * (14 - place) & 7 for place in range(15)]
    base, used, rest = value >> 45 & 127, digits[:resolution], digits[resolution:]
    if base > 121 or 7 in used or any(digit != 7 for digit in rest):
        return False
    return base not in PENTAGONS or next((digit for digit in used if digit), 0) != 1


def check_passenger(terms: dict[str, Any], signature: bytes, by: Device) -> None:
    """Refuse an agreement that the passenger did not sign."""
    verify_device(*by, terms["net"])
    require(by[0] == terms["passenger"], "signature", "a device of somebody else")
    verify(by[1], signature, "agree-passenger", terms["net"], terms["id"])


def check_driver(terms: dict[str, Any], offer: bytes, bind: bytes, by: Device) -> None:
    """Refuse an agreement for which the offer did not name this driver, or that the driver did not take."""
    verify_device(*by, terms["net"])
    verify(terms["offer_pk"], offer, "agree-driver", terms["net"], terms["id"], by[0] + by[1])
    verify(by[1], bind, "agree-bind", terms["net"], terms["id"], terms["offer_pk"])
