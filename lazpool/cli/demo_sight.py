"""Who knows what about whom: looked up in the bytes that each home holds, not told from memory."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from lazpool.cli.app import Table
from lazpool.cli.demo_cast import DemoFailedError, Person
from lazpool.records.deal_bodies import E5

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from lazpool.records.places import Point

PUBLIC, SEALED = "in public", "sealed"
ADDRESS = "exact address"
OWN, KNOWS, NOTHING = "own", "knows", "-"


def text_fact(text: str) -> list[bytes]:
    """Return the bytes by which a text would be found."""
    return [text.encode()]


def key_fact(hexed: str) -> list[bytes]:
    """Return the bytes by which a key or an id would be found, in either case."""
    return [bytes.fromhex(hexed), hexed.encode(), hexed.upper().encode()]


def place_fact(where: Point) -> list[bytes]:
    """Return the bytes by which an exact place would be found: as a double, as a letter has it, as text."""
    found = [struct.pack(order + "d", number) for number in (where.lat, where.lon) for order in "<>"]
    found += [struct.pack(">I", round(number * E5)) for number in (where.lat, where.lon)]
    return found + [f"{number:.5f}".encode() for number in (where.lat, where.lon)]


def knowledge(people: Sequence[Person]) -> list[dict[str, str]]:
    """Return a row for each fact: `about`, `what`, and for each viewer's first name own, knows or -."""
    homes = {viewer.short: _bytes(viewer) for viewer in people}
    rows = []
    for subject in people:
        for what, patterns in subject.facts.items():
            row = {"about": subject.short, "what": what}
            for viewer in people:
                seen = any(pattern in homes[viewer.short] for pattern in patterns)
                row[viewer.short] = OWN if viewer is subject else KNOWS if seen else NOTHING
            rows.append(row)
    return rows


def check(
    rows: Iterable[dict[str, str]],
    hub: Person,
    driver: Person,
    strangers: Sequence[Person],
    walking: Collection[str] = (),
) -> None:
    """Raise DemoFailedError if the hub knows anything but public posts, or one passenger anything of the other.

    That the driver does know it, of the passengers, shows that the search finds what is there. walking: first names of
    those who walk to a meeting place, whose address not even the driver is to know.
    """
    names = {person.short for person in strangers}
    for row in rows:
        if PUBLIC in row["what"]:
            continue
        about, secret = row["about"], row["about"] in walking and row["what"] == ADDRESS
        if about in names and not secret and row[driver.short] != KNOWS:
            raise DemoFailedError(f"{driver.short} never learnt {about}'s {row['what']}")
        others = names - {about} if about in names else set()
        for viewer in (hub.short, *others, *([driver.short] if secret else [])):
            if row[viewer] == KNOWS:
                raise DemoFailedError(f"{viewer} learnt {about}'s {row['what']}")


def table(rows: Sequence[dict[str, str]], people: Sequence[Person]) -> Table:
    """Return the rows for people."""
    columns = ("about", "what", *(f"the {one.what}" if one.what == "hub" else one.short for one in people))
    lines = [(row["about"], row["what"], *(row[one.short] for one in people)) for row in rows]
    return Table(columns, lines, "")


def _bytes(person: Person) -> bytes:
    files = sorted(path for path in person.home.rglob("*") if path.is_file() and path.parent.name != "keys")
    return b"".join(path.read_bytes() for path in files)
