"""The mirror writes what differs, keeps the history of watched fields, and scopes every row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import Company, Customer, Warehouse
from apps.mirror.models import FieldChange, Picking, SaleOrder
from apps.mirror.services import mark_gone, upsert

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)


def order(odoo_id=1, **values):
    return {
        "id": odoo_id,
        "name": f"S{odoo_id:05}",
        "state": "draft",
        "partner_id": 12,
        "company_id": 3,
        "warehouse_id": 5,
        "amount_total": 10.1,
        "write_date": "2026-03-02 09:00:00",
        **values,
    }


@pytest.fixture
def masters(db):
    """A company, its warehouse, and a contact below a customer."""
    upsert("default", "res.company", [{"id": 3, "name": "My Company", "currency": "USD"}], AT)
    upsert(
        "default", "stock.warehouse", [{"id": 5, "name": "Gent", "code": "WH", "company_id": 3}], AT
    )
    upsert(
        "default",
        "stock.picking.type",
        [{"id": 6, "name": "Out", "code": "outgoing", "warehouse_id": 5}],
        AT,
    )
    upsert(
        "default",
        "res.partner",
        [
            {"id": 11, "complete_name": "Azure Interior", "commercial_partner_id": 11},
            {
                "id": 12,
                "complete_name": "Azure Interior, Brandon",
                "commercial_partner_id": 11,
                "parent_id": 11,
            },
        ],
        AT,
    )


def test_master_data_becomes_the_scopes_that_people_are_granted(masters):
    assert Company.objects.get().name == "My Company"
    assert Warehouse.objects.get().company == Company.objects.get()
    assert Customer.objects.get().name == "Azure Interior"


def test_a_document_belongs_to_its_company_warehouse_and_commercial_customer(masters):
    upsert("default", "sale.order", [order()], AT)
    upsert(
        "default",
        "stock.picking",
        [
            {
                "id": 9,
                "name": "WH/OUT/9",
                "state": "assigned",
                "picking_type_id": 6,
                "picking_type_code": "outgoing",
                "partner_id": 12,
                "company_id": 3,
            }
        ],
        AT,
    )

    for row in (SaleOrder.objects.get(), Picking.objects.get()):
        assert (row.company.name, row.warehouse.code, row.customer.name) == (
            "My Company",
            "WH",
            "Azure Interior",
        )


def test_only_what_differs_is_written_and_told(masters):
    upsert("default", "sale.order", [order(1), order(2)], AT)

    changes = upsert(
        "default",
        "sale.order",
        [order(1), order(2, state="sale"), order(3)],
        AT + timedelta(seconds=1),
    )

    assert (changes.new, changes.changed) == ([3], [2])
    assert changes.fields[2] == {"state": ("draft", "sale")}
    changed = FieldChange.objects.get(odoo_id=2, field="state", new="sale")
    assert (changed.old, changed.changed_at) == ("draft", datetime(2026, 3, 2, 9, tzinfo=UTC))


def test_the_first_sight_of_a_record_is_no_change_and_the_first_change_keeps_what_was(masters):
    upsert("default", "sale.order", [order()], AT)
    assert not FieldChange.objects.exists()

    upsert("default", "sale.order", [order(state="sale")], AT + timedelta(seconds=1))

    first = FieldChange.objects.get()
    assert (first.field, first.old, first.new) == ("state", "draft", "sale")


def test_a_stamp_from_before_our_clock_was_set_back_stops_nothing(masters):
    ahead = timezone.now() + timedelta(hours=1)
    upsert("default", "sale.order", [order()], ahead)

    upsert("default", "sale.order", [order(state="sale")], timezone.now())

    assert SaleOrder.objects.get().state == "sale"


def test_texts_arrive_as_they_were_written(masters):
    said = 'tab\there, line\nthere, back\\slash \\N, "quotes", Zoë 漢字'
    upsert("default", "sale.order", [order(client_order_ref=said)], AT)

    assert SaleOrder.objects.get().customer_reference == said
    assert (
        upsert(
            "default", "sale.order", [order(client_order_ref=said)], AT + timedelta(seconds=1)
        ).touched
        == []
    )


def test_the_same_id_in_another_odoo_is_another_record(masters):
    upsert("default", "sale.order", [order()], AT)
    upsert("second", "sale.order", [order()], AT)

    assert SaleOrder.objects.count() == 2


def test_what_was_read_earlier_does_not_undo_what_was_read_later(masters):
    upsert("default", "sale.order", [order(state="sale")], AT)

    assert upsert("default", "sale.order", [order()], AT - timedelta(seconds=1)).touched == []
    assert SaleOrder.objects.get().state == "sale"


def test_what_was_true_in_between_does_not_undo_what_came_back(masters):
    later = AT + timedelta(seconds=2)
    upsert("default", "sale.order", [order()], AT)
    upsert("default", "sale.order", [order(write_date="2026-03-02 10:00:02")], later)

    slow = order(state="sale", write_date="2026-03-02 10:00:01")
    assert upsert("default", "sale.order", [slow], AT + timedelta(seconds=1)).touched == []
    assert SaleOrder.objects.get().state == "draft"


def test_a_companys_clock_is_that_of_its_partner_in_odoo(masters):
    company = {"id": 3, "name": "My Company", "currency": "USD", "partner_id": 1}
    ours = {"id": 1, "complete_name": "My Company", "commercial_partner_id": 1}
    upsert("default", "res.partner", [{**ours, "tz": "Europe/Brussels"}], AT)
    upsert("default", "res.company", [company], AT + timedelta(seconds=1))
    assert Company.objects.get().timezone == "Europe/Brussels"

    upsert("default", "res.partner", [{**ours, "tz": "Asia/Tokyo"}], AT + timedelta(seconds=2))
    assert Company.objects.get().timezone == "Asia/Tokyo"

    for nothing in (False, "Mars/Olympus"):
        at = AT + timedelta(seconds=4 if nothing else 3)
        upsert("default", "res.partner", [{**ours, "tz": nothing}], at)
        assert Company.objects.get().timezone == "Asia/Tokyo"


def test_a_scope_that_comes_later_is_filled_in(masters):
    upsert("default", "sale.order", [order(company_id=4)], AT)
    assert SaleOrder.objects.get().company is None
    upsert("default", "res.company", [{"id": 4, "name": "Second", "currency": "EUR"}], AT)

    upsert("default", "sale.order", [order(company_id=4)], AT + timedelta(seconds=1))

    assert SaleOrder.objects.get().company.name == "Second"


def test_a_record_that_is_gone_stays_and_comes_back_when_odoo_shows_it_again(masters):
    upsert("default", "sale.order", [order()], AT)

    assert mark_gone("default", "sale.order", [1], AT) == [1]
    assert mark_gone("default", "sale.order", [1], AT) == []
    upsert("default", "sale.order", [order()], AT + timedelta(seconds=1))

    assert SaleOrder.objects.get().gone_at is None


def test_a_thousand_records_take_a_handful_of_statements(masters, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        upsert("default", "sale.order", [order(number) for number in range(1, 1001)], AT)

    assert SaleOrder.objects.count() == 1000
