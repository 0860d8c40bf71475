"""People with homes and, when they like, a running node: real processes over real libp2p on loopback.

Nodes are started and asked as a user does, by the command line. Tests that need many moves make them by the actions on
a desk of the same home: the database is the interface, and a running node notices commits of any process.
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from lazpool.actions.desk import Desk, create_home, open_desk
from lazpool.config import Config
from lazpool.node.presence import look
from lazpool.store import own, post_office

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazpool.node.presence import Presence

_T = TypeVar("_T")

ROOT = Path(__file__).parent.parent.parent
LAZPOOL = (sys.executable, "-m", "lazpool")
NETWORK = "process"
WAIT_S = 100.0
"""How long anything may take. On an idle machine nothing takes more than a few seconds; on a busy one what gossip lost
comes with the next sync, 90 s later at most."""
POLL_S = 0.02


def until(what: str, condition: Callable[[], _T | None], wait_s: float = WAIT_S) -> _T:
    """Return what a condition gives as soon as that is true; fail, saying what never came, after `wait_s` seconds."""
    deadline = time.monotonic() + wait_s
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(POLL_S)
    raise AssertionError(f"never in {wait_s} s: {what}")


class Person:
    """One participant: a home, perhaps a running node, and a desk of the test's own."""

    def __init__(self, home: Path, contact: str = "", network: str = NETWORK) -> None:
        """Make a home in a network; `contact` is a telephone number for partners."""
        self.name, self.home, self.log = home.name, home, home.with_suffix(".log")
        self.settle_in(network, contact)
        self.process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self._command: tuple[str, ...] = ()
        self._listens = True
        self._stack = ExitStack()
        self._desk: Desk | None = None

    def settle_in(self, network: str, contact: str) -> None:
        """Make the home."""
        create_home(Config(self.home, network=network, name=self.name.title(), contact=contact))

    @property
    def desk(self) -> Desk:
        """A desk of this home, opened when first wanted."""
        if self._desk is None:
            self._desk = self._stack.enter_context(open_desk(self.home))
        return self._desk

    def close_desk(self) -> None:
        """Close the desk, as a command does that ends."""
        self._stack.close()
        self._desk = None

    def call(self, *args: str, status: int = 0) -> dict[str, Any]:
        """Run a command that must end with a status; return the JSON document it printed."""
        command = [*LAZPOOL, "--home", str(self.home), "--json", *args]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == status, (
            f"{self.name}: {args} ended with {done.returncode}: {done.stdout}{done.stderr}"
        )
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    @property
    def identity(self) -> str:
        """Who this is, as the command line says it."""
        return self.desk.identity.hex()

    def join(self, other: Person) -> None:
        """Join the node of somebody who runs."""
        self.join_as(other.address, other.desk.node_pk, self.desk.minute)

    def join_as(self, address: str, node_pk: bytes, minute: int = 1) -> None:
        """Join a node; its letterbox is named before those joined later."""
        with self.desk.node.transaction():
            own.add_hub(self.desk.node, address, node_pk, minute)

    def up(self, *, wait: bool = True) -> None:
        """Start the node, on the port of this person."""
        self._start("up", wait=wait)

    def up_unreachable(self, *, wait: bool = True) -> None:
        """Start the node with no address at which anybody could dial it."""
        self._listens = False
        self._start("up", wait=wait)

    def hub(self, *areas: str, wait: bool = True) -> None:
        """Start it as a hub, which serves the areas of places `LAT,LON`."""
        self._start("hub", "run", *(word for area in areas for word in ("--area", area)), wait=wait)

    def again(self, *, wait: bool = True) -> None:
        """Start it as it was started before."""
        self._start(*self._command, wait=wait)

    def program(self) -> tuple[str, ...]:
        """Return what is run to start a node."""
        return LAZPOOL

    def listens_on(self) -> tuple[str, ...]:
        """Return the options that say where the node listens."""
        return ("--listen", f"/ip4/127.0.0.1/tcp/{self.port}")

    def _start(self, *command: str, wait: bool) -> None:
        assert self.process is None, f"{self.name} runs already"
        self._command = command
        listen = self.listens_on() if self._listens else ("--no-listen",)
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "LAZPOOL_LOG": os.environ.get("LAZPOOL_LOG", "info")}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.program(), "--home", str(self.home), *command, *listen],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, cwd=ROOT,
            )  # fmt: skip
        if wait:
            self.wait_running()

    def wait_running(self) -> None:
        """Wait until the node says where it listens, or that it runs."""
        until(f"{self.name} runs", lambda: self.alive() and (self.address if self._listens else self.presence))

    def alive(self) -> bool:
        """Return True; fail with the end of the log when the node ended by itself."""
        assert self.process is not None
        status = self.process.poll()
        assert status is None, f"{self.name} ended with {status}: {self.log.read_text(errors='replace')[-2000:]}"
        return True

    @property
    def presence(self) -> Presence | None:
        """What the running node shows, None when none runs."""
        return look(self.desk.config.lock_file)

    @property
    def address(self) -> str:
        """Where the node listens, empty when it does not."""
        there = self.presence
        return there.addresses[0] if there and there.addresses else ""

    @property
    def peers(self) -> int:
        """How many neighbours are connected."""
        there = self.presence
        return there.peers if there else 0

    def wait_peers(self, number: int = 1) -> None:
        """Wait for neighbours."""
        until(f"{self.name} has {number} neighbours", lambda: self.alive() and self.peers >= number)

    def wait_sent(self) -> None:
        """Wait until nothing waits to leave."""
        until(f"{self.name} has sent everything", lambda: post_office.waiting(self.desk.node) == 0)

    def log_lines(self) -> list[str]:
        """Return the lines of the log so far."""
        return self.log.read_text(errors="replace").splitlines()

    def kill(self) -> None:
        """End the node as a power cut does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the node."""
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Tell the node to stop; return its exit status and the seconds it took."""
        assert self.process is not None
        start = time.monotonic()
        self.process.send_signal(number)
        status = self.process.wait(20)
        self.process = None
        return status, time.monotonic() - start

    def end(self) -> None:
        """End and close everything."""
        if self.process is not None:
            self.process.kill()  # a stopped process too
            self.process.wait()
        self.close_desk()


class People:
    """A folder of homes; whatever runs in them ends with the block."""

    def __init__(self, root: Path) -> None:
        """Use a folder."""
        self.root, self.all = root, dict[str, Person]()

    def __enter__(self) -> Self:
        """Begin with nobody."""
        return self

    def __exit__(self, *_: object) -> None:
        """End all."""
        for person in self.all.values():
            person.end()

    def __getitem__(self, name: str) -> Person:
        """Return somebody by name."""
        return self.all[name]

    def add(self, *names: str, contact: str = "") -> list[Person]:
        """Make homes."""
        for name in names:
            self.take(Person(self.root / name, contact))
        return [self.all[name] for name in names]

    def take(self, person: Person) -> Person:
        """Look after somebody made elsewhere."""
        self.all[person.name] = person
        return person


def free_port() -> int:
    """Return a port that is free and that no outgoing connection takes while its node is down."""
    for _ in range(100):
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port")


def start_all(*starts: Callable[..., None]) -> None:
    """Start several nodes side by side: most of a start is the import of libp2p."""
    for start in starts:
        start(wait=False)
