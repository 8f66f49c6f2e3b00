"""What moves and what lies where."""

from __future__ import annotations

from django.contrib.postgres.indexes import HashIndex
from django.db import models
from django.db.models import Q

from apps.mirror.models.base import Mirrored, Scoped


class Picking(Scoped):
    """stock.picking: a transfer; outgoing ones become shipments.

    tracking_ref is what stands in Odoo's one field, however many numbers that are: they become packages.
    """

    name = models.TextField()
    state = models.CharField(max_length=20)
    kind = models.CharField(
        max_length=20
    )  # picking_type_code: incoming, outgoing, internal, dropship, mrp_operation
    origin = models.TextField(blank=True)
    order_odoo_id = models.PositiveBigIntegerField(null=True, db_index=True)
    contact_odoo_id = models.PositiveBigIntegerField(null=True)
    picking_type_odoo_id = models.PositiveBigIntegerField(null=True)
    carrier_odoo_id = models.PositiveBigIntegerField(null=True)
    tracking_ref = models.TextField(blank=True)
    scheduled_at = models.DateTimeField(null=True)
    deadline_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    backorder_odoo_id = models.PositiveBigIntegerField(null=True)
    return_of_odoo_id = models.PositiveBigIntegerField(null=True)
    availability = models.CharField(
        max_length=20, blank=True
    )  # available, expected, late; not stored in Odoo, so it may be a timer's interval old
    move_type = models.CharField(max_length=20, blank=True)  # direct (as soon as possible), one
    priority = models.CharField(max_length=4, blank=True)  # 0 normal, 1 urgent
    user = models.TextField(blank=True)  # the responsible person's name
    user_odoo_id = models.PositiveBigIntegerField(null=True)

    class Meta(Scoped.Meta):
        indexes = [HashIndex(fields=["name"], name="mirror_transfer_name")]

    def __str__(self) -> str:
        return self.name


class Move(Mirrored):
    """stock.move: one product of a transfer or of a production, in `unit` (that of the line, not the product's).

    A production makes it (production_odoo_id) or uses it up (raw_production_odoo_id). What it brings goes on
    with the moves in dest_odoo_ids: that is how a receipt or a production reaches a delivery.
    """

    picking_odoo_id = models.PositiveBigIntegerField(null=True, db_index=True)
    product_odoo_id = models.PositiveBigIntegerField(null=True, db_index=True)
    order_line_odoo_id = models.PositiveBigIntegerField(null=True)
    purchase_line_odoo_id = models.PositiveBigIntegerField(null=True)
    production_odoo_id = models.PositiveBigIntegerField(null=True)
    raw_production_odoo_id = models.PositiveBigIntegerField(null=True)
    dest_odoo_ids = models.JSONField(default=list)
    orig_odoo_ids = models.JSONField(default=list)
    state = models.CharField(max_length=20)
    demanded_qty = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    quantity = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    unit = models.TextField(blank=True)
    scheduled_at = models.DateTimeField(null=True)

    class Meta(Mirrored.Meta):
        # Most moves have none of these: small indexes that a first load hardly feels.
        indexes = [
            models.Index(
                fields=["order_line_odoo_id"],
                condition=Q(order_line_odoo_id__isnull=False),
                name="mirror_move_sold",
            ),
            models.Index(
                fields=["purchase_line_odoo_id"],
                condition=Q(purchase_line_odoo_id__isnull=False),
                name="mirror_move_bought",
            ),
            models.Index(
                fields=["production_odoo_id"],
                condition=Q(production_odoo_id__isnull=False),
                name="mirror_move_made",
            ),
            models.Index(
                fields=["raw_production_odoo_id"],
                condition=Q(raw_production_odoo_id__isnull=False),
                name="mirror_move_used",
            ),
            # What is short of a product, among all that ever moved of it.
            models.Index(
                fields=["product_odoo_id"],
                condition=Q(state__in=["confirmed", "partially_available"]),
                name="mirror_move_short",
            ),
        ]

    def __str__(self) -> str:
        return f"stock.move {self.odoo_id}"


class Quant(Scoped):
    """stock.quant: how much of a product lies in a place of ours or is on its way between two, in its own unit.

    One product may have many rows in one place (lots, packages, owners). Odoo deletes and merges them by itself.
    """

    product_odoo_id = models.PositiveBigIntegerField(db_index=True)
    location_odoo_id = models.PositiveBigIntegerField(db_index=True)
    package_odoo_id = models.PositiveBigIntegerField(null=True)
    quantity = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    reserved_qty = models.DecimalField(max_digits=18, decimal_places=4, default=0)

    def __str__(self) -> str:
        return f"stock.quant {self.odoo_id}"


class GoodsPackage(Mirrored):
    """stock.quant.package (stock.package since 19): a box or pallet as the warehouse knows it."""

    name = models.TextField()
    location_odoo_id = models.PositiveBigIntegerField(null=True)

    def __str__(self) -> str:
        return self.name


class PackedLine(Mirrored):
    """stock.move.line with a result package: what was put into which box for which transfer, in `unit`."""

    picking_odoo_id = models.PositiveBigIntegerField(null=True, db_index=True)
    product_odoo_id = models.PositiveBigIntegerField(null=True)
    package_odoo_id = models.PositiveBigIntegerField(null=True, db_index=True)
    quantity = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    unit = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"stock.move.line {self.odoo_id}"
