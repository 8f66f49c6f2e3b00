"""Messages become events, packages and shipments: once, whatever their order."""

import pytest

from apps.journal.models import Entry
from apps.shipments.apply import apply
from apps.shipments.models import Event, Package, Shipment
from tests.factories import make_company
from tests.shipments.factories import make_order, make_package, make_shipment, message, said, states

pytestmark = pytest.mark.django_db

SIGNED = {"received_by": "M. Ortiz", "has_signature": True}


def kinds(subject: str = "") -> list[str]:
    """Kinds of the journal entries so far, in order."""
    rows = Entry.objects.order_by("id")
    return list((rows.filter(subject=subject) if subject else rows).values_list("kind", flat=True))


def test_an_unknown_number_makes_an_unlinked_package_and_its_events_are_applied():
    [outcome] = apply(
        [message(said("picked_up", "2026-03-01 10:00"), said("in_transit", "2026-03-02 10:00"))]
    )

    package = Package.objects.get()
    assert (outcome.new, outcome.duplicates) == (2, 0)
    assert set(outcome.event_refs) == set(Event.objects.values_list("public_id", flat=True))
    assert (package.status, package.carrier.slug, package.event_count) == ("in_transit", "ups", 2)
    assert package.deciding_event.milestone == "in_transit"
    assert kinds() == ["package.changed"]


def test_the_same_event_twice_in_one_message_and_again_later_is_one_event():
    event = said("picked_up", "2026-03-01 10:00")
    [first] = apply([message(event, event)])
    [second] = apply([message(event)])

    assert (first.new, first.duplicates) == (1, 1)
    assert (second.new, second.duplicates) == (0, 1)
    assert Event.objects.count() == 1


def test_the_same_identity_with_other_content_keeps_the_first_and_is_a_conflict():
    apply([message(said("picked_up", "2026-03-01 10:00", content="a"))])
    [outcome] = apply([message(said("picked_up", "2026-03-01 10:00", content="b"))])

    assert (outcome.new, outcome.conflicts) == (0, 1)
    assert Event.objects.get().content == "a"


def test_a_replay_under_a_newer_mapping_supersedes_and_an_older_one_changes_nothing():
    told = said(
        "info_only", "2026-03-01 10:00", source_event_id="7", unmapped=True, source_code="ZZ"
    )
    better = SameScan.of(told, "picked_up")
    apply([message(told, version=1)])
    [outcome] = apply([message(better, version=2)])
    [late] = apply([message(told, version=1)])

    assert (outcome.new, outcome.superseded, late.duplicates) == (1, 1, 1)
    assert Package.objects.get().status == "picked_up"
    assert Event.objects.filter(superseded_at=None).get().mapping_version == 2


class SameScan:
    """The same scan as another mapping reads it: same identity, other milestone."""

    @staticmethod
    def of(event, milestone):
        from dataclasses import replace

        class Remapped(type(event)):
            identity = event.identity

        fields = {name: getattr(event, name) for name in event.__dataclass_fields__}
        return replace(Remapped(**fields), milestone=milestone, unmapped=False)


def test_both_mappings_in_one_batch_leave_the_newer_one_live():
    told = said("info_only", "2026-03-01 10:00", source_event_id="7")
    apply([message(told, version=1), message(SameScan.of(told, "picked_up"), version=2)])

    assert Event.objects.count() == 2
    assert Event.objects.get(superseded_at=None).milestone == "picked_up"
    assert Package.objects.get().event_count == 1


def test_a_late_scan_does_not_reopen_a_delivered_shipment():
    shipment = make_shipment(make_company())
    make_package("1Z999", shipment)
    apply([message(said("delivered", "2026-03-02 14:10"))])
    apply([message(said("in_transit", "2026-03-02 09:00"))])

    shipment.refresh_from_db()
    assert shipment.execution_status == "delivered"
    assert kinds(shipment.public_id) == ["shipment.changed", "shipment.delivered"]


def test_one_of_two_parcels_delivered_leaves_the_shipment_where_the_other_is():
    company = make_company()
    shipment = make_shipment(company, make_order(company))
    make_package("1Z1", shipment)
    make_package("1Z2", shipment)
    apply(
        [
            message(
                said("delivered", "2026-03-02 14:10", "1Z1", pod=SIGNED),
                said("out_for_delivery", "2026-03-02 08:00", "1Z2"),
            )
        ]
    )

    shipment.refresh_from_db()
    assert (shipment.execution_status, shipment.partial, shipment.delivered_packages) == (
        "out_for_delivery",
        True,
        1,
    )
    assert shipment.customer_why["words"] == "With the driver today; 1 of 2 parcels delivered"
    assert shipment.order.__class__.objects.get().stage == "out_for_delivery"


