"""Whatever two posts say, a match of theirs is explained, and why there is none is told: no crash, nothing empty."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from lazpool.actions.desk import open_desk
from lazpool.actions.explaining import Explained
from lazpool.actions.misses import Verdict
from lazpool.cli import miss_words
from lazpool.cli.match_views import explained
from lazpool.cli.match_words import cells, explanation
from lazpool.records.posts import sign_post
from lazpool.rules.matching import Fit, Miss, Reason, fit
from lazpool.rules.negotiation import Role
from lazpool.store import own
from lazpool.store.board import Match
from tests.cli.users import User
from tests.rules.town import random_offer, random_rider, somewhere

if TYPE_CHECKING:
    from pathlib import Path

    from lazpool.records.posts import Offer, Request

SEED = b"\x07" * 32
PAIRS = 60


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the home of somebody, in a zone with an odd offset."""
    return User(tmp_path_factory.mktemp("any") / "ada", zone="Asia/Kathmandu").home


def ours(post: Offer | Request, chance: random.Random) -> own.OwnPost:
    """Return a post as one of ours."""
    signed, depart = sign_post(post, SEED), getattr(post, "depart", 0)
    ends = (somewhere(chance), somewhere(chance))
    return own.OwnPost(signed.id, post.KIND, signed.envelope, own.LIVE, *ends, depart, post.expires, 0)


def match_of(role: Role, offer: Offer, found: Fit, *, estimated: int) -> Match:
    """Return the row of a match."""
    return Match(
        *(), id=b"\x01" * 16, role=role, mine=b"\x02" * 32, theirs=b"\x03" * 32, depart=offer.depart,
        pickup_at=found.pickup_at, dropoff_at=found.dropoff_at, detour=found.detour_min, walk=0,
        distance=found.distance_hm, share=found.share, unit=found.unit, co2=found.co2_g, estimated=estimated,
        expires=offer.expires, found=0,
    )  # fmt: skip


@pytest.mark.parametrize("role", [Role.DRIVER, Role.PASSENGER])
def test_any_match_is_explained(home: Path, role: Role) -> None:
    """Both roles, gifts and prices, over the antimeridian, by road or estimated, with and without terms or room."""
    chance, count = random.Random(11), 0
    with open_desk(home) as desk:
        while count < PAIRS:
            near = somewhere(chance, span=170)
            offer = random_offer(chance, near, price=chance.choice((0, 80, 100_000)))
            request = random_rider(chance, offer, walk=chance.choice((0, 10_000)))
            if not isinstance(found := fit(offer, request), Fit):
                continue
            mine = ours(offer if role is Role.DRIVER else request, chance)
            cells_of = (request.cell_from, request.cell_to)
            terms = (cells_of, found) if role is Role.PASSENGER and chance.random() < 0.5 else (None, None)
            room = chance.choice([found, *(Miss(reason, 3.5) for reason in Reason)]) if role is Role.DRIVER else found
            match = match_of(role, offer, found, estimated=chance.randint(0, 1))
            past = chance.random() < 0.3
            desk.clock = lambda later=past: 1e10 if later else 0.0  # type: ignore[misc]
            whole = explained(desk, Explained(match, offer, request, mine, found, *terms, (), room), None)
            sentences = dict(explanation(whole))
            assert all(sentences.values())
            assert not any("None" in one or "  " in one for one in sentences.values()), sentences
            assert len(cells(whole)) == 6
            refused = isinstance(room, Miss) or (role is Role.PASSENGER and terms[0] is None)
            assert (whole["next"] is None, sentences["next"].startswith("nothing: ")) == (past or refused,) * 2
            count += 1


def test_any_miss_is_told(home: Path) -> None:
    """Every reason that matching gives has a sentence of its own, from either side."""
    chance, seen = random.Random(12), set()
    with open_desk(home) as desk:
        for _ in range(4 * PAIRS):
            offer = random_offer(chance, flags=chance.choice((0, 0, 3, 1 << 16, 1 << 30)))
            request = random_rider(chance, offer, seats=chance.randint(1, 4), flags=chance.choice((0, 0, 1, 1 << 9)))
            for mine, theirs in ((offer, request), (request, offer)):
                miss = fit(offer, request)
                if isinstance(miss, Miss):
                    rest = chance.choice([None, Miss(Reason.TIME, 2), Miss(Reason.DIRECTION), Miss(Reason.DETOUR, 9)])
                    verdict = Verdict(
                        *(ours(mine, chance), sign_post(theirs, SEED), (offer, request), b"", miss.reason, miss, rest)
                    )
                    said = miss_words.sentence(miss_words.document(desk, verdict))
                    assert len(said) > len(miss.reason) + 5, said
                    seen.add(miss.reason)
    assert seen >= {Reason.FLAGS, Reason.SEATS, Reason.TIME, Reason.DETOUR}
