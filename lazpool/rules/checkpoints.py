"""Statements of one log against each other: which cannot both be of a log that only grew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.records.checkpoints import Statement, tree_head_from
from lazpool.records.entries import CHECKPOINT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lazpool.records.entries import Entry


def statement_of(entry: Entry) -> Statement:
    """Return what is stated of a checkpoint, from its entry."""
    tree = tree_head_from(entry.payload)
    return Statement(entry.net, entry.log_pk, tree.size, tree.root, entry.time)


def checkpoints_of(entries: Iterable[Entry]) -> set[Statement]:
    """Return what is stated of the checkpoints among entries."""
    return {statement_of(entry) for entry in entries if entry.kind == CHECKPOINT}


def contradict(one: Statement, other: Statement) -> bool:
    """Tell whether two statements by one log's key prove by themselves that there are two logs.

    So do two roots of one size, and a smaller log at a later time: a log loses no entry, and its time never falls.
    """
    if (one.net, one.log_pk) != (other.net, other.log_pk):
        return False
    small, large = sorted((one, other), key=lambda each: each.size)
    if small.size == large.size:
        return small.root != large.root
    return small.at > large.at
