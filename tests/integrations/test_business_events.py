"""Each business event of PRODUCT.md section 4 over HTTP: taken once, shown, parked where nobody knows what it is about."""

import json

import pytest
from django.urls import reverse

from apps.integrations import addresses, inbox
from apps.journal.models import Entry
from apps.journal.subscribers import all_subscribers, drain
from apps.mirror.models import Product
from apps.shipments.models import Report
from apps.shipments.rules.reports import REPORTS, UNLISTED
from tests.integrations.factories import make_partner, post, stored
from tests.shipments.factories import make_shipment, mirrored
from tests.shipments.test_depends import buy, sell

pytestmark = pytest.mark.django_db

# What each kind is about here; the shipment where nothing else is said.
ABOUT = {
    "quote.accepted": {"order": "S1"}, "order.created": {"order": "S1"}, "order.confirmed": {"order": "S1"},
    "order.released": {"order": "S1"}, "receipt.validated": {"purchase": "P00001"},
    "production.completed": {"production": "WH/MO/1"}, "asn.received": {"asn": "ASN-1", "purchase": "P00001"},
    "freight.invoice_received": {"invoice": "FI-1", "order": "S1"},
    "settlement.completed": {"invoice": "FI-1", "order": "S1"},
    "invoice.released": {"order": "S1"}, "invoice.posted": {"order": "S1"},
} | {
    name: {"purchase": "P00001"} for name in REPORTS if name.startswith(("supplier.", "dock.", "inspection."))
} | {name: {"product": "DESK-1"} for name in REPORTS if name.startswith("stock.")}  # fmt: skip
KINDS = [name for name in REPORTS if name != UNLISTED]


def event(kind, index, **more):
    return {
        "id": f"gold-{index}", "type": kind, "version": "2", "source": "flow-7",
        "occurred_at": f"2026-03-02T10:{index % 60:02}:00Z",
        "subject": ABOUT.get(kind, {"shipment": "WH/OUT/S1"}),
        "correlation_id": f"trace-{index}", **more,
    }  # fmt: skip


def settle(*rooms):
    names = tuple(f"{room}." for room in rooms or ("shipments", "approvals", "exceptions"))
    while any(drain(one) for one in all_subscribers() if one.name.startswith(names)):
        continue


@pytest.fixture
def gateway(company):
    return make_partner("canonical", "gateway", company)


@pytest.fixture
def world(company):
    desk = mirrored(Product, name="Desk", code="DESK-1")
    order, *_ = sell(company, desk, "S1")
    supply, _ = buy(company, desk)
    return order, order.shipments.get(), supply


def test_every_kind_is_taken_once_over_http_and_stands_in_the_story_of_what_it_is_about(
    client, olga, gateway, world
):
    order, shipment, supply = world
    for index, kind in enumerate(KINDS):
        answer = post(gateway, event(kind, index))
        assert answer.status_code == 202, (kind, answer.content)
    inbox.drain()
    assert sorted(Report.objects.values_list("kind", flat=True)) == sorted(KINDS)
    told = Report.objects.exclude(received_at=None).exclude(occurred_at=None)
    assert told.filter(claims=[]).count() == len(KINDS)

    for index, kind in enumerate(KINDS):
        assert post(gateway, event(kind, index)).status_code == 200, kind
    entries = Entry.objects.filter(kind__startswith="reported.").count()
    again = [event(kind, index) for index, kind in enumerate(KINDS)]
    post(gateway, json.dumps(again).encode())
    inbox.drain()
    assert Report.objects.count() == len(KINDS)
    assert Entry.objects.filter(kind__startswith="reported.").count() == entries == len(KINDS)

    client.force_login(olga)
    pages = "".join(
        client.get(address).content.decode()
        for address in (
            reverse("order", args=[order.public_id]),
            reverse("shipment", args=[shipment.public_id]),
            reverse("supply", args=[supply.public_id]),
            reverse("reported") + "?about=product",
            reverse("reported") + "?about=production",
        )
    )
    missing = [kind for kind in KINDS if REPORTS[kind].title not in pages]
    assert missing == []


def test_what_nobody_knows_is_parked_shown_and_asked_about(client, olga, gateway, settings):
    settings.UNKNOWN_REFERENCE_MIN = 0
    for index, kind in enumerate(("order.released", "label.failed", "supplier.delayed")):
        post(gateway, event(kind, index))
    inbox.drain()
    assert set(Report.objects.values_list("order", "shipment", "supply")) == {(None, None, None)}
    client.force_login(olga)
    page = client.get(reverse("reported")).content.decode()
    assert page.count("nothing we know") == 3
    found = client.get("/api/v1/business-events/?reference=s1").json()["results"]
    assert [(one["kind"], one["about"]["reference"]) for one in found] == [("order.released", "S1")]
    assert client.get(f"/api/v1/business-events/{found[0]['id']}/").json() == found[0]


