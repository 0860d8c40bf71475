"""Bursts arrive, floods are held, and who passes on rubbish is not listened to for a while."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from typing import TYPE_CHECKING

import trio
from libp2p.pubsub.pb import rpc_pb2
from nodes import linked, next_post, node, take_posts, until

from lazpool.net import pace
from lazpool.net.host import peer_id
from lazpool.net.limits import PEER_BURST, PEER_RATE, PUBLISH_RATE
from lazpool.net.scores import DECAY, LISTEN_BELOW, MESH_BELOW

if TYPE_CHECKING:
    import pytest

TOPIC = "t"


async def test_a_burst_of_a_thousand_arrives_whole_at_every_neighbour() -> None:
    """Handed over at once, they are sent at the pace that is promised, and each neighbour has them all."""
    async with node() as author, node() as a, node() as b:
        for one in (a, b):
            await linked(author, one, TOPIC)
        began = trio.current_time()
        async with trio.open_nursery() as nursery:
            for number in range(1000):
                nursery.start_soon(author.publish, TOPIC, b"%04d" % number + bytes(496))
            taken = [await take_posts(one, 1000, 250) for one in (a, b)]
        assert trio.current_time() - began >= 999 / PUBLISH_RATE
        assert [len({data[:4] for data in posts}) for posts in taken] == [1000] * 2
        assert (a.dropped_posts, b.dropped_posts) == (0, 0)


def test_a_forwarder_has_a_budget() -> None:
    """A peer may send a burst and then so many a second, whatever it did before; others have budgets of their own."""
    quotas = pace.Quotas(PEER_RATE, PEER_BURST)
    taken = sum(quotas.take("flooder", now / 1000) for now in range(60_000))
    assert abs(taken - (PEER_BURST + 60 * PEER_RATE)) <= 1
    assert quotas.take("other", 60)


async def test_what_a_forwarder_sends_beyond_its_budget_is_dropped() -> None:
    """Of thirty posts of one who may send ten, ten are taken, and those of another are, too."""
    asked = Counter[Hashable]()

    class Counted(pace.Quotas):
        """Notes who sends."""

        def take(self, peer: Hashable, now: float) -> bool:
            """Take one of a peer's."""
            asked[peer] += 1
            return super().take(peer, now)

    async with node() as flooder, node() as other, node() as listener:
        listener._gossip.pubsub._quotas = Counted(0.0, 10.0)
        await linked(flooder, listener, TOPIC)
        await linked(other, listener, TOPIC)
        for number in range(30):
            await flooder.publish(TOPIC, b"flood %d" % number)
        await until(lambda: asked[peer_id(flooder.node_pk)] >= 30)
        await other.publish(TOPIC, b"other")
        got = await take_posts(listener, 11, 30)
        assert sum(data.startswith(b"flood") for data in got) == 10
        assert b"other" in got


def test_work_can_be_charged_later() -> None:
    """What turns out to cost more than there is left is paid off before anything else is allowed."""
    quotas = pace.Quotas(1.0, 10.0)
    assert quotas.take("peer", 0)
    quotas.charge("peer", 0, 29)
    assert not quotas.take("peer", 20)
    assert quotas.take("peer", 21.5)


async def test_who_passes_on_rubbish_is_not_listened_to_for_a_while() -> None:
    """After a dozen malformed posts, good ones of the same peer are dropped; another's arrive; later its do again."""
    async with node() as bad, node() as good, node() as listener:
        await linked(bad, listener, TOPIC)
        await linked(good, listener, TOPIC)
        scores = listener._gossip._router.scores
        for number in range(15):
            await bad.publish(TOPIC, b"bad %d" % number)
        await until(lambda: scores.topic_score(peer_id(bad.node_pk), TOPIC) < LISTEN_BELOW)
        await bad.publish(TOPIC, b"now good")
        await good.publish(TOPIC, b"other")
        assert await next_post(listener) == (TOPIC, b"other")
        assert scores.topic_score(peer_id(good.node_pk), TOPIC) > 0
        for _ in range(120):
            scores.on_heartbeat()
        await bad.publish(TOPIC, b"better")
        while (await next_post(listener))[1] != b"better":
            pass  # the good one of before, which was not forgotten


async def test_posts_of_no_use_count_against_nobody() -> None:
    """What is merely not wanted here, as it is known or of another network, is dropped without a mark."""
    async with node() as a, node(check=lambda _topic, data, _by: None if data == b"old" else True) as b:
        await linked(a, b, TOPIC)
        for _ in range(30):
            await a.publish(TOPIC, b"old")
        await a.publish(TOPIC, b"new")
        assert await next_post(b) == (TOPIC, b"new")


async def test_a_bad_peer_does_not_get_itself_into_a_mesh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks to be in one is, until its score is too low; when that is forgotten it is again."""
    async with node() as bad, node() as listener:
        await linked(bad, listener, TOPIC)
        router, peer = listener._gossip._router, peer_id(bad.node_pk)
        mesh = router.mesh[TOPIC]
        monkeypatch.setattr(router, "mesh_heartbeat", lambda: ({}, {}))  # which mends meshes in between

        async def asks() -> bool:
            mesh.discard(peer)
            router.graft_flood_tracking.clear()
            router.back_off.clear()
            await router.handle_graft(rpc_pb2.ControlGraft(topicID=TOPIC), peer)
            return peer in mesh

        assert await asks()
        for _ in range(90):
            router.scores.count_bad(peer, TOPIC)
        assert router.scores.topic_score(peer, TOPIC) < 2 * MESH_BELOW
        assert not await asks()
        for _ in range(240):
            router.scores.on_heartbeat()
        assert await asks()


async def test_who_is_not_listened_to_is_not_chosen_for_a_mesh() -> None:
    """A mesh that has room takes in whoever hears the topic, but nobody who passed on rubbish just now."""
    async with node() as listener, node() as bad:
        await linked(listener, bad, TOPIC)
        router, peer = listener._gossip._router, peer_id(bad.node_pk)

        def chosen() -> bool:
            router.mesh[TOPIC].discard(peer)
            router.back_off.clear()
            router.mesh_heartbeat()
            return peer in router.mesh[TOPIC]

        assert chosen()
        while router.scores.allow_publish(peer, [TOPIC]):
            router.scores.count_bad(peer, TOPIC)
        assert not chosen()
        while not router.scores.allow_publish(peer, [TOPIC]):
            router.scores.on_heartbeat()
        assert chosen()


def test_bad_scores_heal() -> None:
    """The worst score that rubbish can bring is forgotten within four minutes."""
    assert -100 < MESH_BELOW < LISTEN_BELOW
    assert 100 * DECAY**240 < 1
