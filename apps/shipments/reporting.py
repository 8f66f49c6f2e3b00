"""What sources say of orders, shipments, purchases, products and docks: kept once, linked, journalled.

Beside the parcels' events in the same transaction; `apply` calls `split` and `take`. What follows from a report
is decided by who hears of it (handlers here and in the rooms above), never here.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from apps.journal.ids import new_id
from apps.journal.services import NewEntry
from apps.shipments import naming, sets
from apps.shipments.errors import Raced
from apps.shipments.incoming import Fact, Incoming, Outcome
from apps.shipments.models import Mention, Order, Report, Shipment, Supply
from apps.shipments.rules import eta_instant
from apps.shipments.rules.ownership import Matrix
from apps.shipments.rules.reports import REPORTS, About, asn_number, mentions, report_of

_KNOWN: Final = """
SELECT identity, mapping_version, content, id, superseded_at IS NOT NULL
FROM shipments_report WHERE identity = ANY(%s)
"""
_DATES: Final = ("expected_at", "expected", "new_date", "promised_at", "delivery_date", "eta")


class Told(NamedTuple):
    """One report on its way in: the message's place in the batch, its event, and what that is."""

    at: int
    fact: Fact
    about: About


@dataclass(slots=True)
class _Version:
    version: int
    content: str
    id: int
    dead: bool
    row: dict[str, Any] | None = None


def split(batch: Sequence[Incoming]) -> tuple[Sequence[Incoming], list[Told]]:
    """The batch with only what parcels are about, and the reports in it. Costs a glance where there are none."""
    told: list[Told] = []
    parcels: list[Incoming] = []
    for index, message in enumerate(batch):
        mine = [
            Told(index, fact, about)
            for fact in message.events
            if (about := report_of(fact, message.format)) is not None
        ]
        alone = {id(one.fact) for one in mine if not one.about.parcel}
        told += mine
        parcels.append(
            replace(message, events=[fact for fact in message.events if id(fact) not in alone])
            if alone
            else message
        )
    return parcels, told


def take(
    told: Sequence[Told], batch: Sequence[Incoming], outcomes: Sequence[Outcome], matrix: Matrix, now: datetime
) -> list[NewEntry]:  # fmt: skip
    """Keep the reports of a batch, in the caller's transaction; outcomes are counted up, entries returned.

    A known identity is a duplicate, or a conflict when the source says something else under it; a newer mapping
    supersedes. An event that is a parcel's too is counted there. One query to know, one to find, two to store.
    """
    if not told:
        return []
    walled = any(message.warehouse_ids for message in batch)
    found = naming.find({pair for one in told for pair in mentions(one.fact)}, walled=walled)
    known: dict[str, list[_Version]] = defaultdict(list)
    identities = [_identity(one, batch[one.at]) for one in told]
    for identity, version, content, pk, dead in sets.fetch(_KNOWN, identities):
        known[identity].append(_Version(version, content, pk, dead))
    fresh: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
    replaced: list[int] = []
    for one, identity in zip(told, identities, strict=True):
        message, outcome = batch[one.at], outcomes[one.at]
        counts = not one.about.parcel
        versions = known[identity]
        if versions and all(row.content != one.fact.content for row in versions):
            outcome.conflicts += counts
            continue
        if any(row.version == message.mapping_version for row in versions):
            outcome.duplicates += counts
            continue
        live = next((row for row in versions if not row.dead), None)
        dead = live is not None and live.version > message.mapping_version
        if live is not None and not dead:
            outcome.superseded += counts
            live.dead = True
            if live.row is not None:
                live.row["superseded_at"] = now
            else:
                replaced.append(live.id)
        row, waits = _row(one, message, identity, matrix, found)
        row["superseded_at"] = now if dead else None
        versions.append(_Version(message.mapping_version, one.fact.content, 0, dead, row))
        fresh.append((row, waits))
        outcome.new += counts
        outcome.reports += counts
        if counts:
            outcome.event_refs.append(f"rep_{row['public_id']}")
    return _store(fresh, replaced, now)


def _identity(one: Told, message: Incoming) -> str:
    """A ship notice is one per source, number and what it says, in whatever envelope it comes (R83)."""
    if one.about.kind != "asn.received":
        return one.fact.identity
    number = asn_number(one.fact.details, one.fact.references)
    if not number:
        return one.fact.identity
    said = f"asn|{message.source}|{number}|{one.fact.source_code}|{one.fact.content}"
    return hashlib.sha256(said.encode()).hexdigest()


