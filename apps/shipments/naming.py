"""What sources call our records, and what waits until Odoo brings the record that is meant.

A parcel or a report names an order, a shipment, a purchase (`Mention`). If exactly one record of that name is
there, within the companies the source was granted, it is linked; else it waits, and is tried again when such a
record comes (handlers) and by the sweep. Two of one name are a matter for a person, never a guess.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db import transaction
from django.db.models import Q

from apps.journal.services import NewEntry, append_many
from apps.mirror.models import Invoice
from apps.shipments import folding, rollup, sets
from apps.shipments.held import claim
from apps.shipments.loading import lock_shipments
from apps.shipments.models import Mention, Order, Package, PackageLink, Report, Shipment, Supply
from apps.shipments.rules.matching import granted_warehouses, within
from apps.shipments.rules.reports import mentions

_GOING: Final = ("outgoing", "dropship")
_MOST: Final = 500
Wanted = tuple[str, str]  # what to look for, reference


class Found(NamedTuple):
    """A record of ours: what is order, shipment or supply; the others are what it belongs to."""

    what: str
    id: int
    company_id: int | None
    order_id: int | None = None
    shipment_id: int | None = None
    supply_id: int | None = None
    warehouses: frozenset[int] = frozenset()


def key_of(ref: str) -> str:
    """A reference for comparison: records are found by what they are called, to the letter."""
    return " ".join(ref.split())[:120]


def find(wanted: Collection[Wanted], *, walled: bool = False) -> dict[Wanted, list[Found]]:
    """The records that go by these references: a query or two for each kind, however many there are.

    walled: somebody who asks was granted warehouses, so that an order needs those of its shipments, too.
    """
    by: dict[str, set[str]] = defaultdict(set)
    for looked_for, ref in wanted:
        by[looked_for].add(key_of(ref))
    found: dict[Wanted, list[Found]] = defaultdict(list)
    for ref, one in _shipments(by["shipment"] | by["any"]):
        found["shipment", ref].append(one)
    for ref, one in _orders(by["order"] | by["any"]):
        found["order", ref].append(one)
    if walled:
        _take_in_places(found)
    for kind in ("purchase", "production"):
        for ref, one in _supplies(kind, by[kind]):
            found[kind, ref].append(one)
    for ref, one in _invoices(by["invoice"]):
        found["invoice", ref].append(one)
    for ref in by["any"]:
        found["any", ref] = found.get(("shipment", ref)) or found.get(("order", ref)) or []
    return found


def the_one(found: Sequence[Found], fence: str) -> Found | None:
    """The record that is meant: the only one within what the source was granted."""
    mine = [one for one in found if within(fence, {one.company_id or 0}, one.warehouses)]
    return mine[0] if len(mine) == 1 else None


def _take_in_places(found: dict[Wanted, list[Found]]) -> None:
    """An order is of the warehouses of its shipments beside its own (DESIGN, "Scope")."""
    ids = {one.id for rows in found.values() for one in rows if one.what == "order"}
    places: dict[int, set[int]] = defaultdict(set)
    legs = Shipment.objects.filter(order__in=ids).exclude(warehouse=None)
    for order_id, warehouse_id in legs.values_list("order_id", "warehouse_id") if ids else ():
        places[order_id or 0].add(warehouse_id or 0)
    for rows in found.values():
        for at, one in enumerate(rows):
            if one.what == "order":
                rows[at] = one._replace(warehouses=one.warehouses | places[one.id])


def _place(warehouse_id: int | None) -> frozenset[int]:
    return frozenset({warehouse_id} if warehouse_id else ())


def _shipments(refs: Collection[str]) -> Iterable[tuple[str, Found]]:
    if not refs:
        return
    rows = Shipment.objects.filter(Q(reference__in=refs) | Q(public_id__in=_ours(refs, "shp")))
    columns = (
        "id",
        "public_id",
        "reference",
        "company_id",
        "order_id",
        "supply_id",
        "warehouse_id",
    )
    for pk, public_id, name, company_id, order_id, supply_id, place in rows.values_list(*columns):
        one = Found("shipment", pk, company_id, order_id, pk, supply_id, _place(place))
        yield (name if name in refs else public_id), one


def _orders(refs: Collection[str]) -> Iterable[tuple[str, Found]]:
    """By our name for it; by the customer's reference only where nothing has that name."""
    if not refs:
        return
    known = set()
    rows = Order.objects.filter(Q(name__in=refs) | Q(public_id__in=_ours(refs, "ord")))
    for pk, public_id, name, company_id, place in rows.values_list(
        "id", "public_id", "name", "company_id", "warehouse_id"
    ):
        ref = name if name in refs else public_id
        known.add(ref)
        yield ref, Found("order", pk, company_id, pk, warehouses=_place(place))
    rest = [ref for ref in refs if ref not in known]
    theirs = Order.objects.filter(customer_reference__in=rest) if rest else Order.objects.none()
    columns = ("id", "customer_reference", "company_id", "warehouse_id")
    for pk, ref, company_id, place in theirs.values_list(*columns):
        yield ref, Found("order", pk, company_id, pk, warehouses=_place(place))


