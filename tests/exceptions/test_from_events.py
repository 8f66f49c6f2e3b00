"""From what a carrier says to the queue and the invoice, through the real pipe below."""

import pytest

from apps.approvals.models import Hold
from apps.exceptions.models import Case
from apps.shipments.apply import apply
from apps.shipments.models import Shipment
from tests.approvals.factories import make_invoice, make_order, make_package, make_shipment
from tests.shipments.factories import message, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def shipment(company):
    shipment = make_shipment(make_order(company, name="S00042"))
    make_package(shipment, tracking_number="1Z999")
    return shipment


def tell(*events):
    apply([message(*events)])


def test_an_attempt_opens_a_case_and_the_delivery_after_it_closes_it_and_holds_the_invoice(
    shipment, settle
):
    make_invoice(shipment.order)
    tell(said("picked_up", "2026-11-16 08:00"))
    settle()
    assert not Case.objects.exists()

    tell(said("delivery_attempted", "2026-11-17 10:00", exception_reason="recipient_unavailable"))
    settle()
    case = Case.objects.get()
    assert (case.title, case.state) == ("Delivery attempted, nobody there", "open")
    assert case.evidence.filter(kind="message").exists()

    tell(said("delivered", "2026-11-18 09:00"))
    settle()
    case.refresh_from_db()
    assert (case.state, case.resolution) == ("resolved", "Delivered on 18 Nov 09:00.")
    assert Case.objects.get(kind="missing_proof").state == "open"
    assert (
        Hold.objects.get().says
        == "Held because S00042 was delivered on 18 Nov 09:00 without proof of delivery."
    )
    assert Shipment.objects.get().financial_status == "held"

    tell(
        said(
            "pod_received",
            "2026-11-18 12:00",
            pod={"has_signature": True, "received_by": "Mertens"},
        )
    )
    settle()
    assert Case.objects.get(kind="missing_proof").state == "resolved"
    assert Hold.objects.get().state == "released"


def test_late_and_doubled_news_leave_the_same_queue(shipment, settle):
    delivered = said("delivered", "2026-11-18 09:00", pod={"has_signature": True})
    attempted = said(
        "delivery_attempted", "2026-11-17 10:00", exception_reason="recipient_unavailable"
    )
    tell(delivered)
    settle()
    tell(attempted)
    tell(attempted, delivered)
    settle()
    assert not Case.objects.exclude(state="resolved").exists()
    assert not Hold.objects.exists()
