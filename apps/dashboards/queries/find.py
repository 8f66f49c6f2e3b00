"""Find anything by a piece of its name: orders, shipments and their parcels, cases, and what other rooms find."""

from django.db.models import F, Q

from apps.accounts.models import User
from apps.dashboards.queries.orders import visible
from apps.exceptions.models import Case
from apps.journal.finding import Hit, elsewhere
from apps.shipments.models import Shipment

EACH = 5
SHORTEST = 2  # letters; less would match nearly everything


def find(user: User, text: str) -> list[Hit]:
    """At most five of each sort that the person may see, newest first; nothing below two letters."""
    text = text.strip()[:80]
    if len(text) < SHORTEST:
        return []
    found: list[Hit] = []
    if user.may("orders.see"):
        found += _orders(user, text)
    if user.may("shipments.see"):
        found += _shipments(user, text)
    if user.may("queue.see"):
        found += _cases(user, text)
    return found + elsewhere(user, text)


def _orders(user: User, text: str) -> list[Hit]:
    rows = visible(user).filter(
        Q(name__icontains=text) | Q(customer_name__icontains=text)
        | Q(customer_reference__icontains=text) | Q(public_id=text)
    )  # fmt: skip
    return [
        Hit("order", "orders", row.public_id, row.name, f"{row.customer_name}, {row.get_stage_display().lower()}")
        for row in rows.order_by("-id")[:EACH]
    ]  # fmt: skip


def _shipments(user: User, text: str) -> list[Hit]:
    number = "".join(text.split()).upper()
    parcel = Q(packages__number__startswith=number)
    rows = user.scope.narrow(Shipment.objects.all()).filter(
        Q(reference__icontains=text) | parcel | Q(public_id=text)
    )
    found = rows.distinct().order_by("-id").prefetch_related("packages")[:EACH]
    return [
        Hit("shipment", "shipments", row.public_id, row.reference, _carried(row, number))
        for row in found
    ]


def _carried(shipment: Shipment, number: str) -> str:
    """The parcel that was looked for, or whose shipment it is."""
    meant = [
        one.tracking_number for one in shipment.packages.all() if one.number.startswith(number)
    ]
    return f"parcel {meant[0]}" if meant and number else shipment.customer_name


def _cases(user: User, text: str) -> list[Hit]:
    number = "".join(text.split()).upper()
    rows = Case.objects.visible_to(user).filter(
        Q(title__icontains=text) | Q(order__name__icontains=text) | Q(order__customer_name__icontains=text)
        | Q(package__number__startswith=number) | Q(public_id=text)
    )  # fmt: skip
    rows = rows.select_related("order", "owner", "team").order_by(
        F("resolved_at").desc(nulls_first=True), "-id"
    )
    return [Hit("case", "queue", row.public_id, row.title, _about(row)) for row in rows[:EACH]]


def _about(case: Case) -> str:
    whose = case.owner.name if case.owner else case.team.name
    about = case.order.name if case.order else case.subject
    return f"{about}, {'closed' if case.state == 'resolved' else whose}"
