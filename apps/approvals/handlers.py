"""When facts move, pending requests show it: the decider must see what they decide on (B8)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q
from django.utils import timezone

from apps.approvals import services
from apps.approvals.models import Hold, Request
from apps.journal.models import Entry
from apps.journal.subscribers import subscribe


@subscribe(
    "approvals.facts",
    "invoice.changed",
    "order.changed",
    "shipment.changed",
    "hold.changed",
    "document.accepted",
)
def refresh_pending(entries: list[Entry]) -> None:
    """Look again at every pending request whose invoice, order, shipment or hold is named by the entries."""
    subjects = _named(entries)
    touched = Request.objects.filter(state="pending").filter(
        Q(order__public_id__in=subjects)
        | Q(order__shipments__public_id__in=subjects)
        | Q(shipment__public_id__in=subjects)
        | Q(hold__public_id__in=subjects)
        | Q(hold_id__in=_holds_of_invoices(entries))
    )
    services.refresh_facts(touched.values_list("id", flat=True), now=timezone.now())


def _named(entries: Iterable[Entry]) -> list[str]:
    names = {entry.subject for entry in entries}
    for entry in entries:
        names |= {
            str(entry.payload[key]) for key in ("order", "shipment") if entry.payload.get(key)
        }
    return sorted(names)


def _holds_of_invoices(entries: Iterable[Entry]) -> list[int]:
    invoices = sorted({entry.subject for entry in entries if entry.kind == "invoice.changed"})
    if not invoices:
        return []
    from apps.mirror.models import Invoice

    records = Invoice.objects.filter(public_id__in=invoices).values_list("connection", "odoo_id")
    wanted = Q(pk__in=[])
    for connection, odoo_id in records:
        wanted |= Q(connection=connection, record_odoo_id=odoo_id)
    return list(Hold.objects.filter(wanted, state="placed").values_list("id", flat=True))
