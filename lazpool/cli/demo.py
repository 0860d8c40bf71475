"""The demonstration: a whole shared ride between real processes on this machine."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lazpool.cli.app import interruptible
from lazpool.cli.commands import command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lazpool.cli.app import App


@command("demo", example="lazpool demo\nlazpool demo --keep")
@click.option("--keep", is_flag=True, help="Keep the homes and logs, and say where they are.")
@click.pass_obj
def demo(app: App, keep: bool) -> None:  # noqa: FBT001 # click's signature
    """Watch a hub, a driver and two passengers share a ride, as real processes on this machine.

    Nothing of yours is touched, and nothing leaves the machine.
    """
    from lazpool.cli.demo_story import Story  # noqa: PLC0415 # for `lazpool --help`

    with _stage(app, keep=keep) as root, interruptible():
        story = Story(app, root)
        try:
            story.tell()
        finally:
            story.stop()
        if app.json:
            app.show(story.document)


@contextmanager
def _stage(app: App, *, keep: bool) -> Iterator[Path]:
    root = Path(tempfile.mkdtemp(prefix="lazpool-demo-"))
    try:
        yield root
    finally:
        if keep:
            app.say(f"kept: {root}")
        else:
            shutil.rmtree(root, ignore_errors=True)
