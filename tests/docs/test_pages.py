"""What the pages promise: links lead somewhere, commands exist, decisions are whole."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from lazpool.cli.main import COMMANDS, cli
from tests.docs.pages import ROOT, anchors, code, links, pages, prose

if TYPE_CHECKING:
    from pathlib import Path

DECISIONS = sorted((ROOT / "docs/decisions").iterdir())
_NOT_OURS = re.compile(r"\b(issues?|sessions?|helpers?|shared folder|shared/)", re.IGNORECASE)
"""Words of a workshop: a reader has the project alone."""
_CALL = re.compile(r"^(?:[a-z]+\$ )?(?:\S+/)?lazpool(?: --json| --home \S+)* ([a-z]+)", re.MULTILINE)


def _commands() -> set[str]:
    names = (name for section in COMMANDS.values() for name in section)
    return {leaf for name in names for leaf in _leaves(name, cli.get_command(click.Context(cli), name))}


def _leaves(name: str, one: click.Command | None) -> set[str]:
    if not isinstance(one, click.Group):
        return {name}
    return {leaf for part, inner in one.commands.items() for leaf in _leaves(f"{name} {part}", inner)}


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Every link inside the project names a file that is there, and a heading that is in it."""
    for link in links(page):
        path, _, heading = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        assert not heading or heading in anchors(target), link


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_speak_of_the_project(page: Path) -> None:
    """A page uses no word of how it came to be written."""
    assert not _NOT_OURS.search(page.read_text("utf-8"))


def test_every_page_is_reached_from_the_index() -> None:
    """The index links to every page under docs/, the decisions by their folder."""
    index = ROOT / "docs/index.md"
    linked = {(index.parent / link.partition("#")[0]).resolve() for link in links(index)}
    missing = [page for page in index.parent.rglob("*.md") if page != index and not {page, page.parent} & linked]
    assert not missing


def test_every_command_is_documented() -> None:
    """The reference has a heading for each command and for nothing that is none; its help has an example."""
    page = (ROOT / "docs/reference/cli.md").read_text("utf-8")
    assert set(re.findall(r"^### (.+)$", page, re.MULTILINE)) == _commands()
    assert page.count("  Example") == len(_commands()) + 1


def test_commands_named_in_pages_exist() -> None:
    """Whatever stands in a page as a lazpool command is one."""
    known = {" ".join(name.split()[:words]) for name in _commands() for words in (1, 2, 3)}
    for page in pages():
        for name in _CALL.findall("\n".join(code(page))):
            assert name in known, f"{page.name}: lazpool {name}"


def test_readme_begins_with_two_commands() -> None:
    """The first block of the README is what a newcomer types, and make knows its targets."""
    block = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)[0]
    targets = re.findall(r"^make (\w+)", block, re.MULTILINE)
    assert targets == ["demo", "test"]


def test_make_targets_in_pages_exist() -> None:
    """Every `make` target that a page names is in the Makefile."""
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for page in pages():
        for target in re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text("utf-8"), re.MULTILINE):
            assert target in known, f"{page.name}: make {target}"


def test_system_packages_in_the_readme_are_those_asked_for() -> None:
    """The README's packages are those that the check before the installation looks for."""
    check = (ROOT / ".ci/preflight").read_text("utf-8")
    packages = re.findall(r"apt-get install (.+)", (ROOT / "README.md").read_text("utf-8"))[0].split()
    for package in set(packages) - {"git", "make"}:
        assert package.replace("python3", "") in check, package


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.name)
def test_decisions_are_whole(decision: Path) -> None:
    """A decision has a number that no other has, a title with it, and context, decision and consequence in order."""
    number = re.fullmatch(r"(\d{3})-[a-z0-9-]+\.md", decision.name)
    assert number, decision.name
    assert [one.name[:3] for one in DECISIONS].count(number[1]) == 1
    text = prose(decision)
    assert text.startswith(f"# {number[1]}. ")
    assert re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE) == ["Context", "Decision", "Consequence"]


def test_generated_parts_say_what_the_program_does() -> None:
    """The generated parts of all pages are what cog would write now."""
    generated = [str(page) for page in pages() if "[[[cog" in page.read_text("utf-8")]
    assert len(generated) >= 4
    check = [sys.executable, "-m", "cogapp", "--check", *generated]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert ran.returncode == 0, ran.stdout + ran.stderr
