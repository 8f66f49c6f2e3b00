"""What Odoo no longer has holds nothing back."""

import pytest
from django.utils import timezone

from apps.approvals.models import Hold
from apps.exceptions import services
from apps.journal.services import NewEntry, append
from apps.mirror.models import Invoice
from tests.approvals.factories import NOON, deliver, make_invoice, make_order, make_shipment

pytestmark = pytest.mark.django_db


def test_a_hold_ends_with_the_invoice_that_is_gone_from_odoo(company, settle):
    order = make_order(company, name="S00042")
    shipment = make_shipment(order)
    invoice = make_invoice(order)
    deliver(shipment)
    services.evaluate([shipment.pk], now=NOON)
    assert Hold.objects.get().state == "placed"

    Invoice.objects.update(gone_at=timezone.now())
    append(
        NewEntry(
            "invoice.changed", invoice.public_id, {"invoice": invoice.public_id, "state": "gone"}
        )
    )
    settle()

    hold = Hold.objects.get()
    assert (hold.state, hold.ended_why) == ("moot", "The invoice is no longer in Odoo.")
