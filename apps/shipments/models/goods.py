"""Shipments, the packages they travel in, and who said that they do."""

from __future__ import annotations

from django.db import models

from apps.journal.ids import PublicIdField
from apps.shipments.models.base import Carrier, ScopedRow
from apps.shipments.models.orders import Order
from apps.shipments.models.supplies import Supply

# Named, because the API's description names the enums after them.
SHIPMENT_KINDS = [
    ("outgoing", "Outgoing"), ("incoming", "Incoming"), ("return", "Return"), ("dropship", "Drop-ship"),
]  # fmt: skip


class Shipment(ScopedRow):
    """One movement of goods: an outgoing, incoming or return picking. It may exist before Odoo knows it.

    The three truths are derived, never typed in: execution (rolled up from packages), customer (the
    simplified story), financial (may it be invoiced). Each `*_why` names the facts and the rule behind it.
    """

    public_id = PublicIdField("shp")
    kind = models.CharField(max_length=12, choices=SHIPMENT_KINDS)
    reference = models.TextField()
    connection = models.CharField(max_length=40, blank=True)
    picking_odoo_id = models.PositiveBigIntegerField(null=True)
    picking_state = models.CharField(max_length=20, blank=True)
    deadline_at = models.DateTimeField(null=True)  # the picking's own promise
    order = models.ForeignKey(Order, null=True, on_delete=models.PROTECT, related_name="shipments")
    backorder_of = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="backorders"
    )
    return_of = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="returns"
    )
    supply = models.ForeignKey(
        Supply, null=True, on_delete=models.SET_NULL, related_name="receipts"
    )  # the purchase order a receipt belongs to
    gone = models.BooleanField(default=False, db_default=False)  # Odoo no longer has the transfer
    scheduled_at = models.DateTimeField(null=True)  # when Odoo plans to send or receive it
    carrier = models.ForeignKey(Carrier, null=True, on_delete=models.PROTECT, related_name="+")
    carrier_name = models.TextField(blank=True)  # as Odoo says it
    customer_name = models.TextField(blank=True)
    ship_to_city = models.TextField(blank=True)
    ship_to_country = models.CharField(max_length=2, blank=True)
    ship_to_timezone = models.CharField(max_length=64, blank=True)
    execution_status = models.CharField(max_length=30)
    execution_why = models.JSONField(default=dict)
    partial = models.BooleanField(default=False)  # packages are not all at the same status
    delivered_packages = models.PositiveIntegerField(default=0)
    package_count = models.PositiveIntegerField(default=0)
    customer_status = models.CharField(max_length=30)
    customer_why = models.JSONField(default=dict)
    financial_status = models.CharField(max_length=30)
    financial_why = models.JSONField(default=dict)
    exception_reason = models.CharField(max_length=60, blank=True)
    promise_at = models.DateTimeField(null=True)
    promise_basis = models.CharField(max_length=40, blank=True)
    eta = models.CharField(
        max_length=32, blank=True
    )  # "YYYY-MM-DD" or an instant, as the source gave it
    eta_at = models.DateTimeField(
        null=True
    )  # the instant it means: end of the day in the delivery zone
    dispatched_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)  # of all packages together
    late = models.BooleanField(default=False)  # the ETA, or the delivery, lies after the promise
    has_proof = models.BooleanField(default=False)
    last_event_at = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(null=True)  # when a source last told us anything
    value = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    currency = models.CharField(max_length=3, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField()
    packages: models.ManyToManyField[Package, PackageLink] = models.ManyToManyField(
        "Package", through="PackageLink", related_name="shipments"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "picking_odoo_id"],
                name="shipment_once_per_picking",
                condition=models.Q(picking_odoo_id__isnull=False),
            )
        ]
        indexes = [
            models.Index(fields=["company", "-id"], name="shipment_newest"),
            models.Index(
                fields=["company", "execution_status", "promise_at"], name="shipment_board"
            ),
            models.Index(fields=["reference"], name="shipment_reference"),
        ]

    def __str__(self) -> str:
        return self.reference


class Package(ScopedRow):
    """(carrier, normalised tracking number, generation): carriers re-use numbers.

    `state_*` columns are the fold of its live events. Without a shipment it is unlinked: its events are
    applied all the same and it is linked when Odoo or a warehouse names the number.
    """

    public_id = PublicIdField("pkg")
    carrier = models.ForeignKey(
        Carrier, null=True, on_delete=models.PROTECT, related_name="packages"
    )
    tracking_number = models.CharField(max_length=120)
    number = models.CharField(max_length=120)  # normalised
    generation = models.PositiveSmallIntegerField(default=1)
    # Company ids ("3,7") of sources that may not see the company whose package this would be, else empty.
    fence = models.CharField(max_length=2000, blank=True)
    ambiguous = models.BooleanField(default=False)  # two carriers' packages have this number
    implicit = models.BooleanField(default=False)  # of a shipment without numbers
    milestone = models.CharField(max_length=30, blank=True)
    status = models.CharField(max_length=30, blank=True)
    exception_reason = models.CharField(max_length=60, blank=True)
    terminal = models.BooleanField(default=False)
    first_event_at = models.DateTimeField(null=True)
    last_event_at = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(null=True)
    picked_up_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    eta = models.CharField(max_length=32, blank=True)
    proof = models.JSONField(
        null=True
    )  # {received_by, signed_at, has_signature, document_available, …, event}
    anomalies = models.JSONField(default=list)  # sequences that cannot be, named by the fold
    # No database constraint: package and deciding event name each other, and are stored by the hundred.
    deciding_event = models.ForeignKey(
        "Event", null=True, on_delete=models.SET_NULL, related_name="+", db_constraint=False
    )
    event_count = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["number", "carrier", "generation", "fence"],
                name="package_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return self.tracking_number


class PackageLink(models.Model):
    """Which shipments a package carries goods of (several in a consolidation), and who said so."""

    package = models.ForeignKey(Package, on_delete=models.CASCADE, related_name="links")
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="links")
    said_by = models.CharField(max_length=40)  # odoo, wms, person
    since = models.DateTimeField(
        null=True
    )  # when the shipment's story can have begun: which generation is meant
    linked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["package", "shipment"], name="package_link_once")
        ]

    def __str__(self) -> str:
        return f"{self.package_id} in {self.shipment_id}"
