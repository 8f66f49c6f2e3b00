"""Partners: who may post, with which secret; secrets lie encrypted and are shown once."""

import base64
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import transaction
from django.utils.text import slugify

from apps.accounts.models import Company
from apps.integrations import formats
from apps.integrations.errors import BadPartner
from apps.integrations.formats.base import Format, Source
from apps.integrations.formats.schemes import SCHEMES, Scheme
from apps.integrations.models import Partner, PartnerSecret
from apps.journal.services import NewEntry, append
from apps.shipments.models import Carrier

CACHE_S: Final = 2.0
"""How long another process may go on with a partner's former settings, in seconds."""

_PURPOSE: Final = b"controltower.partner-secret.v1:"


@dataclass(frozen=True, slots=True)
class Door:
    """What the request needs to know of a partner: read once, kept for CACHE_S."""

    partner_id: int
    slug: str
    format: Format
    scheme: Scheme
    secrets: tuple[str, ...]
    enabled: bool
    read_at: float  # of the monotonic clock, in seconds


@lru_cache(maxsize=4)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    digests = (hashlib.sha256(_PURPOSE + key.encode()).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


def _keys() -> tuple[str, ...]:
    return (settings.SECRET_KEY, *map(str, settings.SECRET_KEY_FALLBACKS))


def seal(secret: str) -> bytes:
    """Encrypt a secret for storage, under a key derived from SECRET_KEY."""
    return _box(_keys()).encrypt(secret.encode())


def unseal(sealed: bytes | memoryview) -> str:
    """The secret again. Raises BadPartner when SECRET_KEY (and its fallbacks) did not seal it."""
    try:
        return _box(_keys()).decrypt(bytes(sealed)).decode()
    except InvalidToken as error:
        raise BadPartner(
            "A stored secret was sealed under another SECRET_KEY; set a new one."
        ) from error


_doors: dict[str, Door] = {}


def door(slug: str, *, fresh: bool = False) -> Door | None:
    """The partner of this slug, at most CACHE_S old (fresh: read now); None when there is none.

    Unknown slugs are not remembered, so a new partner can post at once.
    """
    known = _doors.get(slug)
    if known is not None and not fresh and time.monotonic() - known.read_at < CACHE_S:
        return known
    found = _read(slug)
    if found is None:
        _doors.pop(slug, None)
    else:
        _doors[slug] = found
    return found


def forget(slug: str | None = None) -> None:
    """Drop what this process remembers of a partner (None: of all)."""
    if slug is None:
        _doors.clear()
    else:
        _doors.pop(slug, None)


def _read(slug: str) -> Door | None:
    partner = Partner.objects.filter(slug=slug).prefetch_related("secrets").first()
    if partner is None or partner.format not in formats.FORMATS:
        return None
    live = [row.sealed for row in partner.secrets.all() if row.retired_at is None]
    format_ = formats.get(partner.format)
    return Door(
        partner_id=partner.pk,
        slug=slug,
        format=format_,
        scheme=SCHEMES[format_.scheme],
        secrets=tuple(unseal(sealed) for sealed in live),
        enabled=partner.enabled,
        read_at=time.monotonic(),
    )


@dataclass(frozen=True, slots=True)
class Reporter:
    """What the drain needs of a partner: how to read it and whose goods it may speak of (empty: everybody's)."""

    source: Source
    company_ids: tuple[int, ...]


def reporters(partner_ids: Sequence[int]) -> dict[int, Reporter]:
    """The given partners, by database id; two queries."""
    rows = (
        Partner.objects.filter(pk__in=partner_ids)
        .select_related("carrier")
        .prefetch_related("companies")
    )
    return {
        row.pk: Reporter(
            Source(
                row.slug,
                row.format,
                row.carrier.slug if row.carrier else None,
                row.timezone or None,
            ),
            tuple(sorted(company.pk for company in row.companies.all())),
        )
        for row in rows
    }


@dataclass(frozen=True, slots=True)
class NewPartner:
    """What a person says when a partner is added."""

    name: str
    format: str
    timezone: str = ""
    secret: str = ""
    carrier: str = ""
    companies: tuple[Company, ...] = ()
    contact_email: str = ""


@transaction.atomic
def add(new: NewPartner, *, actor: str = "system") -> tuple[Partner, str]:
    """Make a partner with one secret; returns both, and the secret is never readable on a screen again.

    Raises BadPartner for an unknown format or zone, a name without a slug, one that is taken, or a secret
    the format cannot sign with. A partner without companies reports for all of them.
    """
    slug = slugify(new.name)[:50]
    if not slug:
        raise BadPartner("The name needs at least one letter or digit.")
    if new.format not in formats.FORMATS:
        raise BadPartner(
            f"There is no format {new.format}; known are {', '.join(sorted(formats.FORMATS))}."
        )
    _check_zone(new.timezone)
    if Partner.objects.filter(slug=slug).exists():
        raise BadPartner(f"There is already a partner {slug}.")
    carrier = None
    if new.carrier:
        carrier, _ = Carrier.objects.get_or_create(
            slug=slugify(new.carrier),
            defaults={"name": new.carrier.upper() if len(new.carrier) < 5 else new.carrier},
        )
    partner = Partner.objects.create(
        slug=slug,
        name=new.name,
        format=new.format,
        timezone=new.timezone,
        carrier=carrier,
        contact_email=new.contact_email,
    )
    partner.companies.set(new.companies)
    secret = add_secret(partner, new.secret or generate_secret(new.format))
    append(
        NewEntry(
            "partner.added", partner.public_id, {"partner": slug, "format": new.format}, actor=actor
        )
    )
    return partner, secret


def add_secret(partner: Partner, secret: str) -> str:
    """One more valid secret (both hold until the older is retired); returns it. Raises BadPartner."""
    try:
        SCHEMES[formats.get(partner.format).scheme].check_secret(secret)
    except ValueError as error:
        raise BadPartner(f"This secret cannot be used: {error}.") from error
    PartnerSecret.objects.create(partner=partner, sealed=seal(secret))
    forget(partner.slug)
    return secret


def generate_secret(format_name: str) -> str:
    """A fresh secret as the format's own scheme writes it: `whsec_` and base64 for Standard Webhooks."""
    return SCHEMES[formats.get(format_name).scheme].generate()


def _check_zone(name: str) -> None:
    if not name:
        return
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadPartner(f"There is no time zone {name}.") from error
