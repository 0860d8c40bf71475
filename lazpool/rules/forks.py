"""Whether two statements of a log contradict each other, and whether a proof of it is kept and passed on."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from lazpool.errors import MalformedError
from lazpool.records.forks import Fork, check_statement, fork_from, said_by
from lazpool.records.shape import wrong
from lazpool.rules.admission import Judgement
from lazpool.rules.checkpoints import contradict
from lazpool.rules.ledger import direction

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazpool.records.cosigned import CoSignedTerms
    from lazpool.records.forks import Said


class What(Enum):
    """What a log has two of."""

    ENTRY = "entry"
    NUMBER = "number"
    TREE = "checkpoint"


class Split(NamedTuple):
    """Where a log was forked: two entries of that number, or two records of that number in one direction.

    Or two checkpoints that no one log can have, the smaller of them over so many entries.
    """

    what: What
    seq: int


class Heard(NamedTuple):
    """What to do with a proof that was gossiped, why, and the proof where it could be decoded."""

    judgement: Judgement
    reason: str
    fork: Fork | None = None


def check_fork(fork: Fork) -> Split:
    """Return where a log was forked, or raise MalformedError unless the proof holds; signatures come last."""
    first, second = (said_by(one, fork.net, fork.log_pk) for one in (fork.first, fork.second))
    split = _split(first, second)
    if split is None:
        raise wrong("second", "the statements do not contradict each other")
    for one in (fork.first, fork.second):
        check_statement(one, fork.net, fork.log_pk)
    return split


def admit_fork(data: bytes, *, net: bytes, known: Callable[[bytes], bool], spend: Callable[[], bool]) -> Heard:
    """Judge a gossiped proof. known: whether one of that log is kept; spend: take one of what a forwarder may cost us.

    A proof that names people is not gossiped by anybody honest.
    """
    try:
        fork = fork_from(data)
        if fork.names_people:
            return Heard(Judgement.REJECT, "it names people", fork)
        if ignored := "another network" if fork.net != net else "known" if known(fork.log_pk) else "":
            return Heard(Judgement.IGNORE, ignored, fork)
        if not spend():
            return Heard(Judgement.IGNORE, "quota", fork)
        check_fork(fork)
    except MalformedError as bad:
        return Heard(Judgement.REJECT, f"{bad.layer}: {bad.message}")
    return Heard(Judgement.ACCEPT, "valid", fork)


def _split(first: Said, second: Said) -> Split | None:
    if first.tree is not None and second.tree is not None:
        smaller = min(first.tree.size, second.tree.size)
        return Split(What.TREE, smaller) if contradict(first.tree, second.tree) else None
    if first.seq == second.seq and first.head != second.head:
        return Split(What.ENTRY, first.seq)
    one, other = first.terms, second.terms
    if one is not None and other is not None and number_of(one) == number_of(other) and one.id != other.id:
        return Split(What.NUMBER, one.dir_seq)
    return None


def number_of(terms: CoSignedTerms) -> tuple[object, ...]:
    """Return what a log's key may sign second for one record alone."""
    return terms.KIND, *direction(terms), terms.dir_seq
