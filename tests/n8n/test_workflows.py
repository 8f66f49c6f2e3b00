"""Both example workflows in a real n8n, against a running tower: in and out."""

import json
import urllib.error
import urllib.request

import pytest
from django.utils import timezone

from apps.integrations import inbox, partners
from apps.integrations.models import Delivery, Message, SubscriptionSecret
from apps.integrations.outgoing import lanes, services
from apps.integrations.partners import NewPartner
from apps.shipments.models import Event, Package
from tests.factories import make_company, make_person
from tests.integrations.outgoing.factories import due_again, goods_of, happens, subscribe

pytestmark = [pytest.mark.n8n, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _the_tower_may_call_this_machine(settings):
    settings.OUTGOING_ALLOW_PRIVATE = ["127.0.0.1"]


@pytest.fixture
def company(transactional_db):
    return make_company()


@pytest.fixture
def partner(n8n, company):
    partners.forget()
    new = NewPartner(
        name="n8n", format="canonical", secret=n8n.partner_secret, companies=(company,)
    )
    return partners.add(new)[0]


def post(url: str, body: bytes, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(
        url, body, {"Content-Type": "application/json", **headers}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def scan(number: str = "PC-1", **more: str) -> bytes:
    told = {"scan_id": "s-1", "parcel": number, "at": "2026-03-10T09:00:00Z", "status": "DONE"}
    return json.dumps({**told, "depot": "Gent ü", **more}).encode()


def test_a_partner_s_webhook_becomes_an_event_of_the_tower_once(n8n, partner):
    door = f"{n8n.url}/webhook/parcel-co"
    status, said = post(door, scan())
    assert (status, json.loads(said)["status"]) == (202, "received"), said
    again, said = post(door, scan())
    assert (again, json.loads(said)["status"]) == (200, "duplicate"), said
    inbox.drain()

    assert Message.objects.get().status == "processed"
    assert Event.objects.get().milestone == "delivered"
    assert Package.objects.get().tracking_number == "PC-1"


def test_a_webhook_in_other_words_is_refused_to_the_partner(n8n, partner):
    status, said = post(f"{n8n.url}/webhook/parcel-co", scan(status="WHATEVER"))
    assert status == 422
    assert "status" in said
    assert not Message.objects.exists()


def test_what_the_tower_refuses_the_partner_hears(n8n, transactional_db):
    """No such partner in the tower: n8n says so instead of swallowing it."""
    partners.forget()
    status, said = post(f"{n8n.url}/webhook/parcel-co", scan())
    assert status == 404
    assert json.loads(said)["reason"] == "unknown_partner"


def test_an_event_of_a_subscription_is_verified_and_becomes_a_message(n8n, company, settle):
    row = _subscribed(n8n, company)
    shipment = goods_of(None, company)
    happens("shipment.delivered", shipment)
    settle()
    n8n.messages.got.clear()
    assert lanes.work_lane(row.pk) == 1

    (message,) = n8n.messages.got
    assert message.event["text"].startswith("Delivered: ")
    assert shipment.reference in message.event["text"]
    assert message.headers["x-event-id"] == Delivery.objects.get().public_id


def test_while_the_message_cannot_be_written_the_tower_tries_again(n8n, company, settle):
    row = _subscribed(n8n, company)
    happens("shipment.delivered", goods_of(None, company))
    settle()
    n8n.messages.says(500)
    assert lanes.work_lane(row.pk) == 0
    assert Delivery.objects.get().http_status == 503

    n8n.messages.says(200)
    due_again(row)
    assert lanes.work_lane(row.pk) == 1


def test_nobody_else_writes_a_message(n8n):
    n8n.messages.got.clear()
    event = json.dumps({"type": "shipment.delivered", "data": {"reference": "forged"}}).encode()
    assert post(f"{n8n.url}/webhook/tower-events", event)[0] == 401
    forged = {
        "webhook-id": "dlv_1",
        "webhook-timestamp": str(int(timezone.now().timestamp())),
        "webhook-signature": "v1,Zm9yZ2Vk",
    }
    assert post(f"{n8n.url}/webhook/tower-events", event, **forged)[0] == 401
    assert n8n.messages.got == []


def test_a_ping_is_taken_and_writes_nothing(n8n, company):
    row = _subscribed(n8n, company)
    n8n.messages.got.clear()
    services.ping(row, by=row.owner, now=timezone.now())
    assert lanes.work_lane(row.pk) == 1
    assert n8n.messages.got == []


def _subscribed(n8n, company):
    """A subscription with the secret that n8n was started with."""
    owner = make_person("Ines Integration", "integration", company)
    kinds = ("shipment.delivered",)
    row, _ = subscribe(owner, f"{n8n.url}/webhook/tower-events", kinds=kinds)
    SubscriptionSecret.objects.update(sealed=partners.seal(n8n.subscription_secret))
    return row
