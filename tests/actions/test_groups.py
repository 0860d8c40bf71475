"""Conditions and closed groups between people: who matches, and what a node refuses that was not asked before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lazpool.actions import groups, posts, proposals
from lazpool.errors import NotFoundError, RefusedError
from lazpool.records.agreements import agreement_from
from lazpool.records.groups import member_tag
from lazpool.records.posts import Offer, Request, SignedPost, read_post
from lazpool.rules import matching
from lazpool.rules.conditions import LUGGAGE, NO_SMOKING, WHEELCHAIR, WOMEN_ONLY
from lazpool.rules.negotiation import Role, State
from lazpool.store import board, deals, own
from lazpool.store import groups as store
from tests.town import DAY, GRENOBLE, LYON, VOIRON, Town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lazpool.actions.desk import Desk
    from lazpool.rules.matching import Reason
    from lazpool.rules.rides import Ride

VILLAGE = "Village"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Return Ann who rides, Bob who drives and Eve who is a stranger to their village."""
    with Town(tmp_path, "ann", "bob", "eve") as made:
        yield made


@pytest.fixture
def village(town: Town) -> Town:
    """Return the town where Ann and Bob are in a closed group."""
    closed = groups.create(town["bob"], VILLAGE)
    groups.join(town["ann"], groups.code_of(town["bob"], closed))
    return town


def offer(town: Town, name: str, flags: int = 0, group: str = "") -> bytes:
    """Offer a ride under conditions, and let everybody hear of it."""
    trip = posts.Trip(GRENOBLE, LYON, (VOIRON,), town.minute + DAY, 15, 2, 15, 80, flags, group)
    identifier = posts.offer(town[name], trip).id
    town.publish(name)
    return identifier


def request(town: Town, name: str, flags: int = 0, group: str = "") -> bytes:
    """Ask for a ride under conditions, and let everybody hear of it."""
    at = town.minute + DAY + 25
    wish = posts.Wish(VOIRON, LYON, at, arrive=False, flex=60, seats=1, walk=500, flags=flags, group=group)
    identifier = posts.request(town[name], wish).id
    town.publish(name)
    return identifier


def matched(town: Town) -> dict[str, int]:
    """Return how many matches each person has."""
    return {name: len(board.matches(desk.board)) for name, desk in town.desks.items()}


def pretend(monkeypatch: pytest.MonkeyPatch, *, changed: Desk) -> None:
    """Let one node be changed so that it matches and proposes whatever the conditions are."""
    real = matching.mismatch

    def mismatch(offer: Offer | Ride, request: Request, group: bytes = b"") -> Reason | None:
        mine = {own_post.id for own_post in own.posts(changed.node)}
        ids = {_id_of(changed, offer), _id_of(changed, request)}
        return None if ids & mine else real(offer, request, group)

    monkeypatch.setattr(matching, "mismatch", mismatch)


def _id_of(desk: Desk, post: Offer | Ride | Request) -> bytes:
    found = [read_post(one.envelope)[0] for one in own.posts(desk.node)]
    return next((one.id for one in found if one.post.post_pk == post.post_pk), b"")


@pytest.mark.parametrize(
    ("offered", "wanted", "fits"),
    [
        (WHEELCHAIR.mask | LUGGAGE.mask, WHEELCHAIR.mask, True),
        (LUGGAGE.mask, WHEELCHAIR.mask, False),
        (WOMEN_ONLY.mask, WOMEN_ONLY.mask, True),
        (WOMEN_ONLY.mask, 0, False),
        (0, WOMEN_ONLY.mask, False),
        (NO_SMOKING.mask, 0, True),
        (0, NO_SMOKING.mask, False),
    ],
)
def test_conditions_decide_on_both_sides(town: Town, offered: int, wanted: int, fits: bool) -> None:  # noqa: FBT001 # a row
    """Driver and passenger both find the match, or neither does."""
    offer(town, "bob", offered)
    request(town, "ann", wanted)
    assert matched(town) == {"ann": int(fits), "bob": int(fits), "eve": 0}


