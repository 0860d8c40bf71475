"""A hub's home with a board of posts around Grenoble, and its site asked without a network."""

from __future__ import annotations

import random
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx

from lazpool.actions.desk import Desk, create_home, open_desk
from lazpool.actions.standing import Live
from lazpool.config import Config
from lazpool.hub import Hub
from lazpool.records.places import POST_RES, Point, cell_at, coarse
from lazpool.records.posts import Offer, Request, SignedPost, sign_post
from lazpool.rules.areas import area_of, areas_around
from lazpool.store import board
from lazpool.web.site import Site
from lazpool.wire.signing import public_key

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

NOW = 1_800_000_000
"""A Friday, 08:00 UTC."""
GRENOBLE, VOIRON, LYON = Point(45.1885, 5.7245), Point(45.3645, 5.5915), Point(45.7606, 4.8594)
PARIS = Point(48.8566, 2.3522)
ADDRESS = "/dns4/hub.example.org/tcp/4001/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp"
HUB = Hub(
    name="Vallée & <Co>",
    operator="Mairie de Crolles",
    rules="Be on time.\n<b>No smoking</b>",
    areas=("45.1885,5.7245",),
)


def make_home(root: Path, hub: Hub = HUB) -> Config:
    """Make a hub's home and return its settings."""
    config = Config(root / "hub", network="town", name="Secret Name", zone="Europe/Paris", hub=hub)
    create_home(config, clock=lambda: NOW)
    return config


def put(desk: Desk, *posts: SignedPost) -> None:
    """Put posts on a board."""
    with desk.board.transaction():
        for one in posts:
            board.add_own(desk.board, one, [area_of(GRENOBLE)], now=NOW // 60)


def offer(net: bytes, start: Point, hours: int, seed: int, group: bytes = b"") -> SignedPost:
    """Return an offer that leaves so many hours from now."""
    key = random.Random(seed).randbytes(32)
    depart = NOW // 60 + 60 * hours
    made = Offer(
        net, public_key(key), key, (key,), (coarse(start), coarse(LYON)), (0, 60), depart, 5, 5, 20, 3, 80, "EUR", 0,
        depart + 90, b"", group,
    )  # fmt: skip
    return sign_post(made, key)


def request(net: bytes, start: Point, hours: int, seed: int, group: bytes = b"") -> SignedPost:
    """Return a request for a ride so many hours from now."""
    key = random.Random(seed).randbytes(32)
    leave = NOW // 60 + 60 * hours
    made = Request(
        net, public_key(key), key, (key,), cell_at(start, POST_RES), cell_at(LYON, POST_RES), 0, leave, leave + 30,
        500, 1, 0, leave + 90, b"", group,
    )  # fmt: skip
    return sign_post(made, key)


def live(**changes: object) -> Live:
    """Return how a hub stands that is well."""
    here = Live(ready=True, uptime_s=90.5, address=ADDRESS, areas=areas_around(GRENOBLE), peers=17)
    return replace(here, **changes)  # type: ignore[arg-type] # fields of it


@asynccontextmanager
async def asking(config: Config, here: Live | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """Ask the site of a home."""
    told = here or live()
    app = Site(config, lambda: told, clock=lambda: NOW).app()
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        yield client


def filled(config: Config) -> list[SignedPost]:
    """Fill the board of a home: many around Grenoble, few around Voiron, and some far away; return the posts."""
    with open_desk(config.home, clock=lambda: NOW) as desk:
        net, posts = desk.net, list[SignedPost]()
        for number in range(31):
            posts.append(offer(net, GRENOBLE, number % 3, number))
        for number in range(12):
            posts.append(request(net, GRENOBLE, 2, 100 + number))
        posts += [offer(net, VOIRON, 1, 200), request(net, VOIRON, 30, 201)]
        posts += [offer(net, PARIS, 1, 300 + number) for number in range(9)]
        posts += [offer(net, GRENOBLE, 7, 400 + number, group=b"g" * 16) for number in range(5)]
        put(desk, *posts)
    return posts
