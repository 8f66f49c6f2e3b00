"""Entries only say where to look; the detectors look at the facts themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import Q
from django.utils import timezone

from apps.approvals.models import Hold
from apps.exceptions import services
from apps.exceptions.models import Case
from apps.exceptions.rules.reports import TOPICS
from apps.exceptions.services import Evidence
from apps.journal.correlation import bound
from apps.journal.models import Entry
from apps.journal.subscribers import subscribe
from apps.mirror.models import Invoice
from apps.shipments.models import Document, Order, Package, PackageLink, Report, Shipment, Supply
from apps.shipments.rules.reports import REPORTS


@subscribe(
    "exceptions.detect",
    "shipment.created",
    "shipment.changed",
    "package.changed",
    "order.changed",
    "invoice.changed",
    "document.accepted",
    "supply.changed",
    "linked.changed",
    "hold.changed",
    "hold.released",
    "hold.bypassed",
    "hold.ended",
    "approval.granted",
    "approval.rejected",
    "approval.changed",
)
def detect(entries: list[Entry]) -> None:
    """Re-evaluate the shipments and orders that a batch of entries touches, each once."""
    now = timezone.now()
    _follow_requests(entries)
    shipments, orders, causes = _touched(entries)
    if shipments or orders:
        services.evaluate(shipments, now=now, order_ids=orders, causes=causes)
    supplies = _supplies(entries)
    if supplies:
        services.evaluate_supplies(supplies, now=now)
    for entry in entries:
        if entry.kind == "hold.bypassed":
            with bound(entry.correlation_id):
                _bypassed(entry)
        elif entry.kind == "invoice.changed" and entry.payload.get("state") == "gone":
            services.invoice_gone(entry.subject, now=now)


@subscribe(
    "exceptions.reports",
    *(REPORTS[kind].journal for kind in TOPICS),
    "report.linked",
    "invoice.changed",
    "shipment.delivered",
    "supply.changed",
)
def reported(entries: list[Entry]) -> None:
    """What sources reported, and what changes what it means: invoices, deliveries, the lines of a purchase."""
    now = timezone.now()
    refs = {entry.subject for entry in entries if entry.subject.startswith("rep_")}
    invoices = {entry.subject for entry in entries if entry.kind == "invoice.changed"}
    goods = {entry.subject for entry in entries if entry.kind == "shipment.delivered"}
    bought = {
        entry.subject
        for entry in entries
        if entry.kind == "supply.changed" and "lines" in entry.payload.get("became", ())
    }
    if goods or bought:
        about = Q(shipment__public_id__in=goods) | Q(supply__public_id__in=bought)
        told = Report.objects.filter(about, kind__in=TOPICS, superseded_at=None)
        refs |= set(told.values_list("public_id", flat=True))
    if refs:
        services.evaluate_reports(refs, now=now)
    if invoices:
        services.evaluate_reported_orders(_orders_of(invoices), now=now)


@subscribe("exceptions.numbers", "shipment.changed")
def numbers(entries: list[Entry]) -> None:
    """Shipments whose packages are others now, or whose customer or end changed: one number, one customer."""
    news = {"packages"}
    if Case.objects.filter(kind="duplicate_number").exclude(state="resolved").exists():
        news |= {"customer_name", "gone", "execution_status"}
    causes = {
        entry.subject: entry.correlation_id
        for entry in entries
        if not news.isdisjoint(entry.payload.get("became", ()))
    }
    if causes:
        services.evaluate_numbers(causes, now=timezone.now())


@subscribe("exceptions.packages", "package.ambiguous", "event.unmapped", "state.unmapped")
def puzzle(entries: list[Entry]) -> None:
    """What the machine could not place by itself becomes a case for a person."""
    unmapped: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.kind == "event.unmapped":
            unmapped.setdefault(_code_of(entry), []).append(entry)
            continue
        with bound(entry.correlation_id):
            if entry.kind == "package.ambiguous":
                _ambiguous(entry)
            else:
                services.unmapped_state(entry, now=timezone.now())
    for named in unmapped.values():
        with bound(named[-1].correlation_id):
            _unmapped(named)


# What of a shipment or an order can change whether a supply comes in time for it.
_DATES = frozenset({"execution_status", "scheduled_at", "order_id", "promise_at", "stage", "gone"})


def _supplies(entries: Iterable[Entry]) -> dict[int, str]:
    """The supplies to look at again: those that changed, and those that orders which changed depend on.

    Database ids, each with the correlation id of the newest entry behind it; its own before an order's.
    """
    names: dict[str, dict[str, str]] = {"sup": {}, "ord": {}, "shp": {}}
    for entry in entries:
        head = entry.subject[:3]
        news = entry.payload.get("became") or entry.payload.get("changed") or ()
        if head == "sup" or (
            head in ("ord", "shp")
            and (entry.kind == "shipment.created" or not _DATES.isdisjoint(news))
        ):
            names[head][entry.subject] = entry.correlation_id
    found: dict[int, str] = {}
    if names["ord"] or names["shp"]:
        goods = Shipment.objects.filter(public_id__in=names["shp"], order__isnull=False)
        mine = Order.objects.filter(public_id__in=names["ord"])
        orders = {pk: names["shp"][ref] for pk, ref in goods.values_list("order_id", "public_id")}
        orders |= {pk: names["ord"][ref] for pk, ref in mine.values_list("id", "public_id")}
        found |= {pk: orders[of] for pk, of in services.touched_by(orders).items()}
    if names["sup"]:
        ours = Supply.objects.filter(public_id__in=names["sup"])
        found |= {pk: names["sup"][ref] for pk, ref in ours.values_list("id", "public_id")}
    return found


def _touched(entries: Iterable[Entry]) -> tuple[set[int], set[int], services.Causes]:
    """Database ids of the shipments and orders that entries name, and of each the correlation id of the newest of them."""
    names: dict[str, dict[str, str]] = {head: {} for head in ("shp", "pkg", "ord", "inv", "doc")}
    for entry in entries:
        for text in (
            entry.subject,
            entry.payload.get("shipment"),
            entry.payload.get("order"),
            entry.payload.get("package"),
        ):
            head = str(text or "")[:3]
            if head in names:
                names[head][str(text)] = entry.correlation_id
    found: dict[tuple[str, int], str] = {}
    if names["shp"]:
        rows = Shipment.objects.filter(public_id__in=names["shp"])
        for pk, ref in rows.values_list("id", "public_id"):
            found["shp", pk] = names["shp"][ref]
    if names["pkg"]:
        linked = PackageLink.objects.filter(package__public_id__in=names["pkg"])
        for pk, ref in linked.values_list("shipment_id", "package__public_id"):
            found.setdefault(("shp", pk), names["pkg"][ref])
    if names["ord"]:
        for pk, ref in Order.objects.filter(public_id__in=names["ord"]).values_list(
            "id", "public_id"
        ):
            found["ord", pk] = names["ord"][ref]
    if names["doc"]:
        for ref, shipment_id, order_id in Document.objects.filter(
            public_id__in=names["doc"]
        ).values_list("public_id", "shipment_id", "order_id"):
            for head, of in (("shp", shipment_id), ("ord", order_id)):
                if of is not None:
                    found.setdefault((head, of), names["doc"][ref])
    for pk, ref in _orders_of(names["inv"]).items():
        found.setdefault(("ord", pk), names["inv"][ref])
    return (
        {pk for head, pk in found if head == "shp"},
        {pk for head, pk in found if head == "ord"},
        found,
    )


def _orders_of(invoices: Collection[str]) -> dict[int, str]:
    """Database ids of the orders that these invoices bill, each with the invoice's public id."""
    if not invoices:
        return {}
    billed: dict[tuple[str, int], str] = {}
    wanted = Q(pk__in=[])
    for ref, connection, odoo_ids in Invoice.objects.filter(public_id__in=invoices).values_list(
        "public_id", "connection", "order_odoo_ids"
    ):
        wanted |= Q(connection=connection, odoo_id__in=odoo_ids)
        billed |= {(connection, odoo_id): ref for odoo_id in odoo_ids}
    rows = Order.objects.filter(wanted).values_list("id", "connection", "odoo_id")
    return {pk: billed[connection, odoo_id] for pk, connection, odoo_id in rows}


