"""What one look at something found, for people and for programs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from lazpool.errors import DamagedError, LazpoolError, MalformedError

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Check:
    """What one look found. detail: in words. hint: what to do, where something is wrong. status: of the exit, then."""

    name: str
    ok: bool
    detail: str
    hint: str = ""
    status: int = 0


def fault(name: str, wrong: LazpoolError) -> Check:
    """Return what an error says of what was looked at."""
    return Check(name, ok=False, detail=wrong.message, hint=wrong.hint, status=wrong.status)


def look(name: str, find: Callable[[], str]) -> Check:
    """Look at something; an error that is found there is what was found."""
    try:
        return Check(name, ok=True, detail=find())
    except MalformedError as wrong:
        return look(name, partial(_damaged, wrong))
    except LazpoolError as wrong:
        return fault(name, wrong)
    except OSError as wrong:
        return Check(name, ok=False, detail=str(wrong), hint="check the disk and the folder's permissions", status=1)


def _damaged(wrong: MalformedError) -> str:
    raise DamagedError(f"stored data is damaged: {wrong.message}", hint="lazpool ledger verify")
