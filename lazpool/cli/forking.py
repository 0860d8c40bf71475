"""Logs of which there are two versions: forks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lazpool.actions import forks as actions
from lazpool.cli import times
from lazpool.cli.app import Table
from lazpool.cli.commands import command
from lazpool.cli.typed import short
from lazpool.rules.forks import What

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.actions.forks import Doubted, Known
    from lazpool.cli.app import App

_COLUMNS = ("log", "whose", "what there are two of", "known since")
_EMPTY = "No fork is known. One is found when somebody sees both versions of a log, and not before."
_NOTE = "nothing new is agreed with these devices; rides that were sealed stand. Their owners: lazpool ledger resume"


@command("forks", example="lazpool forks")
@click.pass_obj
def forks(app: App) -> None:
    """List the logs that were forked: their devices signed two versions of them, and the proof is kept here.

    Below them, logs that were not shown to go on from what your node witnessed of them. That proves nothing.
    """
    with app.desk() as desk:
        found, doubted = actions.known(desk), actions.doubted(desk)
        document = {"forks": [_document(desk, one) for one in found], "doubts": [_doubt(desk, one) for one in doubted]}
        rows = [(short(one.log), _whose(one), _what(one), times.day_and_time(desk, one.at // 60)) for one in found]
        rows += [(short(one.log), _named(one), _UNPROVED, times.day_and_time(desk, one.at // 60)) for one in doubted]
    app.show(document, Table(_COLUMNS, rows, _EMPTY, _NOTE if found else ""))


def _document(desk: Desk, known: Known) -> dict[str, object]:
    return {
        "log": known.log.hex(),
        "with": known.identity.hex() or None,
        "name": known.name,
        "ours": known.ours,
        "what": known.split.what.value,
        "number": known.split.seq,
        "at": times.iso_second(desk, known.at),
        "proof": known.proof.hex(),
    }


def _doubt(desk: Desk, one: Doubted) -> dict[str, object]:
    at, identity = times.iso_second(desk, one.at), one.identity.hex() or None
    return {"log": one.log.hex(), "with": identity, "name": one.name, "at": at}


def _whose(known: Known) -> str:
    return "yours" if known.ours else _named(known)


def _named(one: Known | Doubted) -> str:
    return one.name or (short(one.identity) if one.identity else "unknown")


_WHAT = {
    What.ENTRY: "entries with number",
    What.NUMBER: "receipts of one pair with number",
    What.TREE: "checkpoints, one of them over entries 1 to",
}
_UNPROVED = "not shown to go on; no proof"


def _what(known: Known) -> str:
    return f"{_WHAT[known.split.what]} {known.split.seq}"
