"""The teams that every installation starts with."""

import pytest

from apps.accounts.models import Team
from apps.exceptions import seeds


@pytest.mark.django_db
def test_teams_work_on_the_configured_clock_until_they_have_their_own(settings):
    Team.objects.filter(slug="finance").update(timezone="Asia/Tokyo")
    Team.objects.filter(slug="operations").delete()
    settings.TEAM_TIMEZONE = "Europe/Brussels"

    seeds.plant()

    zones = dict(Team.objects.values_list("slug", "timezone"))
    assert zones["finance"] == "Asia/Tokyo"
    assert zones["operations"] == zones["customer-service"] == "Europe/Brussels"
