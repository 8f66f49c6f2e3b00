"""The page of a shipment: whose word counts, what Odoo changed, and what is said when Odoo no longer has it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.mirror.models import FieldChange
from apps.shipments.claims import note_claim
from apps.shipments.models import Shipment
from tests.dashboards.factories import as_htmx
from tests.dashboards.sold import make_sold

pytestmark = pytest.mark.django_db


@pytest.fixture
def sold(company):
    return make_sold(company)


def page(client, shipment):
    address = reverse("shipment", args=[shipment.public_id])
    return client.get(address, **as_htmx()).content.decode()


def test_what_somebody_was_told_is_kept_as_a_claim_and_does_not_count(client, olga, carl, sold):
    now = timezone.now()
    note_claim(
        sold.back.packages.get(), milestone="delivered", says="The neighbour has it",
        occurred_at=now - timedelta(hours=1), by=carl, now=now,
    )  # fmt: skip
    client.force_login(olga)
    shown = page(client, sold.back)
    assert "1 claim, said by somebody who does not own the fact: kept, not counted" in shown
    assert "The neighbour has it" in shown
    assert ">claim</span>" in shown
    assert "To be received" in shown


def test_what_odoo_changed_on_the_transfer_stands_on_its_page(client, olga, sold):
    FieldChange.objects.create(
        connection="default", model="stock.picking", odoo_id=sold.rest.picking_odoo_id, field="scheduled_at",
        old="2026-11-03T12:00:00Z", new="2026-11-07T12:00:00Z", seen_at=timezone.now(), correlation_id="cor_x",
    )  # fmt: skip
    client.force_login(olga)
    assert "Scheduled" in page(client, sold.rest)
    assert "2026-11-07T12:00:00" in page(client, sold.rest)
    assert "Scheduled" not in page(client, sold.gone)


def test_what_was_said_of_a_shipment_two_years_ago_is_of_that_year(client, olga, sold):
    long_ago = timezone.now().replace(month=3, day=10, year=timezone.now().year - 2)
    Shipment.objects.filter(pk=sold.gone.pk).update(
        delivered_at=long_ago,
        execution_why={"rule": "r", "says": "Left 9 Mar 14:02 UTC",
                       "facts": [{"kind": "event", "id": "x", "says": "Scanned 8 Mar 15:03 UTC"}]},
        customer_why={"rule": "r", "says": "Told 7 Mar 16:04 UTC"},
    )  # fmt: skip
    client.force_login(olga)

    shown = page(client, sold.gone)

    for moment in ("03-09T14:02", "03-08T15:03", "03-07T16:04"):
        assert f'datetime="{long_ago.year}-{moment}:00+00:00"' in shown


def test_a_transfer_that_odoo_deleted_or_never_knew_says_so(client, olga, sold):
    client.force_login(olga)
    assert "no longer has this transfer" not in page(client, sold.rest)
    Shipment.objects.filter(pk=sold.rest.pk).update(gone=True)
    assert "no longer has this transfer" in page(client, sold.rest)
    Shipment.objects.filter(pk=sold.rest.pk).update(gone=False, picking_odoo_id=None, connection="")
    assert "Odoo does not know this shipment yet" in page(client, sold.rest)
