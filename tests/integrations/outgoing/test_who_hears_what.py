"""What goes to whom: kinds, scope, and the words of customers."""

import json

import pytest
from django.utils import timezone

from apps.exceptions.services import open_case
from apps.integrations import inbox
from apps.integrations.models import Delivery, Subscription
from apps.integrations.outgoing import services
from apps.integrations.outgoing.catalog import OFFERS
from apps.integrations.outgoing.errors import BadSubscription
from apps.integrations.outgoing.services import Wanted
from apps.journal import kinds
from apps.journal.services import NewEntry, append
from apps.shipments.models import Order, Shipment
from apps.shipments.rules.reports import REPORTS
from tests.factories import make_company, make_customer, make_person, make_warehouse
from tests.integrations.factories import make_partner, post
from tests.integrations.outgoing.factories import goods_of, happens, subscribe
from tests.shipments.factories import make_order, make_package, make_shipment

pytestmark = pytest.mark.django_db
URL = "http://127.0.0.1:9/events"


def told(row: Subscription) -> list[dict]:
    return [
        json.loads(one.body) for one in Delivery.objects.filter(subscription=row).order_by("pk")
    ]


def test_a_delivered_shipment_is_told_with_its_public_facts(company, ines, settle):
    row, _ = subscribe(ines, URL)
    shipment = goods_of(make_customer(company), company, execution_status="delivered")
    make_package("1Z999", shipment)
    happens("shipment.delivered", shipment, delivered_at="2026-03-02T10:00:00Z", has_proof=False)
    settle()

    (event,) = told(row)
    assert event["type"] == "shipment.delivered"
    assert event["version"] == 1
    assert event["subject"] == event["data"]["id"] == shipment.public_id
    assert event["data"]["order"]["customer_reference"] == "PO-77"
    assert event["data"]["customer_words"] == "On its way"
    assert event["data"]["tracking"] == [{"number": "1Z999", "carrier": "UPS"}]
    assert list(event) == ["type", "version", "timestamp", "id", "subject", "data"]


def test_only_the_kinds_that_were_chosen_are_told(company, ines, settle):
    row, _ = subscribe(ines, URL, kinds=("shipment.delivered",))
    shipment = goods_of(None, company)
    happens("shipment.delayed", shipment, eta="", promise_at=None)
    happens("shipment.delivered", shipment)
    settle()

    assert [event["type"] for event in told(row)] == ["shipment.delivered"]


def test_another_company_s_goods_are_never_told(company, ines, settle):
    row, _ = subscribe(ines, URL)
    happens("shipment.delivered", goods_of(None, make_company("Elsewhere Inc")))
    settle()

    assert told(row) == []


def test_a_subscription_is_narrowed_to_warehouse_and_customer(company, ines, settle):
    gent, ghent = make_warehouse(company, "Gent"), make_warehouse(company, "Ghent")
    azure, other = make_customer(company), make_customer(company, "Other")
    by_warehouse, _ = subscribe(ines, URL, warehouses=(gent,))
    by_customer, _ = subscribe(ines, URL, customers=(azure,))
    here = goods_of(azure, company, warehouse=gent)
    happens("shipment.delivered", here)
    happens("shipment.delivered", goods_of(other, company, warehouse=ghent))
    settle()

    assert [event["subject"] for event in told(by_warehouse)] == [here.public_id]
    assert [event["subject"] for event in told(by_customer)] == [here.public_id]


def test_goods_that_went_to_another_owner_since_are_not_told(company, ines, settle):
    """The entry lies inside the scope, the row no longer does."""
    row, _ = subscribe(ines, URL)
    shipment = goods_of(None, company)
    happens("shipment.delivered", shipment)
    Shipment.objects.filter(pk=shipment.pk).update(company=make_company("Elsewhere Inc"))
    settle()

    assert told(row) == []


