"""Being a witness: to the logs of partners, by letters, and as a hub to those of its members.

A witness signs a statement only if it is shown that the log grew from the one that it signed before; of each log it
keeps that one. It learns sizes and roots, and of nothing that is in the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.actions import forks
from lazpool.actions.letters import How, write
from lazpool.errors import MalformedError, RefusedError
from lazpool.records.checkpoints import check_statement, read_statement, sign_witness
from lazpool.records.forks import fork_of, stated
from lazpool.records.witness_bodies import Witnessed, WitnessPlease
from lazpool.records.witnessing import CONFLICT, ELSEWHERE, FULL, OK
from lazpool.rules.checkpoints import contradict
from lazpool.rules.merkle import check_consistency
from lazpool.store import checkpoints as store

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.records.checkpoints import Statement, Witness
    from lazpool.records.letters import Letter
    from lazpool.rules.merkle import Path
    from lazpool.store.checkpoints import Seen
    from lazpool.store.deals import Deal

MAX_AHEAD = 600
"""Seconds that a statement may be ahead of our clock."""
MAX_LOGS_OF_ASKER, MAX_LOGS = 8, 100_000
MAX_A_DAY = 24
"""Quotas: logs of one asker and in all, and statements of one log a day."""
_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Asked:
    """What a witness is asked: a statement (envelope), and the proof from the tree of `first` entries, 0 for none."""

    statement: bytes
    first: int
    proof: Path


@dataclass(frozen=True, slots=True)
class Verdict:
    """A status of records.witnessing, the size up to which we have seen the log, and our signature if any."""

    verdict: int
    seen: int = 0
    witness: Witness | None = None


def judge(desk: Desk, asker: bytes, asked: Asked, seed: bytes, deal: Deal | None = None) -> Verdict:
    """Sign a statement with the key of `seed` if it goes on from what we saw of its log; part of a transaction.

    asker: who uses up the quota. deal: with whose log it is, if it was asked by a letter. Raises MalformedError, or
    RefusedError for another network or a wrong clock.
    """
    statement, signature = read_statement(asked.statement)
    if statement.net != desk.net or statement.at > desk.second + MAX_AHEAD:
        raise RefusedError("a statement of another network, or from the future", code="wrong-statement")
    known = store.seen(desk.node, statement.log_pk)
    if _is_full(desk, asker, known):
        return Verdict(FULL)
    check_statement(statement, signature)
    if known is not None and known.statement != asked.statement:
        verdict = _compare(desk, known, statement, asked, deal)
        if verdict != OK:
            return Verdict(verdict, known.size)
    today = desk.minute // _DAY
    signed = known.signed + 1 if known is not None and known.day == today else 1
    asker = known.asker if known is not None else asker
    new = store.Seen(statement.log_pk, asker, statement.size, statement.root, asked.statement, today, signed)
    store.see(desk.node, new)
    return Verdict(OK, statement.size, sign_witness(statement, desk.second, seed))


def on_please(desk: Desk, deal: Deal, letter: Letter) -> None:
    """Witness a partner's checkpoint, or ask for the proof from where we stand; silence for what does not go on."""
    body = letter.body
    if not isinstance(body, WitnessPlease):
        raise MalformedError("shape", "nothing to witness")
    statement, _ = read_statement(body.statement)
    body.device.check(desk.net)
    if (body.device.identity, body.device.log_pk) != (deal.peer, statement.log_pk):
        raise RefusedError("the log of somebody else", code="wrong-log")
    found = judge(desk, deal.peer, Asked(body.statement, body.first, body.proof), desk.keys.log, deal)
    if found.verdict in {FULL, CONFLICT}:
        return
    at, signature = (found.witness.at, found.witness.signature) if found.witness else (0, b"")
    write(desk, deal, Witnessed(statement.id, found.seen, desk.device, at, signature), How(answers=letter.id))


def _compare(desk: Desk, known: Seen, statement: Statement, asked: Asked, deal: Deal | None) -> int:
    older, _ = read_statement(known.statement)
    pair = known.statement, asked.statement
    if contradict(older, statement):
        forks.tell(desk, fork_of(desk.net, statement.log_pk, *map(stated, pair)), deal)
        return CONFLICT
    if statement.size < known.size or asked.first != known.size:
        return ELSEWHERE
    try:
        check_consistency((known.size, statement.size), (known.root, statement.root), asked.proof)
    except MalformedError:
        store.doubt(desk.node, statement.log_pk, pair, desk.second)
        return CONFLICT
    return OK


def _is_full(desk: Desk, asker: bytes, known: Seen | None) -> bool:
    if known is not None:
        return known.day == desk.minute // _DAY and known.signed >= MAX_A_DAY
    logs, mine = store.count_seen(desk.node), store.count_seen(desk.node, asker)
    return logs >= MAX_LOGS or mine >= MAX_LOGS_OF_ASKER
