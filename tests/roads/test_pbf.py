"""Telling an OpenStreetMap extract from other files, and a whole one from a cut one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lazpool.errors import DamagedError, InvalidInputError
from lazpool.roads.pbf import check_pbf

if TYPE_CHECKING:
    from pathlib import Path


def blob(kind: bytes, size: int) -> bytes:
    """Return a blob of so many bytes with its header, as the format says."""
    length = bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7])
    header = b"\x0a" + bytes([len(kind)]) + kind + b"\x18" + length
    return len(header).to_bytes(4, "big") + header + bytes(size)


WHOLE = blob(b"OSMHeader", 90) + blob(b"OSMData", 200) + blob(b"OSMData", 30)


def test_a_whole_extract(tmp_path: Path) -> None:
    """Its size is returned."""
    file = tmp_path / "whole.osm.pbf"
    file.write_bytes(WHOLE)
    assert check_pbf(file) == len(WHOLE)


def test_a_real_extract(liechtenstein: Path) -> None:
    """The format is that of the real world."""
    assert check_pbf(liechtenstein) == liechtenstein.stat().st_size


def test_a_cut_extract(tmp_path: Path) -> None:
    """A file that ends inside of a blob is refused, wherever it is cut; one cut between two cannot be told."""
    file = tmp_path / "cut.osm.pbf"
    between = {len(blob(b"OSMHeader", 90)), len(blob(b"OSMHeader", 90) + blob(b"OSMData", 200))}
    for at in range(len(WHOLE)):
        file.write_bytes(WHOLE[:at])
        if at in between:
            assert check_pbf(file) == at
            continue
        with pytest.raises((DamagedError, InvalidInputError)) as caught:
            check_pbf(file)
        assert str(file) in caught.value.message
        assert caught.value.hint


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.one_of(st.binary(max_size=200), st.just(b"hello, world\n" * 100), st.just(b""), st.just(bytes(64))))
def test_other_files(tmp_path: Path, data: bytes) -> None:
    """Whatever else a file holds, it is said not to be an extract."""
    file = tmp_path / "other.osm.pbf"
    file.write_bytes(data)
    with pytest.raises(InvalidInputError) as caught:
        check_pbf(file)
    assert caught.value.code == "no-extract"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(noise=st.binary(min_size=1, max_size=80))
def test_noise_behind_the_data(tmp_path: Path, noise: bytes) -> None:
    """What follows the last blob and is none makes a damaged file, never an endless loop."""
    file = tmp_path / "noise.osm.pbf"
    file.write_bytes(WHOLE + noise)
    with pytest.raises(DamagedError):
        check_pbf(file)
