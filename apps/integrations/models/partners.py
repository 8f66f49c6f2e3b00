"""Who signs messages, and how their codes are read."""

from __future__ import annotations

from django.db import models

from apps.accounts.models import Company, Warehouse
from apps.journal.ids import PublicIdField
from apps.shipments.models import Carrier


class Switch(models.TextChoices):
    """What happens to a partner's messages. Paused: taken and kept, applied when it is live again."""

    LIVE = "live", "Live"
    PAUSED = "paused", "Paused"
    OFF = "off", "Off"


class Partner(models.Model):
    """A carrier, warehouse, 3PL, supplier or aggregator that signs messages.

    companies, warehouses: whose goods it may speak of, empty for all (R34): what it says of others' stays
    apart and moves nothing. scheme is a key of formats.schemes.SCHEMES, empty for the format's own. allow_from holds networks
    (CIDR), empty for any address; certificate what a trusted proxy must say of the client's; granted
    the milestones and kinds it may publish, empty for all (R60). acknowledge: EDI interchanges are
    answered with a 997, 999 or CONTRL, numbered by `acknowledged`, the last number given out.
    """

    public_id = PublicIdField("prt")
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    format = models.CharField(max_length=40)
    timezone = models.CharField(max_length=64, blank=True)  # for local times without a zone
    carrier = models.ForeignKey(Carrier, null=True, blank=True, on_delete=models.PROTECT)
    companies: models.ManyToManyField[Company, models.Model] = models.ManyToManyField(
        Company, blank=True
    )
    warehouses: models.ManyToManyField[Warehouse, models.Model] = models.ManyToManyField(
        Warehouse, blank=True
    )
    contact_email = models.EmailField(blank=True)  # where requests to the partner go
    scheme = models.CharField(max_length=40, blank=True)
    allow_from = models.JSONField(default=list, blank=True)
    certificate = models.CharField(max_length=300, blank=True)
    granted = models.JSONField(default=list, blank=True)
    rate_per_minute = models.PositiveIntegerField(null=True, blank=True)  # messages
    max_age_s = models.PositiveIntegerField(default=300)  # of a signed time, in either direction
    switch = models.CharField(max_length=6, choices=Switch, default=Switch.LIVE)
    acknowledge = models.CharField(
        max_length=10,
        blank=True,
        choices=[("997", "997"), ("999", "999"), ("CONTRL", "CONTRL")],
    )
    acknowledged = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class PartnerSecret(models.Model):
    """A signing secret, encrypted at rest; two may be valid during a rotation. Never shown twice.

    valid_until is set when a newer one takes its place, and is over by itself; retired_at when a person
    takes it out of use at once. last_used_at is at most a minute behind.
    """

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="secrets")
    label = models.CharField(max_length=80, blank=True)
    sealed = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)
    valid_until = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"secret of {self.partner_id}"


class SwitchTurn(models.Model):
    """Somebody switched a partner, and why. actor is a person's public id, or "system"."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="turns")
    switch = models.CharField(max_length=6, choices=Switch)
    was = models.CharField(max_length=6, choices=Switch)
    why = models.CharField(max_length=300)
    actor = models.CharField(max_length=120)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.partner_id} {self.was} to {self.switch}"
