"""A device is revoked while letters are on their way: whatever comes first, both people know the same outcome."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from lazpool.actions import backups, books, devices, revoking, rides, settlements
from lazpool.actions import deals as decisions
from lazpool.actions.desk import open_desk
from lazpool.actions.exporting import bundle
from lazpool.errors import NotFoundError, RefusedError
from lazpool.records.entries import DEVICE_REVOKED, entry_from
from lazpool.records.halves import Countersign, Receipt
from lazpool.records.key_bodies import KeysKnown, Revoke
from lazpool.records.settlements import CASH
from lazpool.rules.negotiation import State
from lazpool.store import deals, ledger, logs, own
from lazpool.store import devices as store
from lazpool.wire import vault
from tests.town import Town

if TYPE_CHECKING:
    from pathlib import Path

    from lazpool.store.post_office import Outgoing

WORDS = "correct horse battery"


def back_up(town: Town, name: str) -> Path:
    """Back up somebody's home cheaply and return the file."""
    file = town.root / f"{name}.backup"
    backups.back_up(town[name], file, WORDS, effort=vault.LEAST)
    return file


def lose(town: Town, name: str, file: Path) -> bytes:
    """Let somebody lose their home and restore it from a backup; return the old log."""
    town.close(name)
    shutil.rmtree(town.home(name))
    backups.restore(town.home(name), file, WORDS, clock=town.clock)
    town.open(name)
    return logs.every(town[name].node)[-1]


def lose_and_revoke(town: Town, name: str, file: Path, last: int | None = None) -> None:
    """Let somebody lose their home, restore it, and revoke the machine that is gone."""
    old = lose(town, name, file)
    revoking.revoke(town[name], old, last)


def sealed(town: Town, name: str) -> set[bytes]:
    """Return the ids of what is sealed on somebody's side."""
    return {one.id for one in ledger.receipts(town[name].node)}


def holds(town: Town, *names: str) -> None:
    """Require that ledgers hold."""
    for name in names:
        assert books.verify(town[name]).errors == []


def test_a_lost_machine_is_revoked_and_the_deal_goes_on(agreed: tuple[Town, bytes]) -> None:
    """The partner heeds it, writes to the new device by a new card, and the ride is signed by that one."""
    town, deal = agreed
    old = lose(town, "ann", back_up(town, "ann"))
    card = town.deal("bob", deal).peer_card
    terms = revoking.revoke(town["ann"], old)
    assert entry_from(ledger.entries(town["ann"].node)[-1].body).kind == DEVICE_REVOKED
    assert (terms.last_seq, terms.last_id) == logs.index(town["ann"].node, old)[-1]
    town.carry()
    bob = town.deal("bob", deal)
    assert bob.peer_log == town["ann"].device.log_pk
    assert bob.peer_card != card
    town.board_car(deal)
    town.carry()
    assert town.state("ann", deal) is town.state("bob", deal) is State.RECEIPTED
    settle_down(town)
    assert town.is_quiet()
    holds(town, "ann", "bob")
    assert bundle(town["bob"])["revocations"] == bundle(town["ann"])["revocations"] != []


@pytest.mark.parametrize("loser", ["ann", "bob"])
@pytest.mark.parametrize("order", list(permutations(("receipt", "revocation", "half"))), ids="-".join)
@pytest.mark.parametrize("saved", ["before signing", "after signing"])
def test_in_flight(agreed: tuple[Town, bytes], order: tuple[str, ...], saved: str, loser: str) -> None:
    """One receipt, or none until it is signed anew: never two, and never one that a half is missing of.

    What the lost machine has sent comes late and in every order with the revocation: the passenger's half, and the
    driver's half that answers it. Each is also repeated at the end.
    """
    town, deal = agreed
    file = back_up(town, loser)
    rides.done(town["ann"], deal)
    late = town.pick_up("ann")
    if loser == "bob":  # the driver's old machine answers before it is lost
        give(town, late)
    if saved == "after signing":
        file.unlink()
        file = back_up(town, loser)
    late += town.pick_up("bob")
    lose_and_revoke(town, loser, file)
    kinds = {"receipt": (Receipt.KIND,), "half": (Countersign.KIND,), "revocation": (Revoke.KIND, KeysKnown.KIND)}
    for step in order:
        late += [row for name in ("ann", "bob") for row in town.pick_up(name)]
        give(town, [row for row in late if row.letter_kind in kinds[step]])
    give(town, late)
    town.carry()
    for name in ("ann", "bob"):
        town.restart(name)
    settle_down(town)
    if town.state("ann", deal) is State.AGREED:
        rides.done(town["ann"], deal)
        settle_down(town)
    assert town.state("bob", deal) is State.RECEIPTED
    assert len(sealed(town, "bob")) == 1
    assert sealed(town, "ann") == sealed(town, "bob")
    assert town.state("ann", deal) is State.RECEIPTED
    settle_down(town)
    assert town.is_quiet()
    holds(town, "ann", "bob")


