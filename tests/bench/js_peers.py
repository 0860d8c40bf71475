"""Peers of js-libp2p for the benches: installed from npm into a cache folder, at the versions of js/package.json."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import ExitStack

    from lazpool.records.posts import SignedPost

HERE = Path(__file__).parent / "js"
OLDEST = 20
INSTALL_S = 300


def js_folder() -> Path | None:
    """Return where js-libp2p is installed, after installing it if need be; None without Node.js and npm."""
    if shutil.which("npm") is None or not _is_new_enough():
        return None
    wanted = (HERE / "package.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "lazpool" / f"bench-js-{hashlib.sha256(wanted).hexdigest()[:12]}"
    if not (folder / "installed").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_bytes(wanted)
        command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"]
        if subprocess.run(command, cwd=folder, timeout=INSTALL_S, check=False).returncode:
            return None
        (folder / "installed").touch()
    for script in HERE.glob("*.mjs"):
        shutil.copy(script, folder)  # beside its modules, which is where Node.js looks for them
    return folder


def _is_new_enough() -> bool:
    if shutil.which("node") is None:
        return False
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    return int(said.strip().lstrip("v").partition(".")[0] or 0) >= OLDEST


class JsPeer:
    """A running peer; it ends with the stack of contexts that it was started in."""

    def __init__(self, stack: ExitStack, folder: Path, file: Path) -> None:
        """Start it; `file` is where it writes what came."""
        self.file = file
        self.process: subprocess.Popen[Any] = subprocess.Popen(
            ["node", str(folder / "peer.mjs"), str(file)],
            cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        stack.callback(self._kill)

    def join(self, topic: str, addresses: Sequence[str]) -> None:
        """Hear a topic and connect to nodes."""
        self._say(json.dumps({"topic": topic, "dial": list(addresses)}))
        assert self.process.stdout is not None
        if self.process.stdout.readline().strip() != "ready":
            raise RuntimeError("the js-libp2p peer could not connect")

    def publish(self, signed: SignedPost) -> None:
        """Publish a post."""
        self._say(signed.envelope.hex())

    def end(self) -> None:
        """Let it write what came."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(20)

    def _say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def _kill(self) -> None:
        self.process.kill()
        self.process.wait()
