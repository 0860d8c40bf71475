"""Admission of foreign posts (decode, verify, store) against PyNaCl's bare verification."""

from __future__ import annotations

import random
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

from nacl.signing import SigningKey
from rows import Row

from lazpool.actions import hearing
from lazpool.actions.desk import create_home, open_desk
from lazpool.config import Config
from lazpool.records.places import Point, coarse
from lazpool.records.posts import Offer, sign_post

if TYPE_CHECKING:
    from pathlib import Path

    from lazpool.actions.desk import Desk

POSTS, ROUNDS, BATCH, AREA = 1024, 21, 256, 1
REGION_LAT, REGION_LON = (45.0, 45.9), (4.8, 6.0)
"""A region some 100 km across, about 1,700 cells: a node follows areas, so what it hears begins and ends near by."""


def admission(folder: Path) -> list[Row]:
    """Return the rate of admission and its ratio to bare verification, the best of interleaved rounds each.

    The best, not the median: on a shared machine the slower rounds measure the neighbours, and those hit memory and
    disk harder than arithmetic. The median ratio is told beside it.
    """
    create_home(Config(folder / "home", network="bench"))
    with open_desk(folder / "home") as desk:
        pairs = [_round(desk, seed) for seed in range(ROUNDS)]
    admitted, bare = (max(pair[side] for pair in pairs) for side in (0, 1))
    typical = median(ours / theirs for ours, theirs in pairs)
    against = f"PyNaCl verify {bare:,.0f}/s (median ratio {typical:.2f})"
    return [Row("admission of foreign offers", f"{admitted:,.0f}/s", against, admitted / bare, at_least=0.5)]


def _round(desk: Desk, seed: int) -> tuple[float, float]:
    envelopes = offers(desk, random.Random(seed))
    key = SigningKey.generate()
    signed = key.sign(bytes(96))
    start = perf_counter()
    for _ in range(POSTS):
        key.verify_key.verify(signed)
    middle = perf_counter()
    for first in range(0, POSTS, BATCH):
        hearing.hear_all(desk, [(one, (AREA,)) for one in envelopes[first : first + BATCH]], [])
    end = perf_counter()
    return POSTS / (end - middle), POSTS / (middle - start)


def offers(desk: Desk, rng: random.Random) -> list[bytes]:
    """Return the envelopes of as many offers as a round admits, each with a key and ends of its own."""
    depart = desk.minute + 600
    return [sign_post(_offer(desk, rng, depart, key), bytes(key)).envelope for key in _keys()]


def _keys() -> list[SigningKey]:
    return [SigningKey.generate() for _ in range(POSTS)]


def _offer(desk: Desk, rng: random.Random, depart: int, key: SigningKey) -> Offer:
    start, end = (coarse(Point(rng.uniform(*REGION_LAT), rng.uniform(*REGION_LON))) for _ in range(2))
    return Offer(
        net=desk.net, post_pk=bytes(key.verify_key), box_pk=bytes(32), letterboxes=(bytes(32),), route=(start, end),
        minutes=(0, 90), depart=depart, flex_before=15, flex_after=15, max_detour=15, seats=3, price=80, unit="EUR",
        flags=0, expires=depart + 300,
    )  # fmt: skip
