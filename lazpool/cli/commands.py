"""Commands and groups of commands: imported only when called, each with an example in its help."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from lazpool.cli.app import App
from lazpool.cli.border import guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_NEGATIVE = re.compile(r"-\d")


class Command(click.Command):
    """A command that also takes `--json` after its name, and places south of the equator."""

    def __init__(self, *args: Any, **attributes: Any) -> None:
        """Add the hidden option."""
        super().__init__(*args, **attributes)
        self.params.append(_json_option())

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep `-33.87,151.21` from being read as options; what a place or a number is parsed from may have spaces."""
        return super().parse_args(ctx, [f" {word}" if _NEGATIVE.match(word) else word for word in args])


class Group(click.Group):
    """A group of commands such as `place add`."""

    command_class = Command
    group_class = type

    def __init__(self, *args: Any, **attributes: Any) -> None:
        """Add the hidden option; a group without a command is a usage error, said like any other."""
        super().__init__(*args, **{"no_args_is_help": False, **attributes})
        self.params.append(_json_option())


class Program(click.Group):
    """The whole program: imports a command's module when it is called, and lets no exception out.

    lazy: for each heading of the help, its commands and where they are, as `module:attribute` in lazpool.cli.
    """

    def __init__(self, *args: Any, lazy: Mapping[str, Mapping[str, str]], **attributes: Any) -> None:
        """Keep where the commands are."""
        super().__init__(*args, **attributes)
        self._headings = lazy
        self._lazy = {name: where for section in lazy.values() for name, where in section.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 # click's signature
        """Return the names of all commands."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 # click's signature
        """Import a command."""
        if cmd_name not in self._lazy:
            return None
        module, _, attribute = self._lazy[cmd_name].partition(":")
        found = getattr(import_module(f"lazpool.cli.{module}"), attribute)
        if not isinstance(found, click.Command):
            raise TypeError(f"{cmd_name} is no command")
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands under their headings."""
        for heading, names in self._headings.items():
            found = [(name, self.get_command(ctx, name)) for name in names]
            with formatter.section(heading):
                formatter.write_dl([(name, one.get_short_help_str(70)) for name, one in found if one])

    def main(self, args: Sequence[str] | None = None, *_: Any, **extra: Any) -> Any:
        """Run a command line and end the process with the exit status of the contract."""
        import sys  # noqa: PLC0415 # looked up now, since tests replace its streams

        words = list(sys.argv[1:] if args is None else args)
        run = super().main
        ways = {**extra, "prog_name": "lazpool", "standalone_mode": False}
        sys.exit(guarded(lambda: run(words, **ways), json="--json" in words))


def command(name: str, *, example: str) -> Callable[[Callable[..., Any]], Command]:
    """Make a command of a function, whose docstring is the help; `example` are command lines to try."""
    return click.command(name, cls=Command, epilog=epilog(example))


def group(name: str) -> Callable[[Callable[..., Any]], Group]:
    """Make a group of commands of a function, whose docstring is the help."""
    return click.group(name, cls=Group)


def epilog(example: str) -> str:
    """Return how examples stand at the end of a help text."""
    lines = [f"  {line.strip()}" for line in example.strip().splitlines()]
    return "\n".join(["\b", "Example:" if len(lines) == 1 else "Examples:", *lines])


def _json_option() -> click.Option:
    def switch(ctx: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 # click's signature
        if value:
            ctx.ensure_object(App).json = True

    return click.Option(["--json"], is_flag=True, hidden=True, expose_value=False, is_eager=True, callback=switch)
