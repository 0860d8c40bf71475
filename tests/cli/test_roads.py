"""`lazpool roads`, and offers with and without roads, as a person meets them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lazpool.cli.answering import _far_off
from lazpool.cli.dealing import _detour
from lazpool.errors import NoEngineError
from lazpool.roads.engine import engine_version
from tests.cli.users import User, say
from tests.town import Town

if TYPE_CHECKING:
    from pathlib import Path

HEADER = b"\x00\x00\x00\x0d\x0a\x09OSMHeader\x18\x00"
"""The beginning of every extract, with nothing behind it."""


@pytest.fixture
def ada(tmp_path: Path) -> User:
    """Return somebody with a home."""
    return User(tmp_path / "ada")


def test_nothing_is_built_yet(ada: User) -> None:
    """Status says why distances are estimated; there is nothing to remove; an offer says what it rests on."""
    found = ada.call("roads", "status")
    assert found["roads"] is False
    assert found["extract"] is None
    assert "lazpool roads build" in found["why"]
    assert ada.run("roads", "remove")[0] == 4
    offer = ("offer", "45.1885,5.7245", "45.7606,4.8594", "--at", "tomorrow 07:30")
    assert ada.call(*offer)["estimated"] is True
    assert "great circles" not in ada.say(*offer).err


def test_without_the_engine(ada: User, tmp_path: Path) -> None:
    """A Python or a machine without the engine says what is missing; the node works without."""
    try:
        engine_version()
    except NoEngineError:
        (tmp_path / "x.osm.pbf").write_bytes(HEADER)
        said = ada.say("roads", "build", str(tmp_path / "x.osm.pbf"))
        assert said.status == 1
        assert "not installed" in said.err
        assert "Python 3.12" in said.err
        assert ada.run("roads", "build", str(tmp_path / "x.osm.pbf"))[1]["error"]["code"] == "no-engine"
        return
    pytest.skip("the engine is installed here")


def test_files_that_cannot_be_built(ada: User, tmp_path: Path) -> None:
    """No file, a folder, no home: a usage error or no home, each with a hint."""
    assert ada.run("roads", "build", str(tmp_path / "none.osm.pbf"))[0] == 2
    assert ada.run("roads", "build", str(tmp_path))[0] == 2
    (tmp_path / "x.osm.pbf").write_bytes(HEADER)
    assert say(tmp_path / "nobody", "roads", "build", str(tmp_path / "x.osm.pbf")).status == 4
    assert say(tmp_path / "nobody", "roads", "status").status == 4


def test_an_extract_from_start_to_end(engine: str, liechtenstein: Path, ada: User, tmp_path: Path) -> None:
    """Build, an offer by road, one that leaves the extract, a damaged file that changes nothing, and away with it."""
    built = ada.say("roads", "build", str(liechtenstein))
    assert built.status == 0, built.err
    assert "This takes about" in built.err
    assert "[4/4]" in built.err
    assert "OpenStreetMap contributors" in built.err
    assert ada.call("roads", "status")["engine"] == engine
    offer = ("offer", "47.1410,9.5209", "47.0667,9.5030", "--at", "tomorrow 07:30")
    assert ada.call(*offer)["estimated"] is False
    assert "By road:" in ada.say(*offer).err
    assert "outside of the road extract" in ada.say("offer", "47.14,9.52", "47.37,8.54", "--at", "tomorrow 07:30").err
    (tmp_path / "cut.osm.pbf").write_bytes(liechtenstein.read_bytes()[:600_000])
    assert ada.run("roads", "build", str(tmp_path / "cut.osm.pbf"))[0] == 7
    assert ada.call("roads", "status")["roads"] is True
    ada.call("roads", "remove")
    assert ada.call("roads", "status")["roads"] is False
    assert ada.call(*offer)["estimated"] is True


def test_a_damaged_extract(ada: User) -> None:
    """Status says that it is damaged, with the status of damaged things; offers are estimated, and say why."""
    folder = ada.home / "roads"
    folder.mkdir()
    (folder / "extract.json").write_text("{")
    assert ada.run("roads", "status")[0] == 7
    offer = ada.say("offer", "45.1885,5.7245", "45.7606,4.8594", "--at", "tomorrow 07:30")
    assert offer.status == 0
    assert "is damaged" in offer.err
    ada.call("roads", "remove")


def test_a_detour_from_the_door_is_asked_about(tmp_path: Path) -> None:
    """By road and above the limit it is asked before accepting, in minutes; what is estimated or within is not."""
    with Town(tmp_path, "ann", "bob") as town:
        town.offer("bob", detour=10)
        town.request("ann")
        deal = town.propose("ann")
        town.carry()
        received = town.deal("bob", deal.id)
        received.detour = 14.0
        assert _far_off(received) == ""
        received.estimated = 0
        assert "a detour of 14 min, and you allow 10" in _far_off(received)
        assert _detour(received) == "14 min by road, from door to door; you allow 10 min"
        received.detour = 9.6
        assert _far_off(received) == ""
        mine = town.deal("ann", deal.id)
        mine.detour, mine.estimated = 30.0, 0
        assert _far_off(mine) == _detour(mine) == ""
