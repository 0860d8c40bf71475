"""Conditions of a ride: every combination of those that have a name, and what holds for any flags."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazpool.records.groups import post_tag
from lazpool.rules.conditions import CONDITIONS, MUTUAL, NEEDS, OPPOSED, compatible, names
from lazpool.rules.matching import Fit, Miss, Reason, fit, mismatch
from tests.rules.town import GRENOBLE, LYON, VOIRON, offer, request

if TYPE_CHECKING:
    from lazpool.records.posts import Offer, Request

RIDE, WISH = offer(GRENOBLE, VOIRON, LYON), request(VOIRON, LYON)
SECRETS = (b"", b"v" * 16, b"s" * 16)
SMOKE, FRESH = 1 << 5, 1 << 6
all_flags = st.integers(0, 2**32 - 1)


def friendly(offered: set[str], wanted: set[str]) -> bool:
    """Return what a person would say, condition by condition."""
    smokers = {"smoking", "no-smoking"}
    if smokers <= offered or smokers <= wanted:
        return False
    needs = {"wheelchair", "child-seat", "luggage", "pets", "bicycle", "smoking", "no-smoking"}
    return (wanted & needs) <= offered and ("women-only" in offered) == ("women-only" in wanted)


def test_every_combination_is_as_a_person_would_say() -> None:
    """All pairs of sets of named conditions, 65,536 of them, match as the words say."""
    masks = [one.mask for one in CONDITIONS]
    sets = [(sum(chosen), set(names(sum(chosen)))) for chosen in product(*((0, mask) for mask in masks))]
    assert len(sets) == 2 ** len(CONDITIONS)
    fitting = 0
    for (offered, offered_names), (wanted, wanted_names) in product(sets, sets):
        assert compatible(offered, wanted) is friendly(offered_names, wanted_names), (offered_names, wanted_names)
        fitting += compatible(offered, wanted)
    assert 1000 < fitting < 20_000


@pytest.mark.parametrize(
    ("offered", "wanted", "fits"),
    [
        (0, 0, True),
        (0, SMOKE, False),
        (0, FRESH, False),
        (SMOKE, 0, True),
        (SMOKE, SMOKE, True),
        (SMOKE, FRESH, False),
        (FRESH, 0, True),
        (FRESH, SMOKE, False),
        (FRESH, FRESH, True),
        (OPPOSED, 0, False),
        (OPPOSED, SMOKE, False),
        (0, OPPOSED, False),
        (OPPOSED, OPPOSED, False),
    ],
)
def test_smoke(offered: int, wanted: int, fits: bool) -> None:  # noqa: FBT001 # a row of a table
    """Who does not mind fits both cars; who minds, and who smokes, needs a promise; nobody can promise both."""
    assert compatible(offered, wanted) is fits


def test_the_table_is_in_order() -> None:
    """Each condition has a bit and a name of its own, in the order of the bits."""
    assert len({one.name for one in CONDITIONS}) == len(CONDITIONS)
    assert [one.bit for one in CONDITIONS] == sorted({one.bit for one in CONDITIONS})
    assert NEEDS ^ MUTUAL == 2**32 - 1
    assert names(1 << 9 | 1 << 16 | 1) == ["wheelchair", "bit-9", "women-only"]


@given(offered=all_flags, wanted=all_flags, bit=st.integers(0, 31))
def test_any_flags(offered: int, wanted: int, bit: int) -> None:
    """More offered and less needed never loses a match; a mutual bit on one side always does; bits without name too."""
    was, one = compatible(offered, wanted), 1 << bit
    if was and one & NEEDS & ~OPPOSED:
        assert compatible(offered | one, wanted)
        assert compatible(offered, wanted & ~one)
    if was and one & MUTUAL:
        assert not compatible(offered ^ one, wanted)
        assert not compatible(offered, wanted ^ one)
        assert compatible(offered ^ one, wanted ^ one)
    assert compatible(offered & MUTUAL, wanted & MUTUAL) == compatible(wanted & MUTUAL, offered & MUTUAL)
    assert compatible(wanted, wanted) == (wanted & OPPOSED != OPPOSED)


def tagged(post: Offer | Request, secret: bytes) -> Offer | Request:
    """Return a post of a group."""
    return replace(post, group=post_tag(secret, post.net, post.post_pk) if secret else b"")


@pytest.mark.parametrize("offered", SECRETS)
@pytest.mark.parametrize("wanted", SECRETS)
@pytest.mark.parametrize("known", SECRETS)
def test_only_members_match(offered: bytes, wanted: bytes, known: bytes) -> None:
    """Two posts match if both are of one group and who looks knows its secret, or if neither is of any."""
    found = fit(tagged(RIDE, offered), tagged(WISH, wanted), group=known)
    assert isinstance(found, Fit) == (offered == wanted == known)
    assert isinstance(found, Fit) or found == Miss(Reason.GROUP)


@given(
    sides=st.tuples(st.sampled_from(SECRETS), st.sampled_from(SECRETS)),
    flags=st.tuples(all_flags, all_flags),
)
def test_both_sides_see_the_same(sides: tuple[bytes, bytes], flags: tuple[int, int]) -> None:
    """The driver's node, with the offer's secret, and the passenger's, with the request's, agree on who fits."""
    ride = replace(tagged(RIDE, sides[0]), flags=flags[0])
    wish = replace(tagged(WISH, sides[1]), flags=flags[1])
    seen = [mismatch(ride, wish, secret) for secret in sides]  # type: ignore[arg-type] # an offer and a request
    assert seen[0] == seen[1]
    assert (seen[0] is None) == (compatible(*flags) and sides[0] == sides[1])


def test_a_copied_tag_is_worth_nothing() -> None:
    """A stranger who copies the tag of a member's post onto their own matches nobody."""
    member = tagged(RIDE, SECRETS[1])
    thief = replace(WISH, group=member.group)
    assert mismatch(member, thief, SECRETS[1]) is Reason.GROUP  # type: ignore[arg-type] # an offer
