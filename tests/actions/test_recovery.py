"""What both signed comes back from the partner: after a restore, after a total loss, and in whatever order."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from lazpool.actions import books, confirming, disputes, forks, imports, resuming, rides, settlements
from lazpool.actions import deals as decisions
from lazpool.actions.corrections import CORRECTING, correct
from lazpool.actions.desk import create_home
from lazpool.actions.exporting import bundle
from lazpool.config import Config
from lazpool.errors import HaltedError, MalformedError, RefusedError
from lazpool.records.recovery import SealedRecord
from lazpool.records.settlements import CASH
from lazpool.rules.forks import What
from lazpool.rules.negotiation import State
from lazpool.store import disputes as disputed
from lazpool.store import ledger, recoveries
from lazpool.store import settlements as settled
from tests.actions.test_backups import back_up, lose
from tests.town import Town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BOTH = ("ann", "bob")


class Letterboxes(Town):
    """A town whose letterboxes also take what nobody can read any more, as hubs do."""

    def hand_over(self, tag: bytes, letter: bytes) -> bool:
        """Give a letter to its reader, if there is one."""
        return self.reader(tag) is None or super().hand_over(tag, letter)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Ann and Bob, who have not met yet."""
    with Letterboxes(tmp_path, *BOTH) as town:
        yield town


def ride(town: Town, day: int = 1, *, passenger: str = "ann", driver: str = "bob", done: bool = True) -> bytes:
    """Let two agree on a ride some days from now, and take it unless it is left for later; return the deal."""
    offer = town.offer(driver, day=day)
    town.request(passenger, day=day)
    deal = town.propose(passenger, offer).id
    town.carry()
    decisions.accept(town[driver], deal)
    town.carry()
    if done:
        rides.done(town[passenger], deal)
        town.carry()
    return deal


def pay(town: Town, amount: int, *, payer: str = "ann", payee: str = "bob") -> None:
    """Let one pay the other, who confirms."""
    made = settlements.settle(town[payer], town[payee].identity, amount, "EUR", CASH)
    town.carry()
    settlements.confirm(town[payee], made.id)
    town.carry()


def lose_everything(town: Town, name: str) -> None:
    """Let somebody lose all but the identity key, and begin a new home with it."""
    keys = town.home(name) / "keys"
    kept = {key: (keys / key).read_bytes() for key in ("identity.key", "next_identity.key")}
    town.close(name)
    shutil.rmtree(town.home(name))
    spare = Config(town.root / "spare", network="town", name=name.title())
    create_home(spare, clock=town.clock)
    shutil.copytree(spare.keys_folder, keys, ignore=shutil.ignore_patterns("log.mark"))
    shutil.rmtree(spare.home)
    for key, data in kept.items():
        (keys / key).write_bytes(data)
    create_home(Config(town.home(name), network="town", name=name.title()), clock=town.clock)
    town.open(name)


def settle_down(town: Town, *, hours: int = 3) -> None:
    """Carry letters, with every retry that falls into these hours."""
    town.carry()
    for _ in range(hours):
        town.later(minutes=60)
        town.carry()


def agree(town: Town) -> None:
    """Require that both have the same records, that all verifies here and without lazpool, and nothing is sent."""
    ids = [
        {one.id for one in [*ledger.receipts(town[name].node), *settled.in_state(town[name].node, settled.SEALED)]}
        for name in BOTH
    ]
    assert ids[0] == ids[1]
    assert [books.verify(town[name]).errors for name in BOTH] == [[], []]
    ann, bob = (sum(row.amount for row in books.balance(town[name])) for name in BOTH)
    assert ann == -bob
    assert town.is_quiet()


def whole(town: Town, name: str, other: str) -> recoveries.Recovery:
    """Return what somebody asked of another, which is answered."""
    found = recoveries.get(town[name].node, town[other].identity)
    assert found is not None
    assert found.state == recoveries.WHOLE, found
    return found


