"""The towns known by name: place search, place update."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from lazpool.cli.app import Table
from lazpool.cli.commands import Command, epilog
from lazpool.cli.towns import HOME, describe, similar
from lazpool.cli.views import point
from lazpool.errors import InvalidInputError
from lazpool.store import own
from lazpool.store.gazetteer import MOST, build, open_gazetteer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lazpool.cli.app import App
    from lazpool.records.towns import Town

    _Towns = tuple[Town, Sequence[str]]


@click.command("search", cls=Command, epilog=epilog("lazpool place search gren"))
@click.argument("text")
@click.pass_obj
def search(app: App, text: str) -> None:
    """List the saved places and towns that a text could mean, likeliest first."""
    from lazpool.records.towns import fold  # noqa: PLC0415 # most commands fold nothing

    with app.desk() as desk, open_gazetteer(desk.config.towns_file) as towns:
        saved = {name: at for name, at in own.places(desk.node).items() if fold(text) in fold(name)}
        home = own.places(desk.node).get(HOME)
        found = (towns.containing(text) or similar(towns, text, MOST)) if towns else []
        documents = [describe(towns, town, home) for town in found] if towns else []
        about = towns.about() if towns else {}
    rows: list[tuple[str, ...]] = [(name, "saved", "", "", f"{at.lat},{at.lon}") for name, at in saved.items()]
    rows += [_row(town, document) for town, document in zip(found, documents, strict=True)]
    document = {"places": [{"name": name, **point(at)} for name, at in saved.items()], "towns": documents}
    empty = (
        "Nothing is called so." if about else "No towns are known yet; make them known with: lazpool place update FR"
    )
    note = f"Towns: {about['attribution']}, {about['licence']}" if documents else ""
    app.show(document, Table(("name", "country", ">people", "near", "at"), rows, empty, note))


def _row(town: Town, document: dict[str, object]) -> tuple[str, ...]:
    near = f"{document['near_km']:.0f} km from {document['near']}" if "near" in document else ""
    region = "" if town.region.isdigit() else f" {town.region}"
    return (
        town.name,
        f"{town.country}{region}",
        f"{town.population:,}",
        near,
        f"{town.point.lat:.4f},{town.point.lon:.4f}",
    )


@click.command("update", cls=Command, epilog=epilog("lazpool place update FR Switzerland\nlazpool place update"))
@click.argument("countries", nargs=-1, metavar="[COUNTRY]...")
@click.option("--only", is_flag=True, help="Forget the countries that are known and not named here.")
@click.pass_obj
def update(app: App, countries: tuple[str, ...], only: bool) -> None:  # noqa: FBT001 # click's signature
    """Make the towns of countries known by name, from data on this machine; nothing is fetched.

    A COUNTRY is an ISO code such as FR or an English name. Those known before stay known.
    """
    from lazpool.config import change_setting, load_config  # noqa: PLC0415 # a rare command imports what it needs
    from lazpool.store import geonames  # noqa: PLC0415 # the same

    config = load_config(app.home)
    wanted = [*countries, *([] if only else config.countries.split())]
    if not wanted:
        raise InvalidInputError(
            "which countries?", hint="lazpool place update FR, with the codes of those you travel in"
        )
    package = geonames.open_package()
    chosen = geonames.find_countries(package, wanted)
    app.say(f"Reading the towns of {', '.join(country.name for country in chosen)} ...")
    content = geonames.content(package, chosen)
    with _progress(app, content.towns) as towns:
        count = build(config.towns_file, replace(content, towns=towns))
    change_setting(config.home, "countries", content.about["countries"])
    file, size = config.towns_file, config.towns_file.stat().st_size
    app.show({"towns": count, "file": str(file), "bytes": size, **content.about}, f"{count} towns known")
    app.say(f"In {file}, {size / 1e6:.1f} MB. Data: {geonames.ATTRIBUTION}, {geonames.LICENCE}")


@contextmanager
def _progress(app: App, towns: Iterable[_Towns]) -> Iterator[Iterable[_Towns]]:
    if app.asks():
        with click.progressbar(towns, label="Writing", file=sys.stderr) as bar:
            yield bar
    else:
        yield towns
