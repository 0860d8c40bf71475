"""Hubs as people see them: what one says of itself, and the areas it serves by the towns in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lazpool.actions.desk import Desk
    from lazpool.records.hub_records import HubRecord

_TOWNS = 8


def described(desk: Desk, areas: Iterable[int]) -> list[dict[str, object]]:
    """Return areas for a document, each with its largest town where the list of towns is there."""
    from lazpool.records.places import boundary, centre  # noqa: PLC0415 # H3
    from lazpool.store.gazetteer import open_gazetteer  # noqa: PLC0415 # towns are an extra

    found: list[dict[str, object]] = []
    with open_gazetteer(desk.config.towns_file) as gazetteer:
        for area in areas:
            at, corners = centre(area), boundary(area)
            lats, lons = sorted(one.lat for one in corners), sorted(one.lon for one in corners)
            towns = gazetteer.inside(lats[0], lats[-1], lons[0], lons[-1], 1) if gazetteer else []
            place = {"lat": round(at.lat, 1), "lon": round(at.lon, 1), "near": towns[0].name if towns else None}
            found.append({"area": f"{area:x}", **place})
    return found


def document(desk: Desk, record: HubRecord) -> dict[str, object]:
    """Return what a hub says of itself, for programs."""
    from lazpool.cli import times  # noqa: PLC0415 # a command imports what it needs
    from lazpool.net.address import node_name  # noqa: PLC0415 # multiaddr

    return {
        "node": node_name(record.node_pk),
        "name": record.name,
        "operator": record.operator,
        "rules": record.rules,
        "areas": described(desk, record.areas),
        "addresses": addresses_of(record),
        "members_only": bool(record.entry),
        "until": times.iso(desk, record.until // 60),
    }


def lines(desk: Desk, record: HubRecord) -> list[str]:
    """Return the same for people, a line each; its rules last."""
    from lazpool.cli import times  # noqa: PLC0415 # a command imports what it needs

    first, *more = (record.rules or "none said").splitlines()
    pairs = [
        ("hub", record.name or "says no name"),
        ("operator", record.operator or "does not say who"),
        ("areas", _areas(desk, record)),
        *(("address", one) for one in addresses_of(record)),
        *([("entry", "lets in nobody but those whom its operator named")] if record.entry else []),
        ("until", times.date_and_time(desk, record.until // 60)),
        ("rules", first),
        *(("", line) for line in more),
    ]
    return [f"{name:<9} {value}" for name, value in pairs]


def addresses_of(record: HubRecord) -> list[str]:
    """Return the full addresses of a hub that can be read, the best first."""
    from lazpool.net.address import own_addresses  # noqa: PLC0415 # multiaddr

    return [address.text for address in own_addresses(record.node_pk, record.addresses)]


def _areas(desk: Desk, record: HubRecord) -> str:
    if not record.areas:
        return "wherever its members go"
    found = described(desk, record.areas)
    near = list(dict.fromkeys(str(one["near"]) for one in found if one["near"]))
    near = near or [f"{one['lat']}, {one['lon']}" for one in found]
    more = f" and {len(near) - _TOWNS} more" if len(near) > _TOWNS else ""
    return f"{len(found)}, around {'; '.join(near[:_TOWNS])}{more}"
