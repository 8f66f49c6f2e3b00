"""The ownership matrix: planted from ownership.csv, read by `apply`, changed by a governed act (R48)."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from django.db import transaction

from apps.accounts.models import User
from apps.journal.services import NewEntry, append
from apps.shipments import sets
from apps.shipments.errors import BadOwner
from apps.shipments.models import SYSTEMS, FieldOwner, Source
from apps.shipments.rules.ownership import Line, Matrix

_SYSTEMS: Final = frozenset(key for key, _ in SYSTEMS)
_MATRIX: Final = """
SELECT object, field, milestones, 'own_' || replace(public_id::text, '-', ''), version, title, owners
FROM shipments_fieldowner WHERE active AND object IN ('package', 'report')
"""


def matrix() -> Matrix:
    """What decides about events and reports: two small queries for a whole batch."""
    milestones: dict[str, Line] = {}
    named: dict[str, Line] = {}
    reports: dict[str, Line] = {}
    for about, name, covers, ref, version, title, owners in sets.fetch(_MATRIX):
        line = Line(ref, version, title, tuple(sets.load(owners)))
        if about == "report":
            reports[name] = line
            continue
        named[name] = line
        milestones.update(dict.fromkeys(sets.load(covers), line))
    kinds = dict(Source.objects.values_list("slug", "kind"))
    return Matrix(milestones, named.get("eta"), named.get("proof"), reports, kinds)


def plant(**_: object) -> None:
    """Add the lines of ownership.csv that are missing; lines that people changed stay. After every migration."""
    with (Path(__file__).parent / "ownership.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    known = set(FieldOwner.objects.values_list("object", "field"))
    FieldOwner.objects.bulk_create(
        [
            FieldOwner(
                object=row["object"], field=row["field"], title=row["title"],
                milestones=row["milestones"].split(), owners=row["owners"].split(),
                steward=row["steward"], direction=row["direction"], note=row["note"],
            )
            for row in rows
            if (row["object"], row["field"]) not in known
        ]
    )  # fmt: skip


@transaction.atomic
def change_owners(
    row: FieldOwner, *, owners: Sequence[str], note: str, by: User, seen: int | None = None
) -> FieldOwner:
    """Let other systems own a field, in this order of trust: a new version of the line. note says why.

    What was told before is judged again by it, package after package (judging.judge_again, run by beat);
    judging.preview shows what that would change before it is saved.
    Saying the same again changes nothing. Raises PermissionError without the right (ownership.edit), BadOwner
    for a system nobody knows, for none at all, for a field that the tower derives or keeps, and where the line
    is no longer of the version that the person saw.
    """
    if not by.may("ownership.edit"):
        raise PermissionError("Changing who owns a field needs the integration role.")
    wanted = list(dict.fromkeys(owners))
    if not wanted or not _SYSTEMS.issuperset(wanted):
        raise BadOwner("Name at least one system, of those in the list.")
    rows = FieldOwner.objects.select_for_update()
    stands = rows.get(object=row.object, field=row.field, active=True)
    if stands.direction in ("derived", "tower"):
        raise BadOwner("The tower derives or keeps this field; nobody else can own it.")
    if seen is not None and seen != stands.version:
        raise BadOwner(
            f"Somebody changed this line meanwhile; it is of version {stands.version} now."
        )
    if stands.owners == wanted and stands.note == note:
        return stands
    FieldOwner.objects.filter(pk=stands.pk).update(active=False)
    new = FieldOwner.objects.create(
        object=stands.object, field=stands.field, title=stands.title, milestones=stands.milestones,
        owners=wanted, steward=stands.steward, direction=stands.direction, note=note.strip()[:300],
        version=stands.version + 1, changed_by=by,
        judged_to=0 if stands.object == "package" and stands.owners != wanted else None,
    )  # fmt: skip
    payload = {
        "object": new.object, "field": new.field, "version": new.version, "owners": wanted,
        "was": stands.owners,
    }  # fmt: skip
    append(NewEntry("ownership.changed", new.public_id, payload, actor=by.public_id))
    return new


@transaction.atomic
def set_source_kind(slug: str, kind: str, *, by: User) -> Source:
    """Say what kind of system a partner is (its slug), e.g. a WMS that speaks the 3PL format.

    Valid for what comes after. Raises PermissionError without the right, BadOwner for an unknown kind.
    """
    if not by.may("ownership.edit"):
        raise PermissionError("Saying what a partner is needs the integration role.")
    if kind not in _SYSTEMS:
        raise BadOwner("Name one of the systems in the list.")
    before = Source.objects.select_for_update().filter(slug=slug).first()
    if before is not None and before.kind == kind:
        return before
    source, _ = Source.objects.update_or_create(
        slug=slug, defaults={"kind": kind, "changed_by": by}
    )
    payload: dict[str, Any] = {"source": slug, "kind": kind, "was": before.kind if before else None}
    append(NewEntry("source.kind_changed", slug, payload, actor=by.public_id))
    return source
