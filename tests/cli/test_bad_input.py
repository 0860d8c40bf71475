"""Bad input and bad luck: an error with a hint and the right status, as one JSON document or on stderr."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from typing import TYPE_CHECKING

import pytest

from lazpool.actions.desk import open_desk
from lazpool.node.presence import hold
from lazpool.store import database, own
from tests.cli.users import GRENOBLE, LYON, TOMORROW, User, process, run, say

if TYPE_CHECKING:
    from pathlib import Path

OFFER = ("offer", GRENOBLE, LYON, "--at", TOMORROW)
REQUEST = ("request", GRENOBLE, LYON, "--at", TOMORROW)
KEY = "12D3KooWH74Dqqcfp6f4sbHkxLoiAS6yW6UommqgwLqLaWVA5Uki"

WRONG = {
    "latitude beyond the pole": (("offer", "91,5", LYON, "--at", TOMORROW), 2, "usage"),
    "longitude beyond the date line": (("offer", "45,181", LYON, "--at", TOMORROW), 2, "usage"),
    "longitude first": (("offer", "120.5,45.1", LYON, "--at", TOMORROW), 2, "usage"),
    "not a number": (("offer", "nan,5", LYON, "--at", TOMORROW), 2, "usage"),
    "infinite": (("offer", "45,inf", LYON, "--at", TOMORROW), 2, "usage"),
    "decimal commas": (("offer", "45,1885,5,7245", LYON, "--at", TOMORROW), 2, "usage"),
    "one number": (("offer", "45.1885", LYON, "--at", TOMORROW), 2, "usage"),
    "words for coordinates": (("offer", "over,there", LYON, "--at", TOMORROW), 4, "not-found"),
    "a number and a word": (("offer", "45.1,there", LYON, "--at", TOMORROW), 2, "usage"),
    "a place nobody saved": (("offer", "home", LYON, "--at", TOMORROW), 4, "not-found"),
    "via a place nobody saved": ((*OFFER, "--via", "home"), 4, "not-found"),
    "too many stops": ((*OFFER, *("--via", "45.3,5.5") * 15), 2, "usage"),
    "start and end together": (("offer", GRENOBLE, GRENOBLE, "--at", TOMORROW), 2, "usage"),
    "a time that is past": (("offer", GRENOBLE, LYON, "--at", "2020-01-01T08:00"), 2, "past"),
    "far ahead": (("offer", GRENOBLE, LYON, "--at", "2098-01-01T08:00"), 2, "too-far-ahead"),
    "no time": (("offer", GRENOBLE, LYON, "--at", "some day"), 2, "usage"),
    "without --at": (("offer", GRENOBLE, LYON), 2, "usage"),
    "no seats": ((*OFFER, "--seats", "0"), 2, "usage"),
    "a bus": ((*OFFER, "--seats", "9"), 2, "usage"),
    "seats in words": ((*OFFER, "--seats", "two"), 2, "usage"),
    "nobody looks": ((*REQUEST, "--seats", "0"), 2, "usage"),
    "a negative detour": ((*OFFER, "--detour", "-1"), 2, "usage"),
    "a negative price": ((*OFFER, "--price", "-0.1"), 2, "usage"),
    "a price without end": ((*OFFER, "--price", "nan"), 2, "usage"),
    "a fortune": ((*OFFER, "--price", "1e9"), 2, "usage"),
    "a price too fine": ((*OFFER, "--price", "0.0801"), 2, "usage"),
    "a long walk": ((*REQUEST, "--walk", "10001"), 2, "usage"),
    "both --at and --by": ((*REQUEST, "--by", TOMORROW), 2, "usage"),
    "neither --at nor --by": (("request", GRENOBLE, LYON), 2, "usage"),
    "an unknown deal": (("deal", "abcd"), 4, "not-found"),
    "an unknown post": (("withdraw", "abcd"), 4, "not-found"),
    "matches of an unknown post": (("matches", "abcd"), 4, "not-found"),
    "an unknown match": (("propose", "abcd"), 4, "not-found"),
    "an id that is none": (("accept", "nonsense"), 4, "not-found"),
    "an id with a wildcard": (("accept", "%%%%"), 4, "not-found"),
    "too short an id": (("deal", "abc"), 2, "usage"),
    "a code of five digits": (("pickup", "abcd", "12345"), 4, "not-found"),
    "an empty note": (("note", "abcd", " "), 2, "usage"),
    "a note that steers terminals": (("note", "abcd", "\x1b[2J"), 2, "usage"),
    "a note too long": (("note", "abcd", "x" * 501), 2, "usage"),
    "a place without a name": (("place", "add", "1,2", GRENOBLE), 2, "usage"),
    "a place nobody has": (("place", "remove", "home"), 4, "not-found"),
    "no address": (("join", "example.org"), 2, "usage"),
    "an address of nobody": (("join", "/ip4/127.0.0.1/tcp/4001"), 2, "usage"),
    "an unknown command": (("fly",), 2, "usage"),
    "an unknown option": ((*OFFER, "--wings"), 2, "usage"),
    "no command": ((), 2, "usage"),
    "half a command": (("place",), 2, "usage"),
    "a wrong address to listen on": (("up", "--listen", "0.0.0.0:4001"), 2, "usage"),
    "a wrong area": (("hub", "run", "--area", "95,5"), 2, "usage"),
    "a second home in the first": (("init",), 5, "home-exists"),
}  # fmt: skip


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> User:
    """Return somebody with an empty home."""
    return User(tmp_path_factory.mktemp("bad") / "ada")


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input(user: User, name: str) -> None:
    """One JSON document with code, message and hint, and the status; nothing is posted."""
    words, status, code = WRONG[name]
    ended, document = user.run(*words)
    error = document["error"]
    assert (ended, error["code"]) == (status, code)
    assert error["message"]
    assert error["hint"]
    assert set(document) == {"error"}
    assert user.call("posts", "--all") == {"posts": []}


@pytest.mark.parametrize("name", ["latitude beyond the pole", "no seats", "an unknown deal", "an unknown command"])
def test_wrong_input_for_people(user: User, name: str) -> None:
    """Without --json the message and the hint stand on stderr, and nothing on stdout."""
    words, status, _ = WRONG[name]
    said = user.say(*words)
    assert (said.status, said.out) == (status, "")
    assert said.err.startswith("lazpool: ")
    assert "\nhint: " in said.err
    assert "Traceback" not in said.err


def test_ids_are_unique_prefixes(tmp_path: Path) -> None:
    """As in git: a prefix that fits two is refused and both are named; one more character decides."""
    user = User(tmp_path / "ada")
    first, second = (user.call(*OFFER)["id"] for _ in range(2))
    with open_desk(user.home) as desk:
        for old, new in ((first, "abcd1" + first[5:]), (second, "abcd2" + second[5:])):
            desk.node.execute("UPDATE posts SET id=? WHERE id=?", (bytes.fromhex(new), bytes.fromhex(old)))
            desk.node.execute("UPDATE boxes SET about=? WHERE about=?", (bytes.fromhex(new), bytes.fromhex(old)))
    status, document = user.run("withdraw", "abcd")
    assert (status, document["error"]["code"]) == (4, "ambiguous")
    assert "abcd1" in document["error"]["hint"]
    assert "abcd2" in document["error"]["hint"]
    user.call("withdraw", "ABCD1")
    assert [post["id"][:5] for post in user.call("posts")["posts"]] == ["abcd2"]


def test_a_locked_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another process holds the database a writing command waits and gives up; a reading one need not wait."""
    monkeypatch.setattr(database, "BUSY_S", 0.05)
    user = User(tmp_path / "ada")
    holder = sqlite3.connect(user.home / "node.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    status, document = user.run(*OFFER)
    assert (status, document["error"]["code"]) == (1, "busy")
    assert user.call("posts") == {"posts": []}
    holder.close()
    user.call(*OFFER)


@pytest.mark.parametrize("name", ["node.db", "board.db"])
@pytest.mark.parametrize("content", ["table", "garbage", "newer"])
def test_a_foreign_or_damaged_database(tmp_path: Path, name: str, content: str) -> None:
    """A database of another program, of a newer lazpool, or none at all: status 7, and it is left as it is."""
    user = User(tmp_path / "ada")
    path = user.home / name
    if content == "newer":
        changed = sqlite3.connect(path)
        changed.execute("PRAGMA user_version=99")
        changed.close()
    else:
        for suffix in ("", "-wal", "-shm"):
            (user.home / (name + suffix)).unlink(missing_ok=True)
        if content == "garbage":
            path.write_bytes(b"no database at all, but long enough" * 200)
        else:
            other = sqlite3.connect(path)
            other.execute("CREATE TABLE recipes (x)")
            other.close()
    before = path.read_bytes()
    status, document = user.run("board")
    assert (status, document["error"]["code"]) == (7, "damaged")
    assert path.read_bytes() == before


def test_no_home_yet(tmp_path: Path) -> None:
    """Every command says how to make a home; `paths` needs none."""
    for words in (("status",), ("board",), OFFER, ("up",), ("id",), ("ledger", "verify")):
        status, document = run(tmp_path / "none", *words)
        assert (status, document["error"]["code"]) == (4, "no-home")
        assert "lazpool init" in document["error"]["hint"]
    assert not any(check["ok"] for check in run(tmp_path / "none", "paths")[1]["checks"])


def test_homes_that_cannot_be(tmp_path: Path) -> None:
    """A file in the way, somebody else's folder, a zone that is none: refused, and nothing is left behind."""
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    mode = (tmp_path / "full").stat().st_mode
    assert run(tmp_path / "file", "init")[0] == 1
    assert run(tmp_path / "file" / "below", "init")[0] == 1
    status, document = run(tmp_path / "full", "init")
    assert (status, document["error"]["code"]) == (5, "not-empty")
    assert (tmp_path / "full").stat().st_mode == mode
    for words in (("--zone", "Europe/Atlantis"), ("--name", "x" * 65), ("--name", "a\x1b[0m"), ("--network", " ")):
        assert run(tmp_path / "new", "init", *words)[0] == 2
        assert not (tmp_path / "new").exists()
    assert run(tmp_path / "deep" / "er" / "home", "init")[0] == 0


def test_a_name_is_normalised(tmp_path: Path) -> None:
    """A name typed with combining accents, as on a Mac, is the same name."""
    assert run(tmp_path / "a", "init", "--name", "Zoe\u0301")[0] == 0
    assert run(tmp_path / "a", "id")[1]["name"] == "Zo\u00e9"


def test_loose_keys(tmp_path: Path) -> None:
    """Keys that others can read are refused, and the hint repairs it."""
    user = User(tmp_path / "ada")
    key = user.home / "keys" / "identity.key"
    key.chmod(0o644)
    status, document = user.run("id")
    assert (status, document["error"]["code"]) == (5, "unsafe-keys")
    assert document["error"]["hint"] == f"chmod 600 {key}"


def test_an_unreachable_hub(tmp_path: Path) -> None:
    """Nobody listens there: status 6 and nothing is stored, unless --offline says so."""
    user = User(tmp_path / "ada")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"/ip4/127.0.0.1/tcp/{port}/p2p/{KEY}"
    status, document = user.run("join", address)
    assert (status, document["error"]["code"]) == (6, "unreachable")
    assert user.call("status")["hubs"] == []
    assert user.call("join", address, "--offline")["hub"] == address
    assert [hub["address"] for hub in user.call("status")["hubs"]] == [address]


@pytest.mark.process
def test_a_port_that_is_taken(tmp_path: Path) -> None:
    """A node that cannot listen says where, and ends; another node of a running home is refused."""
    user = User(tmp_path / "ada")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = process("--home", str(user.home), "--json", "up", "--listen", f"/ip4/127.0.0.1/tcp/{port}")
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["code"]) == (1, "cannot-listen")
    assert str(port) in error["message"]
    with hold(user.home / "node.lock"):
        done = process("--home", str(user.home), "--json", "up", "--listen", "/ip4/127.0.0.1/tcp/0")
    assert (done.returncode, json.loads(done.stdout)["error"]["code"]) == (5, "running")


