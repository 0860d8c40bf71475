"""TrustChain as a peer of the ledger: in an environment of its own, since it needs a library older than ours."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

WANTED = ("pyipv8==2.1.0", "cryptography==41.0.7", "libnacl==2.1.0")
"""Newer pyipv8 has no TrustChain any more, and newer cryptography lacks a curve that this one names."""
PLACE = Path(__file__).parents[2] / "build" / "trustchain"
PEER = Path(__file__).with_name("trustchain_peer.py")


def environment() -> Path | None:
    """Return a Python with TrustChain, made under build/ where there is none yet; None where it cannot be installed."""
    python, made = PLACE / "bin" / "python", PLACE / ".made"
    if made.exists() and made.read_text("utf-8") == " ".join(WANTED):
        return python
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", *WANTED]
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(PLACE)], check=True)
        subprocess.run(install, check=True, timeout=300)
    except (subprocess.SubprocessError, OSError) as wrong:
        print(f"TrustChain cannot be installed, so it is left out: {wrong}", file=sys.stderr)
        return None
    made.write_text(" ".join(WANTED), "utf-8")
    return python


@dataclass
class Peer:
    """A process that makes blocks."""

    process: subprocess.Popen[str]
    asked: IO[str]
    told: IO[str]
    size: int = 0

    @classmethod
    def start(cls, python: Path, folder: Path, synchronous: str) -> Self:
        """Start one with a database of its own."""
        folder.mkdir(parents=True)
        command = [str(python), str(PEER), str(folder), synchronous]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("no pipes")
        return cls(process, process.stdin, process.stdout)

    def rate(self, blocks: int) -> float:
        """Let it make blocks; return how many a second."""
        self.asked.write(f"{blocks}\n")
        self.asked.flush()
        seconds, size = self.told.readline().split()
        self.size = int(size)
        return blocks / float(seconds)

    def __enter__(self) -> Self:
        """Nothing is to be done."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        self.asked.close()
        self.process.wait(timeout=60)
        self.told.close()
