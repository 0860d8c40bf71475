"""Lists of meeting places: each row is judged by itself, and no file, however broken, is more than refused."""

from __future__ import annotations

import json
import time
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazpool.errors import MalformedError
from lazpool.records.places import Listed, Point, Spot
from lazpool.records.spot_lists import (
    BNLC,
    GEOJSON,
    MAX_FILE,
    MAX_LINE,
    MAX_ROWS,
    MEANING,
    PLAIN,
    Fault,
    SpotList,
    read_spots,
)

if TYPE_CHECKING:
    from pathlib import Path

TODAY = date(2026, 11, 24)
GOOD = {
    "id_lieu": "38563-C-001", "nom_lieu": "Parking du Stade", "com_lieu": "VOIRON", "type": "Parking",
    "date_maj": "2023-05-01", "ouvert": "true", "Xlong": "5.59", "Ylat": "45.36", "nbre_pl": "20",
}  # fmt: skip


def read(data: str | bytes) -> SpotList:
    """Judge a file."""
    return read_spots(data.encode() if isinstance(data, str) else data, TODAY)


def lines_of(*rows: dict[str, str]) -> str:
    """Return a file of the BNLC; each row says what differs from a good one."""
    lines = [",".join(f'"{value}"' for value in {**GOOD, **row}.values()) for row in rows]
    return "\n".join([",".join(GOOD), *lines]) + "\n"


def feature(coordinates: Any, name: Any = "Stop", kind: str = "Point") -> dict[str, Any]:
    """Return a feature of GeoJSON."""
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "properties": {"name": name}, "geometry": geometry}


def test_a_row_of_the_bnlc() -> None:
    """The name says the town too, unless it does already; the type and the number of cars are kept."""
    found = read(
        lines_of({}, {"id_lieu": "2", "nom_lieu": "Gare de  Voiron", "Ylat": "45.37", "nbre_pl": "", "type": ""})
    )
    assert (found.form, found.refused) == (BNLC, [])
    assert found.spots == [
        Listed(Spot("Parking du Stade, Voiron", Point(45.36, 5.59)), "Parking", 20),
        Listed(Spot("Gare de Voiron", Point(45.37, 5.59)), "", None),
    ]


WRONG = {
    "no name": ({"nom_lieu": " "}, Fault.NAME),
    "an endless name": ({"nom_lieu": "x" * 201}, Fault.NAME),
    "a name that steers the terminal": ({"nom_lieu": "a\x1b[2J"}, Fault.NAME),
    "a name that turns the line": ({"nom_lieu": "a\N{RIGHT-TO-LEFT OVERRIDE}b"}, Fault.NAME),
    "a tabulator": ({"nom_lieu": "a\tb"}, Fault.NAME),
    "a lost letter": ({"nom_lieu": "Parking \N{REPLACEMENT CHARACTER}"}, Fault.NAME),
    "a town that steers the terminal": ({"com_lieu": "Voiron\x07"}, Fault.NAME),
    "an endless type": ({"type": "x" * 65}, Fault.KIND),
    "words for cars": ({"nbre_pl": "many"}, Fault.CAPACITY),
    "less than no cars": ({"nbre_pl": "-1"}, Fault.CAPACITY),
    "no longitude": ({"Xlong": ""}, Fault.COORDINATES),
    "not a number": ({"Xlong": "nan"}, Fault.COORDINATES),
    "infinite": ({"Ylat": "-inf"}, Fault.COORDINATES),
    "an exponent": ({"Ylat": "4e1"}, Fault.COORDINATES),
    "digits of other scripts": ({"Ylat": "\N{ARABIC-INDIC DIGIT FOUR}5.3"}, Fault.COORDINATES),
    "a number without end": ({"Ylat": "45." + "3" * 5000}, Fault.COORDINATES),
    "underscores": ({"Ylat": "4_5.3"}, Fault.COORDINATES),
    "degrees and minutes": ({"Ylat": "45°21'"}, Fault.COORDINATES),
    "a decimal comma": ({"Ylat": "45,36"}, Fault.DECIMAL_COMMA),
    "beyond the pole": ({"Ylat": "95.3"}, Fault.RANGE),
    "in the Atlantic": ({"Ylat": "0", "Xlong": "0.0"}, Fault.ZERO),
    "swapped": ({"Ylat": "5.59", "Xlong": "45.36"}, Fault.SWAPPED),
    "in Spain": ({"Ylat": "40.4", "Xlong": "-3.7"}, Fault.OUTSIDE),
    "metres of a projection": ({"Ylat": "6478123.5", "Xlong": "905123.1"}, Fault.COORDINATES),
    "no date": ({"date_maj": ""}, Fault.DATE),
    "a French date": ({"date_maj": "01/05/2023"}, Fault.DATE),
    "a day that never was": ({"date_maj": "2023-02-30"}, Fault.DATE),
    "the future": ({"date_maj": "2026-11-26"}, Fault.FUTURE),
    "closed": ({"ouvert": "FALSE"}, Fault.CLOSED),
}