@pytest.mark.parametrize("loser", BOTH)
def test_what_was_signed_since_the_backup_comes_back(town: Town, loser: str) -> None:
    """Rides in both directions and payments, after the backup and in deals that it does not know, are there again."""
    ride(town)
    file = back_up(town, loser)
    for day in range(2, 8):
        ride(town, day)
    ride(town, 8, passenger="bob", driver="ann")
    pay(town, 300)
    pay(town, 50, payer="bob", payee="ann")
    lose(town, loser, file)
    assert len(ledger.receipts(town[loser].node)) == 1
    settle_down(town)
    other = "bob" if loser == "ann" else "ann"
    assert whole(town, loser, other).found == 9
    agree(town)
    ride(town, 9)
    ride(town, 10, passenger="bob", driver="ann")
    pay(town, 20)
    agree(town)
    assert len(ledger.receipts(town[loser].node)) == 10


@pytest.mark.parametrize("loser", BOTH)
def test_corrections_come_back(town: Town, loser: str) -> None:
    """So do corrections from either side, and a dispute from before the backup is resolved by the one that returns."""
    ride(town)
    (record,) = ledger.receipts(town["ann"].node)
    disputes.dispute(town[loser], record.id, 1)
    town.carry()
    file = back_up(town, loser)
    for proposer, other, amount in (("ann", "bob", 100), ("bob", "ann", 200)):
        made = correct(town[proposer], record.id, amount)
        town.carry()
        confirming.confirm(town[other], CORRECTING, made.id)
        town.carry()
    lose(town, loser, file)
    settle_down(town)
    agree(town)
    (row,) = books.balance(town["bob"])
    assert row.amount == 200
    assert [one.state for one in disputed.everything(town[loser].node)] == ["resolved"]
    made = correct(town[loser], record.id, 300)
    town.carry()
    confirming.confirm(town["bob" if loser == "ann" else "ann"], CORRECTING, made.id)
    town.carry()
    agree(town)


@pytest.mark.parametrize("loser", BOTH)
def test_a_ride_agreed_before_the_backup_and_signed_after_it(town: Town, loser: str) -> None:
    """The deal that the backup knows as agreed is receipted once its receipt comes back, and is not signed again."""
    deal = ride(town, done=False)
    file = back_up(town, loser)
    rides.done(town["ann"], deal)
    town.carry()
    town.later(days=2)
    lose(town, loser, file)
    if loser == "ann":
        with pytest.raises(RefusedError) as refusal:
            rides.done(town["ann"], deal)
        assert refusal.value.code == "restored"
    settle_down(town)
    assert town.state("ann", deal) is town.state("bob", deal) is State.RECEIPTED
    agree(town)


def test_a_ride_from_before_that_nobody_signed_is_signed_after_the_answer(town: Town) -> None:
    """Once the partner has said what there is, a ride that began before the restore can be signed after all."""
    deal = ride(town, done=False)
    file = back_up(town, "ann")
    town.later(days=2)
    lose(town, "ann", file)
    settle_down(town)
    whole(town, "ann", "bob")
    rides.done(town["ann"], deal)
    settle_down(town)
    assert town.state("bob", deal) is State.RECEIPTED
    agree(town)


@pytest.mark.parametrize("loser", BOTH)
def test_nothing_but_the_identity_and_one_new_ride(town: Town, loser: str) -> None:
    """Who lost everything but the identity key agrees on one ride, and gets all that both ever signed."""
    for day in range(1, 7):
        ride(town, day)
    ride(town, 7, passenger="bob", driver="ann")
    pay(town, 300)
    lose_everything(town, loser)
    assert ledger.receipts(town[loser].node) == []
    ride(town, 8)
    settle_down(town)
    agree(town)
    assert len(ledger.receipts(town[loser].node)) == 8
    assert "old_logs" not in bundle(town[loser])


def test_both_lose_different_things(town: Town) -> None:
    """Each has what the other lacks, and the keys of the newest deal are lost: by an older one both get all."""
    ride(town)
    old_ann = back_up(town, "ann")
    ride(town, 2)
    lose(town, "ann", old_ann)
    old_bob = back_up(town, "bob")
    settle_down(town)
    ride(town, 3, passenger="bob", driver="ann")
    lose(town, "bob", old_bob)
    settle_down(town, hours=8)
    agree(town)
    assert len(ledger.receipts(town["bob"].node)) == 3


