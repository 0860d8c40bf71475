"""Building, replacing and losing an extract: an error leaves what was there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lazpool.errors import BusyError, DamagedError, InvalidInputError, LazpoolError
from lazpool.roads.build import _run, build, free_memory, need_for
from lazpool.roads.choice import Roads
from lazpool.roads.extract import MANIFEST, current_folder, read_extract, remove_extract


def quiet(_: int) -> None:
    """Tell nobody about steps."""


@pytest.fixture
def folder(roads_folder: Path, tmp_path: Path) -> Path:
    """Return a folder with an extract of its own."""
    copy = tmp_path / "roads"
    shutil.copytree(roads_folder, copy)
    return copy


def test_what_a_build_takes() -> None:
    """The estimate grows with the file and is above what was measured: 59, 212 and up to 832 MB."""
    needs = [need_for(size) for size in (1_323_403, 13_150_473, 78_934_886)]
    assert [need.memory > peak for need, peak in zip(needs, (59e6, 212e6, 832e6), strict=True)] == [True] * 3
    assert needs[0].seconds < needs[1].seconds < needs[2].seconds
    assert needs[2].memory < 2 * 832e6
    assert free_memory() > 0


def test_what_was_built(liechtenstein: Path, roads_folder: Path) -> None:
    """The manifest says from what, how, and what it took; only what routing needs is kept."""
    extract = read_extract(roads_folder)
    assert extract is not None
    assert (extract.source, extract.source_bytes) == (liechtenstein.name, liechtenstein.stat().st_size)
    assert extract.memory > 20e6
    assert extract.size < 3 * extract.source_bytes
    assert {one.name for one in roads_folder.iterdir()} == {MANIFEST, "lock", extract.folder}


def test_a_new_build_replaces_the_old(liechtenstein: Path, folder: Path) -> None:
    """There is one extract afterwards, another one than before; steps are told in order."""
    before, steps = current_folder(folder), []
    build(liechtenstein, folder, "car", steps.append)
    assert steps == [0, 1, 2, 3]
    assert current_folder(folder) != before
    assert not (folder / before).exists()


def test_files_that_are_no_extract(liechtenstein: Path, folder: Path, tmp_path: Path) -> None:
    """Cut, foreign, empty or with damaged bytes inside: an error that says so, and the old extract goes on."""
    whole, bad = liechtenstein.read_bytes(), tmp_path / "bad.osm.pbf"
    damaged = whole[:300_000] + bytes(byte ^ 0x5A for byte in whole[300_000:300_100]) + whole[300_100:]
    before = sorted(folder.rglob("*"))
    cases = ((whole[: len(whole) // 2], DamagedError), (b"no roads\n", InvalidInputError), (b"", InvalidInputError))
    for data, error in (*cases, (damaged, LazpoolError)):
        bad.write_bytes(data)
        with pytest.raises(error) as caught:
            build(bad, folder, "car", quiet)
        assert caught.value.hint
        assert sorted(folder.rglob("*")) == before
        assert not Roads(folder).why


def test_the_engine_aborts(liechtenstein: Path, folder: Path, tmp_path: Path) -> None:
    """The engine ends itself on damaged data; that is told with its reason, and only its own process ends."""
    whole = bytearray(liechtenstein.read_bytes())
    whole[300_000:300_100] = bytes(100)
    (tmp_path / "bad.osm.pbf").write_bytes(whole)
    with pytest.raises(LazpoolError, match="osrm-extract failed") as caught:
        build(tmp_path / "bad.osm.pbf", folder, "car", quiet)
    assert caught.value.code == "build-failed"
    assert "nothing was changed" in caught.value.hint


@pytest.mark.parametrize(
    ("script", "code", "words"),
    [
        ("kill -9 $$", "no-memory", "most likely the memory was not enough"),
        (
            "echo '[error] [exception] std::bad_alloc'; echo '[error] Provide more memory'; exit 1",
            "no-memory",
            "memory",
        ),
        ("echo terminate called; echo '  what():  PBF error: odd'; kill -ABRT $$", "build-failed", "PBF error: odd"),
        ("echo '[error] no edges'; exit 3", "build-failed", "(3): no edges"),
        ("exit 1", "build-failed", "it does not say why"),
        ("head -c 300000 /dev/urandom; exit 1", "build-failed", "sh failed"),
    ],
)
def test_how_a_program_ends(script: str, code: str, words: str) -> None:
    """Killed, out of memory, aborted or failing: each is an error with the program's last words, and a hint."""
    with pytest.raises(LazpoolError, match=re.escape(words)) as caught:
        _run(Path("/bin/sh"), "-c", script)
    assert caught.value.code == code
    assert caught.value.hint


