"""Real roads: roads build, status, remove."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lazpool.cli.app import interruptible
from lazpool.cli.commands import epilog, group
from lazpool.config import load_config
from lazpool.errors import InvalidInputError, NoEngineError, NotFoundError

if TYPE_CHECKING:
    from lazpool.cli.app import App
    from lazpool.roads.extract import Extract

_GB, _MB = 1e9, 1e6
_MINUTE = 60


@group("roads")
def roads() -> None:
    """Real roads instead of great circles: routes, times and detours from an OpenStreetMap extract on this machine."""


@roads.command("build", epilog=epilog("lazpool roads build liechtenstein-latest.osm.pbf"))
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.osm.pbf")
@click.option("--profile", default="car", show_default=True, help="How you drive; or a Lua file of OSRM's kind.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def build(app: App, file: Path, profile: str, yes: bool) -> None:  # noqa: FBT001 # click's signature
    """Build the road extract of this home from a file of OpenStreetMap data, replacing an earlier one.

    It says first what memory and time this takes. Until it is done the earlier extract stays in use.
    """
    from lazpool.roads.build import STEPS, build  # noqa: PLC0415 # for `lazpool --help`

    folder = load_config(app.home).roads_folder
    if not file.is_file():
        raise InvalidInputError(f"there is no file {file}", hint="docs/how-to/roads.md says where to get one")
    _warn(app, file.stat().st_size, yes=yes)

    def say(step: int) -> None:
        app.say(f"[{step + 1}/{len(STEPS)}] {STEPS[step]} ...")

    with interruptible():
        extract = build(file, folder, profile, say)
    app.show({"extract": _document(extract)}, *_lines(extract))
    app.say("Offers made from now on follow the roads. The data is (c) OpenStreetMap contributors, ODbL.")


@roads.command("status", epilog=epilog("lazpool roads status"))
@click.pass_obj
def status(app: App) -> None:
    """Say whether this home routes on real roads, by which extract, and if not, why."""
    from lazpool.roads.choice import Roads  # noqa: PLC0415 # H3
    from lazpool.roads.engine import engine_version  # noqa: PLC0415 # the same
    from lazpool.roads.extract import read_extract  # noqa: PLC0415 # the same

    folder = load_config(app.home).roads_folder
    try:
        engine = engine_version()
    except NoEngineError:
        engine = ""
    why = Roads(folder).why
    extract = read_extract(folder)
    document = {"roads": not why, "why": why, "engine": engine, "extract": _document(extract) if extract else None}
    said = f"roads     {f'no: {why}' if why else 'yes'}"
    app.show(document, said, f"engine    OSRM {engine or '(not installed)'}", *(_lines(extract) if extract else ()))


@roads.command("remove", epilog=epilog("lazpool roads remove"))
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def remove(app: App, yes: bool) -> None:  # noqa: FBT001 # click's signature
    """Delete the road extract; from then on distances and times are estimated again."""
    from lazpool.roads.extract import MANIFEST, remove_extract  # noqa: PLC0415 # for `lazpool --help`

    folder = load_config(app.home).roads_folder
    if not (folder / MANIFEST).exists():
        raise NotFoundError("there is no road extract", hint="lazpool roads status")
    app.confirm(f"Delete the road extract in {folder}? Building it again takes a while.", yes=yes)
    remove_extract(folder)
    app.show({"removed": str(folder)}, f"removed: the road extract in {folder}")


def _warn(app: App, size: int, *, yes: bool) -> None:
    """Say what a build takes, and ask when it needs more memory than there is."""
    from lazpool.roads.build import free_memory, need_for  # noqa: PLC0415 # for `lazpool --help`

    need, free = need_for(size), free_memory()
    app.say(
        f"A file of {_size(size)}. This takes about {_size(need.memory)} of memory ({_size(free)} are free), "
        f"{_size(need.disk)} of disk and {_duration(need.seconds)}."
    )
    if need.memory > free:
        app.confirm("That is more memory than is free: it may be slow or fail. Build it all the same?", yes=yes)


def _document(extract: Extract) -> dict[str, object]:
    from datetime import UTC, datetime  # noqa: PLC0415 # for `lazpool --help`

    return {
        "source": extract.source,
        "source_bytes": extract.source_bytes,
        "profile": extract.profile,
        "engine": extract.engine,
        "built": datetime.fromtimestamp(extract.built, UTC).isoformat(),
        "seconds": extract.seconds,
        "memory": extract.memory,
        "bytes": extract.size,
    }


def _lines(extract: Extract) -> list[str]:
    built = time.strftime("%Y-%m-%d %H:%M", time.localtime(extract.built))
    took = f"{_duration(extract.seconds)}, {_size(extract.memory)} of memory"
    return [
        f"extract   {extract.source} ({extract.profile})",
        f"built     {built} in {took}",
        f"on disk   {_size(extract.size)}",
    ]


def _size(number: float) -> str:
    return f"{number / _GB:.1f} GB" if number >= _GB else f"{number / _MB:.0f} MB"


def _duration(seconds: int) -> str:
    return f"{seconds} s" if seconds < 2 * _MINUTE else f"{seconds // _MINUTE} min"
