"""Orders as the tower follows them, and their canonical stages."""

from __future__ import annotations

from typing import Any

from django.db import models

from apps.accounts.models import Team, User
from apps.journal.ids import PublicIdField
from apps.shipments.models.base import ScopedRow
from apps.shipments.rules.owner import TEAM_OF, TEAMS

OWNER_BASES = [
    ("team", "Team of its stage"),
    ("salesperson", "Salesperson"),
    ("taken", "Taken over"),
]


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
    name = models.TextField()  # what Odoo's people type is never cut
    customer_name = models.TextField(blank=True)
    customer_reference = models.TextField(blank=True)
    stage = models.CharField(max_length=20, choices=Stage, default=Stage.QUOTED)
    stage_why = models.JSONField(default=dict)  # {"rule", "facts": [{"kind", "id", "says"}]}
    promise_at = models.DateTimeField(null=True)
    promise_basis = models.CharField(max_length=40, blank=True)  # commitment, deadline, none
    amount_total = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    currency = models.CharField(max_length=3, blank=True)
    held = models.JSONField(default=list)  # what the room above holds: [{"id": "hld_…", "says"}]
    # What quality keeps back, as reported: [{"id": "rep_…", "says", "blocks": "shipping"}] (R87).
    blocks = models.JSONField(default=list, db_default=[])
    # When every release check had passed for the first time, and the checks (then, or as they are now): R66.
    released_at = models.DateTimeField(null=True)
    release_checks = models.JSONField(default=list, db_default=[])
    # What Odoo says, kept here by the projection so that a roll-up never reads the mirror.
    odoo_state = models.CharField(max_length=20, blank=True)
    locked = models.BooleanField(default=False)
    ordered_at = models.DateTimeField(null=True)
    commitment_at = models.DateTimeField(null=True)
    steps = models.JSONField(default=list)  # states of its internal pickings (pick, pack)
    invoices = models.JSONField(
        default=list
    )  # [{"id": "inv_…", "odoo_id", "name", "kind", "state", …}]
    gone = models.BooleanField(default=False, db_default=False)  # Odoo no longer has it
    salesperson_name = models.TextField(blank=True, db_default="")
    salesperson = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )  # Odoo's, where that is a person of the tower
    # Accountable is the person if there is one, else the team; an open order always has a team (R61).
    owner = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="orders")
    owner_team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="+")
    owner_basis = models.CharField(
        max_length=12, choices=OWNER_BASES, default="team", db_default="team"
    )
    owner_why = models.JSONField(default=dict, db_default={})
    open = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "odoo_id"], name="order_once_per_odoo"),
            models.CheckConstraint(
                condition=models.Q(open=False) | models.Q(owner_team__isnull=False),
                name="open_order_has_an_owner",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "open", "promise_at"], name="order_board"),
            models.Index(fields=["connection", "name"], name="order_name"),
            # By what partners call it, who know no connection.
            models.Index(fields=["name"], name="order_called"),
            models.Index(
                fields=["customer_reference"],
                condition=~models.Q(customer_reference=""),
                name="order_called_by_customer",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """One saved by hand while open gets the team of its stage; the pipe names it itself."""
        if self.open and self.owner_team_id is None:
            slug = TEAM_OF.get(self.stage, "customer-service")
            self.owner_team = Team.objects.get_or_create(slug=slug, defaults={"name": TEAMS[slug]})[
                0
            ]
        super().save(*args, **kwargs)

    @property
    def accountable(self) -> User | Team | None:
        """The one owner: the person while active, else the team; None only for a closed order."""
        if self.owner is not None and self.owner.is_active:
            return self.owner
        return self.owner_team
