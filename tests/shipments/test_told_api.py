"""Packages, events, documents, carriers' invoices and exceptions as lists of their own (R221), with their goods (R227)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.mirror.models import Picking
from apps.shipments import documents
from apps.shipments.apply import apply
from apps.shipments.models import Event, Package, Report
from tests.factories import make_company, make_person, make_warehouse
from tests.shipments.factories import (
    at,
    make_order,
    make_package,
    make_shipment,
    message,
    mirrored,
    said,
)

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7 signed"


@pytest.fixture
def shipped(company):
    """An urgent shipment worth something, promised to somebody, with one parcel on the road."""
    order = make_order(company, "S00042", customer_name="Azure Interior")
    shipment = make_shipment(
        company, order, customer_name="Azure Interior", deadline_at=at("2026-03-05 16:00"), value="120.50",
        currency="EUR",
    )  # fmt: skip
    mirrored(
        Picking, shipment.picking_odoo_id, name=shipment.reference, state="done", kind="outgoing", priority="1",
        company=company,
    )  # fmt: skip
    make_package("1Z999", shipment)
    apply(
        [
            message(said("picked_up", "2026-03-01 10:00", "1Z999"), source="ups"),
            message(said("delivered", "2026-03-02 10:00", "1Z999"), source="ups"),
            message(said("picked_up", "2026-03-02 11:00", "1Z555"), source="dhl", carrier="dhl"),
        ]
    )
    return shipment


def rows(client, user, url):
    client.force_login(user)
    answer = client.get(url)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def test_an_event_says_whose_goods_it_is_about_promised_when_worth_what_and_how_urgent(
    client, olga, shipped
):
    first, *_ = rows(client, olga, "/api/v1/events/?milestone=delivered")
    about = [
        {
            "shipment": shipped.public_id, "reference": shipped.reference, "order": shipped.order.public_id,
            "order_name": "S00042", "customer": "Azure Interior", "promise_at": "2026-03-05T16:00:00Z",
            "value": "120.5000", "currency": "EUR", "priority": "urgent",
        }
    ]  # fmt: skip
    assert first["about"] == about
    assert client.get(f"/api/v1/events/{first['id']}/").json()["about"] == about
    [parcel] = client.get("/api/v1/packages/?tracking_number=1z 999").json()["results"]
    assert (parcel["status"], parcel["about"]) == ("delivered", about)


def test_events_come_last_told_first_and_are_narrowed_by_what_is_asked(client, olga, shipped):
    url = "/api/v1/events/"
    assert [row["tracking_number"] for row in rows(client, olga, url)] == [
        "1Z555",
        "1Z999",
        "1Z999",
    ]
    told = Event.objects.get(milestone="delivered")
    for query, count in (
        ("source=dhl", 1), (f"shipment={shipped.public_id}", 2), ("tracking_number=1Z-999", 2),
        (f"package={told.package.public_id}", 2), (f"message={told.message_ref}", 1),
        ("milestone=picked_up", 2), ("milestone=nothing", 0), ("shipment=shp_x", 0), ("source=%00", 3),
    ):  # fmt: skip
        assert len(rows(client, olga, f"{url}?{query}")) == count, query
    Event.objects.filter(pk=told.pk).update(superseded_at=timezone.now())
    assert len(rows(client, olga, url)) == 2
    assert len(rows(client, olga, f"{url}?all=1")) == 3


def test_a_package_nobody_linked_is_in_the_list_and_is_about_nothing(client, olga, shipped):
    [loose] = rows(client, olga, "/api/v1/packages/?linked=0")
    assert (loose["tracking_number"], loose["about"]) == ("1Z555", [])
    [linked] = rows(client, olga, "/api/v1/packages/?linked=1")
    told = client.get(f"/api/v1/packages/{linked['id']}/events/").json()["results"]
    assert [(row["milestone"], row["about"][0]["priority"]) for row in told] == [
        ("picked_up", "urgent"),
        ("delivered", "urgent"),
    ]
    assert client.get(f"/api/v1/packages/{loose['id']}/").json()["about"] == []


def test_a_list_costs_the_same_for_one_row_and_for_many(client, olga, shipped, company):
    def asked():
        with CaptureQueriesContext(connection) as seen:
            rows(client, olga, "/api/v1/packages/")
            rows(client, olga, "/api/v1/events/")
        return len(seen)

    asked()  # what is looked up once per process
    before = asked()
    for number in ("1ZA", "1ZB", "1ZC"):
        make_package(number, make_shipment(company))
        apply([message(said("picked_up", "2026-03-02 11:00", number))])
    assert asked() == before


def test_a_file_is_listed_shown_and_saved_but_never_run(client, olga, shipped):
    kept = documents.add(
        content=PDF, name="signed.pdf", kind="pod", by=olga, now=timezone.now(), shipment=shipped
    )
    [row] = rows(client, olga, f"/api/v1/documents/?shipment={shipped.public_id}&kind=pod")
    assert (row["id"], row["order"], row["accepted"]) == (
        kept.public_id,
        shipped.order.public_id,
        False,
    )
    assert client.get(f"/api/v1/documents/{row['id']}/").json() == row
    answer = client.get(f"/api/v1/documents/{row['id']}/content/")
    assert (answer.content, answer["X-Content-Type-Options"]) == (PDF, "nosniff")
    assert answer["Content-Disposition"].startswith("attachment")
    assert rows(client, olga, "/api/v1/documents/?kind=evidence") == []


def test_a_carriers_invoice_is_listed_with_its_charges(client, fiona, shipped):
    details = {"invoice_number": "F-1", "total": "482.50", "currency": "USD", "charges": {"400": "450.00"}}  # fmt: skip
    bill = said(
        "invoice_received", "2026-03-05 00:00", "PRO-1", references={"invoice": "F-1", "order": "S00042"},
        details=details, flags=("total_mismatch",),
    )  # fmt: skip
    apply([message(bill, source="acme", format="x12_210")])
    [row] = rows(client, fiona, f"/api/v1/freight-invoices/?order={shipped.order.public_id}")
    assert (row["number"], row["details"]["total"], row["flags"]) == (
        "F-1",
        "482.50",
        ["total_mismatch"],
    )
    assert client.get(f"/api/v1/freight-invoices/{row['id']}/").json() == row
    assert rows(client, fiona, "/api/v1/freight-invoices/?number=F-2") == []


def test_a_carriers_invoice_that_is_linked_to_nothing_is_seen_within_its_sources_grant(
    client, company
):
    other = make_company("Elsewhere")
    bill = said("invoice_received", "2026-03-05 00:00", "PRO-1", references={"invoice": "F-1"})
    apply([message(bill, source="acme", format="x12_210", company_ids=(company.pk, other.pk))])
    assert Report.objects.get().company is None
    seen = {
        "whole": make_person("A A", "finance", company),
        "part": make_person("B B", "finance", company, make_warehouse(company)),
        "foreign": make_person("C C", "finance", make_company("Third")),
    }
    counts = {name: len(rows(client, one, "/api/v1/freight-invoices/")) for name, one in seen.items()}  # fmt: skip
    assert counts == {"whole": 1, "part": 0, "foreign": 0}


def test_nothing_of_it_is_there_for_a_stranger(client, stranger, fiona, shipped, company):
    kept = documents.add(
        content=PDF, name="a.pdf", kind="pod", by=None, now=timezone.now(), shipment=shipped
    )
    event, package = Event.objects.filter(package__number="1Z999").first(), Package.objects.get(number="1Z999")  # fmt: skip
    make_package("1ZOTHER", make_shipment(company))
    client.force_login(stranger)
    for address in (
        f"events/{event.public_id}", f"packages/{package.public_id}", f"packages/{package.public_id}/events",
        f"documents/{kept.public_id}", f"documents/{kept.public_id}/content", "events/evt_x", "packages/1",
        "documents/doc_0", "freight-invoices/rep_0", "exceptions/cas_0",
    ):  # fmt: skip
        assert client.get(f"/api/v1/{address}/").status_code == 404, address
    assert {row["tracking_number"] for row in rows(client, stranger, "/api/v1/events/")} <= {
        "1Z555"
    }


def test_a_case_is_found_as_an_exception_too(client, olga, company):
    from apps.exceptions.services import open_case

    case = open_case(
        "shipment_delayed", "x", now=timezone.now(), shipment=make_shipment(company), says="Late"
    )
    [row] = rows(client, olga, "/api/v1/exceptions/?kind=shipment_delayed")
    assert row == rows(client, olga, "/api/v1/cases/?kind=shipment_delayed")[0]
    shown = client.get(f"/api/v1/exceptions/{case.public_id}/").json()
    assert shown["case"]["id"] == case.public_id
