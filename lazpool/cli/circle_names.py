"""Which circle somebody means by a name or the first digits of an id, and whom in it."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from lazpool.cli.partners import partner
from lazpool.cli.typed import MIN_PREFIX, short
from lazpool.errors import AmbiguousError, InvalidInputError, NotFoundError

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk
    from lazpool.store.circles import Circle

ME = "me"
_LONG_PREFIX = 8


def circle_named(desk: Desk, text: str) -> Circle:
    """Return the circle of that name, or whose id begins so; of several the one that is not over, and the newest."""
    from lazpool.store import circles as store  # noqa: PLC0415 # H3 and keys, which help does without

    wanted, known = plain(text).casefold(), store.every(desk.node)
    found = [one for one in known if one.name.casefold() == wanted]
    found = found or [one for one in known if len(wanted) >= _LONG_PREFIX and one.id.hex().startswith(wanted)]
    if not found:
        names = ", ".join(sorted({one.name for one in known})) or "none yet"
        raise NotFoundError(f"you are in no circle {text!r}", hint=f"yours are: {names}")
    return max(found, key=lambda one: (one.state not in store.OVER, one.created, known.index(one)))


def member(desk: Desk, one: Circle, text: str) -> bytes:
    """Return the member whose name is `text`, or else whose name or identity begins with it; `me` for ourselves."""
    from lazpool.actions.circle_letters import me  # noqa: PLC0415 # the same
    from lazpool.actions.circles import members  # noqa: PLC0415 # the same

    wanted = plain(text).casefold()
    if wanted == ME:
        return me(desk, one)
    if not wanted:
        raise InvalidInputError("who?", hint="names of members, or `me`, with commas between them")
    names = members(desk, one)
    found = [key for key, name in names.items() if name.casefold() == wanted]
    found = found or [key for key, name in names.items() if name.casefold().startswith(wanted)]
    if not found and len(wanted) >= MIN_PREFIX:
        found = [key for key in names if key.hex().startswith(wanted)]
    if not found:
        hint = f"in it are: {', '.join(sorted(name or short(key) for key, name in names.items()))}"
        raise NotFoundError(f"{text.strip()!r} is not in {one.name!r}", hint=hint)
    if len(found) > 1:
        hint = f"say the identity: {', '.join(short(key) for key in found)}"
        raise AmbiguousError(f"{text.strip()!r} is more than one member", hint=hint)
    return found[0]


def present_of(desk: Desk, one: Circle, text: str | None) -> list[bytes]:
    """Return the members that a text such as `Ada,Zoe` names; without one all who have not left."""
    from lazpool.actions.circles import members  # noqa: PLC0415 # the same
    from lazpool.store import circles as store  # noqa: PLC0415 # the same

    if text is None:
        gone = {person.identity for person in store.people(desk.node, one.id) if person.state == store.GONE}
        return [identity for identity in members(desk, one) if identity not in gone]
    return list(dict.fromkeys(member(desk, one, who) for who in text.split(",")))


def known_person(desk: Desk, text: str) -> bytes:
    """Return somebody whom we shared a ride or a circle with."""
    from lazpool.store import circles as store  # noqa: PLC0415 # the same

    try:
        return partner(desk, text)
    except NotFoundError:
        for one in store.every(desk.node):
            try:
                return member(desk, one, text)
            except NotFoundError:
                continue
        raise


def plain(text: str) -> str:
    """Return a name as circles have it."""
    return unicodedata.normalize("NFC", text).strip()
