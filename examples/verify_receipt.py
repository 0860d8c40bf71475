"""Verify receipts and logs with nothing of lazpool: the text of protocol/, Python and PyNaCl.

    verify_receipt.py FILE...            verify exported ledgers (protocol/receipts.md, "The bundle"), and check this
                                         program against vector files of protocol/vectors: a file says which it is
    verify_receipt.py --ledger FILE...   the same, and whatever is no exported ledger is not valid

Exit status 0 when everything agrees or verifies, 1 when something does not, 2 when the command line is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))  # where Python runs isolated, with -I, it leaves this out

from cosigned_records import CORRECTED, METHODS, SETTLED
from ledger_files import bundle, proof
from strict_bytes import RefusedError
from vector_files import has_vectors, run_vectors


def run_ledger(path: Path) -> bool:
    """Verify an exported ledger; print what it says, and tell whether it holds."""
    try:
        document = json.loads(path.read_text("utf-8"))
        if type(document) is dict and "proof" in document:
            print(f"{path.name}: {in_words(proof(document))}")
            return True
        receipts = bundle(document)
    except (OSError, RefusedError, ValueError, KeyError, TypeError) as wrong:
        print(f"{path.name}: not valid: {wrong}")
        return False
    for one in receipts:
        print(f"{one['id'].hex()[:16]}: {said(one)}")
    settlements, corrections = (sum(one["seal"] == seal for one in receipts) for seal in (SETTLED, CORRECTED))
    more = f", {settlements} settlements" if settlements else ""
    more += f", {corrections} corrections" if corrections else ""
    print(f"{path.name}: {len(receipts) - settlements - corrections} receipts{more} verified")
    return True


def in_words(one: dict[str, Any]) -> str:
    """Return what a verified proof proves, line by line."""
    sealed, stated = one["entry"], one["statement"]
    lines = [f"{one['id'].hex()[:16]}: {said(one)}", "signed by both: the debtor first, then the creditor"]
    lines.append(f"sealed as entry {sealed['seq']} of the log {sealed['log'].hex()[:16]}, {_when(sealed['time'])}")
    if stated is None:
        return "\n  ".join([*lines, "not under a checkpoint: when it was sealed rests on the word of the log's owner"])
    lines.append(f"under a checkpoint of {stated['size']} entries that the owner states for {_when(stated['at'])}")
    for key, at in one["witnesses"]:
        who = "the other device of the record" if key in one["heads"] else f"{node_name(key)}, key {key.hex()}"
        lines.append(f"witnessed {_when(at)} by {who}")
    if not one["witnesses"]:
        lines.append("witnessed by nobody: the owner could have made another log")
    return "\n  ".join(lines)


def _when(second: int) -> str:
    if second > 253_402_300_799:
        return f"second {second}"
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def node_name(key: bytes) -> str:
    """Return a key as libp2p writes it, since hubs are known by that."""
    digits, number = "", int.from_bytes(bytes.fromhex("002408011220") + key, "big")
    while number:
        number, digit = divmod(number, 58)
        digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"[digit] + digits
    return "1" + digits


def said(one: dict[str, Any]) -> str:
    """Return what a verified record says, in words."""
    debtor, creditor = one["debtor"].hex()[:16], one["creditor"].hex()[:16]
    minor = abs(one["amount"])
    amount = f"{minor // 100}.{minor % 100:02} {one['unit']}"
    if one["seal"] == CORRECTED:
        more = "more" if one["amount"] >= 0 else "less"
        return f"{debtor} owes {creditor} {amount} {more}, by a correction of {one['record'].hex()[:16]}"
    if one["seal"] == SETTLED:
        return f"{debtor} has settled {amount} with {creditor}, {METHODS[one['method']]}{_late(one)}"
    return f"{debtor} owes {creditor} {amount} for {one['distance'] / 10} km{_late(one)}"


def _late(one: dict[str, Any]) -> str:
    devices = ", ".join(log.hex()[:16] for log in one.get("beyond", []))
    return f" (signed after the revocation of {devices}, if its owner is right)" if devices else ""


def main() -> int:
    """Return the exit status."""
    parser = argparse.ArgumentParser(description="Verify receipts and logs with nothing of lazpool.")
    parser.add_argument("--ledger", action="store_true", help="all files must be exported ledgers")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    runs = [run_vectors if not arguments.ledger and has_vectors(path) else run_ledger for path in arguments.files]
    return 1 if [path for run, path in zip(runs, arguments.files, strict=True) if not run(path)] else 0


if __name__ == "__main__":
    sys.exit(main())
