"""Maps: files that keep RFC 7946 and tell nothing private unasked, and sketches that fit any screen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazpool.actions.desk import open_desk
from lazpool.cli.drawing import DROPOFF, END, PICKUP, START, VIA, Drawing, Stop
from lazpool.cli.sketch import sketch
from lazpool.records.places import Point
from tests.cli.users import GRENOBLE, LYON, TOMORROW, VOIRON, User, carry, process
from tests.records.rfc7946 import broken

if TYPE_CHECKING:
    from pathlib import Path

HOME, OFFICE = "45.36153,5.59489", "45.75953,4.86127"
GARAGE = "45.18931,5.72817"
PRIVATE = ("45.36153", "5.59489", "45.75953", "4.86127", "45.18931", "5.72817", "home", "garage")
PLACES = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))


@pytest.fixture(scope="module")
def ride(tmp_path_factory: pytest.TempPathFactory) -> tuple[User, User, dict[str, dict[str, str]]]:
    """Return a driver and a passenger with an agreed ride, and for each the ids of what can be drawn."""
    folder = tmp_path_factory.mktemp("maps")
    driver, passenger = User(folder / "ada"), User(folder / "zoe")
    driver.call("place", "add", "garage", GARAGE)
    passenger.call("place", "add", "home", HOME)
    offer = driver.call("offer", "garage", LYON, "--at", TOMORROW, "--via", VOIRON)["id"]
    wanted = ("request", "home", OFFICE, "--at", "tomorrow 08:00")
    passenger.call(*wanted)
    carry(driver, passenger)
    passenger.call("propose", passenger.call("matches")["matches"][0]["id"])
    carry(driver, passenger)
    driver.call("accept", driver.call("deals")["deals"][0]["id"])
    carry(driver, passenger)
    request = passenger.call(*wanted)["id"]  # the first one is taken back with the agreement
    carry(driver, passenger)
    ids = {}
    for user in (driver, passenger):
        match, deal = user.call("matches")["matches"][0]["id"], user.call("deals")["deals"][0]["id"]
        ids[user.home.name] = {"match": match, "offer": offer, "request": request, "deal": deal}
    return driver, passenger, ids


Ride = tuple[User, User, dict[str, dict[str, str]]]


def drawn(user: User, identifier: str, *options: str) -> dict[str, Any]:
    """Return the GeoJSON of an id."""
    said = user.say("map", identifier, "--out", "-", *options)
    assert said.status == 0, said
    document: dict[str, Any] = json.loads(said.out)
    return document


def roles(document: dict[str, Any], kind: str) -> list[str]:
    """Return the roles of the features with that geometry, in order."""
    return [one["properties"]["role"] for one in document["features"] if one["geometry"]["type"] == kind]


@pytest.mark.parametrize("what", ["match", "offer", "request", "deal"])
@pytest.mark.parametrize("options", [(), ("--exact",)])
def test_every_map_keeps_the_rfc(ride: Ride, what: str, options: tuple[str, ...]) -> None:
    """For both sides and every kind: valid GeoJSON, whole ids or short ones, from the board or our own."""
    for user in ride[:2]:
        identifier = ride[2][user.home.name][what]
        document = drawn(user, identifier[:8], *options)
        assert not broken(document)
        assert document["features"]
        assert user.call("map", identifier, *options)["geojson"] == document


def test_a_map_tells_nothing_private_unasked(ride: Ride) -> None:
    """No exact place, no saved name, no id and no person's name, whoever draws; areas are those of the posts."""
    for user in ride[:2]:
        for identifier in ride[2][user.home.name].values():
            text = user.say("map", identifier, "--out", "-").out
            for secret in (*PRIVATE, "Ada", "Zoe", identifier[:8]):
                assert secret not in text
            for one in json.loads(text)["features"]:
                if one["geometry"]["type"] == "Polygon":
                    assert _across(one["geometry"]["coordinates"][0]) > 0.02


def test_exact_adds_our_own_places_and_not_the_others(ride: Ride) -> None:
    """With --exact a warning, our own two ends, and the cells in which to meet; never the other's address."""
    driver, passenger, ids = ride
    said = passenger.say("map", ids["zoe"]["deal"], "--out", "-", "--exact")
    assert "mind to whom you give it" in said.err
    assert all(one in said.out for one in ("45.36153", "5.59489", "45.75953", "4.86127", "home"))
    areas = [one for one in json.loads(said.out)["features"] if one["properties"]["role"] == "pick-up area"]
    assert _across(areas[0]["geometry"]["coordinates"][0]) < 0.01
    text = driver.say("map", ids["ada"]["deal"], "--out", "-", "--exact").out
    assert "garage" in text
    assert not any(one in text for one in ("45.36153", "5.59489", "45.75953", "4.86127", "home"))
    assert "45.36153" in driver.say("deal", ids["ada"]["deal"]).out  # though the driver knows it


def test_what_is_on_a_map(ride: Ride) -> None:
    """A match has the route, the areas, and the stops in the order of the trip with their times."""
    _, passenger, ids = ride
    document = drawn(passenger, ids["zoe"]["match"])
    assert roles(document, "LineString") == ["route"]
    assert roles(document, "Polygon") == ["start area", "pick-up area", "drop-off area", "end area"]
    assert roles(document, "Point") == ["start", "via", "pick-up", "drop-off", "end"]
    match = passenger.call("match", ids["zoe"]["match"])["match"]
    times = {one["properties"]["role"]: one["properties"].get("time") for one in document["features"]}
    assert times["pick-up"] == match["pickup_at"]
    assert times["start"] == match["depart"]
    assert roles(drawn(passenger, ids["zoe"]["request"]), "LineString") == []


