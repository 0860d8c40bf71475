"""How own posts leave: who was there heard them once, and only a newcomer is a reason to say them again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import trio

from lazpool.node import pump

if TYPE_CHECKING:
    from trio.testing import MockClock

ANN, BOB = b"ann", b"bob"


@dataclass
class Air:
    """The network as the pump sees it: who hears a topic, and what was said there."""

    hear: dict[str, frozenset[bytes]]
    said: list[str] = field(default_factory=list)

    def listeners(self, topic: str) -> frozenset[bytes]:
        """Return who hears a topic."""
        return self.hear[topic]

    def peers(self) -> list[bytes]:
        """Return everybody."""
        return list(frozenset[bytes]().union(*self.hear.values()))

    async def subscribe(self, topic: str) -> None:
        """Do nothing."""

    async def publish(self, topic: str, data: bytes) -> int:
        """Note it."""
        assert data == b"post"
        self.said.append(topic)
        return len(self.hear[topic])


@pytest.mark.parametrize(
    ("later", "again"),
    [
        ({ANN}, []),
        ({ANN, BOB}, ["north"]),
        ({BOB}, ["north"]),
        (set[bytes](), []),
    ],
)
async def test_a_post_is_said_again_where_somebody_new_hears(
    later: set[bytes], again: list[str], autojump_clock: MockClock
) -> None:
    """Some seconds later a post goes out once more where somebody hears who did not before, and only there."""
    there = {"north": frozenset({ANN}), "south": frozenset({ANN})}
    air: Any = Air({"north": frozenset(later), "south": frozenset({ANN})})
    began = autojump_clock.current_time()
    with trio.fail_after(60):
        await pump._gossip_again(air, there, b"post")
    assert air.said == again
    assert autojump_clock.current_time() - began == pump.AGAIN_S
