"""Help: for every command, with an example that stands."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from lazpool.cli.main import cli

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTRACT = {
    *("init", "id", "join", "up", "hub run", "status", "paths", "demo", "place add", "place list", "place remove"),
    *("offer", "request", "posts", "board", "withdraw", "matches", "propose", "invite", "deals", "deal"),
    *("accept", "decline", "cancel", "note", "pickup", "done", "ledger show", "ledger balance", "ledger verify"),
}


def commands(group: click.Group, *path: str) -> Iterator[tuple[str, click.Command]]:
    """Return every command with its name, those of groups included."""
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        if isinstance(found, click.Group):
            yield from commands(found, *path, name)
        else:
            yield " ".join([*path, name]), found


ALL = dict(commands(cli))


def test_the_contract_is_there() -> None:
    """Every command of the contract exists."""
    assert set(ALL) >= CONTRACT


@pytest.mark.parametrize("name", ALL)
def test_help_has_an_example_of_the_command_itself(name: str) -> None:
    """Each --help ends with status 0, explains, and shows a command line that begins like the command."""
    result = CliRunner().invoke(cli, [*name.split(), "--help"])
    assert result.exit_code == 0
    help_text, example = re.split(r"Examples?:\n", result.stdout)
    assert f"Usage: lazpool {name}" in help_text
    lines = [line.strip() for line in example.strip().splitlines()]
    assert lines
    assert all(line.startswith(("lazpool " + name, f"lazpool --json {name}")) for line in lines)


@pytest.mark.parametrize("name", ALL)
def test_examples_have_options_and_arguments_that_exist(name: str) -> None:
    """An example parses: its options exist, its arguments are as many as the command takes."""
    command, parents = ALL[name], name.split()
    _, examples = re.split(r"Examples?:\n", command.epilog or "")
    for line in examples.strip().splitlines():
        words = [word for word in shlex.split(line) if word != "--json"][1 + len(parents) :]
        command.make_context(name, words, resilient_parsing=False)


def test_top_help_lists_every_command_under_a_heading() -> None:
    """`lazpool --help` names all commands; `lazpool` alone says the same on stderr, with status 2."""
    asked, alone = CliRunner().invoke(cli, ["--help"]), CliRunner().invoke(cli, [])
    assert asked.exit_code == 0
    assert all(re.search(rf"^  {name.split()[0]} ", asked.stdout, re.MULTILINE) for name in ALL)
    assert (alone.exit_code, alone.stdout) == (2, "")
    assert "Usage: lazpool" in alone.stderr


def test_json_may_stand_after_the_command(tmp_path: object) -> None:
    """`lazpool paths --json` is the same as `lazpool --json paths`."""
    home = ["--home", str(tmp_path)]
    after, before = (CliRunner().invoke(cli, [*home, *words]) for words in (["paths", "--json"], ["--json", "paths"]))
    assert after.stdout == before.stdout
    assert after.stdout.startswith('{"checks"')
