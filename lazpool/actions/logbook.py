"""Our own log: what was signed is noted in the transaction that keeps it, unless the log may have gone on elsewhere."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from lazpool.errors import HaltedError, RefusedError
from lazpool.records.entries import commitment_payload, sign_entry
from lazpool.records.receipts import blind_commitment
from lazpool.rules.ledger import Head, next_entry
from lazpool.store import forks, ledger, logs, marker
from lazpool.store.marker import Marker, machine_of

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.records.entries import Entry

MAX_BEHIND = 600
"""Seconds that the clock may be behind the newest entry; clocks are corrected by less."""
_RESUME = "if it is this home that goes on: lazpool ledger resume; see docs/how-to/backup.md"


def note(desk: Desk, kind: int, identifier: bytes, blind: bytes) -> None:
    """Append an entry of that kind about a receipt or a settlement, which it shows as a commitment only.

    Raises HaltedError when this log must not be continued here.
    """
    payload = commitment_payload(blind_commitment(identifier, blind))
    add(desk, head(desk), kind, payload)


def add(desk: Desk, after: Head | None, kind: int, payload: bytes) -> Entry:
    """Sign the entry that follows `after`, store it, mark it once it is committed, and return it."""
    entry = next_entry(after, net=desk.net, log_pk=desk.device.log_pk, kind=kind, payload=payload, now=desk.second)
    ledger.add_entry(desk.node, entry, sign_entry(entry, desk.keys.log))
    desk.node.once_committed(partial(mark, desk, entry))
    return entry


def position(desk: Desk) -> tuple[int, bytes]:
    """Return number and id of the newest entry."""
    newest = head(desk)
    return newest.seq, newest.id


def head(desk: Desk) -> Head:
    """Return the newest entry for what goes on from it; RefusedError without one, HaltedError where it must not."""
    found = ledger.newest(desk.node)
    if found is None:
        raise RefusedError("this home has no log", hint="create a new home with: lazpool init", code="no-log")
    check(desk, found)
    behind = found.time - desk.second
    if behind > MAX_BEHIND:
        why = f"the clock is {behind} s behind your own last signature"
        raise HaltedError(why, hint="set the clock", code="clock-behind")
    return Head(found.seq, found.id, found.time)


def check(desk: Desk, newest: Entry) -> None:
    """Raise HaltedError unless the log is where it was left: in this home, on this machine."""
    log, kept = desk.device.log_pk, marker.read(desk.config.keys_folder)
    if newest.log_pk != log:
        raise HaltedError("node.db and the key of the log do not belong together", hint=_RESUME, code="old-copy")
    _check_unforked(desk, newest)
    if kept is None or kept.log in logs.every(desk.node):
        return  # a home from before there were marks, or a crash before the first mark of a new log
    if kept.log != log or newest.seq < kept.seq or ledger.id_at(desk.node, kept.seq) != kept.id:
        why = f"node.db is an older copy: it ends with entry {newest.seq}, and entry {kept.seq} was signed already"
        raise HaltedError(why, hint=_RESUME, code="old-copy")
    here = machine_of(log)
    if kept.machine and here and kept.machine != here:
        raise HaltedError("this home was copied from another machine", hint=_RESUME, code="other-machine")


def _check_unforked(desk: Desk, newest: Entry) -> None:
    """Raise HaltedError when somebody has seen another version of this log, or more of it than is here."""
    if forks.get(desk.node, newest.log_pk) is not None:
        why = "this log was forked: two versions of it were signed, and others know"
        raise HaltedError(why, hint=_RESUME, code="forked")
    if forks.highest_head(desk.node, newest.log_pk) > newest.seq:
        raise HaltedError("this log has gone on elsewhere: others have seen more of it", hint=_RESUME, code="old-copy")


def mark(desk: Desk, entry: Entry) -> None:
    """Keep beside the database how far the log has got; for what has committed."""
    made = Marker(entry.log_pk, entry.seq, entry.id, machine_of(entry.log_pk))
    with suppress(OSError):  # what is committed is done; a mark that is behind is made good by the next
        marker.write(desk.config.keys_folder, made)
