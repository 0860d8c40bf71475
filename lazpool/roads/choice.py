"""Which router a home has: the engine where there is an extract, else great circles and the reason why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.errors import LazpoolError
from lazpool.roads.extract import BASE, MANIFEST, read_extract
from lazpool.roads.router import GreatCircles

if TYPE_CHECKING:
    from pathlib import Path

    from lazpool.roads.router import Router

NO_EXTRACT = "there is no road extract; lazpool roads build makes one"


class Roads:
    """The router of a folder of extracts, chosen anew when another extract was built or the extract was removed."""

    def __init__(self, folder: Path) -> None:
        """Choose nothing before it is needed."""
        self._folder = folder
        self._seen: tuple[int, int] | None = (0, 0)
        self._router: Router = GreatCircles()
        self._why = NO_EXTRACT

    @property
    def router(self) -> Router:
        """Return the router."""
        self._look()
        return self._router

    @property
    def why(self) -> str:
        """Return why the router knows no roads; nothing when it does."""
        self._look()
        return self._why

    def _look(self) -> None:
        seen = _seen(self._folder / MANIFEST)
        if seen != self._seen:
            self._seen = seen
            self._router, self._why = _choose(self._folder)


def _choose(folder: Path) -> tuple[Router, str]:
    try:
        extract = read_extract(folder)
        if extract is None:
            return GreatCircles(), NO_EXTRACT
        from lazpool.roads.engine import Engine  # noqa: PLC0415 # most homes have no extract

        return Engine(folder / extract.folder / BASE), ""
    except LazpoolError as wrong:
        return GreatCircles(), wrong.message


def _seen(manifest: Path) -> tuple[int, int] | None:
    try:
        found = manifest.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino
