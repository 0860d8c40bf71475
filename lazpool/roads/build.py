"""Building an extract: the engine's programs run as processes of their own, since they may abort or need all memory."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lazpool.errors import InvalidInputError, LazpoolError
from lazpool.roads.engine import engine_folder, engine_version
from lazpool.roads.extract import BASE, Extract, alone, current_folder, remove_others, write_extract
from lazpool.roads.pbf import check_pbf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

MEMORY_BASE, MEMORY_FACTOR = 110e6, 10.0
"""Bytes of memory for a small extract, and for each byte of one: 59 to 832 MB were taken for files of 1.3 to 79 MB.
OSRM's own figure for the planet is 6.8 bytes a byte, "roughly linear" (its wiki, Disk and Memory Requirements)."""
DISK_FACTOR = 5.0
"""Bytes of disk during a build for each byte of the file: OSRM's figure; 2.3 were measured."""
SECONDS_PER_MB = 2.0
"""Measured with two slow cores, shared with other work: 132 to 300 seconds for 79 MB."""
STEPS = ("checking the file", "reading its roads", "preparing quick answers", "trying it out")
_LOG_LINES = 8
_PEAK = re.compile(r"peak bytes used: (\d+)")
_NO_MEMORY = ("bad_alloc", "provide more memory")


@dataclass(frozen=True, slots=True)
class Need:
    """What a build will take, roughly: bytes of memory and disk, seconds."""

    memory: int
    disk: int
    seconds: int


def need_for(size: int) -> Need:
    """Estimate what a build takes from the size of the file in bytes."""
    return Need(int(MEMORY_BASE + MEMORY_FACTOR * size), int(DISK_FACTOR * size), int(2 + SECONDS_PER_MB * size / 1e6))


def free_memory() -> int:
    """Return the bytes of memory that a new program can use without swapping, as well as the system tells."""
    try:
        found = re.search(r"^MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text("ascii"), re.MULTILINE)
    except OSError:
        found = None
    return int(found[1]) * 1024 if found else os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def build(source: Path, home: Path, profile: str, say: Callable[[int], None]) -> Extract:
    """Build an extract of a file and make it the one of this folder; `say` is told the number of each step.

    profile: a name that the engine knows, or a Lua file. On an error the earlier extract stays as it was.
    """
    engine = engine_folder()
    lua = _profile(engine, profile)
    say(0)
    size = check_pbf(source)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with alone(home):
        remove_others(home, current_folder(home))  # what a killed build left
        began, version = time.monotonic(), engine_version()
        with _fresh_folder(home) as folder:
            memory = _prepare(engine, lua, source.absolute(), folder / BASE, say)
            say(3)
            files = _keep_needed(engine, folder)
            _run(Path(sys.executable), "-m", "lazpool.roads.trial", folder / BASE)
        extract = Extract(
            folder=folder.name, source=source.name, source_bytes=size, profile=profile, engine=version,
            built=int(time.time()), seconds=int(time.monotonic() - began), memory=memory, files=files,
        )  # fmt: skip
        write_extract(home, extract)
        remove_others(home, folder.name)
    return extract


def _prepare(engine: Path, lua: Path, source: Path, base: Path, say: Callable[[int], None]) -> int:
    """Run the engine's programs; return the bytes of memory that the greedier one took."""
    say(1)
    read = _run(engine / "bin/osrm-extract", "--profile", lua, "--output", base, source)
    say(2)
    return max(read, _run(engine / "bin/osrm-contract", f"{base}.osrm"))


def _profile(engine: Path, name: str) -> Path:
    """Return a file of the engine's own, or somebody's."""
    own = Path(name)
    found = own.absolute() if own.suffix == ".lua" else engine / f"share/profiles/{own.name}.lua"
    if not found.is_file():
        raise InvalidInputError(f"there is no profile {name!r}", hint="car, or a file of your own that ends in .lua")
    return found


@contextmanager
def _fresh_folder(home: Path) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=f"{BASE}-", dir=home))
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _run(program: Path, *words: object) -> int:
    """Run a program to its end; LazpoolError with its last words when that is not a good one.

    Return the bytes of memory it says it took, 0 when it does not say. It asks the system, whose account of a process
    begins with what its parent had: some 50 MB here.
    """
    command = [str(program), *map(str, words)]
    with subprocess.Popen(  # noqa: S603 # a program of the engine
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as child:
        try:
            last = deque(child.stdout or (), maxlen=_LOG_LINES)
        except BaseException:
            child.kill()
            raise
    said = [line.decode("utf-8", "replace").strip() for line in last]
    if child.returncode:
        raise _failure(program.name, child.returncode, said)
    return max((int(found[1]) for line in said if (found := _PEAK.search(line))), default=0)


def _failure(name: str, status: int, last: Sequence[str]) -> LazpoolError:
    said = next((line for line in reversed(last) if "what():" in line or "[error]" in line), "".join(last[-1:]))
    reason = said.rpartition("what():")[2].rpartition("[error]")[2].strip()
    if status == -signal.SIGKILL or any(words in line for line in last for words in _NO_MEMORY):
        hint = "take a smaller extract, or build on a larger machine and set `roads` in config.toml to a copy of it"
        return LazpoolError(f"{name} was ended: most likely the memory was not enough", hint=hint, code="no-memory")
    hint = "nothing was changed; try an extract from https://download.geofabrik.de"
    return LazpoolError(f"{name} failed ({status}): {reason or 'it does not say why'}", hint=hint, code="build-failed")


def _keep_needed(engine: Path, folder: Path) -> dict[str, int]:
    """Delete what only the build needed, half of it all; return name and size of the rest."""
    listed = subprocess.run(  # noqa: S603 # the same
        [engine / "bin/osrm-routed", "--list-inputs"], capture_output=True, text=True, check=True, timeout=60
    )  # fmt: skip
    needed = {f"{BASE}{line.split()[1]}" for line in listed.stdout.splitlines() if len(line.split()) == 2}  # noqa: PLR2004 # whether, and which
    for file in folder.iterdir():
        if file.name not in needed:
            file.unlink()
    return {file.name: file.stat().st_size for file in sorted(folder.iterdir())}
