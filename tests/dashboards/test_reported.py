"""What sources reported stands in the story of the order, the shipment and the purchase, with who said so and when."""

import pytest
from django.urls import reverse

from apps.mirror.models import Product
from apps.shipments.apply import apply
from apps.shipments.models import FieldOwner
from tests.shipments.factories import make_package, make_shipment, message, mirrored, said
from tests.shipments.test_depends import buy, sell

pytestmark = pytest.mark.django_db


def tell(kind, subject, form="canonical", **more):
    event = said("info_only", "2026-03-02 10:00", "", kind=kind, subject=subject, **more)
    apply([message(event, source="acme-gateway", format=form, carrier=None)])


def test_order_and_shipment_show_what_was_reported_of_them_with_source_and_time(
    client, olga, company
):
    order, _, _ = sell(company, mirrored(Product, name="Desk"), "S1")
    tell("order.released", ("order", "S1"))
    tell("label.failed", ("shipment", "WH/OUT/S1"), details={"reason": "address_incomplete"})
    tell("label.issued", ("shipment", "WH/OUT/S1"), form="x12_856")
    client.force_login(olga)
    on_order = client.get(reverse("order", args=[order.public_id])).content.decode()
    shipment = order.shipments.get()
    on_shipment = client.get(reverse("shipment", args=[shipment.public_id])).content.decode()
    for page in (on_order, on_shipment):
        assert "Label failed" in page
        assert "Acme Gateway" in page
        assert "address incomplete" in page
        assert "is not for a supplier to say" in page
    assert "Order released" in on_order


def test_a_purchase_shows_what_its_supplier_reported(client, olga, company):
    supply, _ = buy(company, mirrored(Product, name="Desk"))
    tell("supplier.delayed", ("purchase", "P00001"), eta="2026-03-20")
    client.force_login(olga)
    page = client.get(reverse("supply", args=[supply.public_id])).content.decode()
    assert "Delayed by the supplier" in page
    assert "expected 2026-03-20" in page


def test_a_shipment_shows_whose_word_counts_where_sources_differ_with_age_and_trust(
    client, olga, company
):
    shipment = make_shipment(company)
    make_package("1Z1", shipment)
    for source, form, eta in (
        ("ups", "ups_track", "2026-03-04"), ("easypost", "easypost", "2026-03-05"), ("wms", "wms_generic", "2026-03-09"),
    ):  # fmt: skip
        apply(
            [
                message(
                    said("in_transit", f"2026-03-{eta[-2:]} 10:00", "1Z1", eta=eta),
                    source=source,
                    format=form,
                )
            ]
        )
    client.force_login(olga)
    page = client.get(reverse("shipment", args=[shipment.public_id])).content.decode()
    assert "Who says what" in page
    assert "<b>2026-03-04</b><br><small>ups, Carrier · the most trusted word, trust 1 of 7" in page
    assert "a claim: does not own it" in page


def test_a_shipment_under_way_shows_the_promise_and_our_own_estimate_with_its_basis(
    client, olga, company
):
    shipment = make_shipment(company)
    make_package("1Z1", shipment)
    apply([message(said("picked_up", "2026-03-02 10:00", "1Z1", eta="2026-03-04"))])
    client.force_login(olga)
    address = reverse("shipment", args=[shipment.public_id])
    page = client.get(address).content.decode()
    assert "The carrier promises" in page
    assert "by our own table: too few were seen yet" in page
    apply([message(said("delivered", "2026-03-03 10:00", "1Z1"))])
    assert "own-estimate" not in client.get(address).content.decode()
    shipment.refresh_from_db()
    assert shipment.eta_at is None


def test_another_order_of_trust_is_shown_before_it_is_saved(client, ines, company):
    make_package("1Z1", make_shipment(company))
    for source, form, day in (("ups", "ups_track", "04"), ("easypost", "easypost", "05")):
        event = said("in_transit", f"2026-03-{day} 10:00", "1Z1", eta=f"2026-03-{day}")
        apply([message(event, source=source, format=form)])
    line = FieldOwner.objects.get(object="package", field="eta", active=True)
    client.force_login(ines)
    form = {
        "owners": ["carrier", "aggregator"],
        "place_carrier": "2",
        "place_aggregator": "1",
        "version": "1",
    }
    address = reverse("ownership_change", args=[line.public_id])
    page = client.post(address, {**form, "preview": "1"}).content.decode()
    assert "1 of 1 parcels would change" in page
    assert '<span class="was">2026-03-04</span> → <b>2026-03-05</b>' in page
    assert FieldOwner.objects.get(pk=line.pk).active
    client.post(address, {**form, "why": "They know first."})
    assert FieldOwner.objects.get(object="package", field="eta", active=True).owners == [
        "aggregator",
        "carrier",
    ]


def test_handing_over_freight_release_and_return_stand_on_their_pages(client, olga, company):
    order, *_ = sell(company, mirrored(Product, name="Desk"), "S1")
    shipment, out, sold = order.shipments.get(), ("shipment", "WH/OUT/S1"), ("order", "S1")
    tell("carrier.booked", out, details={"carrier": "DHL"})
    tell("carrier.cost_quoted", out, details={"amount": "40.00", "currency": "EUR"})
    tell("freight.charge_changed", out, details={"amount": "55.50", "currency": "EUR"})
    tell("order.released", sold, details={"checks": {"credit": True, "stock": "failed"}})
    tell("return.initiated", ("return", "RET/1"), references={"order": "S1"})
    client.force_login(olga)
    on_shipment = client.get(reverse("shipment", args=[shipment.public_id])).content.decode()
    on_order = client.get(reverse("order", args=[order.public_id])).content.decode()
    assert "Handing over" in on_shipment
    assert "booked, says middleware" in on_shipment
    for page in (on_shipment, on_order):
        assert "more than approved" in page
        assert "15.50" in page
    assert "credit passed" in on_order
    assert "stock failed" in on_order
    assert "RET/1" in on_order
    said = client.get(f"/api/v1/orders/{order.public_id}/reported/").json()
    assert said["freight"]["delta"] == "15.5000"
    assert [one["passed"] for one in said["release"]["checks"]] == [True, False]
    assert said["returns"][0]["reference"] == "RET/1"
    said = client.get(f"/api/v1/shipments/{shipment.public_id}/reported/").json()
    assert [one["state"] for one in said["handover"]["steps"]] == ["booked"]
