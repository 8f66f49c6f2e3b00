"""Requests to partners: what a person asked for in a case becomes one mail to who reports the goods."""

from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.exceptions.services import record_run
from apps.integrations.models import OutboundMail, Partner, Switch
from apps.integrations.outgoing import fetching
from apps.journal.models import Entry
from apps.journal.wake import wake
from apps.shipments.models import Event, Order, Package, Report, Shipment

ASKED: Final = {
    "request_redelivery": ("Please deliver again", "We ask you to deliver this parcel again."),
    "retry_label": (
        "Please make the label again",
        "A label could not be made. We ask you to make it again.",
    ),
    "ask_carrier": (
        "Please look into this parcel",
        "We ask you to look into this parcel and to answer this mail.",
    ),
}
_LABELS: Final = {
    "date": "Wanted date",
    "from": "Not before",
    "to": "Not after",
    "note": "Note",
    "question": "Question",
    "address": "Address",
    "text": "Message",
}


def ask(entry: Entry) -> None:
    """Make the mail for one `action.requested` entry, once per action run; an action that is no mail is passed over.

    A label that an agent fetches the work for is not asked for by mail as well: it would be made twice. Without a
    mail address the run becomes `manual`, with words on what to do by hand.
    """
    payload = entry.payload
    if payload.get("action") not in ASKED:
        return
    if payload["action"] == "retry_label" and (agents := fetching.agents_for(entry)):
        record_run(str(payload["run"]), "sent", f"Waits for {' and '.join(agents)} to fetch it.")
        return
    packages = _packages(payload)
    partner = _label_maker(payload) if payload["action"] == "retry_label" else _partner_of(packages)
    run = str(payload["run"])
    if partner is None or not partner.contact_email:
        makes = payload["action"] == "retry_label"
        whom = partner.name if partner else "whoever makes it" if makes else "the carrier"
        record_run(
            run,
            "manual",
            f"No mail address is known for {whom}. Ask them by phone or on their website, and note the answer here.",
        )
        return
    subject, text = _words(payload, packages)
    OutboundMail.objects.get_or_create(
        key=run,
        defaults={
            "to": partner.contact_email,
            "subject": subject,
            "text": text,
            "cause": run,
            "correlation_id": entry.correlation_id,
        },
    )
    transaction.on_commit(lambda: wake("outbound.send"))


def _packages(payload: Mapping[str, Any]) -> list[Package]:
    """The package the action is about, else all packages of its shipment that have a number."""
    if payload.get("package"):
        return list(Package.objects.filter(public_id=payload["package"]).select_related("carrier"))
    if payload.get("shipment"):
        rows = Package.objects.filter(shipments__public_id=payload["shipment"], implicit=False)
        return list(rows.select_related("carrier").order_by("pk"))
    return []


def _partner_of(packages: list[Package]) -> Partner | None:
    """Who reported these packages last; else the only partner that reports for their carrier."""
    newest = (
        Event.objects.filter(
            package__in=packages,
            source__in=Partner.objects.exclude(switch=Switch.OFF).values("slug"),
        )
        .order_by("-received_at", "-pk")
        .values_list("source", flat=True)
        .first()
    )
    if newest is not None:
        return Partner.objects.get(slug=newest)
    carriers = {package.carrier_id for package in packages if package.carrier_id}
    of_carrier = list(
        Partner.objects.filter(carrier_id__in=carriers).exclude(switch=Switch.OFF)[:2]
    )
    return of_carrier[0] if len(of_carrier) == 1 else None


def _label_maker(payload: Mapping[str, Any]) -> Partner | None:
    """Who said last that the label could not be made."""
    about = Q(pk__in=())
    if payload.get("shipment"):
        about |= Q(shipment__public_id=payload["shipment"])
    if payload.get("order"):
        about |= Q(order__public_id=payload["order"], shipment=None)
    failed = Report.objects.filter(about, kind="label.failed", superseded_at=None, claims=[])
    source = failed.order_by("-occurred_at", "-pk").values_list("source", flat=True).first()
    return Partner.objects.filter(slug=source).exclude(switch=Switch.OFF).first()


def _order(payload: Mapping[str, Any]) -> Order | None:
    return Order.objects.filter(public_id=str(payload.get("order"))).first()


def _words(payload: Mapping[str, Any], packages: list[Package]) -> tuple[str, str]:
    title, opening = ASKED[payload["action"]]
    numbers = ", ".join(package.tracking_number for package in packages)
    shipment = (
        Shipment.objects.filter(public_id=str(payload.get("shipment")))
        .select_related("order")
        .first()
    )
    lines = [opening, "", *([f"Tracking number: {numbers}"] if numbers else [])]
    order = shipment.order if shipment else _order(payload)
    if shipment is not None:
        lines.append(f"Our shipment: {shipment.reference}")
    if order is not None:
        lines.append(f"Our order: {order.name}")
    data = payload.get("data") or {}
    lines += [
        f"{_LABELS[name]}: {value}" for name, value in data.items() if name in _LABELS and value
    ]
    lines += [
        "",
        f"Reference of this request: {payload['run']}",
        f"Sent by {settings.PUBLIC_URL} at {timezone.now():%Y-%m-%d %H:%M} UTC",
    ]
    named = numbers or (shipment.reference if shipment else order.name if order else "")
    return f"{title}: {named}"[:200], "\n".join(lines)
