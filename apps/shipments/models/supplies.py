"""Goods that are still to come: purchase orders and productions as the tower follows them."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from apps.journal.ids import PublicIdField
from apps.shipments.models.base import ScopedRow

SUPPLY_KINDS = [("purchase", "Purchase order"), ("production", "Production")]


class SupplyStage(models.TextChoices):
    """The canonical stages of a supply (docs/stages.md); `unknown` is a state of Odoo that nobody has mapped."""

    PLANNED = "planned", "Planned"
    ORDERED = "ordered", "Ordered"
    IN_PROGRESS = "in_progress", "In progress"
    PARTLY_RECEIVED = "partly_received", "Partly received"
    RECEIVED = "received", "Received"
    FINISHED = "finished", "Finished"
    CANCELLED = "cancelled", "Cancelled"
    UNKNOWN = "unknown", "Unknown in Odoo"


class Supply(ScopedRow):
    """A purchase order or a production; its facts come from the mirror, stage and dates are derived.

    `first_expected_at` is what was promised when the tower first saw it confirmed, and stays: lateness is
    measured against it. It has no customer of its own: whom it concerns, its dependents say.
    """

    public_id = PublicIdField("sup")
    kind = models.CharField(max_length=12, choices=SUPPLY_KINDS)
    connection = models.CharField(max_length=40)
    odoo_id = models.PositiveBigIntegerField()
    reference = models.TextField()
    partner_name = models.TextField(blank=True)  # the supplier; empty for our own
    partner_reference = models.TextField(blank=True)
    origins = models.JSONField(default=list)  # names of documents that asked for it
    odoo_state = models.CharField(max_length=20, blank=True)
    gone = models.BooleanField(default=False)  # Odoo no longer has it
    stage = models.CharField(max_length=20, choices=SupplyStage, default=SupplyStage.PLANNED)
    stage_why = models.JSONField(default=dict)
    ordered_at = models.DateTimeField(null=True)
    expected_at = models.DateTimeField(null=True)
    first_expected_at = models.DateTimeField(null=True)
    expected_why = models.JSONField(default=dict)
    slip_h = models.PositiveIntegerField(
        default=0, db_default=0
    )  # hours that the worst line still to come is later than first said
    promised_at = models.DateTimeField(null=True)  # a production's own deadline in Odoo
    lines = models.JSONField(default=list)  # [{"product", "ordered", "received", "unit", …}]
    product_odoo_ids = models.JSONField(
        default=list
    )  # products of which something is still to come
    steps = models.JSONField(default=list)  # a production's work orders: [{"name", "state", …}]
    open = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "supplies"
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "kind", "odoo_id"], name="supply_once_per_odoo"
            )
        ]
        indexes = [
            models.Index(fields=["company", "open", "expected_at"], name="supply_board"),
            models.Index(fields=["connection", "reference"], name="supply_reference"),
            models.Index(fields=["reference"], name="supply_called"),
            GinIndex(
                fields=["product_odoo_ids"],
                opclasses=["jsonb_path_ops"],
                condition=models.Q(open=True),
                name="supply_products",
            ),
            GinIndex(fields=["origins"], opclasses=["jsonb_path_ops"], name="supply_origins"),
        ]

    def __str__(self) -> str:
        return self.reference
