"""An order's opportunity, its customer's open leads, and the milestones they are told (R5)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.integrations.models import Command
from apps.integrations.odoo.command import sending
from apps.integrations.odoo.linked import leads, queries
from apps.journal.models import Entry
from apps.mirror.models import LinkedRecord
from apps.shipments.models import Order, Shipment
from tests.contract import make
from tests.contract.client import User
from tests.factories import make_person
from tests.integrations.odoo.linked.conftest import facts, linked

pytestmark = pytest.mark.django_db


def a_lead(admin: User, **values: Any) -> int:
    given = {"name": f"Twelve desks {make.key()}", "type": "opportunity", "user_id": admin.uid}
    return int(admin("crm.lead", "create", {**given, **values}))


def an_order(admin: User, clerk: User, mirror: Any, **values: Any) -> Order:
    partner = values.pop("partner", None) or make.customer(admin)
    made = make.order(clerk, partner, (make.product(admin), 2))
    if values:
        admin("sale.order", "write", [made], values)
    clerk("sale.order", "action_confirm", [made])
    mirror()
    return Order.objects.get(odoo_id=made)


def test_an_order_shows_its_opportunity_and_the_account_owner(admin, clerk, mirror, read):
    lead = a_lead(admin)
    order = an_order(admin, clerk, mirror, opportunity_id=lead)
    read()
    olga = make_person("Olga", "operations", order.company)

    block = queries.block(olga, order.public_id)

    assert (block.groups[0].app, [row.odoo_id for row in block.groups[0].rows]) == ("CRM", [lead])
    assert facts(block.groups[0].rows[0])["Account owner"] == admin.value(
        "res.users", admin.uid, "name"
    )
    assert block.read_at is not None


def test_without_one_the_customers_open_leads_show_and_a_lost_one_does_not(
    admin, clerk, mirror, read
):
    company = make.customer(admin, is_company=True)
    person = make.customer(admin, parent_id=company)
    lead = a_lead(admin, partner_id=person)
    order = an_order(admin, clerk, mirror, partner=company)
    read()
    olga = make_person("Olga", "operations", order.company)
    assert [row.odoo_id for row in queries.block(olga, order.public_id).groups[0].rows] == [lead]

    admin("crm.lead", "write", [lead], {"active": False, "probability": 0})
    read()

    assert queries.block(olga, order.public_id).empty


def test_a_lead_that_odoo_no_longer_has_goes_with_the_daily_reading(admin, clerk, mirror, read):
    lead = a_lead(admin)
    an_order(admin, clerk, mirror, opportunity_id=lead)
    read()
    assert linked("crm.lead", lead)
    admin("crm.lead", "unlink", [lead])

    read(again=True)

    assert linked("crm.lead", lead) is None


def test_a_delivery_is_noted_on_the_lead_once(admin, clerk, mirror, read):
    lead = a_lead(admin)
    order = an_order(admin, clerk, mirror, opportunity_id=lead)
    read()
    shipment = Shipment.objects.get(order=order)
    Shipment.objects.filter(pk=shipment.pk).update(delivered_at=timezone.now())
    entry = Entry(
        kind="shipment.delivered", subject=shipment.public_id, at=timezone.now(), correlation_id="c"
    )

    assert leads.note([entry]) == 1
    assert leads.note([entry]) == 0
    sending.drain(parallel=1)

    command = Command.objects.get(kind="note_on_lead")
    assert command.state == "applied", command.says
    assert make.notes_with(admin, "crm.lead", lead, f"{order.name} was delivered") == 1


def test_old_stories_are_not_told(admin, clerk, mirror, read):
    lead = a_lead(admin)
    order = an_order(admin, clerk, mirror, opportunity_id=lead)
    shipment = Shipment.objects.get(order=order)
    long_ago = timezone.now() - timedelta(days=9)
    assert (
        leads.note([Entry(kind="shipment.delayed", subject=shipment.public_id, at=long_ago)]) == 0
    )


def test_an_app_that_is_taken_away_takes_what_it_said_along(
    admin, clerk, mirror, read, monkeypatch
):
    lead = a_lead(admin)
    an_order(admin, clerk, mirror, opportunity_id=lead)
    read()
    from apps.integrations.odoo.line import discover

    has = discover.has
    monkeypatch.setattr(
        discover, "has", lambda slug, model, *more: model != "crm.lead" and has(slug, model, *more)
    )
    read()

    assert not LinkedRecord.objects.filter(model="crm.lead").exists()
