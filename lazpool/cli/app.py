"""What every command is given: which home, how to open it, and how to say what came of it."""

from __future__ import annotations

import json
import signal
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from lazpool.config import default_home
from lazpool.errors import DamagedError, InvalidInputError, MalformedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from lazpool.actions.desk import Desk


@dataclass(frozen=True, slots=True)
class Table:
    """Rows for people. columns: headings, one with a leading `>` is aligned to the right. empty: said without rows."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    empty: str
    note: str = ""


@dataclass(slots=True)
class App:
    """The global options."""

    folder: Path | None = None
    json: bool = False

    @property
    def home(self) -> Path:
        """The home's folder."""
        return (self.folder or default_home()).absolute()

    @contextmanager
    def desk(self) -> Iterator[Desk]:
        """Open the home. What is typed was checked before, so malformed bytes in here are damaged ones."""
        from lazpool.actions.desk import open_desk  # noqa: PLC0415 # `paths` and help do not need it

        try:
            with open_desk(self.home) as desk:
                yield desk
        except MalformedError as wrong:
            hint = "find out how much with: lazpool ledger verify"
            raise DamagedError(f"stored data is damaged: {wrong.message}", hint=hint) from wrong

    def show(self, document: Mapping[str, object], *parts: str | Table) -> None:
        """Print a result on stdout: as one JSON document, or its parts for people."""
        if self.json:
            click.echo(json.dumps(document, indent=2 if sys.stdout.isatty() else None))
            return
        for part in parts:
            if isinstance(part, Table):
                from lazpool.cli.tables import render  # noqa: PLC0415 # rich, for people only

                render(part)
            else:
                click.echo(clean(part))

    def say(self, text: str) -> None:
        """Tell a person something beside the result, on stderr."""
        if not self.json:
            click.echo(clean(text), err=True)

    def say_if_down(self, desk: Desk) -> None:
        """Tell a person that what they did travels only once the node runs."""
        if not self.json:
            from lazpool.node.presence import look  # noqa: PLC0415 # for people only

            if look(desk.config.lock_file) is None:
                self.say(f"Your node is not running; this travels as soon as it does: {desk.config.start}")

    def asks(self) -> bool:
        """Tell whether somebody is there who reads questions and can answer them."""
        return not self.json and sys.stdin.isatty() and sys.stderr.isatty()

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask before something is lost; off a terminal nobody could answer, and a script means what it says."""
        if yes or not self.asks():
            return
        if not click.confirm(clean(question), err=True):
            raise click.Abort


@contextmanager
def typed(hint: str) -> Iterator[None]:
    """Treat a malformed record as wrong input: it was made from what a person typed."""
    try:
        yield
    except MalformedError as wrong:
        raise InvalidInputError(wrong.message, hint=hint) from wrong


@contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGTERM end a block like Ctrl-C, so that it leaves no processes behind."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def clean(text: str) -> str:
    """Return text that cannot steer a terminal: names and notes come from strangers."""
    return "".join(sign if sign.isprintable() or sign == "\n" else "\N{REPLACEMENT CHARACTER}" for sign in text)
