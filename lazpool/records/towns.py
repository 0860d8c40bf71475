"""Towns: what a list of the world's places says of one, and names as people type them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lazpool.records.places import Point

MAX_SIGNS = 120
"""More than any name has; what is typed beyond them is ignored."""
_WORD = re.compile(r"[^\W_]+")
_PLAIN = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\N{LATIN SMALL LETTER DOTLESS I}": "i"}
)
"""Letters that Unicode does not take apart."""
_WRITTEN_OUT = {"st": "saint", "ste": "sainte"}


@dataclass(frozen=True, slots=True)
class Town:
    """A populated place. id: GeoNames. country: ISO 3166 code. region: GeoNames' code of it, such as IL or 84."""

    id: int
    name: str
    country: str
    region: str
    point: Point
    population: int


@dataclass(frozen=True, slots=True)
class Country:
    """A country by its ISO 3166 codes of two and three letters and its English name."""

    code: str
    code3: str
    name: str


def fold(text: str) -> str:
    """Return what two ways to write a name have in common, such as `St-Étienne` and `saint etienne`.

    Words in lower case without accents, separated by one space; digits without leading zeros; empty when there is no
    letter or digit in it. So it holds nothing that a query language could take for a sign of its own.
    """
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text[:MAX_SIGNS]).casefold().translate(_PLAIN))
    bare = "".join(sign for sign in apart if unicodedata.category(sign) != "Mn")
    words = _WORD.findall(bare)
    return " ".join(_WRITTEN_OUT.get(word, (word.lstrip("0") or "0") if word.isdigit() else word) for word in words)
