"""The user's hook: their program is told of matches, deals and settlements, one at a time, and can do the node no harm.

The databases are the queue: what was not told yet is read from them, so nothing is lost in a crash, and however many
things happen at once, one program runs, and then one more for all the rest.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import trio

from lazpool.actions import events
from lazpool.actions.alerts import Alert, alerts
from lazpool.node import program
from lazpool.node.state import log

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.config import Hook
    from lazpool.node.program import Outcome
    from lazpool.node.state import Node

LOOK_S = 0.5
"""How often is looked for something to tell; as good as nothing while nobody commits."""
GATHER_S = 1.0
"""How long what comes next is awaited, so that a burst is one alert."""
PAUSE_S = 5.0
"""Seconds between two alerts of a kind at least."""
MOST_PAUSE_S = {"match": 600.0, "deal": 20.0, "circle": 60.0, "settlement": 20.0}
"""The same while it goes on and on: any stranger can post what matches, a deal or a settlement is with somebody."""


class Pace:
    """When the next alert of a kind may come: ever later while there are always more, soon again after a quiet time."""

    def __init__(self, most_s: float) -> None:
        """Begin at once."""
        self._most, self._pause, self._until = most_s, 0.0, 0.0

    def may(self, now: float) -> bool:
        """Tell whether an alert may come at that second."""
        return now >= self._until

    def told(self, now: float) -> None:
        """Note that there was one."""
        was_quiet = now - self._until > self._pause
        self._pause = PAUSE_S if was_quiet or not self._pause else min(2 * self._pause, self._most)
        self._until = now + self._pause


async def keep_telling(node: Node) -> None:
    """Tell the user's program what happens, for as long as the node runs; forget it where there is no hook."""
    hook = node.desk.config.hook
    if hook is None:
        await trio.sleep_forever()
    events.begin_telling(node.desk)
    teller = _Teller(node.desk, hook)
    seen: object = None
    while True:
        if (now := _versions(node.desk)) != seen:
            if not events.untold(node.desk, hook.events):
                seen = now
            elif kinds := teller.kinds_due():
                await trio.sleep(GATHER_S)
                await teller.tell(kinds)
        await trio.sleep(LOOK_S)


async def run_hook(desk: Desk, hook: Hook, alert: Alert) -> Outcome:
    """Run the user's program for one alert."""
    document = json.dumps(alert.document, ensure_ascii=False) + "\n"
    return await program.run(
        [_filled(word, alert) for word in hook.command],
        document.encode(),
        environment={**os.environ, **_variables(desk, alert)},
        folder=desk.config.home,
        timeout_s=hook.timeout,
    )


class _Teller:
    """Tells what is untold, and says in the log what came of it: a fault once, until it works again."""

    def __init__(self, desk: Desk, hook: Hook) -> None:
        self._desk, self._hook = desk, hook
        self._fault = ""
        self._paces = {kind: Pace(MOST_PAUSE_S[kind]) for kind in hook.events}

    def kinds_due(self) -> list[str]:
        """Return the kinds of which something is untold and may be told now."""
        now = trio.current_time()
        due = [kind for kind, pace in self._paces.items() if pace.may(now)]
        return [kind for kind in due if events.untold(self._desk, [kind])]

    async def tell(self, kinds: list[str]) -> None:
        for alert in alerts(self._desk, events.untold(self._desk, kinds)):
            outcome = await run_hook(self._desk, self._hook, alert)
            events.tell(self._desk, alert.events)  # after, not before: rather twice than never
            self._say(alert, outcome)
        for kind in kinds:
            self._paces[kind].told(trio.current_time())

    def _say(self, alert: Alert, outcome: Outcome) -> None:
        said = {"output": outcome.output.strip()[:500]} if outcome.output.strip() else {}
        if not outcome.ok:
            if outcome.why != self._fault:
                log.warning("the hook failed; it is not told again of this", why=outcome.why, **said)
        elif self._fault or said:
            log.info("the hook works again" if self._fault else "hook", told=alert.title, **said)
        self._fault = outcome.why


def _versions(desk: Desk) -> object:
    """Return something that differs whenever a database may have changed, by us or by another process."""
    stores = (desk.node, desk.board)
    return [(store, store.version(), store.connection.total_changes) for store in stores]


def _filled(word: str, alert: Alert) -> str:
    """Return an argument with its placeholders replaced, each once: what they are replaced with is not looked at."""
    values = _values(alert)
    parts = word.split("{")
    return parts[0] + "".join(_part(part, values) for part in parts[1:])


def _part(part: str, values: dict[str, str]) -> str:
    name, closed, rest = part.partition("}")
    return f"{values[name]}{rest}" if closed and name in values else f"{{{part}"


def _values(alert: Alert) -> dict[str, str]:
    document = alert.document
    texts = {"title": alert.title, "body": alert.body, "id": alert.id}
    return {**texts, "event": str(document["event"]), "count": str(document["count"])}


def _variables(desk: Desk, alert: Alert) -> dict[str, str]:
    """Return what the program finds in its environment; LAZPOOL_HOME lets it ask `lazpool` for more."""
    told = {f"LAZPOOL_{name.upper()}": value for name, value in _values(alert).items()}
    return {**told, "LAZPOOL_HOME": str(desk.config.home)}
