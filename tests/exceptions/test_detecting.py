"""The queue says what is true now, whatever order the news came in."""

from datetime import timedelta

import pytest

from apps.approvals import services as approvals
from apps.approvals.models import Hold
from apps.exceptions import services
from apps.exceptions.models import Case
from apps.journal.models import Entry
from apps.journal.services import NewEntry, append
from apps.mirror.models import Invoice
from apps.shipments.models import Event, Package, Shipment
from tests.approvals.factories import (
    NOON,
    deliver,
    make_document,
    make_event,
    make_invoice,
    make_order,
    make_package,
    make_shipment,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def order(company):
    return make_order(company, name="S00042")


@pytest.fixture
def shipment(order):
    return make_shipment(order, reference="WH/OUT/00042")


def attempt(shipment, at=NOON, reason="recipient_unavailable"):
    package = shipment.packages.first() or make_package(shipment)
    event = make_event(package, "delivery_attempted", at, exception_reason=reason)
    Package.objects.filter(pk=package.pk).update(
        milestone="delivery_attempted", exception_reason=reason
    )
    return event


def look(*shipments, now=NOON):
    services.evaluate([row.pk for row in shipments], now=now)


def test_an_attempted_delivery_opens_one_case_with_owner_clock_evidence_and_actions(shipment):
    event = attempt(shipment)

    look(shipment)
    look(shipment)

    case = Case.objects.get()
    assert case.title == "Delivery attempted, nobody there"
    assert (case.team.slug, case.priority, case.state, case.count) == (
        "customer-service",
        1,
        "open",
        1,
    )
    assert case.due_at == NOON + 2 * HOUR
    assert {(e.kind, e.ref) for e in case.evidence.all()} == {
        ("event", event.public_id),
        ("message", event.message_ref),
    }
    assert (case.value, case.currency) == (4180, "EUR")
    assert Entry.objects.filter(kind="case.opened").count() == 1
    assert not Entry.objects.filter(kind="case.changed").exists()


def test_a_second_attempt_raises_the_count_of_the_same_case_and_ends_the_wait(shipment, carl):
    attempt(shipment)
    look(shipment)
    services.wait(Case.objects.get(), on="carrier", by=carl, now=NOON + HOUR)

    attempt(shipment, NOON + 20 * HOUR, "recipient_refused")
    look(shipment, now=NOON + 20 * HOUR)

    case = Case.objects.get()
    assert (case.count, case.state, case.title) == (
        2,
        "open",
        "Delivery attempted, refused at the door",
    )


def test_the_case_closes_itself_when_the_parcel_moves_on_and_comes_back_if_it_recurs(shipment):
    attempt(shipment)
    look(shipment)
    Package.objects.update(milestone="out_for_delivery", exception_reason="")
    Shipment.objects.update(execution_status="out_for_delivery")
    look(shipment, now=NOON + HOUR)
    case = Case.objects.get()
    assert (case.state, case.resolved_by, case.resolution) == (
        "resolved",
        "the tower",
        "It moves on: out for delivery.",
    )

    attempt(shipment, NOON + 2 * HOUR)
    look(shipment, now=NOON + 2 * HOUR)

    case.refresh_from_db()
    assert (case.state, case.count) == ("open", 2)


def test_a_case_that_a_person_closed_stays_closed_until_something_new_happens(shipment, carl):
    attempt(shipment)
    look(shipment)
    services.resolve(Case.objects.get(), by=carl, says="The neighbour took it.", now=NOON)

    look(shipment, now=NOON + HOUR)
    assert Case.objects.get().state == "resolved"

    attempt(shipment, NOON + 2 * HOUR)
    look(shipment, now=NOON + 2 * HOUR)
    assert Case.objects.get().state == "open"


def test_delivered_without_proof_opens_a_case_and_holds_the_posted_invoice(order, shipment):
    invoice = make_invoice(order)
    deliver(shipment)

    look(shipment)
    look(shipment)

    hold, case = Hold.objects.get(), Case.objects.get()
    assert (
        hold.says == "Held because S00042 was delivered on 16 Nov 12:00 without proof of delivery."
    )
    assert [condition["says"] for condition in hold.conditions] == [
        "A signature or document from UPS arrives",
        "Finance accepts other evidence",
    ]
    assert (hold.record_odoo_id, hold.case_ref) == (invoice.odoo_id, case.public_id)
    assert (case.kind, case.title) == ("missing_proof", "Delivered without proof")
    assert f"Invoice {invoice.name} is held." in case.says
    assert Entry.objects.filter(kind="hold.placed").count() == 1


def test_an_invoice_posted_after_the_delivery_is_held_too(order, shipment):
    invoice = make_invoice(order, state="draft")
    deliver(shipment)
    look(shipment)
    assert not Hold.objects.exists()
    assert "is a draft and is held once it is posted" in Case.objects.get().says

    Invoice.objects.filter(pk=invoice.pk).update(state="posted")
    services.evaluate_orders([order.pk], now=NOON + HOUR)

    assert Hold.objects.get().record_odoo_id == invoice.odoo_id


def test_a_paid_invoice_is_not_held_and_the_case_says_so(order, shipment):
    make_invoice(order, payment_state="paid")
    deliver(shipment)
    look(shipment)

    assert not Hold.objects.exists()
    assert "is already paid, so nothing can be held" in Case.objects.get().says


def test_proof_that_comes_later_closes_the_case_and_lifts_the_hold(order, shipment):
    make_invoice(order)
    deliver(shipment)
    look(shipment)
    Shipment.objects.update(has_proof=True)

    look(shipment, now=NOON + HOUR)

    hold, case = Hold.objects.get(), Case.objects.get()
    assert (hold.state, hold.ended_by, hold.ended_why) == (
        "released",
        "the tower",
        "Proof of delivery arrived.",
    )
    assert (case.state, case.resolution) == ("resolved", "Proof of delivery arrived.")


def test_the_hold_stays_while_another_shipment_of_the_order_misses_its_proof(order, shipment):
    other = make_shipment(order)
    make_invoice(order)
    deliver(shipment)
    deliver(other)
    look(shipment, other)
    Shipment.objects.filter(pk=shipment.pk).update(has_proof=True)

    look(shipment)

    assert Hold.objects.get().state == "placed"
    assert Case.objects.exclude(state="resolved").get().shipment == other


def test_a_delivery_with_proof_opens_nothing(order, shipment):
    make_invoice(order)
    deliver(shipment, proof=True)
    look(shipment)
    assert not Case.objects.exists()
    assert not Hold.objects.exists()


def test_an_incoming_receipt_needs_no_proof(order, company):
    receipt = deliver(make_shipment(order, kind="incoming"))
    look(receipt)
    assert not Case.objects.exists()


def release(case, order, carl, fiona):
    run = services.act(
        case,
        "request_release",
        by=carl,
        data={"reason": "The customer mailed the signed paper."},
        documents=[make_document(order, carl)],
        now=NOON,
    )
    request = Hold.objects.get().requests.get()
    approvals.decide(
        request,
        by=fiona,
        verdict="grant",
        reason="Signature checked.",
        seen=approvals.facts_of(request)[1],
        now=NOON,
    )
    run.refresh_from_db()
    return run


def test_what_finance_released_is_not_held_again_and_the_case_closes(
    order, shipment, carl, fiona, settle
):
    make_invoice(order)
    deliver(shipment)
    look(shipment)
    case = Case.objects.get()
    run = release(case, order, carl, fiona)

    settle()
    look(shipment, now=NOON + HOUR)

    case.refresh_from_db()
    run.refresh_from_db()
    assert [hold.state for hold in Hold.objects.all()] == ["released"]
    assert (case.state, case.resolution) == ("resolved", "Finance accepted other evidence.")
    assert (run.state, run.state_says) == ("sent", "Fiona Finance granted it, waiting to be sent")


def test_a_release_that_odoo_refuses_brings_the_case_back(order, shipment, carl, fiona, settle):
    make_invoice(order)
    deliver(shipment)
    look(shipment)
    run = release(Case.objects.get(), order, carl, fiona)
    settle()

    approvals.record_effect(
        Hold.objects.get().public_id,
        "refused",
        "The amount was changed in Odoo.",
        NOON + HOUR,
        still_held=True,
    )
    settle()

    run.refresh_from_db()
    case = Case.objects.get()
    assert (case.state, Hold.objects.get().state) == ("open", "placed")
    assert run.state == "failed"
    assert "The amount was changed in Odoo." in run.state_says


def test_a_hold_lifted_by_hand_opens_a_case_for_finance_and_is_not_placed_again(
    order, shipment, settle
):
    make_invoice(order)
    deliver(shipment)
    look(shipment)
    approvals.mark_bypassed(
        Hold.objects.get(), says="Somebody set it to not paid in Odoo.", now=NOON
    )

    settle()
    look(shipment, now=NOON + HOUR)

    assert [hold.state for hold in Hold.objects.all()] == ["bypassed"]
    bypassed = Case.objects.get(kind="hold_bypassed")
    assert (bypassed.team.slug, bypassed.says) == (
        "finance",
        "Somebody set it to not paid in Odoo.",
    )


def test_a_later_eta_than_promised_opens_a_case_before_the_promise_lapses(shipment):
    Shipment.objects.update(promise_at=NOON + 24 * HOUR, eta_at=NOON + 48 * HOUR)
    look(shipment)
    case = Case.objects.get()
    assert (case.kind, case.title) == ("shipment_delayed", "Expected 18 Nov, promised 17 Nov")

    Shipment.objects.update(eta_at=NOON + 20 * HOUR)
    look(shipment, now=NOON + HOUR)
    case.refresh_from_db()
    assert case.resolution == "It is expected in time again."


def test_entries_say_where_to_look_in_whatever_order_they_come(order, shipment, settle):
    make_invoice(order)
    deliver(shipment)
    append(NewEntry("package.changed", shipment.packages.get().public_id))
    append(
        NewEntry("shipment.changed", shipment.public_id),
        NewEntry("shipment.changed", shipment.public_id),
    )
    append(NewEntry("order.changed", order.public_id))

    settle()

    assert Case.objects.get().kind == "missing_proof"
    assert Hold.objects.count() == 1


def test_trouble_and_impossible_orders_of_events_become_cases(shipment):
    package = make_package(
        shipment,
        milestone="customs_hold",
        anomalies=[{"code": "x", "says": "Delivered before it was picked up"}],
    )
    make_event(package, "customs_hold", exception_reason="customs_documents_missing")
    look(shipment)
    assert sorted(Case.objects.values_list("kind", "title")) == [
        ("delivery_exception", "Held at customs, papers missing"),
        ("impossible_sequence", "Events that cannot be in this order"),
    ]


def test_superseded_events_are_no_evidence(shipment):
    old = attempt(shipment)
    Event.objects.filter(pk=old.pk).update(superseded_at=NOON)
    new = make_event(
        shipment.packages.get(), "delivery_attempted", exception_reason="business_closed"
    )
    look(shipment)
    case = Case.objects.get()
    assert case.title == "Delivery attempted, business closed"
    assert case.evidence.get(kind="event").ref == new.public_id


def test_quiet_goods_cost_a_handful_of_statements_however_many(
    order, django_assert_max_num_queries
):
    shipments = [make_shipment(order) for _ in range(5)]
    for shipment in shipments:
        make_package(shipment)
    with django_assert_max_num_queries(12):
        look(*shipments)


def test_an_ambiguous_package_and_an_unmapped_code_open_cases_for_those_who_can_mend_them(
    settle, olga, carl
):
    package = make_package(None, tracking_number="1Z5")
    append(NewEntry("package.ambiguous", package.public_id, {"number": "1Z5", "candidates": []}))
    append(
        NewEntry(
            "event.unmapped", "evt_" + "0" * 32, {"source": "ups", "code": "ZZ", "message": "msg_1"}
        )
    )
    append(
        NewEntry(
            "event.unmapped", "evt_" + "1" * 32, {"source": "ups", "code": "ZZ", "message": "msg_2"}
        )
    )
    settle()

    assert sorted(Case.objects.values_list("kind", "count")) == [
        ("ambiguous_package", 1),
        ("unmapped_code", 2),
    ]
    assert Case.objects.all().visible_to(olga).count() == 2
    assert Case.objects.all().visible_to(carl).count() == 0


def test_an_invoice_paid_while_odoo_held_it_counts_as_bypassed_and_before_that_as_moot(
    order, shipment
):
    make_invoice(order)
    deliver(shipment)
    look(shipment)
    Invoice.objects.update(payment_state="paid")
    look(shipment)
    assert Hold.objects.get().state == "moot"

    Hold.objects.update(state="placed", effect="applied")
    look(shipment)
    assert Hold.objects.get().state == "bypassed"


def test_a_code_that_is_unmapped_five_hundred_times_is_one_case_and_a_page_that_ends(
    settle, client, olga, django_assert_max_num_queries
):
    def heard(first: int) -> None:
        for number in range(first, first + 250):
            append(
                NewEntry("event.unmapped", f"evt_{number:032x}", {"source": "ups", "code": "A:1"})
            )

    heard(0)
    settle()
    heard(250)
    with django_assert_max_num_queries(120):
        settle()

    case = Case.objects.get()
    assert (case.title, case.count, case.evidence.count()) == (
        "Code A:1 of ups is not mapped", 500, 500,
    )  # fmt: skip
    client.force_login(olga)
    page = client.get(f"/queue/{case.public_id}/").content.decode()
    assert page.count("ups A:1") == 200 + 1  # the reasons, and the one step of the second batch
    assert "Only the newest 200" in page
