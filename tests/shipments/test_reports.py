"""Business events that are no parcel's: kept once, linked to what they are about, now or when it comes."""

from itertools import permutations

import pytest

from apps.journal.models import Entry
from apps.journal.subscribers import all_subscribers, drain
from apps.mirror.models import Product
from apps.shipments.apply import apply
from apps.shipments.models import (
    Event,
    Mention,
    Order,
    Package,
    PackageLink,
    Report,
    Shipment,
    Supply,
)
from apps.shipments.naming import retry_all
from apps.shipments.projection import project
from apps.shipments.rules.reports import REPORTS
from tests.factories import make_company
from tests.shipments.factories import (
    at,
    change,
    make_order,
    make_package,
    make_shipment,
    message,
    said,
)
from tests.shipments.test_depends import buy, sell

pytestmark = pytest.mark.django_db


@pytest.fixture
def settle(db):
    """Hand entries to this room's own subscribers until nothing moves."""
    ours = [one for one in all_subscribers() if one.name.startswith("shipments.")]

    def run() -> None:
        while any(drain(one) for one in ours):
            continue

    return run


@pytest.fixture
def desk(db):
    from tests.shipments.factories import mirrored

    return mirrored(Product, name="Desk", code="DESK-1")


def report(kind, subject, when="2026-03-02 10:00", **more):
    return said("info_only", when, "", kind=kind, subject=subject, **more)


def tell(*events, source="gateway", form="canonical", **more):
    [outcome] = apply([message(*events, source=source, format=form, carrier=None, **more)])
    return outcome


def test_a_report_stands_once_with_its_order_source_and_time_and_can_be_subscribed_to(
    company, desk
):
    order, _, _ = sell(company, desk, "S1")
    event = report("order.released", ("order", "S1"), details={"checks": ["credit"]})
    first, again = tell(event), tell(event)

    row = Report.objects.get()
    assert (row.order, row.company, row.source, row.occurred_at) == (
        order, company, "gateway", at("2026-03-02 10:00"),
    )  # fmt: skip
    assert (first.new, first.reports, first.event_refs) == (1, 1, [row.public_id])
    assert (again.new, again.duplicates) == (0, 1)
    entry = Entry.objects.get(kind="reported.order.released")
    assert (entry.subject, entry.company_id, entry.payload["order"]) == (
        row.public_id, company.id, order.public_id,
    )  # fmt: skip
    assert not Event.objects.exists()


def test_the_same_identity_with_other_content_is_a_conflict_and_the_first_stays(company):
    tell(report("order.released", ("order", "S1"), content="a"))
    outcome = tell(report("order.released", ("order", "S1"), content="b"))
    assert (outcome.conflicts, Report.objects.get().content) == (1, "a")


def test_a_newer_mapping_supersedes_and_an_older_one_comes_in_dead(company):
    event = report("order.released", ("order", "S1"))
    for version in (1, 3, 2):
        tell(event, version=version)
    live = Report.objects.filter(superseded_at=None)
    assert [row.mapping_version for row in live] == [3]
    assert Report.objects.count() == 3


def test_a_kind_that_nobody_listed_is_kept_and_says_nothing(company):
    tell(report("moon.phase_changed", ("order", "S1"), source_code="moon.phase_changed"))
    assert Report.objects.get().kind == "unlisted"


@pytest.mark.parametrize("kind", sorted(REPORTS))
def test_every_kind_has_its_journal_kind_and_a_line_that_says_who_may_say_it(kind, company):
    from apps.journal.kinds import get
    from apps.shipments.models import FieldOwner

    listed = REPORTS[kind]
    assert get(listed.journal).version == 1
    assert kind == "unlisted" or FieldOwner.objects.get(object="report", field=listed.line).owners


def test_who_does_not_own_it_only_claims(company, desk):
    buy(company, desk)
    tell(report("supplier.delayed", ("purchase", "P00001"), eta="2026-03-20"), form="ups_track")
    [claim] = Report.objects.get().claims
    assert claim["says"].startswith(
        "Supplier's confirmation, dispatch, delay and ship notice is not for the carrier"
    )
    assert Entry.objects.get(kind="reported.supplier.delayed").payload["claim"] is True


def test_a_report_waits_for_its_order_and_finds_it_whenever_it_comes(company, desk, settle):
    tell(report("order.released", ("order", "S1")))
    assert Report.objects.get().order is None
    order, _, _ = sell(company, desk, "S1")
    settle()
    row = Report.objects.get()
    assert (row.order, row.company) == (order, company)
    assert Mention.objects.get().found_at
    assert Entry.objects.filter(kind="report.linked", subject=row.public_id).count() == 1


