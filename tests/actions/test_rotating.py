"""Another identity in place of a stolen one: partners see one person with one balance, and no thief can be it."""

from __future__ import annotations

import shutil
from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from lazpool.actions import (
    backups,
    books,
    confirming,
    exporting,
    forgetting,
    inbox,
    papers,
    resuming,
    rides,
    rotating,
    settlements,
)
from lazpool.actions import deals as decisions
from lazpool.actions.corrections import CORRECTING, correct
from lazpool.actions.letters import unpack_card
from lazpool.config import Config
from lazpool.errors import NotFoundError, RefusedError
from lazpool.records.entries import GENESIS, ZEROS, Entry, Genesis, sign_entry
from lazpool.records.halves import Receipt
from lazpool.records.key_bodies import Rotate
from lazpool.records.letters import seal_letter
from lazpool.records.people import certify
from lazpool.records.revocations import Rotation, commitment_to, sign_rotation
from lazpool.records.settlements import CASH
from lazpool.rules.negotiation import State
from lazpool.store import deals, ledger, rotations
from lazpool.store import settlements as settled
from lazpool.wire import vault
from lazpool.wire.keys import load_keys, new_seed, next_identity
from lazpool.wire.signing import public_key
from tests.town import Town

if TYPE_CHECKING:
    from pathlib import Path


def holds(town: Town, *names: str) -> None:
    """Require that ledgers hold."""
    for name in names:
        assert books.verify(town[name]).errors == []


def another_ride(town: Town, day: int) -> bytes:
    """Let Ann ride with Bob once more; the deal."""
    offer = town.offer("bob", day=day)
    town.request("ann", day=day)
    deal = town.propose("ann", offer)
    town.carry()
    decisions.accept(town["bob"], deal.id)
    town.carry()
    rides.done(town["ann"], deal.id)
    town.carry()
    return deal.id


@pytest.mark.parametrize("who", ["ann", "bob"])
def test_one_person_before_and_after(ridden: Town, who: str) -> None:
    """The partner learns it; rides and settlements of before and after come to one balance, equal and opposite."""
    other = {"ann": "bob", "bob": "ann"}[who]
    before, old = books.balance(ridden[other])[0], ridden[who].identity
    terms = rotating.rotate(ridden[who])
    ridden.carry()
    assert ridden[who].identity == terms.new != old
    (row,) = books.balance(ridden[other])
    assert (row.other, row.amount) == (terms.new, before.amount)
    another_ride(ridden, 5)
    (owed,), (owes,) = books.balance(ridden["bob"]), books.balance(ridden["ann"])
    assert owed.amount == -owes.amount > abs(before.amount)
    assert (owed.rides, owed.other, owes.other) == (3, ridden["ann"].identity, ridden["bob"].identity)
    paid = settlements.settle(ridden["ann"], ridden["bob"].identity, owed.amount, "EUR", CASH)
    ridden.carry()
    settlements.confirm(ridden["bob"], paid.id)
    ridden.carry()
    assert books.balance(ridden["ann"])[0].amount == books.balance(ridden["bob"])[0].amount == 0
    assert {one.other for one in exporting.lines(ridden[other])} == {terms.new}
    assert ridden.is_quiet()
    holds(ridden, "ann", "bob")


@pytest.mark.parametrize("who", ["ann", "bob"])
@pytest.mark.parametrize("signed", ["before", "after"])
@pytest.mark.parametrize("order", list(permutations(("receipt", "rotation", "half"))), ids="-".join)
def test_in_flight(agreed: tuple[Town, bytes], order: tuple[str, ...], signed: str, who: str) -> None:
    """A receipt that was signed before or after the rotation is sealed by both, whatever letter comes first."""
    town, deal = agreed
    if signed == "before":
        rides.done(town["ann"], deal)
    rotating.rotate(town[who])
    if signed == "after":
        rides.done(town["ann"], deal)
    held = [row for name in ("ann", "bob") for row in town.pick_up(name)]
    for kind in order:
        wanted = {"receipt": Receipt.KIND, "rotation": Rotate.KIND}.get(kind)
        for row in held:
            if row.letter_kind == wanted or (wanted is None and row.letter_kind not in {Receipt.KIND, Rotate.KIND}):
                town.hand_over(row.tag, row.data)
        held += [row for name in ("ann", "bob") for row in town.pick_up(name)]
    for _ in range(3):
        town.later(minutes=60)
        town.carry()
    assert town.state("ann", deal) is town.state("bob", deal) is State.RECEIPTED
    assert len(ledger.receipts(town["ann"].node)) == len(ledger.receipts(town["bob"].node)) == 1
    assert books.balance(town["ann"])[0].amount == -books.balance(town["bob"])[0].amount != 0
    assert town.is_quiet()
    holds(town, "ann", "bob")


