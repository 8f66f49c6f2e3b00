"""A case's clock on its team's calendar (PRODUCT.md R161)."""

from __future__ import annotations

from datetime import datetime, timedelta

from apps.accounts import clock
from apps.accounts.models import Team
from apps.exceptions.models import Case


def calendar_of(team: Team) -> clock.Calendar:
    """When the team works."""
    return clock.calendar(team.timezone, team.hours, team.holidays)


def due(team: Team, start: datetime, working_min: int) -> datetime:
    """The instant `working_min` working minutes after `start`."""
    return clock.add(calendar_of(team), start, timedelta(minutes=working_min))


def pause(case: Case, now: datetime) -> None:
    """Stop the clock and keep what is left; less than nothing when it has run out."""
    if case.clock_left_min is None:
        case.clock_left_min = clock.minutes(clock.between(calendar_of(case.team), now, case.due_at))


def go_on(case: Case, now: datetime) -> None:
    """Let the clock run again with what was left; one that had run out stays where it ran out."""
    left = case.clock_left_min
    if left is not None and left > 0:
        case.due_at = due(case.team, now, left)
    case.clock_left_min = None
