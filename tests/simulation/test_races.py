"""Letters that cross, come late, twice or in another order: both sides end in states that belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.actions import books, proposals, rides
from lazpool.actions import deals as decisions
from lazpool.actions import posts as own_posts
from lazpool.actions.letters import write
from lazpool.actions.tick import AFTER_RIDE
from lazpool.records.deal_bodies import Acceptance, Boarded, Cancellation, Proposal
from lazpool.records.halves import Receipt, ReceiptRefused
from lazpool.rules.negotiation import State
from lazpool.store import deals, ledger, post_office
from tests.simulation.snapshots import contents

if TYPE_CHECKING:
    from tests.town import Town


def states(town: Town, deal_id: bytes) -> tuple[State | None, State | None]:
    """Return Ann's state and Bob's."""
    return town.state("ann", deal_id), town.state("bob", deal_id)


def settle(town: Town, *, hours: int = 3) -> None:
    """Carry letters, with every retry that falls into these hours."""
    town.carry()
    for _ in range(hours):
        town.now += 3600
        town.carry()


def test_acceptance_crosses_a_withdrawal(town: Town) -> None:
    """A passenger who withdrew before the acceptance came says so again, and the driver's seat is free."""
    deal = town.propose("ann")
    town.carry()
    decisions.cancel(town["ann"], deal.id)
    decisions.accept(town["bob"], deal.id)
    settle(town)
    assert states(town, deal.id) == (State.WITHDRAWN, State.CANCELLED)
    assert town.is_quiet()


def test_withdrawal_overtakes_the_proposal(town: Town) -> None:
    """When the withdrawal comes before the proposal, accepting the latter ends in a cancelled deal."""
    deal = town.propose("ann")
    (proposal,) = town.pick_up("ann")
    decisions.cancel(town["ann"], deal.id)
    town.carry()
    town.hand_over(proposal.tag, proposal.data)
    assert town.state("bob", deal.id) is State.RECEIVED
    decisions.accept(town["bob"], deal.id)
    settle(town)
    assert states(town, deal.id) == (State.WITHDRAWN, State.CANCELLED)


def test_cancellation_before_the_acceptance(town: Town) -> None:
    """A cancellation that overtakes the acceptance is not taken yet, and takes effect after it."""
    deal = town.propose("ann")
    town.carry()
    decisions.accept(town["bob"], deal.id)
    acceptance, *_ = town.pick_up("bob")
    assert acceptance.letter_kind == Acceptance.KIND
    decisions.cancel(town["bob"], deal.id)
    (cancellation,) = town.pick_up("bob")
    assert not town.hand_over(cancellation.tag, cancellation.data)
    assert town.state("ann", deal.id) is State.PROPOSED
    assert town.hand_over(acceptance.tag, acceptance.data)
    assert town.hand_over(cancellation.tag, cancellation.data)
    settle(town)
    assert states(town, deal.id) == (State.CANCELLED, State.CANCELLED)


def test_decline_crosses_a_withdrawal(town: Town) -> None:
    """Each side keeps its own no."""
    deal = town.propose("ann")
    town.carry()
    decisions.decline(town["bob"], deal.id, "no room for skis")
    decisions.cancel(town["ann"], deal.id)
    settle(town)
    assert states(town, deal.id) == (State.WITHDRAWN, State.DECLINED)
    assert town.is_quiet()


def test_both_cancel_at_once(town: Town) -> None:
    """Crossing cancellations leave both cancelled, each by itself."""
    deal_id = town.agree()
    decisions.cancel(town["ann"], deal_id)
    decisions.cancel(town["bob"], deal_id)
    settle(town)
    assert states(town, deal_id) == (State.CANCELLED, State.CANCELLED)
    assert town.is_quiet()


