"""What partners name and Odoo does not know, or knows more than once: products, units, places, carriers, customers.

PRODUCT.md R63. Looked up in what was reported within SINCE; names are compared without case and spaces.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Max, Q, QuerySet

from apps.accounts.models import Customer, User
from apps.exceptions.rules.quantities import EACH, item_of, lines_of
from apps.mirror.models import DeliveryCarrier, Location, Product, Unit, WarehouseRow
from apps.shipments.models import (
    Carrier,
    CarrierLink,
    Event,
    Package,
    PackageLink,
    Report,
    Shipment,
)

SINCE: Final = timedelta(days=90)
MOST: Final = 20_000
"""Reports, and warehouse events, that are looked at: the newest."""
_SHOWN: Final = 200
_WAREHOUSE_FORMATS: Final = ("wms_generic",)  # whose events name a warehouse as their place
_PLACES: Final = ("warehouse", "location")
_CUSTOMERS: Final = ("customer", "customer_name", "customer_ref")


@dataclass(slots=True)
class Named:
    """One name as partners write it; found: what in Odoo has it, several when it is ambiguous, none when missing."""

    name: str
    count: int = 0
    last_at: datetime | None = None
    message_ref: str = ""
    sources: set[str] = field(default_factory=set)
    found: list[str] = field(default_factory=list)

    @property
    def said_by(self) -> str:
        """The partners that use it."""
        return ", ".join(sorted(self.sources))

    def seen(self, at: datetime, source: str, message_ref: str) -> None:
        """Count it; the newest message is its example."""
        self.count += 1
        self.sources.add(source)
        if self.last_at is None or at >= self.last_at:
            self.last_at, self.message_ref = at, message_ref or self.message_ref


@dataclass(frozen=True, slots=True)
class Kind:
    """All names of one kind: how many were compared, and those that are missing or ambiguous, most used first."""

    key: str
    title: str
    remedy: str
    compared: int
    wrong: list[Named]


_Names = dict[str, Named]


def alignment(user: User, now: datetime) -> list[Kind]:
    """The five kinds, from what a person may see of the last SINCE."""
    names = _said(user, now - SINCE)
    return [
        _kind("product", "Products", "Add the code as internal reference or barcode of the product in Odoo, or have it sent as it stands there.", names["product"], _products()),
        _kind("unit", "Units of measure", "Have the unit sent as Odoo calls it; quantities in another unit are not compared.", names["unit"], _units()),
        _kind("place", "Warehouses and locations", "Have the warehouse's code or the location's name sent as Odoo has it.", names["place"], _places()),
        _carriers(user, now - SINCE),
        _kind("customer", "Customers", "Have the customer's name sent as Odoo has it, or name the order instead.", names["customer"], _customers()),
    ]  # fmt: skip


def key_of(name: str) -> str:
    """A name for comparison."""
    return "".join(name.split()).casefold()


def _said(user: User, since: datetime) -> Mapping[str, _Names]:
    """Every name of a product, unit, place and customer in what was reported."""
    names: dict[str, _Names] = defaultdict(dict)
    unlinked = Q(
        company=None
    )  # what nobody could place yet; the door of the page lets in who mends it
    live = Report.objects.filter(
        user.scope.q() | unlinked, superseded_at=None, received_at__gt=since
    )
    columns = ("received_at", "source", "message_ref", "subject_kind", "subject_ref", "details")
    for at, source, ref, about, subject, details in live.order_by("-pk").values_list(*columns)[:MOST]:  # fmt: skip
        told = list(_in_report(details))
        told += [("product", subject)] if about == "product" else []
        for kind, name in dict.fromkeys(told):
            names[kind].setdefault(key_of(name), Named(name)).seen(at, source, ref)
    scans = Event.objects.filter(format__in=_WAREHOUSE_FORMATS, received_at__gt=since)
    scans = scans.filter(superseded_at=None, package__in=_packages(user)).exclude(location="")
    places = ("received_at", "source", "message_ref", "location")
    for at, source, ref, name in scans.order_by("-pk").values_list(*places)[:MOST]:
        names["place"].setdefault(key_of(name), Named(name)).seen(at, source, ref)
    return names


def _packages(user: User) -> QuerySet[Package]:
    """Those in the person's scope, and those of no shipment yet."""
    seen = PackageLink.objects.filter(shipment__in=user.scope.narrow(Shipment.objects.all()))
    return Package.objects.filter(Q(links=None) | Q(pk__in=seen.values("package")))


