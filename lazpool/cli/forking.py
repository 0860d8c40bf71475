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
    from lazpool.actions.forks import Known
    from lazpool.cli.app import App

_COLUMNS = ("log", "whose", "what there are two of", "known since")
_EMPTY = "No fork is known. One is found when somebody sees both versions of a log, and not before."
_NOTE = "nothing new is agreed with these devices; rides that were sealed stand. Their owners: lazpool ledger resume"


@command("forks", example="lazpool forks")
@click.pass_obj
def forks(app: App) -> None:
    """List the logs that were forked: their devices signed two versions of them, and the proof is kept here."""
    with app.desk() as desk:
        found = actions.known(desk)
        documents = [_document(desk, one) for one in found]
        rows = [(short(one.log), _whose(one), _what(one), times.day_and_time(desk, one.at // 60)) for one in found]
    app.show({"forks": documents}, Table(_COLUMNS, rows, _EMPTY, _NOTE if rows else ""))


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


def _whose(known: Known) -> str:
    if known.ours:
        return "yours"
    return known.name or (short(known.identity) if known.identity else "unknown")


def _what(known: Known) -> str:
    what = "entries with number" if known.split.what is What.ENTRY else "receipts of one pair with number"
    return f"{what} {known.split.seq}"
