"""A log that must not be continued is closed, and a new one begins that says what it goes on from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lazpool.actions import logbook
from lazpool.actions.asking import ask_everybody
from lazpool.actions.desk import begin_log
from lazpool.errors import RefusedError
from lazpool.records.entries import RESUMED, Resumed
from lazpool.store import ledger, logs
from lazpool.wire.keys import adopt_log, prepare_log, prepared_log
from lazpool.wire.signing import public_key

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk


def resume(desk: Desk) -> Resumed:
    """Close the log and begin a new one with a new key; return what it goes on from.

    The caller holds the home's lock. The key is written aside, then the database commits, then the key takes its place:
    after a crash in between nothing is signed, and calling this again ends what was begun.
    """
    desk.check_identity()
    folder = desk.config.keys_folder
    newest, prepared = ledger.newest(desk.node), prepared_log(folder)
    if newest is None:
        raise RefusedError("this home has no log", hint="create a new home with: lazpool init", code="no-log")
    if not prepared or public_key(prepared) != newest.log_pk:
        prepared = prepare_log(folder)
        with desk.node.transaction():
            _change_log(desk, prepared)
    desk.keys = replace(desk.keys, log=prepared)
    adopt_log(folder)
    if (first := ledger.newest(desk.node)) is not None:
        logbook.mark(desk, first)
    return _origin(desk)


def _change_log(desk: Desk, seed: bytes) -> None:
    last = ledger.newest(desk.node)
    if last is None:
        return
    old_seed = desk.keys.log if last.log_pk == desk.device.log_pk else b""
    logs.retire(desk.node, last.log_pk, old_seed, desk.second)
    desk.keys = replace(desk.keys, log=seed)
    begin_log(desk)
    logbook.add(desk, ledger.head(desk.node), RESUMED, Resumed(last.log_pk, last.seq, last.id).payload())
    ask_everybody(desk)


def _origin(desk: Desk) -> Resumed:
    old = logs.every(desk.node)[-1]
    seq, identifier = logs.index(desk.node, old)[-1]
    return Resumed(old, seq, identifier)