def test_an_unknown_profile(liechtenstein: Path, folder: Path) -> None:
    """There is no such way to drive."""
    with pytest.raises(InvalidInputError, match="no profile 'broom'"):
        build(liechtenstein, folder, "broom", quiet)
    with pytest.raises(InvalidInputError):
        build(liechtenstein, folder, "../../../etc/passwd", quiet)


def test_one_build_at_a_time(liechtenstein: Path, folder: Path) -> None:
    """A second build is refused while one runs, and so is removing."""
    code = "import fcntl, sys; lock = open(sys.argv[1]); fcntl.flock(lock, 2); print('held', flush=True); input()"
    command = [sys.executable, "-c", code, str(folder / "lock")]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(BusyError):
            build(liechtenstein, folder, "car", quiet)
        with pytest.raises(BusyError):
            remove_extract(folder)
        assert read_extract(folder) is not None
    finally:
        holder.communicate(b"\n")


def test_what_a_killed_build_left(liechtenstein: Path, folder: Path) -> None:
    """The next build deletes it."""
    (folder / "roads-killed").mkdir()
    build(liechtenstein, folder, "car", quiet)
    assert not (folder / "roads-killed").exists()


def _extract(folder: Path, **changes: object) -> None:
    """Write a manifest of an extract of one file, made up."""
    (folder / "roads-1").mkdir(parents=True)
    (folder / "roads-1/roads.osrm.hsgr").write_bytes(b"graph")
    values: dict[str, object] = {
        "folder": "roads-1", "source": "x.osm.pbf", "source_bytes": 9, "profile": "car", "engine": "1", "built": 0,
        "seconds": 1, "memory": 1, "files": {"roads.osrm.hsgr": 5},
    }  # fmt: skip
    (folder / MANIFEST).write_text(json.dumps({**values, **changes}))


def test_a_damaged_extract_is_not_opened(tmp_path: Path) -> None:
    """Files are mapped into memory, so one that is shorter or gone must not be: the node estimates, and says why."""
    _extract(tmp_path)
    assert read_extract(tmp_path) is not None
    (tmp_path / "roads-1/roads.osrm.hsgr").write_bytes(b"gra")
    with pytest.raises(DamagedError):
        read_extract(tmp_path)
    assert "size" in Roads(tmp_path).why
    (tmp_path / "roads-1/roads.osrm.hsgr").unlink()
    assert "lacks" in Roads(tmp_path).why


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"folder": 1}', "null"])
def test_a_damaged_manifest(tmp_path: Path, text: str) -> None:
    """Whatever is in it, it is an error of its own, and removing still works."""
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(DamagedError):
        read_extract(tmp_path)
    remove_extract(tmp_path)
    assert read_extract(tmp_path) is None


def test_strange_values_in_the_manifest(tmp_path: Path) -> None:
    """A list where sizes belong, or a folder that is no name."""
    _extract(tmp_path, files=["roads.osrm.hsgr"])
    with pytest.raises(DamagedError):
        read_extract(tmp_path)
    _manifest = json.loads((tmp_path / MANIFEST).read_text())
    (tmp_path / MANIFEST).write_text(json.dumps({**_manifest, "folder": 7}))
    with pytest.raises(DamagedError):
        read_extract(tmp_path)


def test_removing(tmp_path: Path) -> None:
    """Manifest and files go; what else is in the folder stays."""
    _extract(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    remove_extract(tmp_path)
    assert {one.name for one in tmp_path.iterdir()} == {"notes.txt", "lock"}
