"""What people type: places, prices, free text, ids."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import click

from lazpool.cli.app import typed
from lazpool.config import is_iban, plain_iban
from lazpool.errors import AmbiguousError, InvalidInputError, MalformedError, NotFoundError
from lazpool.records.places import Point
from lazpool.records.posts import MAX_PRICE
from lazpool.records.shape import MAX_AMOUNT, check_text, check_unit
from lazpool.store import lookup, own

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lazpool.actions.desk import Desk
    from lazpool.store.database import Store

_NUMBER = r"[+-]?\d+(?:\.\d+)?"
_PAIR = re.compile(rf"\s*({_NUMBER})\s*,\s*({_NUMBER})\s*")
_LOOKS_LIKE = "a place is LAT,LON in degrees such as 45.1885,5.7245, a name saved with: lazpool place add, or a town"
_MOST_LAT = 90
_HUNDREDTHS, _THOUSANDTHS = 100, 1000
_LISTING = {
    "match": "matches",
    "deal": "deals",
    "plan": "plan list",
    "receipt": "ledger show",
    "settlement": "settlements",
    "ride": "circle show CIRCLE",
}
MIN_PREFIX = 4
SHORT = 8
"""Hex digits of an id that people see."""


def free_text(most: int) -> Callable[[str], str]:
    """Return a converter for free text that fits a letter: NFC, no control characters, so many bytes of UTF-8."""

    def text(value: str) -> str:
        normal = unicodedata.normalize("NFC", value).strip()
        try:
            check_text("text", normal, most)
        except MalformedError as wrong:
            raise click.BadParameter(wrong.message) from wrong
        return normal

    return text


def per_km(value: str) -> int:
    """Convert a price per km and seat such as 0.08 to thousandths, exactly: a float would make other money of it."""
    from decimal import Decimal, InvalidOperation  # noqa: PLC0415 # it takes 10 ms, and only money needs it

    try:
        thousandths = Decimal(value.strip()) * _THOUSANDTHS
    except InvalidOperation:
        raise click.BadParameter(f"{value!r} is not a number such as 0.08") from None
    if not thousandths.is_finite() or not 0 <= thousandths <= MAX_PRICE:
        raise click.BadParameter(f"{value!r} is not from 0 to {MAX_PRICE // _THOUSANDTHS}")
    if thousandths != int(thousandths):
        raise click.BadParameter(f"{value!r} has more than three decimals")
    return int(thousandths)


def currency(value: str) -> str:
    """Convert a currency code such as eur to capitals."""
    code = value.strip().upper()
    try:
        check_unit("currency", code)
    except MalformedError as wrong:
        raise click.BadParameter(f"{value!r} is not a code of three letters such as EUR") from wrong
    return code


def iban(value: str) -> str:
    """Convert the number of a bank account, whose check digits must hold."""
    plain = plain_iban(value)
    if not is_iban(plain):
        raise click.BadParameter(f"{value!r} is not an IBAN; look for a letter or digit that is wrong")
    return plain


def minor_units(value: str) -> int:
    """Convert an amount such as 8.34 to minor units, exactly."""
    from decimal import Decimal, InvalidOperation  # noqa: PLC0415 # see per_km

    try:
        minor = Decimal(value.strip()) * _HUNDREDTHS
    except InvalidOperation:
        raise click.BadParameter(f"{value!r} is not an amount such as 8.34") from None
    if not minor.is_finite() or not 0 < minor <= MAX_AMOUNT:
        raise click.BadParameter(f"{value!r} is not more than nothing, or too much")
    if minor != int(minor):
        raise click.BadParameter(f"{value!r} has more than two decimals")
    return int(minor)


def place(desk: Desk, text: str) -> Point:
    """Return the place that `LAT,LON`, a saved name or a town stands for; a saved name goes before a town.

    A town may be narrowed as in `Springfield, US`. On a terminal a person is asked which of several is meant.
    """
    if _is_numeric(text):
        return _coordinates(text)
    name = _name(text)
    saved = own.places(desk.node)
    if name in saved:
        return saved[name]
    from lazpool.cli.towns import find_town  # noqa: PLC0415 # towns are an extra
    from lazpool.records.towns import fold  # noqa: PLC0415 # the same

    alike = {at for other, at in saved.items() if fold(other) == fold(name)}
    return alike.pop() if len(alike) == 1 else find_town(desk, name, tuple(saved))


def place_name(text: str) -> str:
    """Return a name for a place, or raise InvalidInputError for what cannot be one."""
    if "," in text:
        raise _no_place(text)
    return _name(text)


def _name(text: str) -> str:
    name = unicodedata.normalize("NFC", text).strip()
    if not any(sign.isalpha() for sign in name) or not name.isprintable():
        raise _no_place(text)
    return name


def _no_place(text: str) -> InvalidInputError:
    return InvalidInputError(f"{text.strip()!r} is neither coordinates nor a name", hint=_LOOKS_LIKE)


def _is_numeric(text: str) -> bool:
    """Tell whether this is meant as coordinates, `nan` and `inf` included: some part of it is a number."""
    return "," in text and any(_is_number(part) for part in text.split(","))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def hex_id(db: Store, table: lookup.Table, text: str, what: str) -> bytes:
    """Return the one id that begins with the hex digits in `text`, as git does; what: said in errors, "deal"."""
    return hex_id_of(((db, table),), text, what)


def hex_id_of(places: Iterable[tuple[Store, lookup.Table]], text: str, what: str) -> bytes:
    """Return the one id in any of several tables that begins with the hex digits in `text`."""
    prefix = text.strip().lower()
    listing = f"lazpool {_LISTING.get(what, 'posts')}"
    if len(prefix) < MIN_PREFIX:
        raise InvalidInputError(f"{text!r} is too short for an id", hint=f"at least {MIN_PREFIX} characters of it")
    found = sorted({one for db, table in places for one in lookup.starting_with(db, table, prefix)})
    if not found:
        raise NotFoundError(f"there is no {what} {text!r}", hint=f"{listing} shows what there is")
    if len(found) > 1:
        raise AmbiguousError(
            f"{text!r} fits more than one {what}", hint=f"say more of it: {_candidates(found, prefix)}"
        )
    return found[0]


def short(identifier: bytes) -> str:
    """Return as much of an id as people see."""
    return identifier.hex()[:SHORT]


def _coordinates(text: str) -> Point:
    pair = _PAIR.fullmatch(text)
    if pair is None:
        raise InvalidInputError(f"{text.strip()!r} is not LAT,LON", hint=_LOOKS_LIKE)
    lat, lon = float(pair[1]), float(pair[2])
    if abs(lat) > _MOST_LAT >= abs(lon):
        raise InvalidInputError(f"a latitude of {lat} is not on Earth", hint="latitude comes first: LAT,LON")
    with typed(_LOOKS_LIKE):
        return Point(lat, lon)


def _candidates(found: list[bytes], prefix: str) -> str:
    shown = [one.hex()[: max(SHORT, len(prefix) + MIN_PREFIX)] for one in found[: lookup.MOST]]
    return ", ".join(shown) + (", ..." if len(found) > lookup.MOST else "")