def test_the_driver_is_told_what_comes_along(town: Town) -> None:
    """Both sides of a deal know the request's conditions, which the driver could not guess from a proposal before."""
    offer(town, "bob", WHEELCHAIR.mask | LUGGAGE.mask)
    request(town, "ann", WHEELCHAIR.mask)
    deal = town.agree()
    assert {town.deal(name, deal).flags for name in ("ann", "bob")} == {WHEELCHAIR.mask}


def test_an_invitation_says_it_too(town: Town) -> None:
    """An invited deal carries the conditions on both sides from the beginning."""
    offer(town, "bob", WHEELCHAIR.mask)
    request(town, "ann", WHEELCHAIR.mask)
    deal = proposals.invite(town["bob"], town.match("bob")).id
    town.carry()
    assert {town.deal(name, deal).flags for name in ("ann", "bob")} == {WHEELCHAIR.mask}


def test_a_group_shares_among_itself(village: Town) -> None:
    """Posts for a group match those of its members only, in both directions, and lead to a ride."""
    offer(village, "bob", group=VILLAGE)
    request(village, "eve")
    assert matched(village) == {"ann": 0, "bob": 0, "eve": 0}
    request(village, "ann")
    assert matched(village)["bob"] == 0
    request(village, "ann", group=VILLAGE)
    assert matched(village) == {"ann": 1, "bob": 1, "eve": 0}
    deal = village.agree()
    village.board_car(deal)
    village.carry()
    assert [village.state(name, deal) for name in ("ann", "bob")] == [State.RECEIPTED] * 2


def test_two_groups_of_one_name_are_two(village: Town) -> None:
    """Not the name makes a group but its secret."""
    groups.create(village["eve"], VILLAGE)
    offer(village, "bob", group=VILLAGE)
    request(village, "eve", group=VILLAGE)
    assert sum(matched(village).values()) == 0


def test_the_group_is_found_among_several(village: Town) -> None:
    """Who is in many groups matches each post with its own."""
    for number in range(5):
        groups.create(village["ann"], f"other {number}")
    offer(village, "bob", group=VILLAGE)
    request(village, "ann", group="other 3")
    assert matched(village)["ann"] == 0
    request(village, "ann", group=VILLAGE)
    assert matched(village)["ann"] == 1


