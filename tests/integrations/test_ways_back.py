"""From a plan, a replay or a counterfactual one gets back to its messages; journal entries say names, not ids."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.integrations import inbox, jobs, replaying
from apps.integrations.mappings import counterfactual
from apps.integrations.searching import Filters
from tests.factories import make_company, make_person
from tests.integrations.factories import batch, make_partner, post, stored
from tests.integrations.test_replaying import correct
from tests.shipments.factories import make_order, make_package, make_shipment

pytestmark = pytest.mark.django_db


def read(person, address: str, **headers: str) -> str:
    client = Client()
    client.force_login(person)
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_plan_and_its_replay_name_their_message_and_each_other(ines):
    message = stored(post(make_partner(name="Gent 3PL"), batch("m1", "AB1", code="AT_HUB")))
    inbox.drain()
    plan = replaying.plan(ines, chosen=[message.public_id])
    replayed = replaying.carry_out(plan, by=ines)
    of_message = reverse("message", args=[message.public_id])

    assert of_message in read(ines, reverse("replay", args=[plan.public_id]))
    page = read(ines, reverse("job", args=[replayed.public_id]))

    assert of_message in page
    assert reverse("replay", args=[plan.public_id]) in page


def test_a_plan_of_a_filter_leads_to_the_messages_it_fits(ines):
    partner = make_partner(name="Gent 3PL")
    post(partner, batch("m1", "AB1", code="AT_HUB"))
    inbox.drain()
    plan = replaying.plan(ines, filters=Filters(partner=partner.slug))

    page = read(ines, reverse("replay", args=[plan.public_id]))

    assert f"{reverse('messages')}?partner={partner.slug}" in page


def test_a_counterfactual_asks_again_while_it_reads_and_names_what_its_button_does(ines, olga):
    partner = make_partner(name="Gent 3PL")
    post(partner, batch("m1", "AB1", code="AT_HUB"))
    inbox.drain()
    correct("at_hub", "delivered")
    now = timezone.now()
    job = counterfactual.start(partner, now - timedelta(days=1), now + timedelta(hours=1), by=ines)
    address = reverse("counterfactual", args=[job.public_id])
    assert "every 1s" in read(ines, address)

    jobs.run(only=job.pk)

    settled = read(ines, address, **{"HX-Request": "true"})
    assert "every 1s" not in settled
    assert "<html" not in settled
    assert "Correct 1 event<" in settled
    assert "Correct 1 event" not in read(olga, address)
    assert address in read(olga, reverse("job", args=[job.public_id]))


def test_entries_say_the_name_of_what_they_are_about_as_far_as_one_may_see_it(ines):
    mine = make_company()
    package = make_package("AB1", make_shipment(mine, make_order(mine)), carrier=None)
    message = stored(post(make_partner(name="Gent 3PL"), batch("m1", "AB1", code="AT_HUB")))
    inbox.drain()
    message.refresh_from_db()
    address = reverse("correlation", args=[message.correlation_id])

    page = read(make_person("Sees It", "integration", mine), address)
    other = read(make_person("Sees None", "integration", make_company("Other")), address)

    assert f'title="{package.public_id}">AB1</a>' in page
    assert "AB1" not in other
