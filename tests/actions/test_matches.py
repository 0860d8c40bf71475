"""The index loses no match: what it finds is what looking at every post on the board finds, pulled and pushed."""

from __future__ import annotations

import csv
import os
import random
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from sqlite_utils import Migrations

from lazpool.actions import hearing, matches
from lazpool.actions.desk import create_home, open_desk
from lazpool.actions.standpoint import standpoint
from lazpool.actions.tick import tick
from lazpool.config import Config
from lazpool.records.places import POST_RES, Point, cell_at, coarse
from lazpool.records.posts import Offer, Request, SignedPost, Withdrawal, read_post, sign_post
from lazpool.rules.matching import Fit, fit
from lazpool.rules.outline import may_meet, outline
from lazpool.store import board, board_schema, own
from lazpool.store.database import open_store
from lazpool.wire.hashing import network_id
from lazpool.wire.keys import new_seed
from lazpool.wire.signing import public_key
from tests.rules.town import (
    GRENOBLE,
    HALF_PAST_SEVEN,
    LYON,
    MIDNIGHT,
    VOIRON,
    offer,
    random_offer,
    random_request,
    random_rider,
    request,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lazpool.actions.desk import Desk

NET = network_id("index")
ROOT = Path(__file__).parents[2]
CHICAGO = Path(os.environ.get("LAZPOOL_SHARED", ROOT.parent / "shared")) / "data/chicago_taxi_15k.csv"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Open a new home on the morning of the trips."""
    create_home(Config(tmp_path / "home", network="index"))
    with open_desk(tmp_path / "home", clock=lambda: 60.0 * (MIDNIGHT + 300)) as opened:
        yield opened


def signed(post: Offer | Request) -> SignedPost:
    """Return a post by a key of its own."""
    seed = new_seed()
    return sign_post(replace(post, net=NET, post_pk=public_key(seed), box_pk=new_seed()), seed)


def store(desk: Desk, posts: Sequence[SignedPost], ours: Sequence[own.OwnPost] = ()) -> int:
    """Let a board hear posts; return the number of matches with ours."""
    return hearing.store_heard(desk, [(post, (1,)) for post in posts], [standpoint(desk, one) for one in ours])


def keep(desk: Desk, post: SignedPost) -> own.OwnPost:
    """Make a post one of ours."""
    assert isinstance(post.post, Offer | Request)
    depart = post.post.depart if isinstance(post.post, Offer) else post.post.earliest
    kept = own.OwnPost(post.id, post.post.KIND, post.envelope, own.LIVE, LYON, LYON, depart, post.post.expires, 0)
    own.add_post(desk.node, kept)
    return kept


def fitting(posts: Sequence[SignedPost], mine: SignedPost) -> set[bytes]:
    """Return the ids of the posts that fit, by looking at each."""
    pairs = [(one, *((mine, one) if isinstance(mine.post, Offer) else (one, mine))) for one in posts]
    return {one.id for one, ride, wish in pairs if isinstance(fit(ride.post, wish.post), Fit)}  # type: ignore[arg-type] # an offer, a request


def found(desk: Desk, mine: SignedPost) -> set[bytes]:
    """Return the ids of the posts that an own post has matches with."""
    return {match.theirs for match in board.matches(desk.board, mine.id)}


def assert_all_are_found(desk: Desk, offers: Sequence[SignedPost], requests: Sequence[SignedPost]) -> int:
    """Check every request against all offers and the other way round; return how many pairs fit."""
    store(desk, [*offers, *requests])
    pairs = 0
    for mine, others in [(one, offers) for one in requests] + [(one, requests) for one in offers[: len(requests)]]:
        expected = fitting(others, mine)
        assert matches.match_own(desk, keep(desk, mine)) == len(expected)
        assert found(desk, mine) == expected
        pairs += len(expected)
    return pairs


def test_synthetic_trips(desk: Desk) -> None:
    """Trips around a town over some days, of all sizes, are found from both sides."""
    chance = random.Random(1)
    days = [{"depart": HALF_PAST_SEVEN + 1440 * day, "expires": HALF_PAST_SEVEN + 1440 * day + 900} for day in range(3)]
    offers = [random_offer(chance, **chance.choice(days)) for _ in range(800)]
    near = [random_rider(chance, chance.choice(offers), expires=MIDNIGHT + 4000) for _ in range(20)]
    far = [random_request(chance, expires=MIDNIGHT + 4000) for _ in range(20)]
    assert assert_all_are_found(desk, list(map(signed, offers)), list(map(signed, near + far))) > 200


@pytest.mark.skipif(not CHICAGO.exists(), reason=f"there is no {CHICAGO}")
def test_real_trips(desk: Desk) -> None:
    """Taxi trips of Chicago, on one day, are found from both sides."""
    with CHICAGO.open() as file:
        rows = [row for row in csv.DictReader(file) if _ends(row) is not None]
    chance = random.Random(7)
    chance.shuffle(rows)
    offers, requests = [], []
    for row in rows[:900]:
        start, end = _ends(row) or (LYON, LYON)
        minute = MIDNIGHT + 360 + int(row["trip_start_timestamp"]) // 60 % 1440
        if len(requests) < 25:
            requests.append(request(start, end, earliest=minute - 20, latest=minute + 20, expires=minute + 600))
        else:
            offers.append(offer(start, end, depart=minute, flex_before=10, flex_after=10, expires=minute + 600))
    assert assert_all_are_found(desk, list(map(signed, offers)), list(map(signed, requests))) > 100


def _ends(row: dict[str, str]) -> tuple[Point, Point] | None:
    sides = ("pickup", "dropoff")
    if not all(row[f"{side}_{part}"] for side in sides for part in ("latitude", "longitude")):
        return None
    start, end = (Point(float(row[f"{side}_latitude"]), float(row[f"{side}_longitude"])) for side in sides)
    return (start, end) if cell_at(start, POST_RES) != cell_at(end, POST_RES) and coarse(start) != coarse(end) else None


@pytest.mark.parametrize("near", [LYON, Point(-17.0, 179.9), Point(89.2, 10.0), Point(-89.9, 0.0)])
def test_the_database_asks_what_the_rules_ask(desk: Desk, near: Point) -> None:
    """From both sides the rows that are read are those that the outlines let pass, no more and no fewer."""
    chance, passed = random.Random(3), 0
    offers = [signed(random_offer(chance, near, seats=4)) for _ in range(150)]
    riders = [signed(random_rider(chance, one.post, walk=chance.choice((0, 3000)))) for one in offers[:60]]  # type: ignore[arg-type] # an offer
    store(desk, [*offers, *riders])
    bounds = {one.id: outline(one.post) for one in (*offers, *riders)}  # type: ignore[arg-type] # no withdrawals
    for mine, others in [(one, offers) for one in riders] + [(one, riders) for one in offers[:60]]:
        rows = {row[0] for row in matches.near(desk, mine.post, bounds[mine.id])}
        drives = isinstance(mine.post, Offer)
        assert rows == {
            one.id
            for one in others
            if may_meet(*((bounds[mine.id], bounds[one.id]) if drives else (bounds[one.id], bounds[mine.id])))
        }
        passed += len(rows)
    assert 100 < passed < 0.9 * len(riders) * (len(offers) + 60)


def test_what_is_pushed_is_what_is_pulled(desk: Desk) -> None:
    """Posts that are heard after ours make the same matches as those heard before."""
    chance = random.Random(4)
    offers = [random_offer(chance) for _ in range(300)]
    ours = [signed(post) for post in [*(random_rider(chance, one) for one in offers[:20]), *offers[20:25]]]
    riders = [random_rider(chance, chance.choice(offers[20:25])) for _ in range(50)]
    theirs = [signed(post) for post in [*offers[25:], *riders]]
    kept = [keep(desk, one) for one in ours]
    pushed = store(desk, theirs, kept)
    before = board.matches(desk.board)
    desk.board.execute("DELETE FROM matches")
    assert sum(matches.match_own(desk, one) for one in kept) == pushed == len(before) > 50
    assert sorted(board.matches(desk.board), key=lambda one: one.id) == sorted(before, key=lambda one: one.id)


def test_what_spans_the_globe_is_found(desk: Desk) -> None:
    """A driver around half the globe with a limit of hours finds those on the way, in whatever cell they are."""
    ride = offer(Point(-50.0, -179.0), Point(50.0, 0.0), max_detour=240, minutes=(0, 2880))
    wish = request(Point(-50.0, -179.0), Point(-49.0, -178.0), earliest=MIDNIGHT, latest=MIDNIGHT + 2880)
    ride, wish = replace(ride, expires=MIDNIGHT + 4000), replace(wish, expires=MIDNIGHT + 4000)
    assert assert_all_are_found(desk, [signed(ride)], [signed(wish)]) == 2


def test_what_is_gone_is_not_found(desk: Desk, tmp_path: Path) -> None:  # noqa: ARG001 # the desk lives there
    """Neither a withdrawn post nor an expired one nor our own makes a match."""
    seed = new_seed()
    ride = replace(offer(GRENOBLE, VOIRON, LYON), net=NET, post_pk=public_key(seed), expires=MIDNIGHT + 900)
    first, second, mine = sign_post(ride, seed), signed(ride), signed(ride)
    wish = signed(request(VOIRON, LYON))
    store(desk, [first, second])
    keep(desk, mine)
    hearing.show_own(desk)
    assert fitting([first, second, mine], wish) == {first.id, second.id, mine.id}
    store(desk, [sign_post(Withdrawal(NET, public_key(seed), first.id, first.post.expires), seed)])
    kept = keep(desk, wish)
    assert matches.match_own(desk, kept) == 1
    assert found(desk, wish) == {second.id}
    desk.clock = lambda: 60.0 * (MIDNIGHT + 901)
    tick(desk)
    assert (matches.match_own(desk, kept), board.count(desk.board)) == (0, 0)


def test_an_older_board_is_indexed(tmp_path: Path) -> None:
    """What a board held before there were outlines is found afterwards; what was ours stays ours."""

    def older_only() -> Migrations:
        steps = Migrations("lazpool-board")

        for name, script in (("first", board_schema._FIRST), ("groups", board_schema._GROUPS)):
            steps(name=name)(lambda db, script=script: board_schema.run_script(db, script))

        return steps

    older = SimpleNamespace(APPLICATION_ID=board_schema.APPLICATION_ID, VERSION=2, migrations=older_only)
    config = Config(tmp_path / "home", network="index")
    create_home(config)
    for file in config.home.glob("board.db*"):
        file.unlink()
    rides = [signed(offer(GRENOBLE, VOIRON, LYON)) for _ in range(3)]
    store_ = open_store(config.board_file, older, synchronous="NORMAL")
    for mine, ride in zip((0, 0, 1), rides, strict=True):
        row = (ride.id, 1, ride.envelope, read_post(ride.envelope)[0].post.post_pk, 5, MIDNIGHT + 9999, 5, mine)
        store_.execute("INSERT INTO posts VALUES (?,?,?,?,?,?,?,?)", row)
    store_.close()
    with open_desk(config.home) as opened:
        wish = signed(request(VOIRON, LYON))
        assert matches.match_own(opened, keep(opened, wish)) == 2
        assert found(opened, wish) == {one.id for one in rides[:2]}
