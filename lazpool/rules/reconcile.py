"""Range-based set reconciliation: two sides with nearly the same set find what each lacks, in few and small messages.

An element is a key of 36 bytes, (expires, id), and the areas it is known in; elements stand in the order of their
bytes. The asker sends fingerprints of ranges. Where the answerer's differs it answers with fingerprints of narrower
ranges, or with a list where few are left. The answerer keeps nothing in between.

A fingerprint is a hash over all elements of the range under a salt that the asker draws for one conversation. Sums of
hashes, which are cheaper to keep up to date, can be collided by whoever writes posts: of 2^23 posts a thousand can be
chosen that together add up to somebody else's (generalized birthday). Here an author would have to collide BLAKE2b
under a salt that is not drawn yet, so eight bytes are enough. A hostile neighbour can always lie, at no cost: that
hides posts between the two of us, until the next neighbour is asked. Source: A. Meyer, Range-Based Set Reconciliation
(2023); the format is protocol/sync.md.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lazpool.errors import MalformedError
from lazpool.records.covers import END, LIST, MAX_PARTS, RANGE_TAG, SHORT, SHORT_TAG, SKIP, Part, start_of
from lazpool.wire.hashing import keyed_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazpool.records.covers import Cover

LEAF = 16
"""A range that differs is split into parts of about so many elements, and asked as a list where no more are here."""
LISTED = LEAF + LEAF // 2
"""A range of so many elements is answered by a list: it is a part that has some more here than there."""
CHUNK = 64
"""Elements in one part of a long list, so that who fetches some of them names a short range."""
MAX_LISTED = 4096
"""Elements listed in one answer: 32 kB, which leaves room for bounds."""
MAX_ROUNDS = 40
"""Questions in one conversation; two boards that differ by 100 need two."""
MAX_WANTED = 20_480
"""Elements of the other side that one conversation looks for; who lacks more begins another."""


class View:
    """One side's elements in order, under the salt of a conversation."""

    def __init__(self, elements: Sequence[bytes], salt: bytes) -> None:
        """Look at elements, which must not change as long as the conversation lasts."""
        self.elements, self._salt = elements, salt
        self.work = 0
        """How many elements were hashed so far."""

    def span(self, lower: bytes, upper: bytes) -> tuple[int, int]:
        """Return where the elements from `lower` up to `upper`, not included, begin and end."""
        first = bisect_left(self.elements, lower)
        return first, bisect_left(self.elements, upper, first)

    def fingerprint(self, first: int, end: int) -> bytes:
        """Return the fingerprint of the elements in a span."""
        self.work += end - first
        return keyed_hash(RANGE_TAG, self._salt, b"".join(self.elements[first:end]), SHORT)

    def shorts(self, first: int, end: int) -> list[bytes]:
        """Return the short names of the elements in a span, in their order."""
        self.work += end - first
        return [self.short(element) for element in self.elements[first:end]]

    def short(self, element: bytes) -> bytes:
        """Return the short name of an element."""
        return keyed_hash(SHORT_TAG, self._salt, element, SHORT)

    def cut(self, first: int, end: int, upper: bytes, parts: int) -> list[tuple[int, int, bytes]]:
        """Cut a span into parts of about equal size: (begin, end, upper bound) each."""
        edges = [first + (end - first) * part // parts for part in range(1, parts)]
        marks = [first, *edges, end]
        bounds = [*(self._bound(edge) for edge in edges), upper]
        return [(marks[i], marks[i + 1], bound) for i, bound in enumerate(bounds)]

    def _bound(self, at: int) -> bytes:
        """Return the shortest bytes that tell an element from the one before."""
        before, here = self.elements[at - 1], self.elements[at]
        same = next(i for i, (a, b) in enumerate(zip(before, here, strict=True)) if a != b)
        return here[: same + 1]


def answer(view: View, since: int, asked: Cover) -> Cover:
    """Answer a question; it ends early where it would become too long, and the asker goes on from there."""
    lower = start_of(since)
    said = _Cover(lower)
    for part in asked:
        if part.says != SKIP and not _answer_part(view, lower, part, said):
            break
        said.upto(part.upper)
        lower = part.upper
    return tuple(said.parts)


def _answer_part(view: View, lower: bytes, part: Part, said: _Cover) -> bool:
    """Say what is here of one range; False when there is no room for it."""
    first, end = view.span(lower, part.upper)
    if part.says != LIST and view.fingerprint(first, end) == part.says:
        return True
    if part.says == LIST or end - first <= LISTED:
        return _list(view, (first, end), part.upper, said)
    parts = _parts(end - first, said.room)
    if parts < 2:  # noqa: PLR2004 # less than two is no narrower
        return False
    for begin, stop, upper in view.cut(first, end, part.upper, parts):
        said.add(Part(upper, view.fingerprint(begin, stop)))
    return True


def _list(view: View, span: tuple[int, int], upper: bytes, said: _Cover) -> bool:
    first, end = span
    for begin, stop, bound in view.cut(first, end, upper, max(1, -(-(end - first) // CHUNK))):
        if said.room < 1 or said.listed + stop - begin > MAX_LISTED:
            return False
        said.listed += stop - begin
        said.add(Part(bound, tuple(view.shorts(begin, stop))))
    return True


def _parts(size: int, room: int) -> int:
    return min(-(-size // LEAF), room)


class _Cover:
    """A cover that is being written; ranges that nothing is said of become one."""

    def __init__(self, start: bytes) -> None:
        self._start = start
        self.parts: list[Part] = []
        self.listed = 0

    @property
    def room(self) -> int:
        return MAX_PARTS - 2 - len(self.parts)

    @property
    def end(self) -> bytes:
        return self.parts[-1].upper if self.parts else self._start

    def add(self, part: Part) -> None:
        self.parts.append(part)

    def upto(self, upper: bytes) -> None:
        """Say nothing of what lies between the end and a bound."""
        if upper <= self.end:
            return
        if self.parts and self.parts[-1].says == SKIP:
            self.parts.pop()
        self.parts.append(Part(upper, SKIP))


@dataclass(frozen=True, slots=True)
class Range:
    """What lies from `lower` up to `upper`, not included; `shorts`: what is wanted of it."""

    lower: bytes
    upper: bytes
    shorts: tuple[bytes, ...] = ()


@dataclass(slots=True)
class Conversation:
    """The asker's side: `ask` and `take` in turns until `ask` has nothing more.

    refused: elements that we have seen and do not want. wanted: what the other side has and we lack, by short name.
    surplus: our elements that the other side lacks.
    """

    view: View
    since: int
    refused: Sequence[bytes] = ()
    wanted: list[Range] = field(default_factory=list)
    surplus: list[bytes] = field(default_factory=list)
    found: int = 0
    rounds: int = 0
    _open: list[Range] = field(default_factory=list)
    _asked: list[tuple[Range, bool]] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Tell whether everything was compared; else more may be found by another conversation."""
        return self.rounds > 0 and not self._open

    def ask(self) -> Cover | None:
        """Return the next question, or None when the comparison is at an end."""
        if self.rounds >= MAX_ROUNDS or self.found >= MAX_WANTED or (self.rounds and not self._open):
            return None
        said = _Cover(start_of(self.since))
        self._asked = []
        if not self.rounds:
            whole = Range(start_of(self.since), END)
            self._say(said, whole, [(*self.view.span(whole.lower, END), END)])
        while self._open and said.room > 1:
            self._ask_part(said, self._open.pop(0))
        self.rounds += 1
        return tuple(said.parts)

    def _ask_part(self, said: _Cover, there: Range) -> None:
        """Ask about a range that is known to differ."""
        first, end = self.view.span(there.lower, there.upper)
        said.upto(there.lower)
        if end - first <= LEAF:
            said.add(Part(there.upper, LIST))
            self._asked.append((there, True))
        else:
            parts = self.view.cut(first, end, there.upper, max(2, _parts(end - first, said.room)))
            self._say(said, there, parts)

    def _say(self, said: _Cover, there: Range, spans: Sequence[tuple[int, int, bytes]]) -> None:
        lower = there.lower
        for first, end, upper in spans:
            said.add(Part(upper, self.view.fingerprint(first, end)))
            self._asked.append((Range(lower, upper), False))
            lower = upper

    def take(self, answered: Cover) -> None:
        """Take the answer to the last question; MalformedError when it cannot be one, or does not go on."""
        asked = iter(self._asked)
        there, must_list = next(asked)
        lower, reopened = start_of(self.since), list[Range]()
        for part in answered:
            here = Range(lower, part.upper)
            lower = part.upper
            while part.says != SKIP and there.upper <= here.lower:
                there, must_list = next(asked, (Range(END, END), False))
            if part.says == SKIP:
                continue
            if here.lower < there.lower or here.upper > there.upper:
                raise MalformedError("range", "an answer about what was not asked")
            if type(part.says) is tuple:
                self._compare(here, part.says)
            elif must_list or type(part.says) is not bytes or here == there:
                raise MalformedError("range", "an answer that is no narrower than the question")
            elif self.view.fingerprint(*self.view.span(here.lower, here.upper)) != part.says:
                reopened.append(here)
        if lower <= self._asked[0][0].lower:
            raise MalformedError("range", "an answer that does not go on")
        rest = [Range(max(one.lower, lower), one.upper) for one, _ in self._asked if one.upper > lower]
        self._open = reopened + rest + self._open

    def _compare(self, here: Range, theirs: tuple[bytes, ...]) -> None:
        first, end = self.view.span(here.lower, here.upper)
        ours = self.view.shorts(first, end)
        mine, listed = {*ours, *map(self.view.short, self._refused_in(here))}, set(theirs)
        lacking = tuple(one for one in theirs if one not in mine)
        if lacking:
            self.wanted.append(Range(here.lower, here.upper, lacking))
            self.found += len(lacking)
        self.surplus += [self.view.elements[first + i] for i, one in enumerate(ours) if one not in listed]

    def _refused_in(self, here: Range) -> list[bytes]:
        return [one for one in self.refused if here.lower <= one < here.upper]


def wanted_covers(wanted: Sequence[Range], since: int, most: int) -> list[Cover]:
    """Return covers that together name all that is wanted, each so many elements at most."""
    start = start_of(since)
    covers: list[Cover] = []
    said, count = _Cover(start), 0
    for there in sorted(wanted, key=lambda one: one.lower):
        for at in range(0, len(there.shorts), most):
            shorts = there.shorts[at : at + most]
            if count and (count + len(shorts) > most or said.room < 1 or said.end > there.lower):
                covers.append(tuple(said.parts))
                said, count = _Cover(start), 0
            said.upto(there.lower)
            said.add(Part(there.upper, shorts))
            count += len(shorts)
    return [*covers, tuple(said.parts)] if count else covers


def chosen(view: View, since: int, asked: Cover, most: int) -> list[bytes]:
    """Return the elements whose short names are in a cover, looking at not many more than are named."""
    found, lower, looked = list[bytes](), start_of(since), 0
    for part in asked:
        if type(part.says) is tuple:
            first, end = view.span(lower, part.upper)
            looked += end - first
            if looked > most * CHUNK:
                break
            names = set(part.says)
            shorts = view.shorts(first, end)
            found += [view.elements[first + i] for i, one in enumerate(shorts) if one in names]
        lower = part.upper
    return found[:most]
