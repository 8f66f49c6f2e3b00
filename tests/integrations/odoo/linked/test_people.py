"""Employees: who is away, who leads whom, and who has left but may still approve (R12, R15)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import Company, Team
from apps.exceptions.models import Case
from apps.exceptions.services import assign, open_case
from apps.integrations.odoo.linked import people, queries
from apps.mirror.models import LinkedRecord
from tests.contract import make
from tests.contract.client import User
from tests.factories import make_person

pytestmark = pytest.mark.django_db


def an_employee(admin: User, email: str, **values: object) -> int:
    given = {"name": f"Employee {make.key()}", "work_email": email}
    return int(admin("hr.employee", "create", {**given, **values}))


def test_somebody_who_left_and_may_still_approve_is_a_case_until_it_is_settled(
    admin, company: Company, read
):
    fiona = make_person("Fiona", "finance", company)
    employee = an_employee(admin, fiona.email.upper())
    read()
    assert people.watch_approvers("default") == 0

    admin("hr.employee", "write", [employee], {"active": False})
    read()
    assert people.watch_approvers("default") == 1
    assert people.watch_approvers("default") == 1
    case = Case.objects.get(kind="approver_departed")
    assert (case.subject, case.state, case.team) == (
        fiona.public_id,
        "open",
        Team.objects.get(slug="integration"),
    )

    fiona.is_active = False
    fiona.save()
    assert people.watch_approvers("default") == 0
    case.refresh_from_db()
    assert case.state == "resolved"


def test_people_who_are_not_ours_are_not_kept(admin, company: Company, read):
    stranger = an_employee(admin, f"{make.key()}@elsewhere.test")
    make_person("Fiona", "finance", company)
    read()
    assert not LinkedRecord.objects.filter(odoo_id=stranger, model=people.MODEL).exists()


def test_a_breached_clock_names_who_leads_the_owner(admin, company: Company, read):
    olga = make_person("Olga", "operations", company)
    boss = an_employee(admin, f"{make.key()}@acme.test", name="Berta Boss")
    an_employee(admin, olga.email, parent_id=boss)
    read()
    now = timezone.now()
    case = open_case("shipment_delayed", make.key(), now=now, company_id=company.pk)
    assign(case, to=olga, by=olga, now=now)
    case.refresh_from_db()

    people.escalate([case], now)

    step = case.steps.get(kind="noted")
    assert step.says == "Next in line, as Odoo's employees have it: Berta Boss leads Olga."


def test_a_case_of_somebody_who_is_away_says_so_and_until_when(admin, company: Company, read):
    olga = make_person("Olga", "operations", company)
    employee = an_employee(admin, olga.email)
    now = timezone.now()
    case = open_case("shipment_delayed", make.key(), now=now, company_id=company.pk)
    assign(case, to=olga, by=olga, now=now)
    read()
    block = queries.block(olga, case.public_id)
    assert block is not None
    assert block.absence is None

    _away(admin, employee)
    read()

    block = queries.block(olga, case.public_id)
    assert block is not None
    assert block.absence is not None
    assert block.absence.says.startswith("Olga is away until ")


def _away(admin: User, employee: int) -> None:
    """Leave from yesterday until in two days, approved."""
    if not _has_leaves(admin):
        pytest.skip("this server has no Time Off")
    kind = admin(
        "hr.leave.type",
        "create",
        {
            "name": f"Away {make.key()}",
            "requires_allocation": "no",
            "leave_validation_type": "no_validation",
        },
    )
    today = timezone.now().date()
    leave = admin(
        "hr.leave",
        "create",
        {
            "employee_id": employee,
            "holiday_status_id": kind,
            "request_date_from": str(today - timedelta(days=4)),
            "request_date_to": str(today + timedelta(days=4)),
        },
    )
    assert admin.value("hr.leave", leave, "state") == "validate"


def _has_leaves(admin: User) -> bool:
    return "is_absent" in admin("hr.employee.public", "fields_get", ["is_absent"]) and bool(
        admin("ir.model", "search_count", [["model", "=", "hr.leave"]])
    )
