"""Bugs planted on purpose: each of them is caught, so the invariants would notice it if somebody made it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lazpool.actions import answers, confirming, endings, imports, logbook, receipts, recovery
from lazpool.actions import corrections as agreed
from lazpool.records.entries import entry_from
from lazpool.records.halves import Receipt
from lazpool.records.recovery import Records
from lazpool.store import deals, ledger, logs, post_office
from lazpool.store import settlements as settled
from tests.simulation.losses import play_recovery
from tests.simulation.schedules import play_rides, prepare
from tests.simulation.test_overfill import RIDERS, accept_all
from tests.simulation.test_races import test_every_letter_twice_changes_nothing as letters_twice
from tests.simulation.test_races import test_two_receipts_in_reverse_order as receipts_reversed
from tests.simulation.test_races import test_withdrawal_overtakes_the_proposal as withdrawal_first
from tests.simulation.wishes import SETTLEMENTS, STORIES, WatchedTown, crash_at, prepare_ridden, prepare_two
from tests.simulation.witness import Witness
from tests.town import Town

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lazpool.store.database import Store


def crash_everywhere(root: Path) -> None:
    """Play a ride with a crash at every point."""
    prepare_two(root / "two")
    point = 1
    while crash_at(root / "two", root / str(point), STORIES["code"], point):
        point += 1


def settling(root: Path) -> None:
    """Play two settlements with a crash at every point."""
    prepare_ridden(root / "ridden")
    point = 1
    while crash_at(root / "ridden", root / str(point), SETTLEMENTS["twice"], point):
        point += 1


def late(root: Path) -> None:
    """Let a settlement be confirmed after it lapsed."""
    prepare_ridden(root / "ridden")
    crash_at(root / "ridden", root / "run", SETTLEMENTS["confirmed late"])


def storms(root: Path) -> None:
    """Play some storms."""
    prepare(root / "three")
    for seed in range(1, 9):
        play_rides(root / "three", root / str(seed), seed)


def change_of_mind(root: Path) -> None:
    """Let a passenger cancel."""
    prepare_two(root / "two")
    crash_at(root / "two", root / "run", STORIES["passenger cancels"])


def losing(root: Path) -> None:
    """Let a passenger come back twice from one backup, ride before the answer comes, and get all that is lost."""
    play_recovery(root)


def twice(root: Path) -> None:
    """Deliver every letter of a ride again and again."""
    _race(root, letters_twice)


def reverse(root: Path) -> None:
    """Deliver the second receipt of a pair before the first."""
    _race(root, receipts_reversed)


def overtaken(root: Path) -> None:
    """Deliver a withdrawal before what it withdraws."""
    _race(root, withdrawal_first)


def _race(root: Path, race: Callable[[Town], None]) -> None:
    prepare_two(root)
    with Town(root, "ann", "bob") as town:
        race(town)


def crowd(root: Path) -> None:
    """Let three passengers ask for two seats."""
    with WatchedTown(root, "bob", *RIDERS[:3]) as town:
        town.witness = Witness(town)
        town.offer("bob", seats=2)
        for name in RIDERS[:3]:
            town.request(name)
            town.propose(name)
        town.carry()
        accept_all(town)
        town.witness.looks()


def sends_before_commit(patch: pytest.MonkeyPatch) -> None:
    """Send letters where they are written, inside the transaction."""
    put = post_office.put_letter
    began = WatchedTown.attempt

    def attempt(town: WatchedTown, action: Callable[[], object]) -> bool:
        def eager(db: Store, **columns: Any) -> None:
            put(db, **columns)
            name = next(name for name, desk in town.desks.items() if desk.node is db)
            town.witness.sees_sending(name, post_office.due(db, 2**40)[-1])

        patch.setattr(post_office, "put_letter", eager)
        return began(town, action)

    patch.setattr(WatchedTown, "attempt", attempt)


def commits_halfway(patch: pytest.MonkeyPatch) -> None:
    """Store the receipt in one transaction and its log entry in the next."""
    save = ledger.save_receipt

    def save_alone(db: Store, receipt: ledger.StoredReceipt) -> None:
        save(db, receipt)
        db.execute("COMMIT")
        db.execute("BEGIN IMMEDIATE")

    patch.setattr(ledger, "save_receipt", save_alone)


def forgets_letters(patch: pytest.MonkeyPatch) -> None:
    """Act on a letter each time that it comes."""
    patch.setattr(post_office, "is_known", lambda *_: False)


def gives_seats_away(patch: pytest.MonkeyPatch) -> None:
    """Leave the seats that are taken out of account."""
    patch.setattr(deals, "seated", lambda *_: [])


def uses_numbers_twice(patch: pytest.MonkeyPatch) -> None:
    """Take an older entry for the newest, as after an old copy was put back, and look at no mark."""
    newest = ledger.newest

    def older(db: Store) -> Any:
        last = newest(db)
        if last is None or last.seq < 3:
            return last
        return entry_from(db.all("SELECT body FROM entries WHERE seq=?", (last.seq - 1,))[0]["body"])

    def replace(db: Store, entry: Any, envelope: Any) -> None:
        values = (entry.seq, entry.id, envelope.body, envelope.signature)
        db.execute("INSERT OR REPLACE INTO entries VALUES (?,?,?,?)", values)

    patch.setattr(ledger, "newest", older)
    patch.setattr(ledger, "add_entry", replace)
    patch.setattr(logbook, "check", lambda _desk, _newest: None)


def settles_halfway(patch: pytest.MonkeyPatch) -> None:
    """Store a settlement in one transaction and its log entry in the next."""
    save = settled.Shelf.save

    def save_alone(shelf: settled.Shelf, db: Store, settlement: settled.Stored) -> None:
        save(shelf, db, settlement)
        db.execute("COMMIT")
        db.execute("BEGIN IMMEDIATE")

    patch.setattr(settled.Shelf, "save", save_alone)


def settles_from_one(patch: pytest.MonkeyPatch) -> None:
    """Give every settlement of a pair the first number."""
    patch.setattr(confirming, "last", lambda *_: (0, 0))


def forgets_what_lapsed(patch: pytest.MonkeyPatch) -> None:
    """Take no half for a settlement that has lapsed."""
    find = settled.Shelf.get

    def alive(*words: Any) -> settled.Stored | None:
        found = find(*words)
        return None if found is None or found.state == settled.LAPSED else found

    patch.setattr(settled.Shelf, "get", alive)
    patch.setattr(agreed, "ask", lambda *_: None)  # which would bring it back


def keeps_what_it_has(patch: pytest.MonkeyPatch) -> None:
    """Answer every question of a partner who lost something with nothing."""
    patch.setattr(recovery, "_missing", lambda *_: Records(0, ()))


def keeps_without_a_seal(patch: pytest.MonkeyPatch) -> None:
    """Keep what came back without an entry in the log."""
    patch.setattr(imports.logbook, "note", lambda *_: None)


def never_asks_on(patch: pytest.MonkeyPatch) -> None:
    """Be content with the first letter of an answer."""
    missing = recovery._missing
    patch.setattr(recovery, "_missing", lambda *words: Records(0, missing(*words).records))


def counts_letters_from_the_backup(patch: pytest.MonkeyPatch) -> None:
    """Go on numbering the letters of a deal after a restore as the backup has it."""
    retire = logs.retire

    def forgetful(db: Store, *words: Any) -> None:
        kept = [tuple(row) for row in db.all("SELECT counter, id FROM deals")]
        retire(db, *words)
        for row in kept:
            db.execute("UPDATE deals SET counter=? WHERE id=?", row)

    patch.setattr(logs, "retire", forgetful)


def asks_once(patch: pytest.MonkeyPatch) -> None:
    """Never repeat a receipt that got lost."""
    put = post_office.put_letter
    patch.setattr(
        post_office,
        "put_letter",
        lambda db, **columns: put(db, **columns | {"awaits": columns["awaits"] and columns["kind"] != Receipt.KIND}),
    )


def asks_for_ever(patch: pytest.MonkeyPatch) -> None:
    """Go on asking for what was answered."""
    patch.setattr(post_office, "answered", lambda *_: None)


def counts_from_one(patch: pytest.MonkeyPatch) -> None:
    """Give every receipt of a pair the first number."""
    patch.setattr(receipts, "_newest", lambda *_: (0, 0))


def seals_in_any_order(patch: pytest.MonkeyPatch) -> None:
    """Take whatever number a receipt of a pair has."""
    patch.setattr(receipts, "is_ahead", lambda *_: False)
    patch.setattr(receipts, "check_follows", lambda *_: None)


def keeps_withdrawals_to_itself(patch: pytest.MonkeyPatch) -> None:
    """Leave an acceptance that crossed a withdrawal without an answer."""
    write = answers.write
    patch.setattr(
        answers,
        "write",
        lambda desk, deal, body, how=None: None if deal.state == "withdrawn" else write(desk, deal, body, how),
    )


def cancels_quietly(patch: pytest.MonkeyPatch) -> None:
    """Cancel without telling the other side."""
    write = endings.write
    patch.setattr(
        endings,
        "write",
        lambda desk, deal, body, how=None: None if deal.state == "cancelled" else write(desk, deal, body, how),
    )


@pytest.mark.parametrize(
    ("plant", "play"),
    [
        (sends_before_commit, crash_everywhere),
        (commits_halfway, crash_everywhere),
        (forgets_letters, twice),
        (gives_seats_away, crowd),
        (uses_numbers_twice, storms),
        (asks_once, storms),
        (asks_for_ever, storms),
        (counts_from_one, storms),
        (seals_in_any_order, reverse),
        (keeps_withdrawals_to_itself, overtaken),
        (cancels_quietly, change_of_mind),
        (settles_halfway, settling),
        (settles_from_one, settling),
        (forgets_what_lapsed, late),
        (keeps_what_it_has, losing),
        (keeps_without_a_seal, losing),
        (never_asks_on, losing),
        (counts_letters_from_the_backup, losing),
    ],
    ids=lambda value: value.__name__,
)
def test_planted_bug_is_caught(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    plant: Callable[[pytest.MonkeyPatch], None],
    play: Callable[[Path], None],
) -> None:
    """The run that passes without the bug fails with it."""
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        play(tmp_path)


@pytest.mark.parametrize("play", [change_of_mind, twice, reverse, overtaken, crowd, late, losing])
def test_without_a_bug_nothing_is_caught(tmp_path: Path, play: Callable[[Path], None]) -> None:
    """The same runs pass with nothing planted; those of the storms and crashes are tests of their own."""
    play(tmp_path)
