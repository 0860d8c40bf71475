"""Boards full of offers, and what one request costs on them; for the benches of matching."""

from __future__ import annotations

import math
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING

from lazpool.actions.desk import create_home, open_desk
from lazpool.actions.matches import candidates
from lazpool.actions.standpoint import judge, standpoint
from lazpool.config import Config
from lazpool.records.places import centre
from lazpool.records.posts import Offer, Request, SignedPost
from lazpool.rules.matching import Fit
from lazpool.rules.outline import outline
from lazpool.store import board, own

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from lazpool.actions.desk import Desk

BATCH, AREAS, DAY = 256, 200, 24 * 60


@contextmanager
def home(folder: Path) -> Iterator[Desk]:
    """Open a new home whose board is in a file."""
    create_home(Config(folder, network="bench"))
    with open_desk(folder) as desk:
        yield desk


def tomorrow(desk: Desk) -> int:
    """Return the minute that the next day begins."""
    return (desk.minute // DAY + 1) * DAY


def fill(desk: Desk, offers: Sequence[SignedPost]) -> float:
    """Put offers on the board in batches, as they come from the network; return the seconds that this took."""
    start = perf_counter()
    for first in range(0, len(offers), BATCH):
        heard = [
            (signed, outline(signed.post), (number % AREAS,))
            for number, signed in enumerate(offers[first : first + BATCH], first)
            if isinstance(signed.post, Offer)
        ]
        with desk.board.transaction():
            board.add(desk.board, heard, now=desk.minute)
    return perf_counter() - start


def query(desk: Desk, signed: SignedPost) -> tuple[float, set[bytes]]:
    """Match a request of ours with the board; return the seconds, and the ids of the offers that fit."""
    mine = own_post(signed)
    start = perf_counter()
    here = standpoint(desk, mine)
    near = candidates(desk, here)
    found = {one.id for one in near if isinstance(judge(desk, here, one.post, one.inserter), Fit)}
    return perf_counter() - start, found


def own_post(signed: SignedPost) -> own.OwnPost:
    """Return a post as one of ours, from where it says."""
    match signed.post:
        case Request() as post:
            ends, at = (centre(post.cell_from), centre(post.cell_to)), post.earliest
        case Offer() as post:
            ends, at = (post.route[0], post.route[-1]), post.depart
        case _:
            raise TypeError("a withdrawal is no trip")
    return own.OwnPost(signed.id, post.KIND, signed.envelope, own.LIVE, *ends, at, post.expires, 0)


def percentiles(seconds: Sequence[float]) -> tuple[float, float]:
    """Return p50 and p99 in milliseconds, by nearest rank."""
    ordered = sorted(seconds)
    return ordered[math.ceil(len(ordered) * 0.5) - 1] * 1000, ordered[math.ceil(len(ordered) * 0.99) - 1] * 1000