def test_code_crosses_a_cancellation(town: Town) -> None:
    """A passenger's cancellation that crosses the driver's code ends the deal; the code is not repeated."""
    deal_id = town.agree()
    code = rides.show_code(town["ann"], deal_id)
    decisions.cancel(town["ann"], deal_id)
    rides.enter_code(town["bob"], deal_id, code)
    settle(town)
    assert states(town, deal_id) == (State.CANCELLED, State.CANCELLED)
    assert town.is_quiet()


def test_receipt_crosses_the_drivers_cancellation(town: Town) -> None:
    """A driver who cancels while the receipt is under way does not sign it, whichever letter comes first."""
    deal_id = town.agree()
    rides.done(town["ann"], deal_id)
    decisions.cancel(town["bob"], deal_id)
    settle(town)
    assert states(town, deal_id) == (State.CANCELLED, State.CANCELLED)
    assert town.is_quiet()
    assert not ledger.receipts(town["ann"].node)
    assert books.verify(town["ann"]).ok


def test_lost_cancellation_is_said_again(town: Town) -> None:
    """A cancellation that a letterbox lost is repeated when the other side goes on as if nothing had happened."""
    deal_id = town.agree()
    code = rides.show_code(town["ann"], deal_id)
    decisions.cancel(town["ann"], deal_id)
    assert [row.letter_kind for row in town.pick_up("ann")] == [Cancellation.KIND]
    rides.enter_code(town["bob"], deal_id, code)
    settle(town)
    assert states(town, deal_id) == (State.CANCELLED, State.CANCELLED)
    assert town.is_quiet()


def test_drivers_lost_cancellation_is_said_again(town: Town) -> None:
    """The same when the driver's cancellation was lost and the passenger signs a receipt."""
    deal_id = town.agree()
    decisions.cancel(town["bob"], deal_id)
    assert [row.letter_kind for row in town.pick_up("bob")] == [Cancellation.KIND]
    rides.done(town["ann"], deal_id)
    settle(town)
    assert states(town, deal_id) == (State.CANCELLED, State.CANCELLED)
    assert town.is_quiet()


def test_lapse_and_late_acceptance(town: Town) -> None:
    """A lapsed proposal is not repeated, and an acceptance that comes later still makes an agreement."""
    deal = town.propose("ann")
    town.carry()
    town.now += 20 * 3600
    decisions.accept(town["bob"], deal.id)
    acceptance, *others = town.pick_up("bob")
    town.later(minutes=10 * 60)
    assert states(town, deal.id) == (State.LAPSED, State.AGREED)
    assert Proposal.KIND not in {row.letter_kind for row in post_office.due(town["ann"].node, 2**40)}
    for row in (acceptance, *others):
        assert town.hand_over(row.tag, row.data)
    assert states(town, deal.id) == (State.AGREED, State.AGREED)
    town.board_car(deal.id)
    settle(town)
    assert states(town, deal.id) == (State.RECEIPTED, State.RECEIPTED)


def test_nobody_answers(town: Town) -> None:
    """Without an answer both sides lapse, and nothing more is sent."""
    deal = town.propose("ann")
    town.carry()
    town.later(days=3)
    assert states(town, deal.id) == (State.LAPSED, State.LAPSED)
    assert town.is_quiet()


def test_unanswered_code_falls_silent(town: Town) -> None:
    """A code that never reaches the passenger leaves a claim after two weeks, and is not repeated after that."""
    deal_id = town.agree()
    rides.enter_code(town["bob"], deal_id, rides.show_code(town["ann"], deal_id))
    town.pick_up("bob")
    town.later(minutes=AFTER_RIDE + 3 * 24 * 60)
    assert states(town, deal_id) == (State.CLAIMED, State.CLAIMED)
    assert town.is_quiet()


