"""Which records of an app to ask Odoo for: its table's domain, what our own rows name, what changed since."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from apps.accounts.models import User
from apps.integrations.models import Command
from apps.integrations.models.commands import CommandState
from apps.integrations.odoo.linked.links import Domain, Link
from apps.mirror.models import SaleOrder
from apps.shipments.models import Order

OVERLAP: Final = timedelta(minutes=2)
"""A transaction of Odoo's that takes longer dates its rows before others that we have read (FACTS 6)."""
_KEPT: Final = timedelta(days=180)
_MOST: Final = 2000
_PEOPLE: Final = 500


def whole(link: Link, known: frozenset[str], ids: set[int], extra: Domain) -> Domain:
    """Everything there is to follow, as a first reading and a daily one ask for it."""
    scope = [*link.scope(known), *extra]
    if not ids:
        return [*scope, *link.first]
    own = ["&", *scope, *link.first] if link.first else scope
    return ["|", ("id", "in", sorted(ids)), *own]


def changed(
    link: Link, known: frozenset[str], ids: set[int], missing: set[int], since: datetime
) -> Domain:
    """What changed since a moment on Odoo's clock, and what our rows name that was never read."""
    fresh = ("write_date", ">=", text(since - OVERLAP))
    scope = link.scope(known)
    if not ids:
        return [*scope, fresh]
    own = ["&", fresh, "|", ("id", "in", sorted(ids)), *scope]
    return ["|", ("id", "in", sorted(missing)), *own] if missing else own


def text(at: datetime) -> str:
    """A time as Odoo spells it: naive UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def ids_of(link: Link, connection: str) -> set[int]:
    """What is asked for by id beside the table's domain."""
    finder = _IDS.get(link.ids)
    return finder(link, connection) if finder else set()


def extra_of(link: Link, connection: str) -> Domain:
    """What narrows an app that is read as a whole each time."""
    if link.ids == "people":
        return _people()
    if link.ids == "today":
        now = timezone.now()
        return [
            ("start_datetime", "<=", text(now + timedelta(days=1))),
            ("end_datetime", ">=", text(now)),
        ]
    return []


def made(link: Link, connection: str) -> dict[int, list[Any]]:
    """The records of this model that our commands made: id to [model, record id, cause]."""
    kinds = {"helpdesk.ticket": "create_ticket", "project.task": "create_task"}
    rows = Command.objects.filter(
        connection=connection,
        kind=kinds.get(link.model, ""),
        state__in=[CommandState.APPLIED, CommandState.BY_HAND],
        created_at__gt=timezone.now() - _KEPT,
    ).order_by("-id")[:_MOST]
    return {
        int(odoo_id): [row.model, row.record_odoo_id, row.cause]
        for row in rows
        for model, odoo_id in row.made
        if model == link.model
    }


def _made_ids(link: Link, connection: str) -> set[int]:
    return set(made(link, connection))


def _opportunities(link: Link, connection: str) -> set[int]:
    """Leads that our open orders name: to link an order to a lead does not change the lead's write_date."""
    open_ones = Order.objects.filter(connection=connection, open=True).values("odoo_id")
    named = SaleOrder.objects.filter(
        connection=connection, odoo_id__in=open_ones, opportunity_odoo_id__isnull=False
    ).order_by("-odoo_id")
    return {one for one in named.values_list("opportunity_odoo_id", flat=True)[:_MOST] if one}


def _people() -> Domain:
    """The employees who are people of the tower, by their address or their login, however it is spelled."""
    mine = User.objects.filter(is_active=True, is_service=False).order_by("-id")
    terms = [
        (field, "=ilike", email)
        for email in mine.values_list("email", flat=True)[:_PEOPLE]
        for field in ("work_email", "user_id.login")
    ]
    return [*["|"] * (len(terms) - 1), *terms] if terms else [("id", "=", 0)]


_IDS: Final[dict[str, Callable[[Link, str], set[int]]]] = {
    "made": _made_ids,
    "opportunities": _opportunities,
}