def test_a_customer_hears_of_own_goods_in_the_customer_s_words_only(company, settle):
    azure, other = make_customer(company), make_customer(company, "Other")
    cora = make_person("Cora Customer", "customer", company, azure)
    row, _ = subscribe(cora, URL)
    mine = goods_of(azure, company, exception_reason="capacity", financial_status="held")
    for shipment in (mine, goods_of(other, company), goods_of(None, company)):
        happens("shipment.delivered", shipment, has_proof=True)
        happens("shipment.changed", shipment, became=["customer_status"], execution="x")
        happens("shipment.created", shipment, kind="outgoing", order=None)
    settle()

    events = told(row)
    assert [event["type"] for event in events] == ["shipment.delivered", "shipment.changed"]
    assert {event["subject"] for event in events} == {mine.public_id}
    assert set(events[0]["data"]) == {
        "id", "order", "returning", "tracking", "status", "words", "step", "eta", "promise_at",
        "delivered_at", "packages", "version",
    }  # fmt: skip
    text = json.dumps(events)
    for inside in ("held", "capacity", "dispatched", "secret", "warehouse", "financial"):
        assert inside not in text


def test_a_customer_does_not_hear_of_what_changed_inside(company, settle):
    azure = make_customer(company)
    row, _ = subscribe(make_person("Cora Customer", "customer", company, azure), URL)
    mine = goods_of(azure, company)
    happens("shipment.changed", mine, became=["financial_status"], was={"order_id": 4711})
    happens("shipment.changed", mine, became=["eta"], was={"eta": ""})
    settle()

    assert [event["type"] for event in told(row)] == ["shipment.changed"]


def test_a_receipt_or_a_return_that_has_not_left_is_not_the_customer_s(company, settle):
    azure = make_customer(company)
    row, _ = subscribe(make_person("Cora Customer", "customer", company, azure), URL)
    happens("shipment.delivered", goods_of(azure, company, kind="incoming"))
    early = goods_of(azure, company, kind="return", execution_status="ready_to_ship")
    happens("shipment.delivered", early)
    settle()

    assert told(row) == []


def test_a_customer_without_a_customer_grant_cannot_subscribe(company):
    nobody = make_person("Nora Nobody", "customer", company)
    with pytest.raises(BadSubscription):
        subscribe(nobody, URL)


def test_a_customer_cannot_ask_for_the_tower_s_own_facts(company, settle):
    azure = make_customer(company)
    cora = make_person("Cora Customer", "customer", company, azure)
    row, _ = subscribe(cora, URL, audience="tower")
    assert row.audience == "customer"
    with pytest.raises(BadSubscription):
        subscribe(cora, URL, kinds=("case.opened",))
    with pytest.raises(BadSubscription):
        subscribe(cora, URL, customers=(make_customer(company, "Other"),))


def test_a_kind_that_the_owner_s_role_does_not_read_is_refused(ines):
    with pytest.raises(BadSubscription, match="not yours"):
        subscribe(ines, URL, kinds=("approval.granted",))


def test_no_internal_id_goes_out(company, ines, settle):
    """`was` of a shipment holds database ids of what it belonged to: only names of what changed go out."""
    row, _ = subscribe(ines, URL)
    shipment = goods_of(make_customer(company), company)
    happens("shipment.changed", shipment, became=["order_id"], was={"order_id": 987654321})
    settle()

    (event,) = told(row)
    assert "987654321" not in json.dumps(event)
    assert event["data"]["change"] == {"became": ["order_id"]}
    assert not [name for name in _names(event) if name.endswith("odoo_id") or name == "pk"]


def _names(value):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _names(inner)


def test_a_package_of_two_customers_names_only_the_shipments_one_may_see(company, settle, ines):
    azure = make_customer(company)
    row, _ = subscribe(ines, URL, customers=(azure,))
    mine = make_shipment(company, customer=azure)
    theirs = make_shipment(company, customer=make_customer(company, "Other"))
    package = make_package("1ZBOTH", mine, theirs, customer=azure)
    append(
        NewEntry(
            "package.changed",
            package.public_id,
            {"version": 1, "status": "delivered", "shipments": [mine.public_id, theirs.public_id]},
            company_id=company.pk,
            customer_id=azure.pk,
        )
    )
    settle()

    (event,) = told(row)
    assert [one["id"] for one in event["data"]["shipments"]] == [mine.public_id]
    assert theirs.public_id not in json.dumps(event)


