"""An earlier version of a mapping comes back in one action, with its impact shown before (R257)."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.integrations import inbox, mappings
from apps.integrations.models import Mapping
from tests.integrations.factories import batch, make_partner, post
from tests.integrations.mappings.factories import in_force, row

pytestmark = pytest.mark.django_db


def as_(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_the_page_shows_rows_and_past_events_that_would_differ_and_brings_it_back_at_once(
    ines, olga, carl
):
    partner = make_partner("tpl_generic", "Gent 3PL")
    wrong = in_force(ines, olga, row("tpl_generic", "AT_HUB", "delivered"))
    post(partner, batch("m1", "AB1", "AB2", code="AT_HUB"))
    post(partner, batch("m2", "AB3", code="in_transit"))
    inbox.drain()
    first = Mapping.objects.get(format="tpl_generic", version=1)
    address = reverse("mapping_revert", args=[first.public_id])

    shown = as_(olga).get(address).content.decode()

    assert "Rows that differ <small>1</small>" in shown
    assert "AT_HUB" in shown
    assert "<b>2 would differ</b>" in shown
    assert "AB1" in shown
    assert "AB3" not in shown
    assert as_(carl).get(address).status_code == 403
    unsaid = as_(olga).post(address, {"why": " "})
    assert unsaid.status_code == 409
    assert 'id="why_error" role="alert">Say why.' in unsaid.content.decode()
    assert "of 3PL batch</h1>" in shown
    assert Mapping.objects.filter(state="active", format="tpl_generic").latest("version") == wrong

    done = as_(olga).post(address, {"why": "AT_HUB is no delivery"})

    made = Mapping.objects.filter(format="tpl_generic").latest("version")
    assert done["Location"] == reverse("mapping", args=[made.public_id])
    assert (made.version, made.state) == (wrong.version + 1, "active")
    code = mappings.read_codes(made).find("tpl_generic", "AT_HUB")
    assert code is not None
    assert code.milestone == "arrived_at_facility"