def _supplies(kind: str, refs: Collection[str]) -> Iterable[tuple[str, Found]]:
    if not refs:
        return
    rows = Supply.objects.filter(
        Q(reference__in=refs) | Q(public_id__in=_ours(refs, "sup")), kind=kind
    )
    for pk, public_id, name, company_id, place in rows.values_list(
        "id", "public_id", "reference", "company_id", "warehouse_id"
    ):
        one = Found("supply", pk, company_id, supply_id=pk, warehouses=_place(place))
        yield (name if name in refs else public_id), one


def _invoices(refs: Collection[str]) -> Iterable[tuple[str, Found]]:
    """An invoice stands for the one order it bills."""
    if not refs:
        return
    rows = Invoice.objects.filter(name__in=refs, gone_at=None)
    bills = [row for row in rows.values_list("name", "connection", "order_odoo_ids") if row[2]]
    for name, connection, odoo_ids in bills:
        orders = Order.objects.filter(connection=connection, odoo_id__in=odoo_ids)
        for pk, company_id, place in orders.values_list("id", "company_id", "warehouse_id"):
            yield name, Found("order", pk, company_id, pk, warehouses=_place(place))


def package_rows(named: Iterable[tuple[int, Any, str, str, str, datetime]]) -> list[sets.Row]:
    """Mentions to store for new parcel events: (package id, event, source, its kind, fence, when told)."""
    rows: dict[tuple[int, str, str], sets.Row] = {}
    for package_id, fact, source, kind, fence, at in named:
        for looked_for, ref in mentions(fact):
            rows.setdefault(
                (package_id, looked_for, key_of(ref)),
                {
                    "package_id": package_id, "report_id": None, "looked_for": looked_for, "ref": ref,
                    "key": key_of(ref), "source": source, "source_kind": kind, "fence": fence,
                    "since": at, "found_at": None,
                },
            )  # fmt: skip
    return list(rows.values())


def _ours(refs: Collection[str], prefix: str) -> list[str]:
    return [ref for ref in refs if ref.startswith(f"{prefix}_") and len(ref) == len(prefix) + 33]


def retry(names: Collection[str], now: datetime) -> int:
    """Try again what waits for records of these names; returns how many mentions were found."""
    keys = {key_of(name) for name in names if name}
    if not keys:
        return 0
    return _settle(Mention.objects.filter(found_at=None, key__in=keys), now)


def retry_all(now: datetime) -> int:
    """Try again whatever waits, the newest first: finds what a crossing of two transactions left. Run by beat."""
    return _settle(Mention.objects.filter(found_at=None), now)