def test_files_are_not_overwritten_by_a_slip(ride: Ride, tmp_path: Path) -> None:
    """A new file is written, an old one only with --force; a folder and a missing one are said."""
    _, passenger, ids = ride
    identifier, file = ids["zoe"]["match"], tmp_path / "ride.geojson"
    document = passenger.call("map", identifier, "--out", str(file))
    assert document == {"file": str(file), "kind": "match", "features": 10, "exact": False}
    assert not broken(json.loads(file.read_text("utf-8")))
    file.write_text("mine")
    status, document = passenger.run("map", identifier, "--out", str(file))
    assert (status, document["error"]["code"], file.read_text()) == (5, "file-exists", "mine")
    assert passenger.say("map", identifier, "--out", str(file), "--force").status == 0
    assert not broken(json.loads(file.read_text("utf-8")))
    assert passenger.run("map", identifier, "--out", str(tmp_path), "--force")[0] == 2
    assert passenger.run("map", identifier, "--out", str(tmp_path / "none" / "a"))[0] == 1


def test_ids_of_any_kind(ride: Ride, tmp_path: Path) -> None:
    """Unknown and ambiguous ids end with 4 and name what they might be; a match that is gone, too."""
    assert ride[1].run("map", "abcdef12")[0] == 4
    assert ride[1].run("map", "zz")[0] == 2
    driver, passenger = User(tmp_path / "ada"), User(tmp_path / "zoe")
    offer = driver.call("offer", GRENOBLE, LYON, "--at", TOMORROW)["id"]
    passenger.call("request", GRENOBLE, LYON, "--at", TOMORROW)
    carry(driver, passenger)
    match = passenger.call("matches")["matches"][0]["id"]
    with open_desk(passenger.home) as desk:
        new = bytes.fromhex(offer[:8] + match[8:])
        desk.board.execute("UPDATE matches SET id=? WHERE id=?", (new, bytes.fromhex(match)))
    status, document = passenger.run("map", offer[:8])
    assert (status, document["error"]["code"]) == (4, "ambiguous")
    assert f"match {new.hex()[:12]}" in document["error"]["hint"]
    assert f"post {offer[:12]}" in document["error"]["hint"]
    driver.call("withdraw", offer)
    theirs = driver.call("posts", "--all")["posts"][0]["id"]
    assert driver.say("map", theirs).status == 0  # our own post can still be drawn
    carry(driver, passenger)
    assert passenger.run("map", offer)[0] == 4


@pytest.mark.parametrize(("environment", "plain"), [({}, False), ({"NO_COLOR": "1"}, True), ({"LC_ALL": "C"}, True)])
def test_a_sketch_in_the_terminal(ride: Ride, environment: dict[str, str], *, plain: bool) -> None:
    """It fits 80 by 24, shows all four stops with times and distances, and is ASCII where it has to be."""
    _, passenger, ids = ride
    wanted = {"PYTHONIOENCODING": "ascii" if "LC_ALL" in environment else "utf-8", "NO_COLOR": "", **environment}
    done = process("--home", str(passenger.home), "map", ids["zoe"]["match"], env=wanted)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) <= 23
    assert max(map(len, lines)) <= 80
    assert done.stdout.isascii() is plain
    plot = "\n".join(lines[: next(i for i, line in enumerate(lines) if "north is up" in line)])
    assert all(letter in plot for letter in "SPDE+")
    pickup = passenger.call("matches")["matches"][0]["pickup_at"]
    assert f"P pick-up    {pickup[11:16]}" in done.stdout
    assert "km on" in done.stdout


@given(st.lists(PLACES, min_size=2, max_size=16), st.integers(20, 120), st.booleans())
def test_any_drawing_fits_any_screen(way: list[Point], width: int, plain: bool) -> None:  # noqa: FBT001 # drawn
    """Wherever on Earth, over the poles and the antimeridian, however small or large: no line too wide or too many."""
    stops = [Stop(START, way[0]), *(Stop(VIA, one) for one in way[1:-1]), Stop(PICKUP, way[1]), Stop(DROPOFF, way[-1])]
    lines = sketch(Drawing("x", tuple(way), (*stops, Stop(END, way[-1]))), width, plain=plain)
    assert len(lines) <= 22
    assert all(len(line) <= width for line in lines)
    assert all(any(letter in line for line in lines) for letter in "SPDE")


def test_a_drawing_without_extent() -> None:
    """One place, many times: nothing is divided by nothing."""
    assert sketch(Drawing("x", (), (Stop(PICKUP, Point(90, 180)), Stop(DROPOFF, Point(90, -180)))), 40, plain=True)
    assert sketch(Drawing("x", (), ()), 40, plain=True) == ["nothing to draw"]


def _across(ring: list[list[float]]) -> float:
    """Return how many degrees of longitude a ring spans."""
    return max(lon for lon, _ in ring) - min(lon for lon, _ in ring)
