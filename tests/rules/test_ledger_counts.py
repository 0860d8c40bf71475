"""Counting receipts: each direction by itself, which is passenger, driver and unit."""

from __future__ import annotations

from dataclasses import replace

from lazpool.records.receipts import ReceiptTerms
from lazpool.rules.replay import check_counts

FIRST = ReceiptTerms(
    *(b"n" * 8, b"r" * 16, b"d" * 32, b"p" * 32, b"a" * 32, 30, 60, 500, 1, 240, "EUR", 1, 240, b"c" * 32, 1),
    *(b"l" * 32, 1, b"h" * 32, 9000),
)


def test_a_direction_counts_and_sums() -> None:
    """The next receipt of a direction has the next number and the sum; a gap and a wrong sum are named."""
    second = replace(FIRST, dir_seq=2, dir_balance=480)
    assert check_counts([second, FIRST]) == []
    assert "; 2 is next" in check_counts([FIRST, replace(second, dir_seq=3)])[0]
    assert "480 is right" in check_counts([FIRST, replace(second, dir_balance=481)])[0]
    assert check_counts([second]) != []


def test_currencies_are_never_summed() -> None:
    """Receipts in another currency, or in the other direction, begin their own count."""
    francs = replace(FIRST, unit="CHF", amount=100, dir_balance=100)
    back = replace(FIRST, driver=FIRST.passenger, passenger=FIRST.driver)
    assert check_counts([FIRST, francs, back]) == []
    assert check_counts([FIRST, replace(francs, dir_seq=2, dir_balance=340)]) != []
