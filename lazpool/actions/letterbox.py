"""A hub's letterbox: it holds sealed letters for tags that somebody opened, within quotas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazpool.records.mail import (
    BATCH,
    FULL,
    NOT_YOURS,
    OK,
    UNKNOWN_TAG,
    Acknowledge,
    Fetch,
    Open,
    Put,
    check_open,
    letter_key,
)
from lazpool.store import letterbox

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk

MAX_TAGS = 100_000
MAX_TAGS_OF_OWNER = 1024
MAX_LETTERS_OF_TAG = 64
MAX_BYTES_A_DAY = 1 << 20
MAX_BYTES = 512 << 20
"""Quotas: tags in all and of one owner; letters of one tag; bytes of one depositor a day, and in all."""
LIFETIME = 14 * 24 * 60
MAX_OPEN = 200 * 24 * 60
"""Minutes that a letter is held, and that a tag stays open, at most."""
_DAY = 24 * 60


def open_tag(desk: Desk, owner: bytes, frame: Open) -> int:
    """Hold letters for a tag whose key signed for this hub and this owner; returns a status of the mail protocol."""
    check_open(frame, letterbox=desk.node_pk, owner=owner, net=desk.net)
    with desk.board.transaction():
        known = letterbox.owner_of(desk.board, frame.tag) == owner
        if not known and letterbox.tags_of(desk.board, owner) >= MAX_TAGS_OF_OWNER:
            return FULL
        if not known and letterbox.count_tags(desk.board) >= MAX_TAGS:
            return FULL
        until = min(frame.until, desk.minute + MAX_OPEN)
        if not known or letterbox.until_of(desk.board, frame.tag) != until:
            letterbox.open_tag(desk.board, frame.tag, owner, until)
    return OK


def deposit(desk: Desk, depositor: bytes, frame: Put) -> int:
    """Hold a letter; the same sealed bytes are held once for a tag."""
    identifier = letter_key(frame.letter)
    with desk.board.transaction():
        if letterbox.owner_of(desk.board, frame.tag) is None:
            return UNKNOWN_TAG
        if letterbox.is_held(desk.board, frame.tag, identifier):
            return OK
        if _is_full(desk, depositor, frame):
            return FULL
        letterbox.hold(
            desk.board, identifier, tag=frame.tag, depositor=depositor, letter=frame.letter,
            now=desk.minute, expires=desk.minute + LIFETIME,
        )  # fmt: skip
    return OK


def fetch(desk: Desk, owner: bytes, frame: Fetch) -> tuple[int, tuple[bytes, ...]]:
    """Return the oldest letters of a tag to the node that opened it."""
    if letterbox.owner_of(desk.board, frame.tag) != owner:
        return NOT_YOURS, ()
    return OK, letterbox.letters(desk.board, frame.tag, BATCH)


def acknowledge(desk: Desk, owner: bytes, frame: Acknowledge) -> int:
    """Forget letters that their owner has stored."""
    if letterbox.owner_of(desk.board, frame.tag) != owner:
        return NOT_YOURS
    with desk.board.transaction():
        letterbox.forget(desk.board, frame.tag, frame.letters)
    return OK


def _is_full(desk: Desk, depositor: bytes, frame: Put) -> bool:
    size = len(frame.letter)
    return (
        letterbox.held_for(desk.board, frame.tag) >= MAX_LETTERS_OF_TAG
        or letterbox.bytes_from(desk.board, depositor, desk.minute - _DAY) + size > MAX_BYTES_A_DAY
        or letterbox.bytes_held(desk.board) + size > min(MAX_BYTES, desk.config.hub.letters_mb << 20)
    )
