"""What was sold."""

from __future__ import annotations

from django.contrib.postgres.indexes import HashIndex
from django.db import models

from apps.mirror.models.base import Mirrored, Scoped


class SaleOrder(Scoped):
    """sale.order."""

    name = models.TextField()
    state = models.CharField(max_length=20)
    locked = models.BooleanField(default=False)
    customer_odoo_id = models.PositiveBigIntegerField(null=True)
    shipping_odoo_id = models.PositiveBigIntegerField(null=True)
    customer_reference = models.TextField(blank=True)
    ordered_at = models.DateTimeField(null=True)
    commitment_at = models.DateTimeField(null=True)
    delivery_status = models.CharField(max_length=20, blank=True)
    invoice_status = models.CharField(max_length=20, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    amount_total = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    salesperson = models.TextField(blank=True)
    salesperson_login = models.TextField(blank=True, db_default="")  # an e-mail address as a rule
    salesperson_odoo_id = models.PositiveBigIntegerField(null=True)
    opportunity_odoo_id = models.PositiveBigIntegerField(null=True)  # where CRM is installed
    access_url = models.TextField(blank=True)  # its page in Odoo's customer portal, a path

    class Meta(Scoped.Meta):
        indexes = [HashIndex(fields=["name"], name="mirror_order_name")]

    def __str__(self) -> str:
        return self.name


class SaleOrderLine(Mirrored):
    """sale.order.line; polled on its own, because it moves without its order."""

    order_odoo_id = models.PositiveBigIntegerField(db_index=True)
    product_odoo_id = models.PositiveBigIntegerField(null=True)
    name = models.TextField(blank=True)
    ordered_qty = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    delivered_qty = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    invoiced_qty = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    unit = models.TextField(blank=True)
    price_subtotal = models.DecimalField(max_digits=18, decimal_places=4, default=0)

    def __str__(self) -> str:
        return self.name