def _follow_requests(entries: Iterable[Entry]) -> None:
    """A case that waits for an approval goes on once there is an answer; what it then means, the facts say."""
    for ref in {entry.subject for entry in entries if entry.kind.startswith("approval.")}:
        services.follow_request(ref, now=timezone.now())


def _bypassed(entry: Entry) -> None:
    hold = Hold.objects.select_related("order", "shipment").filter(public_id=entry.subject).first()
    if hold is None or hold.state != "bypassed":
        return
    services.open_case(
        "hold_bypassed",
        f"hold_bypassed:{hold.public_id}",
        now=timezone.now(),
        title=f"Hold on {hold.record_name} was lifted in Odoo",
        says=hold.ended_why or hold.effect_says,
        shipment=hold.shipment,
        order=hold.order,
        subject=hold.public_id,
        company_id=hold.company_id,
        evidence=[Evidence("hold", hold.public_id, hold.says, hold.placed_at)],
    )


def _ambiguous(entry: Entry) -> None:
    package = Package.objects.filter(public_id=entry.subject).first()
    if package is None or PackageLink.objects.filter(package=package).exists():
        return
    services.open_case(
        "ambiguous_package",
        f"ambiguous_package:{entry.subject}",
        now=timezone.now(),
        title=f"Two live shipments fit {package.tracking_number}",
        package=package,
        subject=package.public_id,
        says="The number fits more than one package that is still on its way; nothing was guessed.",
        company_id=entry.company_id,
        evidence=[Evidence("entry", entry.public_id, "Matching found two", entry.at)],
    )


def _code_of(entry: Entry) -> str:
    """The source and the code that nobody has mapped: "dhl AB", one case each."""
    source = entry.payload.get("source") or entry.payload.get("format") or "a partner"
    code = entry.payload.get("code") or entry.payload.get("source_code") or "?"
    return f"{source}:{code}"


def _unmapped(entries: list[Entry]) -> None:
    """One case of one code of one source, seen as often as there are entries."""
    newest, key = entries[-1], _code_of(entries[-1])
    source, _, code = key.partition(":")
    services.open_case(
        "unmapped_code",
        f"unmapped_code:{key}"[:160],
        now=timezone.now(),
        title=f"Code {code} of {source} is not mapped"[:200],
        subject=str(newest.payload.get("message") or newest.subject)[:40],
        says="The event is kept and shown, but it moves nothing until somebody says what the code means.",
        company_id=newest.company_id,
        evidence=[Evidence("event", one.subject, f"{source} {code}", one.at) for one in entries],
    )
