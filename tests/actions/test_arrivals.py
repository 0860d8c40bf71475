"""Letters that begin nothing are repeated, too, until their reader says that they arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lazpool.actions import cards, proposals
from lazpool.actions import deals as decisions
from lazpool.actions.disputes import claim
from lazpool.actions.letters import KEEP_SAYING, new_card
from lazpool.records.deal_bodies import Arrived, Cancellation, Details, Invitation, NewCard, Note
from lazpool.records.disputes import Dispute
from lazpool.rules.negotiation import State
from lazpool.store import deals, own, post_office
from lazpool.store import disputes as store
from tests.town import Town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lazpool.store.post_office import Outgoing


class Lossy(Town):
    """A town whose letterboxes take every letter of some kinds and lose them, `losses` times each kind."""

    def __init__(self, root: Path, *names: str) -> None:
        """Lose nothing yet."""
        super().__init__(root, *names)
        self.losses = dict[int, int]()
        self.sent = list[int]()

    def transport(self, sender: str, row: Outgoing) -> bool:
        """Lose a letter, and say that it was taken."""
        self.sent.append(row.letter_kind)
        if self.losses.get(row.letter_kind, 0):
            self.losses[row.letter_kind] -= 1
            return True
        return super().transport(sender, row)

    def heal(self, *, rounds: int = 8) -> None:
        """Let minutes pass until nobody repeats anything any more."""
        for _ in range(rounds):
            self.carry(rounds=30)
            if self.is_quiet():
                return
            self.now += 120
        raise AssertionError("somebody never stops to repeat a letter")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Lossy]:
    """Open a town where Ann rides with Bob tomorrow, if they agree."""
    with Lossy(tmp_path, "ann", "bob") as town:
        town.offer("bob")
        town.request("ann")
        yield town


def notes(town: Town, name: str, deal: bytes) -> list[str]:
    """Return what somebody has been written."""
    return [note["text"] for note in deals.notes(town[name].node, deal) if not note["mine"]]


@pytest.mark.parametrize("lost", [Note.KIND, Arrived.KIND])
def test_a_note_that_a_letterbox_lost_comes_once(town: Lossy, lost: int) -> None:
    """Whether the note or the answer to it is lost, twice: it is repeated, read once, and then no longer sent."""
    deal = town.agree()
    town.heal()
    town.losses = {lost: 2}
    decisions.add_note(town["ann"], deal, "I wear a red hat")
    town.heal()
    assert notes(town, "bob", deal) == ["I wear a red hat"]


def test_a_cancellation_that_was_lost_is_heard(town: Lossy) -> None:
    """Nobody waits at the kerb because a hub lost a letter; and the notes before it arrive as well."""
    deal = town.agree()
    town.heal()
    town.losses = {Cancellation.KIND: 1, Note.KIND: 1}
    decisions.add_note(town["bob"], deal, "the car makes noises")
    decisions.cancel(town["bob"], deal, "it broke down")
    town.heal()
    assert town.state("ann", deal) is State.CANCELLED
    assert notes(town, "ann", deal) == ["the car makes noises"]


def test_details_that_were_lost_are_sent_again(town: Lossy) -> None:
    """The driver has the passenger's exact place although the first letter with it is gone."""
    town.losses = {Details.KIND: 1}
    deal = town.agree()
    town.heal()
    assert town.deal("bob", deal).peer_places == town.deal("ann", deal).own_places != ""


def test_a_dispute_that_was_lost_is_seen(town: Lossy) -> None:
    """What the driver claims reaches the passenger."""
    deal = town.agree()
    town.later(days=2)
    town.losses = {Dispute.KIND: 1}
    claim(town["bob"], deal, "you did not sign")
    town.heal()
    assert [one.text for one in store.everything(town["ann"].node) if not one.mine] == ["you did not sign"]


def test_a_new_card_that_was_lost_is_sent_again(town: Lossy) -> None:
    """Two who rode together do not lose each other because the renewal was lost and nobody wrote since."""
    deal = town.agree()
    town.board_car(deal)
    town.heal()
    town.losses = {NewCard.KIND: 3}
    town.later(days=181 - 90)
    town.heal()
    for name, other in (("ann", "bob"), ("bob", "ann")):
        assert town.deal(name, deal).own_tag in town.deal(other, deal).peer_card


def test_reminders_of_a_card_do_not_pile_up(town: Lossy) -> None:
    """However often a partner writes by an old card, one letter with the newest waits for its answer."""
    deal = town.agree()
    town.heal()
    ann = town["ann"]
    box = own.box(ann.node, town.deal("ann", deal).own_tag)
    assert box is not None
    cards.renew(ann)
    with ann.node.transaction():
        mine = town.deal("ann", deal)
        mine.own_tag = new_card(ann, mine).tag_pk
        for _ in range(5):
            cards.remind(ann, mine, box)
        deals.save(ann.node, mine)
    assert post_office.count_kind(ann.node, NewCard.KIND) == 1


def test_an_invitation_is_repeated_until_it_is_answered(town: Lossy) -> None:
    """By a proposal or a no; and not beyond the ride."""
    town.losses = {Invitation.KIND: 2}
    deal = proposals.invite(town["bob"], town.match("bob")).id
    for _ in range(4):
        town.carry()
        town.now += 120
    assert town.state("ann", deal) is State.INVITED
    decisions.decline(town["ann"], deal)
    town.heal()
    assert town.state("bob", deal) is State.DECLINED


def test_an_invitation_to_nobody_ends_with_the_ride(town: Lossy) -> None:
    """Whoever never reads it is not written to for ever."""
    town.losses = {Invitation.KIND: 1000}
    proposals.invite(town["bob"], town.match("bob"))
    town.carry()
    town.later(days=2)
    assert town.is_quiet()


def test_who_has_not_accepted_yet_acknowledges_nothing(town: Lossy) -> None:
    """A passenger who takes the proposal back does not learn by it which person drives."""
    deal = town.propose("ann").id
    town.carry()
    decisions.cancel(town["ann"], deal, "another way")
    town.heal()
    assert town.state("bob", deal) is State.LAPSED
    assert Arrived.KIND not in town.sent


def test_it_is_given_up_when_it_expires(town: Lossy) -> None:
    """A partner who is gone for good is not written to for ever: a month after a ride nothing more is said about it."""
    deal = town.agree()
    town.heal()
    town.losses = {Note.KIND: 10**6}
    decisions.add_note(town["ann"], deal, "are you there?")
    town.carry()
    ends = town.deal("ann", deal).ends
    town.now = 60 * (ends + KEEP_SAYING)
    town.later()
    assert post_office.next_due(town["ann"].node) is not None
    town.later(minutes=1)
    assert post_office.count_kind(town["ann"].node, Note.KIND) == 0
    assert town.is_quiet()