@pytest.mark.parametrize(("row", "fault"), WRONG.values(), ids=list(WRONG))
def test_a_row_that_cannot_be_right(row: dict[str, str], fault: Fault) -> None:
    """It is refused with its line and its reason; the rows around it are taken."""
    after = {"id_lieu": "after", "Ylat": "45.38"}
    found = read(lines_of({}, {"id_lieu": "wrong", "Ylat": "45.37", **row}, after))
    assert found.refused == [(3, fault)]
    assert len(found.spots) == 2
    assert MEANING[fault]


def test_tomorrow_is_no_future() -> None:
    """On an island it is tomorrow already."""
    assert read(lines_of({"date_maj": "2026-11-25"})).refused == []


@pytest.mark.parametrize("again", [{"id_lieu": "2"}, {"Ylat": "45.99"}, {"id_lieu": "2", "Ylat": "45.360001"}])
def test_a_place_is_taken_once(again: dict[str, str]) -> None:
    """The same spot, to a metre, and the same id are refused the second time, whatever the name."""
    found = read(lines_of({}, {"nom_lieu": "Other", **again}))
    assert found.refused == [(3, Fault.DUPLICATE)]


def test_lines_are_read_by_themselves() -> None:
    """Quotes that never close, missing and additional fields, foreign bytes and endless lines spoil one row each."""
    lines = lines_of({}, *({"id_lieu": str(n), "Ylat": f"45.{n}"} for n in range(40, 46))).encode().split(b"\n")
    lines[2] = lines[2].replace(b'"Parking du Stade"', b'"Parking du Stade')
    lines[3] = b'"1","2"'
    lines[4] += b',"more"'
    lines[5] = lines[5].replace(b"Stade", "Pré".encode("latin-1"))
    lines[6] = b"x" * (MAX_LINE + 1)
    lines[7] = lines[7].removesuffix(b'"')
    found = read(b"\r\n".join(lines))
    assert [fault for _, fault in found.refused] == [
        Fault.COLUMNS, Fault.COLUMNS, Fault.COLUMNS, Fault.ENCODING, Fault.TOO_LONG, Fault.COLUMNS,
    ]  # fmt: skip
    assert [row for row, _ in found.refused] == [3, 4, 5, 6, 7, 8]
    assert len(found.spots) == 1


