"""Your own keys: key paper, and back from it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lazpool.cli.commands import epilog, group
from lazpool.cli.words import counted
from lazpool.errors import InvalidInputError, LazpoolError, MalformedError, RefusedError

if TYPE_CHECKING:
    from lazpool.cli.app import App
    from lazpool.config import Config

_ENDINGS = (".html", ".txt")
_KEEP = "Whoever reads it is you, without a passphrase. Keep it as you keep a passport, and not as a photograph."


@group("key")
def key() -> None:
    """Keep the key that says who you are."""


@key.command("paper", epilog=epilog("lazpool key paper\nlazpool key paper --out paper.html"))
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write it into a new file, .html to print or .txt, in place of showing it.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def paper(app: App, out: Path | None, yes: bool) -> None:  # noqa: FBT001 # click's signature
    """Print your identity as words and QR codes, for a paper that outlives every machine.

    Part 1 is who you are, part 2 the key that may replace it. Rides, places and deals are not on it: that is a backup.
    """
    from lazpool.actions import papers  # noqa: PLC0415 # a command imports what it needs
    from lazpool.cli.sheets import as_html, as_text  # noqa: PLC0415 # the same

    if out is not None and out.suffix not in _ENDINGS:
        raise InvalidInputError(f"{out} is neither .html nor .txt", hint="lazpool key paper --out paper.html")
    if out is None:
        app.confirm("Nobody looks at this screen, and it is not recorded?", yes=yes)
    with app.desk() as desk:
        sheet = papers.paper(desk)
    document: dict[str, object] = {"identity": sheet.identity.hex(), "network": sheet.network}
    if out is not None:
        _write(out, as_html(sheet) if out.suffix == ".html" else as_text(sheet))
        app.show({**document, "file": str(out)}, str(out))
        app.say(f"Print it, then delete the file. {_KEEP}")
        return
    app.show({**document, "parts": [" ".join(words) for words in sheet.parts]}, as_text(sheet))
    app.say(_KEEP)


@key.command("rotate", epilog=epilog("lazpool key rotate\nlazpool key rotate --paper"))
@click.option("--paper", "typed", is_flag=True, help="Type part 2 of your paper key: the next key is not here.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def rotate(app: App, typed: bool, yes: bool) -> None:  # noqa: FBT001 # click's signature
    """Replace your identity key by the next one, which your log has promised: when it was stolen, or is lost.

    The next key is enough. A machine that you added has neither, and becomes that of your identity by --paper. The node
    must not run. Partners are told, and see one person with one balance; further machines need a new grant.
    """
    from lazpool.actions import rotating  # noqa: PLC0415 # a command imports what it needs
    from lazpool.config import load_config  # noqa: PLC0415 # the same
    from lazpool.node.presence import hold  # noqa: PLC0415 # the same
    from lazpool.store import devices  # noqa: PLC0415 # the same

    app.confirm("Replace your identity key? The old one agrees on nothing more; this cannot be taken back.", yes=yes)
    following = _next_key(app) if typed else b""
    config = load_config(app.home)
    with hold(config.lock_file):
        rotating.stand_without(config, following)
    with app.desk() as desk, hold(desk.config.lock_file):
        terms = rotating.rotate(desk, following)
        told = len(devices.told(desk.node, terms.id)[1])
    app.show({"identity": terms.new.hex(), "old": terms.old.hex(), "told": told}, terms.new.hex())
    app.say(f"Told of it, as soon as your node runs: {counted(told, 'partner')}. Next: lazpool up")
    app.say(
        "Backups and papers of before are void: lazpool backup and lazpool key paper make new ones; destroy the old."
    )


def back(app: App, config: Config) -> None:
    """Make a home from a paper key."""
    from lazpool.actions import backups, papers  # noqa: PLC0415 # a command imports what it needs

    backups.check_empty(config.home)
    try:
        identity = papers.restore_paper(config, _typed(app, *range(1, papers.PARTS + 1))).hex()
    except MalformedError as wrong:
        hint = "compare with the paper: both parts, in the order of the numbers"
        raise InvalidInputError(wrong.message, hint=hint, code="words") from wrong
    app.show({"identity": identity, "home": str(config.home)}, identity)
    app.say(f"A home in {config.home}: the same person, of whom nothing else is known here. Next: lazpool join")


def _next_key(app: App) -> bytes:
    """Return the seed that part 2 stands for: asked for, or from stdin."""
    from lazpool.wire.words import to_seed  # noqa: PLC0415 # a command imports what it needs

    try:
        return to_seed(_typed(app, 2))
    except MalformedError as wrong:
        hint = "compare with the paper: the 24 words of part 2, in the order of the numbers"
        raise InvalidInputError(f"part 2: {wrong.message}", hint=hint, code="words") from wrong


def _typed(app: App, *parts: int) -> list[str]:
    """Return the words of those parts: asked for, or from stdin."""
    from lazpool.wire.words import COUNT, to_seed  # noqa: PLC0415 # a command imports what it needs

    if not app.asks():
        return sys.stdin.read().split()
    words: list[str] = []
    for part in parts:
        found: list[str] = []
        while len(found) < COUNT:
            asked = f"Part {part}, words {len(found) + 1} to {COUNT}"
            found += str(click.prompt(asked, err=True)).split()
        to_seed(found)  # what is wrong in the first is said before the second is typed
        words += found
    return words


def _write(file: Path, text: str) -> None:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise RefusedError(f"{file} exists already", hint="choose another name", code="exists") from None
    except OSError as wrong:
        raise LazpoolError(f"{file} cannot be written: {wrong.strerror}", hint="choose another place") from wrong
