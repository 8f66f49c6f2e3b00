"""A partner from a pasted message: what it sends before its mapping holds waits, and the screens say so."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from apps.integrations import inbox, partners
from apps.integrations.mappings import reviewing
from apps.integrations.models import Mapping, Partner, Switch
from apps.shipments.models import Package
from tests.integrations.factories import post, stored
from tests.integrations.mappings.factories import handed_in

pytestmark = pytest.mark.django_db
SAMPLE = {
    "parcels": [
        {"parcelNo": "FJ1", "statusCode": "COLL", "statusText": "Collected", "statusTime": "31/12/2025 16:10"}
    ]
}  # fmt: skip
SECRET = "a shared text of some length"


def as_(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def fjord(ines) -> Partner:
    said = {
        "name": "Fjord Freight",
        "scheme": "hmac_sha256",
        "sample": json.dumps(SAMPLE),
        "secret": SECRET,
    }
    assert as_(ines).post(reverse("onboarding"), said).status_code == 200
    return Partner.objects.get(name="Fjord Freight")


def laid_out(ines, draft) -> str:
    """The layout as the page proposes it, with the format of its times left to the sample; the draft's page."""
    said = {"sample": json.dumps(SAMPLE), "entries": "parcels[]", "number": "parcelNo", "code": "statusCode",
            "time": "statusTime", "description": "statusText", "time_format": "", "step": "keep"}  # fmt: skip
    answer = as_(ines).post(reverse("mapping_layout", args=[draft.public_id]), said, follow=True)
    return answer.content.decode()


def test_what_comes_before_the_first_mapping_waits_and_is_applied_with_it(ines, olga, fjord):
    draft = Mapping.objects.get(partner=fjord)
    laid_out(ines, draft)
    answer = post(fjord, SAMPLE, secret=SECRET)
    inbox.drain()
    assert stored(answer).status == "received"
    draft.refresh_from_db()
    assert draft.layout["time_format"] == "%d/%m/%Y %H:%M"
    as_(ines).post(
        reverse("mapping_code", args=[draft.public_id]),
        {"table": "event", "code": "COLL", "milestone": "picked_up"},
    )

    reviewing.approve(handed_in(draft, ines), by=olga)
    inbox.drain()

    assert stored(answer).status == "processed"
    assert Package.objects.get(number="FJ1").milestone == "picked_up"
    fjord.refresh_from_db()
    assert fjord.switch == Switch.LIVE


def test_a_switch_that_a_person_turned_stays_when_the_mapping_comes_into_force(ines, olga, fjord):
    partners.switch_to(fjord, Switch.OFF, why="They are not ready", actor=ines.public_id)
    partners.switch_to(fjord, Switch.PAUSED, why="They test", actor=ines.public_id)
    draft = Mapping.objects.get(partner=fjord)
    laid_out(ines, draft)

    reviewing.approve(handed_in(draft, ines), by=olga)

    fjord.refresh_from_db()
    assert fjord.switch == Switch.PAUSED


def test_the_page_proposes_fields_and_shows_the_words_beside_each_code(ines, fjord):
    draft = Mapping.objects.get(partner=fjord)
    form = as_(ines).get(reverse("mapping_layout", args=[draft.public_id])).content.decode()
    for path in ("parcelNo", "statusCode", "statusTime"):
        assert f'<option value="{path}" selected>' in form

    page = laid_out(ines, draft)

    assert "Fjord Freight: mapping, version" in page
    assert "“Collected”" in page
    assert "the first of this partner" in page
    assert (
        "arrived_at_destination" not in page[page.index('id="changes"') : page.index('id="rows"')]
    )


def test_a_partner_says_that_nothing_of_it_is_read_yet(ines, olga, fjord):
    address = reverse("partner", args=[fjord.slug])
    draft = Mapping.objects.get(partner=fjord)

    waiting = as_(olga).get(address).content.decode()
    laid_out(ines, draft)
    reviewing.approve(handed_in(draft, ines), by=olga)
    read = as_(olga).get(address).content.decode()

    assert "Nothing of it is read yet" in waiting
    assert reverse("mapping", args=[draft.public_id]) in waiting
    assert "Nothing of it is read yet" not in read
    assert reverse("mapping", args=[draft.public_id]) in read
