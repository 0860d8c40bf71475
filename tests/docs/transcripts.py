"""Console transcripts in the pages: read, run in real shells, and compared with what they promise."""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

END = "\x1e"
"""Ends the output of a command; nothing prints it."""
COMMAND_S = 30.0

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_PROMPT = re.compile(r"([a-z]+)\$ (.+)")
_TOKEN = re.compile(
    r"(?P<iso>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[+-]\d\d:\d\d|Z))"
    r"|(?P<date>\b\d{4}-\d\d-\d\d\b)"
    r"|(?P<day>\b(?:[A-Z][a-z]{2} )?\d\d [A-Z][a-z]{2} \d\d:\d\d)"
    r"|(?P<size>\d+(?= bytes))"
    r"|(?P<node>\b12D3KooW\w+)"
    r"|(?P<port>(?<=/tcp/)[1-9]\d*)"
    r"|(?P<hex>\b(?:[0-9a-f]{64}|[0-9a-f]{32}|[0-9a-f]{8})\b)"
    r"|(?P<code>\b\d{6}\b)"
)
_LIKE = {
    "iso": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d",
    "date": r"\d{4}-\d\d-\d\d",
    "day": r"(?:[A-Z][a-z]{2} )?\d\d [A-Z][a-z]{2} \d\d:\d\d",
    "size": r"\d+",
    "node": r"12D3KooW\w+",
    "port": r"\d+",
    "code": r"\d{6}",
}
_PASSING = {"iso", "date", "day", "size"}
"""Kinds of which only the form is compared; all others stand for one thing throughout a page."""


@dataclass(frozen=True)
class Step:
    """A command, the window it is typed in, and the lines that the page promises."""

    window: str
    command: str
    output: str


def steps(page: Path) -> list[Step]:
    """Return the commands of a page's console blocks, in order."""
    found: list[Step] = []
    for block in _BLOCK.findall(page.read_text("utf-8")):
        for line in block.splitlines():
            if prompt := _PROMPT.fullmatch(line):
                found.append(Step(prompt[1], prompt[2], ""))
            else:
                last = found.pop()
                found.append(Step(last.window, last.command, f"{last.output}{line}\n"))
    return found


class Names:
    """What the ids, codes, ports and keys that a page shows are called in this run."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._known: dict[str, str] = {}

    def spoken(self, command: str) -> str:
        """Return a command of the page with the names of this run."""
        return _TOKEN.sub(lambda token: self._known.get(token[0], token[0]), command)

    def fits(self, promised: str, printed: str) -> bool:
        """Tell whether output is what the page promises, but for names; learn the names if it is."""
        fresh: dict[str, str] = {}
        pattern, after = "", 0
        text = _plain(promised)
        for token in _TOKEN.finditer(text):
            pattern += re.escape(text[after : token.start()]) + self._pattern(token, fresh)
            after = token.end()
        found = re.fullmatch(pattern + re.escape(text[after:]), _plain(printed))
        if found:
            self._known |= {name: found[group] for name, group in fresh.items()}
        return found is not None

    def _pattern(self, token: re.Match[str], fresh: dict[str, str]) -> str:
        kind = token.lastgroup or ""
        like = _LIKE.get(kind, rf"[0-9a-f]{{{len(token[0])}}}")
        if kind in _PASSING:
            return like
        if known := self._known.get(token[0]):
            return re.escape(known)
        if group := fresh.get(token[0]):
            return f"(?P={group})"
        fresh[token[0]] = f"t{len(fresh)}"
        return f"(?P<{fresh[token[0]]}>{like})"


def _plain(text: str) -> str:
    """Return text without what depends on the widths of columns."""
    lines = (re.sub("─+", "─", re.sub(r"\s+", " ", line)).strip() for line in text.splitlines())
    return "\n".join(lines).strip()


class Window:
    """A bash that commands are typed into, in a process group of its own."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        """Open the window in a folder."""
        self._shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def run(self, command: str) -> tuple[int, str]:
        """Type a command; return its exit status and what it printed."""
        stdin = self._shell.stdin
        assert stdin is not None
        stdin.write(f"{{ {command}\n}} </dev/null; printf '%s%d\\n' '{END}' $?\n".encode())
        stdin.flush()
        printed = self._read()
        output, _, status = printed.rpartition(END)
        return int(status), output

    def close(self) -> None:
        """End the shell and whatever it has started."""
        try:
            self.run("kill $(jobs -p) 2>/dev/null; wait")
        except (OSError, AssertionError, ValueError):
            pass
        finally:
            os.killpg(self._shell.pid, signal.SIGKILL)
            self._shell.wait()
            for stream in (self._shell.stdin, self._shell.stdout):
                if stream:
                    stream.close()

    def _read(self) -> str:
        stdout = self._shell.stdout
        assert stdout is not None
        printed, deadline = b"", time.monotonic() + COMMAND_S
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            while not re.search(f"{END}\\d+\n$".encode(), printed):
                assert selector.select(deadline - time.monotonic()), f"no end after {COMMAND_S} s: {printed.decode()}"
                chunk = os.read(stdout.fileno(), 1 << 16)
                assert chunk, f"the shell ended: {printed.decode()}"
                printed += chunk
        return printed.decode()
