"""References that nobody knows: one case for each name that waits too long (R152, R206)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Min

from apps.exceptions.models import Case
from apps.exceptions.rules import Evidence
from apps.exceptions.services.cases import clear_case, open_case
from apps.shipments.models import Mention

_MOST: Final = 50
_KEPT: Final = timedelta(days=30)  # older ones still find their record, but trouble nobody any more
_WORDS: Final = {"any": "shipment or order"}


def unknown_references(now: datetime) -> int:
    """Open a case for names that waited beyond UNKNOWN_REFERENCE_MIN, close those that were found; how many changed.

    A reference of a parcel that Odoo has linked itself needs nobody.
    """
    return _open_late(now) + _close_found(now)


def _open_late(now: datetime) -> int:
    limit = now - timedelta(minutes=settings.UNKNOWN_REFERENCE_MIN)
    waiting = Mention.objects.filter(found_at=None, since__lt=limit, since__gt=now - _KEPT)
    bare = waiting.exclude(package__links__isnull=False).exclude(
        report__superseded_at__isnull=False
    )
    known = Case.objects.filter(kind="unknown_reference").exclude(state="resolved")
    names = list(
        bare.values("looked_for", "key").annotate(first=Min("since")).order_by("-first")[:_MOST]
    )
    keys = {_key(row["looked_for"], row["key"]) for row in names}
    open_now = set(known.filter(dedupe__in=keys).values_list("dedupe", flat=True))
    opened = 0
    for row in names:
        dedupe = _key(row["looked_for"], row["key"])
        if dedupe not in open_now:
            _open(row["looked_for"], row["key"], dedupe, now)
            opened += 1
    return opened


def _open(looked_for: str, key: str, dedupe: str, now: datetime) -> None:
    rows = list(
        Mention.objects.filter(found_at=None, looked_for=looked_for, key=key)
        .select_related("report", "package")
        .order_by("since")[:10]
    )
    what = _WORDS.get(looked_for, looked_for)
    sources = ", ".join(sorted({row.source for row in rows}))
    evidence = [
        Evidence("report", row.report.public_id, f"{row.source} {row.report.kind}", row.since)
        if row.report
        else Evidence(
            "package",
            row.package.public_id if row.package else "",
            f"{row.source} names it",
            row.since,
        )
        for row in rows
    ]
    companies = {row.fence for row in rows}
    alone = companies.pop() if len(companies) == 1 else ""
    open_case(
        "unknown_reference",
        dedupe,
        now=now,
        title=f"Nobody knows {what} {key}"[:200],
        says=f"{sources} speaks of {what} {key}, and no such record is there, or more than one. It is tried again "
        "by itself when one comes.",
        reason="unknown_reference",
        subject=evidence[0].ref if evidence else "",
        company_id=int(alone) if alone.isdecimal() else None,
        evidence=evidence,
    )


def _close_found(now: datetime) -> int:
    closed = 0
    for dedupe in list(
        Case.objects.filter(kind="unknown_reference", dedupe__startswith="unknown_reference:name:")
        .exclude(state="resolved")
        .values_list("dedupe", flat=True)
    ):
        looked_for, key = dedupe.removeprefix("unknown_reference:name:").split(":", 1)
        waits = Mention.objects.filter(found_at=None, looked_for=looked_for, key=key)
        if not waits.exclude(package__links__isnull=False).exists():
            closed += clear_case(dedupe, says=f"{key} is known now.", now=now) is not None
    return closed


def _key(looked_for: str, key: str) -> str:
    return f"unknown_reference:name:{looked_for}:{key}"[:160]
