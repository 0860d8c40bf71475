"""Own posts: offer, request, withdraw. Each makes a key for this post alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lazpool.actions.endings import take_down
from lazpool.actions.letterboxes import letterboxes
from lazpool.actions.matches import areas_of, match_own
from lazpool.actions.room import MAX_AREA, room
from lazpool.actions.ways import Way, plan_way
from lazpool.errors import InvalidInputError, NotFoundError
from lazpool.records.groups import post_tag
from lazpool.records.places import POST_RES, Point, cell_at, coarse
from lazpool.records.posts import ARRIVE, DEPART, Offer, Request, read_post, sign_post
from lazpool.rules.admission import MAX_LIFETIME
from lazpool.rules.stamps import MAX_BITS, stamped
from lazpool.store import board, groups, own, post_office
from lazpool.store.ways import add_way, way_of
from lazpool.wire.keys import new_seed
from lazpool.wire.seal import box_public_key
from lazpool.wire.signing import public_key

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.records.posts import SignedPost

AFTER_TRIP = 60
"""Minutes that a post outlives its trip, so that late answers still find it."""
KEEP_KEYS = 48 * 60
"""Minutes that the keys of a post outlive it; then nobody can open its letters any more."""


@dataclass(frozen=True, slots=True)
class Trip:
    """What a driver types. Times and flexibility in minutes; price in thousandths of the unit per km and seat.

    flags: conditions, as in rules/conditions.py. group: the name of a closed group of ours, or empty.
    stamp: bits of work, None for what the home is set to.
    """

    start: Point
    end: Point
    via: tuple[Point, ...]
    depart: int
    flex: int
    seats: int
    detour: int
    price: int
    flags: int = 0
    group: str = ""
    stamp: int | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What a passenger types. at: minute of departure, or of arrival with `arrive`; walk in metres.

    flags: conditions, as in rules/conditions.py. group: the name of a closed group of ours, or empty.
    stamp: bits of work, None for what the home is set to.
    """

    start: Point
    end: Point
    at: int
    arrive: bool
    flex: int
    seats: int
    walk: int
    flags: int = 0
    group: str = ""
    stamp: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A post with its keys that nobody has seen yet, and the exact ends and the way, which never leave in it.

    stamp: bits of work wanted, None for what the home is set to.
    """

    post: Offer | Request
    seed: bytes
    box_sk: bytes
    ends: tuple[Point, Point]
    way: Way | None = None
    stamp: int | None = None


def offer(desk: Desk, trip: Trip) -> SignedPost:
    """Sign an offer with a new key, queue it for publication and match it with the board."""
    return _publish(desk, draft_offer(desk, trip))


def request(desk: Desk, wish: Wish) -> SignedPost:
    """Sign a request with a new key, queue it for publication and match it with the board."""
    return _publish(desk, draft_request(desk, wish))


def draft_offer(desk: Desk, trip: Trip) -> Draft:
    """Return an offer under new keys; InvalidInputError or MalformedError for what cannot be one."""
    _check_ahead(desk, trip.depart, trip.start, trip.end)
    way = plan_way(desk, trip.start, trip.via, trip.end)
    seed, box_sk = new_seed(), new_seed()
    post = Offer(
        net=desk.net, post_pk=public_key(seed), box_pk=box_public_key(box_sk), letterboxes=letterboxes(desk),
        route=way.route, minutes=way.minutes, depart=trip.depart, flex_before=trip.flex, flex_after=trip.flex,
        max_detour=trip.detour, seats=trip.seats, price=trip.price, unit=desk.config.unit, flags=trip.flags,
        expires=trip.depart + trip.flex + way.minutes[-1] + AFTER_TRIP, group=_tag(desk, trip.group, seed),
    )  # fmt: skip
    return Draft(post, seed, box_sk, (trip.start, trip.end), way, trip.stamp)


def draft_request(desk: Desk, wish: Wish) -> Draft:
    """Return a request under new keys; InvalidInputError or MalformedError for what cannot be one."""
    earliest, latest = (wish.at - wish.flex, wish.at) if wish.arrive else (wish.at - wish.flex, wish.at + wish.flex)
    _check_ahead(desk, wish.at, wish.start, wish.end)
    seed, box_sk = new_seed(), new_seed()
    post = Request(
        *(desk.net, public_key(seed), box_public_key(box_sk), letterboxes(desk)),
        *(cell_at(wish.start, POST_RES), cell_at(wish.end, POST_RES), ARRIVE if wish.arrive else DEPART),
        *(earliest, latest, wish.walk, wish.seats, wish.flags, latest + AFTER_TRIP),
        group=_tag(desk, wish.group, seed),
    )
    return Draft(post, seed, box_sk, (wish.start, wish.end), None, wish.stamp)


def keep(desk: Desk, draft: Draft) -> own.OwnPost:
    """Sign a draft and queue it for publication; in one transaction, the caller's if there is one."""
    post = stamped(draft.post, _bits(desk, draft))
    signed = sign_post(post, draft.seed)
    depart = post.depart if isinstance(post, Offer) else post.earliest
    kept = own.OwnPost(signed.id, post.KIND, signed.envelope, own.LIVE, *draft.ends, depart, post.expires, desk.minute)
    with desk.node.transaction():
        own.add_post(desk.node, kept)
        if draft.way is not None and not draft.way.estimated:
            add_way(desk.node, signed.id, draft.way.vias)
        box = own.Box(post.post_pk, draft.seed, draft.box_sk, signed.id, b"", post.expires + KEEP_KEYS)
        own.add_box(desk.node, box)
        post_office.put_post(desk.node, signed.envelope, now=desk.second, expires=post.expires)
    return kept


