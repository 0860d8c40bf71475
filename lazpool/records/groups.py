"""Closed groups: a secret that members share, and what it lets them show to each other and to nobody else.

The format is protocol/groups.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from lazpool.errors import MalformedError
from lazpool.records import codes
from lazpool.records.shape import check_bytes, check_text, wrong
from lazpool.wire.hashing import keyed_hash

SECRET = 16
TAG = 16
MAX_GROUP_NAME = 32
_PREFIX = "lzg1"
_MAX_CODE = 256
"""Characters of an invitation code with all its spaces and hyphens; a real one has less than 120."""


@dataclass(frozen=True, slots=True)
class ClosedGroup:
    """A closed group: its name, which never leaves its members, and the secret that they share."""

    name: str
    secret: bytes

    def __post_init__(self) -> None:
        """Refuse a group that breaks the format."""
        check_bytes("secret", self.secret, SECRET)
        check_group_name(self.name)


def check_group_name(name: str) -> None:
    """Raise MalformedError unless that can be the name of a group."""
    check_text("name", name, MAX_GROUP_NAME)
    if not name or name != name.strip() or not name.isprintable():
        raise wrong("name", "empty, with spaces around it, or with signs that do not show")


def post_tag(secret: bytes, net: bytes, post_pk: bytes) -> bytes:
    """Return what a post of the group carries: only a member can tell it from random bytes, or make it."""
    return keyed_hash("lz/group/1", secret, net + post_pk, TAG)


def member_tag(secret: bytes, agreement_id: bytes) -> bytes:
    """Return what a proposal shows to a driver of the group; for these terms, and so for this passenger, alone."""
    return keyed_hash("lz/member/1", secret, agreement_id, TAG)


def check_group_tag(field: str, tag: bytes) -> None:
    """Check a field that holds a tag of a group, or nothing."""
    if type(tag) is not bytes or len(tag) not in {0, TAG}:
        raise wrong(field, f"neither empty nor {TAG} bytes")


def to_code(closed: ClosedGroup, net: bytes) -> str:
    """Return the invitation code of a group: whoever has it is a member."""
    return codes.to_code(_PREFIX, closed.secret + closed.name.encode(), net)


def from_code(code: str, net: bytes) -> ClosedGroup:
    """Return the group that a code invites to, or raise MalformedError; spaces, hyphens and capitals do not matter."""
    return _closed(codes.from_code(_PREFIX, code, net, _MAX_CODE))


def _closed(content: bytes) -> ClosedGroup:
    try:
        return ClosedGroup(content[SECRET:].decode(), content[:SECRET])
    except UnicodeDecodeError:
        raise MalformedError("codec", "the name in this code is no text") from None
