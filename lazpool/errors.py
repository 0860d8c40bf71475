"""One error tree: each error has a stable code, an exit status and a hint.

The codes appear in `--json` output, in vectors and in logs, so they never change meaning. The exit statuses are those
of the command-line contract.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class LazpoolError(Exception):
    """Something lazpool could not do; the message says what, the hint says what to try."""

    code = "failed"
    status = 1
    hint = ""

    def __init__(self, message: str, *, hint: str = "", code: str = "") -> None:
        """Keep the message, and where given a hint or code more precise than the class's own."""
        super().__init__(message)
        self.message = message
        self.hint = hint or self.hint
        self.code = code or self.code

    def as_json(self) -> dict[str, dict[str, object]]:
        """Return the error object of the command-line contract."""
        return {"error": {"code": self.code, "message": self.message, "hint": self.hint}}


class InvalidInputError(LazpoolError):
    """What was typed is not valid."""

    code = "usage"
    status = 2


class NotRunningError(LazpoolError):
    """The node is not running."""

    code = "not-running"
    status = 3
    hint = "start it with: lazpool up"


class NotFoundError(LazpoolError):
    """Nothing has that name or id."""

    code = "not-found"
    status = 4


class AmbiguousError(NotFoundError):
    """More than one thing has that name or id; `candidates` for programs to choose among."""

    code = "ambiguous"

    def __init__(self, message: str, *, hint: str = "", candidates: Sequence[Mapping[str, object]] = ()) -> None:
        """Keep the candidates, too."""
        super().__init__(message, hint=hint)
        self.candidates = list(candidates)

    def as_json(self) -> dict[str, dict[str, object]]:
        """Return the error object, with the candidates where they are known."""
        error = super().as_json()
        return {"error": {**error["error"], "candidates": self.candidates}} if self.candidates else error


class NoHomeError(NotFoundError):
    """There is no lazpool home here yet."""

    code = "no-home"
    hint = "create one with: lazpool init"


class RefusedError(LazpoolError):
    """A rule, or the other side, refused."""

    code = "refused"
    status = 5


class UnreachableError(LazpoolError):
    """Nobody could be reached."""

    code = "unreachable"
    status = 6


class DamagedError(LazpoolError):
    """Stored data is damaged, was altered, or belongs to something else."""

    code = "damaged"
    status = 7


class BusyError(LazpoolError):
    """Another process holds the database."""

    code = "busy"
    hint = "another lazpool command is writing; try again in a moment"


class NoEngineError(LazpoolError):
    """The routing engine is not installed, or has no build for this machine."""

    code = "no-engine"
    hint = "pip install 'lazpool[roads]', with Python 3.12 or newer on 64-bit Linux; without it distances are estimated"


class NoPageError(LazpoolError):
    """What serves a hub's page is not installed."""

    code = "no-page"
    hint = "pip install 'lazpool[hub]'; without --web, and without web in [hub] of config.toml, a hub needs none of it"


class HaltedError(LazpoolError):
    """This home signs nothing: its log may go on elsewhere, or has gone on from here before, or the clock is behind."""

    code = "halted"
    status = 5
    hint = "lazpool doctor"


class UnsafeKeysError(RefusedError):
    """A key file can be read by other people."""

    code = "unsafe-keys"


class MalformedError(LazpoolError):
    """Bytes from outside are not a valid record; `layer` names the check that refused them."""

    code = "malformed"
    status = 5

    def __init__(self, layer: str, message: str) -> None:
        """Keep which layer refused: codec, shape, range, envelope, signature or seal."""
        super().__init__(message)
        self.layer = layer
