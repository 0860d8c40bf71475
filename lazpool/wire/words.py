"""A 32-byte seed as 24 words of BIP-39, which people can write by hand; the last word checks the others.

Source: BIP-39, by the library `mnemonic`. The words stand for the seed itself; nothing is derived from them.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache

from mnemonic import Mnemonic

from lazpool.errors import MalformedError

COUNT = 24
"""Words of one seed: 256 bits and 8 that check them, 11 in each."""


def to_words(seed: bytes) -> list[str]:
    """Return the 24 words of a seed."""
    return _list().to_mnemonic(seed).split()


def to_seed(words: list[str]) -> bytes:
    """Return the seed of 24 words, or raise MalformedError naming the word that is wrong.

    Capitals do not matter, and the first four letters of a word are enough: no two begin with the same.
    """
    if len(words) != COUNT:
        raise MalformedError("words", f"{len(words)} words; there are {COUNT}")
    whole = [_word(number, word) for number, word in enumerate(words, 1)]
    try:
        return bytes(_list().to_entropy(whole))
    except ValueError:
        why = "every word is of the list, but together they do not fit: one is another than on the paper, or misplaced"
        raise MalformedError("words", why) from None


def _word(number: int, typed: str) -> str:
    word = _list().expand_word(typed.lower())
    if word in _list().wordlist:
        return word
    close = get_close_matches(word, _list().wordlist, n=3)
    meant = f"; close are: {', '.join(close)}" if close else ""
    raise MalformedError("words", f"word {number}, {typed!r}, is not in the list{meant}")


@cache
def _list() -> Mnemonic:
    return Mnemonic("english")
