"""The small parts by themselves: addresses, the throttle of faults, pace and quotas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trio

from lazpool.errors import InvalidInputError
from lazpool.net.address import node_key, node_name, node_pk_of, parse_address, parse_listen, peer_id_bytes
from lazpool.net.pace import MAX_BUCKETS, Pace, Quotas
from lazpool.net.throttle import MAX_KINDS, QUIET_S, Throttle

if TYPE_CHECKING:
    from trio.testing import MockClock

NAME = "12D3KooWPw6aRTBbFuAMLYRzEPxQZJdFzQpVGDFYLGPhFCfNjwUG"


@pytest.mark.parametrize("where", ["/ip4/192.0.2.1/tcp/4001", "/ip6/2001:db8::1/tcp/1", "/dns4/hub.example/tcp/443"])
def test_an_address_tells_whom_to_expect(where: str) -> None:
    """The node key is the one that made the peer id, and the text is what was given."""
    node_pk = bytes(range(32))
    parsed = parse_address(f"{where}/p2p/{node_name(node_pk)}")
    assert (parsed.node_pk, parsed.text) == (node_pk, f"{where}/p2p/{node_name(node_pk)}")
    assert node_name(node_pk).startswith("12D3KooW")
    assert node_pk_of(peer_id_bytes(node_pk)) == node_pk


def test_blanks_around_an_address_are_no_fault() -> None:
    """A line copied with its newline is still that address."""
    assert parse_address(f" /ip4/192.0.2.1/tcp/1/p2p/{NAME}\n").text == f"/ip4/192.0.2.1/tcp/1/p2p/{NAME}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "/",
        "localhost:4001",
        "/ip4/192.0.2.1/tcp/4001",
        "/ip4/192.0.2.1/tcp/70000/p2p/" + NAME,
        "/ip4/192.0.2.1/udp/4001/p2p/" + NAME,
        "/ip4/192.0.2.1/tcp/4001/ws/p2p/" + NAME,
        "/ip4/192.0.2.1/tcp/4001/p2p/" + NAME + "/p2p-circuit",
        "/ip4/192.0.2.1/tcp/4001/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N",
        "/ip4/192.0.2.1/tcp/4001/p2p/garbage",
        "/p2p/" + NAME,
        "\x00",
    ],
)
def test_what_is_no_address_is_invalid_input(text: str) -> None:
    """Anything but TCP to an Ed25519 node is refused before anybody is called, and what one looks like is said."""
    with pytest.raises(InvalidInputError) as wrong:
        parse_address(text)
    assert "12D3KooW" in wrong.value.hint


@pytest.mark.parametrize("text", ["", "nonsense", "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N", NAME[:-1]])
def test_what_is_no_name_of_a_node_is_said_to_be_none(text: str) -> None:
    """Nothing is told of addresses to who typed a name."""
    with pytest.raises(InvalidInputError, match="not the name of a node") as wrong:
        node_key(text)
    assert "begins with 12D3KooW" in wrong.value.hint
    assert node_key(f"/ip4/192.0.2.1/tcp/1/p2p/{NAME}") == parse_address(f"/ip4/192.0.2.1/tcp/1/p2p/{NAME}").node_pk


def test_a_listen_address_names_nobody() -> None:
    """Host and port are required, a peer id is not allowed, names are not looked up."""
    assert parse_listen("/ip4/0.0.0.0/tcp/0") == "/ip4/0.0.0.0/tcp/0"
    for text in ("/dns4/hub.example/tcp/1", f"/ip4/0.0.0.0/tcp/0/p2p/{NAME}", "/ip4/0.0.0.0", "0.0.0.0:1"):
        with pytest.raises(InvalidInputError):
            parse_listen(text)


def test_a_fault_is_said_once_and_then_counted() -> None:
    """The first is said; the next within a minute are not; the one after a minute tells how many there were."""
    now = 0.0
    throttle = Throttle(lambda: now)
    assert throttle.allow("kind") == 0
    assert [throttle.allow("kind") for _ in range(5)] == [None] * 5
    assert throttle.allow("other kind") == 0
    now = QUIET_S
    assert throttle.allow("kind") == 5
    assert throttle.total == 8


def test_invented_kinds_do_not_defeat_the_throttle() -> None:
    """Whoever can choose part of a kind's name gets MAX_KINDS lines and one more, and no memory beyond."""
    throttle = Throttle(lambda: 0.0)
    said = sum(throttle.allow(str(number)) is not None for number in range(10 * MAX_KINDS))
    assert said == MAX_KINDS + 1
    assert len(throttle._last) == MAX_KINDS + 1


def test_a_peer_has_its_burst_and_then_its_rate() -> None:
    """Ten at once, then two a second; another peer is not affected."""
    quotas = Quotas(rate=2, burst=10)
    assert [quotas.take("a", 0.0) for _ in range(11)] == [True] * 10 + [False]
    assert [quotas.take("a", 1.0) for _ in range(3)] == [True, True, False]
    assert quotas.take("b", 1.0)
    assert sum(quotas.take("a", 100.0) for _ in range(20)) == 10


def test_silent_peers_are_forgotten() -> None:
    """Buckets that are full again are dropped when there are many; a spent one stays spent."""
    quotas = Quotas(rate=1, burst=2)
    for number in range(MAX_BUCKETS):
        quotas.take(number, 0.0)
    assert [quotas.take("spent", 10.0) for _ in range(3)] == [True, True, False]
    assert len(quotas._filled) < 10
    assert not quotas.take("spent", 10.0)


async def test_callers_go_one_after_the_other(autojump_clock: MockClock) -> None:  # noqa: ARG001 - trio's clock for tests
    """Thirty callers at ten a second take three seconds, and a pause saves up nothing."""
    pace = Pace(10)
    await trio.sleep(100)
    start = trio.current_time()
    async with trio.open_nursery() as nursery:
        for _ in range(31):
            nursery.start_soon(pace.turn)
    assert trio.current_time() - start == pytest.approx(3)