def retry_packages(refs: Collection[str], now: datetime) -> int:
    """Try again what these packages name (public ids): they are stored now."""
    return _settle(Mention.objects.filter(found_at=None, package__public_id__in=refs), now)


@transaction.atomic
def _settle(waiting: Any, now: datetime) -> int:
    rows = list(waiting.order_by("-id")[:_MOST])
    if not rows:
        return 0
    walled = any(granted_warehouses(row.fence) for row in rows)
    found = find({(row.looked_for, row.key) for row in rows}, walled=walled)
    meant = {row.pk: one for row in rows if (one := _meant(row, found)) is not None}
    parcels = [(row, meant[row.pk]) for row in rows if row.package_id and row.pk in meant]
    done = link_parcels([(row.package_id or 0, one, "reference") for row, one in parcels], now)
    settled = [row.pk for row, _ in parcels if row.package_id in done]
    reports = [(row, meant[row.pk]) for row in rows if row.report_id and row.pk in meant]
    _link_reports([(row.report_id or 0, one) for row, one in reports])
    settled += [row.pk for row, _ in reports]
    Mention.objects.filter(pk__in=settled).update(found_at=now)
    return len(settled)


def _meant(row: Mention, found: Mapping[Wanted, list[Found]]) -> Found | None:
    return the_one(found.get((row.looked_for, row.key), ()), row.fence)


def _link_reports(pairs: Sequence[tuple[int, Found]]) -> None:
    """Give reports what they are about, and say so: whoever looks at reports looks again."""
    if not pairs:
        return
    rows = Report.objects.select_for_update(no_key=True).filter(pk__in=[pk for pk, _ in pairs])
    by_id = {row.pk: row for row in rows.order_by("pk")}
    for pk, one in pairs:
        if pk in by_id:
            take_links(by_id[pk], one)
    scopes = scopes_of(by_id.values())
    entries = []
    for row in by_id.values():
        for name, value in scopes.get(row.pk, {}).items():
            setattr(row, name, value)
        row.save()
        entries.append(linked_entry(row))
    append_many(entries)


def take_links(row: Report, one: Found) -> None:
    """What a report is about; a shipment stands before the order it belongs to, what is known stays."""
    row.order_id = row.order_id or one.order_id
    row.shipment_id = row.shipment_id or one.shipment_id
    row.supply_id = row.supply_id or one.supply_id


def scopes_of(rows: Iterable[Report]) -> dict[int, dict[str, int | None]]:
    """Whose the reports are: as the shipment, else the order, else the supply they are about."""
    scopes: dict[int, dict[str, int | None]] = {}
    names = ("company_id", "warehouse_id", "customer_id")
    wanted = list(rows)
    for model, column in ((Supply, "supply_id"), (Order, "order_id"), (Shipment, "shipment_id")):
        ids = {getattr(row, column) for row in wanted} - {None}
        if not ids:
            continue
        known = {
            row["id"]: row for row in model._default_manager.filter(pk__in=ids).values("id", *names)
        }
        for row in wanted:
            target = known.get(getattr(row, column))
            if target is not None:
                scopes[row.pk] = {name: target[name] for name in names}
    return scopes


def linked_entry(row: Report) -> NewEntry:
    """That a report found what it is about."""
    payload = {"report": row.kind, "about": row.subject_kind}
    scope = (row.company_id, row.warehouse_id, row.customer_id)
    return NewEntry(
        "report.linked", row.public_id, payload, *scope, correlation_id=row.correlation_id
    )


