"""The ledger is verified from bytes: whatever somebody changes in the file is reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lazpool.actions import books, confirming, disputes, settlements
from lazpool.actions.corrections import CORRECTING, correct
from lazpool.records.entries import KINDS, commitment_payload, entry_from
from lazpool.records.settlements import CASH
from lazpool.store import ledger

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from tests.town import Town

BOTH = ("ann", "bob")


def errors_after(desk: Desk, *changes: str, values: tuple[object, ...] = ()) -> list[str]:
    """Return what is reported after changes to the database, which are then undone."""
    desk.node.execute("BEGIN")
    for sql in changes:
        assert desk.node.execute(sql, values).rowcount, f"nothing was changed by {sql}"
    found = books.verify(desk).errors
    desk.node.execute("ROLLBACK")
    return found


def test_honest_books_hold(ridden: Town) -> None:
    """Two sealed receipts and a lapsed one verify on both sides, with opposite balances."""
    ann, bob = ridden["ann"], ridden["bob"]
    assert books.verify(ann) == books.Verdict(7, [])
    assert books.verify(bob) == books.Verdict(3, [])
    (hers,), (his,) = books.balance(ann), books.balance(bob)
    assert (hers.amount, hers.distance, hers.rides) == (-his.amount, his.distance, 2)
    assert (hers.other, his.other) == (bob.identity, ann.identity)
    assert hers.amount < 0


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize(
    ("table", "column"),
    [
        *(("entries", column) for column in ("id", "body", "signature")),
        *(("receipts", column) for column in ("id", "terms", "first", "debtor", "second", "blind")),
        *(("receipts", column) for column in ("passenger", "driver")),
    ],
)
def test_any_flipped_byte_is_reported(ridden: Town, name: str, table: str, column: str) -> None:
    """One bit changed anywhere in what is signed or looked up by is found."""
    desk = ridden[name]
    for row in desk.node.all(f"SELECT rowid, {column} FROM {table}"):  # noqa: S608 # our names
        for at in range(0, len(row[1]), 5):
            changed = row[1][:at] + bytes([row[1][at] ^ 1 << at % 8]) + row[1][at + 1 :]
            sql = f"UPDATE {table} SET {column}=? WHERE rowid=?"  # noqa: S608 # our names
            assert errors_after(desk, sql, values=(changed, row[0])), f"byte {at} of {column} in row {row[0]}"


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM entries",
        "DELETE FROM entries WHERE seq=1",
        "DELETE FROM entries WHERE seq=2",
        "DELETE FROM entries WHERE seq=(SELECT max(seq) FROM entries)",
        "DELETE FROM receipts",
        "DELETE FROM receipts WHERE dir_seq=1",
        "DELETE FROM receipts WHERE dir_seq=2 AND state='sealed'",
        "UPDATE receipts SET state='lapsed' WHERE state='sealed'",
        "UPDATE receipts SET state='proposed' WHERE dir_seq=2",
        "UPDATE receipts SET dir_seq=dir_seq+1",
        "UPDATE receipts SET unit='CHF'",
        "UPDATE receipts SET driver=passenger, passenger=driver",
        "UPDATE entries SET seq=seq+10 WHERE seq>2",
        "UPDATE receipts SET second=(SELECT second FROM receipts WHERE dir_seq=1) WHERE dir_seq=2",
        "UPDATE receipts SET first=(SELECT first FROM receipts WHERE dir_seq=2 AND state='sealed') WHERE dir_seq=1",
        "UPDATE receipts SET terms=(SELECT terms FROM receipts WHERE dir_seq=1) WHERE dir_seq=2",
    ],
)
def test_missing_moved_or_replaced_rows_are_reported(ridden: Town, name: str, change: str) -> None:
    """Entries or receipts that are deleted, renumbered or put in each other's place are found."""
    assert errors_after(ridden[name], change)


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM receipts WHERE state='lapsed'",
        "UPDATE receipts SET state='proposed' WHERE state='lapsed'",
        "UPDATE receipts SET state='sealed' WHERE state='lapsed'",
    ],
)
def test_what_lapsed_is_checked_too(ridden: Town, change: str) -> None:
    """A receipt that was never sealed cannot be slipped away, woken up or passed off as sealed."""
    assert errors_after(ridden["ann"], change)


@pytest.mark.parametrize("name", BOTH)
def test_reordered_entries_are_reported(ridden: Town, name: str) -> None:
    """Two entries that change places break the chain."""
    swap = "UPDATE entries SET seq=CASE seq WHEN 2 THEN -3 WHEN 3 THEN -2 END WHERE seq IN (2, 3)"
    assert errors_after(ridden[name], swap, "UPDATE entries SET seq=-seq WHERE seq<0")


def test_a_log_shows_neither_partner_place_nor_amount(ridden: Town) -> None:
    """Of rides, payments, corrections and disputes an entry holds one hash, and no two records have the same."""
    ann, bob = ridden["ann"], ridden["bob"]
    paid = settlements.settle(ann, bob.identity, 500, "EUR", CASH)
    ridden.carry()
    settlements.confirm(bob, paid.id)
    ridden.carry()
    record = ledger.receipts(ann.node)[0]
    made = correct(ann, record.id, 123)
    ridden.carry()
    confirming.confirm(bob, CORRECTING, made.id)
    disputes.dispute(bob, record.id, 1, "half the way")
    ridden.carry()
    names = [one for desk in (ann, bob) for one in (desk.identity, desk.device.log_pk, desk.node_pk)]
    names += [one.id for one in (*ledger.receipts(ann.node), paid, made)]
    for desk in (ann, bob):
        entries = [entry_from(one.body) for one in ledger.entries(desk.node)][1:]
        assert {KINDS[one.kind] for one in entries} >= {"sealed", "settle-sealed", "correct-sealed"}
        plain = [one for one in entries if KINDS[one.kind] != "dispute"]
        assert {len(one.payload) for one in plain} == {len(commitment_payload(bytes(32)))}
        assert not [one for one in entries for name in names if name in one.payload]
        assert len({one.payload for one in plain if KINDS[one.kind].endswith("sealed")}) == 4


def test_somebody_elses_log_is_reported(ridden: Town) -> None:
    """A log and receipts that are sound, but another person's, are not taken for one's own."""
    ann, bob = ridden["ann"], ridden["bob"]
    rows = [tuple(row) for row in bob.node.all("SELECT * FROM entries")]
    ann.node.execute("BEGIN")
    ann.node.execute("DELETE FROM entries")
    ann.node.connection.executemany("INSERT INTO entries VALUES (?,?,?,?)", rows)
    assert books.verify(ann).errors
    ann.node.execute("ROLLBACK")
    assert books.verify(ann).ok
