"""What it costs to make two boards equal: bytes, round trips and processor time, by size and by what differs.

The peer is what sync did before ranges were compared: each side lists all ids, 35 bytes each, and fetches what lacks.
"""

from __future__ import annotations

import os
import random
from time import process_time
from typing import TYPE_CHECKING

from rows import Row

from lazpool.records import sync as frames
from lazpool.records.covers import start_of
from lazpool.rules import reconcile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SINCE = 29_000_000
AREA = (0x841F9EDFFFFFFFF,)
DIFFER, LISTED, IN_ONE_LIST = 100, 35, 1024
MOST_BYTES, MOST_EQUAL, MOST_TRIPS = 60_000, 1000, 5


def sync(_folder: Path) -> list[Row]:
    """Return bytes and trips at three sizes, for 100 differences and for none."""
    rows = []
    for size in (1000, 10_000, 100_000):
        board = _board(size)
        odd = random.Random(1).sample(board, DIFFER)
        ours, theirs = (sorted(set(board) - set(side)) for side in (odd[::2], odd[1::2]))
        sent, trips, seconds = _talk(ours, theirs)
        lists = f"lists of ids: {2 * LISTED * size:,} bytes, {2 * (-(-size // IN_ONE_LIST)) + 2} trips"
        rows += [
            Row(f"{size:,} posts, {DIFFER} differ: bytes", f"{sent:,}", lists, sent / MOST_BYTES, at_most=1),
            Row(f"{size:,} posts, {DIFFER} differ: trips", f"{trips}", "", trips / MOST_TRIPS, at_most=1),
            Row(f"{size:,} posts, {DIFFER} differ: both sides' CPU", f"{seconds * 1000:.0f} ms"),
        ]
        sent, _, seconds = _talk(ours, ours)
        rows.append(Row(f"{size:,} posts, equal: bytes", f"{sent:,}", f"{seconds * 1000:.0f} ms", sent / MOST_EQUAL, 1))
    sent, trips, _ = _talk([], _board(20_000))
    rows.append(Row("a new board of 20,000: bytes a post", f"{sent / 20_000:.1f}", f"{trips} trips"))
    return rows


def _board(size: int) -> list[bytes]:
    """Return elements as a week of commutes makes them: they expire in the hours after the rush."""
    chance = random.Random(size)
    minutes = (
        SINCE + 1440 * chance.randrange(7) + chance.choice((540, 1140)) + chance.randrange(120) for _ in range(size)
    )
    return sorted(start_of(minute) + chance.randbytes(32) + b"\x01" for minute in minutes)


def _talk(ours: Sequence[bytes], theirs: Sequence[bytes]) -> tuple[int, int, float]:
    """Return bytes but for the posts themselves, trips with fetching and giving, and seconds of processor time."""
    began, salt, sent, trips = process_time(), os.urandom(frames.SALT), 0, 0
    other = reconcile.View(theirs, salt)
    asker = reconcile.Conversation(reconcile.View(ours, salt), SINCE)
    while (cover := asker.ask()) is not None:
        answer = reconcile.answer(other, SINCE, cover)
        sent += len(frames.pack_frame(frames.Compare(AREA, SINCE, salt, cover))) + len(frames.pack_cover(answer))
        trips += 1
        asker.take(answer)
    for cover in reconcile.wanted_covers(asker.wanted, SINCE, frames.POSTS):
        sent += len(frames.pack_frame(frames.GetPosts(AREA, SINCE, salt, cover)))
        trips += 1
    trips += -(-len(asker.surplus) // frames.POSTS)
    return sent, trips, process_time() - began
