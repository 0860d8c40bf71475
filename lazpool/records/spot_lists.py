"""Lists of meeting places as other people publish them: every row is judged, and what is refused says why.

Read are the Base nationale des lieux de covoiturage (its columns: schema.data.gouv.fr/etalab/schema-lieux-covoiturage),
plain CSV with the columns name, lat and lon, and GeoJSON with points that have a name (RFC 7946). A file is text from
outside: its size is bounded, each line is read by itself, and one bad row spoils no other.
"""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from lazpool.records.places import Listed, Point, Spot
from lazpool.records.shape import wrong
from lazpool.records.towns import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

MAX_FILE = 32_000_000
MAX_ROWS = 200_000
MAX_LINE = 16_384
MAX_NAME = 200
"""Bytes of UTF-8."""
MAX_KIND = 64
BNLC, PLAIN, GEOJSON = "bnlc", "csv", "geojson"

_COLUMNS = {BNLC: {"nom_lieu", "Xlong", "Ylat", "type", "date_maj"}, PLAIN: {"name", "lat", "lon"}}
_DECIMAL = re.compile(r"[+-]?\d{1,3}(\.\d{1,20})?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d{1,3},\d{1,20}")
_SAME = 5
"""Decimals of a degree to which two places are one: a metre."""
_FRANCE = (
    # south, north, west, east, with some sea: the mainland and Corsica, then what is overseas
    (41.2, 51.2, -5.3, 9.8), (15.7, 16.6, -61.9, -60.9), (14.3, 15.0, -61.4, -60.7), (2.0, 6.0, -54.7, -51.5),
    (-21.5, -20.8, 55.1, 55.9), (-13.1, -12.5, 44.9, 45.4), (46.7, 47.2, -56.5, -56.0), (17.8, 18.2, -63.2, -62.7),
    (-23.0, -19.0, 163.0, 169.0), (-28.0, -7.0, -155.0, -134.0), (-14.5, -13.1, -178.3, -176.0),
)  # fmt: skip


class Fault(StrEnum):
    """Why a row is refused; stable codes."""

    COLUMNS = "columns"
    TOO_LONG = "too-long"
    ENCODING = "encoding"
    NAME = "name"
    KIND = "kind"
    CAPACITY = "capacity"
    COORDINATES = "coordinates"
    DECIMAL_COMMA = "decimal-comma"
    RANGE = "range"
    ZERO = "zero"
    SWAPPED = "swapped"
    OUTSIDE = "outside"
    DATE = "date"
    FUTURE = "future"
    CLOSED = "closed"
    DUPLICATE = "duplicate"


MEANING = {
    Fault.COLUMNS: "not as many fields as the first line, or quotes that do not close",
    Fault.TOO_LONG: f"a line of more than {MAX_LINE} characters",
    Fault.ENCODING: "not UTF-8",
    Fault.NAME: f"no name, more than {MAX_NAME} bytes, or control characters",
    Fault.KIND: "a type that is too long or has control characters",
    Fault.CAPACITY: "a number of cars that is none",
    Fault.COORDINATES: "coordinates that are no decimal numbers",
    Fault.DECIMAL_COMMA: "a decimal comma",
    Fault.RANGE: "not on Earth",
    Fault.ZERO: "at 0,0 in the Atlantic",
    Fault.SWAPPED: "latitude and longitude swapped",
    Fault.OUTSIDE: "outside France",
    Fault.DATE: "no date such as 2024-05-31",
    Fault.FUTURE: "dated in the future",
    Fault.CLOSED: "said to be closed",
    Fault.DUPLICATE: "the place or the id of an earlier row",
}


@dataclass(slots=True)
class SpotList:
    """What came of a file. form: one of BNLC, PLAIN, GEOJSON. refused: line of the file, or number of the feature."""

    form: str
    spots: list[Listed] = field(default_factory=list)
    refused: list[tuple[int, Fault]] = field(default_factory=list)


