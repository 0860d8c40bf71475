"""Every kind of letter, by its number. What each says stands with its subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.errors import MalformedError
from lazpool.records import (
    circle_bodies,
    deal_bodies,
    disputes,
    forks,
    halves,
    key_bodies,
    recovery,
    witness_bodies,
)
from lazpool.wire.codec import decode
from lazpool.wire.seal import MAX_PLAIN

if TYPE_CHECKING:
    from lazpool.records.body_shape import AnyBody

_READERS = {
    **deal_bodies.READERS,
    **halves.READERS,
    **recovery.READERS,
    **forks.READERS,
    **disputes.READERS,
    **key_bodies.READERS,
    **witness_bodies.READERS,
    **circle_bodies.READERS,
}


def body_from(kind: int, data: bytes) -> AnyBody:
    """Decode the body of a letter of that kind, or raise MalformedError."""
    if kind not in _READERS:
        raise MalformedError("shape", f"{kind} is no kind of letter")
    return _READERS[kind](decode(data, MAX_PLAIN))
