"""Reconciliation against plain set arithmetic: whatever both sides have, they end equal, in few and small messages."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazpool.errors import MalformedError
from lazpool.records import covers, sync
from lazpool.records.covers import END, LIST, SKIP, Part
from lazpool.rules import reconcile
from lazpool.rules.reconcile import MAX_ROUNDS, Conversation, View, answer, chosen, wanted_covers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lazpool.records.covers import Cover

AREAS = (0x841F93BFFFFFFFF, 0x841F9EDFFFFFFFF)
SINCE = 29_000_000
SALT = b"saltsalt"


def element(expires: int, number: int, known: int = 1) -> bytes:
    """Return an element: key, and the areas it is known in as bits."""
    return expires.to_bytes(4, "big") + random.Random(number).randbytes(32) + bytes([known])


def town(count: int, seed: int = 0) -> list[bytes]:
    """Return elements as commuters make them: their posts expire in the hours after the rush of seven days."""
    chance = random.Random(seed)
    return sorted(
        (SINCE + 1440 * chance.randrange(7) + chance.randrange(90)).to_bytes(4, "big") + chance.randbytes(32) + b"\x01"
        for _ in range(count)
    )


class Talk:
    """A whole conversation over the bytes of frames: what each side got, and what it cost."""

    def __init__(self, ours: Iterable[bytes], theirs: Iterable[bytes], since: int = SINCE) -> None:
        """Hold it."""
        self.since = since
        self.theirs = View(sorted(theirs), SALT)
        self.asker = Conversation(View(sorted(ours), SALT), since)
        self.bytes = self.trips = 0
        while (cover := self.asker.ask()) is not None:
            asked = self._frame(sync.Compare(AREAS, since, SALT, cover))
            said = sync.pack_cover(answer(self.theirs, asked.since, asked.cover))
            self._count(said)
            self.asker.take(sync.read_cover(said, since))
        self.got: set[bytes] = set()
        for cover in wanted_covers(self.asker.wanted, since, sync.POSTS):
            asked = self._frame(sync.GetPosts(AREAS, since, SALT, cover))
            self.got |= set(chosen(self.theirs, asked.since, asked.cover, sync.POSTS))
            self.trips += 1

    def _frame(self, question: sync.Question) -> sync.Question:
        data = sync.pack_frame(question)  # type: ignore[arg-type] # either kind
        self.bytes += len(data)
        frame = sync.read_frame(data)
        assert isinstance(frame, sync.Question)
        return frame

    def _count(self, said: bytes) -> None:
        assert len(said) <= sync.MAX_RESPONSE
        self.bytes += len(said)
        self.trips += 1


elements = st.builds(element, st.integers(SINCE - 3, SINCE + 40), st.integers(0, 400), st.integers(1, 3))


def by_key(some: Iterable[bytes]) -> set[bytes]:
    """Return elements with one of each key."""
    return set({one[: covers.KEY]: one for one in some}.values())


@given(
    common=st.sets(elements, max_size=150), mine=st.sets(elements, max_size=80), theirs=st.sets(elements, max_size=80)
)
@settings(deadline=None, max_examples=40)
def test_both_sides_end_equal(common: set[bytes], mine: set[bytes], theirs: set[bytes]) -> None:
    """Each side learns exactly what the other has and it lacks, of what expires late enough; so does it in areas."""
    ours, others = by_key([*common, *mine]), by_key([*common, *theirs])
    talk = Talk(ours, others)
    late = {one for one in ours | others if one >= covers.start_of(SINCE)}
    assert talk.got == (others - ours) & late
    assert set(talk.asker.surplus) == (ours - others) & late
    assert talk.asker.is_whole


@pytest.mark.parametrize(("count", "differ"), [(1000, 100), (20_000, 100), (20_000, 0), (3000, 2000)])
def test_large_boards(count: int, differ: int) -> None:
    """A hundred differences are found in two questions and a fetch, and equal boards by one small question."""
    everything = town(count)
    odd = random.Random(1).sample(everything, differ)
    ours, theirs = set(everything) - set(odd[::2]), set(everything) - set(odd[1::2])
    talk = Talk(ours, theirs)
    assert (talk.got, set(talk.asker.surplus)) == (theirs - ours, ours - theirs)
    if differ <= 100:
        assert talk.trips <= 4
        assert talk.bytes < (40_000 if differ else 100)


def test_the_largest_boards_that_are_promised() -> None:
    """Two of 100,000 posts that differ by 100 are equal after five trips, giving counted, and 60 kB; then for 1 kB."""
    everything = town(100_000)
    odd = random.Random(1).sample(everything, 100)
    ours, theirs = set(everything) - set(odd[::2]), set(everything) - set(odd[1::2])
    talk = Talk(ours, theirs)
    assert ours | talk.got == theirs | set(talk.asker.surplus) == set(everything)
    assert talk.trips + -(-len(talk.asker.surplus) // sync.POSTS) <= 5
    assert talk.bytes <= 60_000
    again = Talk(everything, everything)
    assert (again.trips, again.got) == (1, set())
    assert again.bytes < 1000


def test_a_new_board_lists_everything_cheaply() -> None:
    """Who has nothing learns of 20,000 posts for less than 20 bytes each, lists and fetching together."""
    talk = Talk([], town(20_000))
    assert talk.got == set(talk.theirs.elements)
    assert talk.bytes < 20 * 20_000


def test_who_lacks_more_than_one_conversation_finds_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A conversation ends at its limit, says that it is not whole, and the next one finds the rest."""
    monkeypatch.setattr(reconcile, "MAX_WANTED", 5000)
    theirs, ours, held = set(town(20_000)), set[bytes](), 0
    while not (talk := Talk(ours, theirs)).asker.is_whole:
        assert len(ours) < len(ours | talk.got)
        ours |= talk.got
        held += 1
    assert (ours | talk.got, held) == (theirs, 2)