def test_a_source_that_was_granted_another_company_finds_nothing(company, desk, settle):
    sell(company, desk, "S1")
    tell(report("order.released", ("order", "S1")), company_ids=(make_company("Else").id,))
    settle()
    assert Report.objects.get().order is None


def test_two_orders_of_one_name_are_not_guessed_from(company, desk):
    sell(company, desk, "S1")
    other = Order.objects.get()
    other.pk, other.public_id, other.odoo_id = None, "ord_" + "0" * 32, 999
    other.save(force_insert=True)
    tell(report("order.released", ("order", "S1")))
    assert Report.objects.get().order is None


def test_the_sweep_finds_what_a_crossing_left(company, desk):
    tell(report("allocation.failed", ("shipment", "WH/OUT/S1")))
    sell(company, desk, "S1")
    assert retry_all(at("2026-03-03 10:00")) == 1
    row = Report.objects.get()
    assert (row.shipment.reference, row.order.name) == ("WH/OUT/S1", "S1")


def supplier_story():
    return [
        report("supplier.confirmed", ("purchase", "P00001"), "2026-03-01 10:00", eta="2026-03-09T12:00:00Z"),
        report("supplier.delayed", ("purchase", "P00001"), "2026-03-03 10:00", eta="2026-03-15T12:00:00Z"),
        report("supplier.confirmed", ("purchase", "P00001"), "2026-03-04 10:00", eta="2026-03-12T12:00:00Z"),
    ]  # fmt: skip


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_suppliers_newest_word_moves_what_is_expected_in_whatever_order_it_comes(
    company, desk, settle, order
):
    buy(company, desk, when="2026-03-08 12:00")
    story = supplier_story()
    for index in order:
        tell(story[index])
        settle()
    supply = Supply.objects.get()
    assert (supply.expected_at, supply.first_expected_at) == (
        at("2026-03-12 12:00"), at("2026-03-08 12:00"),
    )  # fmt: skip
    assert supply.slip_h == 96
    assert supply.expected_why["says"].startswith("gateway reported on 4 Mar")
    assert supply.expected_why["facts"][0]["id"].startswith("rep_")


def test_a_supplier_that_says_earlier_than_odoo_moves_nothing(company, desk, settle):
    buy(company, desk, when="2026-03-08 12:00")
    tell(report("supplier.confirmed", ("purchase", "P00001"), eta="2026-03-05T12:00:00Z"))
    settle()
    assert Supply.objects.get().expected_at == at("2026-03-08 12:00")


def test_a_delay_that_came_before_its_purchase_counts_when_odoo_brings_it(company, desk, settle):
    tell(report("supplier.delayed", ("purchase", "P00001"), eta="2026-03-20T12:00:00Z"))
    buy(company, desk, when="2026-03-08 12:00")
    settle()
    assert Supply.objects.get().expected_at == at("2026-03-20 12:00")


def notice(number="ASN-1", quantity="10", when="2026-03-05 10:00", **more):
    items = [{"item": "DESK-1", "quantity": quantity, "unit": "EA"}]
    details = {"asn_number": number, "po": "P00001", "items": items}
    return said(
        "asn_received",
        when,
        number,
        details=details,
        content=f"{number}{quantity}",
        source_code="BSN01=00",
        **more,
    )


def test_a_ship_notice_is_one_per_supplier_and_number_in_whatever_envelope(company, desk):
    supply, _ = buy(company, desk)
    tell(notice(), notice(carrier="dhl"), source="acme", form="x12_856")
    tell(notice(when="2026-03-05 11:00"), source="acme", form="x12_856")
    tell(notice(), source="other", form="x12_856")
    rows = Report.objects.filter(source="acme")
    assert [(row.kind, row.supply, row.subject_kind, row.subject_ref) for row in rows] == [
        ("asn.received", supply, "asn", "ASN-1")
    ]
    assert Report.objects.filter(source="other").count() == 1
    assert Event.objects.filter(milestone="asn_received").exists()


