"""The cast of the demonstration: people with homes and real processes, driven through the command line alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from lazpool.errors import LazpoolError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PATIENCE_S = 45.0
"""How long something may take that takes two seconds; a busy small computer needs some of it."""
COMMAND_S = 60.0
LOOK_S = 0.25
STOP_S = 5.0
TAIL = 12
_INTERRUPTS = (signal.SIGINT, signal.SIGTERM)

Document: TypeAlias = dict[str, Any]


class DemoFailedError(LazpoolError):
    """The demonstration did not do what it promises."""

    code = "demo-failed"
    hint = "see the whole logs by running it again with: lazpool demo --keep"


@dataclass(slots=True)
class Person:
    """Somebody with a home of their own. what: how the story calls them. process: their node, once it runs."""

    name: str
    what: str
    home: Path
    contact: str = ""
    process: subprocess.Popen[bytes] | None = None
    identity: str = ""
    facts: dict[str, list[bytes]] = field(default_factory=dict)

    @property
    def short(self) -> str:
        """The first name."""
        return self.name.split()[0]

    @property
    def log(self) -> Path:
        """Where the node writes what happens to it; beside the home, which is searched for secrets later."""
        return self.home.with_suffix(".log")

    def run(self, *words: str) -> tuple[int, Document]:
        """Run one command as this person; return its exit status and document."""
        with ExitStack() as stack:
            with uninterrupted():
                running = _spawn(self.home, "--json", *words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                stack.enter_context(running)  # waits for its end, and closes the pipes
                stack.callback(running.kill)  # which does nothing to one that has ended
            out, err = running.communicate(timeout=COMMAND_S)
        try:
            return running.returncode, json.loads(out)
        except ValueError:
            said = (err or out).decode(errors="replace")[-500:]
            raise DemoFailedError(f"{self.short}: lazpool {words[0]} printed no JSON document: {said}") from None

    def call(self, *words: str) -> Document:
        """Run one command that has to succeed."""
        status, document = self.run(*words)
        if status:
            why = document.get("error", {}).get("message", document)
            raise DemoFailedError(f"{self.short}: lazpool {' '.join(words)}: status {status}, {why}{self.tail()}")
        return document

    def until(self, what: str, words: tuple[str, ...], find: Callable[[Document], Any]) -> Any:
        """Repeat a command until `find` finds something true in what it prints; return that."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            if found := find(self.call(*words)):
                return found
            if self.process and self.process.poll() is not None:
                ended = self.process.returncode
                raise DemoFailedError(f"{self.short}: the node ended by itself, status {ended}{self.tail()}")
            if time.monotonic() > deadline:
                raise DemoFailedError(f"{self.short}: no sign of {what} after {PATIENCE_S:.0f} s{self.tail()}")
            time.sleep(LOOK_S)

    def until_deal(self, deal: str, state: str, reason: str = "") -> Document:
        """Wait until a deal is in a state, and its reason says something."""

        def find(document: Document) -> Document | None:
            ours = (one for one in document["deals"] if one["id"] == deal)
            return next((one for one in ours if one["state"] == state and reason in one["reason"]), None)

        found: Document = self.until(f"a deal that is {state}", ("deals",), find)
        return found

    def start(self, *words: str) -> None:
        """Start the node in the background; in a session of its own, since we end it ourselves after Ctrl-C."""
        with self.log.open("ab") as log, uninterrupted():
            self.process = _spawn(self.home, *words, stdout=log, stderr=log, start_new_session=True)

    def ask_to_stop(self) -> None:
        """Ask the node to end."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def stop(self) -> int:
        """Wait for the node to end and return its exit status; one that does not is killed."""
        if self.process is None:
            return 0
        try:
            return self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def tail(self) -> str:
        """Return the end of the node's log."""
        try:
            lines = self.log.read_text(errors="replace").splitlines()[-TAIL:]
        except FileNotFoundError:
            return ""
        return "\n".join(["", f"the last lines of {self.short}'s node:", *(f"  {line}" for line in lines)])


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold back Ctrl-C and SIGTERM until the block is left: a process just made and not yet noted, nobody would end."""
    held: list[int] = []
    before = {number: signal.signal(number, lambda got, _: held.append(got)) for number in _INTERRUPTS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if held:
        signal.raise_signal(held[0])


def _spawn(home: Path, *words: str, **how: Any) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "lazpool", "--home", str(home), *words]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, env=_environment(), **how)  # noqa: S603 # this very program


def _environment() -> dict[str, str]:
    """Return our environment without what would make the people of the story anybody else."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LAZPOOL_")}
