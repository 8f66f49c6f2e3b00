"""What was bought. The supplier is nobody's customer: these rows carry no customer scope."""

from __future__ import annotations

from django.contrib.postgres.indexes import HashIndex
from django.db import models

from apps.mirror.models.base import Mirrored, Scoped


class PurchaseOrder(Scoped):
    """purchase.order. Its receipts are found through the moves of its lines."""

    name = models.TextField()
    state = models.CharField(max_length=20)  # draft, sent, to approve, purchase, done (18), cancel
    locked = models.BooleanField(default=False)  # since 19, instead of the state done
    supplier_odoo_id = models.PositiveBigIntegerField(null=True)
    supplier_reference = models.TextField(blank=True)
    origin = models.TextField(blank=True)
    ordered_at = models.DateTimeField(null=True)
    planned_at = models.DateTimeField(null=True)  # the earliest of its lines
    approved_at = models.DateTimeField(null=True)
    receipt_status = models.CharField(max_length=20, blank=True)
    invoice_status = models.CharField(max_length=20, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    amount_total = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    picking_type_odoo_id = models.PositiveBigIntegerField(null=True)

    class Meta(Scoped.Meta):
        indexes = [HashIndex(fields=["name"], name="mirror_purchase_name")]

    def __str__(self) -> str:
        return self.name


class PurchaseOrderLine(Mirrored):
    """purchase.order.line; moving its planned_at moves the receipt's deadline, not its schedule (FACTS 7)."""

    order_odoo_id = models.PositiveBigIntegerField(db_index=True)
    product_odoo_id = models.PositiveBigIntegerField(null=True)
    sale_line_odoo_id = models.PositiveBigIntegerField(null=True)  # bought to order
    name = models.TextField(blank=True)
    ordered_qty = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    received_qty = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    invoiced_qty = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    unit = models.TextField(blank=True)
    planned_at = models.DateTimeField(null=True)
    price_subtotal = models.DecimalField(max_digits=18, decimal_places=4, default=0)

    class Meta(Mirrored.Meta):
        indexes = [
            models.Index(
                fields=["sale_line_odoo_id"],
                condition=models.Q(sale_line_odoo_id__isnull=False),
                name="mirror_bought_to_order",
            )
        ]

    def __str__(self) -> str:
        return self.name
