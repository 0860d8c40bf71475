"""One node in a network that a test makes up: without libp2p, and with neighbours known by small numbers."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from lazpool.actions.desk import create_home, open_desk
from lazpool.config import Config
from lazpool.net.address import node_name
from lazpool.node.state import Node
from lazpool.wire.signing import public_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = 1_800_000_000
"""The second at which the clock of the node stands."""


@contextmanager
def lone_node(root: Path, areas: tuple[int, ...] = ()) -> Iterator[Node]:
    """Make the home of a node and open it; areas: which it follows whatever it looks for."""
    create_home(Config(root / "ann", network="alone"), clock=lambda: NOW)
    with open_desk(root / "ann", clock=lambda: NOW) as desk:
        yield Node(desk, None, hub=False, fixed_areas=areas)  # type: ignore[arg-type] # nobody looks for its lock


def key(number: int) -> bytes:
    """Return the key of a neighbour."""
    return public_key(number.to_bytes(32, "big"))


def at(number: int) -> str:
    """Return where it can be dialled."""
    return f"/ip4/192.0.2.{number}/tcp/1/p2p/{node_name(key(number))}"