def test_plain_csv() -> None:
    """Three columns are enough, in any order, with any of the usual separators, with a byte-order mark."""
    expected = [Listed(Spot("Church", Point(45.1, 5.7)), "", None), Listed(Spot("Bus stop", Point(-33.9, 151.2)))]
    for sign in ",;\t":
        text = "lon,name,lat\n5.7,Church,45.1\n\n151.2,Bus stop,-33.9\n".replace(",", sign)
        found = read(b"\xef\xbb\xbf" + text.encode())
        assert (found.form, found.spots, found.refused) == (PLAIN, expected, [])
    full = read("name,lat,lon,type,capacity\nA,1.5,2.5,Parking,7\n")
    assert full.spots == [Listed(Spot("A", Point(1.5, 2.5)), "Parking", 7)]
    assert read("name;lat;lon\nA;45,1;5,7\n").refused == [(2, Fault.DECIMAL_COMMA)]


def test_geojson() -> None:
    """Points with a name are taken; what is no point, has no name or is nowhere is refused by its number."""
    features = [
        feature([5.7, 45.1]), feature([5.8, 45.2, 300.0], "With height"), feature([[5.7, 45.1]], kind="LineString"),
        feature([5.7, 45.3], None), feature(["5", "45"]), feature([True, False]), feature([5.7, 1e400]),
        feature([10**400, 4]),
        feature([5.7]), {"type": "Feature"}, None, [], feature({}), feature([45.0, 95.0]), feature([0, 0]),
    ]  # fmt: skip
    text = json.dumps({"type": "FeatureCollection", "features": features})
    found = read(text)
    assert (found.form, [one.spot.name for one in found.spots]) == (GEOJSON, ["Stop", "With height"])
    assert [row for row, _ in found.refused] == list(range(3, len(features) + 1))
    assert Counter(fault for _, fault in found.refused) == {
        Fault.COORDINATES: 3, Fault.NAME: 1, Fault.RANGE: 3, Fault.COLUMNS: 5, Fault.ZERO: 1,
    }  # fmt: skip


NO_LIST = {
    "nothing": b"",
    "a program": b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 50,
    "UTF-16": "name,lat,lon\nA,1,2\n".encode("utf-16"),
    "other columns": b"id,title\n1,x\n",
    "columns missing": b"nom_lieu,Xlong,type\nA,5,Parking\n",
    "a page": b"<!doctype html><html></html>",
    "a bracket": b"{",
    "other JSON": b'{"features": {"a": 1}}',
    "deep JSON": b'{"features":' + b"[" * 100_000,
    "a number of many digits": b'{"features": [' + b"9" * 10_000 + b"]}",
    "one line without end": b"x" * 1_000_000,
    "too large": b" " * (MAX_FILE + 1),
    "too many rows": b"name,lat,lon\n" + b"x\n" * (MAX_ROWS + 1),
}


@pytest.mark.parametrize("data", NO_LIST.values(), ids=list(NO_LIST))
def test_what_is_no_list(data: bytes) -> None:
    """It is refused as a whole, and soon."""
    begun = time.perf_counter()
    with pytest.raises(MalformedError):
        read(data)
    assert time.perf_counter() - begun < 20


@given(st.binary(max_size=400))
def test_any_bytes_behind_a_header(data: bytes) -> None:
    """Whatever follows a good first line, rows are taken or refused, and what is taken has a name and a place."""
    found = read(b"name,lat,lon\n" + data)
    assert all(one.spot.name and one.spot.name.isprintable() for one in found.spots)


@given(st.text(max_size=300))
def test_any_json(text: str) -> None:
    """Whatever stands in JSON, nothing but a refusal comes of it."""
    found = read(json.dumps({"features": [text, {"properties": text, "geometry": text}, feature([text, 1], text)]}))
    assert len(found.refused) == 3


def test_the_real_list(bnlc: Path) -> None:
    """Of the real file nearly all is taken; what is closed, double or dated in the future is not."""
    found = read_spots(bnlc.read_bytes(), TODAY)
    reasons = Counter(fault for _, fault in found.refused)
    assert (len(found.spots), reasons) == (2451, {Fault.CLOSED: 11, Fault.DUPLICATE: 10, Fault.FUTURE: 1})
    assert (1512, Fault.FUTURE) in found.refused
    assert all(one.kind for one in found.spots)
