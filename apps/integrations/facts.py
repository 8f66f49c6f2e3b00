"""Facts for analytics: marked stale by the journal, filled in slices, exported in order of their changes (R45)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Max, QuerySet

from apps.accounts.models import User
from apps.exceptions.models import Case
from apps.integrations.models import Fact
from apps.integrations.outgoing.facts import read
from apps.journal.models import Entry
from apps.shipments.models import Order, Package, Shipment, Supply

SORTS: Final = {"ord": "order", "shp": "shipment", "pkg": "package", "sup": "supply", "cas": "case"}
KINDS: Final = (
    "order.confirmed", "order.changed", "order.released", "shipment.created", "shipment.changed",
    "package.changed", "supply.changed", "case.opened", "case.changed", "case.resolved",
)  # fmt: skip
MOST: Final = 5_000
_SLICE: Final = 500
_LOCK: Final = 7_411  # one refresher at a time: a seq is seen only after all smaller ones
_STALE: Final = """
INSERT INTO integrations_fact (sort, ref, data, gone, digest, stale)
SELECT sort, ref, '{}', false, '', true FROM unnest(%s::text[], %s::text[]) AS told (sort, ref)
ON CONFLICT (sort, ref) DO UPDATE SET stale = true WHERE NOT integrations_fact.stale
"""
_ROWS: Final[tuple[Any, ...]] = (Order, Shipment, Package, Supply, Case)


def mark(entries: Sequence[Entry]) -> None:
    """What these journal entries are about is to be read again: one statement, in a fixed order of rows."""
    mark_refs({entry.subject for entry in entries})


def mark_refs(refs: Iterable[str]) -> None:
    """The same for public ids; those of another sort are passed over."""
    found = sorted((SORTS[ref[:3]], ref) for ref in set(refs) if ref[:3] in SORTS)
    if found:
        with connection.cursor() as cursor:
            cursor.execute(_STALE, [[sort for sort, _ in found], [ref for _, ref in found]])


def mark_all() -> int:
    """Everything there is, for a read model that is to be built again; returns how many rows. In chunks."""
    count = 0
    for model in _ROWS:
        last = 0
        while rows := list(
            model._default_manager.filter(pk__gt=last).order_by("pk").values_list("pk", "public_id")[:_SLICE]
        ):  # fmt: skip
            mark_refs(ref for _, ref in rows)
            last, count = rows[-1][0], count + len(rows)
    return count


def refresh(now: datetime, *, slices: int = 40) -> int:
    """Fill what is stale, oldest mark first; returns how many rows were looked at. Another refresher: nothing to do."""
    done = 0
    for _ in range(slices):
        looked = _refresh_slice(now)
        done += looked
        if looked < _SLICE:
            break
    return done


@transaction.atomic
def _refresh_slice(now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0
    rows = list(Fact.objects.select_for_update().filter(stale=True).order_by("id")[:_SLICE])
    if not rows:
        return 0
    facts = read((row.sort, row.ref) for row in rows)
    seq = Fact.objects.aggregate(last=Max("seq"))["last"] or 0
    for row in rows:
        row.stale = False
        fact = facts.get(row.ref)
        data = fact.data if fact is not None else row.data
        scope = (
            fact.scope if fact is not None else (row.company_id, row.warehouse_id, row.customer_id)
        )
        digest = _digest(data, scope, fact is None)
        if digest == row.digest:
            continue
        seq += 1
        row.data, row.digest, row.gone, row.seq, row.changed_at = (
            data,
            digest,
            fact is None,
            seq,
            now,
        )
        row.company_id, row.warehouse_id, row.customer_id = scope
    columns = [
        "data", "digest", "gone", "seq", "changed_at", "stale", "company_id", "warehouse_id", "customer_id",
    ]  # fmt: skip
    Fact.objects.bulk_update(rows, [name.removesuffix("_id") for name in columns])
    return len(rows)


def _digest(data: dict[str, Any], scope: tuple[int | None, ...], gone: bool) -> str:
    text = json.dumps([data, scope, gone], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def exported(user: User, sort: str, after: int, most: int) -> QuerySet[Fact]:
    """Facts in the person's scope that changed after this seq, in order of seq; sort "" for every one of them."""
    rows = user.scope.narrow(Fact.objects.filter(seq__gt=after))
    if sort:
        rows = rows.filter(sort=sort)
    return rows.order_by("seq")[: min(most, MOST)]
