"""What becomes of single records on their way in, without an Odoo: whose an invoice is, what no row can hold."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.integrations.odoo.follow.invoiced import find_named_orders
from apps.integrations.odoo.follow.store import store
from apps.integrations.odoo.line.errors import Unstorable
from apps.mirror.models import WarehouseRow
from apps.mirror.services import upsert
from apps.mirror.specs import BY_MODEL

pytestmark = pytest.mark.django_db


def take(model, *records, connection="default"):
    upsert(connection, model, records, timezone.now())


def test_an_invoice_finds_its_order_by_name_in_its_own_company_and_odoo_only():
    """Two companies of one Odoo may both have an S00001, and another Odoo a third."""
    for connection in ("default", "second"):
        companies = [{"id": i, "name": f"C{i}", "currency": "EUR"} for i in (1, 2)]
        take("res.company", *companies, connection=connection)
    take("sale.order", *({"id": 10 + i, "name": "S00001", "company_id": i} for i in (1, 2)))
    take("sale.order", {"id": 99, "name": "S00001", "company_id": 2}, connection="second")
    bills = [
        {"id": i, "move_type": "out_invoice", "invoice_origin": "S00001", "company_id": i}
        for i in (1, 2, 3)
    ]

    find_named_orders("default", bills)

    assert [bill["order_odoo_ids"] for bill in bills] == [[11], [12], []]


def test_a_record_without_what_a_row_must_have_is_unstorable_and_nothing_of_it_stays():
    """The feed sets such a record aside; anything else would end its pass, and every later model's."""
    sound = {"id": 1, "name": "W1", "code": "W1", "company_id": 3}
    broken = {"id": 2, "name": "W2", "code": "W2", "company_id": False}

    with pytest.raises(Unstorable, match=r"stock\.warehouse"):
        store("default", [(BY_MODEL["stock.warehouse"], [sound, broken])], timezone.now())

    assert not WarehouseRow.objects.exists()