@transaction.atomic
def link_parcels(pairs: Sequence[tuple[int, Found, str]], now: datetime) -> set[int]:
    """Link packages (database ids) to the shipments that are meant; said_by as in PackageLink. Returns which are linked.

    "reference" is the weakest word: it links only what nobody linked, and yields when Odoo names the number. An order
    or a purchase means its one shipment; of several nothing is guessed. An implicit package makes way.
    """
    targets = _targets(pairs)
    if not targets:
        return set()
    packages = dict(Package.objects.filter(pk__in=targets).values_list("pk", "number"))
    numbers = sorted({packages[pk] for pk in targets if pk in packages})
    held = claim(numbers)
    by_id = {row.id: row for rows in held.values() for row in rows}
    done, fresh = set(), []
    for pk, (shipment_id, said_by) in targets.items():
        row = by_id.get(pk)
        if row is None or row.fence:
            continue
        done.add(pk)
        linked = {link[0] for link in row.links}
        if shipment_id not in linked and not (linked and said_by == "reference"):
            fresh.append((pk, shipment_id, said_by))
    shipments = sorted({shipment_id for _, shipment_id, _ in fresh})
    if not fresh:
        return done
    lock_shipments(shipments, numbers)
    entries, touched = _store_links(fresh, numbers, now)
    told = {pk: ["packages"] for pk in shipments}
    append_many([*entries, *rollup.recompute({*touched, *shipments}, now, told=told)])
    return done


def _store_links(
    fresh: Sequence[tuple[int, int, str]], numbers: Sequence[str], now: datetime
) -> tuple[list[NewEntry], set[int]]:
    ships = Shipment.objects.in_bulk({shipment_id for _, shipment_id, _ in fresh})
    began = dict(
        Order.objects.filter(pk__in={row.order_id for row in ships.values()}).values_list(
            "pk", "ordered_at"
        )
    )
    rows = [
        {
            "package_id": pk, "shipment_id": shipment_id, "said_by": said_by,
            "since": began.get(ships[shipment_id].order_id or 0), "linked_at": now,
        }
        for pk, shipment_id, said_by in fresh
    ]  # fmt: skip
    sets.insert(PackageLink, rows, keep="package_id,shipment_id")
    ownerless = set(
        Package.objects.filter(pk__in=[pk for pk, *_ in fresh], company=None).values_list(
            "pk", flat=True
        )
    )
    scoped = {
        pk: {
            "id": pk, "company_id": ships[shipment_id].company_id,
            "warehouse_id": ships[shipment_id].warehouse_id, "customer_id": ships[shipment_id].customer_id,
        }
        for pk, shipment_id, _ in fresh
        if pk in ownerless
    }  # fmt: skip
    sets.update(Package, list(scoped.values()))
    drop_implicit(ships)
    return folding.refold(numbers, now)


def drop_implicit(shipment_ids: Iterable[int]) -> None:
    """A shipment that has a numbered package needs no implicit one: that would hold it at Odoo's word."""
    gone = Package.objects.filter(
        links__shipment__in=list(shipment_ids), implicit=True, event_count=0
    )
    gone.delete()


def _targets(pairs: Sequence[tuple[int, Found, str]]) -> dict[int, tuple[int, str]]:
    """The shipment each package is to go to; a word that names the shipment itself counts before its order's."""
    orders = {one.id for _, one, _ in pairs if one.what == "order"}
    supplies = {one.id for _, one, _ in pairs if one.what == "supply"}
    legs: dict[tuple[str, int], list[int]] = defaultdict(list)
    going = Shipment.objects.filter(order__in=orders, kind__in=_GOING, gone=False)
    for pk, order_id in going.exclude(execution_status="cancelled").values_list("pk", "order_id"):
        legs["order", order_id or 0].append(pk)
    coming = Shipment.objects.filter(supply__in=supplies, gone=False)
    for pk, supply_id in coming.exclude(execution_status="cancelled").values_list(
        "pk", "supply_id"
    ):
        legs["supply", supply_id or 0].append(pk)
    chosen: dict[int, tuple[int, str]] = {}
    for pk, one, said_by in sorted(pairs, key=lambda pair: (pair[1].what != "shipment", pair[0])):
        mine = [one.id] if one.what == "shipment" else legs[one.what, one.id]
        if len(mine) == 1:
            chosen.setdefault(pk, (mine[0], said_by))
    return chosen
