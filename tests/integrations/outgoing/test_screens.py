"""The screens of subscriptions: who sees what, with how many queries, and what each form does."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.integrations.models import Delivery, Subscription
from apps.integrations.outgoing import lanes
from tests.factories import make_company, make_customer, make_person
from tests.integrations.outgoing.factories import goods_of, happens, subscribe

pytestmark = pytest.mark.django_db
LIST = "/integrations/subscriptions/"


def as_(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def row(company, ines, receiver, settle) -> Subscription:
    row, _ = subscribe(ines, receiver.url, name="Our CRM")
    happens("shipment.delivered", goods_of(None, company))
    settle()
    return row


def test_a_new_subscription_shows_its_secret_once_and_never_again(ines, receiver):
    client = as_(ines)
    asked = {
        "name": "Our CRM",
        "url": receiver.url,
        "audience": "tower",
        "kinds": ["shipment.delivered"],
    }
    page = client.post(f"{LIST}new/", asked)

    row = Subscription.objects.get()
    assert (row.name, row.kinds, row.owner) == ("Our CRM", ["shipment.delivered"], ines)
    assert page.content.decode().count("whsec_") == 1
    assert "no-store" in page["Cache-Control"]
    for url in (LIST, f"{LIST}{row.public_id}/", f"{LIST}{row.public_id}/edit/"):
        assert "whsec_" not in client.get(url).content.decode()


def test_an_address_inside_the_network_is_refused_on_the_form_which_keeps_what_was_typed(
    ines, settings
):
    settings.OUTGOING_ALLOW_PRIVATE = []
    page = as_(ines).post(
        f"{LIST}new/", {"name": "Mine", "url": "https://10.0.0.1/", "audience": "tower"}
    )
    assert page.status_code == 400
    assert "inside a network" in page.content.decode()
    assert 'value="Mine"' in page.content.decode()


def test_the_list_says_what_waits_and_what_is_dead(row, ines):
    Delivery.objects.update(state="dead")
    page = as_(ines).get(LIST).content.decode()
    assert "Our CRM" in page
    assert f"{row.public_id}/?state=dead" in page


def test_the_list_takes_as_many_queries_for_fifty_as_for_one(row, ines, receiver):
    client = as_(ines)
    client.get(LIST)
    with CaptureQueriesContext(
        connection,
    ) as one:
        client.get(LIST)
    for number in range(2, 50):
        subscribe(ines, receiver.url, name=f"No {number}")
    with CaptureQueriesContext(connection) as fifty:
        client.get(LIST)
    assert len(fifty) <= len(one)


def test_operations_sees_and_does_not_change(row, olga):
    client = as_(olga)
    page = client.get(f"{LIST}{row.public_id}/").content.decode()
    assert "shipment.delivered" in page
    assert "New secret" not in page
    assert client.post(f"{LIST}{row.public_id}/pause/").status_code == 403
    assert client.get(f"{LIST}new/").status_code == 403


def test_people_of_another_company_get_404(row):
    other = make_person("Otto Other", "integration", make_company("Elsewhere Inc"))
    delivery = Delivery.objects.get()
    for url in (
        f"{LIST}{row.public_id}/",
        f"{LIST}{row.public_id}/deliveries/{delivery.public_id}/",
    ):
        assert as_(other).get(url).status_code == 404
    assert as_(other).post(f"{LIST}{row.public_id}/ping/").status_code == 404
    assert "Our CRM" not in as_(other).get(LIST).content.decode()


def test_what_a_person_has_no_right_to_read_is_not_shown_among_the_deliveries(
    company, receiver, settle, ines
):
    """The owner is of integration and of finance; who looks is of integration only."""
    from django.contrib.auth.models import Group

    both = make_person("Bo Both", "integration", company)
    both.groups.add(Group.objects.get(name="finance"))
    row, _ = subscribe(both, receiver.url)
    shipment = goods_of(None, company)
    happens("hold.placed", shipment, reason="missing_proof", state="placed")
    happens("shipment.delivered", shipment)
    settle()

    assert Delivery.objects.filter(subscription=row).count() == 2
    page = as_(ines).get(f"{LIST}{row.public_id}/").content.decode()
    held = Delivery.objects.get(kind="hold.placed")
    assert held.public_id not in page
    assert as_(ines).get(f"{LIST}{row.public_id}/deliveries/{held.public_id}/").status_code == 404
    assert as_(both).get(f"{LIST}{row.public_id}/deliveries/{held.public_id}/").status_code == 200


def test_the_delivery_page_shows_payload_tries_and_answer_and_sends_again(row, ines, receiver):
    receiver.says(500, b"<b>out of order</b>")
    lanes.work_lane(row.pk)
    Delivery.objects.update(state="dead", ended_at=timezone.now())
    delivery = Delivery.objects.get()
    client, url = as_(ines), f"{LIST}{row.public_id}/deliveries/{delivery.public_id}/"
    page = client.get(url).content.decode()
    assert "&lt;b&gt;out of order&lt;/b&gt;" in page, "a receiver's words are shown as text"
    assert "shipment.delivered" in page
    assert delivery.entry in page

    receiver.says(200)
    client.post(f"{url}replay/")
    Subscription.objects.update(rest_until=None)
    lanes.work_lane(row.pk)
    delivery.refresh_from_db()
    assert delivery.state == "sent"


def test_a_range_is_shown_first_and_sent_when_one_is_sure(row, ines, receiver):
    lanes.work_lane(row.pk)
    now = timezone.now()
    asked = {
        "begins": (now - timedelta(hours=1)).isoformat(),
        "ends": (now + timedelta(hours=1)).isoformat(),
        "what": "all",
    }
    client, url = as_(ines), f"{LIST}{row.public_id}/replay/"
    assert "<b>1</b> event again" in client.post(url, asked).content.decode()
    assert Delivery.objects.get().state == "sent"
    client.post(url, {**asked, "sure": "1"})
    lanes.work_lane(row.pk)
    assert len(receiver.got) == 2
    assert client.post(url, {**asked, "begins": "yesterday"}).status_code == 400


def test_pause_resume_ping_secret_change_and_remove(row, ines, receiver):
    client, url = as_(ines), f"{LIST}{row.public_id}/"
    client.post(f"{url}pause/")
    row.refresh_from_db()
    assert row.state == "paused"
    client.post(f"{url}resume/")
    client.post(f"{url}ping/")
    assert Delivery.objects.filter(kind="ping").count() == 1
    assert "whsec_" in client.post(f"{url}secret/", {"overlap_h": "1"}).content.decode()
    assert row.secrets.count() == 2
    client.post(f"{url}edit/", {"name": "New name", "url": receiver.url, "audience": "tower"})
    row.refresh_from_db()
    assert (row.state, row.name) == ("active", "New name")
    assert client.post(f"{url}nonsense/").status_code == 404
    client.post(f"{url}remove/")
    assert not Subscription.objects.exists()


def test_a_customer_s_own_subscription_is_not_the_desk_s_page(company):
    cora = make_person("Cora Customer", "customer", company, make_customer(company))
    assert as_(cora).get(LIST).status_code == 403
