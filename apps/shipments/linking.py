"""Odoo names tracking numbers: which packages a shipment has, and since when.

Runs inside the projection's transaction, on numbers it has claimed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from apps.journal.ids import new_id
from apps.journal.services import NewEntry
from apps.shipments import sets
from apps.shipments.arranging import STARTED
from apps.shipments.held import Held
from apps.shipments.models import Package, PackageLink, Shipment
from apps.shipments.rules import normalise
from apps.shipments.rules.generations import SILENCE

_LINKS: Final = """
SELECT l.id, l.shipment_id, l.said_by, p.id, p.number, p.implicit
FROM shipments_packagelink l JOIN shipments_package p ON p.id = l.package_id
WHERE l.shipment_id = ANY(%s) ORDER BY l.id
"""


@dataclass(frozen=True, slots=True)
class Named:
    """A shipment and the numbers Odoo names for it; `since` is when its story can have begun."""

    id: int
    ref: str
    carrier_id: int | None
    numbers: Sequence[str]
    since: datetime | None
    scope: dict[str, int | None]


@dataclass(slots=True)
class Linked:
    """What linking changed: numbers to fold again, shipments whose packages are others now, entries."""

    numbers: set[str] = field(default_factory=set)
    shipments: set[int] = field(default_factory=set)
    entries: list[NewEntry] = field(default_factory=list)


def numbers_of(shipment_ids: Sequence[int]) -> set[str]:
    """The normalised numbers that these shipments are linked to now."""
    return {row[4] for row in sets.fetch(_LINKS, list(shipment_ids))} if shipment_ids else set()


def name_packages(named: Sequence[Named], held: dict[str, list[Held]], now: datetime) -> Linked:
    """Link every shipment to the packages of its numbers, or to its one implicit package; store it."""
    done = Linked()
    current: dict[int, dict[str, tuple[int, bool]]] = {one.id: {} for one in named}
    by_id = {one.id: one for one in named}
    extra: list[int] = []
    confirmed: list[int] = []
    others: set[int] = set()  # shipments that have packages by another's word than Odoo's
    for link_id, shipment_id, said_by, package_id, number, implicit in sets.fetch(
        _LINKS, list(current)
    ):
        current[shipment_id][number] = (package_id, implicit)
        wanted = by_id[shipment_id] if said_by == "odoo" else None
        if said_by != "odoo":
            others.add(shipment_id)
            if number in _keys(by_id[shipment_id]):
                confirmed.append(link_id)
        if wanted is not None and number not in _keys(wanted):
            extra.append(link_id)
            done.shipments.add(shipment_id)
            done.numbers.add(number)
    new_packages: list[dict[str, Any]] = []
    links: list[tuple[Named, str, int | None]] = []
    for one in named:
        for number, text in _keys(one).items():
            if number in current[one.id] or (not text and one.id in others):
                continue
            row = _choose(one, number, held.get(number, []), done)
            if row is None:
                new_packages.append(_package(one, number, text, held.get(number, []), now))
            links.append((one, number, row.id if row else None))
            done.shipments.add(one.id)
            if text:
                done.numbers.add(number)
    _store(extra, new_packages, links, now)
    PackageLink.objects.filter(pk__in=confirmed).update(said_by="odoo")
    _yield_references([package_id for _, _, package_id in links if package_id], named, done, now)
    return done


def _yield_references(
    package_ids: Sequence[int], named: Sequence[Named], done: Linked, now: datetime
) -> None:
    """A shipment that a package was linked to for a mere reference gives it up when Odoo names another."""
    weak = PackageLink.objects.filter(package__in=package_ids, said_by="reference").exclude(
        shipment__in=[one.id for one in named]
    )
    rows = list(weak.values_list("pk", "shipment_id", "package__number")) if package_ids else []
    if not rows:
        return
    PackageLink.objects.filter(pk__in=[row[0] for row in rows]).delete()
    done.shipments |= {row[1] for row in rows}
    done.numbers |= {row[2] for row in rows}
    bare = Shipment.objects.filter(pk__in=[row[1] for row in rows], links=None).order_by("pk")
    for row in bare:
        scope = {name: getattr(row, name) for name in ("company_id", "warehouse_id", "customer_id")}
        one = Named(row.pk, row.public_id, row.carrier_id, (), None, scope)
        _store([], [_package(one, one.ref, "", [], now)], [(one, one.ref, None)], now)


def _keys(one: Named) -> dict[str, str]:
    """Normalised number to text; a shipment without numbers has one package under its own id."""
    return {normalise(text): text for text in one.numbers} or {one.ref: ""}


def _choose(one: Named, number: str, rows: Sequence[Held], done: Linked) -> Held | None:
    """The row a number means for this shipment, or None for a new one."""
    fitting = [
        row
        for row in rows
        if not row.fence
        and not row.ambiguous
        and (None in (row.carrier_id, one.carrier_id) or row.carrier_id == one.carrier_id)
    ]
    newest = {row.carrier_id: row for row in sorted(fitting, key=lambda row: row.generation)}
    live = [row for row in newest.values() if not _over(row, one.since)]
    if len(live) > 1:
        exact = [row for row in live if row.carrier_id == one.carrier_id]
        if len(exact) == 1 and one.carrier_id is not None:
            return exact[0]
        payload = {"number": number, "candidates": sorted(row.ref for row in live)}
        done.entries.append(
            NewEntry(
                "package.ambiguous",
                one.ref,
                payload,
                one.scope["company_id"],
                one.scope["warehouse_id"],
                one.scope["customer_id"],
            )
        )
        return None
    return live[0] if live else None


def _over(row: Held, since: datetime | None) -> bool:
    """A package that ended before this shipment began is another one with the same number."""
    last = row.stored["last_event_at"]
    if since is None or last is None:
        return False
    return last < since - (STARTED if row.stored["terminal"] else SILENCE)


def _package(
    one: Named, number: str, text: str, rows: Sequence[Held], now: datetime
) -> dict[str, Any]:
    same = [row.generation for row in rows if row.carrier_id == one.carrier_id and not row.fence]
    return {
        "public_id": new_id("pkg")[4:], "carrier_id": one.carrier_id, "tracking_number": text, "number": number,
        "generation": max(same, default=0) + 1, "fence": "", "ambiguous": False, "implicit": not text,
        "milestone": "", "status": "", "exception_reason": "", "terminal": False, "attempts": 0, "eta": "",
        "anomalies": [], "event_count": 0, "version": 1, "changed_at": now, **one.scope,
    }  # fmt: skip


def _store(
    extra: list[int],
    new_packages: list[dict[str, Any]],
    links: Sequence[tuple[Named, str, int | None]],
    now: datetime,
) -> None:
    if extra:
        gone = list(PackageLink.objects.filter(id__in=extra).values_list("package_id", flat=True))
        PackageLink.objects.filter(id__in=extra).delete()
        Package.objects.filter(id__in=gone, implicit=True).delete()
        Package.objects.filter(id__in=gone, links=None).update(
            company=None, warehouse=None, customer=None
        )
    # Two shipments may name one new number: the first makes its package, both are linked to it.
    unique = {(row["number"], row["carrier_id"]): row for row in new_packages}
    made = {
        (row[1], row[2]): row[0]
        for row in sets.insert(
            Package, list(unique.values()), keep="number,carrier_id,generation,fence"
        )
    }
    rows = [
        {
            "package_id": package_id or made[number, one.carrier_id],
            "shipment_id": one.id,
            "said_by": "odoo",
            "since": one.since,
            "linked_at": now,
        }
        for one, number, package_id in links
    ]
    sets.insert(PackageLink, rows, keep="package_id,shipment_id")
    scopes = [{"id": package_id, **one.scope} for one, _, package_id in links if package_id]
    orphans = set(
        Package.objects.filter(id__in=[row["id"] for row in scopes], company=None).values_list(
            "id", flat=True
        )
    )
    sets.update(Package, list({row["id"]: row for row in scopes if row["id"] in orphans}.values()))
