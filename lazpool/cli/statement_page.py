"""A year's statement as a page to print: one sheet of A4, complete in itself, asking nobody for anything."""

from __future__ import annotations

from html import escape
from string import Template
from typing import TYPE_CHECKING, Any

from lazpool.cli.statement_document import HOW_TO_VERIFY, basis, evidence, kilograms, stands_behind
from lazpool.cli.typed import short
from lazpool.rules.evidence import BOTH, MUTUAL, ONE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_ROWS = 50
"""Rides that a sheet has room for, in two columns; a longer year is summed up by months."""
ONE_COLUMN = 20

_STYLE = """
@page { size: A4; margin: 12mm 14mm }
* { box-sizing: border-box }
body { font: 9.5pt/1.35 system-ui, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif; color: #1c2326;
  max-width: 182mm; margin: 8mm auto; padding: 0 4mm }
@media print { body { margin: 0; padding: 0; max-width: none } }
header { display: flex; justify-content: space-between; align-items: flex-end; gap: 8mm;
  border-bottom: 2pt solid #0f5c5a; padding-bottom: 2mm }
h1 { font-size: 17pt; line-height: 1.1; margin: 0; color: #0f5c5a; font-weight: 650 }
h2 { font-size: 9.5pt; margin: 0 0 .6mm; color: #0f5c5a }
header p { margin: 0; text-align: right }
.figures { display: grid; grid-template-columns: repeat(5, auto); gap: 3mm; margin: 3mm 0 }
.figures div { background: #eef4f3; border-radius: 1.5mm; padding: 1.6mm 2.5mm }
.figures b { display: block; font-size: 13pt; line-height: 1.2; white-space: nowrap }
.figures span, .small, footer { color: #47555a; font-size: 7.6pt; line-height: 1.32 }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums;
  font-size: 8.2pt; line-height: 1.22 }
th { text-align: left; font-weight: 600; color: #47555a; border-bottom: .8pt solid #8fa3a1; padding: .5mm 2mm .5mm 0 }
td { border-bottom: .4pt solid #dfe7e6; padding: .42mm 2mm .42mm 0; white-space: nowrap }
.n { text-align: right; padding-right: 5mm }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: 6mm; align-items: start }
.two .n { padding-right: 2.5mm }
.two td, .two th { padding-right: 1.5mm }
.two table { font-size: 7.2pt }
sub { line-height: 0 }
code { font-family: ui-monospace, "Liberation Mono", Menlo, Consolas, monospace; font-size: .94em }
.notes { display: grid; grid-template-columns: 1fr 1fr; gap: 2mm 8mm; margin-top: 3mm }
.notes p { margin: 0 }
.sign { display: grid; grid-template-columns: 3fr 2fr 3fr; gap: 6mm; margin-top: 3.5mm; break-inside: avoid }
.sign div { border-top: .6pt solid #47555a; padding-top: .6mm; margin-top: 9mm; font-size: 7.6pt; color: #47555a }
.sign p { grid-column: 1 / -1; margin: 0 }
"""

_PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Shared rides in $year$of</title>
<style>$style</style>
</head>
<body>
<header>
<h1>Shared rides in $year</h1>
<p><b>$name</b><br><span class="small">identity <code>$identity</code></span></p>
</header>
<section class="figures">
$figures
</section>
$tables
<section class="notes small">
<div><h2>What stands behind each ride</h2><p>$evidence</p></div>
<div><h2>How to check it</h2><p>$check</p></div>
<div style="grid-column: 1 / -1"><h2>How the CO<sub>2</sub> is reckoned</h2><p>$basis</p></div>
</section>
<section class="sign"><p>I declare that these rides took place as they are listed here.</p>
<div>Name</div><div>Place and date</div><div>Signature</div></section>
</body>
</html>
""")
_NAMES = "Others are named by the beginning of their identity, which is a key and no name."
_BRIEF = {MUTUAL: "", ONE: "1 position", BOTH: "both, code"}
"""The classes where two columns leave no room; a code that is in none of them is told beside them."""


def page(whole: dict[str, Any]) -> str:
    """Return the page; every value in it is escaped, since names may be anything."""
    totals, name = whole["totals"], whole["name"]
    return _PAGE.substitute(
        year=whole["year"],
        style=_STYLE,
        of=f", {escape(name)}" if name else "",
        name=escape(name) or "&nbsp;",
        identity=whole["identity"][:16],
        figures="\n".join(f"<div><b>{value}</b><span>{label}</span></div>" for value, label in _figures(totals)),
        tables=_months(whole) if totals["rides"] > MAX_ROWS else _rides(whole),
        evidence=f"{escape(stands_behind(totals))} {_NAMES}",
        check=_check(),
        basis="<br>".join(escape(line) for line in basis(whole)),
    )


def _figures(totals: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (f"{totals['rides']}", "rides"),
        (f"{totals['days']}", "days"),
        (f"{totals['km_driven']:.0f} km", "as the driver"),
        (f"{totals['km_ridden']:.0f} km", "as a passenger"),
        (f"{kilograms(totals['co2_g'])} kg", "CO<sub>2</sub> saved, a range"),
    ]


def _rides(whole: dict[str, Any]) -> str:
    head = ("Day", "", "With", ">km", ">CO<sub>2</sub> saved, kg", "Evidence", "Receipt")
    rows: list[Sequence[str]] = [
        (
            *(one["date"], _did(one), _id(one["with"]), _distance(one), kilograms(one["co2_g"])),
            *(evidence(one), _id(one["receipt"])),
        )
        for one in whole["rides"]
    ]
    if len(rows) <= ONE_COLUMN:
        return _table(head, rows or [("none that both have signed for", *[""] * (len(head) - 1))])
    narrow = ("Day", "", "With", ">km", ">CO<sub>2</sub>, kg", "Evidence", "Receipt")
    marked = [(row[0][5:], *row[1:5], _briefly(one), row[6]) for row, one in zip(rows, whole["rides"], strict=True)]
    half = (len(rows) + 1) // 2
    return f'<div class="two">{_table(narrow, marked[:half])}{_table(narrow, marked[half:])}</div>'


def _briefly(one: dict[str, Any]) -> str:
    said = [_BRIEF[one["evidence"]], "code" if one["code"] and one["evidence"] != BOTH else ""]
    return ", ".join(filter(None, said))


def _did(one: dict[str, Any]) -> str:
    return "drove" if one["role"] == "driver" else "rode"


def _distance(one: dict[str, Any]) -> str:
    return f"{one['seats']} x {one['km']:.1f}" if one["seats"] > 1 else f"{one['km']:.1f}"


def _months(whole: dict[str, Any]) -> str:
    head = (
        "Month",
        ">Rides",
        ">Days",
        ">People",
        ">km driven",
        ">km ridden",
        ">Passenger km",
        ">CO<sub>2</sub> saved, kg",
    )
    rows = [
        (
            *(one["month"], str(one["rides"]), str(one["days"]), str(one["people"])),
            *(f"{one[key]:.1f}" for key in ("km_driven", "km_ridden", "passenger_km")),
            kilograms(one["co2_g"]),
        )
        for one in whole["months"]
    ]
    return _table(head, rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    kinds = [' class="n"' if name.startswith(">") else "" for name in head]
    lines = [[f"<th{kind}>{name.removeprefix('>')}</th>" for name, kind in zip(head, kinds, strict=True)]]
    lines += [[f"<td{kind}>{cell}</td>" for cell, kind in zip(row, kinds, strict=True)] for row in rows]
    body = "\n".join(f"<tr>{''.join(line)}</tr>" for line in lines)
    return f"<table>\n{body}\n</table>"


def _check() -> str:
    command, why = (escape(line) for line in HOW_TO_VERIFY)
    first, second = command.split("; ")
    return (
        f"Ask for the ledger itself: <code>{first}</code> writes it. Then <code>{second}</code> {why}. The receipts "
        "and the identity in it are those named here."
    )


def _id(text: str) -> str:
    return f"<code>{short(bytes.fromhex(text))}</code>"
