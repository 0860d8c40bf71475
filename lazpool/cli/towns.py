"""Towns by name: the one that is meant, asked for where somebody can answer, and what else it could be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lazpool.cli.app import App, clean
from lazpool.cli.views import point
from lazpool.errors import AmbiguousError, NotFoundError
from lazpool.store import own
from lazpool.store.gazetteer import MOST, open_gazetteer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazpool.actions.desk import Desk
    from lazpool.records.places import Point
    from lazpool.records.towns import Town
    from lazpool.store.gazetteer import Gazetteer

HOME = "home"
"""The saved place that distances are told from."""
_SHOWN = 12


def find_town(desk: Desk, text: str, saved: Sequence[str]) -> Point:
    """Return where the town of that name is, having asked which one if need be; saved: told when there is none."""
    with open_gazetteer(desk.config.towns_file) as towns:
        if towns is None:
            hint = f"lazpool place add {text} LAT,LON; or make the towns of a country known: lazpool place update FR"
            raise NotFoundError(f"no place is saved as {text!r}{_known(saved)}", hint=hint)
        found = _narrowed(towns, text)
        if not found:
            raise _unknown(towns, text, saved)
        meant = _meant(text, found, desk) or _ask(towns, text, found, own.places(desk.node).get(HOME))
        _say(f"{text}: {_label(towns, meant, None)}")
        return meant.point


def _narrowed(towns: Gazetteer, text: str) -> list[Town]:
    """Return the towns of a name, kept by what stands behind commas: a country, a region or a town nearby."""
    from lazpool.rules.towns import close_to  # noqa: PLC0415 # H3

    name, *narrower = text.split(",")
    found = towns.named(name)
    for area in narrower:
        inside = _inside(towns, found, area)
        near = [town for middle in towns.named(area)[:1] for town in close_to(found, middle.point)]
        found = inside or near
    return found


def _inside(towns: Gazetteer, found: Sequence[Town], area: str) -> list[Town]:
    """Keep what is in a country of that name or code, else in such a region: `FR` is France before Fribourg."""
    areas = sorted(towns.areas(area), key=lambda one: one[1])
    kept = [[town for town in found if (town.country, town.region if region else "") == (country, region)]
            for country, region in areas]  # fmt: skip
    countries = [town for part, (_, region) in zip(kept, areas, strict=True) if not region for town in part]
    return countries or [town for part in kept for town in part]


def _meant(text: str, found: Sequence[Town], desk: Desk) -> Town | None:
    from lazpool.rules.towns import settled  # noqa: PLC0415 # H3

    return settled(text.partition(",")[0], found, own.places(desk.node).get(HOME))


def _ask(towns: Gazetteer, text: str, found: list[Town], home: Point | None) -> Town:
    """Let a person choose, nearest to home or most populous first; elsewhere it is an error with what there is."""
    ranked = sorted(found, key=lambda town: _km(home, town) if home else -town.population)[:_SHOWN]
    labels = [_label(towns, town, home) for town in ranked]
    app = _app()
    if app is None or not app.asks():
        listed = "; ".join(f"{label} at {_where(town)}" for town, label in zip(ranked, labels, strict=True))
        more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        hint = (
            f"say more, as in '{text}, FR' or '{text}, Lyon' for one near Lyon, or LAT,LON. There are: {listed}{more}"
        )
        candidates = [describe(towns, town, home) for town in ranked]
        raise AmbiguousError(f"{len(found)} towns are called {text!r}", hint=hint, candidates=candidates)
    for number, label in enumerate(labels, 1):
        click.echo(clean(f"{number:3}  {label}"), err=True)
    return ranked[click.prompt(f"Which {text}", type=click.IntRange(1, len(ranked)), err=True) - 1]


def _unknown(towns: Gazetteer, text: str, saved: Sequence[str]) -> NotFoundError:
    name, _, narrower = text.partition(",")
    if narrower and (found := towns.named(name)):
        there = "; ".join(_label(towns, town, None) for town in found[:_SHOWN])
        hint = f"behind the comma goes a country, the code of a region, or a town nearby. There is: {there}"
        return NotFoundError(f"no {name} is known in or near {narrower.strip()!r}", hint=hint)
    message = f"no place is saved and no town known as {text!r}{_known(saved)}"
    if like := similar(towns, name):
        return NotFoundError(message, hint=f"did you mean {', '.join(dict.fromkeys(town.name for town in like))}?")
    countries = towns.about().get("countries", "")
    return NotFoundError(
        message, hint=f"the towns known are those of {countries}; for more: lazpool place update COUNTRY"
    )


def _known(saved: Sequence[str]) -> str:
    return f"; saved are: {', '.join(saved)}" if saved else ""


def similar(towns: Gazetteer, name: str, most: int = 5) -> list[Town]:
    """Return towns with a name like that: beginning so, or so with fewer and fewer of its last letters."""
    from difflib import SequenceMatcher  # noqa: PLC0415 # for typing errors only

    from lazpool.records.towns import fold  # noqa: PLC0415 # the same

    typed = fold(name)
    for length in range(len(typed), 2, -1):
        begins = towns.beginning(typed[:length], 5 * MOST)
        close = sorted(begins, key=lambda town: -SequenceMatcher(None, typed, fold(town.name)).ratio())
        if close:
            return begins[:most] if length == len(typed) else close[:most]
    return []


def _label(towns: Gazetteer, town: Town, home: Point | None) -> str:
    region = "" if town.region.isdigit() or not town.region else f"{town.region}, "
    parts = [f"{town.name}, {region}{town.country}", f"{town.population:,} people"]
    if mark := towns.landmark(town):
        parts.append(f"{_km(town.point, mark):.0f} km from {mark.name}")
    if home:
        parts.append(f"{_km(home, town):.0f} km from home")
    return ", ".join(parts)


def describe(towns: Gazetteer, town: Town, home: Point | None) -> dict[str, object]:
    """Return a town for programs: where it is, and what tells it from its namesakes."""
    mark = towns.landmark(town)
    away = {"home_km": round(_km(home, town), 1)} if home else {}
    near = {"near": mark.name, "near_km": round(_km(town.point, mark), 1)} if mark else {}
    said = {"name": town.name, "country": town.country, "region": town.region, "population": town.population}
    return {**said, **point(town.point), **near, **away}


def _where(town: Town) -> str:
    return f"{town.point.lat:.4f},{town.point.lon:.4f}"


def _km(point: Point, town: Town) -> float:
    from lazpool.rules.geo import km  # noqa: PLC0415 # H3

    return km(point, town.point)


def _app() -> App | None:
    context = click.get_current_context(silent=True)
    return context.find_object(App) if context else None


def _say(text: str) -> None:
    if app := _app():
        app.say(text)