def test_late_countersign_seals_a_lapsed_receipt(town: Town) -> None:
    """A receipt that lapsed for want of an answer is whole when the second half comes after all."""
    deal_id = town.agree()
    rides.done(town["ann"], deal_id)
    (receipt,) = town.pick_up("ann")
    town.hand_over(receipt.tag, receipt.data)
    (half,) = town.pick_up("bob")
    town.later(days=40)
    assert states(town, deal_id) == (State.CLAIMED, State.RECEIPTED)
    assert ledger.receipts(town["ann"].node, ledger.LAPSED)
    town.later(days=31)  # for so long a witness is asked for the checkpoint of that month
    assert town.is_quiet()
    assert town.hand_over(half.tag, half.data)
    assert states(town, deal_id) == (State.RECEIPTED, State.RECEIPTED)
    assert books.verify(town["ann"]).ok
    assert books.balance(town["ann"])[0].amount == -books.balance(town["bob"])[0].amount


def test_countersign_after_a_second_done(town: Town) -> None:
    """A claimed ride that is signed again never leaves one side with a receipt that the other cannot have."""
    deal_id = town.agree()
    rides.done(town["ann"], deal_id)
    (receipt,) = town.pick_up("ann")
    town.hand_over(receipt.tag, receipt.data)
    (half,) = town.pick_up("bob")
    town.later(days=20)
    assert states(town, deal_id) == (State.CLAIMED, State.RECEIPTED)
    rides.done(town["ann"], deal_id)
    settle(town)
    town.hand_over(half.tag, half.data)
    settle(town)
    assert states(town, deal_id) == (State.RECEIPTED, State.RECEIPTED)
    assert [len(ledger.receipts(town[name].node)) for name in ("ann", "bob")] == [1, 1]
    assert not ledger.receipts(town["ann"].node, ledger.PROPOSED)
    assert town.is_quiet()


def test_countersign_lost_and_receipt_lapsed(town: Town) -> None:
    """When the second half is lost for good, signing again brings back the one that the driver has."""
    deal_id = town.agree()
    rides.done(town["ann"], deal_id)
    (receipt,) = town.pick_up("ann")
    town.hand_over(receipt.tag, receipt.data)
    town.pick_up("bob")
    town.later(days=40)
    rides.done(town["ann"], deal_id)
    settle(town)
    assert states(town, deal_id) == (State.RECEIPTED, State.RECEIPTED)
    assert [len(ledger.receipts(town[name].node)) for name in ("ann", "bob")] == [1, 1]
    assert all(books.verify(town[name]).ok for name in ("ann", "bob"))
    assert town.is_quiet()


def test_refused_receipt_can_be_signed_again_and_again(town: Town) -> None:
    """Each refusal ends exactly the receipt it names, so that the passenger can always try once more."""
    deal_id = town.agree()
    for _ in range(3):
        rides.done(town["ann"], deal_id)
        for row in town.pick_up("ann"):
            _refuse(town, deal_id, row.letter_kind)
        settle(town)
        assert town.state("ann", deal_id) is State.AGREED
    rides.done(town["ann"], deal_id)
    settle(town)
    assert states(town, deal_id) == (State.RECEIPTED, State.RECEIPTED)
    assert books.verify(town["ann"]).ok


def _refuse(town: Town, deal_id: bytes, kind: int) -> None:
    """Let Bob's node refuse the newest receipt of Ann, as it would if its terms did not suit."""
    assert kind == Receipt.KIND
    (waiting,) = ledger.receipts(town["ann"].node, ledger.PROPOSED)
    desk, deal = town["bob"], town.deal("bob", deal_id)
    write(desk, deal, ReceiptRefused(waiting.id, "not today"))
    deals.save(desk.node, deal)


def test_declined_invitation_reaches_the_driver(town: Town) -> None:
    """A passenger's no to an invitation ends it on both sides."""
    deal = proposals.invite(town["bob"], town.match("bob"), "come along")
    town.carry()
    assert states(town, deal.id) == (State.INVITED, State.INVITED)
    decisions.decline(town["ann"], deal.id, "found another")
    settle(town)
    assert states(town, deal.id) == (State.DECLINED, State.DECLINED)
    assert town.is_quiet()


