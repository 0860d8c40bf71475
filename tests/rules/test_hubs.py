"""Which hubs a node keeps."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lazpool.rules.hubs import Choice, choose

HERE, THERE = 1, 2
US = bytes(32)


def hub(number: int, operator: str = "", *areas: int, host: str = "") -> Choice:
    """Return a hub, on a machine of its own."""
    return Choice(bytes([number]) * 32, operator, host or f"ip4/192.0.2.{number}", frozenset(areas))


def test_other_hands_come_first() -> None:
    """Of several the one that is run by somebody else, however the name is written, and on another machine."""
    kept = [hub(1, "Town of Crolles")]
    same, other = hub(2, " town  of CROLLES"), hub(3, "Bernin")
    assert choose([same, other], kept, {HERE}, US, 2) == [other]
    assert choose([same, other], kept, {HERE}, US, 3) == [other, same]
    beside = hub(4, "Lumbin", host="ip4/192.0.2.1")
    assert choose([beside, other], kept, {HERE}, US, 2) == [other]


def test_two_that_are_chosen_at_once_are_of_two_operators() -> None:
    """What was chosen counts like what is kept."""
    found = choose([hub(1, "Crolles"), hub(2, "Crolles"), hub(3, "Bernin")], [], {HERE}, US, 2)
    assert {one.operator for one in found} == {"Crolles", "Bernin"}


def test_it_serves_our_areas() -> None:
    """One that says so before one that serves whoever comes; one that serves elsewhere is not chosen at all."""
    here, anywhere, elsewhere = hub(1, "a", HERE), hub(2, "b"), hub(3, "c", THERE)
    assert choose([elsewhere, anywhere, here], [], {HERE}, US, 3) == [here, anywhere]
    assert choose([elsewhere, anywhere, here], [], set(), US, 3) == [anywhere]


def test_nodes_spread() -> None:
    """Among equals not everybody chooses the same."""
    hubs = [hub(number, str(number)) for number in range(1, 9)]
    first = {choose(hubs, [], {HERE}, bytes([us]) * 32, 1)[0].node_pk for us in range(64)}
    assert len(first) == len(hubs)


@given(
    st.lists(st.builds(hub, st.integers(1, 20), st.sampled_from("abc"), st.integers(1, 3)), max_size=12),
    st.lists(st.builds(hub, st.integers(1, 20), st.sampled_from("abc"), st.integers(1, 3)), max_size=4),
    st.integers(0, 6),
)
def test_any_choice(known: list[Choice], kept: list[Choice], want: int) -> None:
    """As many as are wanted and can be had, none twice, and none that is kept; in whatever order they are known."""
    known = list({one.node_pk: one for one in known}.values())
    found = choose(known, kept, {HERE}, US, want)
    fit = [one for one in known if HERE in one.areas and one.node_pk not in {other.node_pk for other in kept}]
    assert len(found) == max(0, min(len(fit), want - len(kept)))
    assert len({one.node_pk for one in found}) == len(found)
    assert set(found) <= set(fit)
    assert choose(known[::-1], kept, {HERE}, US, want) == found
