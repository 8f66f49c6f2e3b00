"""What the request and the drain know of a partner: read once, kept for a moment."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q
from django.utils import timezone

from apps.integrations import formats, mappings
from apps.integrations.addresses import Network, network
from apps.integrations.formats.base import Format, Source
from apps.integrations.formats.codes import Codes
from apps.integrations.formats.schemes import SCHEMES, Scheme
from apps.integrations.models import Partner, PartnerSecret
from apps.integrations.sealing import unseal

CACHE_S: Final = 2.0
"""How long another process may go on with a partner's former settings, in seconds."""

_NOTED: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Key:
    """One secret: valid until then (None: until a person says otherwise)."""

    id: int
    secret: str
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class Door:
    """What the request needs to know of a partner: read once, kept for CACHE_S.

    keys stand newest first. codes are read where the door needs them: for partners with grants (what a code means
    decides whether it may be published) and where only a layout knows the message's own id. No networks, no
    grants: everything is allowed.
    """

    partner_id: int
    slug: str
    format: Format
    scheme: Scheme
    keys: tuple[Key, ...]
    switch: str
    networks: tuple[Network, ...]
    certificate: str
    granted: frozenset[str]
    rate_per_minute: int | None
    max_age_s: int
    acknowledge: str
    source: Source
    codes: Codes | None
    read_at: float  # of the monotonic clock, in seconds

    def valid_keys(self, now: datetime) -> list[Key]:
        """The secrets that hold now, the newest first."""
        return [key for key in self.keys if key.valid_until is None or key.valid_until > now]


_doors: dict[str, Door] = {}
_used: dict[int, datetime] = {}


def door(slug: str, *, fresh: bool = False) -> Door | None:
    """The partner of this slug, at most CACHE_S old (fresh: read now); None when there is none.

    Unknown slugs are not remembered, so a new partner can post at once. One request reads anew what has grown
    old; those beside it go on with what is known, or a busy partner would be read by all of them at once.
    """
    known = _doors.get(slug)
    if known is not None and not fresh:
        now = time.monotonic()
        if now - known.read_at < CACHE_S:
            return known
        _doors[slug] = replace(known, read_at=now)
    partner = Partner.objects.filter(slug=slug).select_related("carrier").first()
    found = None if partner is None else door_of(partner)
    if found is None:
        _doors.pop(slug, None)
    else:
        _doors[slug] = found
    return found


def forget(slug: str | None = None) -> None:
    """Drop what this process remembers of a partner (None: of all)."""
    if slug is None:
        _doors.clear()
        _used.clear()
    else:
        _doors.pop(slug, None)


def door_of(partner: Partner) -> Door | None:
    """The door as the stored settings make it; None for a format this version does not know."""
    format_ = formats.FORMATS.get(partner.format)
    if format_ is None:
        return None
    granted = frozenset(partner.granted)
    wanted = (partner.format, partner.pk)
    return Door(
        partner_id=partner.pk,
        slug=partner.slug,
        format=format_,
        scheme=SCHEMES[partner.scheme or format_.scheme],
        keys=_keys(partner.pk),
        switch=partner.switch,
        networks=tuple(network(one) for one in partner.allow_from),
        certificate=partner.certificate,
        granted=granted,
        rate_per_minute=partner.rate_per_minute,
        max_age_s=partner.max_age_s,
        acknowledge=partner.acknowledge,
        source=source_of(partner),
        codes=mappings.active([wanted])[wanted] if granted or format_.key_of else None,
        read_at=time.monotonic(),
    )


def _keys(partner_id: int) -> tuple[Key, ...]:
    rows = PartnerSecret.objects.filter(
        Q(valid_until=None) | Q(valid_until__gt=timezone.now()),
        partner_id=partner_id,
        retired_at=None,
    ).order_by("-pk")
    return tuple(Key(row.pk, unseal(row.sealed), row.valid_until) for row in rows)


def note_use(key: Key, now: datetime) -> None:
    """Remember that a secret signed a message; written at most once a minute by each process."""
    before = _used.get(key.id)
    if before is not None and now - before < _NOTED:
        return
    _used[key.id] = now
    PartnerSecret.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=now), pk=key.id).update(
        last_used_at=now
    )


def source_of(partner: Partner) -> Source:
    """The settings that reading a partner's messages needs."""
    carrier = partner.carrier.slug if partner.carrier else None
    return Source(partner.slug, partner.format, carrier, partner.timezone or None)


@dataclass(frozen=True, slots=True)
class Reporter:
    """What the drain needs of a partner: how to read it, whose goods it may speak of (empty: everybody's) and
    which milestones and kinds it was granted (empty: all).
    """

    source: Source
    company_ids: tuple[int, ...]
    granted: frozenset[str] = frozenset()
    warehouse_ids: tuple[int, ...] = ()


def reporters(partner_ids: Sequence[int]) -> dict[int, Reporter]:
    """The given partners, by database id; three queries."""
    rows = (
        Partner.objects.filter(pk__in=partner_ids)
        .select_related("carrier")
        .prefetch_related("companies", "warehouses")
    )
    return {
        row.pk: Reporter(
            source_of(row),
            _companies_of(row),
            frozenset(row.granted),
            tuple(sorted(place.pk for place in row.warehouses.all())),
        )
        for row in rows
    }


def _companies_of(row: Partner) -> tuple[int, ...]:
    """The companies it was granted; where only warehouses were, those they belong to."""
    mine = {company.pk for company in row.companies.all()}
    return tuple(sorted(mine or {place.company_id for place in row.warehouses.all()}))
