"""Seeds as words: the published vectors of BIP-39, and what is said of words that are wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazpool.errors import MalformedError
from lazpool.wire.words import COUNT, to_seed, to_words

# From the test vectors of BIP-39 (trezor/python-mnemonic, vectors.json): entropy and words.
PUBLISHED = {
    "00" * 32: "abandon " * 23 + "art",
    "ff" * 32: "zoo " * 23 + "vote",
    "68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c": (
        "hamster diagram private dutch cause delay private meat slide toddler razor book happy fancy gospel tennis "
        "maple dilemma loan word shrug inflict delay length"
    ),
}


@pytest.mark.parametrize(("seed", "words"), PUBLISHED.items(), ids=["zeros", "ones", "drawn"])
def test_published_vectors(seed: str, words: str) -> None:
    """A seed has the words that the standard says, and the words the seed."""
    assert to_words(bytes.fromhex(seed)) == words.split()
    assert to_seed(words.split()) == bytes.fromhex(seed)


@given(st.binary(min_size=32, max_size=32))
def test_there_and_back(seed: bytes) -> None:
    """Every seed comes back from its words, also in capitals, and from the first four letters of each."""
    words = to_words(seed)
    assert len(words) == COUNT
    assert to_seed(words) == to_seed([word.upper() for word in words]) == to_seed([word[:4] for word in words]) == seed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["zoo"] * 23, "23 words; there are 24"),
        (["zoo"] * 24, "together they do not fit"),
        (["zoo"] * 6 + ["zoq"] + ["zoo"] * 16 + ["vote"], "word 7, 'zoq', is not in the list; close are: zoo"),
        (["zoo"] * 23 + ["\x1b"], "word 24, '\\x1b', is not in the list"),
        (["z"] * 24, "word 1, 'z', is not in the list"),
    ],
    ids=["too few", "checksum", "mistyped", "no word", "too short"],
)
def test_what_is_said(words: list[str], said: str) -> None:
    """The error names the word, or says that all are words and do not fit."""
    with pytest.raises(MalformedError) as refusal:
        to_seed(words)
    assert said in refusal.value.message