def test_delivered_without_proof_awaits_it_and_a_signature_later_makes_it_releasable():
    company = make_company()
    shipment = make_shipment(company, make_order(company))
    make_package("1Z999", shipment)
    apply([message(said("delivered", "2026-03-02 14:10", pod={"received_by": "Reception"}))])
    shipment.refresh_from_db()
    assert (shipment.financial_status, shipment.has_proof) == ("awaiting_proof", False)

    apply([message(said("pod_received", "2026-03-02 15:00", pod=SIGNED))])
    shipment.refresh_from_db()
    assert (shipment.execution_status, shipment.financial_status) == ("delivered", "releasable")
    assert "shipment.proof_received" in kinds(shipment.public_id)


def test_an_attempt_and_a_late_eta_are_told_once():
    company = make_company()
    shipment = make_shipment(company, deadline_at=said("x", "2026-03-03 12:00").occurred_at)
    make_package("1Z999", shipment)
    attempt = said(
        "delivery_attempted",
        "2026-03-02 14:10",
        exception_reason="recipient_unavailable",
        eta="2026-03-05",
    )
    apply([message(attempt)])
    apply([message(attempt)])

    shipment.refresh_from_db()
    assert (shipment.attempts, shipment.late, shipment.exception_reason) == (
        1,
        True,
        "recipient_unavailable",
    )
    assert kinds(shipment.public_id) == [
        "shipment.changed",
        "shipment.delivery_attempted",
        "shipment.delayed",
    ]


def test_an_event_without_carrier_and_two_candidates_stays_alone_and_says_so():
    apply([message(said("picked_up", "2026-03-01 10:00", carrier="UPS"), carrier=None)])
    apply([message(said("picked_up", "2026-03-01 11:00", carrier="FedEx"), carrier=None)])
    apply([message(said("in_transit", "2026-03-01 12:00"), carrier=None)])

    alone = Package.objects.get(carrier=None)
    assert (alone.ambiguous, alone.event_count) == (True, 1)
    assert kinds(alone.public_id) == ["package.changed", "package.ambiguous"]
    assert len(Entry.objects.get(kind="package.ambiguous").payload["candidates"]) == 2


def test_a_package_named_by_odoo_without_carrier_takes_the_carriers_events():
    shipment = make_shipment(make_company())
    make_package("1Z999", shipment, carrier=None)
    apply([message(said("out_for_delivery", "2026-03-01 10:00", "1z 999"))])

    assert Package.objects.get().carrier.slug == "ups"
    assert Shipment.objects.get().execution_status == "out_for_delivery"


def test_a_source_without_a_grant_for_the_company_does_not_move_its_shipment():
    shipment = make_shipment(make_company())
    make_package("1Z999", shipment)
    other = make_company("Elsewhere")
    apply([message(said("delivered", "2026-03-01 10:00"), company_ids=(other.id,))])

    shipment.refresh_from_db()
    assert shipment.execution_status == "dispatched"
    assert Package.objects.get(fence=str(other.id)).status == "delivered"


def test_a_number_used_again_after_delivery_is_a_new_generation():
    apply([message(said("delivered", "2026-03-01 10:00"))])
    apply([message(said("picked_up", "2026-03-05 10:00"))])

    assert [(row["generation"], row["status"]) for row in states()] == [
        (1, "delivered"),
        (2, "picked_up"),
    ]


def test_older_events_that_come_late_leave_the_link_with_the_package_it_was_made_for():
    shipment = make_shipment(make_company())
    make_package("1Z999", shipment)
    apply([message(said("in_transit", "2026-06-01 10:00"))])
    apply([message(said("delivered", "2026-01-01 10:00"))])

    shipment.refresh_from_db()
    assert shipment.execution_status == "in_transit"
    assert [(row["generation"], row["status"]) for row in states()] == [
        (1, "delivered"),
        (2, "in_transit"),
    ]


def test_an_event_taken_back_by_its_source_no_longer_counts():
    wrong = said("delivered", "2026-03-02 10:00", source_event_id="e1")
    back = said("info_only", "2026-03-02 11:00", source_event_id="e2", voids="e1")
    apply([message(said("in_transit", "2026-03-01 10:00"), wrong)])
    apply([message(back)])

    assert Package.objects.get().status == "in_transit"
    assert Event.objects.get(milestone="delivered").voided_at is not None


def test_a_code_nobody_mapped_is_kept_and_told():
    apply([message(said("info_only", "2026-03-02 10:00", unmapped=True, source_code="ZZ/9"))])

    assert Entry.objects.get(kind="event.unmapped").payload["code"] == "ZZ/9"
