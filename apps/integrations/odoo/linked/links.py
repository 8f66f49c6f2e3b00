"""Which records of which apps are followed: one table.

Fields are asked of each server first (`fields_get`); what it lacks is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from apps.integrations.odoo.linked.says import (
    Record,
    Said,
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

Domain = list[Any]


@dataclass(frozen=True, slots=True)
class Link:
    """One model of an app that is followed where it is installed.

    needs: without these fields it is not read. scope: the domain, given the fields the server has. first: further
    terms for reading all of it. joins: (many2one, model, fields): the record it points to instead of its name.
    ids names what beside the domain is asked for by id. followed: changes are asked for by write_date, and all of it
    once a day; else all of it each time. every_s: seconds between two questions.
    """

    app: str
    model: str
    fields: tuple[str, ...]
    needs: tuple[str, ...]
    said: Callable[[Record], Said]
    scope: Callable[[frozenset[str]], Domain]
    first: tuple[Any, ...] = ()
    joins: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    ids: str = ""
    followed: bool = True
    every_s: int = 60


def _open_or_of_orders(_: frozenset[str]) -> Domain:
    return ["|", ("order_ids", "!=", False), ("partner_id", "!=", False)]


def _of_transfers(_: frozenset[str]) -> Domain:
    return [("picking_id", "!=", False)]


def _of_orders(known: frozenset[str]) -> Domain:
    return [("sale_order_id", "!=", False)] if "sale_order_id" in known else [("id", "=", 0)]


LINKS: Final[tuple[Link, ...]] = (
    Link(
        "CRM",
        "crm.lead",
        (
            "name",
            "type",
            "active",
            "stage_id",
            "partner_id",
            "user_id",
            "order_ids",
            "date_closed",
            "date_deadline",
        ),
        ("name", "order_ids"),
        lead,
        _open_or_of_orders,
        first=(
            "|",
            ("order_ids", "!=", False),
            "&",
            ("active", "=", True),
            ("date_closed", "=", False),
        ),
        ids="opportunities",
    ),
    Link(
        "Quality",
        "quality.check",
        ("name", "title", "picking_id", "product_id", "quality_state", "user_id"),
        ("picking_id", "quality_state"),
        quality_check,
        _of_transfers,
        first=(("quality_state", "=", "fail"),),
        every_s=30,
    ),
    Link(
        "Quality",
        "quality.alert",
        (
            "name",
            "title",
            "active",
            "picking_id",
            "product_id",
            "stage_id",
            "date_close",
            "user_id",
        ),
        ("picking_id", "date_close"),
        quality_alert,
        _of_transfers,
        first=(("date_close", "=", False),),
        every_s=30,
    ),
    Link(
        "Helpdesk",
        "helpdesk.ticket",
        ("name", "active", "ticket_ref", "stage_id", "user_id", "team_id", "close_date"),
        ("name", "stage_id", "close_date"),
        ticket,
        lambda _: [("id", "=", 0)],
        ids="made",
    ),
    Link(
        "Project",
        "project.task",
        ("name", "active", "state", "stage_id", "project_id", "date_deadline", "sale_order_id"),
        ("name", "state"),
        task,
        _of_orders,
        ids="made",
    ),
    Link(
        "Maintenance",
        "maintenance.request",
        (
            "name",
            "equipment_id",
            "workcenter_id",
            "stage_id",
            "done",
            "archive",
            "schedule_date",
            "maintenance_type",
        ),
        ("name", "done"),
        maintenance,
        lambda _: [],
        first=(("done", "=", False),),
        joins=(("equipment_id", "maintenance.equipment", ("name", "location", "workcenter_id")),),
    ),
    Link(
        "Attachments",
        "ir.attachment",
        ("name", "res_model", "res_id", "checksum", "mimetype", "file_size", "create_date"),
        ("name", "res_model", "res_id", "checksum"),
        attachment,
        lambda _: [("res_model", "in", ["sale.order", "stock.picking"]), ("type", "=", "binary")],
    ),
    Link(
        "Employees",
        "hr.employee.public",
        (
            "name",
            "active",
            "user_id",
            "parent_id",
            "department_id",
            "work_email",
            "is_absent",
            "leave_date_to",
        ),
        ("name", "active", "work_email"),
        employee,
        lambda _: [],
        joins=(
            ("user_id", "res.users", ("name", "login")),
            ("parent_id", "hr.employee.public", ("name", "work_email")),
        ),
        ids="people",
        followed=False,
        every_s=900,
    ),
    Link(
        "Planning",
        "planning.slot",
        ("role_id", "employee_id", "start_datetime", "end_datetime", "state"),
        ("employee_id", "start_datetime", "end_datetime"),
        shift,
        lambda _: [],
        joins=(("employee_id", "hr.employee.public", ("name", "work_email")),),
        ids="today",
        followed=False,
        every_s=900,
    ),
)
"""In the order in which they are shown."""

BY_MODEL: Final[dict[str, Link]] = {link.model: link for link in LINKS}