def test_twice_and_a_new_log(ridden: Town) -> None:
    """A second rotation hangs on the first, also when both are told at once, and a new log is of the new identity."""
    rotating.rotate(ridden["ann"])
    rotating.rotate(ridden["ann"])
    resuming.resume(ridden["ann"])
    for _ in range(3):
        ridden.later(minutes=60)
        ridden.carry()
    assert [one.other for one in books.balance(ridden["bob"])] == [ridden["ann"].identity]
    assert ridden.is_quiet()
    holds(ridden, "ann", "bob")


def test_a_receipt_from_before_a_new_log(agreed: tuple[Town, bytes]) -> None:
    """A log that the old identity never vouched for does not sign for it; the passenger signs the new one's name."""
    town, deal = agreed
    rides.done(town["ann"], deal)
    held = town.pick_up("ann")
    rotating.rotate(town["bob"])
    resuming.resume(town["bob"])
    for row in held:
        town.hand_over(row.tag, row.data)
    town.carry()
    assert ledger.receipts(town["bob"].node) == []
    assert "older than this log" in town.deal("ann", deal).reason
    rides.done(town["ann"], deal)
    town.carry()
    assert town.state("ann", deal) is town.state("bob", deal) is State.RECEIPTED
    holds(town, "ann", "bob")


def forged(town: Town, deal: bytes, rotation: bytes, origins: tuple[bytes, ...]) -> tuple[inbox.Outcome, str]:
    """Let somebody with all keys of Ann's machine send Bob a rotation."""
    ann, mine = town["ann"], deals.get(town["ann"].node, deal)
    assert mine is not None
    to = unpack_card(mine.peer_card)
    _, sealed = seal_letter(
        deal, 900, Rotate(rotation, origins), sender_seed=ann.keys.log, box_pk=to.box_pk, about=mine.about, net=ann.net
    )
    return inbox.receive(town["bob"], to.tag_pk, sealed)


def test_a_thief_of_the_identity(agreed: tuple[Town, bytes]) -> None:
    """Who has the identity but not the next key promises another one in a log of their own, and is not believed."""
    town, deal = agreed
    ann, mine, log = town["ann"], new_seed(), new_seed()
    rotation = Rotation(ann.net, ann.identity, public_key(mine), commitment_to(new_seed()), ann.second)
    packed = sign_rotation(rotation, mine, ann.keys.identity)
    genesis = Genesis(certify(ann.keys.identity, public_key(log), ann.net), commitment_to(mine), "thief")
    entry = Entry(ann.net, GENESIS, public_key(log), 1, ZEROS, 0, genesis.payload())
    honest = ledger.entries(ann.node)[0].pack()
    for origins in ((), (sign_entry(entry, log).pack(),), (honest,), (sign_entry(entry, log).pack(), honest)):
        outcome, why = forged(town, deal, packed, origins)
        assert (outcome, why.split(":")[0]) == (inbox.Outcome.DROPPED, "not-promised")
    assert town.deal("bob", deal).peer == ann.identity
    assert rotations.after(town["bob"].node, ann.identity) is None


def test_the_old_key_is_not_needed(agreed: tuple[Town, bytes]) -> None:
    """Who has lost the identity rotates by the next key alone."""
    town, deal = agreed
    ann = town["ann"]
    following = ann.keys.next_identity
    rotation = Rotation(ann.net, ann.identity, public_key(following), commitment_to(new_seed()), ann.second)
    outcome, why = forged(town, deal, sign_rotation(rotation, following), (ledger.entries(ann.node)[0].pack(),))
    assert (outcome, why) == (inbox.Outcome.DONE, "")
    assert town.deal("bob", deal).peer == public_key(following)


