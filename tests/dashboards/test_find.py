"""The find box: what it finds, for whom, and what it never tells."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.dashboards.factories import as_htmx, make_world

pytestmark = pytest.mark.django_db


def found(client, words: str) -> str:
    return client.get(reverse("find"), {"q": words}, **as_htmx()).content.decode()


@pytest.fixture
def world(company):
    return make_world(company)


def test_an_order_its_shipment_and_its_case_are_found_by_the_orders_number(client, carl, world):
    client.force_login(carl)
    answer = found(client, world.order.name.lower())
    assert reverse("order", args=[world.order.public_id]) in answer
    assert reverse("case", args=[world.case.public_id]) in answer


def test_a_parcel_number_written_with_spaces_leads_to_its_shipment(client, carl, world):
    client.force_login(carl)
    number = world.package.tracking_number
    answer = found(client, f"{number[:3]} {number[3:]}")
    assert reverse("shipment", args=[world.shipment.public_id]) in answer
    assert f"parcel {number}" in answer


def test_nothing_of_another_company_is_found(client, stranger, world):
    client.force_login(stranger)
    for words in (world.order.name, world.package.tracking_number, world.case.public_id, "Azure"):
        assert "<a " not in found(client, words), words


def test_one_letter_finds_rooms_only(client, carl, world):
    client.force_login(carl)
    answer = found(client, "q")
    assert reverse("queue") in answer
    assert world.order.public_id not in answer


def test_finding_costs_the_same_for_one_and_for_many(client, carl, company, world):
    client.force_login(carl)
    found(client, "Azure")
    with CaptureQueriesContext(
        connection,
    ) as one:
        found(client, "Azure")
    for _ in range(4):
        make_world(company)
    with CaptureQueriesContext(connection) as many:
        found(client, "Azure")
    assert len(many) == len(one)


def test_without_scripts_the_box_is_a_page(client, carl, world):
    client.force_login(carl)
    page = client.get(reverse("find"), {"q": world.order.name})
    assert page.status_code == 200
    assert b"<h1>Find</h1>" in page.content
