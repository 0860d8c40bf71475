"""The generated parts of the pages: `make docs-check` compares them, `make docs-update` writes them, both by cog."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

import click

from lazpool import errors
from lazpool.cli.main import COMMANDS, cli
from lazpool.rules.negotiation import TABLE, Event, Role, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Out = Callable[[str], None]

WORDS = {
    Event.WE_PROPOSE: "we propose the ride",
    Event.WE_ACCEPT: "we accept",
    Event.WE_DECLINE: "we decline",
    Event.WE_CANCEL: "we call it off",
    Event.WE_BOARD: "we enter the code",
    Event.WE_SIGN: "we sign the receipt",
    Event.WE_CLAIM: "we claim the ride",
    Event.THEY_PROPOSE: "they propose the ride",
    Event.THEY_ACCEPT: "they accept",
    Event.THEY_DECLINE: "they decline",
    Event.THEY_CANCEL: "they call it off",
    Event.THEY_REFUSE_CODE: "the code was wrong",
    Event.THEY_SIGN: "they sign the receipt",
    Event.TIME_OUT: "time runs out",
}
"""Events as a person would say them, on the side whose table it is."""
BEGINNINGS = {
    Role.PASSENGER: {State.PROPOSED: "we propose the ride", State.INVITED: "they invite us"},
    Role.DRIVER: {State.RECEIVED: "they propose the ride", State.INVITED: "we invite them"},
}
"""How a deal comes into being; before that there is no state, so the table does not say it."""


def commands(out: Out) -> None:
    """Write every command with its help, under the headings of `lazpool --help`."""
    out("## lazpool\n")
    _help(out, cli, "lazpool")
    for heading, names in COMMANDS.items():
        out(f"\n## {heading}")
        for name in names:
            for path, found in _leaves(name, cli.get_command(click.Context(cli), name)):
                out(f"\n### {path}\n")
                _help(out, found, f"lazpool {path}")


def states(out: Out, role: Role) -> None:
    """Write the states of one side as a Mermaid diagram."""
    rows = [(state, event, after) for (one, state, event), after in TABLE.items() if one is role]
    out("```mermaid\nstateDiagram-v2")
    for state, why in BEGINNINGS[role].items():
        out(f"    [*] --> {state}: {why}")
    for (state, after), events in _arrows(rows).items():
        out(f"    {state} --> {after}: {', '.join(WORDS[event] for event in events)}")
    going_on = {state for state, _, _ in rows}
    for state in dict.fromkeys(after for _, _, after in rows if after not in going_on):
        out(f"    {state} --> [*]")
    out("```")


def transitions(out: Out, role: Role) -> None:
    """Write the states of one side as a table, state by state."""
    out("| state | what happens | next state |\n|---|---|---|")
    rows = [(state, event, after) for (one, state, event), after in TABLE.items() if one is role]
    for state, event, after in sorted(rows, key=lambda row: list(State).index(row[0])):
        out(f"| {state} | {WORDS[event]} | {after} |")


def exit_statuses(out: Out) -> None:
    """Write a row for each exit status: which errors end with it."""
    out("| status | code | meaning | hint |\n|---|---|---|---|")
    out("| 0 | | Done. | |")
    for one in sorted(_errors(), key=lambda error: error.status):
        meaning = (inspect.getdoc(one) or "").splitlines()[0]
        out(f"| {one.status} | `{one.code}` | {_cell(meaning)} | {_cell(one.hint)} |")


def _help(out: Out, command: click.Command, path: str) -> None:
    words = path.split()
    context = click.Context(command, info_name=words[-1], terminal_width=80, max_content_width=80)
    parent = click.Context(click.Group(), info_name=" ".join(words[:-1])) if words[1:] else None
    context.parent = parent
    out(f"```text\n{command.get_help(context).rstrip()}\n```")


def _leaves(path: str, command: click.Command | None) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for name, one in command.commands.items():
            yield from _leaves(f"{path} {name}", one)
    elif command is not None:
        yield path, command


def _arrows(rows: list[tuple[State, Event, State]]) -> dict[tuple[State, State], list[Event]]:
    arrows: dict[tuple[State, State], list[Event]] = {}
    for state, event, after in rows:
        arrows.setdefault((state, after), []).append(event)
    return arrows


def _errors() -> list[type[errors.LazpoolError]]:
    return [
        one
        for one in vars(errors).values()
        if isinstance(one, type) and issubclass(one, errors.LazpoolError) and one.__module__ == errors.__name__
    ]


def _cell(text: str) -> str:
    """Return text that a table cell can hold, a command at its end set apart."""
    return re.sub(r"(lazpool \w+)$", r"`\1`", text).replace("|", "\\|")
