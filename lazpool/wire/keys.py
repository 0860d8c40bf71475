"""Key files: 32-byte seeds in files that only their owner can read, refused when they are looser."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.errors import DamagedError, NotFoundError, RefusedError, UnsafeKeysError
from lazpool.wire.signing import KEY_SIZE, public_key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NAMES = ("identity", "next_identity", "log", "node")
DEVICE_NAMES = ("log", "node", "request")
"""Of a device that asks to be added: `request` opens the grant, and goes once it is accepted."""
_GRANT = "device.grant"
_NEXT_LOG = "log.key.new"
_AFTER_NEXT = "next_identity.key.new"


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """The long-lived seeds of a home; the keys of posts and deals live in the database and die there.

    identity: the person. next_identity: the pre-committed successor. log: this device's ledger. node: libp2p, unrelated
    to the others. grant: what a device that was added has in place of the first two, as bytes.
    """

    identity: bytes
    next_identity: bytes
    log: bytes
    node: bytes
    grant: bytes = b""


def new_seed() -> bytes:
    """Return 32 random bytes, the secret of a new key."""
    return secrets.token_bytes(KEY_SIZE)


def create_keys(folder: Path, given: Mapping[str, bytes] | None = None) -> Keys:
    """Write key files into a new folder (0700) and return them; RefusedError when the folder exists.

    given: seeds by name, for those that are not drawn.
    """
    write_keys(folder, NAMES, given or {})
    return load_keys(folder)


def write_keys(folder: Path, names: tuple[str, ...], given: Mapping[str, bytes]) -> None:
    """Write the key files of those names into a new folder, drawing what is not given.

    The folder appears with all its files or not at all; what a crash left of an earlier try was never used.
    """
    if folder.exists():
        raise RefusedError(f"{folder} exists already")
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    for name in names:
        _write(unfinished / f"{name}.key", given.get(name) or new_seed())
    unfinished.rename(folder)


def load_keys(folder: Path) -> Keys:
    """Read the key files, after checking that nobody else can."""
    _check_private(folder, 0o700)
    if (folder / _GRANT).exists():
        _check_private(folder / _GRANT, 0o600)
        log, node = (read_key(folder, name) for name in ("log", "node"))
        return Keys(b"", b"", log, node, (folder / _GRANT).read_bytes())
    return Keys(*(read_key(folder, name) for name in NAMES))


def read_key(folder: Path, name: str) -> bytes:
    """Return the seed of one key, or raise NotFoundError."""
    return _read(folder / f"{name}.key")


def keep_grant(folder: Path, grant: bytes) -> None:
    """Keep what makes this folder that of a device of somebody."""
    aside = folder / f"{_GRANT}.new"
    aside.unlink(missing_ok=True)
    _write(aside, grant)
    aside.replace(folder / _GRANT)
    sync_folder(folder)


def prepare_log(folder: Path) -> bytes:
    """Write the seed of a new log aside and return it; `adopt_log` puts it in the place of the old one."""
    aside = folder / _NEXT_LOG
    aside.unlink(missing_ok=True)
    seed = new_seed()
    _write(aside, seed)
    return seed


def prepared_log(folder: Path) -> bytes:
    """Return the seed that was written aside, empty when none was."""
    return _read(folder / _NEXT_LOG) if (folder / _NEXT_LOG).exists() else b""


def adopt_log(folder: Path) -> None:
    """Let the seed that was written aside be that of the log."""
    (folder / _NEXT_LOG).replace(folder / "log.key")
    sync_folder(folder)


def prepare_identity(folder: Path) -> bytes:
    """Write the seed of the identity after next aside and return it; `adopt_identity` moves both up."""
    aside = folder / _AFTER_NEXT
    aside.unlink(missing_ok=True)
    seed = new_seed()
    _write(aside, seed)
    return seed


def next_identity(folder: Path) -> bytes:
    """Return the seed of the next identity, empty where it is not here."""
    return read_key(folder, "next_identity") if (folder / "next_identity.key").exists() else b""


def keep_next_identity(folder: Path, seed: bytes) -> None:
    """Write the seed of the next identity where it is not, or is another."""
    if next_identity(folder) != seed:
        aside = folder / "next_identity.key.typed"
        aside.unlink(missing_ok=True)
        _write(aside, seed)
        aside.replace(folder / "next_identity.key")
        sync_folder(folder)


def says_who(folder: Path) -> bool:
    """Tell whether this folder says who its owner is: by both identities, or by what an added device has in place."""
    return (folder / _GRANT).exists() or all((folder / f"{name}.key").exists() for name in NAMES[:2])


def adopt_identity(folder: Path, identity: bytes) -> bool:
    """Let the next identity, whose public key is given, be the identity, and the one after it the next.

    A device that was added is the machine of the identity from then on. Tells whether anything was to be done; after a
    crash between its steps it does the others.
    """
    if not (folder / _AFTER_NEXT).exists():
        return False
    following = next_identity(folder)
    if not following or public_key(following) != identity:
        return False
    if not (folder / "identity.key").exists() or public_key(read_key(folder, "identity")) != identity:
        aside = folder / "identity.key.new"
        aside.unlink(missing_ok=True)
        _write(aside, following)
        aside.replace(folder / "identity.key")
        sync_folder(folder)
    (folder / _GRANT).unlink(missing_ok=True)
    (folder / _AFTER_NEXT).replace(folder / "next_identity.key")
    sync_folder(folder)
    return True


def is_rotating(folder: Path) -> bool:
    """Tell whether an identity was prepared that has not moved up."""
    return (folder / _AFTER_NEXT).exists()


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(path: Path, seed: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(seed)
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> bytes:
    _check_private(path, 0o600)
    seed = path.read_bytes()
    if len(seed) != KEY_SIZE:
        raise DamagedError(f"{path} holds {len(seed)} bytes; a key has {KEY_SIZE}", hint="restore it from a backup")
    return seed


def _check_private(path: Path, most: int) -> None:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        hint = "restore it from a backup, or create a new home"
        if path.name == "identity.key":
            hint = "restore it from a backup, or let the next key take its place: lazpool key rotate"
        elif path.name == "next_identity.key":
            hint = "restore it from a backup, or type part 2 of your paper key: lazpool key rotate --paper"
        raise NotFoundError(f"{path} is missing", hint=hint) from None
    if mode & ~most:
        raise UnsafeKeysError(f"{path} has mode {mode:04o}: other people can read it", hint=f"chmod {most:o} {path}")