def test_the_fingerprint_depends_on_the_salt() -> None:
    """What collides under one salt does not under another, so nobody can make posts that collide."""
    some = town(10)
    assert View(some, b"1" * 8).fingerprint(0, 10) != View(some, b"2" * 8).fingerprint(0, 10)
    assert View(some, b"1" * 8).shorts(0, 10) != View(some, b"2" * 8).shorts(0, 10)


def test_an_element_in_other_areas_is_another() -> None:
    """A post that both know, each in another area, is found on both sides."""
    one, two = element(SINCE, 1, 1), element(SINCE, 1, 2)
    talk = Talk([one], [two])
    assert (talk.got, talk.asker.surplus) == ({two}, [one])


def test_what_was_refused_is_not_wanted_again() -> None:
    """An element that we saw and did not take is not asked for."""
    some = town(50)
    asker = Conversation(View(some[:40], SALT), SINCE, some[40:45])
    while (cover := asker.ask()) is not None:
        asker.take(answer(View(some, SALT), SINCE, cover))
    assert asker.found == 5


def drive(reply: Callable[[Cover], Cover], ours: list[bytes]) -> Conversation:
    """Let a conversation run against any answers."""
    asker = Conversation(View(ours, SALT), SINCE)
    while (cover := asker.ask()) is not None:
        asker.take(reply(cover))
    return asker


def test_answers_that_never_agree_end() -> None:
    """A neighbour that says of ever narrower ranges that they differ is left after forty questions."""

    def reply(asked: Cover) -> Cover:
        lower, said = covers.start_of(SINCE), list[Part]()
        for upper, says in asked[:300]:
            if says == LIST:
                said.append(Part(upper, ()))
            elif says == SKIP:
                said.append(Part(upper, SKIP))
            else:
                said += [Part(lower + b"\x00", b"d" * 8), Part(upper, b"d" * 8)]
            lower = upper
        return tuple(said)

    asker = drive(reply, town(3000))
    assert asker.rounds <= MAX_ROUNDS
    assert len(asker._open) < 3000


def test_lists_that_never_end_end() -> None:
    """A neighbour that lists without end is left when it has listed as much as one conversation takes."""
    chance = random.Random(1)

    def reply(asked: Cover) -> Cover:
        middle = covers.start_of(SINCE) + bytes([0] * 30) + chance.randbytes(1)
        assert asked
        return (Part(middle, tuple(chance.randbytes(8) for _ in range(4000))),)

    try:
        asker = drive(reply, [])
    except MalformedError:
        return
    assert asker.found < reconcile.MAX_WANTED + 4001


@pytest.mark.parametrize(
    "said",
    [
        (Part(END, b"d" * 8),),
        (Part(END, LIST),),
        (Part(covers.start_of(SINCE), SKIP),),
    ],
    ids=["the question again", "a question", "nothing of what was asked"],
)
def test_answers_that_do_not_go_on_are_refused(said: Cover) -> None:
    """Whoever answers a range with the same range, or with less than something, is not asked on."""
    with pytest.raises(MalformedError):
        drive(lambda _: said, town(100))


def test_answers_about_what_was_not_asked_are_refused() -> None:
    """An answer must stay within the ranges of the question."""
    asker = Conversation(View(town(100), SALT), SINCE)
    first = asker.ask()
    assert first is not None
    asker.take(answer(View(town(100)[:50], SALT), SINCE, first))
    second = asker.ask()
    assert second is not None
    with pytest.raises(MalformedError):
        asker.take((Part(second[0].upper, SKIP), Part(END, b"d" * 8)))


TOWN = town(2000)
says = st.one_of(
    st.integers(0, 1), st.binary(min_size=8, max_size=8), st.lists(st.binary(min_size=8, max_size=8), max_size=4)
)


@given(data=st.data())
@settings(deadline=None, max_examples=40)
def test_no_answers_make_it_loop_or_fail(data: st.DataObject) -> None:
    """Whatever is answered, the conversation ends within its bounds, or with MalformedError."""

    def reply(asked: Cover) -> Cover:
        edges = sorted(
            {part.upper for part in asked} | data.draw(st.sets(st.binary(min_size=4, max_size=6), max_size=4))
        )
        drawn = [Part(edge, data.draw(says)) for edge in edges if edge > covers.start_of(SINCE)]
        return tuple(Part(upper, tuple(one) if isinstance(one, list) else one) for upper, one in drawn)

    try:
        asker = drive(reply, town(60))
    except MalformedError:
        return
    assert asker.rounds <= MAX_ROUNDS


@given(data=st.data())
@settings(deadline=None, max_examples=40)
def test_any_question_gets_a_bounded_answer(data: st.DataObject) -> None:
    """Whatever is asked, the answer is a cover that reads and fits a frame, and costs no more than the board."""
    edges = sorted(data.draw(st.sets(st.binary(min_size=5, max_size=8).map(lambda end: b"\x01\xba" + end), min_size=1)))
    asked = tuple(Part(edge, tuple(one) if isinstance(one := data.draw(says), list) else one) for edge in edges)
    view = View(TOWN, SALT)
    said = sync.pack_cover(answer(view, 1, tuple(part for part in asked if type(part.says) is not tuple)))
    assert len(said) <= sync.MAX_RESPONSE
    sync.read_cover(said, 1)
    assert len(chosen(view, 1, asked, 5)) <= 5
    assert view.work <= 3 * 2000 * (len(asked) + 1)
