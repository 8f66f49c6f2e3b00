"""Closed periods: what may not be taken back, and the date that is used instead."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from ..errors import UserError
from ..store import Row

if TYPE_CHECKING:
    from ..env import Env

# without taxes the tax lock date touches no entry
LOCKS = (
    ("fiscalyear_lock_date", "Global Lock Date", ""),
    ("sale_lock_date", "Sales Lock Date", "out"),
    ("purchase_lock_date", "Purchase Lock date", "in_"),
    ("hard_lock_date", "Hard Lock Date", ""),
)


def violated(env: Env, row: Row) -> list[tuple[str, str]]:
    """(date, title) of the locks of the company that the date of the entry falls under."""
    company = env.row("res.company", row["company_id"])
    found = []
    for field, title, kind in LOCKS:
        until = company.get(field)
        if until and row["date"] <= until and str(row["move_type"]).startswith(kind):
            found.append((str(until), title))
    return sorted(found)


def require_open(env: Env, moves: list[int]) -> None:
    """Raises UserError if one of the posted entries stands in a closed period."""
    for move in moves:
        row = env.row("account.move", move)
        locks = violated(env, row) if row["state"] == "posted" else []
        if locks:
            told = ", ".join(f"{title} ({_shown(until)})" for until, title in locks)
            raise UserError(f"You cannot add/modify entries prior to and inclusive of: {told}.")


def _shown(day: str) -> str:
    return date.fromisoformat(day).strftime("%m/%d/%Y")


def accounting_date(env: Env, row: Row) -> str:
    """The date an entry is posted with: outside closed periods.

    What would fall into one is dated to the end of the first period after it: the year for sales,
    which are numbered by year, the month for everything else; never after today.
    """
    locks = violated(env, row)
    if not locks:
        return str(row["date"])
    first = date.fromisoformat(locks[-1][0]) + timedelta(days=1)
    today = date.fromisoformat(env.today)
    if str(row["move_type"]).startswith("out"):
        if today.year > first.year:
            return f"{first.year}-12-31"
    elif (today.year, today.month) > (first.year, first.month):
        after = first.replace(
            year=first.year + first.month // 12, month=first.month % 12 + 1, day=1
        )
        return (after - timedelta(days=1)).isoformat()
    return max(first, today).isoformat()
