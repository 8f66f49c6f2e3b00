"""What is made."""

from __future__ import annotations

from django.contrib.postgres.indexes import HashIndex
from django.db import models

from apps.mirror.models.base import Mirrored, Scoped


class Production(Scoped):
    """mrp.production. A partial one is split: `WH/MO/00012` becomes `-001` and its backorder `-002`.

    One that was closed short without a backorder is `done` with produced_qty below quantity (seen on 18 and 19).
    """

    name = models.TextField()
    state = models.CharField(max_length=20)  # draft, confirmed, progress, to_close, done, cancel
    product_odoo_id = models.PositiveBigIntegerField(null=True, db_index=True)
    sale_line_odoo_id = models.PositiveBigIntegerField(null=True)  # made to order
    quantity = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    produced_qty = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    unit = models.TextField(blank=True)
    start_at = models.DateTimeField(null=True)
    finish_at = models.DateTimeField(null=True)
    deadline_at = models.DateTimeField(null=True)
    origin = models.TextField(blank=True)
    reservation_state = models.CharField(max_length=20, blank=True)
    components_state = models.CharField(
        max_length=20, blank=True
    )  # available, expected, late, unavailable; not stored in Odoo
    picking_type_odoo_id = models.PositiveBigIntegerField(null=True)
    backorder_sequence = models.IntegerField(default=0)

    class Meta(Scoped.Meta):
        indexes = [HashIndex(fields=["name"], name="mirror_production_name")]

    def __str__(self) -> str:
        return self.name


class WorkOrder(Mirrored):
    """mrp.workorder: one operation of a production at a work centre."""

    production_odoo_id = models.PositiveBigIntegerField(db_index=True)
    name = models.TextField(blank=True)
    state = models.CharField(
        max_length=20
    )  # 18: pending, waiting (for components), ready; 19: blocked, ready; both: progress, done, cancel
    workcenter = models.TextField(blank=True)
    workcenter_odoo_id = models.PositiveBigIntegerField(null=True)
    start_at = models.DateTimeField(null=True)
    finish_at = models.DateTimeField(null=True)
    expected_min = models.DecimalField(max_digits=18, decimal_places=4, default=0)  # minutes

    def __str__(self) -> str:
        return self.name