def test_a_restored_passenger_who_rides_before_the_answer(town: Town) -> None:
    """A receipt signed under a number that is taken is signed anew once the partner's records are here."""
    ride(town)
    file = back_up(town, "ann")
    ride(town, 2)
    ride(town, 3)
    lose(town, "ann", file)
    assert town.pick_up("ann"), "the question is lost at first"
    deal = ride(town, 4)
    settle_down(town)
    assert town.state("ann", deal) is State.RECEIPTED
    agree(town)
    assert len(ledger.receipts(town["ann"].node)) == 4


def test_a_restored_payer_does_not_pay_twice(town: Town) -> None:
    """A payment that the payer no longer knows comes back when they say it once more, and the second one lapses."""
    ride(town)
    file = back_up(town, "ann")
    pay(town, 300)
    lose(town, "ann", file)
    town.pick_up("ann")
    settlements.settle(town["ann"], town["bob"].identity, 300, "EUR", CASH)
    settle_down(town)
    agree(town)
    assert [one.state for one in settled.everything(town["ann"].node)] == [settled.LAPSED, settled.SEALED]
    assert len(settled.in_state(town["bob"].node, settled.SEALED)) == 1


def test_a_payee_who_lost_what_came_before(town: Town) -> None:
    """A settlement that counts on one which the payee has lost waits until that is back."""
    ride(town)
    file = back_up(town, "bob")
    pay(town, 300)
    lose(town, "bob", file)
    town.pick_up("bob")
    made = settlements.settle(town["ann"], town["bob"].identity, 100, "EUR", CASH)
    settle_down(town)
    assert [one.state for one in settled.everything(town["bob"].node)] == [settled.SEALED, settled.OFFERED]
    settlements.confirm(town["bob"], made.id)
    settle_down(town)
    agree(town)


def test_a_payment_confirmed_where_the_payer_no_longer_reads(town: Town) -> None:
    """The payee says yes in a deal that went with the payer's home, after all was recovered: the next ride tells it."""
    ride(town)
    file = back_up(town, "ann")
    ride(town, 2)
    made = settlements.settle(town["ann"], town["bob"].identity, 300, "EUR", CASH)
    town.carry()
    lose(town, "ann", file)
    settle_down(town)
    ride(town, 3)  # from here on the payee knows the payer's new device
    settlements.confirm(town["bob"], made.id)
    settle_down(town)
    assert settled.everything(town["ann"].node) == [], "nothing tells the payer until they meet again"
    ride(town, 4)
    settle_down(town)
    agree(town)
    assert [one.id for one in settled.in_state(town["ann"].node, settled.SEALED)] == [made.id]


def test_a_partner_who_is_online_once_a_day(town: Town) -> None:
    """Meanwhile it is asked by other deals; the answer to an earlier question counts all the same."""
    for day in (1, 2, 3):
        ride(town, day)
    file = back_up(town, "ann")
    for day in range(4, 13):
        ride(town, day)
    lose(town, "ann", file)
    for _ in range(8):
        kept = town.pick_up("ann")
        for _ in range(3):
            town.later(minutes=8 * 60)
            town.pick_up("ann")
        for row in kept:
            town.hand_over(row.tag, row.data)
        town.carry_from("bob")
    settle_down(town)
    assert whole(town, "ann", "bob").found == 9
    agree(town)


def test_nobody_answers(town: Town) -> None:
    """A question is repeated for a month and no longer."""
    ride(town)
    file = back_up(town, "ann")
    lose(town, "ann", file)
    town.pick_up("ann")
    town.close("bob")
    shutil.rmtree(town.home("bob"))
    del town.desks["bob"]
    town.later(days=31)
    (found,) = recoveries.every(town["ann"].node)
    assert (found.state, found.trouble) == (recoveries.GAVE_UP, "no answer")
    town.later(days=31)  # nobody witnesses the checkpoint of that month either
    assert town.is_quiet()


