"""The list and the page of supplies: what is shown, to whom, in which order, and what it costs."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.mirror.models import Product, Production, PurchaseOrder, PurchaseOrderLine
from apps.shipments.models import Supply
from apps.shipments.projection import project
from tests.dashboards.factories import as_htmx, as_live
from tests.dashboards.sold import make_sold, put_off
from tests.factories import make_customer, make_person
from tests.shipments.factories import mirrored

pytestmark = pytest.mark.django_db


def buy(company, name, days, **fields):
    """A confirmed purchase of ten desks that are to come in so many days."""
    desk = Product.objects.filter(name="Desk").first() or mirrored(Product, name="Desk")
    given = {"state": "purchase", "company": company, "name": name, **fields}
    order = mirrored(PurchaseOrder, **given)
    mirrored(
        PurchaseOrderLine, order_odoo_id=order.odoo_id, product_odoo_id=desk.odoo_id, ordered_qty=Decimal(10),
        unit="Units", planned_at=timezone.now() + timedelta(days=days),
    )  # fmt: skip
    project("default", purchases=[order.odoo_id])
    return Supply.objects.get(reference=name)


def listed(client, query=""):
    rows = client.get(f"{reverse('supplies')}{query}").context["rows"]
    return [row.reference for row in rows]


def test_what_comes_next_stands_first_and_what_is_over_only_when_asked_for(client, olga, company):
    client.force_login(olga)
    buy(company, "P3", 9)
    buy(company, "P1", 1)
    buy(company, "P2", 4, state="cancel")
    assert listed(client) == ["P1", "P3"]
    assert listed(client, "?all=1") == ["P1", "P3", "P2"]
    assert listed(client, "?q=P2") == ["P2"]


def test_late_is_what_was_put_off_and_what_is_due_but_not_what_nobody_confirmed(
    client, olga, company
):
    client.force_login(olga)
    buy(company, "P1", 1)
    buy(company, "P2", -1)
    buy(company, "P3", -1, state="draft")
    sold = make_sold(company)
    put_off(sold, days=5)
    assert listed(client, "?late=1") == ["P2", "P00042"]


def test_kinds_are_told_apart(client, olga, company):
    client.force_login(olga)
    buy(company, "P1", 1)
    made = mirrored(
        Production, name="WH/MO/1", state="confirmed", company=company, quantity=Decimal(4)
    )
    project("default", productions=[made.odoo_id])
    assert listed(client, "?kind=purchase") == ["P1"]
    assert listed(client, "?kind=production") == ["WH/MO/1"]
    assert listed(client, "?kind=nonsense") == ["P1", "WH/MO/1"]


def test_the_live_script_gets_the_rows_it_names_and_those_that_left_greyed(client, olga, company):
    client.force_login(olga)
    one, other = buy(company, "P1", 1), buy(company, "P2", 2, state="cancel")
    ids = f"{one.public_id},{other.public_id}"
    page = client.get(f"{reverse('supplies')}?rows={ids}", **as_live()).content.decode()
    assert f'id="{one.public_id}"' in page
    assert 'class="left"' in page.split(f'id="{other.public_id}"')[1].split("<td")[0]


def test_a_supply_of_others_is_not_there(client, stranger, company):
    client.force_login(stranger)
    supply = buy(company, "P1", 1)
    assert listed(client) == []
    assert client.get(reverse("supply", args=[supply.public_id])).status_code == 404


def test_whoever_is_granted_one_customer_sees_no_supply_and_no_order_behind_it(client, company):
    sold = make_sold(company)
    put_off(sold, days=5)
    narrow = make_person("Nora Narrow", "operations", company, make_customer(company))
    client.force_login(narrow)
    assert listed(client) == []
    assert client.get(reverse("supply", args=[sold.supply.public_id])).status_code == 404


def test_fifty_late_supplies_cost_no_more_queries_than_one(client, olga, company):
    client.force_login(olga)

    def cost() -> int:
        client.get(reverse("supplies"))
        with CaptureQueriesContext(connection) as spent:
            client.get(reverse("supplies"))
        return len(spent)

    buy(company, "P0", -1)
    alone = cost()
    for number in range(1, 50):
        buy(company, f"P{number}", -1)
    assert len(listed(client)) == 50
    assert cost() <= alone <= 40


def test_the_page_of_a_production_names_its_work_orders_and_says_what_is_absent(
    client, olga, company
):
    client.force_login(olga)
    made = mirrored(
        Production, name="WH/MO/1", state="confirmed", company=company, quantity=Decimal(4)
    )
    project("default", productions=[made.odoo_id])
    supply = Supply.objects.get(reference="WH/MO/1")
    page = client.get(reverse("supply", args=[supply.public_id]), **as_htmx()).content.decode()
    for words in (
        "no date",
        "Made without work orders.",
        "No open order waits for it",
        "goes into stock",
    ):
        assert words in page


def test_only_who_may_own_orders_is_offered_to_take_one_and_others_are_refused(
    client, ines, carl, company
):
    sold = make_sold(company)
    order, owner = sold.order, reverse("order_owner", args=[sold.order.public_id])
    client.force_login(ines)
    assert "Take it" not in client.get(reverse("order", args=[order.public_id])).content.decode()
    assert client.post(owner).status_code == 403
    client.force_login(carl)
    assert client.post(owner, {"to": ines.public_id}, **as_htmx()).status_code == 422
    assert client.post(owner).status_code == 302
    order.refresh_from_db()
    assert order.accountable == carl