def _in_report(details: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for line in lines_of(details):
        if item_of(line):
            yield "product", item_of(line)
        if line.get("unit"):
            yield "unit", str(line["unit"])
    for kind, keys in (("place", _PLACES), ("customer", _CUSTOMERS)):
        for key in keys:
            if isinstance(details.get(key), str) and details[key].strip():
                yield kind, details[key].strip()


def _kind(key: str, title: str, remedy: str, names: _Names, known: Mapping[str, set[str]]) -> Kind:
    wrong = []
    for name, one in names.items():
        one.found = sorted(known.get(name, ()))
        if len(one.found) != 1:
            wrong.append(one)
    wrong.sort(key=lambda one: (-one.count, one.name))
    return Kind(key, title, remedy, len(names), wrong[:_SHOWN])


def _by_key(rows: Iterable[tuple[str, str, Iterable[str]]]) -> dict[str, set[str]]:
    """Titles by each of their names, of rows of connection, title, names.

    Each Odoo has its own: a name is ambiguous when one and the same Odoo has it twice.
    """
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for connection, title, names in rows:
        for name in names:
            if name:
                found[key_of(name)][connection].add(title)
    return {name: max(of.values(), key=len) for name, of in found.items()}


def _products() -> dict[str, set[str]]:
    rows = Product.objects.filter(gone_at=None, archived=False).values_list(
        "connection", "odoo_id", "name", "code", "barcode"
    )
    return _by_key(
        (at, f"{f'[{code}] ' if code else ''}{name} (product {odoo_id})", (name, code, barcode))
        for at, odoo_id, name, code, barcode in rows
    )


def _units() -> dict[str, set[str]]:
    """Units by name. Pieces have many names, as where quantities are compared."""
    names = set(Unit.objects.filter(gone_at=None).values_list("name", flat=True))
    known = {key_of(name): {name} for name in names}
    pieces = sorted(name for name in names if key_of(name) in EACH)[:1]
    return {name: set(pieces) for name in EACH if pieces} | known


def _places() -> dict[str, set[str]]:
    """A warehouse's root location is called like the warehouse: the warehouse goes first."""
    houses = WarehouseRow.objects.filter(gone_at=None).values_list("connection", "name", "code")
    rooms = Location.objects.filter(gone_at=None, archived=False)
    known = _by_key(
        (at, f"{name} (location {odoo_id})", (name,))
        for at, name, odoo_id in rooms.values_list("connection", "name", "odoo_id")
    )
    return known | _by_key((at, f"{name} ({code})", (name, code)) for at, name, code in houses)


def _customers() -> dict[str, set[str]]:
    rows = Customer.objects.filter(parent=None).values_list("connection", "name", "odoo_id")
    return _by_key((at, f"{name} (contact {odoo_id})", (name,)) for at, name, odoo_id in rows)


def _carriers(user: User, since: datetime) -> Kind:
    """Carriers of live parcels for which no delivery method of Odoo stands; those it may be are named."""
    ours = _packages(user).filter(heard_at__gt=since).exclude(carrier=None)
    heard = dict(ours.order_by().values_list("carrier").annotate(Max("heard_at")))
    linked = set(CarrierLink.objects.values_list("carrier_id", flat=True))
    methods = DeliveryCarrier.objects.filter(gone_at=None, archived=False)
    titles = list(methods.values_list("name", flat=True))
    wrong = []
    for carrier in Carrier.objects.filter(pk__in=heard.keys() - linked).order_by("name"):
        alike = sorted({title for title in titles if key_of(carrier.name) in key_of(title)})
        count = ours.filter(carrier=carrier).distinct().count()
        wrong.append(Named(carrier.name, count, heard[carrier.pk], found=alike))
    remedy = "Say which of Odoo's delivery methods stands for it: `manage.py carrier_link`."
    return Kind("carrier", "Carriers", remedy, len(heard), wrong)
