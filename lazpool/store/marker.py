"""A mark beside node.db of how far the log has got: an old copy of the database, or of the home, does not fit it.

It is written after each commit, so it may be behind by what a crash cut off, never ahead; see docs/decisions/027. The
disk is not waited for; see docs/decisions/065.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lazpool.errors import HaltedError
from lazpool.wire.hashing import tagged_hash
from lazpool.wire.keys import sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = "log.mark"
MACHINE = Path("/etc/machine-id")
"""What Linux calls an installation by; elsewhere a copy of a whole home is not noticed."""
_LENGTH = 320
"""Bytes of the file, whatever it says: less than a sector, which a disk writes whole or not at all."""


@dataclass(frozen=True, slots=True)
class Marker:
    """The newest entry that was committed here. machine: a hash that differs on another machine, empty if unknown."""

    log: bytes
    seq: int
    id: bytes
    machine: bytes


def machine_of(log: bytes, file: Path = MACHINE) -> bytes:
    """Return what this machine is called in the marks of a log, empty when it has no name."""
    try:
        name = file.read_bytes().strip()
    except OSError:
        return b""
    return tagged_hash("lz/machine/1", log + name) if name else b""


def read(folder: Path) -> Marker | None:
    """Return the mark, None when none was made yet; HaltedError when it cannot be read."""
    try:
        with _locked(folder / FILE, os.O_RDONLY, fcntl.LOCK_SH) as descriptor:
            said = json.loads(os.read(descriptor, 2 * _LENGTH))
        log, identifier, machine = (bytes.fromhex(said[name]) for name in ("log", "id", "machine"))
        return Marker(log, int(said["seq"]), identifier, machine)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, OSError) as wrong:
        raise HaltedError(f"{folder / FILE} cannot be read: {wrong}", hint="lazpool ledger resume") from wrong


def write(folder: Path, marker: Marker) -> None:
    """Set a mark, whole or not at all."""
    said = {"log": marker.log.hex(), "seq": marker.seq, "id": marker.id.hex(), "machine": marker.machine.hex()}
    line = (json.dumps(said).ljust(_LENGTH - 1) + "\n").encode("ascii")
    try:
        with _locked(folder / FILE, os.O_WRONLY, fcntl.LOCK_EX) as descriptor:
            os.pwrite(descriptor, line, 0)
    except FileNotFoundError:
        _create(folder, line)


@contextmanager
def _locked(path: Path, flags: int, lock: int) -> Iterator[int]:
    """Open a file for a block in which no other process writes to it."""
    descriptor = os.open(path, flags)
    try:
        fcntl.flock(descriptor, lock)
        yield descriptor
    finally:
        os.close(descriptor)


def _create(folder: Path, line: bytes) -> None:
    """Bring the first mark to the disk, so that later ones only change what is in a file that is there."""
    aside = folder / f"{FILE}.{os.getpid()}.new"
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(folder / FILE)
    sync_folder(folder)
