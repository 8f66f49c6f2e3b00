"""Who signs messages, and how their codes are read."""

from __future__ import annotations

from django.db import models

from apps.accounts.models import Company
from apps.journal.ids import PublicIdField
from apps.shipments.models import Carrier


class Partner(models.Model):
    """A carrier, warehouse, 3PL, supplier or aggregator that signs messages."""

    public_id = PublicIdField("prt")
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    format = models.CharField(max_length=40)
    timezone = models.CharField(max_length=64, blank=True)  # for local times without a zone
    carrier = models.ForeignKey(Carrier, null=True, blank=True, on_delete=models.PROTECT)
    companies: models.ManyToManyField[Company, models.Model] = models.ManyToManyField(
        Company, blank=True
    )
    contact_email = models.EmailField(blank=True)  # where requests to the partner go
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class PartnerSecret(models.Model):
    """A signing secret, encrypted at rest; two may be valid during a rotation. Never shown twice."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="secrets")
    sealed = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"secret of {self.partner_id}"


class Mapping(models.Model):
    """One version of a format's code tables; the repository's codes.csv is version 1. Partner null: for all."""

    format = models.CharField(max_length=40)
    partner = models.ForeignKey(Partner, null=True, blank=True, on_delete=models.CASCADE)
    version = models.PositiveIntegerField()
    active = models.BooleanField(default=False)
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["format", "version"], name="mapping_version_once"),
            models.UniqueConstraint(
                fields=["format", "partner"],
                condition=models.Q(active=True),
                nulls_distinct=False,
                name="mapping_one_active",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.format} v{self.version}"


class MappingCode(models.Model):
    """One line of a mapping. An empty milestone means: ask the next table (FORMATS.md 0.5)."""

    mapping = models.ForeignKey(Mapping, on_delete=models.CASCADE, related_name="codes")
    table = models.CharField(max_length=60)
    code = models.CharField(max_length=120)
    milestone = models.CharField(max_length=30, blank=True)
    reason = models.CharField(max_length=60, blank=True)
    description = models.CharField(max_length=300, blank=True)
    provenance = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mapping", "table", "code"], name="mapping_code_once")
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.code}"
