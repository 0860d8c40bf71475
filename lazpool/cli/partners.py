"""Other people as one types and reads them: by the name they gave, or by the beginning of their identity."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from lazpool.cli.typed import MIN_PREFIX, short
from lazpool.errors import AmbiguousError, InvalidInputError, NotFoundError
from lazpool.store import deals

if TYPE_CHECKING:
    from lazpool.actions.desk import Desk


def partner(desk: Desk, text: str) -> bytes:
    """Return the identity of the one person whose name is `text`, or else whose name or identity begins with it."""
    known = {deal.peer: deal.peer_name for deal in deals.all_deals(desk.node) if deal.peer}
    wanted = unicodedata.normalize("NFC", text).strip()
    if not wanted:
        raise InvalidInputError("with whom?", hint="a name, or the beginning of an identity")
    found = [one for one, name in known.items() if name.casefold() == wanted.casefold()]
    found = found or [one for one, name in known.items() if name.casefold().startswith(wanted.casefold())]
    if not found and len(wanted) >= MIN_PREFIX:
        found = [one for one in known if one.hex().startswith(wanted.lower())]
    if not found:
        listed = ", ".join(sorted(who(one, known) for one in known)) or "nobody yet"
        raise NotFoundError(f"you have no deal with {wanted!r}", hint=f"known are: {listed}")
    if len(found) > 1:
        hint = f"say the identity: {', '.join(short(one) for one in found)}"
        raise AmbiguousError(f"{wanted!r} is more than one person", hint=hint)
    return found[0]


def who(identity: bytes, names: dict[bytes, str]) -> str:
    """Return what a person is called in a table."""
    return names.get(identity) or short(identity)