def give(town: Town, rows: list[Outgoing]) -> None:
    """Deliver letters that were held back, as often as that is asked for."""
    for row in rows:
        town.hand_over(row.tag, row.data)


def settle_down(town: Town) -> None:
    """Let half an hour of repeats pass."""
    for _ in range(3):
        town.later(minutes=10)
        town.carry()


def test_what_was_sealed_before_stays(agreed: tuple[Town, bytes]) -> None:
    """A debtor who revokes the device that owes takes nothing back: the partner's books stand, and say how."""
    town, deal = agreed
    file = back_up(town, "ann")
    rides.done(town["ann"], deal)
    town.carry()
    before = books.balance(town["bob"])
    lose_and_revoke(town, "ann", file, 0)
    town.carry()
    assert books.balance(town["bob"]) == before
    assert len(sealed(town, "bob")) == 1
    holds(town, "ann", "bob")


def test_a_thief_signs_nothing_more(agreed: tuple[Town, bytes], tmp_path: Path) -> None:
    """After the revocation the stolen machine can neither sign rides nor settle, cancel, or write."""
    town, deal = agreed
    rides.done(town["ann"], deal)
    town.carry()
    second = another_deal(town)
    stolen = tmp_path / "stolen"
    file = back_up(town, "ann")
    shutil.copytree(town.home("ann"), stolen)
    old = lose(town, "ann", file)
    revoking.revoke(town["ann"], old)
    town.carry()
    with open_desk(stolen, clock=town.clock) as thief:
        rides.done(thief, second)
        settlements.settle(thief, town["bob"].identity, 100, "EUR", CASH)
        decisions.add_note(thief, second, "bring cash, to another place")
        town.desks["thief"] = thief
        rows = town.pick_up("thief")
        del town.desks["thief"]
    assert len(rows) >= 3
    before = sealed(town, "bob"), town.state("bob", second)
    give(town, rows)
    town.carry()
    assert (sealed(town, "bob"), town.state("bob", second)) == before
    assert deals.notes(town["bob"].node, second) == []
    rides.done(town["ann"], second)
    town.carry()
    assert town.state("bob", second) is State.RECEIPTED
    holds(town, "ann", "bob")


def another_deal(town: Town) -> bytes:
    """Let Ann and Bob agree on one more ride."""
    offer = town.offer("bob", day=2)
    town.request("ann", day=2)
    deal = town.propose("ann", offer)
    town.carry()
    decisions.accept(town["bob"], deal.id)
    town.carry()
    return deal.id


def test_a_further_device_is_revoked(agreed: tuple[Town, bytes]) -> None:
    """The identity's machine revokes one that was added: its receipts and proposals are refused, and it is told why."""
    town, _ = agreed
    with ExitStack() as stack:
        add_device(town, "phone", "ann", stack)
        offer = town.offer("bob", day=3)
        town.request("phone", day=3)
        deal = town.propose("phone", offer).id
        town.carry()
        decisions.accept(town["bob"], deal)
        town.carry()
        rides.done(town["phone"], deal)
        late = town.pick_up("phone")
        terms = revoking.revoke(town["ann"], town["phone"].device.log_pk)
        assert (terms.last_seq, terms.last_id) == (0, bytes(32))
        town.carry()
        give(town, late)
        settle_down(town)
        assert sealed(town, "bob") == sealed(town, "phone") == set()
        assert town.state("phone", deal) is State.AGREED
        assert "revoked" in town.deal("phone", deal).reason
        fourth = town.offer("bob", day=4)
        town.request("phone", day=4)
        refused = town.propose("phone", fourth).id
        town.carry()
        assert town.state("bob", refused) is None
        holds(town, "ann", "bob", "phone")


