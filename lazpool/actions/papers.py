"""What is left of a person when every machine is gone: two seeds as words, for a paper in a drawer."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lazpool.actions.backups import check_empty, new_home
from lazpool.actions.desk import create_home
from lazpool.errors import MalformedError
from lazpool.wire.signing import public_key
from lazpool.wire.words import COUNT, to_seed, to_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazpool.actions.desk import Desk
    from lazpool.config import Config

PARTS = 2


@dataclass(frozen=True, slots=True)
class Paper:
    """The words of the identity, and of the key that may replace it: drawn apart, so neither tells the other."""

    identity: bytes
    name: str
    network: str
    parts: tuple[list[str], ...]


def paper(desk: Desk) -> Paper:
    """Return what stands on the paper key of this home."""
    desk.check_identity()
    config, keys = desk.config, desk.keys
    parts = to_words(keys.identity), to_words(keys.next_identity)
    return Paper(desk.identity, config.name, config.network, parts)


def restore_paper(config: Config, words: list[str], *, clock: Callable[[], float] = time.time) -> bytes:
    """Make a home from the words of both parts and return its identity: the same person, with an empty new log.

    Raises MalformedError naming part and word, RefusedError when there is something in the way.
    """
    check_empty(config.home)
    if len(words) != PARTS * COUNT:
        raise MalformedError("words", f"{len(words)} words; there are {COUNT} in each of the {PARTS} parts")
    seeds = [_part(number, words[number * COUNT : (number + 1) * COUNT]) for number in range(PARTS)]
    if seeds[0] == seeds[1]:
        raise MalformedError("words", "both parts are the same")
    with new_home(config.home) as unfinished:
        given = dict(zip(("identity", "next_identity"), seeds, strict=True))
        create_home(replace(config, home=unfinished), seeds=given, clock=clock)
    return public_key(seeds[0])


def _part(number: int, words: list[str]) -> bytes:
    try:
        return to_seed(words)
    except MalformedError as wrong:
        raise MalformedError(wrong.layer, f"part {number + 1}: {wrong.message}") from wrong
