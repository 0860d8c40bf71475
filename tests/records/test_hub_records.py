"""What hubs say of themselves: every record travels, in an envelope and in an invitation, and none can be altered."""

from __future__ import annotations

import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st

from lazpool.errors import MalformedError
from lazpool.hub import MAX_NAME, MAX_OPERATOR, MAX_RULES
from lazpool.records.hub_records import (
    DAY_S,
    MAX_ADDRESS,
    MAX_ADDRESSES,
    MAX_AREAS,
    MAX_DAYS,
    MAX_RECORD,
    MEMBERS,
    OPEN,
    HubRecord,
    check_hub,
    from_invite,
    read_hub,
    sign_hub,
    to_invite,
)
from lazpool.records.places import AREA_RES, Point, cell_at
from lazpool.wire.signing import public_key

SEEDS = st.binary(min_size=32, max_size=32)
few = settings(deadline=None, max_examples=60)


def line(most: int) -> st.SearchStrategy[str]:
    """Return text of one line."""
    return st.text(st.characters(codec="ascii", exclude_categories=("Cc",)), max_size=most)


AREAS = st.builds(lambda lat, lon: cell_at(Point(lat, lon), AREA_RES), st.floats(-89, 89), st.floats(-179, 179))


@st.composite
def records(draw: st.DrawFn, seed: bytes) -> HubRecord:
    """Return any record of a hub."""
    made = draw(st.integers(0, 2**40 - 2))
    until = draw(st.integers(made + 1, min(2**40 - 1, made + MAX_DAYS * DAY_S)))
    text = draw(line(MAX_NAME)), draw(line(MAX_OPERATOR)), draw(line(MAX_RULES))
    areas = tuple(sorted(draw(st.sets(AREAS, max_size=12))))
    addresses = tuple(draw(st.lists(line(MAX_ADDRESS), min_size=1, max_size=MAX_ADDRESSES)))
    return HubRecord(
        draw(st.binary(min_size=8, max_size=8)), public_key(seed), made, until, *text, areas, addresses,
        draw(st.sampled_from([OPEN, MEMBERS])),
    )  # fmt: skip


@given(SEEDS, st.data())
@few
def test_every_record_travels(seed: bytes, data: st.DataObject) -> None:
    """It is read as it was made, and no bit of it can be changed."""
    record = data.draw(records(seed))
    signed = sign_hub(record, seed)
    found, signature = read_hub(signed.envelope)
    check_hub(found, signature)
    assert found == signed
    assert from_invite(to_invite(signed.envelope)) == signed
    altered, at = bytearray(signed.envelope), data.draw(st.integers(0, 8 * len(signed.envelope) - 1))
    altered[at // 8] ^= 1 << at % 8
    with pytest.raises(MalformedError):
        from_invite(to_invite(bytes(altered)))


@given(SEEDS, st.data())
@few
def test_a_mistyped_invitation_is_noticed(seed: bytes, data: st.DataObject) -> None:
    """One sign that is another one, or is missing."""
    invite = to_invite(sign_hub(data.draw(records(seed)), seed).envelope)
    at = data.draw(st.integers(0, len(invite) - 1))
    other = data.draw(
        st.sampled_from(["", *"abcdefghijklmnopqrstuvwxyz234567:/"]).filter(lambda one: one != invite[at])
    )
    with pytest.raises(MalformedError):
        from_invite(invite[:at] + other + invite[at + 1 :])


@given(st.text(max_size=80))
@few
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever is pasted, nothing else happens."""
    for whole in (text, f"lazpool:hub/{text}"):
        with pytest.raises(MalformedError):
            from_invite(whole)


def test_the_largest_record_fits_a_code() -> None:
    """All that a hub may say, at its longest, is within the bound of a record, and its invitation within a QR code."""
    cells = sorted({cell_at(Point(lat / 2, lon / 2), AREA_RES) for lat in range(80, 100) for lon in range(20)})
    record = HubRecord(
        bytes(8), public_key(bytes(32)), 2**39, 2**39 + MAX_DAYS * DAY_S, "n" * MAX_NAME, "o" * MAX_OPERATOR,
        "r" * MAX_RULES, tuple(cells[:MAX_AREAS]), ("a" * MAX_ADDRESS,) * MAX_ADDRESSES, MEMBERS,
    )  # fmt: skip
    signed = sign_hub(record, bytes(32))
    assert len(record.areas) == MAX_AREAS
    assert 0.9 * MAX_RECORD < len(signed.envelope) <= MAX_RECORD
    assert segno.make_qr(to_invite(signed.envelope).upper(), error="l").mode == "alphanumeric"
    assert segno.make_qr(("LAZPOOL:HUB/" + "A" * (-(-MAX_RECORD * 8 // 5))), error="l")
