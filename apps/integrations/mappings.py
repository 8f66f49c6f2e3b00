"""Code mappings: versioned data. The repository's codes.csv is version 1 of each format."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from django.db import transaction

from apps.integrations import formats
from apps.integrations.formats.codes import Code, Codes
from apps.integrations.models import Mapping, MappingCode

_KEPT: Final = 64


def active(wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Codes]:
    """The codes in force for (format, partner id) pairs: the partner's own mapping, else the format's.

    One query, and one more for a mapping this process has not read yet; a format without any mapping
    gets its version 1 first.
    """
    pairs = set(wanted)
    in_force = {
        (row.format, row.partner_id): row
        for row in Mapping.objects.filter(active=True, format__in={name for name, _ in pairs})
    }
    found = {}
    for name, partner_id in pairs:
        row = in_force.get((name, partner_id)) or in_force.get((name, None)) or ensure_first(name)
        found[name, partner_id] = codes_of(row.pk, row.version)
    return found


@lru_cache(maxsize=_KEPT)
def codes_of(mapping_id: int, version: int) -> Codes:
    """The tables of one mapping version. A version never changes once it exists, so it is kept."""
    rows = MappingCode.objects.filter(mapping_id=mapping_id).order_by("id")
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
    )


@transaction.atomic
def ensure_first(format_name: str) -> Mapping:
    """Version 1 of a format from its codes.csv, active unless another version is; made once."""
    existing = Mapping.objects.filter(format=format_name, version=1).first()
    if existing is not None:
        return existing
    has_active = Mapping.objects.filter(format=format_name, partner=None, active=True).exists()
    mapping, made = Mapping.objects.get_or_create(
        format=format_name,
        version=1,
        defaults={"active": not has_active, "note": "codes.csv of the repository"},
    )
    if made:
        codes = formats.get(format_name).load_codes()
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
