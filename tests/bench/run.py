"""The benchmark: `make bench`. Every figure stands beside a peer or a bound measured in the same run.

These are measurements, not tests: a shared machine is noisy, so medians of interleaved runs are shown, and a missed
goal does not fail anything unless asked to with --strict.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from admission import admission
from areas import areas
from burst import burst
from commands import commands
from delivery import delivery
from gossip import gossip
from hub import hub
from idle import idle
from ledger import ledger
from matching import matching
from places import places
from proofs import proofs_bench
from rich.console import Console
from rich.table import Table
from roads import roads
from served import served
from sync import sync
from wake import wake

if TYPE_CHECKING:
    from rows import Row

BENCHES = {
    "admission": admission,
    "areas": areas,
    "burst": burst,
    "commands": commands,
    "delivery": delivery,
    "gossip": gossip,
    "hub": hub,
    "idle": idle,
    "ledger": ledger,
    "matching": matching,
    "places": places,
    "proofs": proofs_bench,
    "roads": roads,
    "served": served,
    "sync": sync,
    "wake": wake,
}


def main() -> int:
    """Run the benches named on the command line, or all; with --strict, a missed goal is status 1."""
    names = [name for name in sys.argv[1:] if not name.startswith("-")] or list(BENCHES)
    rows: list[Row] = []
    for name in names:
        print(f"measuring {name} ...", file=sys.stderr)
        with tempfile.TemporaryDirectory(prefix="lazpool-bench-") as folder:
            rows += BENCHES[name](Path(folder))
    _show(rows)
    return 1 if "--strict" in sys.argv and not all(row.met for row in rows) else 0


def _show(rows: list[Row]) -> None:
    table = Table(title="lazpool benchmark")
    for column in ("what", "measured", "against", "ratio", "goal", ""):
        table.add_column(column, justify="left" if column in {"what", "against"} else "right")
    for row in rows:
        table.add_row(*row.cells())
    Console(width=None if sys.stdout.isatty() else 140).print(table)


if __name__ == "__main__":
    sys.exit(main())
