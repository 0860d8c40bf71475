"""A year's statement: for oneself as text, for programs as JSON or CSV, and as a page to hand to somebody."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lazpool.actions.exporting import Choice
from lazpool.actions.statement import draw_up
from lazpool.cli import times
from lazpool.cli.app import Table, clean
from lazpool.cli.commands import command
from lazpool.cli.exports import write
from lazpool.cli.partners import partner
from lazpool.cli.statement_document import HOW_TO_VERIFY, basis, document, evidence, kilograms, stands_behind
from lazpool.cli.typed import short
from lazpool.cli.words import counted, fields

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazpool.cli.app import App

FIRST_YEAR, LAST_YEAR = 2000, 9998
COLUMNS = (
    "date",
    "role",
    "with",
    "km",
    "seats",
    "passenger_km",
    "co2_least_g",
    "co2_most_g",
    "evidence",
    "code",
    "receipt",
)
_SHOWN = ("day", "you", "with", ">km", ">CO2 saved, kg", "evidence")


@command("statement", example="lazpool statement 2027\nlazpool statement 2027 --format html --out 2027.html --with Ada")
@click.argument("year", type=click.IntRange(FIRST_YEAR, LAST_YEAR))
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv", "html"]),
    default="text",
    show_default=True,
    help="For people, for programs, for a spreadsheet, or a page to print.",
)
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Write it to a file.")
@click.option("--with", "other", metavar="PERSON", help="With one person only: a name, or the start of an identity.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@click.pass_obj
def statement(app: App, /, year: int, form: str, out: Path | None, other: str | None, *, force: bool) -> None:
    """Sum up the rides of a year that both have signed for: days, kilometres, and CO2 saved as a range.

    For an employer or an office: others stand there by the beginning of their identity alone, and no money does. The
    page of --format html is complete in itself and fits a sheet of A4; a long year is summed up by months.
    """
    with app.desk() as desk:
        first, after = (times.day_start(f"{day}-01-01", desk.config.zone) for day in (year, year + 1))
        found = draw_up(desk, Choice(first, after, partner(desk, other) if other else None))
        whole = document(desk, year, found)
        if out is None and (form == "text" or app.json):
            app.show(whole, *_text(whole))
            return
        written = _WRITERS[form](whole)
    if out is None:
        click.echo(written, nl=False)
        return
    size = write(out, written, force=force)
    app.show({"file": str(out), "format": form, "records": len(found.rides), "bytes": size}, str(out))


def _text(whole: dict[str, Any]) -> list[str | Table]:
    totals, rows = whole["totals"], [_row(one) for one in whole["rides"]]
    table = Table(_SHOWN, rows, f"No rides in {whole['year']} that both have signed for.")
    if not rows:
        return [table, *_waiting(whole)]
    said = [
        "",
        *fields(_sums(totals)),
        f"CO2 is a range, since nobody knows what had been without the rides ({whole['factors']['title']}):",
        *(f"- {line}" for line in basis(whole)),
        stands_behind(totals),
        "To verify:",
        *(f"- {line}" for line in HOW_TO_VERIFY),
    ]
    return [table, *said, *_waiting(whole)]


def _sums(totals: dict[str, Any]) -> list[tuple[str, str]]:
    days, people = counted(totals["days"], "day", "days"), counted(totals["people"], "person", "people")
    return [
        ("rides", f"{totals['rides']} on {days}, with {people}"),
        ("km", f"{totals['km_driven']:.1f} driven, {totals['km_ridden']:.1f} ridden"),
        ("people", f"{totals['passenger_km']:.1f} passenger km"),
        ("CO2", f"{kilograms(totals['co2_g'])} kg saved"),
    ]


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    doing = "drove" if one["role"] == "driver" else "rode"
    partner_id = short(bytes.fromhex(one["with"]))
    return one["date"], doing, partner_id, f"{one['km']:.1f}", kilograms(one["co2_g"]), evidence(one)


def _waiting(whole: dict[str, Any]) -> list[str]:
    """Return what is said of rides that cannot be counted yet."""
    many = whole["waiting"]
    return [f"Without {counted(many, 'ride', 'rides')} that the driver has not signed for yet."] if many else []


def as_text(whole: dict[str, Any]) -> str:
    """Return what a terminal is shown."""
    from lazpool.cli.tables import render  # noqa: PLC0415 # rich, for people only

    text = io.StringIO()
    for part in _text(whole):
        if isinstance(part, Table):
            render(part, text)
        else:
            text.write(f"{clean(part)}\n")
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def as_csv(whole: dict[str, Any]) -> str:
    """Return a row for each ride."""
    import csv  # noqa: PLC0415 # seldom asked for

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in whole["rides"]:
        flat = {**one, "co2_least_g": one["co2_g"]["least"], "co2_most_g": one["co2_g"]["most"]}
        writer.writerow([*(flat[name] for name in COLUMNS[:-2]), "yes" if one["code"] else "no", one["receipt"]])
    return text.getvalue()


def as_json(whole: dict[str, Any]) -> str:
    """Return the whole document."""
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def as_html(whole: dict[str, Any]) -> str:
    """Return a page of its own."""
    from lazpool.cli.statement_page import page  # noqa: PLC0415 # seldom asked for

    return page(whole)


_WRITERS: dict[str, Callable[[dict[str, Any]], str]] = {
    "text": as_text, "json": as_json, "csv": as_csv, "html": as_html
}  # fmt: skip
