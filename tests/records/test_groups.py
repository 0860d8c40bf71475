"""Closed groups: invitation codes survive typing, and tags tell strangers nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazpool.errors import MalformedError
from lazpool.records.codes import small
from lazpool.records.groups import MAX_GROUP_NAME, ClosedGroup, from_code, member_tag, post_tag, to_code
from tests.records.values import NET

group_names = st.text(st.sampled_from("aZ9é€𝄞- "), min_size=1, max_size=MAX_GROUP_NAME // 4).map(str.strip).filter(bool)
closed_groups = st.builds(ClosedGroup, group_names, st.binary(min_size=16, max_size=16))
ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


@given(closed=closed_groups)
def test_a_code_leads_back(closed: ClosedGroup) -> None:
    """A code is the group again, however its letters and gaps are typed."""
    code = to_code(closed, NET)
    for typed in (code, code.upper(), code.replace("-", ""), f" {code.replace('-', ' ')}\n"):
        assert from_code(typed, NET) == closed


@given(closed=closed_groups, data=st.data())
def test_a_typing_error_is_found(closed: ClosedGroup, data: st.DataObject) -> None:
    """One wrong, missing or doubled character, or two exchanged, makes no other group."""
    digits = to_code(closed, NET).replace("-", "")
    at = data.draw(st.integers(4, len(digits) - 2))
    other = data.draw(st.sampled_from(ALPHABET).filter(lambda digit: digit != digits[at]))
    wrong = {digits[:at] + other + digits[at + 1 :], digits[:at] + digits[at + 1 :], digits[:at] + digits[at:][0] * 2}
    wrong.add(digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :])
    for typed in wrong - {digits}:
        with pytest.raises(MalformedError):
            from_code(typed, NET)


@given(text=st.text(max_size=300))
def test_any_text_is_a_code_or_an_error(text: str) -> None:
    """Whatever is typed, there is no traceback."""
    for code in (text, f"lzg1{text}"):
        with pytest.raises(MalformedError):
            from_code(code, NET)


def test_only_a_to_z_are_made_small() -> None:
    """What other languages than Python do not take for a letter of base 32 is none here, either."""
    assert small("aAzZ27-\N{KELVIN SIGN}\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}") == (
        "aazz27-\N{KELVIN SIGN}\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}"
    )


def test_tags_are_all_different() -> None:
    """Nothing repeats from post to post, from group to group, from network to network, nor from post to proposal."""
    keys, secrets = [bytes([n]) * 32 for n in range(50)], [bytes([n]) * 16 for n in range(4)]
    tags = {post_tag(secret, net, key) for secret in secrets for net in (NET, bytes(8)) for key in keys}
    tags |= {member_tag(secret, key) for secret in secrets for key in keys}
    assert len(tags) == 50 * 4 * 2 + 50 * 4
    assert {len(tag) for tag in tags} == {16}
