"""Fork proofs: which logs are known to be forked, how that is learnt, and what is no longer signed with such a device.

A proof that names nobody is gossiped; one that shows who shared a ride with whom is shown to the other one alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazpool.actions.letters import write
from lazpool.errors import MalformedError, RefusedError
from lazpool.records.forks import Fork, ForkShown, fork_from
from lazpool.rules.admission import MAX_LIFETIME, Judgement
from lazpool.rules.forks import Split, admit_fork, check_fork
from lazpool.store import checkpoints, deals, logs, post_office
from lazpool.store import forks as store

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazpool.actions.desk import Desk
    from lazpool.records.letters import Letter
    from lazpool.rules.forks import Heard
    from lazpool.store.deals import Deal

WHY = "the log of that device was forked: two versions of it were signed"
"""Said to both: to who refuses, and in the refusal to whose device it is."""


@dataclass(frozen=True, slots=True)
class Known:
    """A log that was forked, and where. at: second at which we learnt it. identity: whose it is, empty if unknown."""

    log: bytes
    split: Split
    at: int
    identity: bytes
    name: str
    ours: bool
    proof: bytes


def is_frozen(desk: Desk, log: bytes) -> bool:
    """Tell whether nothing new is agreed with the device of a log: its owner has to go on with another one."""
    return any(store.get(db, log) is not None for db in (desk.node, desk.board))


def check_log(desk: Desk, log: bytes) -> None:
    """Raise RefusedError when a log is known to be forked."""
    if is_frozen(desk, log):
        raise RefusedError(WHY, hint="they go on with a new log: lazpool ledger resume", code="forked")


def known(desk: Desk) -> list[Known]:
    """Return every proof that is kept, those of people we had to do with first."""
    people = {deal.peer_log: deal for deal in deals.all_deals(desk.node) if deal.peer_log}
    ours = {desk.device.log_pk, *logs.every(desk.node)}
    return [_known(desk, one, people, ours) for db in (desk.node, desk.board) for one in store.everything(db)]


@dataclass(frozen=True, slots=True)
class Doubted:
    """A log that was not shown to go on from what we witnessed of it. at: second. identity: empty if unknown."""

    log: bytes
    at: int
    identity: bytes
    name: str


def doubted(desk: Desk) -> list[Doubted]:
    """Return the logs that may be forked, and of which that is not proved."""
    people = {deal.peer_log: deal for deal in deals.all_deals(desk.node) if deal.peer_log}
    found = [one for one in checkpoints.doubts(desk.node) if not is_frozen(desk, one.log)]
    return [_doubted(one.log, one.at, people.get(one.log)) for one in found]


def learn(desk: Desk, fork: Fork) -> bool:
    """Keep a checked proof; tell whether it is news, and there is room for it. Part of the caller's transaction."""
    if is_frozen(desk, fork.log_pk):
        return False
    if fork.log_pk in {desk.device.log_pk, *logs.every(desk.node)} or store.is_met(desk.node, fork.log_pk):
        return store.add(desk.node, fork.log_pk, fork.pack(), desk.second)
    return not store.is_full(desk.board) and store.add(desk.board, fork.log_pk, fork.pack(), desk.second)


def tell(desk: Desk, fork: Fork, deal: Deal | None) -> None:
    """Keep a proof that we found; show it to the partner whose log it is, and to everybody if it names nobody."""
    if not learn(desk, fork):
        return
    if deal is not None:
        write(desk, deal, ForkShown(fork.pack()))
        deals.save(desk.node, deal)
    if not fork.names_people:
        post_office.put_fork(desk.node, fork.pack(), now=desk.second, expires=desk.minute + MAX_LIFETIME)


def hear(desk: Desk, data: bytes, spend: Callable[[], bool]) -> Heard:
    """Judge a gossiped proof, and keep it when it is accepted; what finds no room is ignored, and so not passed on."""
    heard = admit_fork(data, net=desk.net, known=lambda log: is_frozen(desk, log), spend=spend)
    if heard.judgement is Judgement.ACCEPT and heard.fork is not None and not learn(desk, heard.fork):
        return heard._replace(judgement=Judgement.IGNORE, reason="no room")
    return heard


def on_fork(desk: Desk, _deal: Deal, letter: Letter) -> None:
    """Keep a proof that a partner shows us, of a log that we have to do with."""
    body = letter.body
    if not isinstance(body, ForkShown):
        raise MalformedError("shape", "not a fork proof")
    fork = fork_from(body.proof)
    if fork.net != desk.net:
        raise RefusedError("a fork in another network", code="wrong-terms")
    check_fork(fork)
    if fork.log_pk in {desk.device.log_pk, *logs.every(desk.node)} or store.is_met(desk.node, fork.log_pk):
        learn(desk, fork)


def _doubted(log: bytes, at: int, deal: Deal | None) -> Doubted:
    return Doubted(log, at, deal.peer if deal else b"", deal.peer_name if deal else "")


def _known(desk: Desk, kept: store.Kept, people: dict[bytes, Deal], ours: set[bytes]) -> Known:
    split, deal = check_fork(fork_from(kept.proof)), people.get(kept.log)
    if kept.log in ours:
        return Known(kept.log, split, kept.at, desk.identity, "", ours=True, proof=kept.proof)
    identity, name = (deal.peer, deal.peer_name) if deal else (b"", "")
    return Known(kept.log, split, kept.at, identity, name, ours=False, proof=kept.proof)