def _row(
    one: Told, message: Incoming, identity: str, matrix: Matrix, found: dict[naming.Wanted, list[naming.Found]]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:  # fmt: skip
    """The report to insert, with its links where they are known, and what it names."""
    fact, kind = one.fact, REPORTS[one.about.kind]
    fence = message.fence
    speaker = matrix.kind(message.source, message.format)
    links: dict[str, int | None] = {"order_id": None, "shipment_id": None, "supply_id": None}
    waits = []
    for looked_for, ref in mentions(fact):
        meant = naming.the_one(found.get((looked_for, naming.key_of(ref)), ()), fence)
        for name in links:
            links[name] = links[name] or (getattr(meant, name) if meant else None)
        waits.append(
            {
                "package_id": None, "looked_for": looked_for, "ref": ref, "key": naming.key_of(ref),
                "source": message.source, "source_kind": speaker, "fence": fence,
                "since": message.received_at, "found_at": message.received_at if meant else None,
            }
        )  # fmt: skip
    subject_kind, subject_ref = one.about.subject
    row = {
        "public_id": new_id("rep")[4:], "kind": kind.name, "subject_kind": subject_kind[:20],
        "subject_ref": subject_ref[:120], **links, "fence": fence, "identity": identity,
        "content": fact.content, "mapping_version": message.mapping_version, "source": message.source,
        "source_kind": speaker, "format": message.format, "source_code": fact.source_code[:120],
        "occurred_at": fact.occurred_at, "received_at": message.received_at, "expected_at": _date(fact),
        "time_basis": fact.time_basis or "", "flags": list(fact.flags), "description": fact.description[:500],
        "details": _plain(fact), "claims": matrix.report_claims(speaker, kind.line),
        "message_id": message.message_id or None, "message_ref": message.message_ref,
        "correlation_id": message.correlation_id,
        "company_id": message.company_ids[0] if len(message.company_ids) == 1 else None,
        "warehouse_id": None, "customer_id": None,
    }  # fmt: skip
    return row, waits


def _plain(fact: Fact) -> dict[str, Any]:
    details = dict(fact.details)
    if fact.references:
        details.setdefault("references", dict(fact.references))
    if fact.location:
        details.setdefault("location", fact.location)
    if fact.exception_reason:
        details.setdefault("reason", fact.exception_reason)
    if fact.carrier:
        details.setdefault("carrier", fact.carrier)
    return details


def _date(fact: Fact) -> datetime | None:
    """The date a report brings: its ETA, else the one its details name. A day alone means the end of it, in UTC."""
    for said in (fact.eta, *(fact.details.get(name) for name in _DATES)):
        if isinstance(said, str) and (at := eta_instant(said)) is not None:
            return at
    return None


def _store(
    fresh: Sequence[tuple[dict[str, Any], list[dict[str, Any]]]], replaced: Sequence[int], now: datetime
) -> list[NewEntry]:  # fmt: skip
    sets.update(Report, [{"id": pk, "superseded_at": now} for pk in sorted(replaced)])
    rows = [row for row, _ in fresh]
    names = _scope(rows)
    inserted = sets.insert(Report, rows, keep="identity,mapping_version")
    ids = {(identity, version): pk for pk, identity, version in inserted}
    waiting = []
    entries = []
    for row, waits in fresh:
        pk = ids.get((row["identity"], row["mapping_version"]))
        if pk is None:
            raise Raced(f"{row['source']} reported the same twice at once")
        waiting += [{**wait, "report_id": pk} for wait in waits]
        if row["superseded_at"] is None:
            entries.append(_entry(row, names))
    sets.insert(Mention, waiting, keep="package_id,report_id,looked_for,key")
    return entries


def _scope(rows: Sequence[dict[str, Any]]) -> dict[tuple[str, int], str]:
    """Give rows the scope of what they are about; returns the public ids behind their links."""
    refs: dict[tuple[str, int], str] = {}
    for model, column in ((Supply, "supply_id"), (Order, "order_id"), (Shipment, "shipment_id")):
        ids = {row[column] for row in rows} - {None}
        if not ids:
            continue
        scoped = model._default_manager.filter(pk__in=ids)
        for pk, ref, company, warehouse, customer in scoped.values_list(
            "pk", "public_id", "company_id", "warehouse_id", "customer_id"
        ):
            refs[column, pk] = ref
            for row in rows:
                if row[column] == pk:
                    row |= {
                        "company_id": company,
                        "warehouse_id": warehouse,
                        "customer_id": customer,
                    }
    return refs


def _entry(row: dict[str, Any], refs: dict[tuple[str, int], str]) -> NewEntry:
    return NewEntry(
        REPORTS[row["kind"]].journal,
        f"rep_{row['public_id']}",
        {
            "about": row["subject_kind"], "reference": row["subject_ref"],
            "order": refs.get(("order_id", row["order_id"])),
            "shipment": refs.get(("shipment_id", row["shipment_id"])),
            "supply": refs.get(("supply_id", row["supply_id"])),
            "occurred_at": row["occurred_at"], "expected_at": row["expected_at"],
            "source": row["source"], "message": row["message_ref"], "claim": bool(row["claims"]),
        },
        company_id=row["company_id"], warehouse_id=row["warehouse_id"], customer_id=row["customer_id"],
        correlation_id=row["correlation_id"],
    )  # fmt: skip
