"""What several of these tests start from."""

from decimal import Decimal

import pytest

from apps.mirror.models import Contact, Picking, SaleOrder
from tests.shipments.factories import at, mirrored


@pytest.fixture
def sold(company):
    """A confirmed order of one customer with one transfer that waits for stock."""
    customer = mirrored(
        Contact, name="Azure Interior", city="Gent", country="BE", timezone="Europe/Brussels"
    )
    order = mirrored(
        SaleOrder, name="S00042", state="sale", company=company, customer_odoo_id=customer.odoo_id,
        shipping_odoo_id=customer.odoo_id, amount_total=Decimal("120.50"), currency="EUR",
        ordered_at=at("2026-03-01 08:00"), commitment_at=at("2026-03-05 16:00"),
    )  # fmt: skip
    picking = mirrored(
        Picking, name="WH/OUT/00007", state="confirmed", kind="outgoing", company=company,
        order_odoo_id=order.odoo_id, contact_odoo_id=customer.odoo_id, deadline_at=at("2026-03-04 12:00"),
    )  # fmt: skip
    return order, picking
