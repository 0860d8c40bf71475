"""How Sphinx builds these pages into a web site; they are plain CommonMark and read well without it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from pygments.lexers.special import TextLexer

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_metadata = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))["project"]

project = _metadata["name"]
release = _metadata["version"]
author = _metadata["authors"][0]["name"]

extensions = ["myst_parser"]
myst_heading_anchors = 3
# Pages point at the protocol, at code and at examples beside docs/; those links work where the source is browsed.
suppress_warnings = ["myst.xref_missing"]

html_theme = "furo"
html_title = f"{project} {release}"

_CONTENTS = """
```{toctree}
:hidden:
:glob:
:caption: %s

%s/*
```
"""
_PARTS = ("tutorial", "how-to", "reference", "explanation", "decisions")


def setup(app: Sphinx) -> None:
    """Add what only Sphinx understands, so that the pages need not hold it."""
    app.connect("source-read", _add_contents)
    # Diagrams stand as text: drawing them would load a program from somebody else's server.
    app.add_lexer("mermaid", TextLexer)


def _add_contents(_: Sphinx, page: str, source: list[str]) -> None:
    if page == "index":
        source[0] += "".join(_CONTENTS % (part.capitalize(), part) for part in _PARTS)
