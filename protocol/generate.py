"""Write the vectors, or with --check compare them with what is there.

Deterministic: every secret is the hash of a name, and nothing is drawn at random.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import making

SUBJECTS = [import_module(f"making.{one.name}") for one in iter_modules(making.__path__)]
"""Those with `files` make vectors; the others are what these share."""
FOLDER = Path(__file__).parent / "vectors"


def main() -> int:
    """Return 0, or 1 with --check when a file differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file differs, and name it")
    check = parser.parse_args().check
    makers = [subject.files for subject in SUBJECTS if hasattr(subject, "files")]
    made = {f"{name}.json": text for files in makers for name, text in files().items()}
    found = {path.name: path.read_text("ascii") for path in FOLDER.glob("*.json")}
    differing = sorted(name for name in made.keys() | found.keys() if made.get(name) != found.get(name))
    for name in differing:
        print(f"{name}: {_what(name, made, found, check=check)}")
    if check:
        return 1 if differing else 0
    for name in differing:
        _write(FOLDER / name, made.get(name))
    return 0


def _what(name: str, made: dict[str, str], found: dict[str, str], *, check: bool) -> str:
    if name not in made:
        return "nothing makes this file" if check else "removed"
    return ("missing" if name not in found else "differs") if check else "written"


def _write(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink()
    else:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "ascii", newline="\n")


if __name__ == "__main__":
    sys.exit(main())
