"""What was billed."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from apps.journal.ids import PublicIdField
from apps.mirror.models.base import Scoped


class Invoice(Scoped):
    """account.move: invoices and credit notes, ours to customers and suppliers' to us.

    `order_odoo_ids` comes from its lines. A supplier's bill (in_invoice, in_refund) has no customer scope;
    `customer_odoo_id` is then the supplier. Amounts are in `currency` and positive for credit notes, too.
    """

    public_id = PublicIdField("inv")
    name = models.TextField()
    kind = models.CharField(
        max_length=20
    )  # move_type: out_invoice, out_refund, in_invoice, in_refund
    state = models.CharField(max_length=20)
    payment_state = models.CharField(max_length=20, blank=True)
    customer_odoo_id = models.PositiveBigIntegerField(null=True)
    commercial_odoo_id = models.PositiveBigIntegerField(null=True)  # whose it was when it was made
    invoiced_on = models.DateField(null=True)
    due_on = models.DateField(null=True)
    origin = models.TextField(blank=True)
    reference = models.TextField(blank=True)  # on a bill: the supplier's own number
    reversed_odoo_id = models.PositiveBigIntegerField(
        null=True
    )  # the invoice a credit note takes back
    order_odoo_ids = models.JSONField(default=list)
    currency = models.CharField(max_length=3, blank=True)
    amount_total = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    amount_residual = models.DecimalField(max_digits=18, decimal_places=4, default=0)

    class Meta(Scoped.Meta):
        # An order asks for its invoices by containment; without it each projection reads the whole table.
        indexes = [
            GinIndex(
                fields=["order_odoo_ids"],
                opclasses=["jsonb_path_ops"],
                name="mirror_invoice_orders",
            ),
            models.Index(
                fields=["reversed_odoo_id"],
                condition=models.Q(reversed_odoo_id__isnull=False),
                name="mirror_invoice_reversed",
            ),
        ]

    def __str__(self) -> str:
        return self.name
