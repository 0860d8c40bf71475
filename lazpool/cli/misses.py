"""What `matches` says of posts that do not match: --why-not and --near."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.actions import misses
from lazpool.cli.app import Table
from lazpool.cli.miss_words import document, sentence
from lazpool.cli.typed import SHORT, hex_id, hex_id_of
from lazpool.errors import NotFoundError
from lazpool.store import own

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.cli.app import App

NEAR = 10
"""Near misses that are shown."""
_NO_POSTS = "You have no posts that it could match; make one with: lazpool offer, or: lazpool request"
_NONE_NEAR = "Nothing on the board comes near; a wider --flex, --detour or --walk lets more fit"
_FINE = "times and detours are estimates; why one of them, with numbers: lazpool --json matches --why-not POST"


def show_why_not(app: App, text: str, mine: str | None) -> None:
    """Show why a post does not match each of ours, or one of them."""
    with app.desk() as desk:
        theirs = misses.post_here(
            desk, hex_id_of(((desk.board, "posts"), (desk.board, "withdrawn"), (desk.node, "posts")), text, "post")
        )
        ours = _ours(desk, mine)
        verdicts = [document(desk, misses.why_not(desk, theirs, one)) for one in ours]
    rows = [(one["mine"][:SHORT], one["kind"], sentence(one)) for one in verdicts]
    app.show({"post": theirs.id.hex(), "verdicts": verdicts}, Table(("yours", "kind", "why not"), rows, _NO_POSTS))


def show_near(app: App, mine: str | None) -> None:
    """Show the posts that come nearest to matching ours."""
    with app.desk() as desk:
        near = [document(desk, one) for one in misses.near_misses(desk, _ours(desk, mine), NEAR)]
    rows = [(one["theirs"][:SHORT], one["mine"][:SHORT], sentence(one)) for one in near]
    app.show({"near": near}, Table(("id", "yours", "why not"), rows, _NONE_NEAR, _FINE))


def _ours(desk: Desk, text: str | None) -> list[own.OwnPost]:
    if text is None:
        return own.posts(desk.node)
    found = own.post(desk.node, hex_id(desk.node, "posts", text, "post"))
    if found is None:
        raise NotFoundError(f"you have no post {text!r}", hint="lazpool posts shows what there is")
    return [found]
