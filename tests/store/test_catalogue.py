"""The catalogue says at every moment what the tables say, however they came to be so."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lazpool.records.covers import areas_of_element, code_of, start_of
from lazpool.records.posts import Withdrawal, sign_post
from lazpool.rules.outline import outline
from lazpool.store import board, board_schema
from lazpool.store.catalogue import VIEWS, Catalogue
from lazpool.store.database import open_store
from lazpool.wire.signing import public_key
from tests.rules.town import GRENOBLE, LYON, MIDNIGHT, NET, offer

if TYPE_CHECKING:
    from pathlib import Path

    from lazpool.records.posts import SignedPost
    from lazpool.store.database import Store

AREAS = tuple(range(11, 21))


def post(number: int) -> SignedPost:
    """Return an offer, one of a few that expire at different times."""
    seed = bytes([number]) * 32
    return sign_post(
        replace(offer(GRENOBLE, LYON), post_pk=public_key(seed), expires=MIDNIGHT + 600 + number % 3), seed
    )


POSTS = [post(number) for number in range(6)]
GONE = [
    sign_post(Withdrawal(NET, one.post.post_pk, one.id, one.post.expires), bytes([number]) * 32)
    for number, one in enumerate(POSTS)
]


def elements(store: Store, areas: tuple[int, ...]) -> list[bytes]:
    """Return what the tables say, without the catalogue."""
    known: dict[bytes, set[int]] = {}
    for table in ("posts", "withdrawn"):
        sql = f"SELECT x.expires, x.id, a.area FROM {table} x JOIN post_areas a ON a.id=x.id"  # noqa: S608 # one of two
        for expires, identifier, area in store.all(sql):
            known.setdefault(start_of(expires) + identifier, set()).add(area)
    return sorted(key + code_of(there, areas) for key, there in known.items() if there & set(areas))


class Boards(RuleBasedStateMachine):
    """A board that is written to in all ways, some of which are taken back."""

    def __init__(self) -> None:
        """Begin empty."""
        super().__init__()
        self.store = open_store(None, board_schema, synchronous="NORMAL")
        self.catalogue = Catalogue(self.store)

    @rule(number=st.integers(0, 5), areas=st.sets(st.sampled_from(AREAS), min_size=1), fails=st.booleans())
    def hear(self, number: int, areas: set[int], fails: bool) -> None:  # noqa: FBT001 # drawn
        """Hear a post; or the transaction fails."""
        self._do(lambda: board.add(self.store, [(POSTS[number], outline(POSTS[number].post), areas)], now=1), fails)  # type: ignore[arg-type] # offers

    @rule(number=st.integers(0, 5), areas=st.sets(st.sampled_from(AREAS), min_size=1))
    def hear_elsewhere(self, number: int, areas: set[int]) -> None:
        """Hear of a post in other areas."""
        board.add_areas(self.store, POSTS[number].id, areas)

    @rule(number=st.integers(0, 5), areas=st.sets(st.sampled_from(AREAS), min_size=1), fails=st.booleans())
    def withdraw(self, number: int, areas: set[int], fails: bool) -> None:  # noqa: FBT001 # drawn
        """Hear a withdrawal."""
        self._do(lambda: board.withdraw(self.store, GONE[number], areas), fails)

    @rule(minute=st.integers(MIDNIGHT + 600, MIDNIGHT + 603))
    def expire(self, minute: int) -> None:
        """Let time pass."""
        board.expire(self.store, minute)

    def _do(self, act: object, fails: bool) -> None:  # noqa: FBT001 # drawn
        if not fails:
            act()  # type: ignore[operator] # a function
            return
        with suppress(ZeroDivisionError), self.store.transaction():
            act()  # type: ignore[operator] # a function
            raise ZeroDivisionError

    @invariant()
    def agrees(self) -> None:
        """Find what the tables say, of all areas and of some."""
        for areas in (AREAS, AREAS[:1], AREAS[3:5]):
            assert self.catalogue.elements(areas) == elements(self.store, areas)

    def teardown(self) -> None:
        """Close the board."""
        self.store.close()


TestBoards = Boards.TestCase
TestBoards.settings = settings(max_examples=10, stateful_step_count=12, deadline=None)


def test_commits_of_others_are_seen(tmp_path: Path) -> None:
    """What another process writes is there at the next look, and no view is kept too long."""
    store, other = (open_store(tmp_path / "board.db", board_schema, synchronous="NORMAL") for _ in range(2))
    catalogue = Catalogue(store)
    assert catalogue.elements((1,)) == []
    board.add(other, [(POSTS[0], outline(POSTS[0].post), (1, 2))], now=1)  # type: ignore[arg-type] # an offer
    for area in range(2 * VIEWS):
        assert len(catalogue.elements((area,))) == (area in {1, 2})
    for one in (store, other):
        one.close()


def test_areas_are_told_by_bits() -> None:
    """What stands behind the key tells in which of the areas compared an element is known."""
    key = bytes(36)
    for known in ((11,), (12, 20), AREAS):
        code = code_of(set(known), AREAS)
        assert (len(code), areas_of_element(key + code, AREAS)) == (2, known)
