"""The API of subscriptions, by token: what a customer's program and an integration owner's may do for themselves."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import ApiClient
from apps.integrations.models import Delivery, Subscription
from apps.integrations.outgoing import lanes
from tests.factories import make_customer, make_person
from tests.integrations.outgoing.factories import goods_of, happens
from tests.shipments.factories import make_package

pytestmark = pytest.mark.django_db
BASE = "/api/v1/subscriptions/"


class Program:
    """A program with a token."""

    def __init__(self, person) -> None:
        made = ApiClient.objects.create(name="n8n", acts_as=person)
        self.headers = {"Authorization": f"Bearer {made.issue_token()}"}
        self.client = Client()

    def __call__(self, method: str, path: str, body=None):
        return self.client.generic(
            method, path, "" if body is None else json.dumps(body),
            content_type="application/json", headers=self.headers,
        )  # fmt: skip


@pytest.fixture
def azure(company):
    return make_customer(company)


@pytest.fixture
def cora(company, azure):
    """A customer's program."""
    return Program(make_person("Cora Customer", "customer", company, azure))


@pytest.fixture
def owner(ines):
    return Program(ines)


def test_a_program_subscribes_is_told_and_looks_after_itself(
    cora, azure, company, receiver, settle
):
    made = cora("POST", BASE, {"name": "Our portal", "url": receiver.url})
    assert made.status_code == 201, made.content
    told = made.json()
    assert (told["audience"], told["state"]) == ("customer", "active")
    assert "no-store" in made["Cache-Control"]
    Subscription.objects.update(created_at=timezone.now() - timedelta(hours=1))
    happens("shipment.delivered", goods_of(azure, company))
    settle()
    row = Subscription.objects.get()
    lanes.work_lane(row.pk)
    assert receiver.got[0].verify(told["secret"])["data"]["words"] == "On its way"

    one = f"{BASE}{told['id']}/"
    assert "secret" not in cora("GET", one).json()
    assert [row["id"] for row in cora("GET", BASE).json()] == [told["id"]]
    (sent,) = cora("GET", f"{one}deliveries/").json()["results"]
    detail = cora("GET", f"{one}deliveries/{sent['id']}/").json()
    assert detail["tries"][0]["outcome"] == "sent"
    assert detail["payload"] == receiver.got[0].body.decode()
    assert cora("POST", f"{one}deliveries/{sent['id']}/replay/").json() == {"replayed": True}
    assert cora("POST", f"{one}pause/").json()["state"] == "paused"
    assert cora("POST", f"{one}resume/").json()["state"] == "active"
    assert cora("POST", f"{one}ping/").status_code == 202
    assert cora("POST", f"{one}secret/", {"overlap_h": 1}).json()["secret"].startswith("whsec_")
    assert cora("PATCH", one, {"name": "Renamed"}).json()["name"] == "Renamed"
    assert cora("DELETE", one).status_code == 204
    assert not Subscription.objects.exists()


def test_a_range_is_replayed_by_the_subscriber_after_a_dry_run(owner, company, receiver, settle):
    told = owner(
        "POST", BASE, {"name": "n8n", "url": receiver.url, "kinds": ["shipment.delivered"]}
    ).json()
    Subscription.objects.update(created_at=timezone.now() - timedelta(hours=1))
    happens("shipment.delivered", goods_of(None, company))
    settle()
    row = Subscription.objects.get()
    lanes.work_lane(row.pk)
    now = timezone.now()
    asked = {
        "begins": (now - timedelta(hours=1)).isoformat(),
        "ends": (now + timedelta(hours=1)).isoformat(),
    }
    url = f"{BASE}{told['id']}/replay/"
    dry = owner("POST", url, {**asked, "dry_run": True})
    assert (dry.status_code, dry.json()["again"]) == (200, 1)
    assert Delivery.objects.get().state == "sent"
    assert owner("POST", url, asked).status_code == 202
    assert Delivery.objects.get().state == "waiting"
    wrong = owner("POST", url, {"begins": asked["ends"], "ends": asked["begins"]})
    assert wrong.status_code == 400
    assert wrong["Content-Type"] == "application/problem+json"


def test_one_customer_s_program_does_not_see_another_s(cora, company, receiver):
    other = Program(make_person("Otto Other", "customer", company, make_customer(company, "Other")))
    told = cora("POST", BASE, {"name": "Ours", "url": receiver.url}).json()
    one = f"{BASE}{told['id']}/"
    assert other("GET", BASE).json() == []
    for method, path in (
        ("GET", one), ("PATCH", one), ("DELETE", one), ("POST", f"{one}ping/"), ("POST", f"{one}secret/"),
        ("POST", f"{one}replay/"), ("GET", f"{one}deliveries/"),
    ):  # fmt: skip
        assert other(method, path, {}).status_code == 404, path


def test_what_cannot_be_is_said_with_its_field(cora, owner, azure, receiver):
    for body, field in (
        ({"name": "x", "url": "https://10.1.1.1/"}, "url"),
        ({"name": "", "url": receiver.url}, "name"),
        ({"name": "x", "url": receiver.url, "kinds": ["no.such"]}, "kinds"),
        ({"name": "x", "url": receiver.url, "companies": ["com_" + "0" * 32]}, "companies"),
        ({"name": "x", "url": receiver.url, "version": 2}, "version"),
    ):
        answer = owner("POST", BASE, body)
        assert answer.status_code == 400, body
        assert field in answer.json()["errors"]
    customers = owner(
        "POST", BASE, {"name": "x", "url": receiver.url, "audience": "customer", "customers": [azure.public_id]}
    )  # fmt: skip
    assert customers.status_code == 201
    assert (
        owner("POST", BASE, {"name": "x", "url": receiver.url, "audience": "customer"}).status_code
        == 400
    )
    kinds = {row["kind"] for row in cora("GET", "/api/v1/event-kinds/").json()}
    assert kinds == {
        "shipment.changed", "shipment.delayed", "shipment.delivery_attempted", "shipment.delivered", "shipment.dispatched",
    }  # fmt: skip


def test_the_status_answers_a_customer_s_token_with_the_simplified_state_and_the_eta(
    cora, azure, company, owner
):
    """R44."""
    mine = goods_of(azure, company, eta="2026-03-04", customer_status="on_the_way")
    make_package("1Z999", mine)
    theirs = goods_of(make_customer(company, "Other"), company)
    goods_of(azure, company, kind="incoming")

    page = cora("GET", "/api/v1/status/").json()
    assert [row["id"] for row in page["results"]] == [mine.public_id]
    row = cora("GET", f"/api/v1/status/{mine.public_id}/").json()
    assert (row["status"], row["words"], row["eta"]) == ("on_the_way", "On its way", "2026-03-04")
    assert row["tracking"] == [{"number": "1Z999", "carrier": "UPS"}]
    assert cora("GET", f"/api/v1/status/{theirs.public_id}/").status_code == 404
    assert cora("GET", "/api/v1/status/?tracking_number=1z 999").json()["results"]
    assert cora("GET", "/api/v1/status/?order=PO-77").json()["results"]
    assert cora("GET", "/api/v1/status/?order=%00").status_code == 200
    assert owner("GET", "/api/v1/status/").status_code == 403


def test_a_customer_without_a_grant_gets_no_status(company):
    goods_of(None, company)
    nobody = Program(make_person("Nora Nobody", "customer", company))
    assert nobody("GET", "/api/v1/status/").json()["results"] == []