def test_a_stranger_sees_no_business_event(client, stranger, gateway, world):
    post(gateway, event("stock.adjusted", 1))
    post(gateway, event("label.failed", 2))
    inbox.drain()
    client.force_login(stranger)
    assert client.get("/api/v1/business-events/").json()["results"] == []
    row = Report.objects.first()
    assert client.get(f"/api/v1/business-events/{row.public_id}/").status_code == 404


def test_a_gateway_in_front_terminates_sign_in_and_its_correlation_id_goes_through_unchanged(
    client, olga, gateway, world, settings
):
    settings.TRUSTED_PROXIES = (addresses.network("127.0.0.1/32"),)
    trace = "gw-0f3a:7.retry_2"
    answer = post(
        gateway, event("label.failed", 1),
        **{"X-Correlation-ID": trace, "X-Forwarded-For": "198.51.100.7"},
    )  # fmt: skip
    assert answer.headers["X-Correlation-ID"] == answer.json()["correlation_id"] == trace
    inbox.drain()
    settle()
    assert stored(answer).correlation_id == trace
    assert Report.objects.get().correlation_id == trace
    assert set(
        Entry.objects.filter(kind__in=("reported.label.failed", "case.opened")).values_list(
            "correlation_id", flat=True
        )
    ) == {trace}
    client.force_login(olga)
    headers = {"X-Correlation-ID": trace}
    assert client.get("/api/v1/orders/", headers=headers).headers["X-Correlation-ID"] == trace
    assert client.get("/queue/", headers=headers).headers["X-Correlation-ID"] == trace


WIRINGS = {
    "direct": ("wms_generic", "tpl_generic"),
    "middleware-led": ("canonical", "canonical"),
    "hybrid": ("wms_generic", "canonical"),
    "event-driven": ("canonical", "tpl_generic"),
}


def from_warehouse(form):
    if form == "wms_generic":
        data = {"shipment_ref": "WH/OUT/S1", "tracking_number": "3SABC123", "carrier": "parcels"}
        return [{"id": "w1", "type": "shipment.shipped", "timestamp": "2026-03-02T09:00:00Z", "data": data}]  # fmt: skip
    subject = {"shipment": "WH/OUT/S1", "tracking_number": "3SABC123"}
    return [event("shipment.dispatched", 3, subject=subject, occurred_at="2026-03-02T09:00:00Z", carrier="parcels"),
            event("tracking.assigned", 4, subject=subject, occurred_at="2026-03-02T09:00:00Z", carrier="parcels")]  # fmt: skip


def from_carrier(form):
    if form == "tpl_generic":
        scans = [("in_transit", "2026-03-02T12:00:00Z"), ("delivered", "2026-03-03T10:00:00Z")]
        return [{"message_id": "c1", "events": [
            {"event_id": f"c-{code}", "event_code": code, "event_time": at, "shipment": {"tracking_number": "3SABC123"},
             **({"pod": {"signed_by": "Kim"}} if code == "delivered" else {})}
            for code, at in scans
        ]}]  # fmt: skip
    subject = {"tracking_number": "3SABC123"}
    return [
        event("in_transit", 5, subject=subject, occurred_at="2026-03-02T12:00:00Z"),
        event("delivered", 6, subject=subject, occurred_at="2026-03-03T10:00:00Z",
              pod={"received_by": "Kim", "has_signature": True}),
    ]  # fmt: skip


@pytest.mark.parametrize("wiring", WIRINGS)
def test_one_story_ends_alike_in_all_four_wirings_by_configuration_alone(wiring, company, world):
    _, shipment, _ = world
    for form, told in zip(WIRINGS[wiring], (from_warehouse, from_carrier), strict=True):
        partner = make_partner(form, f"{form} {told.__name__}".replace("_", " "), company)
        for body in told(form):
            assert post(partner, body).status_code == 202
    inbox.drain()
    settle("shipments")
    shipment.refresh_from_db()
    numbers = [one.tracking_number for one in shipment.packages.all()]
    assert (numbers, shipment.execution_status) == (["3SABC123"], "delivered")
    assert shipment.delivered_at.isoformat() == "2026-03-03T10:00:00+00:00"
    assert Report.objects.filter(kind="shipment.dispatched", shipment=shipment).count() == 1


def test_what_a_handheld_held_back_offline_is_put_in_order_and_names_its_device(
    client, olga, gateway, company
):
    shipment = make_shipment(company, reference="WH/OUT/9")
    scans = [("picked", "2026-03-02T08:00:00+01:00"), ("packed", "2026-03-02T09:30:00+01:00")]
    for index, (kind, at) in reversed(list(enumerate(scans))):
        said = event(kind, index, subject={"tracking_number": "1ZHAND", "shipment": "WH/OUT/9"})
        assert post(gateway, said | {"occurred_at": at, "device_id": "RF-07"}).status_code == 202
        inbox.drain()
    settle("shipments")
    package = shipment.packages.get(number="1ZHAND")
    assert package.milestone == "packed"
    client.force_login(olga)
    page = client.get(reverse("shipment", args=[shipment.public_id])).content.decode()
    assert page.count("device RF-07") == 2
    assert page.index("Packed") < page.index("Picked")
