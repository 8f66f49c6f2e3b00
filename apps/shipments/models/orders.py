"""Orders as the tower follows them, and their canonical stages."""

from __future__ import annotations

from django.db import models

from apps.accounts.models import Team
from apps.journal.ids import PublicIdField
from apps.shipments.models.base import ScopedRow


class Stage(models.TextChoices):
    """The canonical stages of an order, quote to cash (DESIGN, "Three truths")."""

    QUOTED = "quoted", "Quoted"
    CONFIRMED = "confirmed", "Confirmed"
    ON_HOLD = "on_hold", "On hold"
    AWAITING_STOCK = "awaiting_stock", "Awaiting stock"
    ALLOCATED = "allocated", "Allocated"
    PICKING = "picking", "Picking"
    PACKED = "packed", "Packed"
    READY_TO_SHIP = "ready_to_ship", "Ready to ship"
    BOOKED = "booked", "Booked"
    IN_TRANSIT = "in_transit", "In transit"
    OUT_FOR_DELIVERY = "out_for_delivery", "Out for delivery"
    DELIVERED = "delivered", "Delivered"
    POD_VALIDATED = "pod_validated", "Proof accepted"
    INVOICE_RELEASED = "invoice_released", "Invoice released"
    INVOICED = "invoiced", "Invoiced"
    PAID = "paid", "Paid"
    CLOSED = "closed", "Closed"
    CANCELLED = "cancelled", "Cancelled"
    RETURNED = "returned", "Returned"


class Order(ScopedRow):
    """A customer's order as the tower follows it; its facts come from the mirror, its stage is derived."""

    public_id = PublicIdField("ord")
    connection = models.CharField(max_length=40)
    odoo_id = models.PositiveBigIntegerField()
    name = models.CharField(max_length=120)
    customer_name = models.CharField(max_length=300, blank=True)
    customer_reference = models.CharField(max_length=200, blank=True)
    stage = models.CharField(max_length=20, choices=Stage, default=Stage.QUOTED)
    stage_why = models.JSONField(default=dict)  # {"rule", "facts": [{"kind", "id", "says"}]}
    promise_at = models.DateTimeField(null=True)
    promise_basis = models.CharField(max_length=40, blank=True)  # commitment, deadline, none
    amount_total = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    currency = models.CharField(max_length=3, blank=True)
    held = models.JSONField(default=list)  # what the room above holds: [{"id": "hld_…", "says"}]
    # What Odoo says, kept here by the projection so that a roll-up never reads the mirror.
    odoo_state = models.CharField(max_length=20, blank=True)
    locked = models.BooleanField(default=False)
    ordered_at = models.DateTimeField(null=True)
    commitment_at = models.DateTimeField(null=True)
    steps = models.JSONField(default=list)  # states of its internal pickings (pick, pack)
    invoices = models.JSONField(
        default=list
    )  # [{"id": "inv_…", "odoo_id", "name", "kind", "state", …}]
    owner_team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="+")
    open = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "odoo_id"], name="order_once_per_odoo")
        ]
        indexes = [
            models.Index(fields=["company", "open", "promise_at"], name="order_board"),
            models.Index(fields=["connection", "name"], name="order_name"),
        ]

    def __str__(self) -> str:
        return self.name
