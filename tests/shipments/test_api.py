"""What programs read: shipments, their events, orders; each within its scope."""

import pytest

from apps.mirror.models import Product
from apps.shipments.apply import apply
from apps.shipments.models import Event, Package
from tests.factories import make_company
from tests.shipments.factories import (
    make_order,
    make_package,
    make_shipment,
    message,
    mirrored,
    said,
)
from tests.shipments.test_depends import buy, sell

pytestmark = pytest.mark.django_db


@pytest.fixture
def shipped(company):
    """A shipment with one package on the road."""
    shipment = make_shipment(company, make_order(company, "S00042"))
    make_package("1Z999", shipment)
    apply(
        [
            message(
                said("picked_up", "2026-03-01 10:00"),
                said("in_transit", "2026-03-02 10:00", location="Gent"),
            )
        ]
    )
    return shipment


def read(client, user, url):
    client.force_login(user)
    return client.get(url)


def test_a_shipment_is_found_by_its_number_in_any_spelling(client, olga, shipped):
    body = read(client, olga, "/api/v1/shipments/?tracking_number=1z-999").json()

    assert [(row["id"], row["linked"], row["execution_status"]) for row in body["results"]] == [
        (shipped.public_id, True, "in_transit")
    ]


def test_an_unlinked_package_is_in_the_list_by_its_number_and_has_its_events(client, olga):
    apply([message(said("picked_up", "2026-03-01 10:00", "1Z555", pod={"received_by": "x"}))])
    [row] = read(client, olga, "/api/v1/shipments/?tracking_number=1Z555").json()["results"]
    events = client.get(f"/api/v1/shipments/{row['id']}/events/").json()["results"]

    assert (row["id"][:4], row["linked"]) == ("pkg_", False)
    assert [(e["milestone"], e["occurred_at"], e["exception_reason"]) for e in events] == [
        ("picked_up", "2026-03-01T10:00:00Z", None)
    ]
    assert client.get(f"/api/v1/shipments/{row['id']}/").json()["id"] == row["id"]


def test_optional_fields_are_there_only_where_they_apply(client, olga, shipped):
    [first, _] = read(client, olga, f"/api/v1/shipments/{shipped.public_id}/events/").json()[
        "results"
    ]

    assert not {"time_basis", "unmapped", "flags", "pod", "eta", "details", "voids"} & set(first)
    assert {"source", "format", "mapping_version", "received_at", "message", "package"} <= set(
        first
    )


def test_superseded_events_show_only_when_asked_for(client, olga, shipped):
    Event.objects.filter(milestone="picked_up").update(superseded_at=shipped.created_at)
    url = f"/api/v1/shipments/{shipped.public_id}/events/"

    assert [e["milestone"] for e in read(client, olga, url).json()["results"]] == ["in_transit"]
    assert [e["superseded"] for e in client.get(f"{url}?all=1").json()["results"]] == [True, False]


def test_an_order_tells_its_stage_why_and_its_shipments(client, fiona, shipped):
    body = read(client, fiona, f"/api/v1/orders/{shipped.order.public_id}/").json()

    assert (body["stage"], body["stage_why"]["rule"]) == ("in_transit", "stage.2")
    assert [row["id"] for row in body["shipments"]] == [shipped.public_id]
    assert len(client.get("/api/v1/orders/?order=S00042").json()["results"]) == 1


@pytest.mark.parametrize("what", ["shipment", "events", "order", "package"])
def test_a_stranger_gets_404_for_what_is_not_theirs(client, stranger, shipped, what):
    urls = {
        "shipment": f"shipments/{shipped.public_id}/", "events": f"shipments/{shipped.public_id}/events/",
        "order": f"orders/{shipped.order.public_id}/", "package": f"shipments/{Package.objects.get().public_id}/",
    }  # fmt: skip
    answer = read(client, stranger, f"/api/v1/{urls[what]}")

    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert client.get("/api/v1/shipments/?tracking_number=1Z999").json()["results"] == []


