"""The extract that a home routes with: a folder of the engine's files, and a manifest that says which one counts.

A build writes into a new folder; replacing the manifest is what makes it the extract. So there is always a whole one.
"""

from __future__ import annotations

import fcntl
import json
import shutil
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from os import fsync
from typing import TYPE_CHECKING

from lazpool.errors import BusyError, DamagedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MANIFEST = "extract.json"
BASE = "roads"
"""What the engine's files are called, up to `.osrm`."""
_AGAIN = "build it again with: lazpool roads build FILE.osm.pbf"


@dataclass(frozen=True, slots=True)
class Extract:
    """What was built. folder: its name. source: the file it was made of. built: seconds since the epoch.

    seconds, memory: what the build took, in bytes the latter. files: sizes by name.
    """

    folder: str
    source: str
    source_bytes: int
    profile: str
    engine: str
    built: int
    seconds: int
    memory: int
    files: dict[str, int]

    @property
    def size(self) -> int:
        """Return the bytes on disk."""
        return sum(self.files.values())


def read_extract(home: Path) -> Extract | None:
    """Return the extract in a folder of extracts, or None; DamagedError when it is not as it was built.

    Sizes are compared because the engine maps its files into memory: a shorter one would end the process.
    """
    try:
        extract = Extract(**json.loads((home / MANIFEST).read_text("utf-8")))
        sizes = {name: (home / extract.folder / name).stat().st_size for name in extract.files}
    except FileNotFoundError as wrong:
        if not (home / MANIFEST).exists():
            return None
        raise DamagedError(f"the road extract lacks {wrong.filename}", hint=_AGAIN) from wrong
    except (ValueError, TypeError, AttributeError) as wrong:
        raise DamagedError(f"{home / MANIFEST} is damaged", hint=_AGAIN) from wrong
    if sizes != extract.files:
        raise DamagedError("a file of the road extract does not have the size it was built with", hint=_AGAIN)
    return extract


def current_folder(home: Path) -> str:
    """Return the name of the folder that counts, whole or damaged; nothing when there is none."""
    try:
        return str(json.loads((home / MANIFEST).read_text("utf-8"))["folder"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def write_extract(home: Path, extract: Extract) -> None:
    """Make a built folder the extract; a crash leaves the old one or the new one."""
    for name in extract.files:
        with (home / extract.folder / name).open("rb") as file:
            fsync(file.fileno())
    fresh = home / f"{MANIFEST}.new"
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(asdict(extract), file, indent=1)
        file.flush()
        fsync(file.fileno())
    fresh.replace(home / MANIFEST)


def remove_extract(home: Path) -> None:
    """Forget the extract; a node that routes with it keeps it until it looks again. BusyError while one is built."""
    with alone(home):
        (home / MANIFEST).unlink(missing_ok=True)
        remove_others(home, "")


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Build or remove one at a time in a folder."""
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BusyError("an extract is being built here", hint="wait for it, or stop it") from None
        yield


def remove_others(home: Path, keep: str) -> None:
    """Delete every folder but one: earlier extracts, and what a killed build left."""
    for folder in home.glob(f"{BASE}-*"):
        if folder.name != keep and folder.is_dir():
            shutil.rmtree(folder)
