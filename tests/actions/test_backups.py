"""A ledger that survives its computer: backup, restore, and a log that no copy continues."""

from __future__ import annotations

import shutil
import stat
import struct
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lazpool.actions import backups, books, receipts, rides, settlements
from lazpool.actions import deals as decisions
from lazpool.actions.desk import create_home, open_desk
from lazpool.actions.exporting import bundle
from lazpool.actions.resuming import resume
from lazpool.config import Config
from lazpool.errors import DamagedError, HaltedError, LazpoolError, RefusedError
from lazpool.records.deal_bodies import Acceptance
from lazpool.records.entries import RESUMED, entry_from, resumed_from
from lazpool.records.places import Point
from lazpool.records.settlements import CASH
from lazpool.rules.negotiation import State
from lazpool.rules.replay import verify_chain
from lazpool.store import ledger, logs, marker, own
from lazpool.wire import vault
from lazpool.wire.signing import public_key

if TYPE_CHECKING:
    from tests.town import Town

ROOT = Path(__file__).parents[2]
WORDS = "correct horse battery"


def back_up(town: Town, name: str) -> Path:
    """Back up somebody's home cheaply and return the file."""
    file = town.root / f"{name}.backup"
    backups.back_up(town[name], file, WORDS, effort=vault.LEAST)
    return file


def lose(town: Town, name: str, file: Path) -> None:
    """Let somebody lose their home and restore it from a backup."""
    town.close(name)
    shutil.rmtree(town.home(name))
    backups.restore(town.home(name), file, WORDS, clock=town.clock)
    town.open(name)


def sealed(town: Town, name: str) -> int:
    """Return how many receipts of somebody are sealed."""
    return len(ledger.receipts(town[name].node))


def holds(town: Town, *names: str) -> None:
    """Require that the ledgers of people hold."""
    for name in names:
        assert books.verify(town[name]).errors == []


def test_a_restored_home_is_the_same_person_with_a_new_log(ridden: Town) -> None:
    """Identity, places, deals and balances come back; the log is new, says what it goes on from, and verifies."""
    ann = ridden["ann"]
    own.add_place(ann.node, "home", Point(45.0, 5.0))
    before = ann.identity, ann.node_pk, books.balance(ann), len(ridden.deals("ann", "passenger", *State))
    old, head = ann.device.log_pk, ledger.head(ann.node)
    assert head is not None
    file = back_up(ridden, "ann")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    lose(ridden, "ann", file)
    ann = ridden["ann"]
    assert before == (ann.identity, ann.node_pk, books.balance(ann), len(ridden.deals("ann", "passenger", *State)))
    assert own.places(ann.node) == {"home": Point(45.0, 5.0)}
    assert ann.device.log_pk != old
    first, second = (entry_from(one.body) for one in ledger.entries(ann.node))
    assert first.log_pk == second.log_pk == ann.device.log_pk
    assert (second.kind, resumed_from(second)) == (RESUMED, resumed_from(second))
    said = resumed_from(second)
    assert (said.log_pk, said.seq, said.id) == (old, head.seq, head.id)
    assert len(logs.entries(ann.node, old)) == head.seq
    assert len(bundle(ann)["old_logs"]) == 1
    holds(ridden, "ann")


def test_a_receipt_from_before_is_countersigned_after(agreed: tuple[Town, bytes]) -> None:
    """What the passenger signed before the backup is sealed in the new log when the driver's half comes after."""
    town, deal = agreed
    rides.done(town["ann"], deal)
    file = back_up(town, "ann")
    lose(town, "ann", file)
    town.carry()
    assert sealed(town, "ann") == sealed(town, "bob") == 1
    assert len(ledger.entries(town["ann"].node)) == 3
    holds(town, "ann", "bob")


def test_tables_of_ones_own_come_back(agreed: tuple[Town, bytes]) -> None:
    """Cost profiles and emissions that somebody wrote are in the backup."""
    town, _ = agreed
    for folder in ("profiles", "impacts"):
        (town.home("ann") / folder).mkdir()
        (town.home("ann") / folder / "village.toml").write_text(folder)
    lose(town, "ann", back_up(town, "ann"))
    for folder in ("profiles", "impacts"):
        assert (town.home("ann") / folder / "village.toml").read_text() == folder


@pytest.mark.parametrize("loser", ["ann", "bob"])
def test_a_ride_agreed_before_is_ridden_after(agreed: tuple[Town, bytes], loser: str) -> None:
    """The partner takes the new device of the same person, for the code, the receipt and its half."""
    town, deal = agreed
    file, before = back_up(town, loser), town.deal(loser, deal).counter
    decisions.add_note(town[loser], deal, "after the backup")
    town.carry()
    used = town.deal(loser, deal).counter
    lose(town, loser, file)
    assert before < used < town.deal(loser, deal).counter, "no number of a letter is used twice"
    town.board_car(deal)
    town.carry()
    assert town.state("ann", deal) is town.state("bob", deal) is State.RECEIPTED
    assert sealed(town, "ann") == sealed(town, "bob") == 1
    holds(town, "ann", "bob")


def test_a_proposal_from_before_is_accepted_after(proposed: tuple[Town, bytes]) -> None:
    """A driver who lost the home accepts with the new device, and the ride goes on to its receipt."""
    town, deal = proposed
    lose(town, "bob", back_up(town, "bob"))
    decisions.accept(town["bob"], deal)
    town.carry()
    rides.done(town["ann"], deal)
    town.carry()
    assert sealed(town, "ann") == sealed(town, "bob") == 1
    holds(town, "ann", "bob")


def test_an_acceptance_of_a_lost_home_comes_late(proposed: tuple[Town, bytes]) -> None:
    """A driver loses the home and accepts again; the first acceptance, which comes last, turns nothing back."""
    town, deal = proposed
    file, lost = back_up(town, "bob"), town["bob"].device.log_pk
    decisions.accept(town["bob"], deal)
    late = [row for row in town.pick_up("bob") if row.letter_kind == Acceptance.KIND]
    lose(town, "bob", file)
    decisions.accept(town["bob"], deal)
    town.carry()
    known = town.deal("ann", deal)
    assert known.peer_log == town["bob"].device.log_pk != lost
    assert [town.hand_over(row.tag, row.data) for row in late] == [True]
    assert town.deal("ann", deal) == known
    rides.done(town["ann"], deal)
    town.carry()
    assert sealed(town, "ann") == sealed(town, "bob") == 1
    assert town.is_quiet()


def test_a_ride_that_may_be_signed_already_is_not_signed_again(agreed: tuple[Town, bytes]) -> None:
    """The backup is from before the ride, the restore from after it: the node says why it does not sign."""
    town, deal = agreed
    file = back_up(town, "ann")
    rides.done(town["ann"], deal)
    town.carry()
    town.later(days=2)
    lose(town, "ann", file)
    with pytest.raises(RefusedError) as refusal:
        rides.done(town["ann"], deal)
    assert refusal.value.code == "restored"
    town.carry()
    assert sealed(town, "bob") == 1
    assert ledger.receipts(town["ann"].node, ledger.PROPOSED) == []
    holds(town, "ann", "bob")


def test_restored_twice(ridden: Town) -> None:
    """Each restore begins one more log; all of them verify, in order."""
    for number in (1, 2):
        lose(ridden, "ann", back_up_again(ridden, number))
        assert len(logs.every(ridden["ann"].node)) == number
    holds(ridden, "ann")


def back_up_again(town: Town, number: int) -> Path:
    """Back up Ann's home under a name of its own."""
    return back_up(town, "ann").rename(town.root / f"{number}.backup")


def test_a_file_is_not_replaced_by_accident(agreed: tuple[Town, bytes]) -> None:
    """A second backup of the same name needs force, and then replaces the first."""
    town, _ = agreed
    file = back_up(town, "ann")
    first = file.read_bytes()
    with pytest.raises(RefusedError):
        back_up(town, "ann")
    assert file.read_bytes() == first
    backups.back_up(town["ann"], file, WORDS, force=True, effort=vault.LEAST)
    assert file.read_bytes() != first


