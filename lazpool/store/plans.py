"""Plans and what became of each of their dates, in node.db. They never leave this machine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from typing import TYPE_CHECKING

from lazpool.rules.plans import Schedule

if TYPE_CHECKING:
    import sqlite3

    from lazpool.store.database import Store

PUBLISHED, SKIPPED, REFUSED = "published", "skipped", "refused"


@dataclass(frozen=True, slots=True)
class Plan:
    """A commute said once. kind: of its posts. trip: JSON of what was typed. created: minutes."""

    id: bytes
    kind: int
    trip: str
    schedule: Schedule
    created: int


@dataclass(frozen=True, slots=True)
class PlanDate:
    """What became of one leg on one date. post: the newest post for it, empty for none. reason: why it was refused."""

    plan: bytes
    leg: int
    day: date
    post: bytes
    state: str
    reason: str = ""


def add(db: Store, plan: Plan) -> None:
    """Store a new plan."""
    when = plan.schedule
    days = ",".join(str(day) for day in sorted(when.days))
    wall = (when.out.isoformat("minutes"), when.back.isoformat("minutes") if when.back else "")
    until = when.until.isoformat() if when.until else ""
    values = (plan.id, plan.kind, plan.trip, days, when.first.isoformat(), until, *wall, when.zone, plan.created)
    db.execute("INSERT INTO plans VALUES (?,?,?,?,?,?,?,?,?,?)", values)


def plans(db: Store) -> list[Plan]:
    """Return every plan, oldest first."""
    return [_plan(row) for row in db.all("SELECT * FROM plans ORDER BY created, rowid")]


def plan(db: Store, identifier: bytes) -> Plan | None:
    """Return one plan."""
    row = db.one("SELECT * FROM plans WHERE id=?", (identifier,))
    return _plan(row) if row else None


def remove(db: Store, identifier: bytes) -> None:
    """Forget a plan and its dates."""
    db.execute("DELETE FROM plan_dates WHERE plan=?", (identifier,))
    db.execute("DELETE FROM plans WHERE id=?", (identifier,))


def dates(db: Store, identifier: bytes) -> dict[tuple[int, date], PlanDate]:
    """Return what became of the dates of a plan, by leg and date."""
    found = [_date(row) for row in db.all("SELECT * FROM plan_dates WHERE plan=?", (identifier,))]
    return {(one.leg, one.day): one for one in found}


def of_post(db: Store, post: bytes) -> PlanDate | None:
    """Return the date that a post was published for, if it was by a plan."""
    row = db.one("SELECT * FROM plan_dates WHERE post=?", (post,))
    return _date(row) if row else None


def put_date(db: Store, one: PlanDate) -> None:
    """Note what became of a leg on a date, in place of what was noted before."""
    values = (one.plan, one.leg, one.day.isoformat(), one.post, one.state, one.reason)
    db.execute("INSERT OR REPLACE INTO plan_dates VALUES (?,?,?,?,?,?)", values)


def move_date(db: Store, old: bytes, new: bytes) -> None:
    """Note that another post is for the same date, if that is one of a plan."""
    db.execute("UPDATE plan_dates SET post=? WHERE post=?", (new, old))


def drop_date(db: Store, one: PlanDate) -> None:
    """Forget what became of a leg on a date; it is published again."""
    db.execute("DELETE FROM plan_dates WHERE plan=? AND leg=? AND date=?", (one.plan, one.leg, one.day.isoformat()))


def drop_before(db: Store, day: date) -> None:
    """Forget what became of dates long past."""
    db.execute("DELETE FROM plan_dates WHERE date<?", (day.isoformat(),))


def _plan(row: sqlite3.Row) -> Plan:
    until = date.fromisoformat(row["until"]) if row["until"] else None
    back = time.fromisoformat(row["back"]) if row["back"] else None
    days = frozenset(int(day) for day in row["days"].split(","))
    out = time.fromisoformat(row["out"])
    schedule = Schedule(days, date.fromisoformat(row["first"]), until, out, back, row["zone"])
    return Plan(row["id"], row["kind"], row["trip"], schedule, row["created"])


def _date(row: sqlite3.Row) -> PlanDate:
    day = date.fromisoformat(row["date"])
    return PlanDate(row["plan"], row["leg"], day, row["post"], row["state"], row["reason"])