class _RefusedError(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


def read_spots(data: bytes, today: date) -> SpotList:
    """Judge a file; MalformedError when it is none of the known forms at all."""
    if len(data) > MAX_FILE:
        raise wrong("file", f"more than {MAX_FILE // 1_000_000} MB")
    text = data.decode("utf-8-sig", errors="surrogateescape")
    if text.lstrip()[:1] == "{":
        return _judge(GEOJSON, enumerate(_features(text), 1), _feature)
    lines = io.StringIO(text, newline=None)
    form, header, separator = _header(lines.readline())
    rows = ((number, _fields(line, header, separator)) for number, line in enumerate(lines, 2) if line.strip())
    judge = _plain if form == PLAIN else _bnlc(today)
    return _judge(form, rows, lambda fields: judge(fields()))


def _judge(form: str, rows: Iterator[tuple[int, Any]], judge: Callable[[Any], Listed]) -> SpotList:
    result, seen = SpotList(form), set()
    for count, (number, row) in enumerate(rows):
        if count >= MAX_ROWS:
            raise wrong("file", f"more than {MAX_ROWS} rows")
        try:
            listed = judge(row)
            at = (round(listed.spot.point.lat, _SAME), round(listed.spot.point.lon, _SAME))
            if at in seen:
                raise _RefusedError(Fault.DUPLICATE)  # noqa: TRY301 # as the other faults are
            seen.add(at)
            result.spots.append(listed)
        except _RefusedError as refused:
            result.refused.append((number, refused.fault))
    return result


def _header(line: str) -> tuple[str, Sequence[str], str]:
    """Return the form, the columns and the separator that the first line shows."""
    for separator in ",;\t":
        names = [name.strip().strip('"') for name in line[:MAX_LINE].split(separator)]
        for form, needed in _COLUMNS.items():
            if needed <= set(names):
                return form, names, separator
    raise wrong(
        "file", "not a list of meeting places: neither GeoJSON nor CSV in UTF-8 whose first line has name,lat,lon "
        "or the columns of the BNLC"
    )  # fmt: skip


def _fields(line: str, header: Sequence[str], separator: str) -> Callable[[], Mapping[str, str]]:
    """Return what reads a line, so that its faults are those of its row."""

    def read() -> Mapping[str, str]:
        if len(line) > MAX_LINE:
            raise _RefusedError(Fault.TOO_LONG)
        if any("\ud800" <= sign <= "\udfff" for sign in line):  # bytes that are not UTF-8
            raise _RefusedError(Fault.ENCODING)
        try:
            values = next(csv.reader([line], delimiter=separator, strict=True))
        except csv.Error:
            raise _RefusedError(Fault.COLUMNS) from None
        if len(values) != len(header):
            raise _RefusedError(Fault.COLUMNS)
        return dict(zip(header, values, strict=True))

    return read


def _plain(row: Mapping[str, str]) -> Listed:
    kind = row.get("type") or row.get("kind") or ""
    return Listed(Spot(_name(row["name"]), _point(row["lat"], row["lon"])), _kind(kind), _capacity(row.get("capacity")))


def _bnlc(today: date) -> Callable[[Mapping[str, str]], Listed]:
    latest, ids = today + timedelta(days=1), set[str]()  # it is tomorrow already on some French islands

    def judge(row: Mapping[str, str]) -> Listed:
        _check_date(row["date_maj"], latest)
        if row.get("ouvert", "").strip().lower() in {"false", "0", "non"}:
            raise _RefusedError(Fault.CLOSED)
        point = _point(row["Ylat"], row["Xlong"])
        if not _in_france(point.lat, point.lon):
            raise _RefusedError(Fault.SWAPPED if _in_france(point.lon, point.lat) else Fault.OUTSIDE)
        spot = Spot(_with_town(_name(row["nom_lieu"]), row.get("com_lieu", "")), point)
        listed = Listed(spot, _kind(row["type"]), _capacity(row.get("nbre_pl")))
        identifier = row.get("id_lieu", "")
        if identifier in ids:
            raise _RefusedError(Fault.DUPLICATE)
        ids.update([identifier] if identifier else [])
        return listed

    return judge


def _features(text: str) -> Sequence[Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise wrong("file", "begins like GeoJSON, and is not valid JSON") from None
    features = document.get("features")
    if not isinstance(features, list):
        raise wrong("file", "JSON without a list of features: not a GeoJSON FeatureCollection")
    return features


def _feature(feature: Any) -> Listed:
    try:
        properties, geometry = feature["properties"], feature["geometry"]
        if geometry["type"] != "Point":
            raise _RefusedError(Fault.COORDINATES)
        lon, lat = geometry["coordinates"][:2]
        names = (properties.get(key) for key in ("name", "nom", "nom_lieu"))
        name = next((one for one in names if isinstance(one, str)), "")
    except (TypeError, KeyError, ValueError, AttributeError, IndexError):
        raise _RefusedError(Fault.COLUMNS) from None
    if not all(type(number) in {int, float} for number in (lat, lon)):
        raise _RefusedError(Fault.COORDINATES)
    kind = properties.get("type", "")
    return Listed(Spot(_name(name), _on_earth(lat, lon)), _kind(kind if isinstance(kind, str) else ""))


def _name(text: str) -> str:
    name = " ".join(unicodedata.normalize("NFC", text).split(" ")).strip()
    if not name or not name.isprintable() or "\N{REPLACEMENT CHARACTER}" in name or len(name.encode()) > MAX_NAME:
        raise _RefusedError(Fault.NAME)
    return re.sub(" {2,}", " ", name)


def _with_town(name: str, town: str) -> str:
    """Add the town to a name such as `Parking du Stade`, of which there are many."""
    town = town.strip()
    if not fold(town) or fold(town) in fold(name):
        return name
    return _name(f"{name}, {town.title() if town.isupper() else town}")


def _kind(text: str) -> str:
    kind = unicodedata.normalize("NFC", text).strip()
    if len(kind.encode(errors="replace")) > MAX_KIND or not kind.isprintable():
        raise _RefusedError(Fault.KIND)
    return kind


def _capacity(text: str | None) -> int | None:
    if not text or not text.strip():
        return None
    if not re.fullmatch(r"[0-9]{1,5}", text.strip()):
        raise _RefusedError(Fault.CAPACITY)
    return int(text)


def _check_date(text: str, latest: date) -> None:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text.strip()):
        raise _RefusedError(Fault.DATE)
    try:
        dated = date.fromisoformat(text.strip())
    except ValueError:
        raise _RefusedError(Fault.DATE) from None
    if dated > latest:
        raise _RefusedError(Fault.FUTURE)


def _point(lat: str, lon: str) -> Point:
    return _on_earth(_number(lat), _number(lon))


def _number(text: str) -> float:
    bare = text.strip()
    if _DECIMAL_COMMA.fullmatch(bare):
        raise _RefusedError(Fault.DECIMAL_COMMA)
    if not bare.isascii() or not _DECIMAL.fullmatch(bare):  # float() would take nan, inf, 1e5 and 4_5
        raise _RefusedError(Fault.COORDINATES)
    return float(bare)


def _on_earth(lat: float, lon: float) -> Point:
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):  # noqa: PLR2004 # degrees; NaN is refused, too
        raise _RefusedError(Fault.RANGE)
    if round(lat, 2) == round(lon, 2) == 0:
        raise _RefusedError(Fault.ZERO)
    return Point(float(lat), float(lon))


def _in_france(lat: float, lon: float) -> bool:
    return any(south <= lat <= north and west <= lon <= east for south, north, west, east in _FRANCE)