def test_a_strangers_proposal_to_a_group_is_declined(village: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that was changed to propose all the same shows no membership: declined, and nobody is asked."""
    pretend(monkeypatch, changed=village["eve"])
    offer(village, "bob", group=VILLAGE)
    request(village, "eve")
    deal = village.propose("eve")
    village.carry()
    assert village.deal("eve", deal.id).state is State.DECLINED
    assert village.deal("eve", deal.id).reason == "the offer is for a closed group"
    assert village.deals("bob", Role.DRIVER, *State) == []


def test_a_members_proof_is_for_the_member_alone(village: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eve, who somehow got what Ann's proposal showed, is declined all the same: it is over Ann's terms."""
    offer(village, "bob", group=VILLAGE)
    request(village, "ann", group=VILLAGE)
    anns = village.propose("ann")
    closed = groups.find(village["ann"], VILLAGE)
    shown = member_tag(closed.secret, agreement_from(anns.terms).id)
    pretend(monkeypatch, changed=village["eve"])
    monkeypatch.setattr(proposals.groups, "secret_of", lambda *_: b"?" * 16)
    monkeypatch.setattr(proposals, "member_tag", lambda *_: shown)
    request(village, "eve")
    deal = proposals.propose(village["eve"], village.match("eve"))
    monkeypatch.undo()
    village.carry()
    assert village.deal("eve", deal.id).state is State.DECLINED
    assert village.deal("bob", anns.id).state is State.RECEIVED


@pytest.mark.parametrize("flags", [WOMEN_ONLY.mask, WHEELCHAIR.mask])
def test_a_proposal_under_other_conditions_is_declined(town: Town, monkeypatch: pytest.MonkeyPatch, flags: int) -> None:
    """The driver's node compares conditions again before a person is asked."""
    pretend(monkeypatch, changed=town["eve"])
    offer(town, "bob")
    request(town, "eve", flags)
    deal = town.propose("eve")
    town.carry()
    assert "conditions" in town.deal("eve", deal.id).reason
    assert town.deals("bob", Role.DRIVER, *State) == []


@pytest.mark.parametrize(("flags", "group"), [(WOMEN_ONLY.mask, ""), (0, VILLAGE)])
def test_an_invitation_under_other_conditions_is_dropped(
    village: Town, monkeypatch: pytest.MonkeyPatch, flags: int, group: str
) -> None:
    """Nobody who asked for company of their own is bothered by a driver whose node does not mind."""
    pretend(monkeypatch, changed=village["eve"])
    request(village, "ann", flags, group)
    offer(village, "eve")
    deal = proposals.invite(village["eve"], village.match("eve"))
    monkeypatch.undo()
    village.carry()
    assert deals.get(village["ann"].node, deal.id) is None


def test_one_node_refuses_to_propose_against_the_conditions(village: Town) -> None:
    """A match that no longer holds, as after leaving the group, leads to no proposal."""
    offer(village, "bob", group=VILLAGE)
    request(village, "ann", group=VILLAGE)
    with village["ann"].node.transaction():
        store.remove(village["ann"].node, VILLAGE)
    with pytest.raises(RefusedError, match="does not fit"):
        village.propose("ann")


def test_leaving_withdraws_the_posts_and_keeps_the_rides(village: Town) -> None:
    """Who leaves takes back what only members could answer; an agreed ride goes on, other posts stay."""
    first = offer(village, "bob", group=VILLAGE)
    request(village, "ann", group=VILLAGE)
    deal = village.agree()
    plain = offer(village, "bob")
    assert groups.leave(village["bob"], VILLAGE) == 1
    village.carry()
    assert [post.id for post in own.posts(village["bob"].node)] == [plain]
    assert board.get(village["ann"].board, first) is None
    village.board_car(deal)
    village.carry()
    assert village.state("bob", deal) is State.RECEIPTED
    with pytest.raises(NotFoundError):
        offer(village, "bob", group=VILLAGE)


def test_joining_twice_or_under_a_taken_name_is_refused(village: Town) -> None:
    """A group is joined once; another one of the same name gets another name."""
    code = groups.code_of(village["bob"], groups.find(village["bob"], VILLAGE))
    with pytest.raises(RefusedError, match="already"):
        groups.join(village["ann"], code, "again")
    groups.create(village["eve"], VILLAGE)
    with pytest.raises(RefusedError, match="another group"):
        groups.join(village["eve"], code)
    assert groups.join(village["eve"], code, "Bob's").name == "Bob's"


def test_there_is_an_end_to_groups(village: Town) -> None:
    """Nobody's matching is slowed down by joining without end."""
    for number in range(groups.MAX_GROUPS - 1):
        groups.create(village["ann"], str(number))
    with pytest.raises(RefusedError, match="groups already"):
        groups.create(village["ann"], "one more")


def test_posts_of_a_group_have_nothing_in_common(village: Town) -> None:
    """Outsiders cannot tell which posts are of one group: no tag comes twice, and none is the secret."""
    signed = [_heard(village["eve"], offer(village, "bob", group=VILLAGE)) for _ in range(4)]
    tags = {one.post.group for one in signed if isinstance(one.post, Offer)}
    assert len(tags) == 4
    secret = groups.find(village["bob"], VILLAGE).secret
    assert not any(secret in one.envelope or VILLAGE.encode() in one.envelope for one in signed)


def _heard(desk: Desk, identifier: bytes) -> SignedPost:
    row = board.get(desk.board, identifier)
    assert row is not None
    return read_post(row["envelope"])[0]