def test_joining_oneself(tmp_path: Path) -> None:
    """Nobody is a hub to themselves."""
    user = User(tmp_path / "ada")
    status, document = user.run("join", f"/ip4/127.0.0.1/tcp/4001/p2p/{user.call('id')['node']}")
    assert (status, document["error"]["code"]) == (5, "own-address")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    """Permission denied is said with the path."""
    (tmp_path / "closed").mkdir(mode=0o500)
    status, document = run(tmp_path / "closed" / "home", "init")
    assert (status, document["error"]["code"]) == (1, "system")
    assert "closed" in document["error"]["message"]


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the system is said with its path, not as a traceback."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "/somewhere/node.db")

    user = User(tmp_path / "ada")
    monkeypatch.setattr(own, "add_post", full)
    status, document = user.run(*OFFER)
    assert (status, document["error"]["code"]) == (1, "system")
    assert document["error"]["message"] == "/somewhere/node.db: No space left on device"


def test_a_mistake_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody expected is a message and a plea to report it; the traceback comes with LAZPOOL_DEBUG alone."""

    def broken(*_: object, **__: object) -> None:
        raise KeyError("oh")

    user = User(tmp_path / "ada")
    monkeypatch.setattr(own, "posts", broken)
    status, document = user.run("posts")
    assert (status, document["error"]["code"]) == (1, "unexpected")
    monkeypatch.setenv("LAZPOOL_DEBUG", "1")
    said = say(user.home, "posts")
    assert said.status == 1
    assert "Traceback" in said.err
    assert "please report it" in said.err


def test_a_reader_that_leaves(tmp_path: Path) -> None:
    """`lazpool ... | head` ends without a word when the pipe closes."""
    user = User(tmp_path / "ada")
    done = process("--home", str(user.home), "--json", "posts", stdin=None)
    assert (done.returncode, done.stderr) == (0, "")
    read, write = os.pipe()
    os.close(read)
    try:
        closed = _into(write, "--home", str(user.home), "--json", "posts")
    finally:
        os.close(write)
    assert closed == (1, "")


def test_module_and_environment(tmp_path: Path) -> None:
    """`python -m lazpool` is the program, and LAZPOOL_HOME says which home."""
    made = process("--json", "init", env={"LAZPOOL_HOME": str(tmp_path / "a")})
    assert made.returncode == 0
    assert str(tmp_path / "a") in made.stdout
    assert process("--version").stdout.startswith("lazpool ")


def _into(descriptor: int, *words: str) -> tuple[int, str]:
    import subprocess  # noqa: PLC0415 # the one test that needs a stdout of its own
    import sys  # noqa: PLC0415 # the same

    command = [sys.executable, "-m", "lazpool", *words]
    done = subprocess.run(command, stdout=descriptor, stderr=subprocess.PIPE, text=True, timeout=30, check=False)
    return done.returncode, done.stderr
