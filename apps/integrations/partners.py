"""Partners: who may post, what, from where and with which secret; secrets lie encrypted and are shown once."""

import hashlib
import json
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.text import slugify

from apps.integrations import formats
from apps.integrations.doors import CACHE_S, Door, Reporter, door, forget, reporters
from apps.integrations.errors import BadPartner
from apps.integrations.formats.schemes import SCHEMES, Scheme
from apps.integrations.models import Partner, PartnerSecret, Switch, SwitchTurn
from apps.integrations.partner_settings import PLAIN, NewPartner, checked
from apps.integrations.sealing import seal, unseal
from apps.journal.services import NewEntry, append
from apps.shipments.models import Carrier
from apps.shipments.models.events import MANUAL, is_by_hand

__all__ = [
    "CACHE_S",
    "MAX_SECRETS",
    "OVERLAP",
    "Door",
    "NewPartner",
    "Reporter",
    "add",
    "add_secret",
    "change",
    "digest_of",
    "door",
    "forget",
    "generate_secret",
    "reporters",
    "retire",
    "rotate",
    "scheme_of",
    "seal",
    "settings_of",
    "switch_to",
    "unseal",
]

OVERLAP: Final = timedelta(hours=24)
"""How long the former secrets hold beside a new one, unless somebody says otherwise."""

MAX_SECRETS: Final = 5
_MANY: Final = ("companies", "warehouses")
_RESERVED: Final = frozenset({"new", "odoo", "person", "system", "tower"})
"""An address of the screens, and those who speak in the tower's own name: whose word an event is goes by the slug."""

_MAX_OVERLAP: Final = timedelta(days=90)


@transaction.atomic
def add(new: NewPartner, *, actor: str = "system") -> tuple[Partner, str]:
    """Make a partner with one secret; returns both, and the secret is never readable on a screen again.

    Raises BadPartner for an unknown format, scheme, zone or network, a name without a slug, one that is
    taken, or a secret the scheme cannot sign with. A partner without companies reports for all of them.
    """
    slug = slugify(new.name)[:50]
    if not slug:
        raise BadPartner("The name needs at least one letter or digit.", "name")
    values = checked(new)
    if slug in _RESERVED or slug.startswith(MANUAL):
        raise BadPartner(
            f"{slug} is a name the tower keeps for itself; choose another one.", "name"
        )
    if Partner.objects.filter(slug=slug).exists():
        raise BadPartner(f"There is already a partner {slug}.", "name")
    try:
        with transaction.atomic():
            partner = Partner.objects.create(slug=slug, carrier=_carrier(new.carrier), **values)
    except IntegrityError as error:  # somebody was quicker
        raise BadPartner(f"There is already a partner {slug}.", "name") from error
    partner.companies.set(new.companies)
    partner.warehouses.set(new.warehouses)
    secret = add_secret(partner, new.secret or scheme_of(partner).generate())
    append(
        NewEntry(
            "partner.added", partner.public_id, {"partner": slug, "format": new.format}, actor=actor
        )
    )
    return partner, secret


def settings_of(partner: Partner) -> NewPartner:
    """The settings as they are stored."""
    values = {name: getattr(partner, name) for name in PLAIN}
    values["allow_from"], values["granted"] = tuple(partner.allow_from), tuple(partner.granted)
    return NewPartner(
        **values,
        carrier=partner.carrier.slug if partner.carrier else "",
        companies=tuple(partner.companies.order_by("pk")),
        warehouses=tuple(partner.warehouses.order_by("pk")),
    )


def digest_of(partner: Partner) -> str:
    """What a form saw of the settings, in few characters: who changes them says what he changes."""
    held = settings_of(partner)
    told = {one.name: getattr(held, one.name) for one in fields(held) if one.name not in _MANY}
    for name in _MANY:
        told[name] = [one.pk for one in getattr(held, name)]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


@transaction.atomic
def change(
    partner: Partner, new: NewPartner, *, actor: str, seen: str | None = None
) -> tuple[list[str], str]:
    """Store other settings; returns the names of what changed, and a secret when a fresh one was needed.

    Another scheme keeps the secrets that it can sign with; when it can sign with none, a new one is made.
    seen is the digest_of the settings that the person saw. Raises BadPartner as add does, when somebody
    else was quicker, and for another format once there are messages: they would be read by it.
    """
    row = (
        Partner.objects.select_for_update(of=("self",)).select_related("carrier").get(pk=partner.pk)
    )
    if seen is not None and seen != digest_of(row):
        raise BadPartner("Somebody changed these settings meanwhile; look at them again.")
    if new.format != row.format and row.messages.exists():
        raise BadPartner(
            "The format stays: the messages that came are read by it. Add a partner.", "format"
        )
    held, values = settings_of(row), checked(new)
    changed = [name for name in PLAIN if _told(values[name]) != _told(getattr(held, name))]
    carrier = _carrier(new.carrier)
    if carrier != row.carrier:
        changed.append("carrier")
        row.carrier = carrier
    for name in _MANY:
        if {one.pk for one in getattr(new, name)} != {one.pk for one in getattr(held, name)}:
            changed.append(name)
            getattr(row, name).set(getattr(new, name))
    if not changed:
        return [], ""
    for name in PLAIN:
        setattr(row, name, values[name])
    row.save()
    secret = _fit_secrets(row) if {"scheme", "format"} & set(changed) else ""
    _tell(row, changed, actor)
    return changed, secret


