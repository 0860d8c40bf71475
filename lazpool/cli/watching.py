"""What happens, as it happens: watch; and trying out the hook: hook test."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from lazpool.cli import times
from lazpool.cli.app import clean
from lazpool.cli.commands import command, epilog, group
from lazpool.config import EVENTS
from lazpool.errors import InvalidInputError, LazpoolError, NotFoundError
from lazpool.node.presence import look

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lazpool.actions.alerts import Alert
    from lazpool.actions.desk import Desk
    from lazpool.actions.events import Feed
    from lazpool.cli.app import App

POLL_S = 0.2
"""How often the databases are asked whether somebody committed; two pragmas of some microseconds."""

_EXAMPLES = """
lazpool watch
lazpool watch --kind deal --since "today 07:00"
lazpool --json watch --all --count 10
"""


class _Signals:
    """Whether somebody told us to stop."""

    stopped = False


@command("watch", example=_EXAMPLES)
@click.option("--kind", "kinds", type=click.Choice(EVENTS), multiple=True, help="Only this; may be repeated.")
@click.option("--all", "everything", is_flag=True, help="Begin with all that there is: 30 days of deals.")
@click.option("--since", metavar="WHEN", help="Begin with what has happened since then.")
@click.option("--count", type=click.IntRange(1), metavar="N", help="End after so many.")
@click.option("--for", "seconds", type=click.FloatRange(0, min_open=True), metavar="SECONDS", help="End after a time.")
@click.pass_obj
def watch(
    app: App,
    /,
    kinds: tuple[str, ...],
    everything: bool,  # noqa: FBT001 # click's signature
    since: str | None,
    count: int | None,
    seconds: float | None,
) -> None:
    """Print new matches, and what becomes of your deals and settlements, as it happens; Ctrl-C ends it.

    One line each; with --json one JSON document a line. It needs no running node, but what others do comes in by one.
    """
    from lazpool.actions.events import Feed  # noqa: PLC0415 # H3, which help does without

    if everything and since is not None:
        raise click.UsageError("Say either --all or --since.")
    with app.desk() as desk, _listening() as signals:
        begin = 0 if everything else _past(desk, since) if since is not None else None
        feed = Feed(desk, kinds or EVENTS, begin)
        app.say("Watching for what is new; Ctrl-C ends it.")
        if look(desk.config.lock_file) is None:
            app.say("Your node is not running, so nothing comes in from others: lazpool up")
        _follow(app, desk, feed, signals, count=count, until=None if seconds is None else time.monotonic() + seconds)


@group("hook")
def hook() -> None:
    """Let a program of yours be told of matches, deals and settlements; see docs/how-to/alerts.md."""


@hook.command("test", epilog=epilog("lazpool hook test"))
@click.pass_obj
def test(app: App) -> None:
    """Run the program of [hook] in config.toml once, with a test, and show what it says."""
    import trio  # noqa: PLC0415 # seldom needed

    from lazpool.actions.alerts import trial  # noqa: PLC0415 # H3
    from lazpool.node.hook import run_hook  # noqa: PLC0415 # trio

    with app.desk() as desk:
        found = desk.config.hook
        if found is None:
            hint = 'write [hook] and command = ["notify-send", "{title}", "{body}"] at the end of config.toml'
            raise NotFoundError("no hook is set", hint=hint)
        outcome = trio.run(run_hook, desk, found, trial(desk))
    if not outcome.ok:
        said = f"; it said: {outcome.output.strip()[-300:]}" if outcome.output.strip() else ""
        hint = "what runs is [hook] command in config.toml, without a shell"
        raise LazpoolError(f"the hook {outcome.why}{said}", hint=hint, code="hook-failed")
    app.show({"ok": True, "status": outcome.status, "output": outcome.output}, outcome.output.rstrip() or "it works")


def _follow(app: App, desk: Desk, feed: Feed, signals: _Signals, *, count: int | None, until: float | None) -> None:
    from lazpool.actions.alerts import alert  # noqa: PLC0415 # H3

    told = 0
    while not signals.stopped and not _nobody_reads():
        for event in feed.take():
            if not _tell(app, desk, alert(desk, event)):
                return
            told += 1
            if told == count:
                return
        if until is not None and time.monotonic() >= until:
            return
        time.sleep(POLL_S if until is None else max(0.0, min(POLL_S, until - time.monotonic())))


def _tell(app: App, desk: Desk, alert: Alert) -> bool:
    """Print one alert as a line; tell whether somebody still reads."""
    at = times.date_and_time(desk, alert.events[0].at)
    line = json.dumps(alert.document) if app.json else clean(f"{at}  {alert.title}: {alert.body}")
    try:
        click.echo(line)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still to be flushed at the end
        return False
    return True


def _nobody_reads() -> bool:
    """Tell whether the pipe that we write to was closed, before there is anything to write."""
    try:
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)
        return any(what & select.POLLERR for _, what in poll.poll(0))
    except (OSError, ValueError):  # not a real file, as in tests
        return False


@contextmanager
def _listening() -> Iterator[_Signals]:
    """Take signals for the wish to end in good order."""
    signals = _Signals()

    def stop(*_: object) -> None:
        signals.stopped = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _past(desk: Desk, when: str) -> int:
    minute = times.parse_when(when, desk.minute, desk.config.zone)
    if minute > desk.minute:
        raise InvalidInputError(f"{when!r} is still to come", hint="say it like 'today 07:40' or 2027-03-01T07:40")
    return minute