@pytest.mark.parametrize(
    ("bend", "error"),
    [
        (lambda data: data[:-1], DamagedError),
        (lambda data: data[:20], DamagedError),
        (lambda data: data + b"\0", DamagedError),
        (lambda _: b"", DamagedError),
        (lambda data: b"PK" + data[2:], DamagedError),
        (lambda data: data[:15] + b"\x02" + data[16:], DamagedError),
        (lambda data: data[:16] + struct.pack(">I", 2**31) + data[20:], DamagedError),
        (lambda data: data[:20] + struct.pack(">Q", 2**40) + data[28:], DamagedError),
        (lambda data: data[:19] + b"\x02" + data[20:], RefusedError),
        (lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:], RefusedError),
    ],
    ids=["cut", "header cut", "longer", "empty", "foreign", "newer", "passes", "memory", "other passes", "a bit"],
)
def test_what_is_no_backup_leaves_nothing_behind(agreed: tuple[Town, bytes], bend: object, error: type) -> None:
    """A file that is cut, altered, foreign or newer is refused, and so is a wrong passphrase; no folder is made."""
    town, _ = agreed
    file = back_up(town, "ann")
    file.write_bytes(bend(file.read_bytes()))  # type: ignore[operator] # the cases above
    before = set(town.root.iterdir())
    with pytest.raises(error):
        backups.restore(town.root / "new", file, WORDS)
    assert set(town.root.iterdir()) == before


def test_a_wrong_passphrase_and_an_occupied_home(agreed: tuple[Town, bytes]) -> None:
    """Neither writes anything."""
    town, _ = agreed
    file = back_up(town, "ann")
    with pytest.raises(RefusedError) as refusal:
        backups.restore(town.root / "new", file, WORDS + "!")
    assert refusal.value.code == "passphrase"
    assert not (town.root / "new").exists()
    with pytest.raises(RefusedError) as refusal:
        backups.restore(town.home("bob"), file, WORDS)
    assert refusal.value.code == "not-empty"
    holds(town, "bob")


def test_a_backup_does_not_show_its_content(agreed: tuple[Town, bytes]) -> None:
    """No key and no name stands in the file."""
    town, _ = agreed
    data = back_up(town, "ann").read_bytes()
    keys = town["ann"].keys
    assert not any(one in data for one in (keys.identity, keys.log, keys.node, b"SQLite", b"Ann"))


