"""What installed apps say about one order, shipment or case, as a person may see it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Q
from django.utils import timezone

from apps.accounts.models import User
from apps.exceptions.models import Case
from apps.integrations.odoo.command import targets
from apps.integrations.odoo.line import discover
from apps.integrations.odoo.linked import people
from apps.integrations.odoo.linked.links import BY_MODEL, LINKS
from apps.integrations.odoo.linked.people import Absence
from apps.integrations.odoo.linked.says import place
from apps.journal.wake import wake
from apps.mirror.models import LinkedFeed, LinkedRecord, WorkOrder
from apps.shipments.models import Order, Shipment
from apps.shipments.queries import supplies_of

_HR: Final = ("hr.employee.public", "planning.slot")
_NOT_AT_WORK: Final = ("done", "cancel")
_SHOWN: Final = 40
_MAKES: Final = (
    ("Create a ticket in Odoo", "create_ticket", "helpdesk.ticket"),
    ("Create a task in Odoo", "create_task", "project.task"),
)


@dataclass(frozen=True, slots=True)
class Group:
    """The records of one app, those that matter first."""

    app: str
    rows: list[LinkedRecord]


@dataclass(frozen=True, slots=True)
class Block:
    """The context block of a page. read_at: when the oldest of what is shown was last asked for."""

    record: str
    connection: str
    groups: list[Group]
    absence: Absence | None
    read_at: datetime | None
    errors: list[str]
    offers: list[tuple[str, str, str]]  # (title, kind of command, the record it is about)

    @property
    def empty(self) -> bool:
        """Nothing to show: no such app, or it says nothing of this."""
        return not self.groups and self.absence is None and not self.offers


def block(user: User, record: str) -> Block | None:
    """What apps say about a record, narrowed to what the person may see; None where they see no such record."""
    found = _subject(user, record)
    if found is None:
        return None
    connection, order, shipment, case = found
    wanted = _about(connection, order, shipment, case, user)
    rows = list(
        LinkedRecord.objects.filter(wanted, connection=connection)
        .exclude(model__in=_HR)
        .order_by("-open", "-blocks", "-odoo_id")[:_SHOWN]
    )
    feeds = LinkedFeed.objects.filter(connection=connection, model__in={row.model for row in rows})
    return Block(
        record=record,
        connection=connection,
        groups=_groups(rows),
        absence=people.absence(connection, case.owner) if case and case.owner else None,
        read_at=min((feed.ran_at for feed in feeds if feed.ran_at), default=None),
        errors=[f"{BY_MODEL[feed.model].app}: {feed.error}" for feed in feeds if feed.error],
        offers=_offers(connection, order, shipment, case, user),
    )


def ask(connection: str) -> None:
    """Somebody looks: what was not read for some seconds is read again soon, by a worker."""
    LinkedFeed.objects.filter(connection=connection).update(asked_at=timezone.now())
    wake("odoo.linked")


def file_of(user: User, record: str, odoo_id: int) -> LinkedRecord | None:
    """A file of Odoo's that belongs to this very record, for a person who may see it."""
    found = _subject(user, record)
    if found is None:
        return None
    connection, order, shipment, case = found
    return LinkedRecord.objects.filter(
        _about(connection, order, shipment, case, user),
        connection=connection,
        model="ir.attachment",
        odoo_id=odoo_id,
    ).first()


def blocking(connection: str, picking_ids: Iterable[int]) -> list[LinkedRecord]:
    """What keeps these transfers from going on without approval (R8)."""
    about = [f"stock.picking,{one}" for one in picking_ids]
    rows = LinkedRecord.objects.filter(connection=connection, blocks=True, about__overlap=about)
    return list(rows.order_by("odoo_id"))


def _subject(
    user: User, record: str
) -> tuple[str, Order | None, Shipment | None, Case | None] | None:
    if record.startswith("cas_"):
        case = (
            Case.objects.visible_to(user)
            .select_related("order", "shipment", "owner")
            .filter(public_id=record)
            .first()
        )
        if case is None:
            return None
        about = case.order or case.shipment
        return (about.connection if about else "default"), case.order, case.shipment, case
    target = targets.find(record, user)
    if target is None or target.model not in ("sale.order", "stock.picking"):
        return None
    if target.shipment is not None:
        return target.connection, None, target.shipment, None
    return target.connection, target.order, None, None


def _about(
    connection: str, order: Order | None, shipment: Shipment | None, case: Case | None, user: User
) -> Q:
    about = [f"case,{case.public_id}"] if case else []
    leads = Q(pk__in=[])
    if shipment is not None and shipment.picking_odoo_id:
        about.append(f"stock.picking,{shipment.picking_odoo_id}")
    if order is not None:
        about.append(f"sale.order,{order.odoo_id}")
        about += _work_centres(order, user)
        if case is None:
            pickings = user.scope.narrow(Shipment.objects.filter(order=order)).exclude(
                picking_odoo_id=None
            )
            about += [
                f"stock.picking,{one}" for one in pickings.values_list("picking_odoo_id", flat=True)
            ]
        leads = _leads(connection, order)
    return Q(about__overlap=about) | leads if about else leads


def _offers(
    connection: str, order: Order | None, shipment: Shipment | None, case: Case | None, user: User
) -> list[tuple[str, str, str]]:
    """What an open case can have made for it in Odoo: a ticket, a task (R10, R11)."""
    about = order or (shipment if shipment and shipment.picking_odoo_id else None)
    if case is None or case.state == "resolved" or about is None or not user.may("command.work"):
        return []
    return [
        (title, kind, about.public_id)
        for title, kind, model in _MAKES
        if discover.has(connection, model, discover.WRITE)
    ]


def _leads(connection: str, order: Order) -> Q:
    """The order's own opportunity; without one, the customer's open ones (R5)."""
    from apps.mirror.models import SaleOrder

    row = SaleOrder.objects.filter(connection=connection, odoo_id=order.odoo_id).first()
    if row is not None and row.opportunity_odoo_id:
        return Q(model="crm.lead", odoo_id=row.opportunity_odoo_id)
    if order.customer is None:
        return Q(pk__in=[])
    about = [f"res.partner,{order.customer.odoo_id}"]
    return Q(model="crm.lead", open=True, about__overlap=about)


def _work_centres(order: Order, user: User) -> list[str]:
    """The places that this order's own productions still go through (R9); its warehouse as a dock by name."""
    productions = {
        one.supply.odoo_id for one in supplies_of(order, user) if one.supply.kind == "production"
    }
    about: list[str] = []
    if productions:
        rows: Any = (
            WorkOrder.objects.filter(
                connection=order.connection, production_odoo_id__in=productions, gone_at=None
            )
            .exclude(state__in=_NOT_AT_WORK)
            .values_list("workcenter_odoo_id", "workcenter")
            .distinct()
        )
        for odoo_id, name in rows:
            about += [f"mrp.workcenter,{odoo_id}", place(name)]
    if order.open and order.warehouse is not None:
        about += [place(order.warehouse.name), place(order.warehouse.code)]
    return [one for one in about if one]


def _groups(rows: list[LinkedRecord]) -> list[Group]:
    groups: dict[str, list[LinkedRecord]] = {}
    for link in LINKS:
        mine = [row for row in rows if row.model == link.model]
        if link.app == "Maintenance":
            mine = [row for row in mine if row.open]
        if mine:
            groups.setdefault(link.app, []).extend(mine)
    return [Group(app, found) for app, found in groups.items()]
