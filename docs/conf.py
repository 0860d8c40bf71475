"""How Sphinx builds these pages into a web site; they read as plain Markdown without it."""

from __future__ import annotations

import tomllib
from pathlib import Path

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
