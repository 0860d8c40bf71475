"""Sync with a neighbour: hello, a comparison of both boards, and each side gets what it lacks.

Gossip is fast but lossy; this makes the board whole. The one who asks drives; the other keeps nothing in between, so it
cannot be made to. Neither trusts what it gets.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import trio

from lazpool.actions import hearing
from lazpool.node.state import say
from lazpool.records import covers, sync
from lazpool.records.posts import read_post
from lazpool.rules import reconcile
from lazpool.rules.areas import topic
from lazpool.store import board, own

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lazpool.net.network import Network
    from lazpool.node.state import Node

MARGIN = 2
"""Minutes to live below which a post is not compared: clocks differ, and one side may have dropped it."""
CONVERSATIONS, CONVERSATION_S = 10, 300.0
"""How often boards are compared at once when they differ by more than one comparison finds, and how long that may take;
the next round goes on where this one stopped."""
HELLO_AGAIN_S = 600.0
"""How long a hello holds that said what we would say again."""
NEWS = 64
"""So many posts that a neighbour brought are passed on by gossip, each counted once an area: they are news to those
who synced with us before. Who was away for longer brings more, and those neighbours get it at their next round."""
AREAS_OF_MEMBER = 64
"""Areas that a hub without a list follows at one member's word; two long trips need as many."""
REFUSED, REFUSED_S = 4096, 600.0
"""Posts remembered as not taken here, for want of room for example, so that they are not fetched at every round."""


async def meet(node: Node, network: Network, peer: bytes) -> None:
    """Say hello to a neighbour, learn its role, and make both boards equal in the areas that both follow."""
    async with node.turn(peer):
        with trio.move_on_after(CONVERSATION_S):
            hello = await _say_hello(node, network, peer)
            areas = tuple(sorted(set(hello.areas) & node.areas)) if hello else ()
            for _ in range(CONVERSATIONS):
                if not areas or not await _even_out(node, network, peer, areas):
                    break


async def _say_hello(node: Node, network: Network, peer: bytes) -> sync.Hello | None:
    """Say who we are unless that was said; return what the neighbour said, None when it is of another network."""
    ours, at = node.told.get(peer, (None, 0.0))
    known = node.hellos.get(peer)
    if known is not None and ours == node.hello() and trio.current_time() - at < HELLO_AGAIN_S:
        return known
    ours = node.hello()
    hello = sync.read_hello(await network.ask(peer, sync.PROTOCOL, sync.pack_frame(ours)))
    if hello.net != node.desk.net:
        say("other network", "neighbour of another network", peer=peer.hex()[:12])
        await network.close_peer(peer)
        return None
    note_hello(node, peer, hello)
    node.told[peer] = ours, trio.current_time()
    return hello


def note_hello(node: Node, peer: bytes, hello: sync.Hello) -> None:
    """Remember what a neighbour said of itself; a joined node thereby turns out to be a hub or not."""
    node.hellos[peer] = hello
    with node.desk.node.transaction():
        own.set_hub_role(node.desk.node, peer, "hub" if hello.role == sync.HUB else "node")


async def _even_out(node: Node, network: Network, peer: bytes, areas: tuple[int, ...]) -> bool:
    """Compare boards with a neighbour, fetch what is missing here and give what is missing there.

    Returns whether there is more to compare, and what came was of use.
    """
    since, salt = node.desk.minute + MARGIN, os.urandom(sync.SALT)
    view = reconcile.View(node.catalogue().elements(areas), salt)
    talk = reconcile.Conversation(view, since, _refused(node, areas))
    while (cover := talk.ask()) is not None:
        frame = sync.pack_frame(sync.Compare(areas, since, salt, cover))
        answer = sync.read_cover(await network.ask(peer, sync.PROTOCOL, frame), since)
        if not answer:
            return False  # it has answered enough for now
        talk.take(answer)
    for cover in reconcile.wanted_covers(talk.wanted, since, sync.POSTS):
        frame = sync.pack_frame(sync.GetPosts(areas, since, salt, cover))
        posts = sync.read_posts(await network.ask(peer, sync.PROTOCOL, frame))
        if not await _take(node, network, posts, areas):
            return False  # who promises and does not bring is not asked for more
    for group in sync.fitting(_posts(node, talk.surplus, areas)):
        frame = sync.pack_frame(sync.GivePosts(group))
        if sync.read_taken(await network.ask(peer, sync.PROTOCOL, frame)) < len(group):
            return False
    return not talk.is_whole and bool(talk.wanted)


