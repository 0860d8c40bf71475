"""What counts as the same ride on another date."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lazpool.rules.series import NEAR, nearest

DAY = 24 * 60
minutes = st.integers(1, 13 * DAY)


@given(
    wanted=st.lists(minutes, max_size=13, unique=True),
    shift=st.integers(0, 300),
    departs=st.lists(minutes, max_size=13),
)
def test_nearest_offers(wanted: list[int], shift: int, departs: list[int]) -> None:
    """Each offer is named once, for a pick-up that it is near to; nothing near is left while somebody wants it."""
    offers = [(depart, number.to_bytes(32, "big")) for number, depart in enumerate(departs)]
    found = nearest(wanted, shift, offers)
    assert len(set(found)) == len(found) <= len(wanted)
    at = {identifier: depart + shift for depart, identifier in offers}
    assert all(min(abs(at[one] - minute) for minute in wanted) <= NEAR for one in found)
    left = [minute for one, minute in at.items() if one not in found]
    assert len(found) == len(wanted) or not any(
        abs(minute - other) <= NEAR for minute in left for other in wanted if not any(
            abs(at[one] - other) <= NEAR for one in found
        )
    )  # fmt: skip


def test_an_hour_apart_is_near_and_half_a_day_is_not() -> None:
    """Two zones that change their clocks on different days stay together; the way back is another ride."""
    offers = [(DAY + 60, b"a" * 32), (DAY + 720, b"b" * 32)]
    assert nearest([DAY + 25], 25, offers) == (b"a" * 32,)
    assert nearest([DAY + 25, 2 * DAY], 25, offers) == (b"a" * 32,)