def _told(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _fit_secrets(partner: Partner) -> str:
    """Retire the secrets that the scheme cannot sign with; a fresh one when none is left."""
    fits = False
    for row in _live(partner):
        try:
            scheme_of(partner).check_secret(unseal(row.sealed))
            fits = True
        except ValueError:
            row.retired_at = timezone.now()
            row.save(update_fields=["retired_at"])
    return "" if fits else add_secret(partner, scheme_of(partner).generate())


@transaction.atomic
def switch_to(partner: Partner, position: str, *, why: str, actor: str) -> bool:
    """Live, paused (taken in, not applied) or off (refused); False when it stands so already.

    Raises BadPartner without a reason: whoever finds the partner switched asks why.
    """
    if position not in Switch.values:
        raise BadPartner(f"The switch is {', '.join(Switch.values)}.")
    why = why.strip()[:300]
    if not why:
        raise BadPartner("Say why: whoever finds the partner switched will ask.")
    row = Partner.objects.select_for_update().get(pk=partner.pk)
    if row.switch == position:
        return False
    was, row.switch = row.switch, position
    row.save(update_fields=["switch"])
    SwitchTurn.objects.create(partner=row, switch=position, was=was, why=why, actor=actor[:120])
    told = {"partner": row.slug, "switch": position, "was": was}
    append(NewEntry("partner.switched", row.public_id, told, actor=actor))
    transaction.on_commit(lambda: forget(row.slug))
    return True


def add_secret(partner: Partner, secret: str, *, label: str = "") -> str:
    """One more valid secret (all hold until they are retired); returns it. Raises BadPartner."""
    if is_by_hand(partner.slug):
        raise BadPartner("Nobody signs for what is recorded by hand: it has no secret.")
    try:
        scheme_of(partner).check_secret(secret)
    except ValueError as error:
        raise BadPartner(f"This secret cannot be used: {error}.") from error
    PartnerSecret.objects.create(partner=partner, sealed=seal(secret), label=label.strip()[:80])
    forget(partner.slug)
    return secret


@transaction.atomic
def rotate(
    partner: Partner,
    secret: str = "",
    *,
    actor: str,
    overlap: timedelta = OVERLAP,
    label: str = "",
    newest: int | None = None,
    now: datetime | None = None,
) -> str:
    """A new secret (a fresh one for ""); the older ones hold for `overlap` more and then are over by themselves.

    newest is the database id of the newest secret that the person saw (0: none): a form sent twice makes one.
    Returns it, this once. Raises BadPartner for one that cannot be used, is in use already, or one too many.
    """
    if not timedelta() <= overlap <= _MAX_OVERLAP:
        raise BadPartner("The old secret may hold for 0 hours to 90 days more.")
    now = now or timezone.now()
    Partner.objects.select_for_update().get(pk=partner.pk)
    if newest is not None and partner.secrets.filter(pk__gt=newest).exists():
        raise BadPartner("There is a newer secret already; look at the list.")
    live = _live(partner)
    if secret and any(unseal(row.sealed) == secret for row in live):
        raise BadPartner("This secret is in use already.")
    if overlap and len(live) >= MAX_SECRETS:
        raise BadPartner(f"{MAX_SECRETS} secrets are valid already; take one out of use first.")
    over = now + overlap
    for row in live:
        if row.valid_until is None or row.valid_until > over:
            row.valid_until = over
            row.save(update_fields=["valid_until"])
    made = add_secret(partner, secret or scheme_of(partner).generate(), label=label)
    _tell(partner, ["secrets"], actor)
    return made


@transaction.atomic
def retire(partner: Partner, secret_id: int, *, actor: str) -> bool:
    """Take one secret out of use at once (it leaked); False when it is over already. The last one may go too."""
    found = _live(partner).select_for_update().filter(pk=secret_id)
    if not found.update(retired_at=timezone.now()):
        return False
    _tell(partner, ["secrets"], actor)
    return True


def _live(partner: Partner) -> Any:
    unexpired = Q(valid_until=None) | Q(valid_until__gt=timezone.now())
    return partner.secrets.filter(unexpired, retired_at=None).order_by("pk")


def _tell(partner: Partner, changed: list[str], actor: str) -> None:
    told = {"partner": partner.slug, "changed": changed}
    append(NewEntry("partner.changed", partner.public_id, told, actor=actor))
    transaction.on_commit(lambda: forget(partner.slug))


def scheme_of(partner: Partner) -> Scheme:
    """How a partner signs."""
    return SCHEMES[partner.scheme or formats.get(partner.format).scheme]


def generate_secret(format_name: str) -> str:
    """A fresh secret as the format's own scheme writes it: `whsec_` and base64 for Standard Webhooks."""
    return SCHEMES[formats.get(format_name).scheme].generate()


def _carrier(named: str) -> Carrier | None:
    slug = slugify(named)
    if not slug:
        return None
    name = named.upper() if len(named) < 5 else named
    return Carrier.objects.get_or_create(slug=slug, defaults={"name": name})[0]
