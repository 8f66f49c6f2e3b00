"""A change of the ownership matrix judges what was told before: shown first, then carried out in slices (B7)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.journal.services import append_many
from apps.shipments import folding, rollup, sets
from apps.shipments.errors import BadOwner
from apps.shipments.held import claim
from apps.shipments.models import SYSTEMS, Event, FieldOwner, Package
from apps.shipments.ownership import matrix

SLICE: Final = 200
_SHOWN: Final = 20
_SYSTEMS: Final = frozenset(key for key, _ in SYSTEMS)
_FIELDS: Final = ("status", "eta", "delivered_at", "exception_reason")
_TOLD: Final = """
SELECT e.id, e.source, e.format, e.milestone, e.eta, e.pod, e.claims FROM shipments_event e
JOIN shipments_package p ON p.id = e.package_id WHERE p.number = ANY(%s) AND e.superseded_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """One package that another judgement changes: its fields before and after, by name."""

    package: str
    number: str
    was: Mapping[str, Any]
    becomes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change of a line would change: looked at `looked` packages (those heard of last), of `packages`."""

    looked: int
    packages: int
    changed: int
    shown: Sequence[Difference]


class _TakenBack(Exception):
    """Ends the transaction of a preview."""


def preview(row: FieldOwner, owners: Sequence[str], *, by: User, limit: int = SLICE) -> Preview:
    """What the packages heard of last would become under another order of trust; nothing is kept of it.

    The very code that carries it out runs in a transaction that is taken back. Raises PermissionError and BadOwner as
    ownership.change_owners does.
    """
    if not by.may("ownership.edit"):
        raise PermissionError("Changing who owns a field needs the integration role.")
    if not owners or not _SYSTEMS.issuperset(owners):
        raise BadOwner("Name at least one system, of those in the list.")
    told = Package.objects.filter(event_count__gt=0)
    ids = list(told.order_by("-heard_at").values_list("pk", flat=True)[:limit])
    numbers = list(
        dict.fromkeys(Package.objects.filter(pk__in=ids).values_list("number", flat=True))
    )
    before = _facts(numbers)
    after: dict[str, dict[str, Any]] = {}
    try:
        with transaction.atomic():
            FieldOwner.objects.filter(object=row.object, field=row.field, active=True).update(
                owners=list(dict.fromkeys(owners))
            )
            _judge(numbers, None)
            after = _facts(numbers)
            raise _TakenBack
    except _TakenBack:
        differences = _differences(before, after)
    return Preview(len(ids), told.count(), len(differences), differences[:_SHOWN])


def judge_again(now: datetime, *, slices: int = 5) -> int:
    """Judge what was told before by the lines that changed, some slices of packages; returns how many packages. Run by beat."""
    done = 0
    for _ in range(slices):
        count = _one_slice(now)
        if not count:
            break
        done += count
    return done


@transaction.atomic
def _one_slice(now: datetime) -> int:
    waiting = FieldOwner.objects.filter(active=True, judged_to__isnull=False).order_by("judged_to")
    line = waiting.select_for_update(skip_locked=True, no_key=True).first()
    if line is None or line.judged_to is None:
        return 0
    rows = list(
        Package.objects.filter(pk__gt=line.judged_to, event_count__gt=0)
        .order_by("pk")
        .values_list("pk", "number")[:SLICE]
    )
    if rows:
        _judge(sorted({number for _, number in rows}), now)
    line.judged_to = rows[-1][0] if rows else None
    line.save(update_fields=["judged_to"])
    return len(rows)


def _judge(numbers: Sequence[str], now: datetime | None) -> None:
    """Judge every live event of these numbers by the matrix as it is, and fold again; now is None for a preview."""
    lines = matrix()
    claim(numbers)
    changed = []
    for pk, source, form, milestone, eta, pod, claims in sets.fetch(_TOLD, list(numbers)):
        kind = lines.kind(source, form)
        judged = lines.claims(kind, milestone, eta, sets.load(pod))
        if {one["field"] for one in judged} != {one["field"] for one in sets.load(claims)}:
            changed.append({"id": pk, "claims": judged})
    sets.update(Event, changed)
    at = now or timezone.now()
    entries, touched = folding.refold(numbers, at)
    derived = rollup.recompute(touched, at)
    if now is not None:
        append_many([*entries, *derived])


def _facts(numbers: Collection[str]) -> dict[str, dict[str, Any]]:
    rows = Package.objects.filter(number__in=numbers)
    return {
        row.public_id: {
            "number": row.tracking_number,
            **{name: getattr(row, name) for name in _FIELDS},
            "proof": bool(row.proof and row.proof.get("valid")),
        }
        for row in rows
    }


def _differences(
    before: Mapping[str, dict[str, Any]], after: Mapping[str, dict[str, Any]]
) -> list[Difference]:
    found = []
    for ref, was in before.items():
        becomes = after.get(ref, {})
        names = [name for name in (*_FIELDS, "proof") if was[name] != becomes.get(name)]
        if names:
            found.append(
                Difference(
                    ref, was["number"], {name: was[name] for name in names},
                    {name: becomes.get(name) for name in names},
                )
            )  # fmt: skip
    return found
