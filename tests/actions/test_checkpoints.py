"""Checkpoints: made in time, witnessed by partners who check that the log only grew, and silent otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lazpool.actions import books, checkpoints, forks, witnessing
from lazpool.actions.witnessing import Asked
from lazpool.errors import MalformedError, RefusedError
from lazpool.records.checkpoints import Statement, check_witness, read_statement, sign_statement
from lazpool.records.entries import CHECKPOINT, entry_from
from lazpool.records.witnessing import CONFLICT, ELSEWHERE, FULL, OK
from lazpool.rules import merkle
from lazpool.rules.admission import Judgement
from lazpool.rules.forks import What, admit_fork
from lazpool.store import checkpoints as store
from lazpool.store import ledger, post_office
from lazpool.wire.signing import public_key
from tests.town import Town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lazpool.actions.desk import Desk

SEED = b"somebody's log".ljust(32, b".")
LEAVES = [number.to_bytes(32, "big") for number in range(40)]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Desk]:
    """Return a witness's home."""
    with Town(tmp_path, "eve") as town:
        yield town["eve"]


def statement(desk: Desk, size: int, *, at: int | None = None, leaves: list[bytes] = LEAVES, **other: bytes) -> bytes:
    """Return the envelope of a statement about the first leaves."""
    said = Statement(desk.net, public_key(SEED), size, merkle.root(leaves[:size]), desk.second if at is None else at)
    return sign_statement(replace(said, **other), SEED).pack()


def asked(desk: Desk, size: int, first: int = 0, leaves: list[bytes] = LEAVES, at: int | None = None) -> Asked:
    """Return an honest question, of a log with those leaves."""
    proof = merkle.consistency_proof(leaves[:size], first) if first else ()
    return Asked(statement(desk, size, leaves=leaves, at=at), first, proof)


def judge(desk: Desk, what: Asked, asker: bytes = b"a" * 32) -> witnessing.Verdict:
    """Judge in a transaction of its own."""
    with desk.node.transaction():
        return witnessing.judge(desk, asker, what, desk.keys.log)


def kinds(desk: Desk) -> list[int]:
    """Return the kinds of the entries of a log."""
    return [entry_from(one.body).kind for one in ledger.entries(desk.node)]


def test_a_month_after_the_last_ride_both_have_a_checkpoint(ridden: Town) -> None:
    """One entry each, with a statement that the other has witnessed; with nothing new there is no other, ever."""
    ridden.later(days=29)
    assert CHECKPOINT not in kinds(ridden["ann"]) + kinds(ridden["bob"])
    ridden.later(days=5)
    ridden.carry()
    for name, other in (("ann", "bob"), ("bob", "ann")):
        desk = ridden[name]
        assert kinds(desk).count(CHECKPOINT) == 1
        made = store.newest(desk.node, desk.device.log_pk)
        assert made is not None
        (witness,) = store.witnesses(desk.node, made.id)
        assert witness.key == ridden[other].device.log_pk
        check_witness(read_statement(made.statement)[0], witness)
        assert books.verify(desk).ok
        assert store.doubts(desk.node) == forks.known(desk) == []
    assert ridden.is_quiet()
    ridden.later(days=100)
    assert kinds(ridden["ann"]).count(CHECKPOINT) == 1


