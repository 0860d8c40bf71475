"""Forgetting a person: forget."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lazpool.actions import forgetting
from lazpool.actions.exporting import names_of
from lazpool.cli.commands import command
from lazpool.cli.partners import partner, who
from lazpool.cli.words import counted

if TYPE_CHECKING:
    from lazpool.actions.forgetting import Loss
    from lazpool.cli.app import App


@command("forget", example="lazpool forget Zoe")
@click.argument("other", metavar="WITH")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def forget(app: App, other: str, yes: bool) -> None:  # noqa: FBT001 # click's signature
    """Delete everything about a person with whom all is settled: receipts, settlements, deals, notes, addresses.

    Your log keeps its commitments, which mean nothing without the receipts, and stays whole. What the other has they
    keep, and so do backups and exports that you made before.
    """
    with app.desk() as desk:
        peer, names = partner(desk, other), names_of(desk)
        name = who(peer, names)
        app.say(_says(name, forgetting.loss(desk, peer)))
        app.confirm(f"Forget {name}? This cannot be undone.", yes=yes)
        gone = forgetting.forget(desk, peer)
    document = {
        "with": peer.hex(),
        "rides": gone.rides,
        "settlements": gone.settlements,
        "km": gone.distance / 10,
        "deals": gone.deals,
    }
    rides, settlements = counted(gone.rides, "ride"), counted(gone.settlements, "settlement")
    app.show(document, f"forgot {name}: {rides}, {settlements}, {counted(gone.deals, 'deal')}")
    app.say("Backups and exports that you made before still hold it: delete those, too. What they have, they keep.")


def _says(name: str, found: Loss) -> str:
    unsigned = f", {found.claimed} of them rides that nobody signed" if found.claimed else ""
    rides = f"{counted(found.rides, 'ride')} that both signed ({found.distance / 10:.1f} km)"
    return (
        f"With {name}: {rides}, {counted(found.settlements, 'settlement')}, {counted(found.deals, 'deal')}{unsigned}.\n"
        "After it you can no longer prove that these rides took place, that you drove or paid, nor where your log "
        "stood by their signature; the year's statement has them no more."
    )
