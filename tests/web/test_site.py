"""The site of a hub as HTTP: headers, methods, health, metrics, and how little a flood of questions costs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
import pytest
import trio
from prometheus_client.parser import text_string_to_metric_families

from lazpool.actions.desk import open_desk
from lazpool.actions.noticeboard import Noticeboard
from lazpool.errors import InvalidInputError, LazpoolError
from lazpool.hub import bind_of
from lazpool.store import letterbox
from lazpool.web import serve, site
from tests.web.boards import NOW, asking, filled, live, make_home

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lazpool.config import Config


@pytest.fixture
def home(tmp_path: Path) -> Config:
    """Return the settings of a hub with a filled board."""
    config = make_home(tmp_path)
    filled(config)
    return config


@pytest.mark.parametrize("path", ["/", "/style.css", "/health", "/metrics", "/nothing", "/favicon.ico"])
async def test_every_answer_is_kept_on_a_short_lead(home: Config, path: str) -> None:
    """No script, no frame, no other origin, no cookie, no guessing of types, whatever the answer."""
    async with asking(home) as client:
        answer = await client.get(path)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'; img-src 'self';")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-frame-options"] == "DENY"
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] in {"public, max-age=15", "public, max-age=3600", "no-store"}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
async def test_it_is_read_only(home: Config, method: str) -> None:
    """Whatever is no GET or HEAD is refused, and told so."""
    async with asking(home) as client:
        for path in ("/", "/health", "/metrics"):
            assert (await client.request(method, path)).status_code == 405


async def test_a_flood_of_questions_reads_the_board_once(home: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred at once, in both languages and for all hours, cost one reading; a fault in it is one 500 each."""
    readings = []
    count = Noticeboard.count

    def counting(self: Noticeboard, db: object) -> object:
        readings.append(db)
        return count(self, db)  # type: ignore[arg-type] # a store

    monkeypatch.setattr(Noticeboard, "count", counting)
    async with asking(home) as client, trio.open_nursery() as nursery:
        for number in range(200):
            nursery.start_soon(client.get, f"/?lang={'fr' if number % 2 else 'en'}&hour={NOW // 3600 + number % 30}")
    assert len(readings) == 1


async def test_health_is_503_while_the_network_is_down_or_a_database_is_gone(home: Config) -> None:
    """What watches a hub needs only the status; the document says which of both it is."""
    async with asking(home) as client:
        answer = await client.get("/health")
        assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    async with asking(home, live(ready=False)) as client:
        answer = await client.get("/health")
        assert (answer.status_code, answer.json()["network"]) == (503, False)
    home.board_file.unlink()
    async with asking(home) as client:
        answer = await client.get("/health")
        assert (answer.status_code, answer.json()["databases"]) == (503, False)
        assert (await client.get("/")).status_code == 500


async def test_figures_have_a_help_each_and_are_those_of_the_databases(home: Config) -> None:
    """Posts by kind, letters and their bytes, letterboxes, and what only the process knows."""
    with open_desk(home.home) as desk, desk.board.transaction():
        for tag in range(5):
            letterbox.open_tag(desk.board, bytes([tag]) * 32, b"o" * 32, NOW)
        letterbox.hold(desk.board, b"i" * 32, tag=bytes(32), depositor=b"d", letter=b"x" * 512, now=1, expires=NOW)
    async with asking(home, live(places=3, circuits=2, sync_rounds=9, dropped_posts=1, faults=4)) as client:
        answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = list(text_string_to_metric_families(answer.text))
    assert all(len(one.documentation) > 10 for one in families)
    told = {(sample.name, *sample.labels.values()): sample.value for one in families for sample in one.samples}
    assert told["lazpool_posts", "offer"] == 46
    assert told["lazpool_posts", "request"] == 13
    assert told["lazpool_letters",] == 1
    assert told["lazpool_letters_bytes",] == 512
    assert told["lazpool_letterboxes",] == 5
    assert told["lazpool_letterbox_owners",] == 1
    assert told["lazpool_relay_places",] == 3
    assert told["lazpool_relay_circuits",] == 2
    assert told["lazpool_sync_rounds_total",] == 9
    assert told["lazpool_ready",] == 1
    assert told["process_open_fds",] > 3
    assert not re.search(r'="[0-9a-f]{8,}"', answer.text)


@pytest.mark.parametrize(("text", "bind"), [("127.0.0.1:8080", ("127.0.0.1", 8080)), ("[::1]:80", ("::1", 80))])
def test_an_address_is_host_and_port(text: str, bind: tuple[str, int]) -> None:
    """As people write them."""
    assert bind_of(text) == bind


@pytest.mark.parametrize("text", ["8080", "localhost", "127.0.0.1:99999", "http://127.0.0.1:80", "::1:80", ":80"])
def test_what_is_no_address_is_refused(text: str) -> None:
    """With an example in the hint."""
    with pytest.raises(InvalidInputError, match="HOST:PORT"):
        bind_of(text)


def test_a_taken_port_is_said_at_once() -> None:
    """And not in the log of a hub that shows no page."""
    with serve.listen("127.0.0.1:0") as taken, pytest.raises(LazpoolError, match="cannot show the page") as wrong:
        serve.listen(f"127.0.0.1:{taken.getsockname()[1]}")
    assert wrong.value.code == "cannot-listen"


async def with_server(home: Config, ask: Callable[[httpx.AsyncClient], object]) -> None:
    """Serve on a real port while something asks."""
    with serve.listen("127.0.0.1:0") as listening:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve.serve, listening, home, live)
            async with httpx.AsyncClient(base_url=serve.url(listening)) as client:
                await ask(client)  # type: ignore[misc] # a coroutine
            nursery.cancel_scope.cancel()


async def test_a_real_server_answers_get_and_head(home: Config) -> None:
    """By hypercorn under trio: HEAD has the headers alone, and no server is named."""

    async def ask(client: httpx.AsyncClient) -> None:
        got, head = await client.get("/style.css"), await client.head("/style.css")
        assert got.status_code == head.status_code == 200
        assert got.text
        assert not head.text
        assert "server" not in got.headers

    await with_server(home, ask)


async def test_who_says_too_much_is_cut_off(home: Config) -> None:
    """A head of 100 kB is no question."""

    async def ask(client: httpx.AsyncClient) -> None:
        try:
            answer = await client.get("/", headers={"X-Much": "m" * 100_000})
        except httpx.TransportError:
            return
        assert answer.status_code >= 400

    await with_server(home, ask)


def test_what_is_kept_is_kept_for_seconds() -> None:
    """So that a page is never long out of date."""
    assert site.FIGURES_S <= site.PAGE_S <= 60
