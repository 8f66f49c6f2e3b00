"""The read model that analytics exports from: never the tables that work is done in (R45)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from apps.shipments.models import ScopedRow


class Fact(ScopedRow):
    """What is true of one order, shipment, package, supply or case, as it may be exported, with its scope.

    seq grows with every change of what is exported: who has read up to one reads on from there. A row is stale
    from the journal entry that says so until the next refresh (facts.refresh); without a seq it was never filled.
    """

    sort = models.CharField(max_length=12)
    ref = models.CharField(max_length=40)
    data = models.JSONField(default=dict)
    gone = models.BooleanField(default=False)
    digest = models.CharField(max_length=64, blank=True)
    seq = models.BigIntegerField(null=True, unique=True)
    changed_at = models.DateTimeField(null=True)
    stale = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sort", "ref"], name="fact_once")]
        indexes = [
            models.Index(fields=["id"], condition=Q(stale=True), name="fact_stale"),
            models.Index(fields=["sort", "seq"], name="fact_of_sort"),
        ]

    def __str__(self) -> str:
        return self.ref