def test_invitation_to_a_receipt(town: Town) -> None:
    """An invited passenger proposes by accepting, and the rest is as ever."""
    deal = proposals.invite(town["bob"], town.match("bob"))
    town.carry()
    decisions.accept(town["ann"], deal.id)
    town.carry()
    assert states(town, deal.id) == (State.PROPOSED, State.RECEIVED)
    decisions.accept(town["bob"], deal.id)
    town.carry()
    town.board_car(deal.id)
    settle(town)
    assert states(town, deal.id) == (State.RECEIPTED, State.RECEIPTED)
    assert town.is_quiet()


def test_withdrawn_invitation_crosses_its_acceptance(town: Town) -> None:
    """A passenger who answers an invitation that was taken back is told so, and does not wait in vain."""
    deal = proposals.invite(town["bob"], town.match("bob"))
    town.carry()
    decisions.cancel(town["bob"], deal.id, "car broke down")
    decisions.accept(town["ann"], deal.id)
    settle(town)
    ann, bob = states(town, deal.id)
    assert bob is State.WITHDRAWN
    assert ann in {State.DECLINED, State.LAPSED}
    assert town.is_quiet()


def test_cancellation_overtakes_the_invitation(town: Town) -> None:
    """An invitation that arrives after it was taken back is declined when it is answered."""
    deal = proposals.invite(town["bob"], town.match("bob"))
    (invitation,) = town.pick_up("bob")
    decisions.cancel(town["bob"], deal.id)
    town.carry()
    town.hand_over(invitation.tag, invitation.data)
    assert town.state("ann", deal.id) is State.INVITED
    decisions.accept(town["ann"], deal.id)
    settle(town)
    assert states(town, deal.id) == (State.DECLINED, State.WITHDRAWN)
    assert town.is_quiet()


def test_withdrawn_offer_declines_what_was_proposed(town: Town) -> None:
    """Withdrawing an offer answers every open proposal, one that comes afterwards too."""
    deal = town.propose("ann")
    town.carry()
    own_posts.withdraw(town["bob"], deal.offer_id)
    settle(town)
    assert states(town, deal.id) == (State.DECLINED, State.DECLINED)
    assert town.is_quiet()


def test_proposal_to_an_offer_just_withdrawn(town: Town) -> None:
    """A proposal that crosses the withdrawal of its offer is declined by the driver's node itself."""
    deal = town.propose("ann")
    own_posts.withdraw(town["bob"], deal.offer_id)
    settle(town)
    assert states(town, deal.id) == (State.DECLINED, None)
    assert town.is_quiet()


def test_every_letter_twice_changes_nothing(town: Town) -> None:
    """Every letter of a ride, given again at every later moment, changes nothing but what is repeated in answer."""
    sent: list[tuple[bytes, bytes]] = []

    def settle_recording() -> None:
        while rows := [row for name in town.desks for row in town.pick_up(name)]:
            for row in rows:
                assert town.hand_over(row.tag, row.data)
            sent.extend((row.tag, row.data) for row in rows)
        _again(town, sent)

    deal = town.propose("ann")
    settle_recording()
    decisions.accept(town["bob"], deal.id)
    settle_recording()
    decisions.add_note(town["bob"], deal.id, "blue van")
    decisions.add_note(town["ann"], deal.id, "red coat")
    wrong = "000000" if rides.show_code(town["ann"], deal.id) != "000000" else "000001"
    rides.enter_code(town["bob"], deal.id, wrong)
    settle_recording()
    town.board_car(deal.id)
    settle_recording()
    assert states(town, deal.id) == (State.RECEIPTED, State.RECEIPTED)
    assert len(sent) >= 10