def test_the_old_identity_agrees_on_nothing_more(ridden: Town) -> None:
    """A proposal by the identity of before is dropped, and the person who replaced it is accepted."""
    before = ridden["ann"].keys
    rotating.rotate(ridden["ann"])
    ridden.carry()
    after, ridden["ann"].keys = ridden["ann"].keys, before  # a thief has these
    offer = ridden.offer("bob", day=6)
    ridden.request("ann", day=6)
    deal = ridden.propose("ann", offer).id
    ridden.carry()
    assert ridden.state("bob", deal) is None
    ridden["ann"].keys = after
    another_ride(ridden, 7)
    holds(ridden, "bob")


def lose_identity(town: Town, name: str) -> None:
    """Let the file with somebody's identity key be gone, and the home be what it can be without."""
    town.close(name)
    config = town[name].config
    (config.keys_folder / "identity.key").unlink()
    with pytest.raises(NotFoundError):
        load_keys(config.keys_folder)
    rotating.stand_without(config)
    town.open(name)


def settle_all(town: Town) -> None:
    """Let Ann pay Bob what she owes."""
    (owed,) = books.balance(town["bob"])
    paid = settlements.settle(town["ann"], town["bob"].identity, owed.amount, "EUR", CASH)
    town.carry()
    settlements.confirm(town["bob"], paid.id)
    town.carry()


def go_on(town: Town, rides: int | None = None) -> None:
    """Let hours pass; then both are one pair of people, with opposite balances, over so many rides."""
    for _ in range(3):
        town.later(minutes=60)
        town.carry()
    (owed,), (owes,) = books.balance(town["bob"]), books.balance(town["ann"])
    assert (owed.other, owes.other) == (town["ann"].identity, town["bob"].identity)
    assert owed.amount == -owes.amount
    assert owed.rides == owes.rides
    assert rides in {None, owed.rides}
    assert town.is_quiet()
    holds(town, "ann", "bob")


@pytest.mark.parametrize("who", ["ann", "bob"])
@pytest.mark.parametrize("before", [0, 1])
def test_a_home_without_its_identity_key(ridden: Town, who: str, before: int) -> None:
    """The next key is enough, also after an earlier rotation: one person, one balance, and a whole home afterwards."""
    for _ in range(before):
        rotating.rotate(ridden[who])
        ridden.carry()
    old = ridden[who].identity
    lose_identity(ridden, who)
    assert ridden[who].identity == old
    with pytest.raises(RefusedError):
        ridden[who].check_identity()
    following = next_identity(ridden[who].config.keys_folder)
    terms = rotating.rotate(ridden[who])
    assert (terms.old, terms.new) == (old, public_key(following))
    ridden.carry()
    ridden.restart(who)
    ridden[who].check_identity()
    assert ridden[who].identity == terms.new
    go_on(ridden, 2)
    another_ride(ridden, 5)
    rotating.rotate(ridden[who])
    go_on(ridden, 3)


def test_the_next_key_from_a_paper(ridden: Town) -> None:
    """Typed, it does where the machine has neither; another key is refused, and nothing has happened."""
    seed = ridden["ann"].keys.next_identity
    lose_identity(ridden, "ann")
    ann = ridden["ann"]
    (ann.config.keys_folder / "next_identity.key").unlink()
    for typed, code in ((b"", "no-identity"), (new_seed(), "not-promised")):
        with pytest.raises(RefusedError) as refusal:
            rotating.rotate(ann, typed)
        assert refusal.value.code == code
    assert rotations.ours(ann.node) == []
    assert rotating.rotate(ann, seed).new == public_key(seed) == ann.identity
    go_on(ridden, 2)


