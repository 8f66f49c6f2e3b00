"""Files, tasks and downtime that Odoo knows of stand on the pages of what they are about (R9, R11, R14)."""

from __future__ import annotations

import base64

import pytest
from django.test import Client
from django.utils import timezone

from apps.exceptions.models import Case
from apps.exceptions.services import open_case, resolve
from apps.integrations.models import Command
from apps.integrations.odoo.command import issuing, sending, targets
from apps.integrations.odoo.command.kinds import KINDS
from apps.integrations.odoo.linked import queries, work
from apps.journal.models import Entry
from apps.shipments.models import Order, Shipment
from tests.contract import make
from tests.contract.client import User
from tests.factories import make_person
from tests.integrations.odoo.linked.conftest import facts, linked
from tests.integrations.odoo.linked.test_crm import an_order

pytestmark = pytest.mark.django_db


def test_a_file_on_the_transfer_is_listed_and_opens_from_the_tower(admin, clerk, mirror, read):
    order = an_order(admin, clerk, mirror)
    shipment = Shipment.objects.get(order=order)
    body = f"certificate {make.key()}".encode()
    file = admin(
        "ir.attachment",
        "create",
        {
            "name": "certificate.txt",
            "datas": base64.b64encode(body).decode(),
            "res_model": "stock.picking",
            "res_id": shipment.picking_odoo_id,
        },
    )
    read()
    olga = make_person("Olga", "operations", order.company)
    browser = Client()
    browser.force_login(olga)

    page = browser.get(f"/integrations/linked/{shipment.public_id}/").content.decode()
    answer = browser.get(f"/integrations/linked/{shipment.public_id}/{file}/")

    assert "certificate.txt" in page
    assert (answer.status_code, answer.content) == (200, body)
    assert answer["Content-Type"] == "application/octet-stream"
    assert "attachment" in answer["Content-Disposition"]


def test_a_file_that_became_another_one_is_not_handed_out(admin, clerk, mirror, read):
    order = an_order(admin, clerk, mirror)
    shipment = Shipment.objects.get(order=order)
    values = {"name": "a.txt", "res_model": "stock.picking", "res_id": shipment.picking_odoo_id}
    first, second = (base64.b64encode(text).decode() for text in (b"first", b"second"))
    file = admin("ir.attachment", "create", {**values, "datas": first})
    read()
    admin("ir.attachment", "write", [file], {"datas": second})
    browser = Client()
    browser.force_login(make_person("Olga", "operations", order.company))

    answer = browser.get(f"/integrations/linked/{shipment.public_id}/{file}/")

    assert answer.status_code == 409


def test_a_stranger_sees_neither_block_nor_file(admin, clerk, mirror, read):
    order = an_order(admin, clerk, mirror)
    browser = Client()
    browser.force_login(make_person("Sam", "operations"))
    assert browser.get(f"/integrations/linked/{order.public_id}/").status_code == 404
    assert browser.get(f"/integrations/linked/{order.public_id}/1/").status_code == 404


def a_task(admin: User, order: Order, case: Case | None = None) -> Command:
    olga = make_person("Tara", "operations", order.company)
    target = targets.find(order.public_id, olga)
    assert target is not None
    return issuing.issue(
        "create_task",
        record=target,
        data={"title": f"Repack {make.key()}", "project": ""},
        by=olga,
        seen=KINDS["create_task"].facts(target),
        now=timezone.now(),
        cause=case.public_id if case else "",
    )


def test_a_task_that_the_tower_made_shows_its_state_and_its_end_is_told_to_the_case(
    admin, clerk, mirror, read
):
    order = an_order(admin, clerk, mirror)
    case = open_case("shipment_delayed", make.key(), now=timezone.now(), order=order)
    command = a_task(admin, order, case)
    sending.drain(parallel=1)
    command.refresh_from_db()
    assert command.state == "applied", command.says
    task = command.made[0][1]
    read()
    row = linked("project.task", task)
    assert row is not None
    assert (row.state, row.open) == ("in progress", True)
    assert set(row.about) == {f"sale.order,{order.odoo_id}", f"case,{case.public_id}"}

    clerk("project.task", "write", [task], {"state": "1_done"})
    read()

    row.refresh_from_db()
    assert (row.state, row.open) == ("done", False)
    assert "was closed (done) in Odoo" in case.steps.get(kind="noted").says


def test_a_task_made_from_a_cases_page_is_the_cases(admin, clerk, mirror, read):
    order = an_order(admin, clerk, mirror)
    case = open_case("shipment_delayed", make.key(), now=timezone.now(), order=order)
    browser = Client()
    browser.force_login(make_person("Olga", "operations", order.company))
    where = f"/integrations/commands/new/create_task/{order.public_id}/"

    block = browser.get(f"/integrations/linked/{case.public_id}/").content.decode()
    form = browser.get(where, {"case": case.public_id}).content.decode()
    answer = browser.post(where, {"title": "Repack", "seen": "{}", "case": case.public_id})

    assert f'href="{where}?case={case.public_id}"' in block
    assert f'name="case" value="{case.public_id}"' in form
    assert answer.status_code == 302, answer.content.decode()[:500]
    assert Command.objects.get(kind="create_task").cause == case.public_id


def test_a_case_that_is_closed_is_noted_on_its_task_once(admin, clerk, mirror, read):
    order = an_order(admin, clerk, mirror)
    case = open_case("shipment_delayed", make.key(), now=timezone.now(), order=order)
    command = a_task(admin, order, case)
    sending.drain(parallel=1)
    command.refresh_from_db()
    resolve(case, by=command.decided_by, says="Sent anew.", now=timezone.now())
    entry = Entry(kind="case.resolved", subject=case.public_id, correlation_id="c")

    assert (work.tell_closed([entry]), work.tell_closed([entry])) == (1, 0)
    sending.drain(parallel=1)

    assert make.notes_with(clerk, "project.task", command.made[0][1], "Sent anew.") == 1


def test_a_repair_in_the_warehouse_of_an_order_is_context_until_it_is_done(
    admin, clerk, mirror, read
):
    order = an_order(admin, clerk, mirror)
    where = order.warehouse.name
    lift = admin(
        "maintenance.equipment", "create", {"name": f"Lift {make.key()}", "location": where}
    )
    repair = admin(
        "maintenance.request", "create", {"name": f"Broken {make.key()}", "equipment_id": lift}
    )
    read()
    olga = make_person("Olga", "operations", order.company)
    block = queries.block(olga, order.public_id)
    assert block is not None
    shown = {row.odoo_id: row for group in block.groups for row in group.rows}
    assert facts(shown[repair])["Where"].startswith("Lift ")

    done = admin("maintenance.stage", "search", [["done", "=", True]], limit=1)
    admin("maintenance.request", "write", [repair], {"stage_id": done[0]})
    read()

    block = queries.block(olga, order.public_id)
    assert block is not None
    assert repair not in {row.odoo_id for group in block.groups for row in group.rows}
