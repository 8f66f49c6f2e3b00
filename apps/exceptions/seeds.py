"""The teams that every installation starts with; hours and zone are theirs to change and never overwritten."""

from __future__ import annotations

from typing import Any

from django.conf import settings

_WEEK = "12345"
TEAMS: tuple[dict[str, Any], ...] = (
    {
        "slug": "customer-service",
        "name": "Customer service",
        "hours": {day: [["08:00", "18:00"]] for day in _WEEK} | {"6": [["08:00", "16:00"]]},
    },
    {"slug": "finance", "name": "Finance", "hours": {day: [["08:00", "17:30"]] for day in _WEEK}},
    {
        "slug": "operations",
        "name": "Operations",
        "hours": {day: [["06:00", "22:00"]] for day in _WEEK + "6"},
    },
    {"slug": "integration", "name": "Integration", "hours": {}},
    {"slug": "quality", "name": "Quality", "hours": {day: [["06:00", "18:00"]] for day in _WEEK}},
)


def plant(**_: object) -> None:
    """Add the teams that are missing; those still at UTC work on TEAM_TIMEZONE. Safe to run after every migration."""
    from apps.accounts.models import Team

    for team in TEAMS:
        Team.objects.get_or_create(
            slug=team["slug"],
            defaults={"name": team["name"], "hours": team["hours"]},
        )
    Team.objects.filter(timezone="UTC").update(timezone=settings.TEAM_TIMEZONE)