def test_a_backup_has_no_room_for_what_was_deleted(
    agreed: tuple[Town, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database in it is written anew, without the pages that are free here, and nowhere else in the clear."""
    town, _ = agreed
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    ann = town["ann"]
    ann.node.execute("CREATE TABLE filler AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n LIMIT 500) "
                     "SELECT i, zeroblob(900) AS page FROM n")  # fmt: skip
    ann.node.execute("DROP TABLE filler")
    assert ann.node.number("PRAGMA freelist_count") > 100
    before = {*town.root.rglob("*"), *tmp_path.rglob("*")}
    file = back_up(town, "ann")
    assert {*town.root.rglob("*"), *tmp_path.rglob("*")} - before == {file}
    lose(town, "ann", file)
    assert town["ann"].node.number("PRAGMA freelist_count") == 0
    holds(town, "ann")


# Copies


def copy_back(town: Town, name: str, saved: Path) -> None:
    """Put an old node.db in the place of somebody's newer one."""
    town.close(name)
    for suffix in ("-wal", "-shm"):
        (town.home(name) / f"node.db{suffix}").unlink(missing_ok=True)
    shutil.copy(saved, town.home(name) / "node.db")
    town.open(name)


def save_database(town: Town, name: str) -> Path:
    """Copy somebody's node.db aside, in good order."""
    town.close(name)
    saved = town.root / "saved.db"
    shutil.copy(town.home(name) / "node.db", saved)
    town.open(name)
    return saved


def test_an_old_database_is_not_continued(agreed: tuple[Town, bytes]) -> None:
    """With an older node.db in the home nothing is signed and nothing answered, until a new log begins."""
    town, deal = agreed
    saved = save_database(town, "bob")
    rides.done(town["ann"], deal)
    town.carry()
    copy_back(town, "bob", saved)
    bob = town["bob"]
    with pytest.raises(HaltedError) as halt:
        receipts.logbook.head(bob)
    assert (halt.value.code, halt.value.status) == ("old-copy", 5)
    assert "lazpool ledger resume" in halt.value.hint
    before = ledger.entries(bob.node)
    town.later(minutes=10)
    assert ledger.entries(bob.node) == before
    resume(bob)
    receipts.logbook.head(bob)
    holds(town, "ann", "bob")


def test_a_halted_driver_answers_later(agreed: tuple[Town, bytes]) -> None:
    """A receipt that comes while the home signs nothing is neither refused nor lost: it is countersigned afterwards."""
    town, deal = agreed
    bob = town["bob"]
    kept = marker.read(bob.config.keys_folder)
    assert kept is not None
    marker.write(bob.config.keys_folder, replace(kept, machine=b"\x07" * 32))
    rides.done(town["ann"], deal)
    town.carry_from("ann")
    assert sealed(town, "bob") == 0
    assert town.state("ann", deal) is State.RECEIPTED or ledger.receipts(town["ann"].node, ledger.PROPOSED)
    marker.write(bob.config.keys_folder, kept)
    town.later(minutes=120)
    town.carry()
    assert sealed(town, "ann") == sealed(town, "bob") == 1


def test_a_home_on_another_machine_is_not_continued(agreed: tuple[Town, bytes]) -> None:
    """A copy of a whole home carries the mark of the machine that it was made on."""
    town, _ = agreed
    ann = town["ann"]
    kept = marker.read(ann.config.keys_folder)
    assert kept is not None
    if not kept.machine:
        pytest.skip("this machine has no name")
    marker.write(ann.config.keys_folder, replace(kept, machine=b"\x07" * 32))
    with pytest.raises(HaltedError) as halt:
        receipts.logbook.head(ann)
    assert halt.value.code == "other-machine"
    resume(ann)
    receipts.logbook.head(ann)
    holds(town, "ann")


def test_a_mark_that_is_behind_is_no_alarm(ridden: Town) -> None:
    """A crash after the commit and before the mark leaves it behind; so does a home that never had one."""
    ann = ridden["ann"]
    kept, folder = marker.read(ann.config.keys_folder), ann.config.keys_folder
    assert kept is not None
    assert kept.seq > 2
    marker.write(folder, replace(kept, seq=2, id=ledger.id_at(ann.node, 2)))
    receipts.logbook.head(ann)
    (folder / marker.FILE).unlink()
    receipts.logbook.head(ann)
    marker.write(folder, replace(kept, seq=2, id=b"\x01" * 32))
    with pytest.raises(HaltedError):
        receipts.logbook.head(ann)
    (folder / marker.FILE).write_text("{")
    with pytest.raises(HaltedError):
        receipts.logbook.head(ann)


def crash(_: object) -> None:
    """Die."""
    raise KeyboardInterrupt


def test_a_resume_that_crashed_is_ended_by_the_next(ridden: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process dies after the commit and before the key is in its place: nothing is signed, one log begins."""
    ann = ridden["ann"]
    with monkeypatch.context() as patch:
        patch.setattr("lazpool.actions.resuming.adopt_log", crash)
        with pytest.raises(KeyboardInterrupt):
            resume(ann)
    ridden.kill("ann")
    ann = ridden["ann"]
    with pytest.raises(HaltedError):
        receipts.logbook.head(ann)
    resume(ann)
    receipts.logbook.head(ann)
    assert len(logs.every(ann.node)) == 1
    holds(ridden, "ann")


def test_a_clock_that_jumped_back_signs_nothing(agreed: tuple[Town, bytes]) -> None:
    """Nothing is signed long before one's own last entry; a clock that was corrected by some minutes is fine."""
    town, deal = agreed
    town.now -= 601
    with pytest.raises(HaltedError) as halt:
        rides.done(town["ann"], deal)
    assert halt.value.code == "clock-behind"
    assert isinstance(halt.value, LazpoolError)
    town.now += 1
    rides.done(town["ann"], deal)


def test_an_entry_is_in_the_mark_once_it_is_committed(agreed: tuple[Town, bytes]) -> None:
    """The mark names the newest entry after each transaction, and nothing of one that was rolled back."""
    town, deal = agreed
    ann = town["ann"]
    first = marker.read(ann.config.keys_folder)
    with suppress(KeyboardInterrupt), ann.node.transaction():
        rides.done(ann, deal)
        raise KeyboardInterrupt
    assert marker.read(ann.config.keys_folder) == first
    rides.done(ann, deal)
    kept, head = marker.read(ann.config.keys_folder), ledger.head(ann.node)
    assert kept is not None
    assert head is not None
    assert (kept.log, kept.seq, kept.id) == (public_key(ann.keys.log), head.seq, head.id)


_SIGN = """
import sys
from pathlib import Path
from lazpool.actions import logbook
from lazpool.actions.desk import open_desk
from lazpool.records.entries import PROPOSED
with open_desk(Path(sys.argv[1])) as desk:
    while True:
        with desk.node.transaction():
            logbook.note(desk, PROPOSED, bytes(32), bytes(32))
        print(flush=True)
"""


def test_sigkill_is_no_alarm(tmp_path: Path) -> None:
    """A process that signs without end is killed at any moment, again and again; the log goes on, and is whole."""
    home = tmp_path / "home"
    create_home(Config(home, name="Ann"))
    for number in (1, 7, 16, 30):
        child = subprocess.Popen(
            [sys.executable, "-c", _SIGN, str(home)], stdout=subprocess.PIPE, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}
        )
        with child:
            assert child.stdout is not None
            for _ in range(number):
                assert child.stdout.readline()
            child.kill()
        with open_desk(home) as desk:
            head, kept = receipts.logbook.head(desk), marker.read(desk.config.keys_folder)
            assert kept is not None
            assert head.seq - 1 <= kept.seq <= head.seq
            chain, errors = verify_chain(ledger.entries(desk.node), net=desk.net, log_pk=desk.device.log_pk)
            assert (errors, len(chain)) == ([], head.seq)


def test_accents_are_one_letter_or_two() -> None:
    """A passphrase opens the file however its accents were typed."""
    sealed_up = vault.lock(b"x", "\N{LATIN SMALL LETTER E WITH ACUTE}clair!", vault.LEAST)
    assert vault.unlock(sealed_up, "e\N{COMBINING ACUTE ACCENT}clair!") == b"x"


def test_opened_again(agreed: tuple[Town, bytes]) -> None:
    """A home whose process was killed goes on with its log."""
    town, deal = agreed
    rides.done(town["ann"], deal)
    town.kill("ann")
    with open_desk(town.home("ann"), clock=town.clock) as desk:
        receipts.logbook.head(desk)


@pytest.mark.parametrize("loser", ["ann", "bob"])
def test_a_debt_from_before_is_settled_after(ridden: Town, loser: str) -> None:
    """Whoever of the two lost the home, what is owed can be paid and confirmed, and both ledgers hold."""
    lose(ridden, loser, back_up(ridden, loser))
    ann, bob = ridden["ann"], ridden["bob"]
    (owed,) = [-one.amount for one in books.balance(ann)]
    made = settlements.settle(ann, bob.identity, owed, "EUR", CASH)
    ridden.carry()
    settlements.confirm(bob, made.id)
    ridden.carry()
    assert [one.amount for name in ("ann", "bob") for one in books.balance(ridden[name])] == [0, 0]
    holds(ridden, "ann", "bob")
