"""What a person or a letter can do to a deal is what the table of states says, in every state; floods are bounded."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lazpool.actions import answers, hearing, letters, rides, room
from lazpool.actions import deals as decisions
from lazpool.actions.proposals import invite, propose
from lazpool.errors import InvalidInputError, NotFoundError, RefusedError
from lazpool.records.agreements import agreement_from, sign_as_passenger
from lazpool.records.deal_bodies import Cancellation, Decline, Proposal
from lazpool.records.letters import seal_letter
from lazpool.records.posts import Withdrawal, read_post, sign_post
from lazpool.rules.admission import Judgement
from lazpool.rules.negotiation import OPEN, TABLE, Event, Role, State
from lazpool.store import board, deals, own, post_office
from tests.town import Town

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lazpool.actions.desk import Desk

NAMES = {Role.PASSENGER: "ann", Role.DRIVER: "bob"}
DECISIONS: dict[Event, Callable[[Desk, bytes], object]] = {
    Event.WE_ACCEPT: decisions.accept,
    Event.WE_DECLINE: decisions.decline,
    Event.WE_CANCEL: decisions.cancel,
    Event.WE_BOARD: lambda desk, deal_id: rides.enter_code(desk, deal_id, "123456"),
    Event.WE_SIGN: rides.done,
}


@contextmanager
def undone(desk: Desk) -> Iterator[None]:
    """Undo whatever a block does to a database."""
    desk.node.execute("BEGIN")
    try:
        yield
    finally:
        desk.node.execute("ROLLBACK")


def put_into(desk: Desk, deal_id: bytes, state: State) -> None:
    """Put a deal into a state, by whatever way it may have got there."""
    desk.node.execute("UPDATE deals SET state=? WHERE id=?", (state, deal_id))


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("event", DECISIONS)
def test_decisions_follow_the_table(agreed: tuple[Town, bytes], role: Role, event: Event) -> None:
    """A decision that the table does not allow is refused and changes nothing; another leads where it says."""
    town, deal_id = agreed
    desk = town[NAMES[role]]
    for state in State:
        with undone(desk):
            put_into(desk, deal_id, state)
            desk.node.execute("UPDATE posts SET state='live'")  # as it is before a ride is agreed
            before = deals.get(desk.node, deal_id)
            sent = len(post_office.due(desk.node, 2**62, 999))
            following = TABLE.get((role, state, event))
            if (role, event) == (Role.PASSENGER, Event.WE_ACCEPT):  # a passenger accepts an invitation by proposing
                following = TABLE.get((role, state, Event.WE_PROPOSE))
            if (role, event) == (Role.DRIVER, Event.WE_SIGN):  # only the passenger says that the ride is done
                following = None
            if following is None:
                with pytest.raises(RefusedError):
                    DECISIONS[event](desk, deal_id)
                assert deals.get(desk.node, deal_id) == before
                assert len(post_office.due(desk.node, 2**62, 999)) == sent
            else:
                DECISIONS[event](desk, deal_id)
                assert town.state(NAMES[role], deal_id) is following


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(
    ("body", "event"), [(Decline("no"), Event.THEY_DECLINE), (Cancellation("no"), Event.THEY_CANCEL)]
)
def test_letters_follow_the_table(
    agreed: tuple[Town, bytes], role: Role, body: Decline | Cancellation, event: Event
) -> None:
    """A no that the table does not allow is taken and changes nothing; one that it allows leads where it says."""
    town, deal_id = agreed
    desk = town[NAMES[role]]
    sender = "bob" if role is Role.PASSENGER else "ann"
    theirs = town.deal(sender, deal_id)
    letters.write(town[sender], theirs, body)
    (row,) = town.pick_up(sender)
    for state in State:
        with undone(desk):
            put_into(desk, deal_id, state)
            assert town.hand_over(row.tag, row.data)
            expected = TABLE.get((role, state, event), state)
            if state is State.RIDING and event is Event.THEY_DECLINE:
                expected = state  # a decline does not refuse a receipt; that is a letter of its own
            assert town.state(NAMES[role], deal_id) is expected


def test_notes_go_to_partners_only(agreed: tuple[Town, bytes]) -> None:
    """A note needs a partner who has agreed, and a length that fits a letter."""
    town, deal_id = agreed
    decisions.add_note(town["ann"], deal_id, "red coat")
    town.carry()
    assert [(row["mine"], row["text"]) for row in deals.notes(town["bob"].node, deal_id)] == [(0, "red coat")]
    with pytest.raises(InvalidInputError):
        decisions.add_note(town["ann"], deal_id, "x" * 501)
    for state in (State.DECLINED, State.LAPSED, State.WITHDRAWN, State.RECEIVED):
        with undone(town["bob"]):
            put_into(town["bob"], deal_id, state)
            with pytest.raises(RefusedError):
                decisions.add_note(town["bob"], deal_id, "hello")


def test_unknown_deal_is_not_found(agreed: tuple[Town, bytes]) -> None:
    """Every decision about a deal that is not there says so."""
    town, _ = agreed
    for decide in DECISIONS.values():
        with pytest.raises(NotFoundError):
            decide(town["ann"], b"\x00" * 16)


def test_roles_are_kept_apart(agreed: tuple[Town, bytes]) -> None:
    """The passenger shows the code and the driver enters it."""
    town, deal_id = agreed
    with pytest.raises(RefusedError, match="passenger shows"):
        rides.show_code(town["bob"], deal_id)
    with pytest.raises(RefusedError, match="driver enters"):
        rides.enter_code(town["ann"], deal_id, "123456")


def test_passengers_propose_and_drivers_invite(tmp_path: Path) -> None:
    """A match is taken up by the side that it says."""
    with Town(tmp_path, "ann", "bob") as town:
        town.offer("bob")
        town.request("ann")
        with pytest.raises(RefusedError, match="you drive"):
            propose(town["bob"], town.match("bob"))
        with pytest.raises(RefusedError, match="you are the passenger"):
            invite(town["ann"], town.match("ann"))


def test_same_ride_is_proposed_once(tmp_path: Path) -> None:
    """A ride that is under way is not proposed a second time; one that was called off can be."""
    with Town(tmp_path, "ann", "bob") as town:
        town.offer("bob")
        town.request("ann")
        deal = town.propose("ann")
        with pytest.raises(RefusedError) as refused:
            town.propose("ann")
        assert refused.value.code == "open-deal"
        decisions.cancel(town["ann"], deal.id)
        assert town.propose("ann").state is State.PROPOSED


def test_exact_places_travel_after_the_agreement_only(tmp_path: Path) -> None:
    """The driver learns the passenger's name with the proposal, and the exact ends once both have agreed."""
    with Town(tmp_path, "ann", "bob") as town:
        town.offer("bob")
        town.request("ann")
        deal = town.propose("ann")
        town.carry()
        assert (town.deal("bob", deal.id).peer_name, town.deal("bob", deal.id).peer_places) == ("Ann", "")
        decisions.accept(town["bob"], deal.id)
        town.carry()
        assert town.deal("bob", deal.id).peer_places == "45.36450 5.59150 45.76060 4.85940"


