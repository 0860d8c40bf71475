"""A node that tells how many tasks live in it: `python -m tests.soak.watched FILE --home HOME up ...`.

It is the node of the command line. A thread writes the living tasks by name to FILE every second. It tells nobody where
it listens: who joined it by a wire has no other way to it, as behind a router.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from lazpool.cli.main import main
from lazpool.node import hubs, relays
from lazpool.records.where import Where

if TYPE_CHECKING:
    from lazpool.net.network import Network
    from lazpool.node.state import Node

EVERY_S = 1.0


class Tasks(trio.abc.Instrument):
    """Counts the tasks of an event loop by name."""

    def __init__(self) -> None:
        """Begin with none."""
        self.living = Counter[str]()

    def task_spawned(self, task: trio.lowlevel.Task) -> None:
        """Count one that begins."""
        self.living[task.name.rpartition(".")[2]] += 1

    def task_exited(self, task: trio.lowlevel.Task) -> None:
        """Count one that ended."""
        self.living[task.name.rpartition(".")[2]] -= 1


def write(path: Path, tasks: Tasks) -> None:
    """Write what lives to a file, for as long as the process does."""
    fresh = path.with_suffix(".new")
    while True:
        fresh.write_text(json.dumps({name: number for name, number in list(tasks.living.items()) if number}))
        fresh.replace(path)
        time.sleep(EVERY_S)


def _nowhere_else(node: Node, _network: Network) -> Where:
    return Where(node.desk.net, node.circuits)


if __name__ == "__main__":
    counted = Tasks()
    trio.run = partial(trio.run, instruments=[counted])
    relays._ours = _nowhere_else
    hubs._our_addresses = lambda *_: []
    threading.Thread(target=write, args=(Path(sys.argv.pop(1)), counted), daemon=True).start()
    main()