def _bits(desk: Desk, draft: Draft) -> int:
    """Return the bits of work for a post: what the home is set to, and more where boards are full."""
    bits = desk.config.stamp if draft.stamp is None else draft.stamp
    if desk.room is None and board.count(desk.board) < MAX_AREA:
        return bits
    return min(MAX_BITS, max(bits, room(desk).price(areas_of(draft.post))))


def redraft(desk: Desk, old: own.OwnPost) -> Draft | None:
    """Return the same trip under new keys; None when it was for a group that we have left."""
    post = read_post(old.envelope)[0].post
    if not isinstance(post, Offer | Request) or (post.group and groups.of_post(desk.node, post) is None):
        return None
    seed, box_sk = new_seed(), new_seed()
    post_pk, secret = public_key(seed), groups.secret_of(desk.node, post)
    tag = post_tag(secret, desk.net, post_pk) if post.group else b""
    fresh = replace(
        post, post_pk=post_pk, box_pk=box_public_key(box_sk), letterboxes=letterboxes(desk), group=tag, stamp=b""
    )
    return Draft(fresh, seed, box_sk, (old.start, old.end), _way_of(desk, old.id, fresh))


def _way_of(desk: Desk, post_id: bytes, post: Offer | Request) -> Way | None:
    vias = way_of(desk.node, post_id)
    if vias is None or not isinstance(post, Offer):
        return None
    return Way(post.route, post.minutes, vias, estimated=False)


def withdraw(desk: Desk, post_id: bytes) -> None:
    """Take a post back: tell the network, and decline what was proposed for it. Agreed rides stay agreed.

    One that was taken is gone from the network already; withdrawn, it will not be published again either.
    """
    with desk.node.transaction():
        post = own.post(desk.node, post_id)
        if post is None:
            raise NotFoundError("you have no such post")
        if post.state == own.TAKEN:
            own.set_post_state(desk.node, post_id, own.WITHDRAWN)
        else:
            take_down(desk, post, own.WITHDRAWN)


def _tag(desk: Desk, name: str, seed: bytes) -> bytes:
    """Return what a post with that key carries to belong to a group of ours; nothing without a name."""
    if not name:
        return b""
    closed = groups.get(desk.node, name)
    if closed is None:
        raise NotFoundError(f"you are in no group {name!r}", hint="lazpool group list, lazpool group join CODE")
    return post_tag(closed.secret, desk.net, public_key(seed))


def _publish(desk: Desk, draft: Draft) -> SignedPost:
    kept = keep(desk, draft)
    match_own(desk, kept)
    return read_post(kept.envelope)[0]


def _check_ahead(desk: Desk, at: int, start: Point, end: Point) -> None:
    if at <= desk.minute:
        raise InvalidInputError("that time is past", hint="say a time that is still to come", code="past")
    if at > desk.minute + MAX_LIFETIME - 24 * 60:
        hint = "publish it nearer to the day: posts live at most 14 days"
        raise InvalidInputError("that is more than 13 days ahead", hint=hint, code="too-far-ahead")
    if coarse(start) == coarse(end):
        raise InvalidInputError("start and end are in the same cell of about 5 km2", hint="walk, it is healthier")
