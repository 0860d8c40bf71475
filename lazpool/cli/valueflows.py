"""The books in the terms of ValueFlows 1.0, as JSON-LD: who gave what to whom, and in return for what.

A ride is a service delivered and its share a transfer in return, both clauses of the agreement that came before it. The
share is promised by the agreement; that it was paid is what a settlement says, which is a transfer of its own. Source:
https://w3id.org/valueflows/ont/vf, version 1.0.0; units are those of OM 2.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lazpool.cli import times
from lazpool.cli.words import counted
from lazpool.records.settlements import FORGIVEN, METHODS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lazpool.actions.desk import Desk
    from lazpool.actions.exporting import Line

_REFERENCES = (
    *("provider", "receiver", "resourceConformsTo", "hasUnit"),
    *("fulfills", "clauseOf", "reciprocalClauseOf", "realizationOf"),
)
_TIMES = ("hasBeginning", "hasEnd", "hasPointInTime")
CONTEXT: dict[str, object] = {
    "@vocab": "https://w3id.org/valueflows/ont/vf#",
    "om2": "http://www.ontology-of-units-of-measure.org/resource/om-2/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "lz": "urn:lazpool:",
    "action": {"@type": "@vocab"},
    **{name: {"@type": "@id"} for name in _REFERENCES},
    **{name: {"@type": "xsd:dateTime"} for name in _TIMES},
    "hasNumericalValue": {"@type": "xsd:decimal"},
}
"""References are nodes and times are times, so that a reader of RDF need know nothing of us."""
_RIDE = "lz:spec:ride"


def as_valueflows(desk: Desk, lines: Sequence[Line]) -> str:
    """Return a graph of people, agreements, commitments and economic events."""
    graph = [*_people(desk, lines), *_specifications(lines)]
    for one in lines:
        if one.record:
            graph += _correction(desk, one)
        else:
            graph += _settlement(desk, one) if one.method else _ride(desk, one)
    return json.dumps({"@context": CONTEXT, "@graph": graph}, indent=2, ensure_ascii=False) + "\n"


def _people(desk: Desk, lines: Sequence[Line]) -> Iterator[dict[str, Any]]:
    names = {desk.identity: desk.config.name} | {one.other: one.name for one in lines}
    for identity, name in names.items():
        yield {"@id": _person(identity), "@type": "Person", **({"name": name} if name else {})}


def _specifications(lines: Sequence[Line]) -> Iterator[dict[str, Any]]:
    """Yield what is given: rides, currencies as ValueFlows recommends it, and debts where one was let off."""
    if any(not (one.method or one.record) for one in lines):
        yield {"@id": _RIDE, "@type": "ResourceSpecification", "name": "A seat in a car that drives anyway"}
    for unit in sorted({one.unit for one in lines}):
        yield {"@id": _currency(unit), "@type": "ResourceSpecification", "name": unit}
    for unit in sorted({one.unit for one in lines if _let_off(one) or one.record}):
        yield {"@id": _debt(unit), "@type": "ResourceSpecification", "name": f"A debt in {unit}"}


def _ride(desk: Desk, line: Line) -> Iterator[dict[str, Any]]:
    agreement, promised, event = f"lz:agreement:{line.agreement.hex()}", line.deal.hex(), line.id.hex()
    passenger, driver = _sides(desk, line)
    seats = counted(line.seats, "seat")
    service: dict[str, Any] = {
        "action": "deliverService",
        "provider": driver,
        "receiver": passenger,
        "resourceConformsTo": _RIDE,
    }
    service["resourceQuantity"] = _measure("om2:kilometre", line.distance, 1)
    yield {"@id": agreement, "@type": "Agreement", "name": f"A ride, {seats}"}
    yield {"@id": f"lz:promise:{promised}:ride", "@type": "Commitment", "clauseOf": agreement, **service}
    if line.amount:
        share = {"action": "transfer", "provider": passenger, "receiver": driver, **_money(line)}
        yield {"@id": f"lz:promise:{promised}:share", "@type": "Commitment", "reciprocalClauseOf": agreement, **share}
    yield {
        "@id": f"lz:receipt:{event}",
        "@type": "EconomicEvent",
        **service,
        "realizationOf": agreement,
        "fulfills": f"lz:promise:{promised}:ride",
        "hasBeginning": times.iso(desk, line.minute),
        "hasEnd": times.iso(desk, line.minute + line.length),
        "note": seats,
    }


def _settlement(desk: Desk, line: Line) -> Iterator[dict[str, Any]]:
    """Yield the payment as a transfer; who lets another off gives up the debt, and no money goes anywhere."""
    payer, payee = _sides(desk, line)
    given: dict[str, Any] = {"action": "transfer", "provider": payer, "receiver": payee, **_money(line)}
    if _let_off(line):
        given |= {"action": "transferAllRights", "provider": payee, "receiver": payer}
        given["resourceConformsTo"] = _debt(line.unit)
    at = {"hasPointInTime": times.iso(desk, line.minute), "note": f"settled: {line.method}"}
    yield {"@id": f"lz:settlement:{line.id.hex()}", "@type": "EconomicEvent", **given, **at}


def _correction(desk: Desk, line: Line) -> Iterator[dict[str, Any]]:
    """Yield the rights that a correction moves: the debt is then larger, or smaller, and no money goes anywhere."""
    us, other = _person(desk.identity), _person(line.other)
    gains, gives = (us, other) if line.amount >= 0 else (other, us)
    given = {"action": "transferAllRights", "provider": gives, "receiver": gains, **_money(line)}
    given["resourceConformsTo"] = _debt(line.unit)
    at = {"hasPointInTime": times.iso(desk, line.minute), "note": f"corrects lz:record:{line.record.hex()}"}
    yield {"@id": f"lz:correction:{line.id.hex()}", "@type": "EconomicEvent", **given, **at}


def _sides(desk: Desk, line: Line) -> tuple[str, str]:
    """Return who owes and who is owed."""
    us, other = _person(desk.identity), _person(line.other)
    return (us, other) if line.ours else (other, us)


def _money(line: Line) -> dict[str, Any]:
    return {
        "resourceConformsTo": _currency(line.unit),
        "resourceQuantity": _measure("om2:one", abs(line.amount), 2),
    }


def _measure(unit: str, amount: int, places: int) -> dict[str, str]:
    """Return a quantity; its value is text of a decimal, since a float makes other money of it."""
    whole, part = divmod(amount, 10**places)
    return {"@type": "Measure", "hasUnit": unit, "hasNumericalValue": f"{whole}.{part:0{places}d}"}


def _let_off(line: Line) -> bool:
    return line.method == METHODS[FORGIVEN]


def _person(identity: bytes) -> str:
    return f"lz:identity:{identity.hex()}"


def _currency(unit: str) -> str:
    return f"lz:currency:{unit}"


def _debt(unit: str) -> str:
    return f"lz:debt:{unit}"
