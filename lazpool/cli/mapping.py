"""Maps: a match, a post or a deal as a file of GeoJSON, or as a sketch in the terminal."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from lazpool.cli.commands import command
from lazpool.cli.drawing import Drawing, Kind, draw
from lazpool.cli.sketch import sketch
from lazpool.cli.typed import MIN_PREFIX, SHORT
from lazpool.errors import AmbiguousError, InvalidInputError, NotFoundError, RefusedError
from lazpool.records import geojson
from lazpool.store import lookup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lazpool.actions.desk import Desk
    from lazpool.cli.app import App
    from lazpool.records.geojson import Geometry

_PLACES: tuple[tuple[Kind, Literal["node", "board"], lookup.Table], ...] = (
    ("match", "board", "matches"),
    ("deal", "node", "deals"),
    ("post", "node", "posts"),
    ("post", "board", "posts"),
)
"""Where ids are that can be drawn."""
STDOUT = "-"
WIDEST = 80
_EXACT = "this map holds exact places of yours, and where you meet: mind to whom you give it"
_COARSE = "Places are as coarse as in the posts, and nobody is named."


@command("map", example="lazpool map 8c41d0\nlazpool map 8c41d0 --out ride.geojson\nlazpool map 8c41d0 --out - --exact")
@click.argument("identifier", metavar="ID")
@click.option("--out", metavar="FILE", help="Write GeoJSON to a file, with - to standard output.")
@click.option("--exact", is_flag=True, help="With your own exact places and the meeting cells.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@click.pass_obj
def show_map(app: App, identifier: str, out: str | None, exact: bool, force: bool) -> None:  # noqa: FBT001 # click's signature
    """Draw a match, a post or a deal: in the terminal, or as GeoJSON for any map.

    Without --exact there is nothing on it but what the posts say in public, and times.
    """
    with app.desk() as desk:
        kind, found = _find(desk, identifier)
        drawing = draw(desk, kind, found, exact=exact)
    document = geojson.collection(_features(drawing))
    if exact:
        app.say(f"Note: {_EXACT}")
    if out is None:
        lines = [] if app.json else [drawing.title, *sketch(drawing, _width(), plain=_is_plain())]
        app.show({"kind": kind, "id": found.hex(), "geojson": document}, *lines)
    elif out == STDOUT:
        click.echo(_text(document), nl=False)
    else:
        _write(Path(out), _text(document), force=force)
        app.show({"file": out, "kind": kind, "features": len(document["features"]), "exact": exact}, out)
        if not exact:
            app.say(_COARSE)


def _find(desk: Desk, text: str) -> tuple[Kind, bytes]:
    """Return what an id stands for, whichever kind it is of."""
    prefix = text.strip().lower()
    if len(prefix) < MIN_PREFIX:
        raise InvalidInputError(f"{text!r} is too short for an id", hint=f"at least {MIN_PREFIX} characters of it")
    found: dict[bytes, Kind] = {}
    for kind, db, table in _PLACES:
        for one in lookup.starting_with(getattr(desk, db), table, prefix):
            found.setdefault(one, kind)
    if not found:
        hint = "lazpool matches, posts, board and deals show what there is"
        raise NotFoundError(f"there is no match, post or deal {text!r}", hint=hint)
    if len(found) > 1:
        said = ", ".join(f"{kind} {one.hex()[: max(SHORT, len(prefix) + MIN_PREFIX)]}" for one, kind in found.items())
        raise AmbiguousError(f"{text!r} fits more than one", hint=f"say more of it: {said}")
    return next((kind, one) for one, kind in found.items())


def _features(drawing: Drawing) -> Iterator[Geometry]:
    """Yield the way, then for each stop the cell it is in, then the stops."""
    if drawing.way:
        yield geojson.feature(geojson.line(drawing.way), role="route")
    for stop in drawing.stops:
        if stop.cell is not None:
            yield geojson.feature(geojson.cell(stop.cell), role=f"{stop.role} area", time=stop.at)
    for stop in drawing.stops:
        yield geojson.feature(geojson.point(stop.where), role=stop.role, time=stop.at, name=stop.name)


def _text(document: Geometry) -> str:
    """Return the collection with one feature a line, so that a person can read it, too."""
    features = ",\n".join(json.dumps(one, ensure_ascii=False) for one in document["features"])
    return f'{{"type": "FeatureCollection", "features": [\n{features}\n]}}\n'


def _write(path: Path, text: str, *, force: bool) -> None:
    if path.is_dir():
        raise InvalidInputError(f"{path} is a folder", hint="name a file in it, such as ride.geojson")
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise RefusedError(f"{path} is there already", hint="--force replaces it", code="file-exists") from None


def _width() -> int:
    return min(shutil.get_terminal_size().columns, WIDEST)


def _is_plain() -> bool:
    """Tell whether only ASCII is wanted, or possible."""
    return not (sys.stdout.encoding or "").lower().startswith("utf") or bool(os.environ.get("NO_COLOR"))