@pytest.mark.parametrize(
    ("form", "more"),
    [
        ("x12_210", {}),
        ("canonical", {"kind": "freight.invoice_received", "subject": ("invoice", "INV/1")}),
    ],
)
def test_a_carriers_invoice_is_reported_and_its_number_is_looked_for_among_nobodys(
    company, form, more
):
    """Ours may have the same number by chance, and a number nobody knows is nobody's trouble here."""
    order = make_order(company, "S1")
    bill = said(
        "info_only" if more else "invoice_received", "2026-03-05 00:00", "" if more else "PRO-1",
        references={"invoice": "INV/1", "order": "S1"}, details={"total": "482.50"}, **more,
    )  # fmt: skip
    tell(bill, source="acme", form=form)
    row = Report.objects.get()
    assert (row.kind, row.subject_kind, row.subject_ref, row.order) == (
        "freight.invoice_received", "invoice", "INV/1", order,
    )  # fmt: skip
    assert set(Mention.objects.values_list("looked_for", flat=True)) == {"order"}


def test_what_a_warehouse_says_of_a_parcel_is_a_report_too_where_it_is_one(company):
    shipment = make_shipment(company, reference="WH/OUT/9")
    event = said(
        "exception", "2026-03-02 10:00", "1Z9", source_code="pick.short",
        references={"shipment": "WH/OUT/9"}, details={"lines": [{"sku": "A", "ordered": 3, "picked": 1}]},
    )  # fmt: skip
    outcome = tell(event, form="wms_generic")
    assert (outcome.new, outcome.reports) == (1, 0)
    row = Report.objects.get()
    assert (row.kind, row.shipment, row.subject_kind) == ("picking.short", shipment, "shipment")


def test_a_number_that_the_warehouse_assigns_is_linked_before_or_after_its_scans(company, settle):
    shipment = make_shipment(company, reference="WH/OUT/9")
    implicit = make_package("", shipment, carrier=None, implicit=True)
    apply([message(said("picked_up", "2026-03-02 12:00", "1Z9"))])
    assigned = {"tracking_number": "1Z9", "carrier": "ups"}
    tell(
        report("tracking.assigned", ("shipment", "WH/OUT/9"), details=assigned), form="wms_generic"
    )
    tell(
        report(
            "tracking.assigned",
            ("shipment", "WH/OUT/9"),
            "2026-03-02 11:00",
            details={"tracking_number": "1Z8"},
        ),
        form="wms_generic",
    )
    settle()
    assert set(shipment.packages.values_list("number", flat=True)) == {"1Z8", "1Z9"}
    assert not Package.objects.filter(pk=implicit.pk).exists()
    apply([message(said("picked_up", "2026-03-02 13:00", "1Z8"))])
    shipment.refresh_from_db()
    assert shipment.execution_status == "picked_up"


def named(story):
    return [
        said("picked_up", "2026-03-02 12:00", "1Z9", references={"order": "S1"}),
        said("in_transit", "2026-03-02 14:00", "1Z9"),
    ][story]


@pytest.mark.parametrize("steps", list(permutations(["scan", "mirror", "later"])))
def test_a_parcel_that_names_its_order_is_linked_whichever_comes_first(
    company, desk, settle, steps
):
    for step in steps:
        if step == "scan":
            apply([message(named(0), carrier="ups")])
        elif step == "later":
            apply([message(named(1), carrier="ups")])
        else:
            sell(company, desk, "S1")
        settle()
    link = PackageLink.objects.get(package__number="1Z9")
    assert (link.shipment.reference, link.said_by) == ("WH/OUT/S1", "reference")
    assert link.package.company == company
    shipment = Shipment.objects.get()
    assert (shipment.execution_status, shipment.package_count) == ("in_transit", 1)


@pytest.mark.parametrize("odoo_first", [True, False])
def test_odoo_names_another_shipment_and_the_reference_yields_in_either_order(
    company, desk, settle, odoo_first
):
    from apps.mirror.models import Picking

    sell(company, desk, "S1")
    sell(company, desk, "S2")

    def odoo():
        picking = Picking.objects.get(name="WH/OUT/S2")
        change(picking, tracking_ref="1Z9")
        project("default", pickings=[picking.odoo_id])

    def scan():
        apply([message(named(0), carrier=None)])

    for step in (odoo, scan) if odoo_first else (scan, odoo):
        step()
        settle()
    assert [
        link.shipment.reference for link in PackageLink.objects.filter(package__number="1Z9")
    ] == ["WH/OUT/S2"]
    left = Shipment.objects.get(reference="WH/OUT/S1")
    assert [package.implicit for package in left.packages.all()] == [True]
