"""Meeting places: place near, import, sources."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lazpool.cli import times
from lazpool.cli.app import Table, typed
from lazpool.cli.commands import Command, epilog
from lazpool.cli.typed import free_text
from lazpool.cli.views import point
from lazpool.errors import InvalidInputError, NotFoundError
from lazpool.store import own, spots
from lazpool.store.gazetteer import open_gazetteer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lazpool.actions.desk import Desk
    from lazpool.cli.app import App
    from lazpool.records.spot_lists import Fault, SpotList

_MAX_TEXT = 200
_MAX_SOURCE = 64
_ROWS_SHOWN = 12
_FORMS = "CSV in UTF-8 with the columns name,lat,lon, or those of the BNLC, or GeoJSON"
_BNLC_BY = "Base nationale des lieux de covoiturage, transport.data.gouv.fr, and who contributed to it"
_IMPORT = """
lazpool place import bnlc.csv
lazpool place import our-stops.csv --source village
lazpool place import --remove bnlc
"""


@click.command("near", cls=Command, epilog=epilog("lazpool place near home --within 3000"))
@click.argument("where", metavar="PLACE")
@click.option("--within", type=click.IntRange(0, 50_000), default=2000, show_default=True, metavar="METRES")
@click.pass_obj
def near(app: App, where: str, within: int) -> None:
    """List the meeting places around a place, nearest first."""
    from lazpool.cli.typed import place  # noqa: PLC0415 # it imports this group's neighbours

    with app.desk() as desk:
        found = spots.near(desk.node, place(desk, where), within, most=50)
    documents: list[dict[str, object]] = []
    rows = []
    for one, metres in found:
        documents.append({"name": one.spot.name, **point(one.spot.point), "kind": one.kind, "capacity": one.capacity,
                          "metres": round(metres)})  # fmt: skip
        at = f"{one.spot.point.lat:.5f},{one.spot.point.lon:.5f}"
        rows.append((f"{metres:.0f} m", one.spot.name, one.kind, str(one.capacity or ""), at))
    empty = "No meeting place there. Import some: lazpool place import --help"
    app.show({"meeting_places": documents}, Table((">away", "name", "kind", ">cars", "at"), rows, empty))


@click.command("import", cls=Command, epilog=epilog(_IMPORT))
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--source", type=free_text(_MAX_SOURCE), default="", help="What to call the list.  [default: the file's name]"
)
@click.option("--attribution", type=free_text(_MAX_TEXT), default="", help="Whom to name as its author.")
@click.option("--licence", type=free_text(_MAX_TEXT), default="", help="Under which licence it is.")
@click.option("--remove", default="", metavar="SOURCE", help="Forget a list instead.")
@click.pass_obj
def import_list(app: App, /, file: Path | None, remove: str, **said: str) -> None:
    """Make the meeting places of a list known, in place of an older state of it.

    FILE is the French BNLC, CSV with the columns name,lat,lon, or GeoJSON. Rows that cannot be right are refused, and
    the others taken.
    """
    if (file is None) == (not remove):
        raise click.UsageError("Say either a FILE or --remove SOURCE.")
    if file is None:
        _forget(app, remove)
        return
    with app.desk() as desk:
        found = _read(file, desk)
        source = _source(desk, file, found.form, said)
        with desk.node.transaction():
            count = spots.replace_source(desk.node, source, found.spots)
        match_anew(desk)
    faults = _by_fault(found.refused)
    document = {"source": source.source, "attribution": source.attribution, "licence": source.licence,
                "imported": count, "refused": [{"row": row, "reason": fault} for row, fault in found.refused],
                "reasons": {fault: len(rows) for fault, rows in faults.items()}}  # fmt: skip
    app.show(
        document, f"{count} meeting places from {source.source}, {len(found.refused)} rows refused", *_report(faults)
    )
    app.say(f"{source.attribution}; {source.licence or 'licence not said'}")


@click.command("sources", cls=Command, epilog=epilog("lazpool place sources"))
@click.pass_obj
def sources(app: App) -> None:
    """List where towns and meeting places are from, with authors and licences."""
    with app.desk() as desk, open_gazetteer(desk.config.towns_file) as towns:
        lists = [
            {"source": one.source, "what": "meeting places", "count": count, "attribution": one.attribution,
             "licence": one.licence, "imported": times.iso(desk, one.imported // 60)}
            for one, count in spots.sources(desk.node)
        ]  # fmt: skip
        if towns:
            about = towns.about()
            lists.append({**about, "what": f"towns of {about['countries']}", "count": towns.count()})
    columns = ("source", "what", "count", "attribution", "licence")
    rows = [tuple(str(one[name]) for name in columns) for one in lists]
    empty = "Nothing is imported; see: lazpool place update --help, lazpool place import --help"
    app.show({"sources": lists}, Table(("source", "what", ">count", "by", "licence"), rows, empty))


def match_anew(desk: Desk) -> None:
    """Match our posts again: where people may meet has changed."""
    from lazpool.actions.matches import match_own  # noqa: PLC0415 # H3

    for post in own.posts(desk.node):
        match_own(desk, post, anew=True)


def _forget(app: App, source: str) -> None:
    with app.desk() as desk:
        with desk.node.transaction():
            if not spots.remove_source(desk.node, source):
                raise NotFoundError(f"no list is called {source!r}", hint="lazpool place sources")
        match_anew(desk)
    app.show({"removed": source}, f"forgotten: {source}")


def _read(file: Path, desk: Desk) -> SpotList:
    """Read no more of a file than a list may have, and judge it as of today."""
    from datetime import UTC, datetime  # noqa: PLC0415 # a rare command imports what it needs

    from lazpool.records.spot_lists import MAX_FILE, read_spots  # noqa: PLC0415 # the same

    if not file.exists() or file.is_dir():
        raise InvalidInputError(f"{file} is no file that exists", hint="lazpool place import FILE")
    with file.open("rb") as opened:
        data = opened.read(MAX_FILE + 1)
    with typed(f"what can be read: {_FORMS}"):
        found = read_spots(data, datetime.fromtimestamp(desk.second, UTC).date())
    if not found.spots:
        reasons = (
            ", ".join(f"{len(rows)} x {fault}" for fault, rows in _by_fault(found.refused).items()) or "it is empty"
        )
        raise InvalidInputError(f"{file.name} has no meeting place that can be taken: {reasons}", hint=_FORMS)
    return found


def _source(desk: Desk, file: Path, form: str, said: dict[str, str]) -> spots.Source:
    bnlc = form == "bnlc"
    name = said["source"] or ("bnlc" if bnlc else file.stem.encode(errors="replace").decode()[:_MAX_SOURCE])
    if name == spots.OWN or not name.isprintable():
        raise InvalidInputError(f"a list cannot be called {name!r}", hint="say another --source")
    by = said["attribution"] or (_BNLC_BY if bnlc else name)
    return spots.Source(name, by, said["licence"] or ("ODbL-1.0" if bnlc else ""), desk.second)


def _by_fault(refused: Iterable[tuple[int, Fault]]) -> dict[Fault, list[int]]:
    faults = defaultdict(list)
    for row, fault in refused:
        faults[fault].append(row)
    return dict(sorted(faults.items(), key=lambda one: -len(one[1])))


def _report(faults: dict[Fault, list[int]]) -> list[Table]:
    from lazpool.records.spot_lists import MEANING  # noqa: PLC0415 # a rare command imports what it needs

    rows = []
    for fault, numbers in faults.items():
        more = ", ..." if len(numbers) > _ROWS_SHOWN else ""
        rows.append((str(len(numbers)), MEANING[fault], ", ".join(map(str, numbers[:_ROWS_SHOWN])) + more))
    return [Table((">refused", "because", "rows"), rows, "")] if rows else []
