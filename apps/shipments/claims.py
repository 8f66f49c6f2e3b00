"""What a person was told: kept on the timeline as a claim, and judged like any other source (R48)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from apps.accounts.models import User
from apps.journal.correlation import current
from apps.shipments.apply import Incoming, apply
from apps.shipments.errors import BadNote
from apps.shipments.milestones import MILESTONES
from apps.shipments.models import Event, Package
from apps.shipments.queries import packages
from apps.shipments.rules.matching import granted, granted_warehouses

SOURCE: Final = "person"
_LONGEST: Final = 500


@dataclass(frozen=True, slots=True)
class _Note:
    """A person's word as a Fact."""

    milestone: str
    tracking_number: str
    occurred_at: datetime
    identity: str
    content: str
    description: str
    carrier: str | None
    details: dict[str, Any]
    source_code: str = "note"
    exception_reason: str | None = None
    time_basis: str | None = None
    unmapped: bool = False
    flags: tuple[str, ...] = ()
    pod: dict[str, Any] | None = None
    eta: str | None = None
    voids: str | None = None
    source_event_id: str | None = None
    location: str = ""
    country: str | None = None
    generation_hint: str | None = None
    told_at: datetime | None = None
    references: Mapping[str, str] = field(default_factory=dict)
    subject: tuple[str, str] | None = None
    kind: str = ""


@transaction.atomic
def note_claim(
    package: Package, *, milestone: str, says: str, occurred_at: datetime, by: User, now: datetime
) -> Event:
    """Keep what somebody said of a package, e.g. "delivered" on the telephone.

    It stands on the timeline with the line of the ownership matrix that decided; it moves no status unless
    the matrix lets people own that milestone. The same note twice is one. Raises BadNote for a milestone
    nobody knows, no words, a time to come, or a parcel without a number; PermissionError without the right.
    """
    if not by.may("case.note") or not packages(by).filter(pk=package.pk).exists():
        raise PermissionError("Your role or scope does not cover this parcel.")
    words = says.strip()
    if milestone not in MILESTONES or not words or len(words) > _LONGEST or occurred_at > now:
        raise BadNote("Say what happened and when, in up to 500 characters.")
    if package.implicit:
        raise BadNote("This shipment has no tracking number yet: add a note to its case instead.")
    said = f"{package.public_id}|{milestone}|{occurred_at.isoformat()}|{words}"
    digest = hashlib.sha256(said.encode()).hexdigest()
    fact = _Note(
        milestone, package.tracking_number, occurred_at, digest, digest, words,
        package.carrier.slug if package.carrier else None, {"by": by.public_id},
    )  # fmt: skip
    companies, places = granted(package.fence), granted_warehouses(package.fence)
    apply(
        [
            Incoming(
                0, "", SOURCE, "note", None, 1, now, current(), tuple(sorted(companies)), [fact],
                tuple(sorted(places)),
            )
        ]
    )  # fmt: skip
    return Event.objects.get(identity=digest, mapping_version=1)