def serve(node: Node, network: Network, nursery: trio.Nursery, peer: bytes, data: bytes) -> bytes:
    """Answer a frame of a neighbour; MalformedError for what is none."""
    match sync.read_frame(data):
        case sync.Hello() as hello:
            return _greet(node, network, nursery, peer, hello)
        case sync.Compare() as asked:
            view = _view(node, peer, asked)
            cover = reconcile.answer(view, asked.since, asked.cover) if view else ()
            _charge(node, peer, view)
            return sync.pack_cover(cover)
        case sync.GetPosts() as asked:
            view = _view(node, peer, asked)
            found = reconcile.chosen(view, asked.since, asked.cover, sync.POSTS) if view else []
            _charge(node, peer, view)
            return sync.pack_posts(next(sync.fitting(_posts(node, found, asked.areas)), ()))
        case sync.GivePosts(posts):
            return _be_given(node, network, nursery, peer, posts)


def _greet(node: Node, network: Network, nursery: trio.Nursery, peer: bytes, hello: sync.Hello) -> bytes:
    """Answer a hello. The one who says it compares boards next, so nothing is asked in turn."""
    if hello.net == node.desk.net:
        note_hello(node, peer, hello)
        # a hub without a list serves whatever its members follow
        if node.hub and not node.fixed_areas and node.follow(set(hello.areas[:AREAS_OF_MEMBER])):
            nursery.start_soon(node.subscribe, network)
    return sync.pack_frame(node.hello())


def _view(node: Node, peer: bytes, asked: sync.Question) -> reconcile.View | None:
    """Return what we have in the areas asked for; None for a neighbour who has made us work enough for now."""
    if not node.work.take(peer, trio.current_time()):
        say("sync too often", "neighbour asks too much", peer=peer.hex()[:12])
        return None
    return reconcile.View(node.catalogue().elements(asked.areas), asked.salt)


def _charge(node: Node, peer: bytes, view: reconcile.View | None) -> None:
    if view is not None:
        node.work.charge(peer, trio.current_time(), view.work)


def _be_given(node: Node, network: Network, nursery: trio.Nursery, peer: bytes, posts: Sequence[sync.Post]) -> bytes:
    """Take the posts that a neighbour found missing here, as many as its quota allows."""
    now = trio.current_time()
    quota = sum(node.gifts.take(peer, now) for _ in posts)
    nursery.start_soon(_pass_on, node, network, _hear(node, posts[:quota], node.areas)[0])
    return sync.pack_taken(quota)


async def _take(node: Node, network: Network, posts: Sequence[sync.Post], areas: tuple[int, ...]) -> int:
    """Take the posts that a neighbour sent at our wish; return how many of them are here now."""
    news, known = _hear(node, posts, areas)
    await _pass_on(node, network, news)
    return len(news) + known


def _hear(node: Node, posts: Sequence[sync.Post], areas: Iterable[int]) -> tuple[list[sync.Post], int]:
    """Judge and store posts; return the new ones, and how many were known."""
    followed = set(areas)
    there = [sync.Post(envelope, tuple(area for area in known if area in followed)) for envelope, known in posts]
    taken = hearing.hear_all(node.desk, there, node.own)
    node.note_matches(taken.matches)
    new = {signed.envelope for signed in taken.posts}
    others = [post for post in there if post.envelope not in new]
    return [post for post in there if post.envelope in new], sum(not _is_refused(node, post) for post in others)


async def _pass_on(node: Node, network: Network, news: Sequence[sync.Post]) -> None:
    """Gossip what a neighbour brought, if it is little and somebody else is there."""
    places = [(post.envelope, area) for post in news for area in post.areas]
    if len(places) <= NEWS and len(network.peers()) > 1:
        for envelope, area in places:
            await network.publish(topic(node.desk.net, area), envelope)


def _posts(node: Node, elements: Iterable[bytes], areas: tuple[int, ...]) -> Iterable[sync.Post]:
    """Yield the posts of elements that are still here, with their areas."""
    for element in elements:
        identifier = element[covers.MINUTE : covers.KEY]
        for envelope in board.envelopes(node.desk.board, (identifier,)).values():
            yield sync.Post(envelope, covers.areas_of_element(element, areas))


def _is_refused(node: Node, post: sync.Post) -> bool:
    """Remember a post that is not on the board by now; MalformedError for what is none."""
    signed, _ = read_post(post.envelope)
    if board.is_known(node.desk.board, signed):
        return False
    key = covers.start_of(signed.post.expires) + signed.id
    node.refused.pop(key, None)
    node.refused[key] = post.areas, trio.current_time()
    if len(node.refused) > REFUSED:
        node.refused.popitem(last=False)
    return True


def _refused(node: Node, areas: tuple[int, ...]) -> list[bytes]:
    """Return the elements that were refused not long ago, as they stand among those of some areas."""
    while node.refused and next(iter(node.refused.values()))[1] < trio.current_time() - REFUSED_S:
        node.refused.popitem(last=False)
    return [key + covers.code_of(known, areas) for key, (known, _) in node.refused.items()]
