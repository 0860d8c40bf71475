"""The chapters: what they point at exists."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from lazpool.wire.hashing import network_id
from tests.protocol.vectors import PROTOCOL

if TYPE_CHECKING:
    from pathlib import Path

CHAPTERS = sorted(PROTOCOL.glob("*.md"))
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)")


def anchors(text: str) -> set[str]:
    """Return the anchors of the headings of a page, as GitHub and MyST make them."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.name)
def test_links_lead_somewhere(chapter: Path) -> None:
    """Every link of a chapter leads to a file that exists, and to a heading of it where it names one."""
    for name, anchor in LINK.findall(chapter.read_text("utf-8")):
        target = chapter.parent / name if name else chapter
        assert target.is_file(), name
        assert not anchor or anchor in anchors(target.read_text("utf-8")), f"{name}#{anchor}"


def test_every_tag_of_a_hash_is_listed() -> None:
    """The table of tags names each that lazpool hashes with, and the id of the public network is as it says."""
    text = (PROTOCOL / "conventions.md").read_text("utf-8")
    floors = ("wire", "records")  # what only this node hashes, higher up, is no part of the protocol
    paths = [path for floor in floors for path in (PROTOCOL.parent / "lazpool" / floor).glob("*.py")]
    used = set(re.findall(r'"(lz/[a-z]+/1)"', "".join(path.read_text("utf-8") for path in paths)))
    assert len(used) > 8
    assert used == set(re.findall(r"^\| `(lz/[a-z]+/1)`", text, re.MULTILINE))
    assert network_id("lazpool").hex() in text


def test_every_tag_of_a_signature_is_listed() -> None:
    """The table of signatures names each role that lazpool signs in."""
    text = (PROTOCOL / "keys-and-envelope.md").read_text("utf-8")
    listed = set(re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE))
    sources = "".join(path.read_text("utf-8") for path in (PROTOCOL.parent / "lazpool" / "records").glob("*.py"))
    used = set(re.findall(r'(?:\bsign\(\s*\w+,\s*|(?:FIRST|SECOND): ClassVar\[str\] = )"([a-z-]+)"', sources))
    assert len(used) > 8
    assert used == listed
