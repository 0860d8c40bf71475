"""Try an extract out, as a process of its own: `python -m lazpool.roads.trial BASE`. What ends here ends no node."""

from __future__ import annotations

import sys
from pathlib import Path

from lazpool.errors import LazpoolError
from lazpool.roads.engine import Engine


def main() -> int:
    """Open the extract and find a road in it."""
    try:
        Engine(Path(sys.argv[1])).try_out()
    except LazpoolError as wrong:
        print(f"[error] {wrong.message}")  # noqa: T201 # read by the build
        return LazpoolError.status
    return 0


if __name__ == "__main__":
    sys.exit(main())
