"""A year's statement as one document, which every form of it shows."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lazpool.actions.statement import total
from lazpool.cli import times
from lazpool.rules.evidence import BOTH, CLASSES, NEAR_M, ONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazpool.actions.desk import Desk
    from lazpool.actions.statement import Shared, Statement
    from lazpool.rules.impact import Factors, Saving

HOW_TO_VERIFY = (
    "lazpool ledger export ledger.json; python3 verify_receipt.py ledger.json",
    "checks every signature offline, without lazpool; verify_receipt.py comes with its source, in examples/",
)


def document(desk: Desk, year: int, found: Statement) -> dict[str, Any]:
    """Return a statement with all that its forms show."""
    rides = [_ride(desk, one) for one in found.rides]
    months = [f"{year}-{month:02d}" for month in range(1, 13)]
    parts = [[one for one in found.rides if times.day(desk, one.minute).startswith(month)] for month in months]
    return {
        "year": year,
        "name": desk.config.name,
        "identity": desk.identity.hex(),
        "totals": _totals(desk, found.rides),
        "months": [{"month": month, **_totals(desk, part)} for month, part in zip(months, parts, strict=True) if part],
        "rides": rides,
        "waiting": found.waiting,
        "factors": _basis(found.factors),
        "verify": " ".join(HOW_TO_VERIFY),
    }


def _basis(factors: Factors) -> dict[str, Any]:
    """Return what the range of CO2 is reckoned with; a case that is about rides of any length has no `to_km`."""
    cases = [{**asdict(case), "to_km": None if math.isinf(case.to_km) else case.to_km} for case in factors.cases]
    return {
        "name": factors.name,
        "title": factors.title,
        "checked": factors.checked,
        "car_g_per_km": factors.car,
        "car_source": factors.car_source,
        "transit_g_per_km": factors.transit,
        "transit_source": factors.transit_source,
        "cases": cases,
    }


def _totals(desk: Desk, rides: Sequence[Shared]) -> dict[str, Any]:
    found = total(rides)
    return {
        "rides": found.rides,
        "days": len({times.day(desk, one.minute) for one in rides}),
        "km": (found.driven + found.ridden) / 10,
        "km_driven": found.driven / 10,
        "km_ridden": found.ridden / 10,
        "passenger_km": found.people / 10,
        "co2_g": _range(found.saved),
        "people": len({one.other for one in rides}),
        "codes": sum(one.code for one in rides),
        "evidence": {name: sum(one.evidence == name for one in rides) for name in CLASSES},
    }


def _ride(desk: Desk, one: Shared) -> dict[str, Any]:
    return {
        "date": times.day(desk, one.minute),
        "role": "driver" if one.drove else "passenger",
        "with": one.other.hex(),
        "km": one.ride.distance / 10,
        "seats": one.ride.seats,
        "passenger_km": one.ride.distance * one.ride.seats / 10,
        "co2_g": _range(one.saved),
        "evidence": one.evidence,
        "code": one.code,
        "receipt": one.receipt.hex(),
    }


def _range(saved: Saving) -> dict[str, int]:
    return {"least": saved.least, "most": saved.most}


def evidence(one: dict[str, Any]) -> str:
    """Return the class of a ride, and that a code was given where the class does not say so."""
    return f"{one['evidence']}, code" if one["code"] and one["evidence"] != BOTH else str(one["evidence"])


def stands_behind(totals: dict[str, Any]) -> str:
    """Return what stands behind the rides, in sentences."""
    classes, rides = totals["evidence"], totals["rides"]
    near = (
        f"For {classes[BOTH]} of {rides} both also showed a position within {NEAR_M} m of the agreed pick-up, and the "
        f"passenger gave the driver a code there; for {classes[ONE]} more one of them showed a position."
        if classes[ONE] or classes[BOTH]
        else "No positions at the pick-up were shown."
    )
    return (
        "The devices of both people, driver and passenger, signed the same receipt after the ride (mutual signature). "
        f"{near} For {totals['codes']} the code was given. Positions and codes are the word of the two nodes, which a "
        "receipt does not carry. Two who agree can sign for a ride that never was, and make up positions, too."
    )


def kilograms(grams: dict[str, int]) -> str:
    """Return a range of grams for people, `1.2 to 13.5`."""
    return f"{grams['least'] / 1000:.1f} to {grams['most'] / 1000:.1f}"


def basis(whole: dict[str, Any]) -> list[str]:
    """Return what the range is reckoned with, in sentences."""
    factors = whole["factors"]
    cars = f"{factors['car_g_per_km']:g} g of CO2e for a km of a car: {factors['car_source']}"
    trains = f"{factors['transit_g_per_km']:g} g for a km by public transport: {factors['transit_source']}"
    cases = [f"{_span(case)}{case['name']}: {case['source']}" for case in factors["cases"]]
    return [cars, trains, *cases, f"the driver's detour is taken off; sources were looked up on {factors['checked']}"]


def _span(case: dict[str, Any]) -> str:
    if case["from_km"]:
        return f"from {case['from_km']:g} km, "
    return f"below {case['to_km']:g} km, " if case["to_km"] else ""