@pytest.mark.parametrize("gone", [["next_identity"], ["identity", "next_identity"]])
def test_the_next_key_is_lost(ridden: Town, gone: list[str]) -> None:
    """A home without it does not open; the paper's part 2 makes it whole again, and another key changes nothing."""
    seed, config = ridden["ann"].keys.next_identity, ridden["ann"].config
    ridden.close("ann")
    for name in gone:
        (config.keys_folder / f"{name}.key").unlink()
    for typed, code in ((b"", "no-identity"), (new_seed(), "not-promised")):
        with pytest.raises(RefusedError) as refusal:
            rotating.stand_without(config, typed)
        assert refusal.value.code == code
        with pytest.raises(NotFoundError):
            load_keys(config.keys_folder)
    rotating.stand_without(config, seed)
    ridden.open("ann")
    assert rotating.rotate(ridden["ann"], seed).new == public_key(seed)
    ridden.restart("ann")
    ridden["ann"].check_identity()
    go_on(ridden, 2)


def back_from_paper(town: Town, name: str) -> None:
    """Lose a whole home, and come back from the paper key."""
    words = [word for part in papers.paper(town[name]).parts for word in part]
    town.close(name)
    shutil.rmtree(town.home(name))
    papers.restore_paper(Config(town.home(name), network="town", name=name.title()), words, clock=town.clock)
    town.open(name)


@pytest.mark.parametrize("who", ["ann", "bob"])
def test_all_is_lost_and_the_key_was_stolen(ridden: Town, who: str) -> None:
    """From the paper alone, rotated at once: with one new ride the partner sees the same person, and all comes back.

    The entry by which the old log promised the new key is lost; the partner was told of the promise and has kept it.
    """
    other, old = {"ann": "bob", "bob": "ann"}[who], ridden[who].identity
    back_from_paper(ridden, who)
    rotating.rotate(ridden[who])
    assert books.balance(ridden[who]) == []
    another_ride(ridden, 5)
    go_on(ridden, 3)
    assert rotations.person(ridden[other].node)(old) == ridden[who].identity


def test_a_partner_who_lost_all_hears_it_again(ridden: Town) -> None:
    """Records under the old identity come back to a partner who knows nothing of it any more."""
    rotating.rotate(ridden["ann"])
    ridden.carry()
    back_from_paper(ridden, "bob")
    another_ride(ridden, 5)
    go_on(ridden, 3)


def test_a_backup_from_before_the_rotation_of_a_partner(ridden: Town) -> None:
    """What was signed after the backup comes back from before the partner's rotation and from after it."""
    file = ridden.root / "bob.backup"
    backups.back_up(ridden["bob"], file, "correct horse battery", effort=vault.LEAST)
    another_ride(ridden, 5)
    rotating.rotate(ridden["ann"])
    ridden.carry()
    another_ride(ridden, 6)
    ridden.close("bob")
    shutil.rmtree(ridden.home("bob"))
    ridden.now += 600
    backups.restore(ridden.home("bob"), file, "correct horse battery", clock=ridden.clock)
    ridden.open("bob")
    another_ride(ridden, 7)
    go_on(ridden, 5)


def test_forgotten_then_rotated(ridden: Town) -> None:
    """Who forgot somebody goes on with the new identity as with anybody, and both books agree."""
    settle_all(ridden)
    forgetting.forget(ridden["bob"], ridden["ann"].identity)
    rotating.rotate(ridden["ann"])
    ridden.carry()
    another_ride(ridden, 5)
    for _ in range(3):
        ridden.later(minutes=60)
        ridden.carry()
    (owed,), (owes,) = books.balance(ridden["bob"]), books.balance(ridden["ann"])
    assert owed.other == ridden["ann"].identity
    assert owed.amount == -owes.amount != 0
    assert ridden.is_quiet()
    holds(ridden, "ann", "bob")


def test_rotated_then_forgotten(ridden: Town) -> None:
    """All identities of a person are forgotten together, and nothing in the file names either."""
    settle_all(ridden)
    old = ridden["ann"].identity
    rotating.rotate(ridden["ann"])
    ridden.carry()
    forgetting.forget(ridden["bob"], ridden["ann"].identity)
    held = ridden["bob"].config.node_file.read_bytes()
    assert old not in held
    assert ridden["ann"].identity not in held
    another_ride(ridden, 5)
    ridden.later(minutes=60)
    ridden.carry()
    assert books.balance(ridden["bob"])[0].amount == -books.balance(ridden["ann"])[0].amount != 0
    holds(ridden, "ann", "bob")


