"""What Odoo says. Only the mirror writes these tables, nothing else changes them (R47).

Columns named `*_odoo_id` hold Odoo's ids, never ours: rows arrive in any order, so they point by Odoo's id
within one connection. `company`, `warehouse` and `customer` are the scope, resolved when the row is stored.
"""

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from apps.accounts.models import Company, Customer, Warehouse
from apps.journal.ids import PublicIdField
from apps.mirror.feeds import Feed as Feed
from apps.mirror.feeds import Reconciliation as Reconciliation
from apps.mirror.feeds import SetAside as SetAside


class Mirrored(models.Model):
    """One record of one Odoo. `gone_at` is set when Odoo no longer has it; nothing is ever deleted here."""

    connection = models.CharField(max_length=40)
    odoo_id = models.PositiveBigIntegerField()
    content_hash = models.CharField(max_length=64)
    odoo_write_date = models.DateTimeField(null=True)
    read_started_at = models.DateTimeField()
    stored_at = models.DateTimeField(auto_now=True)
    archived = models.BooleanField(default=False)
    gone_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "odoo_id"], name="%(class)s_once_per_odoo"
            )
        ]


class Scoped(Mirrored):
    """A mirrored document that belongs to somebody."""

    company = models.ForeignKey(Company, null=True, on_delete=models.PROTECT, related_name="+")
    warehouse = models.ForeignKey(Warehouse, null=True, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta(Mirrored.Meta):
        abstract = True


class Contact(Mirrored):
    """res.partner: customers, delivery addresses, suppliers."""

    name = models.CharField(max_length=300)
    commercial_odoo_id = models.PositiveBigIntegerField(null=True)
    parent_odoo_id = models.PositiveBigIntegerField(null=True)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=60, blank=True)
    street = models.CharField(max_length=200, blank=True)
    zip = models.CharField(max_length=24, blank=True)
    city = models.CharField(max_length=120, blank=True)
    country = models.CharField(max_length=2, blank=True)
    timezone = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return self.name


class Product(Mirrored):
    """product.product."""

    name = models.CharField(max_length=300)
    code = models.CharField(max_length=120, blank=True)
    barcode = models.CharField(max_length=120, blank=True)
    unit = models.CharField(max_length=60, blank=True)
    storable = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class DeliveryCarrier(Mirrored):
    """delivery.carrier: a shipping method in Odoo, which may or may not name a real carrier."""

    name = models.CharField(max_length=200)
    delivery_type = models.CharField(max_length=60, blank=True)

    def __str__(self) -> str:
        return self.name


class SaleOrder(Scoped):
    """sale.order."""

    name = models.CharField(max_length=120)
    state = models.CharField(max_length=20)
    locked = models.BooleanField(default=False)
    customer_odoo_id = models.PositiveBigIntegerField(null=True)
    shipping_odoo_id = models.PositiveBigIntegerField(null=True)
    customer_reference = models.CharField(max_length=200, blank=True)
    ordered_at = models.DateTimeField(null=True)
    commitment_at = models.DateTimeField(null=True)
    delivery_status = models.CharField(max_length=20, blank=True)
    invoice_status = models.CharField(max_length=20, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    amount_total = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    salesperson = models.CharField(max_length=200, blank=True)
    salesperson_odoo_id = models.PositiveBigIntegerField(null=True)

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
    unit = models.CharField(max_length=60, blank=True)
    price_subtotal = models.DecimalField(max_digits=18, decimal_places=4, default=0)

    def __str__(self) -> str:
        return self.name


class Picking(Scoped):
    """stock.picking: a transfer; outgoing ones become shipments."""

    name = models.CharField(max_length=120)
    state = models.CharField(max_length=20)
    kind = models.CharField(
        max_length=20
    )  # picking_type_code: incoming, outgoing, internal, mrp_operation
    origin = models.CharField(max_length=200, blank=True)
    order_odoo_id = models.PositiveBigIntegerField(null=True, db_index=True)
    contact_odoo_id = models.PositiveBigIntegerField(null=True)
    picking_type_odoo_id = models.PositiveBigIntegerField(null=True)
    carrier_odoo_id = models.PositiveBigIntegerField(null=True)
    tracking_ref = models.CharField(max_length=500, blank=True)
    scheduled_at = models.DateTimeField(null=True)
    deadline_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    backorder_odoo_id = models.PositiveBigIntegerField(null=True)
    return_of_odoo_id = models.PositiveBigIntegerField(null=True)

    class Meta(Scoped.Meta):
        indexes = [models.Index(fields=["connection", "name"], name="mirror_picking_name")]

    def __str__(self) -> str:
        return self.name


class Move(Mirrored):
    """stock.move: one product of a transfer."""

    picking_odoo_id = models.PositiveBigIntegerField(null=True, db_index=True)
    product_odoo_id = models.PositiveBigIntegerField(null=True)
    order_line_odoo_id = models.PositiveBigIntegerField(null=True)
    state = models.CharField(max_length=20)
    demanded_qty = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    quantity = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    unit = models.CharField(max_length=60, blank=True)

    def __str__(self) -> str:
        return f"stock.move {self.odoo_id}"


class Invoice(Scoped):
    """account.move of a customer: invoices and credit notes. `order_odoo_ids` comes from its lines."""

    public_id = PublicIdField("inv")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20)  # move_type: out_invoice, out_refund
    state = models.CharField(max_length=20)
    payment_state = models.CharField(max_length=20, blank=True)
    customer_odoo_id = models.PositiveBigIntegerField(null=True)
    invoiced_on = models.DateField(null=True)
    due_on = models.DateField(null=True)
    origin = models.CharField(max_length=500, blank=True)
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
            )
        ]

    def __str__(self) -> str:
        return self.name


class WarehouseRow(Mirrored):
    """stock.warehouse as Odoo tells it; the scope row is accounts.Warehouse."""

    name = models.CharField(max_length=200)
    code = models.CharField(max_length=20)
    company_odoo_id = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return self.name


class CompanyRow(Mirrored):
    """res.company as Odoo tells it; the scope row is accounts.Company. Its zone is that of its partner."""

    name = models.CharField(max_length=200)
    currency = models.CharField(max_length=3, blank=True)
    contact_odoo_id = models.PositiveBigIntegerField(null=True)

    def __str__(self) -> str:
        return self.name


class PickingType(Mirrored):
    """stock.picking.type: gives a transfer its warehouse."""

    name = models.CharField(max_length=200)
    code = models.CharField(max_length=20)
    warehouse_odoo_id = models.PositiveBigIntegerField(null=True)

    def __str__(self) -> str:
        return self.name


class FieldChange(models.Model):
    """The history of a watched field, from the first load on (there `old` is null)."""

    connection = models.CharField(max_length=40)
    model = models.CharField(max_length=60)
    odoo_id = models.PositiveBigIntegerField()
    field = models.CharField(max_length=60)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    changed_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField()
    correlation_id = models.CharField(max_length=64)

    class Meta:
        indexes = [
            models.Index(
                fields=["connection", "model", "odoo_id", "seen_at"], name="mirror_change_record"
            )
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.odoo_id} {self.field}"
