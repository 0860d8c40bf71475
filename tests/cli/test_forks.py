"""`lazpool forks`: proofs and doubts in one list, with what follows from which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.actions import witnessing
from lazpool.actions.desk import open_desk
from lazpool.actions.witnessing import Asked
from lazpool.records.checkpoints import Statement, sign_statement
from lazpool.rules import merkle
from lazpool.store import forks as store
from lazpool.wire.signing import public_key
from tests.cli.users import User

if TYPE_CHECKING:
    from pathlib import Path

    from lazpool.actions.desk import Desk

SEED = b"somebody's log".ljust(32, b".")
LEAVES = [number.to_bytes(32, "big") for number in range(9)]


def show(desk: Desk, size: int, first: int = 0, lie: bytes = b"") -> None:
    """Show a witness what somebody states of their log; lie: instead of its third entry."""
    root = merkle.root([*LEAVES[:2], lie or LEAVES[2], *LEAVES[3:]][:size])
    statement = Statement(desk.net, public_key(SEED), size, root, desk.second)
    with desk.node.transaction():
        witnessing.judge(desk, b"a" * 32, Asked(sign_statement(statement, SEED).pack(), first, ()), desk.keys.log)


def test_proofs_and_doubts(tmp_path: Path) -> None:
    """A log that was not shown to go on is listed as that; once there is a proof, the proof stands in its place."""
    ada = User(tmp_path / "ada")
    assert ada.call("forks") == {"forks": [], "doubts": []}
    with open_desk(ada.home) as desk:
        show(desk, 4)
        show(desk, 9, 4)
    said = ada.call("forks")
    assert (said["forks"], [one["log"] for one in said["doubts"]]) == ([], [public_key(SEED).hex()])
    shown = ada.say("forks").out
    assert "no proof" in shown
    assert "agreed" not in shown
    with open_desk(ada.home) as desk:
        show(desk, 4, lie=b"\xff" * 32)
    said = ada.call("forks")
    assert said["doubts"] == []
    assert [(one["log"], one["what"], one["number"]) for one in said["forks"]] == [
        (public_key(SEED).hex(), "checkpoint", 4)
    ]
    shown = ada.say("forks")
    assert "checkpoints, one of them over entries 1 to 4" in " ".join(shown.out.split())


def test_status_tells_of_forks_that_concern_us(tmp_path: Path) -> None:
    """A proof about strangers is only kept; one about our own log, or of somebody we met, stands in `status`."""
    ada = User(tmp_path / "ada")
    with open_desk(ada.home) as desk:
        store.add(desk.board, public_key(SEED), b"proof", desk.second)
    assert ada.call("status")["forks"] == 0
    assert "forks" not in ada.say("status").out
    with open_desk(ada.home) as desk:
        store.add(desk.node, desk.device.log_pk, b"proof", desk.second)
    assert ada.call("status")["forks"] == 1
    assert "forks     1 of your ledger or of people you met: lazpool forks" in ada.say("status").out