@pytest.mark.parametrize("who", ["ann", "bob"])
@pytest.mark.parametrize("proposer", ["ann", "bob"])
def test_with_an_open_correction(ridden: Town, proposer: str, who: str) -> None:
    """A correction that waits when either rotates is confirmed afterwards, and both books change by the same."""
    record = ledger.receipts(ridden["ann"].node)[0]
    made = correct(ridden[proposer], record.id, 1)
    ridden.carry()
    rotating.rotate(ridden[who])
    ridden.carry()
    confirming.confirm(ridden[{"ann": "bob", "bob": "ann"}[proposer]], CORRECTING, made.id)
    go_on(ridden, 2)
    for name in ("ann", "bob"):
        (corrected,) = settled.CORRECTIONS.in_state(ridden[name].node, settled.SEALED)
        assert corrected.id == made.id


@pytest.mark.parametrize("step", ["keep_next_identity", "prepare_identity", "announce", "finish", "adopt_identity"])
def test_a_crash_while_rotating_by_the_next_key(ridden: Town, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it dies, the home opens, is either of the two, and the same command ends it."""
    old = ridden["ann"].identity
    lose_identity(ridden, "ann")
    _die_rotating(ridden, step, monkeypatch)
    committed = step in {"finish", "adopt_identity"}
    assert (ridden["ann"].identity != old) is committed
    if not committed:
        rotating.rotate(ridden["ann"])
    _check_keys(ridden, old)
    go_on(ridden, 2)


STEPS = ("prepare_identity", "announce", "finish", "adopt_identity")


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_while_rotating(agreed: tuple[Town, bytes], step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the commit nothing has happened; after it, opening the home ends what was begun. Then it works again."""
    town, _ = agreed
    old = town["ann"].identity
    _die_rotating(town, step, monkeypatch)
    committed = step in {"finish", "adopt_identity"}
    assert (town["ann"].identity != old) is committed
    _check_keys(town, old)
    rotating.rotate(town["ann"])
    town.carry()
    _check_keys(town, old)


def test_a_crash_between_the_two_files(agreed: tuple[Town, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """The identity has moved up and the next has not: opening the home moves it."""
    town, _ = agreed
    old, count = town["ann"].identity, 0

    def die_second(_: Path) -> None:
        nonlocal count
        count += 1
        if count == 1:
            raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("lazpool.wire.keys.sync_folder", die_second)
        with pytest.raises(KeyboardInterrupt):
            rotating.rotate(town["ann"])
    keys = load_keys(town["ann"].config.keys_folder)
    assert keys.identity == keys.next_identity
    town.restart("ann")
    _check_keys(town, old)


def _check_keys(town: Town, old: bytes) -> None:
    """Require that the keys are those that the database tells of, and that the next is what was promised last."""
    ann = town["ann"]
    mine = rotations.ours(ann.node)
    assert ann.identity == (mine[-1].new if mine else old)
    if mine:
        promised = rotations.to(ann.node, ann.identity)
        assert promised is not None
        assert commitment_to(ann.keys.next_identity) == promised.next_commitment
    holds(town, "ann")


def _die_rotating(town: Town, step: str, patch: pytest.MonkeyPatch) -> None:
    """Let Ann's process die at a step of her rotation, and start it again."""
    with patch.context() as broken:
        broken.setattr(f"lazpool.actions.rotating.{step}", _die)
        with pytest.raises(KeyboardInterrupt):
            rotating.rotate(town["ann"])
    town.kill("ann")
    town.restart("ann")


def _die(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_whom_nobody_wrote_to(tmp_path: Path) -> None:
    """Without partners a rotation is told to nobody; who meets the new person later is told once, and it is quiet."""
    with Town(tmp_path, "ann", "bob") as town:
        rotating.rotate(town["ann"])
        town.later(minutes=10)
        town.offer("bob")
        town.request("ann")
        deal = town.agree()
        assert town.deal("bob", deal).peer == town["ann"].identity
        town.later(minutes=10)
        town.carry()
        assert town.is_quiet()
