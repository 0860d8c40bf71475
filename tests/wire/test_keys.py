"""Key files: private or refused."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from lazpool.errors import DamagedError, NotFoundError, RefusedError, UnsafeKeysError
from lazpool.wire.keys import NAMES, create_keys, load_keys, new_seed

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of keys as `create_keys` makes it."""
    create_keys(tmp_path / "keys")
    return tmp_path / "keys"


def test_new_keys_are_private_and_different(folder: Path) -> None:
    """The folder is 0700, each file 0600 and of 32 bytes, and no two keys are alike."""
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = sorted(folder.iterdir())
    assert [file.name for file in files] == sorted(f"{name}.key" for name in NAMES)
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert len({file.read_bytes() for file in files}) == len(NAMES)
    keys = load_keys(folder)
    assert [getattr(keys, name) for name in NAMES] == [(folder / f"{name}.key").read_bytes() for name in NAMES]


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_the_umask_changes_nothing(tmp_path: Path, umask: int) -> None:
    """Keys are private also where new files are open to all by default."""
    before = os.umask(umask)
    try:
        create_keys(tmp_path / "keys")
    finally:
        os.umask(before)
    load_keys(tmp_path / "keys")


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o601, 0o700])
@pytest.mark.parametrize("name", NAMES)
def test_a_loose_file_is_refused(folder: Path, name: str, mode: int) -> None:
    """A key file that anybody else may use, or that may be run, is refused by name."""
    (folder / f"{name}.key").chmod(mode)
    with pytest.raises(UnsafeKeysError, match=name) as refusal:
        load_keys(folder)
    assert refusal.value.code == "unsafe-keys"
    assert "chmod 600" in refusal.value.hint


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o701, 0o1777])
def test_a_loose_folder_is_refused(folder: Path, mode: int) -> None:
    """A folder that anybody else may look into is refused."""
    folder.chmod(mode)
    with pytest.raises(UnsafeKeysError):
        load_keys(folder)


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    """A key that is gone is not replaced by a new one: that would be another person."""
    (folder / f"{name}.key").unlink()
    with pytest.raises(NotFoundError, match=name):
        load_keys(folder)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_short_or_long_file_is_damaged(folder: Path, size: int) -> None:
    """A key file of another size than 32 bytes is damaged."""
    (folder / "log.key").write_bytes(b"\x01" * size)
    with pytest.raises(DamagedError, match=f"{size} bytes"):
        load_keys(folder)


def test_keys_are_never_overwritten(folder: Path) -> None:
    """Where there are keys, none are made, and those stay as they are."""
    before = load_keys(folder)
    with pytest.raises(RefusedError):
        create_keys(folder)
    assert load_keys(folder) == before


def test_a_missing_folder_is_not_found(tmp_path: Path) -> None:
    """No folder, no keys."""
    with pytest.raises(NotFoundError):
        load_keys(tmp_path / "keys")


def test_secrets_stay_out_of_logs(folder: Path) -> None:
    """Printing the keys shows none of their bytes."""
    keys = load_keys(folder)
    assert all(
        repr(getattr(keys, name)) not in repr(keys) and getattr(keys, name).hex() not in repr(keys) for name in NAMES
    )


def test_seeds_are_fresh() -> None:
    """A thousand seeds of 32 bytes, and no two alike."""
    seeds = {new_seed() for _ in range(1000)}
    assert len(seeds) == 1000
    assert {len(seed) for seed in seeds} == {32}