def proposals(town: Town, count: int, *, amount: int | None = None) -> None:
    """Let Ann's node, changed to do so, send many proposals for one offer."""
    deal, desk = town.propose("ann"), town["ann"]
    town.pick_up("ann")
    offer = read_post(deal.offer)[0].post
    for number in range(count):
        terms = replace(agreement_from(deal.terms), deal=number.to_bytes(16, "big"))
        terms = terms if amount is None else replace(terms, amount=amount)
        card = letters.new_card(desk, replace(deal, id=terms.deal))
        body = Proposal(terms.body(), sign_as_passenger(terms, desk.keys.log), desk.device, card, "Ann", "", 0, b"", 10)
        _, sealed = seal_letter(
            *(terms.deal, 1, body), sender_seed=desk.keys.log, box_pk=offer.box_pk, about=deal.offer_id, net=desk.net
        )  # type: ignore[union-attr] # an offer has a box
        town.hand_over(offer.post_pk, sealed)


def test_flood_of_proposals_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many proposals come for an offer, so many are kept for the driver to answer."""
    monkeypatch.setattr(answers, "MAX_PROPOSALS", 5)
    with Town(tmp_path, "ann", "bob") as town:
        town.offer("bob")
        town.request("ann")
        proposals(town, 12)
        assert len(deals.of_offer(town["bob"].node, town.match("ann").theirs, Role.DRIVER, OPEN)) == 5


def test_flood_of_bad_proposals_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proposals that fit nothing are declined, but only so many, and none is kept as a deal."""
    monkeypatch.setattr(answers, "MAX_REFUSALS", 5)
    with Town(tmp_path, "ann", "bob") as town:
        town.offer("bob")
        town.request("ann")
        proposals(town, 12, amount=1)
        assert post_office.count_kind(town["bob"].node, Decline.KIND) == 5
        assert deals.all_deals(town["bob"].node) == []


@pytest.mark.parametrize("quota", ["MAX_BOARD", "MAX_AREA"])
def test_flood_of_posts_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quota: str) -> None:
    """A board takes so many posts, in all and of an area; what is valid beyond that is not stored."""
    monkeypatch.setattr(room, quota, 3)
    with Town(tmp_path, "ann", "bob") as town:
        for _ in range(6):
            town.offer("bob")
        assert board.count(town["ann"].board) == 3


def test_strangers_withdrawal_is_not_believed(tmp_path: Path) -> None:
    """Only the key of a post takes it back; anybody else's is kept, as any post is, and takes nothing off."""
    with Town(tmp_path, "ann", "bob", "cid") as town:
        mine, theirs = town.offer("bob"), town.offer("cid")
        verdicts = []
        for author, victim in (("cid", mine), ("bob", theirs)):
            other = _withdrawal(town, author, victim)
            verdicts.append(hearing.hear(town["ann"], other, 1).judgement)
        assert verdicts == [Judgement.ACCEPT] * 2  # well formed, but it takes nothing back
        assert board.count(town["ann"].board) == 2


def _withdrawal(town: Town, author: str, victim: bytes) -> bytes:
    """Return a withdrawal of somebody else's post, signed by the author's own post key."""
    (box,) = own.boxes(town[author].node)
    return sign_post(Withdrawal(town[author].net, box.tag, victim, town.minute + 60), box.tag_seed).envelope
