"""Lines of the ledger in the forms that bookkeepers' programs read: CSV, JSON, plain-text accounting."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from typing import TYPE_CHECKING

from lazpool.cli import times
from lazpool.cli.typed import short
from lazpool.cli.views import money

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazpool.actions.desk import Desk
    from lazpool.actions.exporting import Line

COLUMNS = ("date", "kind", "with", "name", "km", "seats", "amount", "unit", "method", "id")
_FORMULA = ("=", "+", "-", "@", "\t")
"""What a spreadsheet would run; names come from strangers."""

_PAID = {"cash": "Assets:Cash", "bank": "Assets:Bank", "offset": "Equity:Carpool:Offset"}
_PAID["forgiven"] = "Equity:Carpool:Forgiven"


def as_csv(desk: Desk, lines: Sequence[Line]) -> str:
    """Return a table: amounts in whole units, positive when the other owes you more by it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in lines:
        name = f"'{one.name}" if one.name.startswith(_FORMULA) else one.name
        writer.writerow(
            (times.day(desk, one.minute), one.kind, one.other.hex(), name, f"{one.distance / 10:.1f}", one.seats,
             _decimal(one.amount), one.unit, one.method, one.id.hex())
        )  # fmt: skip
    return text.getvalue()


def as_json(desk: Desk, lines: Sequence[Line]) -> str:
    """Return a document with the money in minor units."""
    documents = [line_document(desk, one) for one in lines]
    return json.dumps({"lines": documents}, indent=2, ensure_ascii=False) + "\n"


def line_document(desk: Desk, line: Line) -> dict[str, object]:
    """Return a ride or a settlement as a document."""
    return {
        "at": times.iso(desk, line.minute),
        "kind": line.kind,
        "with": line.other.hex(),
        "name": line.name,
        "km": line.distance / 10,
        "seats": line.seats,
        "share": money(line.amount, line.unit),
        "method": line.method or None,
        "deal": line.deal.hex() or None,
        "record": line.record.hex() or None,
        "id": line.id.hex(),
    }


def as_journal(desk: Desk, lines: Sequence[Line]) -> str:
    """Return a journal that hledger and beancount both read: an account for each person, opened at its first line."""
    opened: set[str] = set()
    text = [f"; lazpool ledger of {desk.identity.hex()}"]
    for one in lines:
        day, pair = times.day(desk, one.minute), _accounts(one)
        text += [f"\n{day} open {account}" for account in pair if account not in opened]
        opened |= set(pair)
        text.append(f'\n{day} * "{_plain(one.name) or short(one.other)}" "{_what(one)}"')
        text.append(f"  ; {one.kind} {one.id.hex()}")
        text += [
            f"  {account}  {_decimal(sign * one.amount)} {one.unit}"
            for account, sign in zip(pair, (1, -1), strict=True)
        ]
    return "\n".join(text) + "\n"


def _accounts(line: Line) -> tuple[str, str]:
    """Return the account of the person, and what stands against it."""
    person = f"Assets:Carpool:{_account(line.name)}{short(line.other).upper()}"
    if line.method:
        return person, _PAID[line.method]
    if line.record:
        return person, "Equity:Carpool:Corrections"
    return person, "Income:Carpool" if line.amount >= 0 else "Expenses:Carpool"


def _what(line: Line) -> str:
    if line.record:
        return f"correction of {short(line.record)}"
    return f"settled, {line.method}" if line.method else f"ride, {line.distance / 10:.1f} km"


def _account(name: str) -> str:
    """Return a name as an account may have it: ASCII letters and digits, beginning with a capital."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    kept = "".join(sign for sign in plain.title() if sign.isalnum())
    return f"{kept}-" if kept else ""


def _plain(name: str) -> str:
    """Return a name that ends neither its quotes nor its line, and opens no comment."""
    return "".join(sign for sign in name if sign.isprintable() and sign not in '";|\\').strip()


def _decimal(minor: int) -> str:
    sign, whole = "-" if minor < 0 else "", abs(minor)
    return f"{sign}{whole // 100}.{whole % 100:02d}"
