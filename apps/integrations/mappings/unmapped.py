"""Codes that no table knows: counted once per partner and code, with the lookups that found nothing."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from apps.accounts.models import User
from apps.integrations import formats
from apps.integrations.doors import source_of
from apps.integrations.formats.base import Refused
from apps.integrations.mappings.reading import active, in_force
from apps.integrations.mappings.rehearsing import with_bodies
from apps.integrations.models import Message, Partner, UnmappedCode
from apps.integrations.queries import partners_of
from apps.integrations.trails import Traced, trail
from apps.journal.models import Entry

MAX_CODES: Final = 1_000
"""Different codes kept per partner; a source that invents new ones for ever is counted on those it has."""
_LONGEST: Final = 120

_COUNT: Final = """
INSERT INTO integrations_unmappedcode
    (partner_id, format, code, lookups, events, message_ref, first_at, last_at)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::jsonb[], %s::bigint[], %s::text[],
    %s::timestamptz[], %s::timestamptz[])
ON CONFLICT (partner_id, format, code) DO UPDATE SET
    events = integrations_unmappedcode.events + EXCLUDED.events,
    message_ref = EXCLUDED.message_ref, last_at = EXCLUDED.last_at
"""

Key = tuple[int, str, str]


@dataclass(slots=True)
class _Seen:
    events: int
    message_ref: str
    first_at: datetime
    last_at: datetime


def count(entries: list[Entry]) -> None:
    """Count the codes of `event.unmapped` entries, in the subscriber's transaction; a new code is looked into once."""
    slugs = {entry.payload["source"] for entry in entries}
    partners = {
        row.slug: row for row in Partner.objects.filter(slug__in=slugs).select_related("carrier")
    }
    seen: dict[Key, _Seen] = {}
    for entry in entries:
        partner = partners.get(entry.payload["source"])
        if partner is None:
            continue  # a person, or a partner that is gone
        key = (partner.pk, entry.payload["format"], entry.payload["code"][:_LONGEST])
        known = seen.setdefault(key, _Seen(0, "", entry.at, entry.at))
        known.events += 1
        known.message_ref, known.last_at = entry.payload["message"], entry.at
    kept = _kept(seen)
    lookups = _looked_up({key: one for key, one in seen.items() if key in kept.fresh}, partners)
    rows = [
        (*key, _json(lookups.get(key, [])), one.events, one.message_ref, one.first_at, one.last_at)
        for key, one in sorted(seen.items())
        if key in kept.fresh or key in kept.known
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, [list(column) for column in zip(*rows, strict=True)])


@dataclass(frozen=True, slots=True)
class _Kept:
    known: set[Key]
    fresh: set[Key]


def _kept(seen: dict[Key, _Seen]) -> _Kept:
    """Which codes are on the list, and which of the new ones still find room there."""
    stored: dict[int, set[Key]] = defaultdict(set)
    for key in UnmappedCode.objects.filter(partner_id__in={key[0] for key in seen}).values_list(
        "partner_id", "format", "code"
    ):
        stored[key[0]].add(key)
    known = {key for key in seen if key in stored[key[0]]}
    fresh: set[Key] = set()
    for key in seen:
        if key not in known and len(stored[key[0]]) < MAX_CODES:
            stored[key[0]].add(key)
            fresh.add(key)
    return _Kept(known, fresh)


def _looked_up(fresh: dict[Key, _Seen], partners: dict[str, Partner]) -> dict[Key, list[list[str]]]:
    """The lookups of each new code: its message is read once more, with every lookup written down."""
    by_id = {partner.pk: partner for partner in partners.values()}
    refs = {one.message_ref for one in fresh.values() if one.message_ref}
    heads = Message.objects.filter(public_id__in=refs, partner_id__in=by_id)
    owners = dict(heads.values_list("public_id", "partner_id"))
    found: dict[Key, list[list[str]]] = {}
    for _, ref, received_at, raw in with_bodies(
        heads.order_by("received_at").values_list("id", "public_id", "received_at")
    ):
        partner = by_id[owners[ref]]
        for code, steps in _trails(partner, raw, received_at).items():
            found.setdefault((partner.pk, partner.format, code), steps)
    return found


def _trails(partner: Partner, raw: bytes, received_at: datetime) -> dict[str, list[list[str]]]:
    wanted = (partner.format, partner.pk)
    codes = Traced.of(active([wanted])[wanted])
    try:
        result = formats.get(partner.format).parse(raw, codes, source_of(partner), received_at)
    except Refused:
        return {}
    return {
        event.source_code[:_LONGEST]: [
            [step.table, step.code] for step in trail(event) if not step.decided
        ]
        for event in result.events
        if event.unmapped
    }


def _json(lookups: list[list[str]]) -> str:
    return json.dumps([pair for pair in lookups if len(pair[1]) <= _LONGEST][:8])


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A row of the list. where: the lookup that a new row would answer, coarsest of those tried; mapped: by a
    version that came into force since.
    """

    row: UnmappedCode
    table: str
    code: str
    mapped: bool


def listed(user: User, *, partner: str = "") -> list[Unmapped]:
    """The unmapped codes of the partners a person may see, the most frequent first; what is mapped by now last."""
    rows = UnmappedCode.objects.filter(partner__in=partners_of(user)).select_related("partner")
    if partner:
        rows = rows.filter(partner__slug=partner)
    found = list(rows.order_by("-events", "code")[:500])
    codes = active({(row.format, row.partner_id) for row in found})
    shown = []
    for row in found:
        lookups: list[Any] = [tuple(pair) for pair in row.lookups]
        mapped = bool(lookups) and not codes[row.format, row.partner_id].resolve(*lookups).unmapped
        table, code = lookups[0] if lookups else ("", row.code)
        shown.append(Unmapped(row, table, code, mapped))
    return sorted(shown, key=lambda one: one.mapped)


def has_own(row: UnmappedCode) -> bool:
    """Whether the partner has a mapping of its own."""
    return (row.format, row.partner_id) in in_force([(row.format, row.partner_id)]).rows