def test_after_many_entries_there_is_one_at_once(ridden: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number counts what was added since the last one, and not that one's own entry."""
    monkeypatch.setattr(checkpoints, "EVERY", 5)
    ann, bob = ridden["ann"], ridden["bob"]
    ridden.later(minutes=1)
    assert kinds(ann).count(CHECKPOINT) == 1
    assert kinds(bob).count(CHECKPOINT) == 0
    monkeypatch.setattr(checkpoints, "EVERY", 1)
    ridden.later(minutes=1)
    ridden.later(minutes=1)
    assert [kinds(one).count(CHECKPOINT) for one in (ann, bob)] == [1, 1]


def test_the_second_goes_on_from_the_first(ridden: Town) -> None:
    """A witness who has signed one signs the next by the proof from there; a witness who lost it all signs anew."""
    ann, bob = ridden["ann"], ridden["bob"]
    for lost in (False, True):
        if lost:
            bob.node.execute("DELETE FROM seen_logs")
        checkpoints.make(ann)
        ridden.carry()
        made = store.newest(ann.node, ann.device.log_pk)
        assert made is not None
        assert len(store.witnesses(ann.node, made.id)) == 1
        checkpoints.make(ann)  # a checkpoint is an entry as well: there is something new
        ridden.carry()
    assert len(store.every(ann.node)) == 4
    assert all(len(store.witnesses(ann.node, one.id)) == 1 for one in store.every(ann.node))


def test_a_lost_answer_is_made_good(ridden: Town) -> None:
    """The partner signed, but the answer is lost and then a newer statement comes: they say where they stand."""
    ann, bob = ridden["ann"], ridden["bob"]
    checkpoints.make(ann)
    for row in ridden.pick_up("ann"):
        ridden.hand_over(row.tag, row.data)
    bob.node.execute("DELETE FROM outbox")
    newest = checkpoints.make(ann)
    ridden.carry()
    assert len(store.witnesses(ann.node, newest.id)) == 1
    assert ridden.is_quiet()


def test_who_does_not_answer_is_asked_for_a_month(ridden: Town) -> None:
    """The question is repeated, and given up with nothing left to send."""
    checkpoints.make(ridden["ann"])
    ridden.close("bob")
    bob = ridden.desks.pop("bob")
    assert not ridden.is_quiet()
    ridden.later(days=31)
    assert ridden.is_quiet()
    ridden.desks["bob"] = bob
    ridden.open("bob")


def test_a_witness_signs_what_only_grows(home: Desk) -> None:
    """The first as it comes, the same again, then larger ones by the proof from what was seen alone."""
    assert judge(home, asked(home, 3)).verdict == OK
    assert judge(home, asked(home, 3)).verdict == OK
    assert judge(home, asked(home, 7)) == witnessing.Verdict(ELSEWHERE, 3)
    assert judge(home, asked(home, 7, 2)) == witnessing.Verdict(ELSEWHERE, 3)
    found = judge(home, asked(home, 7, 3))
    assert (found.verdict, found.seen) == (OK, 7)
    assert found.witness is not None
    check_witness(read_statement(statement(home, 7))[0], found.witness)
    assert judge(home, asked(home, 5)) == witnessing.Verdict(ELSEWHERE, 7), "a letter that came late"
    assert store.doubts(home.node) == forks.known(home) == []


def test_a_log_that_was_rewritten_is_not_signed(home: Desk) -> None:
    """Neither with its own proof nor with another; the two statements are kept, once, as no proof by themselves."""
    lie = [LEAVES[0], b"\xff" * 32, *LEAVES[2:]]
    judge(home, asked(home, 4))
    for leaves in (lie, LEAVES):
        proof = merkle.consistency_proof(leaves[:9], 4)
        assert judge(home, Asked(statement(home, 9, leaves=lie), 4, proof)).verdict == CONFLICT
    (doubt,) = store.doubts(home.node)
    assert (doubt.one, doubt.other) == (statement(home, 4), statement(home, 9, leaves=lie))
    assert forks.known(home) == []
    assert [one.log for one in forks.doubted(home)] == [doubt.log]
    assert judge(home, asked(home, 9, 4)).verdict == OK, "the honest log goes on"


@pytest.mark.parametrize("way", ["two roots", "smaller and later"])
def test_two_logs_of_one_key_prove_themselves(home: Desk, way: str) -> None:
    """Two roots of one size, and a smaller log at a later time, are a fork proof, which is kept once and gossiped."""
    lie = [*LEAVES[:3], b"\xff" * 32]
    judge(home, asked(home, 4))
    judge(home, Asked(statement(home, 9), 4, ()))  # a doubt is no matter any more once there is a proof
    for _ in range(2):
        wrong = asked(home, 4, 4, leaves=lie) if way == "two roots" else asked(home, 3, at=home.second + 1)
        assert judge(home, wrong).verdict == CONFLICT
    (known,) = forks.known(home)
    assert (known.split.what, known.split.seq) == (What.TREE, 4 if way == "two roots" else 3)
    assert (len(store.doubts(home.node)), forks.doubted(home)) == (1, [])
    (sent,) = [row for row in post_office.due(home.node, home.second) if row.kind == post_office.FORK]
    heard = admit_fork(sent.data, net=home.net, known=lambda _: False, spend=lambda: True)
    assert (heard.judgement, sent.data) == (Judgement.ACCEPT, known.proof)


def test_strangers_statements_are_refused(home: Desk) -> None:
    """By another key, of another network, from the future, or altered anywhere: nothing is signed or kept."""
    good = statement(home, 4)
    forged = read_statement(statement(home, 4))[0]
    wrong = [
        (RefusedError, statement(home, 4, net=b"12345678")),
        (RefusedError, statement(home, 4, at=home.second + 601)),
        (MalformedError, sign_statement(forged, b"x" * 32).pack()),
        (MalformedError, statement(home, 4, log_pk=b"\x07" * 32)),
    ]
    wrong += [
        (MalformedError, good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :]) for at in range(len(good) - 64, len(good))
    ]
    for error, data in wrong:
        with pytest.raises(error):
            judge(home, Asked(data, 0, ()))
    for at in range(len(good) - 66):
        with pytest.raises((MalformedError, RefusedError)):
            judge(home, Asked(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :], 0, ()))
    assert store.count_seen(home.node) == 0


def test_quotas(home: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many logs of one asker and in all, and so many statements of one log a day; the next day it goes on."""
    monkeypatch.setattr(witnessing, "MAX_A_DAY", 2)
    assert [judge(home, asked(home, 4)).verdict for _ in range(3)] == [OK, OK, FULL]
    monkeypatch.setattr(home, "clock", lambda now=home.second: now + 86_400)
    assert judge(home, asked(home, 5, 4)).verdict == OK
    monkeypatch.setattr(witnessing, "MAX_LOGS_OF_ASKER", 1)
    other = replace(read_statement(statement(home, 2))[0], log_pk=public_key(b"2" * 32))
    more = Asked(sign_statement(other, b"2" * 32).pack(), 0, ())
    assert judge(home, more).verdict == FULL
    assert judge(home, more, asker=b"b" * 32).verdict == OK
    monkeypatch.setattr(witnessing, "MAX_LOGS", 2)
    third = replace(other, log_pk=public_key(b"3" * 32))
    assert judge(home, Asked(sign_statement(third, b"3" * 32).pack(), 0, ()), asker=b"c" * 32).verdict == FULL


def test_a_partner_witnesses_their_own_logs_alone(ridden: Town) -> None:
    """Somebody who asks for a log that is not certified as theirs is not answered."""
    ann, bob = ridden["ann"], ridden["bob"]
    checkpoints.make(ann)
    stolen = store.newest(ann.node, ann.device.log_pk)
    assert stolen is not None
    bob.node.execute("UPDATE deals SET peer=?", (b"z" * 32,))
    ridden.carry()
    assert store.count_seen(bob.node) == 0
    assert store.witnesses(ann.node, stolen.id) == []
