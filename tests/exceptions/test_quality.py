"""What Odoo's Quality has open against a transfer keeps a hold where a proof alone would lift it (R8)."""

from datetime import timedelta

import pytest

from apps.approvals import services as approvals
from apps.approvals.models import Hold
from apps.exceptions import services
from apps.exceptions.models import Case
from apps.journal.services import NewEntry, append
from apps.mirror.models import LinkedRecord
from apps.shipments.models import Shipment
from tests.approvals.factories import (
    NOON,
    deliver,
    make_document,
    make_invoice,
    make_order,
    make_shipment,
)

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def order(company):
    return make_order(company, name="S00042")


@pytest.fixture
def shipment(order):
    return make_shipment(order, reference="WH/OUT/00042")


@pytest.fixture
def failed(shipment):
    """A quality check of this transfer has failed in Odoo."""
    return LinkedRecord.objects.create(
        connection=shipment.connection,
        model="quality.check",
        odoo_id=7,
        about=[f"stock.picking,{shipment.picking_odoo_id}"],
        title="Scratches",
        state="failed",
        blocks=True,
        read_at=NOON,
    )


def test_a_proof_does_not_lift_the_hold_while_a_check_has_failed(order, shipment, failed):
    make_invoice(order)
    deliver(shipment)
    services.evaluate([shipment.pk], now=NOON)
    Shipment.objects.update(has_proof=True)

    services.evaluate([shipment.pk], now=LATER)

    hold = Hold.objects.get()
    assert hold.state == "placed"
    assert hold.says == (
        "Still held: the proof is there, but Quality has “Scratches” open on WH/OUT/00042."
    )
    assert [condition["says"] for condition in hold.conditions] == [
        "Quality settles “Scratches” on WH/OUT/00042",
        "Finance accepts other evidence",
    ]


def test_finance_may_release_it_all_the_same(order, shipment, failed, carl, fiona):
    make_invoice(order)
    deliver(shipment)
    services.evaluate([shipment.pk], now=NOON)
    Shipment.objects.update(has_proof=True)
    services.evaluate([shipment.pk], now=LATER)
    request = approvals.request_release(
        Hold.objects.get(),
        by=carl,
        reason="The customer keeps them.",
        documents=[make_document(order, by=carl)],
        now=LATER,
    )
    _, seen = approvals.facts_of(request)

    approvals.decide(request, by=fiona, verdict="grant", reason="", seen=seen, now=LATER)

    services.evaluate([shipment.pk], now=LATER)
    assert [hold.state for hold in Hold.objects.all()] == ["released"]


def test_a_check_that_passes_after_all_lifts_it_without_anybody(order, shipment, failed):
    make_invoice(order)
    deliver(shipment)
    services.evaluate([shipment.pk], now=NOON)
    Shipment.objects.update(has_proof=True)
    services.evaluate([shipment.pk], now=LATER)
    failed.delete()
    Shipment.objects.update(has_proof=True)  # the hold's new words had its events folded anew

    services.evaluate([shipment.pk], now=LATER)

    assert Hold.objects.get().state == "released"


def test_what_quality_says_anew_makes_the_detectors_look(order, shipment, settle):
    deliver(shipment)
    append(NewEntry("linked.changed", shipment.public_id, {"models": ["quality.check"]}))

    settle()

    assert Case.objects.get().kind == "missing_proof"


def test_quality_alone_holds_nothing(order, shipment, failed):
    make_invoice(order)
    deliver(shipment)
    Shipment.objects.update(has_proof=True)

    services.evaluate([shipment.pk], now=NOON)

    assert not Hold.objects.exists()
