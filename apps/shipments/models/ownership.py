"""Who owns which field: the matrix that decides between a fact and a claim (PRODUCT.md R48)."""

from __future__ import annotations

from django.db import models

from apps.accounts.models import User
from apps.journal.ids import PublicIdField

SYSTEMS = [
    ("odoo", "Odoo"), ("carrier", "Carrier"), ("aggregator", "Carrier network"), ("3pl", "3PL"),
    ("wms", "Warehouse system"), ("driver", "Driver"), ("tms", "Transport system"), ("middleware", "Middleware"), ("supplier", "Supplier"),
    ("customer", "Customer"), ("person", "Person"), ("tower", "The tower"),
]  # fmt: skip
DIRECTIONS = [
    ("in", "The owner tells the tower"),
    ("command", "Odoo tells the tower; changes go to Odoo as commands"),
    ("derived", "The tower derives it"),
    ("tower", "The tower keeps it"),
]


class FieldOwner(models.Model):
    """One line of the matrix. A change is a new version, valid for what comes after; old ones stay.

    `milestones` are those of package events that the line is about; lines without any document who owns
    what Odoo and the tower keep. `owners` is an order of trust: where two of them differ, the first one's
    word is shown (rules.trust); who is not among them only claims.
    """

    public_id = PublicIdField("own")
    object = models.CharField(max_length=30)  # order, shipment, package, invoice, supply, case, …
    field = models.CharField(max_length=60)
    title = models.CharField(max_length=120)
    milestones = models.JSONField(default=list)
    owners = models.JSONField()  # keys of SYSTEMS, the most trusted first
    steward = models.SlugField()  # the team that answers for it
    direction = models.CharField(max_length=12, choices=DIRECTIONS)
    note = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)
    active = models.BooleanField(default=True)
    changed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    # Up to which package (database id) what was told before has been judged by this version; null: all of it.
    judged_to = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["object", "field", "version"], name="owner_version_once"
            ),
            models.UniqueConstraint(
                fields=["object", "field"], condition=models.Q(active=True), name="owner_one_active"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.object}.{self.field} v{self.version}"


class Source(models.Model):
    """Which kind of system a partner is. Without a row the format decides (ownership.KIND_OF_FORMAT)."""

    slug = models.SlugField(max_length=60, unique=True)  # the partner's
    kind = models.CharField(max_length=12, choices=SYSTEMS)
    changed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.slug}: {self.kind}"
