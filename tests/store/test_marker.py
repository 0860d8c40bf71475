"""The mark beside the database: written over in place, and read whole while another process writes."""

from __future__ import annotations

import fcntl
import os
import threading
from typing import TYPE_CHECKING

import pytest

from lazpool.errors import HaltedError
from lazpool.store import marker
from lazpool.store.marker import FILE, Marker

if TYPE_CHECKING:
    from pathlib import Path

FIRST = Marker(b"\x01" * 32, 1, b"\x02" * 32, b"\x03" * 32)
LAST = Marker(b"\xff" * 32, 2**32 - 1, b"\xff" * 32, b"")


def test_one_file_is_written_over(tmp_path: Path) -> None:
    """Marks of any number and machine have one length, less than a sector, in one file that only the owner reads."""
    assert marker.read(tmp_path) is None
    marker.write(tmp_path, FIRST)
    made = (tmp_path / FILE).stat()
    assert (made.st_mode & 0o777, made.st_size <= 512) == (0o600, True)
    for mark in (LAST, FIRST):
        marker.write(tmp_path, mark)
        assert marker.read(tmp_path) == mark
        now = (tmp_path / FILE).stat()
        assert (now.st_ino, now.st_size) == (made.st_ino, made.st_size)
    assert [one.name for one in tmp_path.iterdir()] == [FILE]


def test_a_shorter_mark_of_an_earlier_build(tmp_path: Path) -> None:
    """A mark without the spaces is read, and written over."""
    marker.write(tmp_path, FIRST)
    (tmp_path / FILE).write_text(" ".join((tmp_path / FILE).read_text().split()) + "\n")
    assert marker.read(tmp_path) == FIRST
    marker.write(tmp_path, LAST)
    assert marker.read(tmp_path) == LAST


def test_half_a_mark_is_not_read(tmp_path: Path) -> None:
    """Who reads waits for who writes, as who writes does for who reads."""
    marker.write(tmp_path, FIRST)
    found: list[Marker | None] = []
    reader = threading.Thread(target=lambda: found.append(marker.read(tmp_path)))
    holder = os.open(tmp_path / FILE, os.O_RDWR)
    try:
        fcntl.flock(holder, fcntl.LOCK_EX)
        reader.start()
        reader.join(0.2)
        assert not found
        whole = os.pread(holder, 1000, 0)
        os.pwrite(holder, b"{" * 100, 0)
        os.pwrite(holder, whole, 0)
    finally:
        os.close(holder)
    reader.join(10)
    assert found == [FIRST]


@pytest.mark.parametrize("content", [b"", b"{", b"\0" * 320, b'{"log": 1}', b"[]", b"\xff" * 320])
def test_a_damaged_mark_halts(tmp_path: Path, content: bytes) -> None:
    """What is no mark is said with a way out: the log may have gone on."""
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(HaltedError, match="cannot be read") as halt:
        marker.read(tmp_path)
    assert "ledger resume" in str(halt.value.hint)