def test_a_source_granted_another_company_shows_its_unlinked_package_there_only(
    client, olga, stranger
):
    other = make_company("Third Inc")
    apply([message(said("picked_up", "2026-03-01 10:00", "1Z555"), company_ids=(other.id,))])

    for user in (olga, stranger):
        assert (
            read(client, user, "/api/v1/shipments/?tracking_number=1Z555").json()["results"] == []
        )


def test_finance_sees_no_unlinked_packages_and_a_customer_no_desk_api(client, fiona, customer_user):
    apply([message(said("picked_up", "2026-03-01 10:00", "1Z555"))])

    assert read(client, fiona, "/api/v1/shipments/?tracking_number=1Z555").json()["results"] == []
    assert read(client, customer_user, "/api/v1/shipments/").status_code == 403


@pytest.mark.parametrize("bad", ["nope", "shp_zz", "pkg_" + "0" * 32, "ord_x", "%00"])
def test_an_id_that_is_none_is_404_and_never_an_error(client, olga, bad):
    assert read(client, olga, f"/api/v1/shipments/{bad}/").status_code == 404
    assert (
        client.get(
            f"/api/v1/shipments/?order={bad}&tracking_number={bad}&customer={bad}"
        ).status_code
        == 200
    )


def test_nobody_signed_in_gets_401(client):
    assert client.get("/api/v1/shipments/").status_code == 401


@pytest.mark.parametrize("path", ["shipments", "orders"])
def test_fifty_rows_take_as_many_queries_as_one(
    client, olga, company, path, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def make(number):
        make_package(number, make_shipment(company, make_order(company)))

    make("1Z1")
    read(client, olga, f"/api/v1/{path}/")
    with CaptureQueriesContext(connection) as one:
        client.get(f"/api/v1/{path}/")
    for index in range(49):
        make(f"2Z{index}")
    with django_assert_num_queries(len(one)):
        assert len(client.get(f"/api/v1/{path}/").json()["results"]) == 50


def test_an_order_names_its_owner_and_what_it_waits_for(client, olga, company):
    product = mirrored(Product, name="Desk")
    order, line, _ = sell(company, product, "S1")
    supply, _ = buy(company, product, sale_line_odoo_id=line.odoo_id)

    body = read(client, olga, f"/api/v1/orders/{order.public_id}/").json()
    assert {key: body["owner"][key] for key in ("person", "name", "team", "basis")} == {
        "person": None, "name": "Operations", "team": "operations", "basis": "team",
    }  # fmt: skip
    assert [(row["supply"], row["how"], row["says"]) for row in body["supplies"]] == [
        (supply.public_id, "to_order", "Bought or made for this order")
    ]


def test_supplies_are_listed_and_tell_who_waits(client, olga, stranger, company):
    product = mirrored(Product, name="Desk")
    order, line, _ = sell(company, product, "S1")
    supply, _ = buy(company, product, sale_line_odoo_id=line.odoo_id)

    [row] = read(client, olga, "/api/v1/supplies/?kind=purchase&open=1").json()["results"]
    assert (row["id"], row["status"], row["first_expected_at"]) == (
        supply.public_id, "ordered", "2026-03-08T12:00:00Z",
    )  # fmt: skip
    assert "odoo_id" not in row["lines"][0]
    body = client.get(f"/api/v1/supplies/{supply.public_id}/").json()
    assert [one["order"] for one in body["dependents"]] == [order.public_id]
    assert client.get("/api/v1/supplies/?late=1").json()["results"] == []
    assert read(client, stranger, "/api/v1/supplies/").json()["results"] == []
    assert client.get(f"/api/v1/supplies/{supply.public_id}/").status_code == 404


def test_the_matrix_is_read_by_every_desk_and_by_no_customer(client, olga, customer_user):
    rows = read(client, olga, "/api/v1/ownership/").json()
    delivery = next(row for row in rows if row["field"] == "milestone.delivery")
    trusted = ["carrier", "driver", "aggregator", "tms", "3pl", "middleware"]
    assert (delivery["owners"], delivery["version"]) == (trusted, 1)
    assert read(client, customer_user, "/api/v1/ownership/").status_code == 403
