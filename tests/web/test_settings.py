"""The [hub] table: read whole, and refused with the name of what is wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from lazpool.actions import hearing, letterbox
from lazpool.actions.desk import open_desk
from lazpool.config import load_config
from lazpool.errors import InvalidInputError
from lazpool.hub import Hub, hub_of
from lazpool.records import mail
from lazpool.rules.areas import request_area
from lazpool.store import letterbox as held
from tests.web.boards import GRENOBLE, NOW, make_home, request

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = '''
[hub]
name = "Valley hub"
operator = "The town hall of Crolles"
rules = """
Be on time.
No smoking.
"""
web = "127.0.0.1:8080"
address = "/dns4/hub.example.org/tcp/4001"
areas = ["45.1885,5.7245", "Voiron"]
posts = 5000
letters_mb = 64
'''


def test_a_whole_table_is_read(tmp_path: Path) -> None:
    """Each setting; and a home without the table has the defaults."""
    config = make_home(tmp_path, Hub())
    assert load_config(config.home).hub == Hub()
    with (config.home / "config.toml").open("a") as file:
        file.write(WHOLE)
    assert load_config(config.home).hub == Hub(
        "Valley hub", "The town hall of Crolles", "Be on time.\nNo smoking.", "127.0.0.1:8080",
        "/dns4/hub.example.org/tcp/4001", ("45.1885,5.7245", "Voiron"), 5000, 64,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ({"title": "x"}, "[hub] title is no setting of it"),
        ({"name": 1}, "[hub] name is not text in quotes"),
        ({"name": "x" * 121}, "[hub] name is longer than 120 bytes"),
        ({"name": "a\x1b[31m"}, "[hub] name has signs in it that nobody can see"),
        ({"rules": "x" * 1201}, "[hub] rules is longer than 1200 bytes"),
        ({"web": "8080"}, "'8080' is not HOST:PORT"),
        ({"address": "hub.example.org"}, "[hub] address is no address"),
        ({"address": "/ip4/1.2.3.4/tcp/4001/p2p/12D3"}, "[hub] address is no address"),
        ({"areas": "45,5"}, "[hub] areas is not a list of texts"),
        ({"areas": [45, 5]}, "[hub] areas is not a list of texts"),
        ({"areas": ["45,5"] * 51}, "[hub] areas names more than 50 places"),
        ({"posts": 10}, "[hub] posts is out of range"),
        ({"posts": True}, "[hub] posts is not a whole number"),
        ({"letters_mb": 0}, "[hub] letters_mb is out of range"),
        ("yes", "hub is not a table"),
    ],
)
def test_what_is_wrong_is_named(table: object, why: str) -> None:
    """With a hint where there is a form to keep to."""
    with pytest.raises(InvalidInputError, match=re.escape(why)):
        hub_of(table)


def test_a_small_board_takes_no_more_than_it_was_told(tmp_path: Path) -> None:
    """The thousand-and-first post finds no room."""
    config = make_home(tmp_path, Hub(posts=1000))
    with open_desk(config.home, clock=lambda: NOW) as desk:
        desk.config = config
        columns = "id, kind, envelope, post_pk, depart, expires, heard, own"
        one = f"INSERT INTO posts ({columns}) VALUES (randomblob(32), 1, x'', x'', 0, 1 << 40, 0, 1)"  # noqa: S608 # ours
        for _ in range(999):
            desk.board.execute(one)
        for seed in range(3):
            post = request(desk.net, GRENOBLE, 2, seed)
            hearing.hear(desk, post.envelope, request_area(post.post))  # type: ignore[arg-type] # it is a request
        assert desk.board.number("SELECT count(*) FROM posts") == 1000


def test_a_small_letterbox_takes_no_more_than_it_was_told(tmp_path: Path) -> None:
    """What would go beyond the megabytes is refused, and the depositor keeps it."""
    config = make_home(tmp_path, Hub(letters_mb=1))
    with open_desk(config.home, clock=lambda: NOW) as desk:
        desk.config = config
        held.open_tag(desk.board, b"t" * 32, b"o" * 32, NOW)
        big = bytes((1 << 20) - 4096 - 100)
        held.hold(desk.board, b"i" * 32, tag=b"u" * 32, depositor=b"d", letter=big, now=1, expires=NOW)
        answers = [letterbox.deposit(desk, b"e" * 32, mail.Put(b"t" * 32, bytes([one]) * 4096)) for one in range(2)]
        assert answers == [mail.OK, mail.FULL]
