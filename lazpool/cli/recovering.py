"""Getting back what both signed: ledger recover."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lazpool.actions import asking
from lazpool.actions.exporting import names_of
from lazpool.cli import times
from lazpool.cli.app import Table
from lazpool.cli.commands import epilog
from lazpool.cli.partners import partner, who
from lazpool.errors import NotFoundError
from lazpool.store import deals, recoveries
from lazpool.store.recoveries import ASKED, GAVE_UP, STUCK, SUSPECTED, WHOLE

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.cli.app import App
    from lazpool.store.recoveries import Recovery

_COLUMNS = ("with", "state", "since", ">came back", "what")
_NOBODY = "Nobody was asked: there is nobody whom you could have signed something with."
_WAY_OUT = (
    "Stuck where two copies of this home have signed: a restore from a backup made before they parted, or from your "
    "paper key, gets all of it back. See docs/how-to/backup.md"
)
_SAYS = {
    SUSPECTED: "something may be missing; asked if it does not come by itself",
    ASKED: "your node asks until they answer, for up to 30 days",
    WHOLE: "you have all that they have",
    STUCK: "something that they sent does not hold or does not fit your ledger",
    GAVE_UP: "they did not answer; ask again, or agree on a new ride",
}


@click.command("recover", epilog=epilog("lazpool ledger recover\nlazpool ledger recover Zoe"))
@click.argument("other", metavar="[WITH]", required=False)
@click.option("--look", is_flag=True, help="Ask nobody; only say what came of it so far.")
@click.pass_obj
def recover(app: App, other: str | None, look: bool) -> None:  # noqa: FBT001 # click's signature
    """Ask the people you rode with for what you both signed and you no longer have.

    After a restore your node does so by itself. Whatever comes is checked before it is kept: only what you signed
    yourself can come back. The node carries the letters; run it again, with --look, to see what came of it.
    """
    with app.desk() as desk:
        wanted = [partner(desk, other)] if other else deals.peers(desk.node)
        if not look:
            _ask(desk, wanted, named=other is not None)
        found = [one for one in recoveries.every(desk.node) if not other or one.peer in wanted]
        names = names_of(desk)
        documents = [_document(desk, one, names) for one in found]
        rows = [_row(desk, one, names) for one in found]
    app.show({"recoveries": documents}, Table(_COLUMNS, rows, _NOBODY))
    if any(one.state == STUCK for one in found):
        app.say(_WAY_OUT)


def _ask(desk: Desk, wanted: list[bytes], *, named: bool) -> None:
    with desk.node.transaction():
        for peer in wanted:
            deal = deals.thread_with(desk.node, peer)
            if deal is not None:
                asking.again(desk, deal)
            elif named:
                hint = "agree on a new ride: what they have is offered to you then"
                raise NotFoundError("there is no way to write to this person any more", hint=hint)


def _document(desk: Desk, one: Recovery, names: dict[bytes, str]) -> dict[str, object]:
    return {
        "with": one.peer.hex(),
        "name": names.get(one.peer, ""),
        "state": one.state,
        "since": times.iso(desk, one.since),
        "found": one.found,
        "trouble": one.trouble or None,
    }


def _row(desk: Desk, one: Recovery, names: dict[bytes, str]) -> tuple[str, ...]:
    said = f"{_SAYS[one.state]}: {one.trouble}" if one.state == STUCK else _SAYS[one.state]
    return who(one.peer, names), one.state, times.day_and_time(desk, one.since), str(one.found), said
