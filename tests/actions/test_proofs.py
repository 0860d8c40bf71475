"""Portable proofs: what a home writes, a verifier without lazpool believes; and nothing that was altered."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lazpool.actions import books, checkpoints, exporting, settlements
from lazpool.actions.proofs import proof_of
from lazpool.errors import DamagedError, NotFoundError, RefusedError
from lazpool.records.checkpoints import read_statement, sign_witness
from lazpool.records.settlements import CASH
from lazpool.store import checkpoints as store
from lazpool.store import ledger
from lazpool.wire.signing import public_key

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from tests.town import Town

HUB, CAROL = b"hub".ljust(32, b"."), b"carol".ljust(32, b".")


@pytest.fixture(scope="module")
def verifier() -> Any:
    """Return the verifier of examples/, which imports nothing of lazpool."""
    sys.path.insert(0, str(Path(__file__).parents[2] / "examples"))
    try:
        return import_module("verify_receipt")
    finally:
        sys.path.pop(0)


def first(desk: Desk) -> bytes:
    """Return the id of the first sealed receipt."""
    return ledger.receipts(desk.node)[0].id


def witnessed(town: Town) -> Desk:
    """Return Ann's desk, whose log Bob, a hub and a third have witnessed."""
    ann = town["ann"]
    made = checkpoints.make(ann)
    town.carry()
    statement, _ = read_statement(made.statement)
    for seed, kind, who in ((HUB, store.HUB, b"h" * 32), (CAROL, store.PARTNER, b"c" * 32)):
        checkpoints.add_witness(ann, made, sign_witness(statement, ann.second, seed), kind, who)
    return ann


def test_a_proof_says_who_saw_it(ridden: Town, verifier: Any) -> None:
    """Signed by both, sealed, under a checkpoint that hub and partner saw; another partner only when asked for."""
    ann, bob = witnessed(ridden), ridden["bob"]
    proof = proof_of(ann, first(ann))
    found = verifier.proof(proof.document())
    assert (found["debtor"], found["creditor"]) == (ann.identity, bob.identity)
    assert found["statement"]["size"] == proof.checkpoint == 7
    assert {key for key, _ in found["witnesses"]} == {public_key(HUB), bob.device.log_pk}
    every = verifier.proof(proof_of(ann, first(ann), every_witness=True).document())
    assert {key for key, _ in every["witnesses"]} == {public_key(HUB), bob.device.log_pk, public_key(CAROL)}
    told = verifier.in_words(found)
    assert "witnessed" in told
    assert "the other device of the record" in told
    assert books.verify(ann).ok


def test_either_side_and_settlements(ridden: Town, verifier: Any) -> None:
    """The driver proves the same ride by another log; a settlement is proved like a ride, before any checkpoint."""
    ann, bob = ridden["ann"], ridden["bob"]
    paid = settlements.settle(ann, bob.identity, 500, "EUR", CASH)
    ridden.carry()
    settlements.confirm(bob, paid.id)
    ridden.carry()
    for desk in (ann, bob):
        found = verifier.proof(proof_of(desk, first(desk)).document())
        assert found["entry"]["log"] == desk.device.log_pk
        assert "not under a checkpoint" in verifier.in_words(found)
        assert "has settled" in verifier.in_words(verifier.proof(proof_of(desk, paid.id).document()))


def test_any_flipped_byte_is_refused(ridden: Town, verifier: Any) -> None:
    """Wherever a bit of a proof is changed, it is believed no more."""
    proof = proof_of(witnessed(ridden), first(ridden["ann"]))
    for at in range(len(proof.data)):
        bent = type(proof)(proof.data[:at] + bytes([proof.data[at] ^ 1 << at % 8]) + proof.data[at + 1 :], 0, 0)
        with pytest.raises(verifier.RefusedError):
            verifier.proof(bent.document())


def test_a_checkpoint_with_witnesses_is_preferred(ridden: Town) -> None:
    """Of those that a receipt is under: the one with most to show, and of these the oldest."""
    ann = witnessed(ridden)
    checkpoints.make(ann)
    assert proof_of(ann, first(ann)).checkpoint == 7
    ann.node.execute("DELETE FROM witnesses")
    assert proof_of(ann, first(ann)).checkpoint == 7


def test_what_cannot_be_proved(ridden: Town) -> None:
    """Ids that nobody knows, what only one has signed, and a log that does not seal the receipt."""
    ann = ridden["ann"]
    with pytest.raises(NotFoundError):
        proof_of(ann, bytes(32))
    with pytest.raises(RefusedError, match="lapsed"):
        proof_of(ann, ledger.receipts(ann.node, ledger.LAPSED)[0].id)
    ann.node.execute("DELETE FROM entries WHERE seq=3")
    with pytest.raises(DamagedError):
        proof_of(ann, first(ann))


def test_the_whole_ledger_shows_its_checkpoints(ridden: Town, verifier: Any) -> None:
    """An export holds statements and witnesses, and the verifier computes each root anew."""
    ann = witnessed(ridden)
    document = exporting.bundle(ann)
    (shown,) = document["checkpoints"]
    assert len(shown["witnesses"]) == 3
    assert len(verifier.bundle(document)) == 2
    last = int(shown["statement"][-2:], 16)
    shown["statement"] = f"{shown['statement'][:-2]}{last ^ 1:02x}"
    with pytest.raises(verifier.RefusedError):
        verifier.bundle(document)


@pytest.mark.parametrize(
    ("table", "column"),
    [("checkpoints", "id"), ("checkpoints", "log"), ("checkpoints", "statement")]
    + [("witnesses", column) for column in ("key", "signature")],
)
def test_altered_checkpoints_are_reported(ridden: Town, table: str, column: str) -> None:
    """One bit changed in what is kept of a checkpoint is found by verifying the ledger."""
    ann = witnessed(ridden)
    (data,) = {row[0] for row in ann.node.all(f"SELECT {column} FROM {table} LIMIT 1")}  # noqa: S608 # our names
    for at in range(0, len(data), 7):
        bent = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        ann.node.execute("BEGIN")
        ann.node.execute(f"UPDATE {table} SET {column}=? WHERE {column}=?", (bent, data))  # noqa: S608 # our names
        assert not books.verify(ann).ok, at
        ann.node.execute("ROLLBACK")
