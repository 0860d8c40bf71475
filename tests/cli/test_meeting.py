"""Meeting places at the command line: own ones that are marked, and lists that are imported, replaced and removed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lazpool.actions.desk import open_desk
from lazpool.records.places import POST_RES, Point, Spot, cell_at, centre
from lazpool.store.spots import meeting_spots
from tests.cli.users import GRENOBLE, TOMORROW, User, carry, run

if TYPE_CHECKING:
    from pathlib import Path

HERE = Point(45.1885, 5.7245)


@pytest.fixture
def ada(tmp_path: Path) -> User:
    """Return a person."""
    return User(tmp_path / "ada")


def known(user: User) -> list[Spot]:
    """Return what the matching would find around Grenoble."""
    with open_desk(user.home) as desk:
        return meeting_spots(desk.node, HERE, 5000)


def write(path: Path, *rows: str) -> str:
    """Write a list; its path."""
    path.write_text("\n".join(["name,lat,lon", *rows]) + "\n", encoding="utf-8")
    return str(path)


def test_only_marked_places_are_meeting_places(ada: User) -> None:
    """A saved place is private until it is marked, and again when it is saved without; removing it forgets both."""
    ada.call("place", "add", "home", GRENOBLE)
    assert known(ada) == []
    listed = ada.call("place", "add", "square", GRENOBLE, "--meeting")["places"]
    assert [(one["name"], one["meeting"]) for one in listed] == [("home", False), ("square", True)]
    assert known(ada) == [Spot("square", HERE)]
    assert "meeting place" in ada.say("place", "list").out
    ada.call("place", "add", "square", GRENOBLE)
    assert known(ada) == []
    ada.call("place", "add", "square", GRENOBLE, "--meeting")
    assert "meeting place" in ada.say("place", "list").out
    assert ada.call("place", "remove", "square")["places"] == [listed[0]]
    assert known(ada) == []
    assert "meeting place" not in ada.say("place", "list").out  # a column for those who have some


def test_a_list_comes_again_and_goes(ada: User, tmp_path: Path) -> None:
    """Importing a newer state replaces the old one; other lists and own places stay; --remove takes a list away."""
    ada.call("place", "add", "square", GRENOBLE, "--meeting")
    stops = write(tmp_path / "stops.csv", "A,45.19,5.72", "B,45.18,5.73")
    other = write(tmp_path / "other.csv", "C,45.17,5.71")
    done = ada.call("place", "import", stops, "--licence", "CC0-1.0", "--attribution", "the village")
    assert (done["source"], done["imported"], done["refused"]) == ("stops", 2, [])
    ada.call("place", "import", other)
    write(tmp_path / "stops.csv", "A,45.19,5.72", "D,45.20,5.72")
    ada.call("place", "import", stops)
    assert {spot.name for spot in known(ada)} == {"square", "A", "D", "C"}
    listed = ada.call("place", "sources")["sources"]
    assert [(one["source"], one["count"]) for one in listed] == [("other", 1), ("stops", 2)]
    assert ada.call("place", "import", "--remove", "stops") == {"removed": "stops"}
    assert {spot.name for spot in known(ada)} == {"square", "C"}
    assert ada.run("place", "import", "--remove", "stops")[0] == 4


def test_what_is_refused_is_reported(ada: User, tmp_path: Path) -> None:
    """By reason, with the rows: for people in a table, for programs in the document."""
    stops = write(
        tmp_path / "stops.csv", "A,45.19,5.72", "B,nan,5.72", "C,95,5", "D,45.1", "A again,45.19,5.72", "E,inf,1"
    )
    done = ada.call("place", "import", stops, "--source", "village")
    assert (done["source"], done["imported"]) == ("village", 1)
    assert done["reasons"] == {"coordinates": 2, "range": 1, "columns": 1, "duplicate": 1}
    assert {"row": 3, "reason": "coordinates"} in done["refused"]
    said = ada.say("place", "import", stops)
    assert "1 meeting places from stops, 5 rows refused" in said.out
    assert "3, 7" in said.out


def test_a_file_without_any_keeps_what_there_was(ada: User, tmp_path: Path) -> None:
    """A file of which nothing can be taken is an error, and the older state of the list stays."""
    stops = write(tmp_path / "stops.csv", "A,45.19,5.72")
    ada.call("place", "import", stops)
    for spoilt in (b"name,lat,lon\nA,45.19\n", b"name,lat,lon\n", b"", b"\x00\xff" * 500, b"[1]", b"id\n1\n"):
        (tmp_path / "stops.csv").write_bytes(spoilt)
        status, document = ada.run("place", "import", stops)
        assert (status, document["error"]["code"]) == (2, "usage"), spoilt
        assert document["error"]["hint"]
        assert [spot.name for spot in known(ada)] == ["A"]


@pytest.mark.parametrize(
    "words",
    [
        ("import",), ("import", "nowhere.csv"), ("import", "/"), ("import", "stops.csv", "--remove", "x"),
        ("import", "stops.csv", "--source", "own"), ("import", "stops.csv", "--source", "x" * 100),
        ("import", "stops.csv", "--licence", "\x1b[2J"), ("near", "home", "--within", "-1"),
        ("near", "45,5", "--within", "1e9"),
    ],
)  # fmt: skip
def test_wrong_words(ada: User, tmp_path: Path, words: tuple[str, ...]) -> None:
    """What is typed wrongly ends with status 2 or, for a place that is not known, 4."""
    stops = write(tmp_path / "stops.csv", "A,45.19,5.72")
    status, document = ada.run("place", *(stops if word == "stops.csv" else word for word in words))
    assert status in {2, 4}, document


def test_a_file_larger_than_any_list(ada: User, tmp_path: Path) -> None:
    """Of a gigabyte no more is read than a list may have."""
    with (tmp_path / "huge.csv").open("wb") as file:
        file.write(b"name,lat,lon\n")
        file.truncate(1_000_000_000)
    status, document = ada.run("place", "import", str(tmp_path / "huge.csv"))
    assert status == 2
    assert "32 MB" in document["error"]["message"]


def test_near(ada: User, tmp_path: Path) -> None:
    """`place near` lists meeting places with distances, type and room; GeoJSON is read, too."""
    point = {"type": "Point", "coordinates": [5.7245, 45.1985]}
    feature = {"type": "Feature", "geometry": point, "properties": {"name": "North", "type": "Parking"}}
    (tmp_path / "map.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    ada.call("place", "import", str(tmp_path / "map.geojson"))
    ada.call("place", "add", "square", GRENOBLE, "--meeting")
    found = ada.call("place", "near", GRENOBLE)["meeting_places"]
    assert [(one["name"], one["metres"], one["kind"]) for one in found] == [
        ("square", 0, ""),
        ("North", 1112, "Parking"),
    ]
    assert ada.call("place", "near", GRENOBLE, "--within", "500")["meeting_places"] == found[:1]
    assert "1112 m" in ada.say("place", "near", GRENOBLE).out


def test_the_real_list(ada: User, bnlc: Path) -> None:
    """The BNLC is imported under its name, with its authors and its licence."""
    done = ada.call("place", "import", str(bnlc))
    assert (done["source"], done["licence"]) == ("bnlc", "ODbL-1.0")
    assert done["imported"] > 2400
    near = ada.call("place", "near", "45.3645,5.5915", "--within", "5000")["meeting_places"]
    assert any("Champfeuillet" in one["name"] and one["capacity"] for one in near)


MEYLAN, QUAY, NEAR_LYON = "45.20750,5.76790", "45.19422,5.71864", "45.7606,4.8594"


def rides(ada: User, *words: str) -> list[dict[str, Any]]:
    """Let Ada drive past the quay to Lyon, and two ask for that from the middle of Grenoble; the matches of the two.

    words: a `place` command of both. The first walks nowhere, the second up to 1,500 m.
    """
    ada.call("offer", MEYLAN, NEAR_LYON, "--via", QUAY, "--at", TOMORROW)
    both = [User(ada.home.with_name(name)) for name in ("stays", "walks")]
    for user, walk in zip(both, ("0", "1500"), strict=True):
        user.call("place", *words)
        user.call("request", GRENOBLE, NEAR_LYON, "--at", TOMORROW, "--walk", walk, "--flex", "60")
    carry(ada, *both)
    return [user.call("matches")["matches"][0] for user in both]


def test_a_walk_to_an_own_meeting_place_saves_a_detour(ada: User) -> None:
    """Who walks is fetched where the driver passes anyway: a match says how far, and the detour is smaller."""
    stays, walks = rides(ada, "add", "quay", QUAY, "--meeting")
    assert stays["walk_m"] == 0
    assert 900 < walks["walk_m"] <= 1500
    assert walks["detour_min"] < stays["detour_min"]


def test_a_private_place_is_never_proposed(ada: User) -> None:
    """The same place, saved and not marked, changes nothing."""
    stays, walks = rides(ada, "add", "quay", QUAY)
    assert walks["walk_m"] == 0
    assert walks["detour_min"] == stays["detour_min"]


def test_a_walk_to_a_place_of_the_real_list(ada: User, bnlc: Path) -> None:
    """With the BNLC the Aire de covoiturage at Porte de France is proposed to who walks 1,500 m."""
    stays, walks = rides(ada, "import", str(bnlc))
    assert stays["walk_m"] == 0
    assert 0 < walks["walk_m"] <= 1500
    assert walks["detour_min"] < stays["detour_min"]
    assert "Porte de France" in json.dumps(walks)


def test_a_walk_out_of_the_edge_of_a_cell(ada: User) -> None:
    """Who starts at the edge of a cell and walks out of it is found by a driver who turns round right there."""
    cell = cell_at(HERE, POST_RES)
    middle, north = centre(cell), centre(cell).lat
    while cell_at(Point(north, middle.lon), POST_RES) == cell:
        north += 1e-5
    home, stop = f"{north - 1e-5:.6f},{middle.lon:.6f}", f"{north + 0.003:.6f},{middle.lon:.6f}"
    west, east = (centre(cell_at(Point(north + 0.08, middle.lon + side), POST_RES)) for side in (-0.05, 0.05))
    zoe, goal = User(ada.home.with_name("zoe")), f"{east.lat},{east.lon}"
    zoe.call("place", "add", "turn", stop, "--meeting")
    ada.call("offer", f"{west.lat},{west.lon}", goal, "--via", stop, "--at", TOMORROW, "--detour", "0")
    zoe.call("request", home, goal, "--at", TOMORROW, "--walk", "500", "--flex", "60")
    carry(ada, zoe)
    assert [match["walk_m"] > 0 for match in zoe.call("matches")["matches"]] == [True]


def test_matches_follow_the_meeting_places(ada: User, tmp_path: Path) -> None:
    """A place that becomes known, or is none any more, changes the matches there are, under the same ids."""
    walks = rides(ada, "add", "elsewhere", "43.0,1.0")[1]
    home = ada.home.with_name("walks")
    quay = write(tmp_path / "stops.csv", "quay," + QUAY)
    for words, on_foot in (
        (("add", "quay", QUAY, "--meeting"), True), (("add", "quay", QUAY), False), (("import", quay), True),
        (("import", "--remove", "stops"), False), (("add", "quay", QUAY, "--meeting"), True),
        (("remove", "quay"), False),
    ):  # fmt: skip
        assert run(home, "place", *words)[0] == 0
        (match,) = run(home, "matches")[1]["matches"]
        assert (match["id"], match["walk_m"] > 0) == (walks["id"], on_foot), words