def test_a_half_that_is_a_year_late(town: Town) -> None:
    """A passenger signs and vanishes for a year, when no letter of that deal can be read any more: it still counts.

    The receipt lapsed on one side and is sealed on the other. With the next ride it comes back, and both count on.
    """
    deal = ride(town, done=False)
    rides.done(town["ann"], deal)
    for row in town.pick_up("ann"):
        town.hand_over(row.tag, row.data)
    (half,) = town.pick_up("bob")
    for _ in range(13):
        town.later(days=29)
    assert (town.state("ann", deal), town.state("bob", deal)) == (State.CLAIMED, State.RECEIPTED)
    town.hand_over(half.tag, half.data)
    assert town.state("ann", deal) is State.CLAIMED, "the keys of that card are gone"
    second = ride(town)
    settle_down(town)
    for one in (deal, second):
        assert town.state("ann", one) is town.state("bob", one) is State.RECEIPTED
    for _ in range(6):  # new cards of the lost deal, whose arrival nobody can confirm, are repeated until they expire
        town.later(days=29)
        town.carry()
    agree(town)


def test_a_first_half_that_is_late_is_refused(town: Town) -> None:
    """What the driver gets to see after the passenger stopped waiting is refused; both may sign it anew."""
    deal = ride(town, done=False)
    rides.done(town["ann"], deal)
    (late,) = town.pick_up("ann")
    town.later(days=100)
    town.hand_over(late.tag, late.data)
    assert ledger.receipts(town["bob"].node) == []
    settle_down(town)
    assert ledger.receipts(town["ann"].node) == []
    agree(town)


def test_two_proposals_at_once_in_both_directions(town: Town) -> None:
    """Each proposes a ride to the other, and each a payment, before any letter arrives: neither disturbs the other."""
    there, back = ride(town, done=False), ride(town, 2, passenger="bob", driver="ann", done=False)
    rides.done(town["ann"], there)
    rides.done(town["bob"], back)
    settlements.settle(town["ann"], town["bob"].identity, 100, "EUR", CASH)
    settlements.settle(town["bob"], town["ann"].identity, 30, "EUR", CASH)
    settle_down(town)
    for name in BOTH:
        (offered,) = settled.in_state(town[name].node, settled.OFFERED)
        settlements.confirm(town[name], offered.id)
    settle_down(town)
    agree(town)
    assert [len(ledger.receipts(town[name].node)) for name in BOTH] == [2, 2]
    assert [len(settled.in_state(town[name].node, settled.SEALED)) for name in BOTH] == [2, 2]


def put_back_a_copy(town: Town) -> None:
    """Let Ann share two rides, and then put back a copy of her whole home from before, which nothing here tells."""
    ride(town)
    town.close("ann")
    copy = town.root / "copy"
    shutil.copytree(town.home("ann"), copy)
    town.open("ann")
    ride(town, 2)
    ride(town, 3)
    town.close("ann")
    shutil.rmtree(town.home("ann"))
    copy.rename(town.home("ann"))
    town.open("ann")


def go_on_in_a_copy(town: Town) -> None:
    """Let that copy sign before anything tells it of the other one."""
    put_back_a_copy(town)
    for _ in range(2):
        made = settlements.settle(town["ann"], town["bob"].identity, 5, "EUR", CASH)
        settlements.refuse(town["ann"], made.id)
    assert town.pick_up("ann"), "the partner sees none of it"


def test_a_copy_is_noticed_before_it_signs(town: Town) -> None:
    """The partner's records show what its log has signed since: it halts, a new log goes on, and all comes back."""
    put_back_a_copy(town)
    deal = ride(town, 4, done=False)
    with pytest.raises(HaltedError, match="gone on elsewhere"):
        rides.done(town["ann"], deal)
    assert forks.known(town["ann"]) == []
    resuming.resume(town["ann"])
    settle_down(town, hours=8)
    rides.done(town["ann"], deal)
    settle_down(town)
    assert town.state("bob", deal) is State.RECEIPTED
    agree(town)
    assert len(ledger.receipts(town["ann"].node)) == 4


