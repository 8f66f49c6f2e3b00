"""The pages of rules: every event type with what becomes of it, and the names that do not fit Odoo's."""

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.approvals.models import Policy
from apps.approvals.seeds import POLICIES, plant
from apps.exceptions.kinds import KINDS
from apps.exceptions.rules.reports import CASES, TOPICS
from apps.integrations.alignment import alignment
from apps.integrations.blueprint import blueprint, drawn
from apps.mirror.models import DeliveryCarrier, Product, Unit, WarehouseRow
from apps.shipments.apply import apply
from apps.shipments.milestones import MILESTONES
from apps.shipments.models import Carrier, CarrierLink
from apps.shipments.rules.reports import REPORTS
from apps.shipments.rules.usual import DEFAULTS, TRANSIT
from tests.integrations.test_screens import as_
from tests.shipments.factories import message, mirrored, said


def test_every_event_type_is_drawn_once_with_cases_and_policies_that_exist():
    assert set(drawn()) == {*MILESTONES, *REPORTS}
    rows = drawn().values()
    assert {key for row in rows for key in row.cases} <= set(KINDS)
    assert {row.approval for row in rows} - {""} <= {policy["slug"] for policy in POLICIES}


def test_the_cases_drawn_are_those_that_the_rules_open():
    for event, topic in TOPICS.items():
        assert CASES[topic] in drawn()[event].cases, event
    silent = {row.event for row in drawn().values() if "silent_shipment" in row.cases}
    assert silent == set(DEFAULTS) - {TRANSIT}


@pytest.mark.django_db
def test_the_page_says_of_each_event_who_says_it_what_is_checked_who_decides_and_by_when(
    carl, django_assert_max_num_queries
):
    with django_assert_max_num_queries(3):
        groups = blueprint()
    [label] = [one for group in groups for one in group.types if one.name == "label.failed"]
    assert label.sources[0] == "Carrier"
    assert label.about == ["Shipment", "Order"]
    assert [(case.key, case.sla_min, team) for case, team in label.cases] == [
        ("label_failed", 60, "Operations")
    ]
    plant()
    Policy.objects.filter(slug="invoice_release").update(name="Release by finance")
    page = as_(carl).get(reverse("event_types")).content.decode()
    assert "Release by finance" in page
    assert 'id="receipt.validated"' in page


@pytest.mark.django_db
def test_names_that_odoo_lacks_or_has_twice_are_listed_and_the_others_are_not(ines, company):
    for code in ("DESK-1", "TWICE", "TWICE"):
        mirrored(Product, name=f"A {code}", code=code)
    mirrored(Unit, name="Units")
    mirrored(WarehouseRow, name="Gent", code="GNT", company_odoo_id=1)
    method = mirrored(DeliveryCarrier, name="Acme Express")
    lines = [
        {"sku": "desk-1", "unit": "EA"}, {"sku": "TWICE", "unit": "pallet"}, {"sku": "NEW-9"},
    ]  # fmt: skip
    details = {"lines": lines, "warehouse": "gnt", "customer": "Nobody Ltd"}
    event = said(
        "info_only", "2026-03-02 10:00", "", kind="picking.completed", subject=("order", "S1"), details=details
    )  # fmt: skip
    apply([message(event, source="gateway", format="canonical", carrier=None)])
    scan = said("in_transit", "2026-03-02 10:00", "AB1")
    apply([message(scan, source="acme", format="tpl_generic", carrier="Acme")])

    found = {
        kind.key: [(one.name, len(one.found)) for one in kind.wrong]
        for kind in alignment(ines, timezone.now())
    }
    assert found == {
        "product": [("NEW-9", 0), ("TWICE", 2)], "unit": [("pallet", 0)], "place": [],
        "carrier": [("Acme", 1)], "customer": [("Nobody Ltd", 0)],
    }  # fmt: skip
    page = as_(ines).get(reverse("names"))
    assert "Nobody Ltd" in page.content.decode()

    CarrierLink.objects.create(
        connection=method.connection, delivery_carrier_odoo_id=method.odoo_id,
        carrier=Carrier.objects.get(slug="acme"),
    )  # fmt: skip
    assert not [k for k in alignment(ines, timezone.now()) if k.key == "carrier" and k.wrong]


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "names"), [("ines", 200), ("olga", 200), ("carl", 403), ("fiona", 403)])  # fmt: skip
def test_names_are_for_those_who_can_mend_them_and_event_types_for_the_whole_desk(
    role, names, request
):
    client = as_(request.getfixturevalue(role))
    assert client.get(reverse("names")).status_code == names
    assert client.get(reverse("event_types")).status_code == 200
