"""Business events that are about more than a parcel, and what was named that Odoo may still have to bring."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from apps.journal.ids import PublicIdField
from apps.shipments.models.base import ScopedRow
from apps.shipments.models.goods import Package, Shipment
from apps.shipments.models.orders import Order
from apps.shipments.models.supplies import Supply


class Report(ScopedRow):
    """What a source said of an order, a shipment, a purchase, a product, a dock (rules.reports lists the kinds).

    Never changed but for its links: what it names may come later, and it is linked then (naming). `identity` and
    mapping version work as for events: a repeat is no new report, a newer mapping supersedes.
    """

    public_id = PublicIdField("rep")
    kind = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=20)
    subject_ref = models.CharField(max_length=120)
    order = models.ForeignKey(
        Order, null=True, on_delete=models.PROTECT, related_name="reports", db_index=False
    )
    shipment = models.ForeignKey(
        Shipment, null=True, on_delete=models.PROTECT, related_name="reports", db_index=False
    )
    supply = models.ForeignKey(
        Supply, null=True, on_delete=models.PROTECT, related_name="reports", db_index=False
    )
    fence = models.CharField(max_length=2000, blank=True)  # companies its source was granted
    identity = models.CharField(max_length=64)
    content = models.CharField(max_length=64)
    mapping_version = models.PositiveIntegerField()
    source = models.CharField(max_length=60)
    source_kind = models.CharField(max_length=12, blank=True)  # what it was when it said so
    format = models.CharField(max_length=40)
    source_code = models.CharField(max_length=120, blank=True)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    expected_at = models.DateTimeField(null=True)  # the date that it brings, if it brings one
    time_basis = models.CharField(max_length=20, blank=True)
    flags = models.JSONField(default=list)
    description = models.CharField(max_length=500, blank=True)
    details = models.JSONField(default=dict)
    # Said by somebody who may not: kept and shown, nothing follows from it ([{"field", "row", "version", "says"}]).
    claims = models.JSONField(default=list)
    message_id = models.BigIntegerField(null=True, db_index=True)
    message_ref = models.CharField(max_length=40, blank=True)
    correlation_id = models.CharField(max_length=64)
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["identity", "mapping_version"], name="report_once_per_mapping"
            )
        ]
        indexes = [
            models.Index(fields=["order", "occurred_at"], name="report_of_order"),
            models.Index(fields=["shipment", "occurred_at"], name="report_of_shipment"),
            models.Index(fields=["supply", "occurred_at"], name="report_of_supply"),
            models.Index(fields=["subject_kind", "subject_ref"], name="report_subject"),
            models.Index(fields=["kind", "-id"], name="report_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_ref}"


class Mention(models.Model):
    """A parcel or a report names a record of ours: it waits until that record is there, then it is linked.

    looked_for: order, shipment, purchase, production, invoice, or any (a shipment, else an order).
    """

    package = models.ForeignKey(
        Package, null=True, on_delete=models.CASCADE, related_name="mentions"
    )
    report = models.ForeignKey(Report, null=True, on_delete=models.CASCADE, related_name="mentions")
    looked_for = models.CharField(max_length=12)
    ref = models.CharField(max_length=120)
    key = models.CharField(max_length=120)  # the reference for comparison
    source = models.CharField(max_length=60)
    source_kind = models.CharField(max_length=12, blank=True)
    fence = models.CharField(max_length=2000, blank=True)
    since = models.DateTimeField()
    found_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["package", "report", "looked_for", "key"],
                name="mention_once",
                nulls_distinct=False,
            )
        ]
        indexes = [
            models.Index(fields=["key"], condition=Q(found_at=None), name="mention_waits"),
            models.Index(fields=["since"], condition=Q(found_at=None), name="mention_since"),
        ]

    def __str__(self) -> str:
        return f"{self.looked_for} {self.ref}"
