"""Whom a hub lets in: everybody but the blocked, or the allowed alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lazpool.actions import doors
from lazpool.actions.doors import guests
from lazpool.errors import InvalidInputError, NotFoundError, RefusedError
from lazpool.hub import Hub
from lazpool.net.address import node_key, node_name
from lazpool.store import own
from lazpool.store.doors import ALLOWED, BLOCKED
from tests.town import Town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lazpool.actions.desk import Desk

ANN, BOB, CID = (bytes([number]) * 32 for number in (1, 2, 3))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Return the desk of a hub."""
    with Town(tmp_path, "hub") as town:
        yield town["hub"]


def test_everybody_is_let_in_but_the_blocked(desk: Desk) -> None:
    """Until that is taken back, or turned into the contrary."""
    doors.decide(desk, ANN, BLOCKED, "floods")
    doors.decide(desk, BOB, BLOCKED, "")
    assert [guests(desk).admits(one) for one in (ANN, BOB, CID)] == [False, False, True]
    doors.decide(desk, ANN, ALLOWED, "")
    doors.forget(desk, BOB)
    assert [guests(desk).admits(one) for one in (ANN, BOB, CID)] == [True, True, True]


def test_a_hub_for_members_lets_in_the_allowed_and_the_joined(desk: Desk) -> None:
    """And nobody else, though nobody is blocked; a block goes before joining."""
    desk.config = replace(desk.config, hub=Hub(members_only=True))
    doors.decide(desk, ANN, ALLOWED, "")
    own.add_hub(desk.node, "/ip4/192.0.2.1/tcp/4001", BOB, 1)
    assert [guests(desk).admits(one) for one in (ANN, BOB, CID)] == [True, True, False]
    doors.decide(desk, BOB, BLOCKED, "")
    assert [guests(desk).admits(one) for one in (ANN, BOB, CID)] == [True, False, False]


def test_a_hub_cannot_lock_itself_out(desk: Desk) -> None:
    """Nor take back what was not decided."""
    with pytest.raises(RefusedError):
        doors.decide(desk, desk.node_pk, BLOCKED, "")
    with pytest.raises(NotFoundError):
        doors.forget(desk, ANN)


def test_a_node_is_named_alone_or_by_its_address() -> None:
    """Whatever is copied from the log or from an invitation."""
    name = node_name(ANN)
    assert node_key(name) == node_key(f" /ip4/192.0.2.1/tcp/4001/p2p/{name}\n") == ANN
    for wrong in ("", "Ada", name[:-1], "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N"):
        with pytest.raises(InvalidInputError):
            node_key(wrong)