def test_two_devices_ride_with_one_partner(agreed: tuple[Town, bytes]) -> None:
    """The count of a direction is of people: what one device signed comes to the other from the partner."""
    town, deal = agreed
    with ExitStack() as stack:
        add_device(town, "phone", "ann", stack)
        offer = town.offer("bob", day=3)
        town.request("phone", day=3)
        second = town.propose("phone", offer).id
        town.carry()
        decisions.accept(town["bob"], second)
        town.carry()
        rides.done(town["phone"], second)
        town.carry()
        rides.done(town["ann"], deal)
        for _ in range(4):
            settle_down(town)
            if town.state("ann", deal) is State.AGREED:
                rides.done(town["ann"], deal)
        assert town.state("ann", deal) is town.state("bob", deal) is State.RECEIPTED
        assert len(sealed(town, "bob")) == 2
        assert books.balance(town["ann"])[0].amount == -books.balance(town["bob"])[0].amount
        holds(town, "ann", "bob", "phone")


def add_device(town: Town, name: str, owner: str, stack: ExitStack) -> None:
    """Give somebody a further machine."""
    home = town.home(name)
    code = devices.ask(home)
    _, text = devices.grant(town[owner], code, name)
    devices.accept(home, devices.read(home, text), "UTC", lambda *_: None, clock=town.clock)
    town.desks[name] = stack.enter_context(open_desk(home, clock=town.clock))
    stack.callback(town.desks.pop, name)


def test_whoever_is_met_later_is_told_then(tmp_path: Path) -> None:
    """A partner with whom one can first write after the revocation hears of it then, and once."""
    with Town(tmp_path, "ann", "bob") as town:
        lose_and_revoke(town, "ann", back_up(town, "ann"))
        town.offer("bob")
        town.request("ann")
        town.agree()
        assert store.revocations(town["bob"].node) == []
        town.later(minutes=10)
        town.carry()
        assert store.revocations(town["bob"].node) == store.revocations(town["ann"].node) != []
        town.later(minutes=10)
        assert town.is_quiet()


def test_what_cannot_be_revoked(agreed: tuple[Town, bytes]) -> None:
    """Not the log that signs now, not a stranger's, not twice, and not after an entry that nobody has seen."""
    town, _ = agreed
    ann = town["ann"]
    for log, error in ((ann.device.log_pk, RefusedError), (town["bob"].device.log_pk, NotFoundError)):
        with pytest.raises(error):
            revoking.revoke(ann, log)
    old = lose(town, "ann", back_up(town, "ann"))
    ann = town["ann"]
    with pytest.raises(NotFoundError) as refusal:
        revoking.revoke(ann, old, 99)
    assert "is entry" in refusal.value.hint
    revoking.revoke(ann, old)
    with pytest.raises(RefusedError) as again:
        revoking.revoke(ann, old)
    assert again.value.code == "revoked"
    assert store.revocations(ann.node, town["bob"].identity) == []


def test_a_revocation_by_others(agreed: tuple[Town, bytes]) -> None:
    """Nobody revokes another's device, and none that was revoked speaks for its person."""
    town, deal = agreed
    old = lose(town, "ann", back_up(town, "ann"))
    revoking.revoke(town["ann"], old)
    (row,) = [one for one in town.pick_up("ann") if one.letter_kind == Revoke.KIND]
    box = own.box(town["bob"].node, row.tag)
    assert box is not None
    mine = deals.get(town["bob"].node, deal)
    assert mine is not None
    mine.peer = town["bob"].identity
    deals.save(town["bob"].node, mine)
    assert town.hand_over(row.tag, row.data)
    assert store.revocations(town["bob"].node) == []
