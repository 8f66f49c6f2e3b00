"""Milestones of an order become notes on its lead in CRM: each once (R5)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from apps.integrations.models import Command
from apps.integrations.odoo.command.kinds import KINDS
from apps.integrations.odoo.command.telling import tell
from apps.integrations.odoo.line import discover
from apps.integrations.odoo.line.connections import slugs
from apps.journal.models import Entry
from apps.journal.wake import wake
from apps.mirror.models import LinkedRecord, SaleOrder
from apps.shipments.models import Order, Shipment

LEAD: Final = "crm.lead"
MILESTONES: Final = {"shipment.delivered": "delivered", "shipment.delayed": "delayed"}
_OLD: Final = timedelta(days=2)
"""A tower that hears of CRM for the first time does not tell it old stories."""


def note(entries: Iterable[Entry]) -> int:
    """A command for every delivery and delay of an order whose lead is known; returns how many were made."""
    now, made = timezone.now(), 0
    for entry in entries:
        milestone = MILESTONES.get(entry.kind)
        if milestone is None or now - entry.at > _OLD:
            continue
        shipment = Shipment.objects.select_related("order").filter(public_id=entry.subject).first()
        if shipment is None or shipment.order is None or shipment.kind == "return":
            continue
        if milestone == "delivered" and not _all_delivered(shipment.order):
            continue
        made += _note(shipment.order, shipment, milestone, entry)
    return made


def _all_delivered(order: Order) -> bool:
    """The last of an order's goods has arrived: one note, not one for each part."""
    going = order.shipments.filter(kind__in=("outgoing", "dropship"), gone=False)
    return not going.filter(delivered_at=None).exclude(execution_status="cancelled").exists()


def _note(order: Order, shipment: Shipment, milestone: str, entry: Entry) -> int:
    connection = order.connection
    row = SaleOrder.objects.filter(connection=connection, odoo_id=order.odoo_id).first()
    lead_id = row.opportunity_odoo_id if row else None
    if (
        not lead_id
        or connection not in slugs()
        or not discover.has(connection, LEAD, discover.WRITE)
    ):
        return 0
    lead = LinkedRecord.objects.filter(connection=connection, model=LEAD, odoo_id=lead_id).first()
    kind = KINDS["note_on_lead"]
    says = _says(order, shipment, milestone)
    command, made = Command.objects.get_or_create(
        key=_key(connection, lead_id, order.public_id, milestone),
        defaults={
            "connection": connection,
            "kind": kind.key,
            "op": kind.op,
            "model": LEAD,
            "record_odoo_id": lead_id,
            "record_name": (lead.title if lead else f"lead {lead_id}")[:120],
            "record_ref": order.public_id,
            "intent": f"Tell CRM that {order.name} is {milestone}"[:300],
            "note": says,
            "cause": shipment.public_id,
            "actor": "the control tower",
            "correlation_id": entry.correlation_id,
            "not_before": timezone.now(),
            "company_id": order.company_id,
            "warehouse_id": order.warehouse_id,
            "customer_id": order.customer_id,
        },
    )
    if made:
        tell(command)
        transaction.on_commit(lambda: wake("odoo.commands"))
    return int(made)


def _says(order: Order, shipment: Shipment, milestone: str) -> str:
    if milestone == "delivered":
        at = f" on {shipment.delivered_at:%Y-%m-%d %H:%M} UTC" if shipment.delivered_at else ""
        return f"{order.name} was delivered{at}."
    eta = f"; now expected {shipment.eta_at:%Y-%m-%d %H:%M} UTC" if shipment.eta_at else ""
    promised = (
        f" than promised ({shipment.promise_at:%Y-%m-%d %H:%M} UTC)" if shipment.promise_at else ""
    )
    return f"{order.name}: {shipment.reference} comes later{promised}{eta}."


def _key(connection: str, lead: int, order: str, milestone: str) -> str:
    told = f"{connection}\n{lead}\n{order}\n{milestone}"
    return "crm_" + hashlib.sha256(told.encode()).hexdigest()[:40]