def test_a_copy_that_went_on_is_noticed(town: Town) -> None:
    """It signed before it met the partner, so there are two versions: the records that come back prove it to itself.

    What they show of the log is kept as a proof. Recovery takes what the old log agrees with, stops where it does not,
    and says so; nothing is asked again and again.
    """
    go_on_in_a_copy(town)
    ride(town, 4, done=False)
    (known,) = forks.known(town["ann"])
    assert (known.ours, known.log, known.split.what) == (True, town["ann"].device.log_pk, What.ENTRY)
    with pytest.raises(HaltedError, match="forked"):
        settlements.settle(town["ann"], town["bob"].identity, 5, "EUR", CASH)
    resuming.resume(town["ann"])
    settle_down(town, hours=30)
    found = recoveries.get(town["ann"].node, town["bob"].identity)
    assert found is not None
    assert found.state == recoveries.STUCK
    assert "another copy of this home" in found.trouble
    town.later(days=40)
    town.later(days=31)  # nor does anybody witness the checkpoint of that month
    assert town.is_quiet()


@pytest.mark.parametrize("by", ["backup", "paper"])
def test_the_way_out_where_both_copies_signed(town: Town, by: str) -> None:
    """Stuck, no ride is signed; a backup from before the copies parted, or the keys alone, bring all of it back."""
    ride(town, 11)
    file = back_up(town, "ann")
    go_on_in_a_copy(town)
    deal = ride(town, 4, done=False)
    resuming.resume(town["ann"])
    settle_down(town, hours=30)
    rides.done(town["ann"], deal)
    settle_down(town, hours=30)
    assert town.state("bob", deal) is not State.RECEIPTED
    if by == "backup":
        lose(town, "ann", file)
    else:
        lose_everything(town, "ann")
    settle_down(town)
    deal = ride(town, 5, done=False)
    settle_down(town)
    rides.done(town["ann"], deal)
    settle_down(town, hours=30)
    assert town.state("bob", deal) is State.RECEIPTED
    agree(town)
    assert len(ledger.receipts(town["ann"].node)) == 5


# What is refused


def records(town: Town, name: str) -> list[SealedRecord]:
    """Return what somebody's books hold, as it travels."""
    found = [
        SealedRecord(5, one.terms, one.first, one.debtor, one.second, one.blind)
        for one in ledger.receipts(town[name].node)
    ]
    return found + [
        SealedRecord(6, one.terms, one.first, one.debtor, one.second, one.blind)
        for one in settled.in_state(town[name].node, settled.SEALED)
    ]


def test_a_record_is_believed_for_its_signatures_alone(town: Town) -> None:
    """Altered, half-signed, of others, out of turn or a second time: nothing is kept of it, and nothing is noted."""
    ride(town)
    file = back_up(town, "ann")
    deal_id = ride(town, 2)
    ride(town, 3)
    sent = records(town, "bob")
    town.close("bob")
    lose(town, "ann", file)
    ann, deal = town["ann"], town.deal("ann", ledger.receipts(town["ann"].node)[0].deal)
    before = ledger.entries(ann.node)
    second, third = sent[1:]

    def refused(record: SealedRecord) -> str:
        with pytest.raises((MalformedError, RefusedError)) as refusal, ann.node.transaction():
            imports.take(ann, deal, record)
        return str(refusal.value.message)

    fields = ("kind", "terms", "first", "debtor", "second", "blind")

    def bent(**changes: bytes) -> SealedRecord:
        return SealedRecord(*(changes.get(name, getattr(second, name)) for name in fields))

    for name in ("terms", "first", "debtor", "second"):
        good = getattr(second, name)
        refused(bent(**{name: good[:-1] + bytes([good[-1] ^ 1])}))
    refused(bent(second=third.second))
    refused(bent(first=third.first))
    assert "is next" in refused(third)
    deal.peer = b"\x07" * 32
    assert "other people" in refused(second)
    deal.peer = bytes(town.deal("ann", deal.id).peer)
    assert ledger.entries(ann.node) == before
    assert ledger.of_deal(ann.node, deal_id, ledger.SEALED) == []
    with ann.node.transaction():
        assert imports.take(ann, deal, second)
        assert not imports.take(ann, deal, second)
        assert imports.take(ann, deal, third)
    assert len(ledger.entries(ann.node)) == len(before) + 2
    assert books.verify(ann).ok
