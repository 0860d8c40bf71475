"""A home as one encrypted file, and a home from such a file: the same person, who goes on with a log of their own."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
import time
import zlib
from contextlib import closing, contextmanager
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from lazpool.actions.desk import desk_at
from lazpool.actions.resuming import resume
from lazpool.config import FILE, Config, load_config
from lazpool.errors import DamagedError, LazpoolError, MalformedError, RefusedError
from lazpool.store.database import explain, reading
from lazpool.wire import vault
from lazpool.wire.codec import decode, encode
from lazpool.wire.keys import NAMES, load_keys, sync_folder
from lazpool.wire.vault import MODERATE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lazpool.actions.desk import Desk
    from lazpool.wire.codec import Value
    from lazpool.wire.vault import Effort

MAX_SIZE = 2**30
"""Bytes of all files of a home together; a large one has 10 MB."""
_NODE = "node.db"
_KEYS = tuple(f"keys/{name}.key" for name in NAMES)
_NEEDED = {FILE, _NODE, *_KEYS}
_TABLES = ("impacts", "profiles")
"""Folders of tables of one's own."""


def back_up(desk: Desk, file: Path, passphrase: str, *, force: bool = False, effort: Effort = MODERATE) -> None:
    """Write everything of a home that cannot be had again into one encrypted file; the node may run meanwhile."""
    desk.check_identity()
    check_free(file, force=force)
    content = encode(tuple(sorted(_files(desk).items())))
    _write(file, vault.lock(zlib.compress(content), passphrase, effort))


def restore(home: Path, file: Path, passphrase: str, *, clock: Callable[[], float] = time.time) -> bytes:
    """Make a home from a backup and return its identity; RefusedError when there is one, and nothing is left behind.

    The log of the backup is closed: it may have gone on after it was made. A new one begins, with a key of its own.
    """
    check_empty(home)
    if file.stat().st_size > MAX_SIZE:
        raise DamagedError(f"{file} is larger than any backup")
    files = _open(file.read_bytes(), passphrase)
    with new_home(home) as unfinished:
        return _fill(unfinished, files, clock)


@contextmanager
def new_home(home: Path) -> Iterator[Path]:
    """Yield a folder to fill; it takes its place as the home when the block is done, and is removed when it fails."""
    unfinished = home.with_name(f"{home.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        yield unfinished
        unfinished.rename(home)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    sync_folder(home.parent)


def check_free(file: Path, *, force: bool) -> None:
    """Raise RefusedError when a backup would replace a file that nobody asked to."""
    if file.exists() and not force:
        raise RefusedError(f"{file} exists already", hint="choose another name, or add --force", code="exists")


def check_empty(home: Path) -> None:
    """Raise RefusedError when something is where a home is to be made."""
    if home.exists() and not (home.is_dir() and not any(home.iterdir())):
        hint = "choose a new folder with --home, or move away what is in this one"
        raise RefusedError(f"{home} is not empty", hint=hint, code="not-empty")


def _files(desk: Desk) -> dict[str, bytes]:
    home = desk.config.home
    tables = [f"{folder}/{path.name}" for folder in _TABLES for path in sorted((home / folder).glob("*.toml"))]
    return {name: (home / name).read_bytes() for name in (FILE, *_KEYS, *tables)} | {_NODE: _snapshot(desk)}


def _snapshot(desk: Desk) -> bytes:
    """Return the database as it is between two transactions, written anew without the pages that are free.

    It is written to memory, under a name that nobody else has: a file would have to be wiped.
    """
    place = f"file:{secrets.token_hex(16)}?mode=memory&cache=shared"
    with closing(sqlite3.connect(place, uri=True)) as copy, reading(desk.config.node_file) as node:
        node.execute("VACUUM INTO ?", (place,))
        return copy.serialize()


def _open(data: bytes, passphrase: str) -> dict[str, bytes]:
    plain = vault.unlock(data, passphrase)
    try:
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(plain, MAX_SIZE)
        files = dict(map(_pair, decode(content, MAX_SIZE)))
    except (zlib.error, MalformedError) as wrong:
        raise DamagedError(f"the content of this backup cannot be read: {wrong}") from wrong
    if not set(files) >= _NEEDED or not all(_is_ours(name) for name in files):
        raise DamagedError("this backup lacks a file of a home, or has one that is none")
    return files


def _pair(value: Value) -> tuple[str, bytes]:
    match value:
        case (str(name), bytes(body)):
            return name, body
    raise MalformedError("shape", "not a name and the bytes of a file")


def _is_ours(name: str) -> bool:
    path = PurePosixPath(name)
    return name in _NEEDED or (path.parts in {(folder, path.name) for folder in _TABLES} and path.suffix == ".toml")


def _fill(folder: Path, files: dict[str, bytes], clock: Callable[[], float]) -> bytes:
    for name, body in files.items():
        (folder / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(folder / name, body)
    for one in (folder, folder / "keys"):
        one.chmod(0o700)
    config = load_config(folder)
    try:
        with desk_at(config, load_keys(config.keys_folder), clock=clock) as desk:
            resume(desk)
            return desk.identity
    except sqlite3.Error as wrong:
        raise explain(wrong, str(Config(folder).node_file)) from wrong


def _write(file: Path, data: bytes) -> None:
    """Bring a file of our own to the disk, whole or not at all."""
    aside = file.with_name(f".{file.name}.{os.getpid()}.new")
    try:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        aside.replace(file)
        sync_folder(file.parent)
    except OSError as wrong:
        raise LazpoolError(f"{file} cannot be written: {wrong.strerror}", hint="choose another place") from wrong
    finally:
        aside.unlink(missing_ok=True)
