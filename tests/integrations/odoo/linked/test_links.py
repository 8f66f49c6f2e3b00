"""How a person reads what an app says: the pure table, also for apps that only Odoo Enterprise has."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from apps.integrations.odoo.linked import asking
from apps.integrations.odoo.linked.links import BY_MODEL, LINKS
from apps.integrations.odoo.linked.says import (
    attachment,
    employee,
    lead,
    maintenance,
    quality_alert,
    quality_check,
    shift,
    task,
    ticket,
)

NOTHING = frozenset[str]()


def test_a_failed_check_blocks_its_transfer_and_a_passed_one_does_not():
    failed = quality_check(
        {
            "name": "QC7",
            "title": "Scratches",
            "picking_id": [44, "WH/IN/1"],
            "quality_state": "fail",
        }
    )
    passed = quality_check({"name": "QC7", "picking_id": [44, "WH/IN/1"], "quality_state": "pass"})
    assert (failed.about, failed.blocks, failed.state) == (("stock.picking,44",), True, "failed")
    assert (passed.blocks, passed.open) == (False, False)


def test_an_alert_blocks_until_it_is_closed():
    alert = {"name": "QA1", "picking_id": [44, "x"], "date_close": False, "stage_id": [1, "New"]}
    assert quality_alert(alert).blocks
    assert not quality_alert({**alert, "date_close": "2026-03-01 10:00:00"}).blocks
    assert not quality_alert({**alert, "picking_id": False}).about


def test_a_ticket_is_closed_once_odoo_dated_that():
    open_one = {"name": "Help", "ticket_ref": "12", "stage_id": [1, "New"], "close_date": False}
    assert (ticket(open_one).title, ticket(open_one).open) == ("Help #12", True)
    assert not ticket({**open_one, "close_date": "2026-03-01 10:00:00"}).open


def test_a_won_lead_is_of_its_orders_only():
    won = {"name": "x", "partner_id": [7, "Azure"], "order_ids": [3], "date_closed": "2026-03-01"}
    assert lead(won).about == ("sale.order,3",)
    assert lead({**won, "date_closed": False, "active": True}).about == (
        "sale.order,3",
        "res.partner,7",
    )


def test_downtime_is_of_a_work_centre_by_id_where_odoo_ties_it_and_by_name_otherwise():
    plain = {"name": "x", "equipment_id": {"id": 1, "name": "Assembly 1", "location": "WH"}}
    assert maintenance(plain).about == ("place:assembly 1", "place:wh")
    assert maintenance({"name": "x", "workcenter_id": [5, "Assembly 1"]}).about == (
        "mrp.workcenter,5",
    )
    assert not maintenance({**plain, "done": True}).open


def test_an_employee_is_known_by_address_and_by_login():
    told = {
        "name": "Anna",
        "active": True,
        "work_email": "Anna@Acme.test",
        "user_id": {"id": 2, "login": "anna"},
        "parent_id": {"id": 9, "name": "Berta", "work_email": "Berta@acme.test"},
        "is_absent": True,
        "leave_date_to": "2026-03-04",
    }
    said = employee(told)
    assert said.about == ("person:anna@acme.test",)
    assert (said.state, said.data["absent_until"], said.data["manager_email"]) == (
        "absent",
        "2026-03-04",
        "berta@acme.test",
    )
    assert employee({**told, "active": False}).state == "departed"


def test_a_shift_is_of_the_person_who_works_it():
    said = shift(
        {
            "role_id": [1, "Dock"],
            "employee_id": {"id": 3, "name": "Anna", "work_email": "anna@acme.test"},
            "start_datetime": "2026-03-01 06:00:00",
            "end_datetime": "2026-03-01 14:00:00",
        }
    )
    assert (said.title, said.about) == ("Dock", ("person:anna@acme.test",))
    assert dict(said.facts)["Until"] == "2026-03-01 14:00 UTC"


def test_a_task_is_of_the_order_odoo_ties_it_to_and_a_file_of_its_record():
    assert task({"name": "x", "state": "1_done", "sale_order_id": [4, "S4"]}).about == (
        "sale.order,4",
    )
    said = attachment(
        {
            "name": "a.pdf",
            "res_model": "stock.picking",
            "res_id": 4,
            "checksum": "c",
            "file_size": 9,
        }
    )
    assert (said.about, said.data["checksum"]) == (("stock.picking,4",), "c")


def test_changes_are_asked_for_from_a_little_earlier_and_unread_ids_whenever_they_changed():
    since = datetime(2026, 3, 1, 12, tzinfo=UTC)
    domain = asking.changed(BY_MODEL["helpdesk.ticket"], NOTHING, {4, 5}, {5}, since)
    fresh = ("write_date", ">=", "2026-03-01 11:58:00")
    assert domain == [
        "|",
        ("id", "in", [5]),
        "&",
        fresh,
        "|",
        ("id", "in", [4, 5]),
        ("id", "=", 0),
    ]
    assert asking.changed(BY_MODEL["maintenance.request"], NOTHING, set(), set(), since) == [fresh]


def test_a_task_is_not_asked_for_by_a_field_that_this_server_lacks():
    assert asking.whole(BY_MODEL["project.task"], NOTHING, {3}, []) == [
        "|",
        ("id", "in", [3]),
        ("id", "=", 0),
    ]


@pytest.mark.parametrize("link", LINKS, ids=lambda link: link.model)
def test_every_link_needs_only_what_it_reads(link):
    assert set(link.needs) <= set(link.fields)
