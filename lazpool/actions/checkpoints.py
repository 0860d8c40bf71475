"""Checkpoints of our own log: made now and then, shown to a few witnesses, and kept with what those sign.

The entry, the statement and the letters that ask for witnesses are one transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.actions import logbook
from lazpool.actions.letters import How, write
from lazpool.errors import MalformedError, RefusedError
from lazpool.records.checkpoints import (
    TreeHead,
    Witness,
    check_witness,
    read_statement,
    sign_statement,
)
from lazpool.records.entries import CHECKPOINT, entry_from
from lazpool.records.witness_bodies import Witnessed, WitnessPlease
from lazpool.rules import merkle
from lazpool.rules.checkpoints import statement_of
from lazpool.store import checkpoints as store
from lazpool.store import deals, ledger, logs, post_office

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.records.letters import Letter
    from lazpool.store.checkpoints import Own
    from lazpool.store.deals import Deal

EVERY = 64
"""Entries after which there is a new checkpoint."""
AT_LEAST = 30 * 24 * 60 * 60
"""Seconds after which there is one if there is any new entry."""
PARTNERS = 3
"""Partners who are asked: those of the newest rides."""
ASK_FOR = 30 * 24 * 60
"""Minutes for which a partner is asked again."""


def keep_up(desk: Desk) -> None:
    """Make a checkpoint if it is time for one."""
    fresh, last = since_last(desk)
    if fresh >= EVERY or (fresh > 0 and desk.second - _second(desk, last) >= AT_LEAST):
        make(desk)


def since_last(desk: Desk) -> tuple[int, Own | None]:
    """Return how many entries no checkpoint of the log is over yet, and the last one."""
    newest, last = ledger.head(desk.node), store.newest(desk.node, desk.device.log_pk)
    if newest is None:
        return 0, None
    return newest.seq - (last.size + 1 if last else 1), last  # its own entry, or the genesis, is nothing new


def make(desk: Desk) -> Own:
    """Note the root over all that our log holds in an entry, state it, and ask partners to witness it."""
    with desk.node.transaction():
        head, log = logbook.head(desk), desk.device.log_pk
        tree = TreeHead(head.seq, merkle.root(_ids(desk, log)))
        entry = logbook.add(desk, head, CHECKPOINT, tree.payload())
        statement = statement_of(entry)
        made = store.Own(statement.id, log, tree.size, sign_statement(statement, desk.keys.log).pack())
        store.add(desk.node, made)
        post_office.withdraw(desk.node, WitnessPlease.KIND)  # who witnesses this one witnesses those before it, too
        for deal in deals.newest_threads(desk.node, PARTNERS):
            _ask(desk, deal, made, store.witnessed_by(desk.node, log, deal.peer))
            deals.save(desk.node, deal)
    return made


def proof_from(desk: Desk, made: Own, first: int) -> merkle.Path:
    """Return what proves that a checkpoint continues the first so many entries; nothing when there were none."""
    return merkle.consistency_proof(_ids(desk, made.log)[: made.size], first) if first else ()


def path_to(desk: Desk, made: Own, seq: int) -> merkle.Path:
    """Return what proves that the entry of that number is under a checkpoint."""
    return merkle.inclusion_path(_ids(desk, made.log)[: made.size], seq - 1)


def on_witnessed(desk: Desk, deal: Deal, letter: Letter) -> None:
    """Keep what a partner signed; or ask again, with the proof from where they stand."""
    body = letter.body
    if not isinstance(body, Witnessed):
        raise MalformedError("shape", "not by a witness")
    made = store.get(desk.node, body.statement_id)
    body.device.check(desk.net)
    if made is None or body.device.identity != deal.peer:
        raise RefusedError("about no checkpoint of ours, or by somebody else", code="wrong-witness")
    post_office.answered(desk.node, deal.id, (WitnessPlease.KIND,))
    if body.signature:
        add_witness(desk, made, Witness(body.device.log_pk, body.at, body.signature), store.PARTNER, deal.peer)
    elif _may_ask(desk, made, body.seen):
        _ask(desk, deal, made, body.seen)


def add_witness(desk: Desk, made: Own, witness: Witness, kind: str, who: bytes) -> None:
    """Keep a witness of one of our checkpoints, or raise MalformedError when the signature does not hold."""
    check_witness(read_statement(made.statement)[0], witness)
    store.add_witness(desk.node, made.id, witness, kind, who)


def _ask(desk: Desk, deal: Deal, made: Own, first: int) -> None:
    body = WitnessPlease(made.statement, desk.device, first, proof_from(desk, made, first))
    write(desk, deal, body, How(awaits=True, until=desk.minute + ASK_FOR))


def _may_ask(desk: Desk, made: Own, first: int) -> bool:
    newest = store.newest(desk.node, desk.device.log_pk)
    return newest is not None and newest.id == made.id and 0 < first < made.size


def _ids(desk: Desk, log: bytes) -> list[bytes]:
    index = ledger.index(desk.node) if log == desk.device.log_pk else logs.index(desk.node, log)
    return [identifier for _, identifier in index]


def _second(desk: Desk, last: Own | None) -> int:
    """Return when the last checkpoint was made, or the log was begun."""
    if last is not None:
        return read_statement(last.statement)[0].at
    return entry_from(ledger.entries(desk.node, most=1)[0].body).time