def test_troubles_of_a_partner_go_to_who_answers_for_its_companies(company, ines, settle):
    elsewhere = make_company("Elsewhere Inc")
    make_partner("tpl_generic", "Gent 3PL", company)
    make_partner("tpl_generic", "Far 3PL", elsewhere)
    row, _ = subscribe(ines, URL, kinds=("message.dead",))
    for slug in ("gent-3pl", "far-3pl"):
        append(
            NewEntry("message.dead", f"msg_{'1' * 32}", {"partner": slug, "reason": "apply_failed"})
        )
    settle()

    assert [event["data"]["change"]["partner"] for event in told(row)] == ["gent-3pl"]


def test_what_happened_before_the_subscription_is_not_told(company, ines, settle):
    happens("shipment.delivered", goods_of(None, company))
    row, _ = subscribe(ines, URL)
    row.created_at = timezone.now()
    row.save()
    settle()

    assert told(row) == []


def test_an_owner_who_left_ends_the_subscription_in_a_case(company, ines, settle):
    from apps.exceptions.models import Case

    row, _ = subscribe(ines, URL)
    ines.is_active = False
    ines.save()
    happens("shipment.delivered", goods_of(None, company))
    settle()

    row.refresh_from_db()
    assert row.state == "disabled"
    assert told(row) == []
    assert Case.objects.get(kind="subscription_disabled").team.slug == "integration"


def test_a_record_that_is_gone_leaves_its_id(company, ines, settle):
    row, _ = subscribe(ines, URL)
    append(
        NewEntry(
            "order.changed",
            f"ord_{'a' * 32}",
            {"version": 2, "stage": "cancelled", "was": "confirmed", "changed": ["stage"]},
            company_id=company.pk,
        )
    )
    settle()

    (event,) = told(row)
    assert event["data"]["id"] == f"ord_{'a' * 32}"
    assert not Order.objects.exists()


def test_every_offered_kind_is_declared_and_described(company):
    """docs/outgoing.md is the receiver's contract: each kind stands there with its payload."""
    from pathlib import Path

    page = (Path(__file__).parents[3] / "docs" / "outgoing.md").read_text()
    for name, offer in OFFERS.items():
        assert kinds.get(name).version
        assert set(offer.keeps) <= set(kinds.get(name).payload)
        assert f"### `{name}`" in page


def test_bad_addresses_are_refused_in_words(ines):
    for url in (
        "ftp://x.example/",
        "http://x.example/",
        "https://a:b@x.example/",
        "https:///x",
        "x",
    ):
        with pytest.raises(BadSubscription):
            services.add(Wanted("n", url), owner=ines, now=timezone.now())


def test_business_events_are_offered_and_told_with_what_they_are_about(company, ines, settle):
    """PRODUCT.md section 4: each is subscribable, with named fields of what was said and no others."""
    assert {one.journal for one in REPORTS.values()} <= set(OFFERS)
    partner = make_partner("canonical", "Middleware", company)
    row, _ = subscribe(ines, URL, kinds=("reported.picking.short",))
    order = make_order(company, name="S00042")
    lines = [{"sku": "DESK-1", "ordered": 5, "picked": 3, "picker": "Paula Person"}]
    event = {
        "id": "e1", "type": "picking.short", "version": "2", "source": "mw",
        "occurred_at": timezone.now().isoformat(), "subject": {"order": "S00042"},
        "details": {"lines": lines, "note": "ask Paula"},
    }  # fmt: skip
    assert post(partner, json.dumps(event).encode()).status_code == 202
    inbox.drain()
    settle()

    (event,) = told(row)
    data = event["data"]
    assert (data["kind"], data["title"]) == ("picking.short", "Picked short")
    assert data["order"] == {"id": order.public_id, "name": "S00042"}
    assert data["details"]["lines"] == [{"sku": "DESK-1", "ordered": 5, "picked": 3}]
    assert "Paula" not in json.dumps(event)


def test_an_incident_of_no_company_is_told_to_who_sees_it_in_the_queue(company, ines, settle):
    """What wakes the person on call must be subscribable; a subscription for one customer does not hear of it."""
    row, _ = subscribe(ines, URL, kinds=("case.opened",))
    narrow, _ = subscribe(ines, URL, kinds=("case.opened",), customers=(make_customer(company),))
    open_case("integration_down", "partner:ups", title="UPS does not answer", now=timezone.now())
    settle()

    assert [event["data"]["title"] for event in told(row)] == ["UPS does not answer"]
    assert told(narrow) == []
