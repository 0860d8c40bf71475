"""What vectors of settlements and of corrections have in common: terms that are bent, and halves of the honest ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from making.curve import digest
from making.people import STRANGER, body, shown
from making.raw import Raw, pack
from making.receipts import BLIND

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from making.document import Group

    Make = Callable[..., dict[str, Any]]
    Sign = Callable[..., dict[str, bytes]]
    Cases = Mapping[str, Mapping[str, Any]]


def honest(group: Group, make: Make, sign: Sign, id_tag: str, cases: Cases) -> None:
    """Add terms with both halves."""
    for comment, changes in cases.items():
        fields = make(**changes)
        data = body(fields)
        identifier = digest(id_tag, data)
        commitment = digest("lz/blind/1", identifier + BLIND)
        group.valid(comment, terms=data, **sign(data), id=identifier, commitment=commitment, fields=shown(fields))


def bent_terms(group: Group, make: Make, sign: Sign, amount: str, other: tuple[str, int], cases: Cases) -> None:
    """Add terms that break the format, well signed. amount: that field's name; other: name and number of a kind."""

    def add(comment: str, layer: str, data: bytes) -> None:
        group.invalid(comment, layer, terms=data, **sign(data))

    add("more than 512 bytes", "size", pack([bytes(510)]))
    add("a byte after the end", "codec", body(make()) + b"\0")
    add("the amount as a float", "codec", body(make(**{amount: Raw(b"\xcb" + bytes(8))})))
    add("the last field is missing", "shape", pack(list(make().values())[:-1]))
    add("a third person as one field more", "shape", pack([*make().values(), STRANGER.identity.pk]))
    add("version 2", "shape", body(make(version=2)))
    add(f"the kind of a {other[0]}", "shape", body(make(kind=other[1])))
    for comment, changes in cases.items():
        add(comment, "range", body(make(**changes)))


def bent_halves(group: Group, make: Make, sign: Sign, cases: Cases) -> None:
    """Add honest terms with halves that do not hold."""
    terms = body(make())
    for comment, how in cases.items():
        group.invalid(comment, "signature", terms=terms, **sign(terms, **how))
