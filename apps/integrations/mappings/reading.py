"""Which version is in force for whom and when. The repository's codes.csv is version 1 of each format."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.integrations import formats
from apps.integrations.formats.codes import Code, Codes
from apps.integrations.models import Mapping, MappingCode, MappingState
from apps.integrations.models.mappings import REVIEWED_STATES

BY_LAYOUT: Final = "mapped_json"
"""The format whose structure is data: each partner's own."""
_KEPT: Final = 64

Key = tuple[str, int | None]
Row = tuple[datetime | None, int, int]  # effective from, version, database id


@dataclass(frozen=True, slots=True)
class InForce:
    """The reviewed versions of some formats, by (format, partner id or None for all of the format)."""

    rows: dict[Key, list[Row]]

    def at(self, format_name: str, partner_id: int, moment: datetime) -> Codes:
        """The codes in force at a moment: the partner's own mapping, else the format's.

        An approved version holds from its time on, whether or not beat has come by to say so. A format without
        any mapping gets its version 1 first. A partner's first layout reads what came before it too: no other
        version is of that partner's shape.
        """
        own = (format_name, partner_id)
        row = self._at(own, moment)
        if row is None and format_name == BY_LAYOUT and self._at(own, timezone.now()):
            row = self.rows[own][0]
        row = row or self._at((format_name, None), moment)
        if row is None:
            first = ensure_first(format_name)
            return codes_of(first.pk, first.version)
        return codes_of(row[2], row[1])

    def _at(self, key: Key, moment: datetime) -> Row | None:
        """Of a few versions the newest that had begun; they are kept in order of their beginning."""
        for row in reversed(self.rows.get(key, ())):
            if row[0] is None or row[0] <= moment:
                return row
        return None


def in_force(wanted: Iterable[tuple[str, int]]) -> InForce:
    """The versions of (format, partner id) pairs; one query, and one for each version this process has not read."""
    pairs = set(wanted)
    rows: dict[Key, list[Row]] = defaultdict(list)
    found = Mapping.objects.filter(
        Q(partner=None) | Q(partner_id__in={partner for _, partner in pairs}),
        state__in=REVIEWED_STATES,
        format__in={name for name, _ in pairs},
    )
    for name, partner_id, begins, version, pk in found.values_list(
        "format", "partner_id", "effective_from", "version", "id"
    ):
        rows[name, partner_id].append((begins, version, pk))
    for versions in rows.values():
        versions.sort(key=lambda row: (row[0] is not None, row[0], row[1]))
    return InForce(dict(rows))


def active(wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Codes]:
    """The codes in force now for (format, partner id) pairs: the partner's own mapping, else the format's."""
    pairs, now = set(wanted), timezone.now()
    versions = in_force(pairs)
    return {pair: versions.at(*pair, now) for pair in pairs}


@lru_cache(maxsize=_KEPT)
def codes_of(mapping_id: int, version: int) -> Codes:
    """The tables and the layout of one reviewed version. It never changes any more, so it is kept."""
    return _read(mapping_id, version)


def read_codes(mapping: Mapping) -> Codes:
    """The tables and the layout of any version as they are now, drafts too."""
    return _read(mapping.pk, mapping.version)


def _read(mapping_id: int, version: int) -> Codes:
    rows = MappingCode.objects.filter(mapping_id=mapping_id).order_by("id")
    layout = Mapping.objects.filter(pk=mapping_id).values_list("layout", flat=True).first()
    return Codes.from_rows(
        version,
        [
            Code(
                row.table,
                row.code,
                row.description,
                row.milestone or None,
                row.reason or None,
                row.provenance,
            )
            for row in rows
        ],
        layout,
    )


@transaction.atomic
def ensure_first(format_name: str) -> Mapping:
    """Version 1 of a format from its codes.csv, in force unless another version is; made once."""
    existing = Mapping.objects.filter(format=format_name, version=1).first()
    if existing is not None:
        return existing
    codes = formats.get(format_name).load_codes()
    has_active = Mapping.objects.filter(
        format=format_name, partner=None, state=MappingState.ACTIVE
    ).exists()
    mapping, made = Mapping.objects.get_or_create(
        format=format_name,
        version=1,
        defaults={
            "state": MappingState.RETIRED if has_active else MappingState.ACTIVE,
            "note": "codes.csv of the repository",
            "layout": dict(codes.layout) if codes.layout else None,
        },
    )
    if made:
        MappingCode.objects.bulk_create(
            MappingCode(
                mapping=mapping,
                table=row.table,
                code=row.code,
                milestone=row.milestone or "",
                reason=row.reason or "",
                description=row.description[:300],
                provenance=row.provenance,
            )
            for table in codes.exact.values()
            for row in table.values()
        )
    return mapping


def ensure_all() -> None:
    """Version 1 of every known format."""
    for name in formats.FORMATS:
        ensure_first(name)
