"""Cost profiles: profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lazpool.cli.app import Table
from lazpool.cli.commands import command
from lazpool.store import profiles as stored

if TYPE_CHECKING:
    from lazpool.cli.app import App
    from lazpool.rules.cost import Profile

_COLUMNS = ("", "name", "country", ">a km", ">most a seat", ">most a car", "tolls", "parking", "valid from", "rule")
_NOTE = 'choose one in config.toml, such as: profile = "fr"; your own: profiles/NAME.toml in your home'


@command("profiles", example="lazpool profiles\nlazpool --json profiles")
@click.pass_obj
def profiles(app: App) -> None:
    """List the cost profiles: usual shares per km, what they should not exceed, and by which rule.

    They are data with their source, no legal advice. A share above the cap of yours is marked; nothing is refused.
    """
    with app.desk() as desk:
        found, mine = stored.every(desk.config), desk.config.profile
    documents = [_document(one, chosen=one.name == mine) for one in found]
    app.show({"profiles": documents}, Table(_COLUMNS, [_row(one, mine) for one in found], "", _NOTE))


def _document(one: Profile, *, chosen: bool) -> dict[str, object]:
    return {
        "name": one.name,
        "chosen": chosen,
        "title": one.title,
        "unit": one.unit or None,
        "price_per_km": one.price / 1000,
        "cap_per_seat": one.cap_per_seat / 1000 or None,
        "cap_per_car": one.cap_per_car / 1000 or None,
        "rule": one.rule,
        "source": one.source,
        "tolls": one.tolls,
        "parking": one.parking,
        "valid_from": one.valid_from,
        "checked": one.checked,
    }


def _row(one: Profile, mine: str) -> tuple[str, ...]:
    most = (_figure(cap, one.unit) if cap else "" for cap in (one.cap_per_seat, one.cap_per_car))
    mark = "*" if one.name == mine else ""
    return (
        mark,
        one.name,
        one.title,
        _figure(one.price, one.unit),
        *most,
        one.tolls,
        one.parking,
        one.valid_from,
        one.rule,
    )


def _figure(thousandths: int, unit: str) -> str:
    return f"{thousandths / 1000:.3f} {unit}".strip()