def _again(town: Town, sent: list[tuple[bytes, bytes]]) -> None:
    before = {name: contents(town[name]) for name in town.desks}
    for tag, letter in (*sent, *reversed(sent)):
        town.hand_over(tag, letter)
        for name in town.desks:
            assert contents(town[name]) == before[name]
    for name in town.desks:  # answers that were queued again are known to the other side, too
        for row in town.pick_up(name):
            town.hand_over(row.tag, row.data)
            assert contents(town[town.reader(row.tag) or ""]) == before[town.reader(row.tag) or ""]
    for name in town.desks:
        assert contents(town[name]) == before[name]


def test_codes_in_another_order(town: Town) -> None:
    """A wrong code corrected at once does no harm, whichever of the two letters comes first."""
    for first in (0, 1):
        deal_id = town.agree() if first == 0 else _another(town)
        code = rides.show_code(town["ann"], deal_id)
        rides.enter_code(town["bob"], deal_id, f"{(int(code) + 1) % 10**6:06d}")
        rides.enter_code(town["bob"], deal_id, code)
        letters = [row for row in town.pick_up("bob") if row.letter_kind == Boarded.KIND]
        assert len(letters) == 2
        for row in (letters[first], letters[1 - first]):
            town.hand_over(row.tag, row.data)
        settle(town)
        assert states(town, deal_id) == (State.RECEIPTED, State.RECEIPTED)
        assert town.is_quiet()


def _another(town: Town) -> bytes:
    offer = town.offer("bob", day=2)
    town.request("ann", day=2)
    deal = town.propose("ann", offer)
    town.carry()
    decisions.accept(town["bob"], deal.id)
    town.carry()
    return deal.id


def test_second_receipt_of_a_pair_survives_the_first_ones_refusal(town: Town) -> None:
    """Two receipts of one pair are under way and the first is refused: the second is renewed and sealed by itself."""
    first, second = town.agree(), _another(town)
    rides.done(town["ann"], first)
    rides.done(town["ann"], second)
    letters = {row.deal: row for row in town.pick_up("ann")}
    town.hand_over(letters[second].tag, letters[second].data)
    decisions.cancel(town["bob"], first)
    settle(town)
    assert states(town, first) == (State.CANCELLED, State.CANCELLED)
    assert states(town, second) == (State.RECEIPTED, State.RECEIPTED)
    assert all(books.verify(town[name]).ok for name in ("ann", "bob"))
    assert town.is_quiet()


def test_two_receipts_in_reverse_order(town: Town) -> None:
    """A receipt that overtakes an earlier one of the pair waits for it."""
    first, second = town.agree(), _another(town)
    rides.done(town["ann"], first)
    rides.done(town["ann"], second)
    letters = {row.deal: row for row in town.pick_up("ann")}
    assert not town.hand_over(letters[second].tag, letters[second].data)
    assert town.hand_over(letters[first].tag, letters[first].data)
    settle(town)
    assert states(town, first) == states(town, second) == (State.RECEIPTED, State.RECEIPTED)
    assert all(books.verify(town[name]).ok for name in ("ann", "bob"))
    assert town.is_quiet()


def test_wrong_codes_leave_only_done(town: Town) -> None:
    """Three wrong codes are refused, the driver is told each time, and then even the right one is; `done` works."""
    deal_id = town.agree()
    code = rides.show_code(town["ann"], deal_id)
    for left in (2, 1, 0):
        rides.enter_code(town["bob"], deal_id, f"{(int(code) + 1 + left) % 10**6:06d}")
        settle(town)
        assert states(town, deal_id) == (State.AGREED, State.AGREED)
        told = town.deal("bob", deal_id).reason
        assert (f"{left} tries left" if left else "lazpool done") in told
    rides.enter_code(town["bob"], deal_id, code)
    settle(town)
    assert states(town, deal_id) == (State.AGREED, State.AGREED)
    assert not ledger.receipts(town["ann"].node, ledger.PROPOSED)
    rides.done(town["ann"], deal_id)
    settle(town)
    assert states(town, deal_id) == (State.RECEIPTED, State.RECEIPTED)
    assert town.is_quiet()
