"""One line of the benchmark's table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A figure, what it is compared with, and the goal: a ratio at most or at least so large, or none."""

    what: str
    measured: str
    against: str = ""
    ratio: float | None = None
    at_most: float | None = None
    at_least: float | None = None

    @property
    def met(self) -> bool:
        """Tell whether the goal is met, or there is none."""
        if self.ratio is None:
            return True
        return not (
            (self.at_most is not None and self.ratio > self.at_most)
            or (self.at_least is not None and self.ratio < self.at_least)
        )

    def cells(self) -> tuple[str, ...]:
        """Return the cells of the table."""
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        goal = f"<= {self.at_most}" if self.at_most is not None else ""
        goal = f">= {self.at_least}" if self.at_least is not None else goal
        return (self.what, self.measured, self.against, ratio, goal, ("met" if self.met else "missed") if goal else "")
